/* SPDX-License-Identifier: MIT */
/*
 * map: from bytes to a pointer, in constant time, with a keyed hash against
 * flooding.  Entries stand in insertion order and are walked in it, so that
 * nobody can emit hash order.
 */
#ifndef NC_BASE_MAP_H
#define NC_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/span.h"

#define MAP_NONE UINT32_MAX

struct map;

/* seed NULL: a random one.  Owned: map_free(). */
struct map *map_new(const struct hash_seed *seed);
/* gone (may be NULL) is called on each value.  map NULL is fine. */
void map_free(struct map *m, void (*gone)(void *value));

/* The value, or NULL when there is none. */
void *map_get(const struct map *m, struct span key);
/* Adds or replaces; copies the key, borrows the value.  Returns the value
 * that stood there, or NULL. */
void *map_set(struct map *m, struct span key, void *value);
/* Takes the entry out; its value, or NULL when there was none. */
void *map_delete(struct map *m, struct span key);
/* Deletes all entries, keeps the memory of the table. */
void map_clear(struct map *m, void (*gone)(void *value));
uint32_t map_count(const struct map *m);

/*
 * Walks in insertion order: start with *cursor 0, false at the end.  The
 * entry in hand may be deleted; nothing may be added on the way.  key is
 * NUL-terminated and valid until its entry is deleted; key and value may be
 * NULL.
 */
bool map_next(const struct map *m, uint32_t *cursor, struct span *key,
    void **value);

/*
 * The same by position: 0, 1, 2, ... in insertion order, stable as long as
 * nothing is deleted.  map_find: MAP_NONE when there is none; map_add: finds
 * or adds (value NULL).  The value's place is valid until the next addition.
 */
uint32_t map_find(const struct map *m, struct span key);
uint32_t map_add(struct map *m, struct span key);
struct span map_key(const struct map *m, uint32_t position);
void **map_value(struct map *m, uint32_t position);

#endif
