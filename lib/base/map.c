/* SPDX-License-Identifier: MIT */
/*
 * map: a dense array of entries in insertion order beside an index of
 * (hash, position) words with linear probing, the layout of CPython's dict.
 * A deleted entry leaves a hole in the array, closed when the array is full;
 * the index has no tombstones (Knuth, TAOCP 3, 6.4, algorithm R).
 */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAP_MIN 8

struct entry {
	char *key; /* owned; NULL: a hole */
	uint32_t len;
	uint32_t hash;
	void *value;
};

struct map {
	struct hash_seed seed;
	struct entry *entries;
	uint64_t *index; /* hash << 32 | position + 1; 0: free */
	uint32_t used; /* entries in use, holes counted */
	uint32_t count; /* without holes */
	uint32_t cap; /* of entries; the index has twice as many slots */
};

struct map *
map_new(const struct hash_seed *seed)
{
	struct map *m = xcalloc(1, sizeof(*m));

	m->seed = seed != NULL ? *seed : hash_seed_random();
	m->cap = MAP_MIN;
	m->entries = xcalloc(m->cap, sizeof(*m->entries));
	m->index = xcalloc((size_t)m->cap * 2, sizeof(*m->index));
	return m;
}

void
map_clear(struct map *m, void (*gone)(void *))
{
	for (uint32_t i = 0; i < m->used; i++) {
		if (m->entries[i].key == NULL)
			continue;
		free(m->entries[i].key);
		if (gone != NULL)
			gone(m->entries[i].value);
	}
	m->used = m->count = 0;
	memset(m->index, 0, (size_t)m->cap * 2 * sizeof(*m->index));
}

void
map_free(struct map *m, void (*gone)(void *))
{
	if (m == NULL)
		return;
	map_clear(m, gone);
	free(m->entries);
	free(m->index);
	free(m);
}

uint32_t
map_count(const struct map *m)
{
	return m->count;
}

static inline size_t
index_mask(const struct map *m)
{
	return (size_t)m->cap * 2 - 1;
}

static inline uint32_t
map_hash(const struct map *m, struct span key)
{
	return (uint32_t)(hash_bytes(&m->seed, key.p, key.len) >> 32);
}

/* The slot that holds the key, or the free slot where it would go. */
static inline size_t
map_slot(const struct map *m, struct span key, uint32_t hash)
{
	size_t mask = index_mask(m), at = hash & mask;
	const struct entry *n;
	uint64_t word;

	for (; (word = m->index[at]) != 0; at = (at + 1) & mask) {
		if ((uint32_t)(word >> 32) != hash)
			continue;
		n = &m->entries[(uint32_t)word - 1];
		if (n->len == key.len &&
		    (key.len == 0 || memcmp(n->key, key.p, key.len) == 0))
			break;
	}
	return at;
}

static void
index_put(struct map *m, uint32_t hash, uint32_t position)
{
	size_t mask = index_mask(m), at = hash & mask;

	while (m->index[at] != 0)
		at = (at + 1) & mask;
	m->index[at] = (uint64_t)hash << 32 | (position + 1);
}

/* Room for one more entry: closes the holes, doubles when few there are. */
static void
map_make_room(struct map *m)
{
	uint32_t to = 0;

	if (m->used < m->cap)
		return;
	for (uint32_t i = 0; i < m->used; i++)
		if (m->entries[i].key != NULL)
			m->entries[to++] = m->entries[i];
	m->used = to;
	if (to >= m->cap / 4 * 3) {
		assert(m->cap <= UINT32_MAX / 4);
		m->cap *= 2;
		m->entries = xreallocarray(m->entries, m->cap,
		    sizeof(*m->entries));
		free(m->index);
		m->index = xcalloc((size_t)m->cap * 2, sizeof(*m->index));
	} else
		memset(m->index, 0, (size_t)m->cap * 2 * sizeof(*m->index));
	for (uint32_t i = 0; i < m->used; i++)
		index_put(m, m->entries[i].hash, i);
}

uint32_t
map_find(const struct map *m, struct span key)
{
	uint64_t word = m->index[map_slot(m, key, map_hash(m, key))];

	return word != 0 ? (uint32_t)word - 1 : MAP_NONE;
}

uint32_t
map_add(struct map *m, struct span key)
{
	uint32_t hash = map_hash(m, key);
	uint64_t word = m->index[map_slot(m, key, hash)];

	if (word != 0)
		return (uint32_t)word - 1;
	assert(key.len < UINT32_MAX);
	map_make_room(m);
	m->entries[m->used] = (struct entry){
	    .key = xmemdup0(key.p, key.len),
	    .len = (uint32_t)key.len,
	    .hash = hash,
	};
	index_put(m, hash, m->used);
	m->count++;
	return m->used++;
}

struct span
map_key(const struct map *m, uint32_t position)
{
	assert(position < m->used);
	return (
	    struct span){m->entries[position].key, m->entries[position].len};
}

void **
map_value(struct map *m, uint32_t position)
{
	assert(position < m->used);
	return &m->entries[position].value;
}

void *
map_get(const struct map *m, struct span key)
{
	uint32_t position = map_find(m, key);

	return position != MAP_NONE ? m->entries[position].value : NULL;
}

void *
map_set(struct map *m, struct span key, void *value)
{
	void **at = map_value(m, map_add(m, key)), *old = *at;

	*at = value;
	return old;
}

/* Frees a slot and moves back those behind it that probed over it. */
static void
index_remove(struct map *m, size_t at)
{
	size_t mask = index_mask(m), next = at, home;

	for (;;) {
		next = (next + 1) & mask;
		if (m->index[next] == 0)
			break;
		home = (m->index[next] >> 32) & mask;
		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		m->index[at] = m->index[next];
		at = next;
	}
	m->index[at] = 0;
}

void *
map_delete(struct map *m, struct span key)
{
	size_t at = map_slot(m, key, map_hash(m, key));
	struct entry *n;
	void *value;

	if (m->index[at] == 0)
		return NULL;
	n = &m->entries[(uint32_t)m->index[at] - 1];
	index_remove(m, at);
	free(n->key);
	value = n->value;
	*n = (struct entry){0};
	if (--m->count == 0)
		m->used = 0;
	return value;
}

bool
map_next(const struct map *m, uint32_t *cursor, struct span *key, void **value)
{
	const struct entry *n;

	while (*cursor < m->used) {
		n = &m->entries[(*cursor)++];
		if (n->key == NULL)
			continue;
		if (key != NULL)
			*key = (struct span){n->key, n->len};
		if (value != NULL)
			*value = n->value;
		return true;
	}
	return false;
}
