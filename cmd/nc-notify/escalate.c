/* SPDX-License-Identifier: MIT */
/*
 * escalate: an alert that waits in an escalation's lane becomes an item of
 * the next channel each time a step is due, until the episode is over or
 * somebody has seen it.  No timer of its own: the item says on disk which
 * steps are done, so any process may take the next one.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver_priv.h"
#include "duty.h"

#define TROUBLE_SECONDS 5.0 /* until the spool is asked again */

static struct span
episode_of(const struct queue_item *it)
{
	return (struct span){it->name, strcspn(it->name, ".")};
}

/* All lanes that know of the episode hear of this too: those that a step told
 * after the alert was accepted are not told otherwise. */
static void
forward(struct lane *l, const struct alert *a, char letter)
{
	struct deliver *d = l->owner;
	const struct settings *s = d->settings;

	for (size_t i = 0; i < s->nlanes; i++)
		if (&s->lanes[i] != l->name &&
		    spool_latest(d->spool, a->episode,
			span_of(s->lanes[i].name)) != '\0')
			spool_add(d->spool, a, s->lanes[i].name, letter, 0,
			    NULL, clock_real());
}

static void
take_step(struct lane *l, const struct alert *a, unsigned n)
{
	struct deliver *d = l->owner;
	const struct settings *s = d->settings;
	const struct duty_step *step;
	route_set to;

	step = escalation_step(l->channel->escalation, n);
	to = settings_on_duty(s, step->to, clock_real());
	for (size_t i = 0; i < s->nlanes; i++) {
		const struct lane_name *other = &s->lanes[i];
		bool knows = spool_latest(d->spool, a->episode,
				 span_of(other->name)) != '\0';

		if ((to >> (size_t)(other->channel - s->channels) & 1) == 0)
			continue;
		/* Told before: it is told again, under another name. */
		spool_add(d->spool, a, other->name,
		    n > 0 && knows ? SPOOL_STEP : SPOOL_FIRING,
		    n > 0 && knows ? n : 0, NULL, clock_real());
	}
}

/* The steps that are due by now. */
static void
take_steps(struct lane *l, struct queue_item *it, bool acked)
{
	struct deliver *d = l->owner;
	double passed = clock_mono() - it->born, next;
	unsigned due;
	struct spool_item f;
	struct alert a;
	struct nc_err e;
	char *line;

	if (deliver_load(d, it->name, &f, &a, &e) == -1) {
		deliver_trouble(d, &e);
		it->chain->due = clock_mono() + TROUBLE_SECONDS;
		return;
	}
	due = escalation_due(l->channel->escalation, passed, acked, &next);
	if (due > f.step) {
		for (unsigned n = f.step; n < due; n++)
			if (!acked ||
			    (n < l->channel->escalation->nsteps &&
				!escalation_step(l->channel->escalation, n)
				     ->unless_acked))
				take_step(l, &a, n);
		if (deliver_commit(d) == -1) {
			it->chain->due = clock_mono() + TROUBLE_SECONDS;
			return;
		}
		line = xasprintf("step %u %.3f", due, clock_real());
		if (spool_note(d->spool, it->name, line, true, &e) == -1)
			deliver_trouble(d, &e);
		free(line);
	}
	it->chain->due = isinf(next) ? clock_mono() + ASKED_MAX
				     : clock_mono() + fmax(0, next - passed);
}

static void
retire_until(struct lane *l, struct queue_chain *c,
    const struct queue_item *end)
{
	struct queue_item *it;

	while ((it = c->first) != NULL && it != end)
		deliver_retire(l, it, NULL, SPOOL_SENT);
}

/* News of the episode, for those whom steps have told. */
static void
forward_all(struct lane *l, const struct queue_item *base,
    const struct queue_item *end)
{
	struct deliver *d = l->owner;
	struct spool_item f;
	struct alert a;

	for (const struct queue_item *it = base->next; it != end; it = it->next)
		if (deliver_load(d, it->name, &f, &a, NULL) == 0)
			forward(l, &a, it->letter);
	if (spool_pending(d->spool) != 0 && deliver_commit(d) == -1)
		base->chain->due = clock_mono() + TROUBLE_SECONDS;
}

void
escalate(struct lane *l, struct queue_chain *c)
{
	struct queue_item *base = c->first, *it;
	struct span episode = episode_of(base);
	bool acked = false, over = false;

	queue_take(&l->queue, c);
	for (it = base; it != NULL && span_equal(episode_of(it), episode);
	     it = it->next) {
		acked = it->letter == SPOOL_ACKED ||
			(acked && it->letter != SPOOL_UNACKED);
		over = over || it->letter == SPOOL_RESOLVED;
	}
	/* Over, or another episode of it has begun. */
	over = over || it != NULL || base->letter != SPOOL_FIRING;
	c->due = 0;
	if (!over)
		take_steps(l, base, acked);
	forward_all(l, base, it);
	if (over && c->due == 0)
		retire_until(l, c, it);
	queue_put(&l->queue, c);
}
