/* SPDX-License-Identifier: MIT */
/*
 * beat: a dead man's switch is told that we live, in steps of its own, as
 * long as we do; what hears nothing raises the alarm.  Never in the spool: a
 * beat that is late says the wrong thing.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver_priv.h"

struct beat {
	struct sending sending; /* first: the one becomes the other */
	struct deliver *owner;
	const struct channel *channel;
	struct loop_timer *timer;
	struct alert alert;
	bool flying;
};

static void
on_beaten(struct sending *s, const struct outcome *o)
{
	struct beat *b = (struct beat *)(void *)s;

	b->flying = false;
	if (o->verdict != VERDICT_SENT)
		diag_limited(b->owner->diag, DIAG_WARN, "beat",
		    b->channel->name, "not beaten: %s",
		    o->message != NULL ? o->message : "no reason given");
}

static void
on_timer(struct loop *l, void *arg)
{
	struct beat *b = arg;
	struct deliver *d = b->owner;
	bool ill = d->counts.trouble != 0;

	loop_timer_set(b->timer, loop_now(l) + clock_ns(b->channel->every));
	/* Nothing has come since the last one: the pipe may be dead. */
	if (b->flying || !d->alive || d->lock == NULL)
		return;
	d->alive = d->always;
	b->alert = (struct alert){.severity = span_of(ill ? "crit" : "info")};
	b->sending = (struct sending){.channel = b->channel,
	    .kind = MESSAGE_BEAT,
	    .alert = &b->alert,
	    .alerts = &b->alert,
	    .nalerts = 1,
	    .severity = b->alert.severity,
	    .title = span_of(ill ? "the spool is in trouble" : "alive"),
	    .attempt = 1,
	    .now = clock_real(),
	    .means = &d->means,
	    .done = on_beaten};
	b->flying = true;
	b->channel->kind->send(&b->sending);
}

void
beats_start(struct deliver *d)
{
	for (size_t i = 0; i < d->settings->nchannels; i++)
		d->nbeats += d->settings->channels[i].kind->beats;
	if (d->nbeats == 0)
		return;
	d->beats = xcalloc(d->nbeats, sizeof(*d->beats));
	for (size_t i = 0, k = 0; i < d->settings->nchannels; i++) {
		struct beat *b = &d->beats[k];

		if (!d->settings->channels[i].kind->beats)
			continue;
		b->owner = d;
		b->channel = &d->settings->channels[i];
		b->timer = loop_timer_add(d->loop, clock_mono_ns(), on_timer,
		    b);
		k++;
	}
}

bool
beats_flying(const struct deliver *d)
{
	for (size_t i = 0; i < d->nbeats; i++)
		if (d->beats[i].flying)
			return true;
	return false;
}

void
beats_free(struct deliver *d)
{
	for (size_t i = 0; i < d->nbeats; i++) {
		if (d->beats[i].flying)
			d->beats[i].channel->kind->cancel(&d->beats[i].sending);
		loop_timer_remove(d->beats[i].timer);
	}
	free(d->beats);
}
