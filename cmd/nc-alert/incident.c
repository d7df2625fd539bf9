/* SPDX-License-Identifier: MIT */
/*
 * incident: what belongs together.  An episode joins the incident of an open
 * one on what contains its entity, on what it lies on, or on the entity
 * itself, when that began shortly before.  The root is the highest of them (a
 * host, then what is part of a host, then a machine on it, then its parts),
 * then the earliest, then the most severe, then the rule written first.
 */
#include <string.h>

#include "engine_priv.h"

/* What is above s is found step by step: what contains it, and what it lies
 * on with all above that. */
struct climb {
	const struct subject *s, *base; /* in hand */
};

static bool
climb_next(struct engine *g, struct climb *c)
{
	if (c->base == NULL)
		c->base = fleet_base(g->fleet, c->s);
	else
		c->base = c->base->parent;
	if (c->base == NULL)
		c->s = c->s->parent;
	return c->s != NULL;
}

static const struct subject *
climb_at(const struct climb *c)
{
	return c->base != NULL ? c->base : c->s;
}

/* s is below up, or lies on it. */
static bool
is_below(struct engine *g, const struct subject *s, const struct subject *up)
{
	struct climb c = {.s = s};

	while (climb_next(g, &c))
		if (climb_at(&c) == up)
			return true;
	return false;
}

static int
rank(const struct episode *ep)
{
	const char *entity = ep->target->subject->entity;

	if (strcmp(entity, "host") == 0)
		return 3;
	if (strncmp(entity, "host.", 5) == 0)
		return 2;
	return strchr(entity, '.') == NULL ? 1 : 0;
}

/* b is a better root than a, both above the same episode. */
static bool
is_better(const struct episode *a, const struct episode *b)
{
	if (rank(a) != rank(b))
		return rank(b) > rank(a);
	if (a->start != b->start)
		return b->start < a->start;
	if (a->severity != b->severity)
		return b->severity > a->severity;
	return b->rule < a->rule;
}

/* They may have to do with each other by time. */
static bool
is_near(const struct engine *g, const struct episode *a,
    const struct episode *b)
{
	double apart = a->start - b->start;

	return (apart < 0 ? -apart : apart) <= g->rules->policy.incident;
}

static void
copy_id(char to[EPISODE_ID_SIZE], const char *from)
{
	memcpy(to, from, EPISODE_ID_SIZE);
}

/*
 * Those below that stand for themselves are folded under it, and what was
 * folded under them; the incident keeps the name of the one that began first.
 */
static void
adopt(struct engine *g, struct episode *ep)
{
	struct episode *o, *root, *first = ep->target->host->first;

	for (o = first; o != NULL; o = o->next)
		if (o != ep && !o->over &&
		    strcmp(o->root, o->fingerprint) == 0 && is_near(g, o, ep) &&
		    o->target != ep->target &&
		    is_below(g, o->target->subject, ep->target->subject)) {
			if (strcmp(ep->incident, ep->id) == 0)
				copy_id(ep->incident, o->incident);
			copy_id(o->incident, ep->incident);
			copy_id(o->root, ep->root);
		}
	for (o = first; o != NULL; o = o->next)
		if (o != ep && !o->over && o->root[0] != '\0' &&
		    strcmp(o->root, o->fingerprint) != 0 &&
		    (root = incident_root(g, o)) != NULL &&
		    strcmp(root->root, ep->root) == 0) {
			copy_id(o->incident, ep->incident);
			copy_id(o->root, ep->root);
		}
}

/* The best root among the episodes of one subject. */
static void
look_at(struct engine *g, const struct subject *s, const struct episode *ep,
    struct episode **root)
{
	const struct target *t = s->user;
	struct episode *o;

	for (size_t k = 0; t != NULL && k < t->scope->count; k++) {
		o = t->watches[k] != NULL ? t->watches[k]->episode : NULL;
		if (o == NULL || o == ep || o->over || !is_near(g, o, ep) ||
		    (o->target == ep->target && o->root[0] == '\0'))
			continue;
		if (*root == NULL || is_better(*root, o))
			*root = o;
	}
}

struct episode *
incident_root(struct engine *g, const struct episode *ep)
{
	struct climb c = {.s = ep->target->subject};
	const struct target *t;
	struct episode *o;

	do {
		t = climb_at(&c)->user;
		for (size_t k = 0; t != NULL && k < t->scope->count; k++) {
			o = t->watches[k] != NULL ? t->watches[k]->episode
						  : NULL;
			if (o != NULL && o != ep &&
			    strcmp(o->fingerprint, ep->root) == 0)
				return o;
		}
	} while (climb_next(g, &c));
	return NULL;
}

/* Something of the host may be below it or lie on it. */
static bool
has_parts(const struct subject *s)
{
	return s->child != NULL || strncmp(s->entity, "host.", 5) == 0;
}

void
incident_join(struct engine *g, struct episode *ep)
{
	struct climb c = {.s = ep->target->subject};
	struct episode *root = NULL;

	do
		look_at(g, climb_at(&c), ep, &root);
	while (climb_next(g, &c));
	if (root != NULL && root->root[0] == '\0')
		incident_join(g, root); /* of the same round; higher up */
	if (root != NULL) {
		copy_id(ep->incident, root->incident);
		copy_id(ep->root, root->root);
		return;
	}
	copy_id(ep->incident, ep->id);
	copy_id(ep->root, ep->fingerprint);
	if (has_parts(ep->target->subject))
		adopt(g, ep);
}
