/* SPDX-License-Identifier: MIT */
/*
 * agg_state: open panes, groups and the place of each series as bytes and
 * back, so that a window goes on over a restart as if there had been none.
 */
#include <stdlib.h>

#include "agg.h"
#include "base/map.h"
#include "base/mem.h"
#include "math/sketch.h"

#define MANY 100000000u

/* --- out ------------------------------------------------------------------- */

static void
save_pane(const struct agg *a, const struct agg_pane *p, struct buf *b)
{
	pack_f64(b, p->n);
	if (p->n == 0)
		return;
	pack_f64(b, p->sum);
	pack_f64(b, p->low);
	pack_f64(b, p->high);
	pack_f64(b, p->total);
	if (a->quantiles)
		sketch_save(p->sketch, b);
}

static void
save_shelf(const struct agg *a, const struct agg_shelf *s, struct buf *b)
{
	const struct agg_group *g;
	const struct agg_cell *c;
	uint64_t n = 0;

	pack_u64(b, (uint64_t)s->open);
	pack_u64(b, (uint64_t)s->newest);
	pack_u64(b, (uint64_t)s->partial);
	pack_u64(b, (uint64_t)s->first);
	for (g = s->groups; g != NULL; g = g->next)
		n++;
	pack_u64(b, n);
	for (g = s->groups; g != NULL; g = g->next) {
		pack_u64(b, g->serial);
		pack_text(b, (struct span){g->key, g->key_len});
		for (n = 0, c = g->cells; c != NULL; c = c->next)
			n++;
		pack_u64(b, n);
		for (c = g->cells; c != NULL; c = c->next) {
			pack_text(b,
			    intern_span(flow_plan(a->flow)->names, c->name));
			pack_u64(b, c->counter);
			for (size_t i = 0; i < agg_ring(a); i++)
				save_pane(a, &c->panes[i], b);
		}
	}
}

/* A state is for the options it was made with. */
static void
save_options(const struct agg *a, struct buf *b)
{
	pack_f64(b, a->window);
	pack_f64(b, a->slide);
	pack_u64(b, a->quantiles);
	pack_u64(b, a->by_host);
	pack_u64(b, flow_plan(a->flow)->merge);
	pack_u64(b, flow_plan(a->flow)->emit_sketch);
	pack_u64(b, a->nkeys);
	for (size_t i = 0; i < a->nkeys; i++)
		pack_text(b, span_of(a->keys[i]));
}

void
agg_save(void *self, struct buf *b)
{
	const struct agg *a = self;

	save_options(a, b);
	pack_u64(b, a->serials);
	save_shelf(a, &a->common, b);
	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next) {
		pack_u64(b, n->groups != NULL);
		if (n->groups != NULL)
			save_shelf(a, n->groups, b);
	}
}

/* --- back ------------------------------------------------------------------ */

static void
load_pane(const struct agg *a, struct agg_pane *p, struct pack_in *u)
{
	p->n = pack_get_f64(u);
	if (p->n == 0)
		return;
	p->sum = pack_get_f64(u);
	p->low = pack_get_f64(u);
	p->high = pack_get_f64(u);
	p->total = pack_get_f64(u);
	if (!a->quantiles)
		return;
	p->sketch = sketch_new(AGG_SKETCH_ERROR);
	sketch_load(p->sketch, u);
}

/* The text of a key has as many parts as there are names to group by. */
static bool
is_key(const struct agg *a, struct span key)
{
	size_t parts = 0;

	for (size_t i = 0; i < key.len; i++)
		parts += key.p[i] == '\0';
	return parts == a->nkeys + 1;
}

static void
load_group(struct agg *a, struct agg_shelf *s, struct pack_in *u)
{
	struct intern *names = flow_plan(a->flow)->names;
	uint64_t serial = pack_get_u64(u), n;
	struct span key = pack_get_text(u);
	struct agg_group *g;
	struct agg_cell *c;
	uint32_t name;

	if (!is_key(a, key) || map_get(a->groups, key) != NULL) {
		u->failed = true;
		return;
	}
	g = agg_group_add(a, s, key);
	g->serial = serial;
	n = pack_get_count(u, MANY);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		name = intern_id(names, pack_get_text(u));
		if (u->failed || name == INTERN_NONE)
			break;
		c = agg_cell(a, g, name, pack_get_count(u, 1) != 0);
		for (size_t k = 0; k < agg_ring(a); k++)
			load_pane(a, &c->panes[k], u);
	}
}

static void
load_shelf(struct agg *a, struct agg_shelf *s, struct pack_in *u)
{
	uint64_t n;

	s->open = (int64_t)pack_get_u64(u);
	s->newest = (int64_t)pack_get_u64(u);
	s->partial = (int64_t)pack_get_u64(u);
	s->first = (int64_t)pack_get_u64(u);
	n = pack_get_count(u, MANY);
	for (uint64_t i = 0; i < n && !u->failed; i++)
		load_group(a, s, u);
}

int
agg_load(void *self, struct pack_in *u)
{
	struct agg *a = self;
	struct buf mine = {0};
	bool same;
	uint64_t serials;

	save_options(a, &mine);
	same = u->in.len >= mine.len &&
	       memcmp(u->in.p, mine.data, mine.len) == 0;
	if (same) {
		u->in.p += mine.len;
		u->in.len -= mine.len;
	}
	buf_free(&mine);
	if (!same)
		return -1;
	serials = pack_get_u64(u);
	load_shelf(a, &a->common, u);
	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next)
		if (pack_get_count(u, 1) != 0)
			load_shelf(a, agg_shelf(a, n), u);
	a->serials = serials;
	return u->failed ? -1 : 0;
}

/* --- series ------------------------------------------------------------------ */

void
agg_save_series(void *self, const void *state, struct buf *b)
{
	const struct agg_part *part = state;
	const struct agg_group *g;

	(void)self;
	pack_u64(b, part->cell != NULL);
	if (part->cell == NULL)
		return;
	g = part->cell->group;
	pack_text(b, (struct span){g->key, g->key_len});
	pack_u64(b, part->serial);
	pack_u64(b, (uint64_t)part->pane);
	pack_f64(b, part->sum);
	pack_f64(b, part->n);
}

int
agg_load_series(void *self, const struct point *p, void *state,
    struct pack_in *u)
{
	struct agg *a = self;
	struct agg_part *part = state;
	struct agg_group *g;

	if (pack_get_count(u, 1) == 0)
		return u->failed ? -1 : 0;
	if ((g = map_get(a->groups, pack_get_text(u))) == NULL)
		return -1;
	part->serial = pack_get_u64(u);
	part->pane = (int64_t)pack_get_u64(u);
	part->sum = pack_get_f64(u);
	part->n = pack_get_f64(u);
	part->version = p->entity->version;
	if (!u->failed)
		agg_join(agg_cell(a, g, p->name, p->series->counter), part);
	return u->failed ? -1 : 0;
}
