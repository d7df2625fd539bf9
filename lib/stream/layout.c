/* SPDX-License-Identifier: MIT */
/*
 * layout: a small hash table of name sequences.  A fleet has a few dozen of
 * them; what the bounds guard against is input that never repeats itself.
 */
#include "stream/layout.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define LAYOUTS_MAX 4096u
#define CELLS_MAX 65536u /* of all layouts: 6 MB */
#define VALUES_MAX 1024u /* of one */
#define BUCKETS LAYOUTS_MAX
#define LAYOUTS_FIRST 64u
#define REFUSALS 65536u /* lines without layout before all are forgotten */

struct layout {
	struct layout_cell *cells; /* owned */
	uint32_t n;
	uint32_t next; /* in its bucket: a number, 0 ends */
	uint64_t hash;
};

struct layouts {
	struct intern *names; /* borrowed */
	struct hash_seed seed;
	struct layout *all; /* number base + 1 is all[0] */
	uint32_t *buckets;
	uint32_t base, count, cap, cells, refused;
};

struct layouts *
layout_new(struct intern *names)
{
	struct layouts *l = xcalloc(1, sizeof(*l));

	l->names = names;
	l->seed = hash_seed_random();
	l->cap = LAYOUTS_FIRST;
	l->all = xcalloc(l->cap, sizeof(*l->all));
	l->buckets = xcalloc(BUCKETS, sizeof(*l->buckets));
	return l;
}

static void
forget_all(struct layouts *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		free(l->all[i].cells);
	memset(l->buckets, 0, BUCKETS * sizeof(*l->buckets));
	/* A number is never given twice. */
	l->base += l->count;
	if (l->base > UINT32_MAX / 2)
		l->base = 0;
	l->count = l->cells = l->refused = 0;
}

void
layout_free(struct layouts *l)
{
	if (l == NULL)
		return;
	forget_all(l);
	free(l->all);
	free(l->buckets);
	free(l);
}

static uint64_t
hash_names(const struct layouts *l, const struct record_value *v, size_t n)
{
	uint64_t h = l->seed.k0;

	for (size_t i = 0; i < n; i++) {
		h = (h ^ v[i].name) * (l->seed.k1 | 1);
		h ^= h >> 29;
	}
	return h;
}

static bool
has_names(const struct layout *a, const struct record_value *v, size_t n)
{
	if (a->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (a->cells[i].name != v[i].name)
			return false;
	}
	return true;
}

/* Needs no escape, and finds room in a cell. */
static bool
is_plain(struct span name)
{
	if (name.len + 4 > LAYOUT_TEXT)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < 0x20 || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static void
set_cell(struct layout_cell *c, uint32_t id, struct span name, bool first)
{
	char *to = c->text;

	if (!first)
		*to++ = ',';
	*to++ = '"';
	memcpy(to, name.p, name.len);
	to += name.len;
	*to++ = '"';
	*to++ = ':';
	c->len = (uint32_t)(to - c->text);
	c->name = id;
}

static uint32_t
learn(struct layouts *l, const struct record_value *v, size_t n, uint64_t hash)
{
	struct layout *a;
	uint32_t *bucket = &l->buckets[hash % BUCKETS];

	for (size_t i = 0; i < n; i++) {
		if (!is_plain(intern_span(l->names, v[i].name)))
			return 0;
	}
	if (l->count == LAYOUTS_MAX || l->cells + n > CELLS_MAX) {
		if (++l->refused < REFUSALS)
			return 0;
		forget_all(l);
	}
	if (l->count == l->cap) {
		l->cap *= 2;
		l->all = xreallocarray(l->all, l->cap, sizeof(*l->all));
	}
	a = &l->all[l->count++];
	a->cells = xcalloc(n, sizeof(*a->cells));
	a->n = (uint32_t)n;
	a->hash = hash;
	for (size_t i = 0; i < n; i++)
		set_cell(&a->cells[i], v[i].name,
		    intern_span(l->names, v[i].name), i == 0);
	l->cells += a->n;
	a->next = *bucket;
	*bucket = l->base + l->count;
	return *bucket;
}

uint32_t
layout_id(struct layouts *l, const struct record_value *v, size_t n)
{
	uint64_t hash;
	uint32_t id;

	if (n == 0 || n > VALUES_MAX)
		return 0;
	hash = hash_names(l, v, n);
	for (id = l->buckets[hash % BUCKETS]; id != 0;) {
		const struct layout *a = &l->all[id - l->base - 1];

		if (a->hash == hash && has_names(a, v, n))
			return id;
		id = a->next;
	}
	return learn(l, v, n, hash);
}

const struct layout_cell *
layout_cells(const struct layouts *l, uint32_t id, size_t *n)
{
	if (id <= l->base || id > l->base + l->count)
		return NULL;
	*n = l->all[id - l->base - 1].n;
	return l->all[id - l->base - 1].cells;
}
