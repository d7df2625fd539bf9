/* SPDX-License-Identifier: MIT */
/*
 * series_entity: what one entity holds: its series and stamps in one block,
 * its id and labels in another, and an index of names once there are many.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "metric/catalogue.h"
#include "metric/series_priv.h"

/* From this many series on an index beats a walk. */
#define INDEX_FROM 32u
/* Labels beyond this are not kept: they come from input. */
#define LABELS_MAX 4096u

static uint32_t
power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

/* --- names ----------------------------------------------------------- */

static void
learn_name(struct series_table *t, uint32_t name)
{
	struct name_info *info = &t->names[name];
	struct span s = intern_span(t->o.names, name);
	struct buf b = {0};

	info->shown = name;
	info->counter = metric_is_counter(s);
	info->seconds = metric_unit_of(s) == UNIT_SECONDS;
	if (!info->counter)
		return;
	buf_add(&b, s.p, s.len - strlen("_total"));
	buf_adds(&b, "_per_second");
	info->shown = intern_id(t->o.names, buf_span(&b));
	if (info->shown == INTERN_NONE)
		info->shown = name;
	buf_free(&b);
}

const struct name_info *
series_name(struct series_table *t, uint32_t name)
{
	uint32_t room;

	if (name >= t->nnames) {
		room = power_of_two(name + 64);
		t->names = xreallocarray(t->names, room, sizeof(*t->names));
		for (uint32_t i = t->nnames; i < room; i++)
			t->names[i].shown = SERIES_NONE;
		t->nnames = room;
	}
	if (t->names[name].shown == SERIES_NONE)
		learn_name(t, name);
	return &t->names[name];
}

/* --- the index of names ------------------------------------------------ */

static uint32_t
index_size(const struct series_entity *n)
{
	return 2 * power_of_two(n->room);
}

static uint32_t
index_slot(const struct series_table *t, uint32_t name, uint32_t size)
{
	uint32_t h = (name ^ t->name_mix >> 7) * t->name_mix;

	return (h ^ h >> 15) & (size - 1);
}

static void
index_put(const struct series_table *t, struct series_entity *n, uint32_t i)
{
	uint32_t size = index_size(n);
	uint32_t slot = index_slot(t, n->series[i].name, size);

	while (n->index[slot] != 0)
		slot = (slot + 1) & (size - 1);
	n->index[slot] = i + 1;
}

static void
index_build(const struct series_table *t, struct series_entity *n)
{
	free(n->index);
	n->index = xcalloc(index_size(n), sizeof(*n->index));
	for (uint32_t i = 0; i < n->nseries; i++)
		index_put(t, n, i);
}

uint32_t
series_locate(const struct series_table *t, const struct series_entity *n,
    uint32_t name)
{
	uint32_t slot, size;

	if (n->index == NULL) {
		for (uint32_t i = 0; i < n->nseries; i++)
			if (n->series[i].name == name)
				return i;
		return SERIES_NONE;
	}
	size = index_size(n);
	slot = index_slot(t, name, size);
	while (n->index[slot] != 0) {
		if (n->series[n->index[slot] - 1].name == name)
			return n->index[slot] - 1;
		slot = (slot + 1) & (size - 1);
	}
	return SERIES_NONE;
}

/* --- the block of series and stamps ------------------------------------- */

/* Room for stamps goes by powers of two. */
static void
resize(struct series_entity *n, uint32_t room, uint32_t stamps_room)
{
	size_t split = (size_t)room * sizeof(struct series);
	size_t size = split + stamps_room * sizeof(struct series_stamp);
	char *block = xmalloc(size);

	if (n->nseries != 0)
		memcpy(block, n->series, n->nseries * sizeof(*n->series));
	if (n->nstamps != 0)
		memcpy(block + split, n->stamps,
		    n->nstamps * sizeof(*n->stamps));
	free(n->series);
	n->series = (void *)block;
	n->stamps = (void *)(block + split);
	n->room = (uint16_t)room;
}

