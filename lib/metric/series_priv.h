/* SPDX-License-Identifier: MIT */
/* series_priv: what the files of series share; nobody else includes it. */
#ifndef NC_METRIC_SERIES_PRIV_H
#define NC_METRIC_SERIES_PRIV_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "metric/series.h"

#define SERIES_NONE UINT32_MAX
#define STAMP_NONE UINT16_MAX
/* Stamps and their counts are 16 bits wide. */
#define SERIES_MAX_AN_ENTITY 60000u

/* An origin with its key (host NUL source NUL entity NUL) behind it. */
struct origin {
	struct series_origin shown; /* first: the public part */
	uint32_t number; /* unique as long as it lives */
	uint32_t refs; /* entities */
	size_t key_len;
	char key[];
};

/* What the name of a metric says, by its number. */
struct name_info {
	uint32_t shown; /* SERIES_NONE: not looked at yet */
	bool counter;
	bool seconds; /* counts seconds: may slip back a little */
};

struct series_table {
	struct series_options o;
	struct hash_seed seed;
	struct map *origins; /* key -> struct origin */
	struct origin *recent_origin; /* found last, NULL: none */
	struct buf key; /* room for the key of an origin */
	struct series_entity **entities; /* by number, NULL when free */
	uint32_t nentities, entities_room;
	uint32_t *free_numbers;
	uint32_t nfree, free_room;
	uint32_t *slots; /* hash table: number + 1, 0 empty */
	uint32_t nslots; /* a power of two */
	uint32_t live; /* entities */
	uint32_t versions, origin_numbers;
	uint32_t name_mix; /* odd, unknown outside: spreads name numbers */
	size_t count; /* series */
	struct series_entity *first, *last;
	struct name_info *names;
	uint32_t nnames;
	uint32_t *touched;
	size_t touched_room;
	const struct series_entity *recent; /* where the last frame ended: */
	uint32_t recent_next; /* the next frame likely goes on there */
};

/* series_index.c: finding entities; their origins, numbers and order. */
struct series_entity *series_lookup(struct series_table *t,
    const struct record *r, bool add);
/* series_entity.c: what one entity holds. */
uint32_t series_locate(const struct series_table *t,
    const struct series_entity *n, uint32_t name);
uint32_t series_append(struct series_table *t, struct series_entity *n,
    uint32_t name);
void series_make_room(struct series_entity *n, size_t nseries);
uint16_t series_add_stamp(struct series_entity *n);
/* True when the labels differ from those it had. */
bool series_set_labels(struct series_entity *n, const struct record *r);
void series_set_text(struct series_entity *n, struct span id,
    const struct record *r);
const struct name_info *series_name(struct series_table *t, uint32_t name);

#endif
