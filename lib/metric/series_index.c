/* SPDX-License-Identifier: MIT */
/*
 * series_index: finding the entity of a record: by the decoder's hint when it
 * still means what it meant, else by a keyed hash of its identity.  Origins
 * (host, source, entity) are kept once and go with their last entity.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "metric/series_priv.h"

#define SLOTS_MIN 64u

/* --- origins ------------------------------------------------------------- */

static void
origin_key(struct buf *b, struct span host, struct span source,
    struct span entity)
{
	buf_add(b, host.p, host.len);
	buf_addc(b, '\0');
	buf_add(b, source.p, source.len);
	buf_addc(b, '\0');
	buf_add(b, entity.p, entity.len);
	buf_addc(b, '\0');
}

static struct origin *
origin_new(struct series_table *t, struct span key)
{
	struct origin *o = xmalloc(sizeof(*o) + key.len);

	memcpy(o->key, key.p, key.len);
	o->key_len = key.len;
	o->number = ++t->origin_numbers;
	o->refs = 0;
	o->shown.host = o->key;
	o->shown.source = o->shown.host + strlen(o->shown.host) + 1;
	o->shown.entity = o->shown.source + strlen(o->shown.source) + 1;
	map_set(t->origins, key, o);
	return o;
}

static bool
origin_is(const struct origin *o, struct span host, struct span source,
    struct span entity)
{
	return span_is(host, o->shown.host) &&
	       span_is(entity, o->shown.entity) &&
	       span_is(source, o->shown.source);
}

/* NULL only when add is false and there is none. */
static struct origin *
origin_find(struct series_table *t, struct span host, struct span source,
    struct span entity, bool add)
{
	struct origin *o = t->recent_origin;

	if (o != NULL && origin_is(o, host, source, entity))
		return o;
	buf_clear(&t->key);
	origin_key(&t->key, host, source, entity);
	o = map_get(t->origins, buf_span(&t->key));
	if (o == NULL && add)
		o = origin_new(t, buf_span(&t->key));
	t->recent_origin = o;
	return o;
}

static void
origin_release(struct series_table *t, const struct series_origin *shown)
{
	struct origin *o = origin_find(t, span_of(shown->host),
	    span_of(shown->source), span_of(shown->entity), false);

	if (--o->refs != 0)
		return;
	t->recent_origin = NULL;
	map_delete(t->origins, (struct span){o->key, o->key_len});
	free(o);
}

/* --- the hash table ------------------------------------------------------ */

static uint32_t
hash_of(const struct series_table *t, const struct origin *o, struct span id)
{
	uint64_t h = hash_bytes(&t->seed, id.p, id.len);

	h ^= o->number * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h ^ h >> 32);
}

static void
slots_put(struct series_table *t, const struct series_entity *n)
{
	uint32_t slot = n->hash & (t->nslots - 1);

	while (t->slots[slot] != 0)
		slot = (slot + 1) & (t->nslots - 1);
	t->slots[slot] = n->number + 1;
}

/* Three of four slots at most are in use. */
static void
slots_grow(struct series_table *t)
{
	if (t->nslots != 0 && t->live < t->nslots / 4 * 3)
		return;
	t->nslots = t->nslots != 0 ? t->nslots * 2 : SLOTS_MIN;
	free(t->slots);
	t->slots = xcalloc(t->nslots, sizeof(*t->slots));
	for (uint32_t i = 0; i < t->nentities; i++)
		if (t->entities[i] != NULL)
			slots_put(t, t->entities[i]);
}

/* Takes the entity out and closes the run behind it (Knuth, TAOCP 6.4 R). */
static void
slots_take(struct series_table *t, const struct series_entity *n)
{
	uint32_t mask = t->nslots - 1, hole = n->hash & mask, at, home;

	while (t->slots[hole] != n->number + 1)
		hole = (hole + 1) & mask;
	for (at = (hole + 1) & mask; t->slots[at] != 0; at = (at + 1) & mask) {
		home = t->entities[t->slots[at] - 1]->hash & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole] = 0;
}

static struct series_entity *
slots_find(const struct series_table *t, const struct origin *o, struct span id)
{
	uint32_t hash = hash_of(t, o, id), slot;
	struct series_entity *n;

	if (t->nslots == 0)
		return NULL;
	for (slot = hash & (t->nslots - 1); t->slots[slot] != 0;
	     slot = (slot + 1) & (t->nslots - 1)) {
		n = t->entities[t->slots[slot] - 1];
		if (n->hash == hash && n->origin == &o->shown &&
		    span_is(id, n->id))
			return n;
	}
	return NULL;
}

/* --- entities ------------------------------------------------------------ */