/* The index of a new series, or SERIES_NONE when the entity is full. */
uint32_t
series_append(struct series_table *t, struct series_entity *n, uint32_t name)
{
	struct series *s;
	uint32_t room = n->room;

	if (n->nseries >= SERIES_MAX_AN_ENTITY)
		return SERIES_NONE;
	if (n->nseries == room) {
		room += room / 4 + 1;
		if (room > SERIES_MAX_AN_ENTITY)
			room = SERIES_MAX_AN_ENTITY;
		resize(n, room, power_of_two(n->nstamps));
		if (n->index != NULL)
			index_build(t, n);
	}
	s = &n->series[n->nseries];
	*s = (struct series){.value = NAN,
	    .raw = NAN,
	    .name = name,
	    .stamp = STAMP_NONE,
	    .state = SERIES_FIRST,
	    .counter = series_name(t, name)->counter};
	n->nseries++;
	if (n->index != NULL)
		index_put(t, n, n->nseries - 1);
	else if (n->nseries > INDEX_FROM)
		index_build(t, n);
	t->count++;
	return n->nseries - 1;
}

/* Room for the series of a first frame, exactly. */
void
series_make_room(struct series_entity *n, size_t nseries)
{
	if (n->nseries == 0 && n->room < nseries &&
	    nseries <= SERIES_MAX_AN_ENTITY)
		resize(n, (uint32_t)nseries, power_of_two(n->nstamps));
}

uint16_t
series_add_stamp(struct series_entity *n)
{
	uint32_t room = power_of_two(n->nstamps);

	if (n->nstamps == room || n->stamps == NULL)
		resize(n, n->room, power_of_two((uint32_t)n->nstamps + 1));
	n->stamps[n->nstamps].refs = 0;
	return n->nstamps++;
}

/* --- id and labels ------------------------------------------------------- */

/* How many of the record's labels are kept, and their bytes. */
static size_t
labels_kept(const struct record *r, size_t *bytes)
{
	size_t i, len;

	*bytes = 0;
	for (i = 0; i < r->nlabels && i < UINT16_MAX; i++) {
		len = r->labels[i].key.len + r->labels[i].value.len + 2;
		if (*bytes + len > LABELS_MAX)
			break;
		*bytes += len;
	}
	return i;
}

static char *
put_span(char *to, struct span s)
{
	if (s.len != 0)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	return to + s.len + 1;
}

void
series_set_text(struct series_entity *n, struct span id, const struct record *r)
{
	size_t bytes, nlabels = labels_kept(r, &bytes);
	char *text = xmalloc(id.len + 1 + bytes), *to;

	to = put_span(text, id);
	for (size_t i = 0; i < nlabels; i++) {
		to = put_span(to, r->labels[i].key);
		to = put_span(to, r->labels[i].value);
	}
	n->nlabels = (uint16_t)nlabels;
	free(n->id);
	n->id = text;
}

/* The span at p, then a NUL; moves p behind it. */
static bool
same_span(const char **p, struct span s)
{
	if (strlen(*p) != s.len || (s.len != 0 && memcmp(*p, s.p, s.len) != 0))
		return false;
	*p += s.len + 1;
	return true;
}

bool
series_set_labels(struct series_entity *n, const struct record *r)
{
	const char *p = n->id + strlen(n->id) + 1;
	size_t bytes, nlabels = labels_kept(r, &bytes);
	bool same = nlabels == n->nlabels;

	for (size_t i = 0; same && i < nlabels; i++)
		same = same_span(&p, r->labels[i].key) &&
		       same_span(&p, r->labels[i].value);
	if (!same)
		series_set_text(n, r->id, r);
	return !same;
}

void
series_label_at(const struct series_entity *n, size_t i, const char **key,
    const char **value)
{
	const char *p = n->id + strlen(n->id) + 1;

	for (; i != 0; i--) {
		p += strlen(p) + 1;
		p += strlen(p) + 1;
	}
	*key = p;
	*value = p + strlen(p) + 1;
}

const char *
series_label(const struct series_entity *n, const char *key)
{
	const char *p = n->id + strlen(n->id) + 1, *value;

	for (size_t i = 0; i < n->nlabels; i++) {
		value = p + strlen(p) + 1;
		if (strcmp(p, key) == 0)
			return value;
		p = value + strlen(value) + 1;
	}
	return NULL;
}
