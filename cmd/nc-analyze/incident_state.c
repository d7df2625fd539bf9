/* SPDX-License-Identifier: MIT */
/*
 * incident_state: incidents, and the clues of each series, as bytes and back;
 * clues find their lists again by the serial of their incident.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "edges.h"
#include "incident.h"

#define MANY 1000000u
#define TEXTS 8

static void
texts_of(struct incident *i, char **at[TEXTS])
{
	char **const all[TEXTS] = {&i->name, &i->host, &i->entity, &i->id,
	    &i->metric, &i->suspects, &i->explain, &i->top};

	for (size_t k = 0; k < TEXTS; k++)
		at[k] = all[k];
}

static void
save_scene(const struct scene *s, struct buf *b)
{
	uint64_t n = 0;
	char **text[TEXTS];

	for (const struct incident *i = s->incidents; i != NULL; i = i->next)
		n++;
	pack_u64(b, s->dirty);
	pack_u64(b, n);
	for (struct incident *i = s->incidents; i != NULL; i = i->next) {
		pack_u64(b, i->serial);
		pack_f64(b, i->onset);
		pack_f64(b, i->seen);
		pack_u64(b, i->series);
		pack_u64(b, i->told_series);
		pack_u64(b, i->dirty);
		pack_u64(b, i->name != NULL);
		if (i->name == NULL)
			continue;
		pack_f64(b, i->value);
		texts_of(i, text);
		for (size_t k = 0; k < TEXTS; k++)
			pack_text(b, span_of(*text[k]));
	}
}

void
incident_save(void *self, struct buf *b)
{
	struct detective *d = self;

	pack_f64(b, d->window);
	pack_f64(b, d->alarm);
	pack_f64(b, isnan(d->since) ? 0 : d->since);
	pack_u64(b, d->all);
	pack_u64(b, d->edges->n);
	pack_u64(b, d->serials);
	save_scene(&d->common, b);
	for (struct node *n = flow_nodes(d->flow); n != NULL; n = n->next) {
		pack_u64(b, n->scene != NULL);
		if (n->scene != NULL)
			save_scene(n->scene, b);
	}
}

static void
load_scene(struct scene *s, struct pack_in *u)
{
	struct incident **at = &s->incidents, *i;
	struct span text;
	char **texts[TEXTS];
	uint64_t n;

	s->dirty = pack_get_count(u, 1) != 0;
	n = pack_get_count(u, MANY);
	for (uint64_t k = 0; k < n && !u->failed; k++) {
		*at = i = xcalloc(1, sizeof(*i));
		at = &i->next;
		i->serial = pack_get_u64(u);
		i->onset = pack_get_f64(u);
		i->seen = pack_get_f64(u);
		i->series = (size_t)pack_get_u64(u);
		i->told_series = (size_t)pack_get_u64(u);
		i->dirty = pack_get_count(u, 1) != 0;
		if (pack_get_count(u, 1) == 0)
			continue;
		i->value = pack_get_f64(u);
		texts_of(i, texts);
		for (size_t m = 0; m < TEXTS; m++) {
			text = pack_get_text(u);
			*texts[m] = xmemdup0(text.p, text.len);
		}
	}
}

int
incident_load(void *self, struct pack_in *u)
{
	struct detective *d = self;
	bool same = pack_get_f64(u) == d->window;

	same = pack_get_f64(u) == d->alarm && same;
	same = pack_get_f64(u) == (isnan(d->since) ? 0 : d->since) && same;
	same = pack_get_count(u, 1) == d->all && same;
	same = pack_get_u64(u) == d->edges->n && same;
	if (!same || u->failed)
		return -1;
	d->serials = pack_get_u64(u);
	load_scene(&d->common, u);
	for (struct node *n = flow_nodes(d->flow); n != NULL; n = n->next)
		if (pack_get_count(u, 1) != 0)
			load_scene(incident_scene(d, n), u);
	return u->failed ? -1 : 0;
}

void
incident_save_clue(void *self, const void *state, struct buf *b)
{
	const struct clue *c = state;

	(void)self;
	trace_save(&c->trace, b);
	pack_u64(b, c->entity != NULL);
	if (c->entity == NULL)
		return;
	pack_u64(b, c->serial);
	pack_u64(b, c->incident != NULL ? c->incident->serial : 0);
	pack_f64(b, c->onset);
	pack_f64(b, c->value);
	pack_f64(b, (double)c->alarm);
	pack_f64(b, (double)c->before);
	pack_f64(b, (double)c->after);
	pack_f64(b, (double)c->z);
	pack_u64(b, c->direction > 0);
	pack_u64(b, c->open);
	pack_u64(b, c->fresh);
}

int
incident_load_clue(void *self, const struct point *p, void *state,
    struct pack_in *u)
{
	struct detective *d = self;
	struct scene *s = incident_scene(d, p->node);
	struct clue *c = state;
	struct incident *i = s->incidents;
	uint64_t of;

	if (!trace_load(&c->trace, u))
		return -1;
	if (pack_get_count(u, 1) == 0)
		return u->failed ? -1 : 0;
	c->entity = p->entity;
	c->name = p->name;
	c->serial = pack_get_u64(u);
	of = pack_get_u64(u);
	c->onset = pack_get_f64(u);
	c->value = pack_get_f64(u);
	c->alarm = (float)pack_get_f64(u);
	c->before = (float)pack_get_f64(u);
	c->after = (float)pack_get_f64(u);
	c->z = (float)pack_get_f64(u);
	c->direction = pack_get_count(u, 1) != 0 ? 1 : -1;
	c->open = pack_get_count(u, 1) != 0;
	c->fresh = pack_get_count(u, 1) != 0;
	while (i != NULL && i->serial != of)
		i = i->next;
	if (u->failed || (of != 0 && (i == NULL || c->serial == 0))) {
		c->serial = 0;
		return -1;
	}
	c->incident = i;
	if (c->serial != 0)
		incident_link(i != NULL ? &i->clues : &s->loose, c);
	return 0;
}
