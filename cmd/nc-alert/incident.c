/* SPDX-License-Identifier: MIT */
/*
 * incident: what belongs together.  An episode joins the incident of an open
 * one on what contains its entity, on what it lies on, or on the entity
 * itself, when that began shortly before.  The root is the highest of them,
 * then the earliest, then the most severe, then the rule written first.
 */
#include <string.h>

#include "engine_priv.h"

/* Steps from s up to what contains it or what it lies on; -1: no way. */
static int
steps_up(struct engine *g, const struct subject *s, const struct subject *up)
{
	const struct subject *base;
	int steps = 0;

	for (; s != NULL; s = s->parent, steps++) {
		if (s == up)
			return steps;
		base = fleet_base(g->fleet, s);
		for (int n = steps + 1; base != NULL; base = base->parent, n++)
			if (base == up)
				return n;
	}
	return -1;
}

/* b is a better root than a, both above the same episode. */
static bool
is_better(const struct episode *a, int up_a, const struct episode *b, int up_b)
{
	if (up_a != up_b)
		return up_b > up_a;
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

/* Those below that stand for themselves are folded under it; the incident
 * keeps the name of the one that began first. */
static void
adopt(struct engine *g, struct episode *ep, struct episode *o)
{
	for (; o != NULL; o = o->next)
		if (o != ep && !o->over && o->root[0] != '\0' &&
		    strcmp(o->root, ep->fingerprint) != 0 &&
		    is_near(g, o, ep) && o->target != ep->target &&
		    steps_up(g, o->target->subject, ep->target->subject) > 0) {
			if (strcmp(ep->incident, ep->id) == 0)
				copy_id(ep->incident, o->incident);
			copy_id(o->incident, ep->incident);
			copy_id(o->root, ep->root);
		}
}

void
incident_join(struct engine *g, struct episode *ep)
{
	struct episode *root = NULL, *o;
	int up = -1, n;

	for (o = ep->target->host->first; o != NULL; o = o->next) {
		if (o == ep || o->over || !is_near(g, o, ep) ||
		    (o->target == ep->target && o->root[0] == '\0'))
			continue;
		n = steps_up(g, ep->target->subject, o->target->subject);
		if (n >= 0 && (root == NULL || is_better(root, up, o, n))) {
			root = o;
			up = n;
		}
	}
	if (root != NULL && root->root[0] == '\0')
		incident_join(g, root); /* of the same round; higher up */
	if (root != NULL) {
		copy_id(ep->incident, root->incident);
		copy_id(ep->root, root->root);
		return;
	}
	copy_id(ep->incident, ep->id);
	copy_id(ep->root, ep->fingerprint);
	adopt(g, ep, ep->target->host->first);
}