static uint32_t
take_number(struct series_table *t)
{
	if (t->nfree != 0)
		return t->free_numbers[--t->nfree];
	if (t->nentities == t->entities_room) {
		t->entities_room = t->entities_room != 0 ? t->entities_room * 2
							 : SLOTS_MIN;
		t->entities = xreallocarray(t->entities, t->entities_room,
		    sizeof(struct series_entity *));
	}
	return t->nentities++;
}

static void
give_number(struct series_table *t, uint32_t number)
{
	if (t->nfree == t->free_room) {
		t->free_room = t->free_room != 0 ? t->free_room * 2 : SLOTS_MIN;
		t->free_numbers = xreallocarray(t->free_numbers, t->free_room,
		    sizeof(*t->free_numbers));
	}
	t->free_numbers[t->nfree++] = number;
}

static struct series_entity *
entity_new(struct series_table *t, struct origin *o, const struct record *r)
{
	struct series_entity *n = xcalloc(1, sizeof(*n));

	n->origin = &o->shown;
	o->refs++;
	n->hash = hash_of(t, o, r->id);
	series_set_text(n, r->id, r);
	n->version = ++t->versions;
	slots_grow(t);
	n->number = take_number(t);
	t->entities[n->number] = n;
	slots_put(t, n);
	t->live++;
	n->prev = t->last;
	if (t->last != NULL)
		t->last->next = n;
	else
		t->first = n;
	t->last = n;
	return n;
}

/* What a hint says: number + 1 below, version above; versions are unique. */
static struct series_entity *
by_hint(const struct series_table *t, const uint64_t *hint)
{
	uint32_t number;
	struct series_entity *n;

	if (hint == NULL || (number = (uint32_t)*hint) == 0 ||
	    number > t->nentities)
		return NULL;
	n = t->entities[number - 1];
	return n != NULL && n->version == *hint >> 32 ? n : NULL;
}

struct series_entity *
series_lookup(struct series_table *t, const struct record *r, bool add)
{
	struct series_entity *n = by_hint(t, r->hint);
	struct origin *o;

	if (n != NULL)
		return n;
	o = origin_find(t, r->host, r->source, r->entity, add);
	if (o == NULL)
		return NULL;
	n = slots_find(t, o, r->id);
	if (n == NULL && !add)
		return NULL;
	if (n == NULL)
		n = entity_new(t, o, r);
	else if (series_set_labels(n, r))
		n->version = ++t->versions;
	if (r->hint != NULL)
		*r->hint = (uint64_t)n->version << 32 | (n->number + 1u);
	return n;
}

struct series_entity *
series_find(struct series_table *t, struct span host, struct span source,
    struct span entity, struct span id)
{
	struct origin *o = origin_find(t, host, source, entity, false);

	return o != NULL ? slots_find(t, o, id) : NULL;
}

static void
entity_free(struct series_table *t, struct series_entity *n)
{
	for (uint32_t i = 0; i < n->nseries && t->o.series_gone != NULL; i++)
		t->o.series_gone(&n->series[i], t->o.arg);
	if (t->o.entity_gone != NULL)
		t->o.entity_gone(n, t->o.arg);
	free(n->series);
	free(n->index);
	free(n->id);
	free(n);
}

void
series_drop(struct series_table *t, struct series_entity *n)
{
	const struct series_origin *o = n->origin;

	slots_take(t, n);
	t->entities[n->number] = NULL;
	give_number(t, n->number);
	t->live--;
	t->count -= n->nseries;
	if (n->prev != NULL)
		n->prev->next = n->next;
	else
		t->first = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	else
		t->last = n->prev;
	if (t->recent == n)
		t->recent = NULL;
	entity_free(t, n);
	origin_release(t, o);
}

/* --- the table ----------------------------------------------------------- */

struct series_table *
series_new(const struct series_options *o)
{
	struct series_table *t = xcalloc(1, sizeof(*t));

	t->o = *o;
	t->seed = hash_seed_random();
	t->name_mix = (uint32_t)t->seed.k0 | 1;
	t->origins = map_new(NULL);
	return t;
}

void
series_free(struct series_table *t)
{
	if (t == NULL)
		return;
	while (t->first != NULL)
		series_drop(t, t->first);
	map_free(t->origins, NULL);
	free(t->entities);
	free(t->free_numbers);
	free(t->slots);
	free(t->names);
	free(t->touched);
	buf_free(&t->key);
	free(t);
}

struct series_entity *
series_next(const struct series_table *t, const struct series_entity *after)
{
	return after != NULL ? after->next : t->first;
}

struct series_entity *
series_oldest(const struct series_table *t)
{
	struct series_entity *n, *oldest = t->first;

	for (n = t->first; n != NULL; n = n->next)
		if (series_last(n)->ts < series_last(oldest)->ts)
			oldest = n;
	return oldest;
}

size_t
series_count(const struct series_table *t)
{
	return t->count;
}
