/* SPDX-License-Identifier: MIT */
/*
 * round: what a round has brought, told at its end.  All rules have been
 * judged by then: who is muted by whom, and what belongs to which incident,
 * does not depend on the order of rules.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "emit.h"
#include "engine_priv.h"

void
round_queue(struct engine *g, struct target *t, struct watch *w,
    const struct rule *rule, enum machine_change change)
{
	if (g->nchanges == g->changes_room) {
		g->changes_room = g->changes_room != 0 ? 2 * g->changes_room
						       : 64;
		g->changes = xreallocarray(g->changes, g->changes_room,
		    sizeof(*g->changes));
	}
	g->changes[g->nchanges++] = (struct change){.target = t,
	    .watch = w,
	    .rule = rule,
	    .change = change};
}

void
round_link(struct host *h, struct episode *ep)
{
	ep->prev = h->last;
	ep->next = NULL;
	if (h->last != NULL)
		h->last->next = ep;
	else
		h->first = ep;
	h->last = ep;
}

void
round_unlink(struct host *h, struct episode *ep)
{
	if (ep->prev != NULL)
		ep->prev->next = ep->next;
	else
		h->first = ep->next;
	if (ep->next != NULL)
		ep->next->prev = ep->prev;
	else
		h->last = ep->prev;
}

void
round_tell(struct engine *g, struct episode *ep, enum machine_change change)
{
	struct emit_change c = {.episode = ep,
	    .subject = ep->target->subject,
	    .change = change,
	    .flap_share = flap_share(
		ep->watch != NULL ? ep->watch->flap : NULL),
	    .now = ep->target->host->now};

	if (strcmp(ep->root, ep->fingerprint) != 0)
		c.root = incident_root(g, ep);
	if (c.root != NULL)
		c.root_subject = c.root->target->subject;
	fleet_now(g->fleet, c.now, ep->target->host->listening);
	if (emit_alert(g->out, g->fleet, &c) == -1)
		g->failed = -1;
	ep->seq++;
}

static const struct policy_flap *
flap_policy(const struct engine *g, const struct rule *rule)
{
	return rule->flap.set ? &rule->flap : &g->rules->policy.flap;
}

/* An episode begins. */
static void
open_episode(struct engine *g, struct change *c)
{
	struct episode *ep = xcalloc(1, sizeof(*ep));
	const struct machine *m = &c->watch->machine;
	bool first = c->watch->flap == NULL;

	ep->target = c->target;
	ep->watch = c->watch;
	ep->rule = c->rule;
	ep->start = m->start;
	ep->severity = m->severity;
	ep->was = m->was;
	ep->nodata = c->change == CHANGE_NODATA;
	episode_fingerprint(ep->fingerprint, ep->rule, c->target->subject);
	episode_name(ep);
	c->watch->episode = c->episode = ep;
	round_link(c->target->host, ep);
	if (flap_change(&c->watch->flap, flap_policy(g, c->rule), m->start))
		c->flaps = ep->flapping = true;
	if (first) /* else it was looked at as any other */
		flap_look(c->watch->flap, (unsigned)(m->severity + 1));
	g->counts.opened++;
	g->counts.firing++;
}

/* A change of one that is open. */
static void
move_episode(struct engine *g, struct change *c)
{
	const struct machine *m = &c->watch->machine;
	struct episode *ep = c->episode = c->watch->episode;
	bool ends = m->severity == MACHINE_CALM;

	if (c->change == CHANGE_REMOVED) {
		ep->was = ep->severity;
		ep->over = true;
		return;
	}
	if (ends || ep->calm)
		flap_change(&c->watch->flap, flap_policy(g, c->rule),
		    c->target->host->now);
	ep->was = ep->severity;
	if (!ends)
		ep->severity = m->severity;
	ep->nodata = c->change == CHANGE_NODATA ||
		     (ep->nodata && m->nodata != MACHINE_CALM);
	if (ep->flapping) {
		ep->calm = ends;
		c->change = CHANGE_UPDATE;
	} else
		ep->over = ends;
}

