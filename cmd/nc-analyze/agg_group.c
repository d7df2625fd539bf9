/* SPDX-License-Identifier: MIT */
/*
 * agg_group: groups, their cells, and the series in them.  Entities are never
 * mixed, whatever they are grouped by.
 */
#include <stdlib.h>
#include <string.h>

#include "agg.h"
#include "base/map.h"
#include "base/mem.h"
#include "math/sketch.h"

struct agg_shelf *
agg_shelf(struct agg *a, struct node *n)
{
	struct agg_shelf *s;

	if (n == NULL)
		return &a->common;
	if (n->groups == NULL) {
		n->groups = s = xcalloc(1, sizeof(*s));
		s->node = n;
		s->open = s->newest = s->partial = AGG_NO_PANE;
	}
	return n->groups;
}

/* The value of a key for an entity: a name of the record, or a label. */
static const char *
key_value(const struct series_entity *n, const char *key)
{
	const char *value;

	if (strcmp(key, "id") == 0)
		return n->id;
	if (strcmp(key, "source") == 0)
		return n->origin->source;
	value = series_label(n, key);
	return value != NULL ? value : "";
}

/* A value in an id: what would read as two is written otherwise. */
static void
add_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ',' || *s == '%')
			buf_addf(b, "%%%02X", (unsigned)*s);
		else
			buf_addc(b, *s);
	}
}

struct agg_group *
agg_group_add(struct agg *a, struct agg_shelf *shelf, struct span key)
{
	struct agg_group *g = xcalloc(1, sizeof(*g));
	struct buf name = {0};
	const char *p;

	g->shelf = shelf;
	g->serial = a->serials++;
	g->key = xmemdup0(key.p, key.len);
	g->key_len = key.len;
	g->entity = p = g->key;
	p += strlen(p) + 1; /* the host */
	add_escaped(&name, g->entity);
	for (size_t i = 0; i < a->nkeys; i++) {
		p += strlen(p) + 1;
		g->values[i] = p;
		buf_addc(&name, ',');
		add_escaped(&name, p);
	}
	g->name = buf_take(&name);
	if (shelf->last != NULL)
		shelf->last->next = g;
	else
		shelf->groups = g;
	shelf->last = g;
	map_set(a->groups, key, g);
	return g;
}

struct agg_group *
agg_group(struct agg *a, const struct point *p)
{
	const struct series_entity *n = p->entity;
	struct buf key = {0};
	struct agg_group *g;

	buf_add(&key, n->origin->entity, strlen(n->origin->entity) + 1);
	if (a->by_host)
		buf_adds(&key, n->origin->host);
	for (size_t i = 0; i < a->nkeys; i++) {
		buf_addc(&key, '\0');
		buf_adds(&key, key_value(n, a->keys[i]));
	}
	if ((g = map_get(a->groups, buf_span(&key))) == NULL)
		g = agg_group_add(a, agg_shelf(a, a->by_host ? p->node : NULL),
		    buf_span(&key));
	buf_free(&key);
	return g;
}

struct agg_cell *
agg_cell(struct agg *a, struct agg_group *g, uint32_t name, bool counter)
{
	struct agg_cell **at = &g->cells;

	while (*at != NULL && (*at)->name != name)
		at = &(*at)->next;
	if (*at != NULL)
		return *at;
	*at = xcalloc(1, sizeof(**at) + agg_ring(a) * sizeof(struct agg_pane));
	(*at)->group = g;
	(*at)->name = name;
	(*at)->counter = counter;
	return *at;
}

/* Behind those that came before it; nearly always the last. */
void
agg_join(struct agg_cell *c, struct agg_part *part)
{
	struct agg_part *before = c->last;

	while (before != NULL && before->serial > part->serial)
		before = before->prev;
	part->cell = c;
	part->prev = before;
	part->next = before != NULL ? before->next : c->first;
	if (part->next != NULL)
		part->next->prev = part;
	else
		c->last = part;
	if (before != NULL)
		before->next = part;
	else
		c->first = part;
}

void
agg_leave(struct agg_part *part)
{
	struct agg_cell *c = part->cell;

	if (part->next != NULL)
		part->next->prev = part->prev;
	else
		c->last = part->prev;
	if (part->prev != NULL)
		part->prev->next = part->next;
	else
		c->first = part->next;
	part->cell = NULL;
}

void
agg_cell_free(const struct agg *a, struct agg_cell *c)
{
	for (size_t i = 0; i < agg_ring(a); i++)
		sketch_free(c->panes[i].sketch);
	free(c);
}

/* Out of the map and gone; the shelf's list is the caller's. */
void
agg_group_free(struct agg *a, struct agg_group *g)
{
	struct agg_cell *c, *next;

	for (c = g->cells; c != NULL; c = next) {
		next = c->next;
		agg_cell_free(a, c);
	}
	map_delete(a->groups, (struct span){g->key, g->key_len});
	free(g->key);
	free(g->name);
	free(g);
}