static void
apply(struct engine *g, struct change *c)
{
	if (c->watch->episode != NULL)
		move_episode(g, c);
	else if (c->watch->machine.severity != MACHINE_CALM)
		open_episode(g, c);
}

/* One that has flapped and does not any more: the truth, whatever it is. */
static void
settle(struct engine *g, struct episode *ep, double now)
{
	const struct policy_flap *p = flap_policy(g, ep->rule);

	if (!ep->flapping ||
	    now - flap_last(ep->watch->flap) < (p->off ? 0 : p->clear))
		return;
	flap_calm(ep->watch->flap);
	ep->flapping = false;
	ep->over = ep->calm;
	ep->was = ep->severity;
	round_tell(g, ep, CHANGE_STEADY);
}

/* What has an end of its own. */
static void
expire(struct engine *g, struct host *h)
{
	for (struct episode *ep = h->first; ep != NULL; ep = ep->next) {
		if (ep->over)
			continue;
		settle(g, ep, h->now);
		if (!ep->over && ep->acked && h->now >= ep->ack_expires) {
			ep->acked = false;
			round_tell(g, ep, CHANGE_UNACKED);
		}
	}
}

static void
bury(struct engine *g, struct host *h)
{
	struct episode *ep, *next;

	for (ep = h->first; ep != NULL; ep = next) {
		next = ep->next;
		if (!ep->over)
			continue;
		round_unlink(h, ep);
		if (ep->watch != NULL)
			ep->watch->episode = NULL;
		g->counts.ended++;
		g->counts.firing--;
		episode_free(ep);
		h->dirty = true; /* whom it has muted */
	}
}

/* Other hosts, where one host can mute another. */
static void
look_around(struct engine *g, const struct host *h)
{
	uint32_t cursor = 0;
	void *other;

	while (map_next(g->hosts, &cursor, NULL, &other))
		if (other != h) {
			mute_refresh(g, other);
			mute_tell(g, other);
		}
}

static void
tell_changes(struct engine *g)
{
	struct change *c;

	for (size_t i = 0; i < g->nchanges; i++) {
		c = &g->changes[i];
		if (c->episode == NULL)
			continue;
		round_tell(g, c->episode, c->change);
		if (c->flaps)
			round_tell(g, c->episode, CHANGE_FLAPPING);
	}
}

void
round_end(struct engine *g, struct host *h)
{
	uint64_t windows;
	bool changed = g->nchanges > 0;

	for (size_t i = 0; i < g->nchanges; i++)
		apply(g, &g->changes[i]);
	for (size_t i = 0; i < g->nchanges; i++)
		if (g->changes[i].episode != NULL &&
		    g->changes[i].episode->root[0] == '\0')
			incident_join(g, g->changes[i].episode);
	for (size_t i = 0; i < g->nchanges; i++)
		if (g->changes[i].episode != NULL &&
		    g->changes[i].episode->seq == 0)
			storm_opened(g, g->changes[i].episode);
	windows = h->first != NULL ? mute_windows(g, h) : h->windows;
	if (changed || windows != h->windows || h->now >= h->again)
		h->dirty = true;
	h->windows = windows;
	if (h->dirty)
		mute_refresh(g, h);
	tell_changes(g);
	g->nchanges = 0;
	mute_tell(g, h);
	expire(g, h);
	bury(g, h);
	if (h->dirty) {
		mute_refresh(g, h);
		mute_tell(g, h);
	}
	if (changed && g->wide)
		look_around(g, h);
	storm_pass(g, h);
	heartbeat_pass(g, h);
}

/* Episodes of rules that are no more. */
void
round_ghosts(struct engine *g)
{
	uint32_t cursor = 0;
	struct episode *ep;
	struct host *h;
	void *p;

	while (map_next(g->hosts, &cursor, NULL, &p)) {
		h = p;
		for (ep = h->first; ep != NULL; ep = ep->next)
			if (ep->watch == NULL) {
				ep->over = true;
				round_tell(g, ep, CHANGE_REMOVED);
			}
		bury(g, h);
	}
}
