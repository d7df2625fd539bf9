/* SPDX-License-Identifier: MIT */
/*
 * result: what becomes of a message.  The first item's log is the truth: it
 * is synced, then the others leave, then the first; whoever finds them half
 * gone goes on from there.  A message that may have arrived although no answer
 * came keeps its items and its id.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver_priv.h"

/* Bounds of the wait after the first, second, ... failure, in seconds; full
 * jitter as in base/child. */
static const double waits[] = {5, 30, 120, 600, 1800, 7200, 14400};

#define WAITS (sizeof(waits) / sizeof(*waits))
#define WAIT_LEAST 0.5 /* of its bound, at least that share */
#define OPEN_SECONDS_MAX 300.0
#define MESSAGE_MAX_BYTES 300u
#define DAILY_MOST 3600.0 /* seconds between looks at a repeat's state */

/* --- what is said of it --------------------------------------------------- */

void
result_tell(struct lane *l, const struct alert *a, unsigned attempt,
    const char *result, const struct outcome *o)
{
	double now = clock_real();
	struct receipt r = {.alert = a,
	    .channel = l->channel->name,
	    .attempt = attempt,
	    .result = result,
	    .code = o->code,
	    .message = o->message,
	    .now = now,
	    .late = now - a->ts};

	receipt_add(l->owner->receipts, &r);
}

static void
told(struct deliver *d)
{
	struct nc_err e;

	if (receipts_flush(d->receipts, false, &e) == -1)
		deliver_trouble(d, &e);
}

static void
tell_all(struct try *t, const char *result, const struct outcome *o)
{
	for (size_t i = 0; i < t->nalerts; i++)
		result_tell(t->lane, &t->alerts[i], t->items[0]->attempts,
		    result, o);
	told(t->lane->owner);
}

static void
note(struct deliver *d, const char *name, const char *line)
{
	struct nc_err e;

	if (spool_note(d->spool, name, line, true, &e) == -1)
		deliver_trouble(d, &e);
}

/* "WORD N TS[ NEXT] CODE MESSAGE", on one line. */
static char *
result_line(const char *word, unsigned n, double next, const struct outcome *o)
{
	struct buf b = {0};

	buf_addf(&b, "%s %u %.3f", word, n, clock_real());
	if (next > 0)
		buf_addf(&b, " %.3f", next);
	buf_addf(&b, " %ld", o->code);
	if (o->message != NULL) {
		buf_addc(&b, ' ');
		for (const char *s = o->message;
		     *s != '\0' && b.len < MESSAGE_MAX_BYTES; s++)
			buf_addc(&b, (unsigned char)*s < ' ' ? ' ' : *s);
	}
	return buf_take(&b);
}

/* --- sent ----------------------------------------------------------------- */

/* What still fires is told again, if a rule says so: a reminder is made
 * durable before the message counts as sent. */
static void
plan_repeats(struct try *t)
{
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	const struct route_group *g;
	bool any = false;
	char *line;

	for (size_t i = 0; i < t->nalerts; i++) {
		const struct alert *a = &t->alerts[i];

		g = deliver_group(l, a);
		if (a->ended || spool_letter(a) == SPOOL_ACKED || g == NULL ||
		    g->repeat == 0)
			continue;
		line = xasprintf("repeated 0 %.3f %.3f", clock_real(),
		    clock_real() + g->repeat);
		spool_add(d->spool, a, l->name->name, SPOOL_REPEAT, 0, line,
		    clock_real());
		free(line);
		any = true;
	}
	if (any)
		deliver_commit(d);
}

static void
told_group(struct try *t, double now)
{
	struct lane *l = t->lane;
	void **v;

	for (size_t i = 0; i < t->nchains; i++) {
		struct queue_chain *c = t->chains[i];
		const struct route_group *g = t->nalerts != 0
						  ? deliver_group(l, t->alerts)
						  : NULL;

		c->due = 0;
		if (!c->group || g == NULL || g->update <= 0)
			continue;
		c->hold = now + g->update;
		v = map_value(l->told, map_add(l->told, c->key));
		*v = (void *)(uintptr_t)c->hold;
	}
}

/* A reminder stays, and comes again later each time. */
static void
keep_repeat(struct try *t, struct queue_item *it)
{
	struct lane *l = t->lane;
	const struct route_group *g = NULL;
	double wait;
	char *line;

	for (size_t i = 0; g == NULL && i < t->nalerts; i++)
		g = deliver_group(l, &t->alerts[i]);
	wait = g != NULL && g->repeat > 0 ? route_repeat_after(g, it->count + 1)
					  : ASKED_MAX;
	it->count++;
	it->attempts = 0;
	it->again = false;
	line = xasprintf("repeated %u %.3f %.3f", it->count, clock_real(),
	    clock_real() + wait);
	note(l->owner, it->name, line);
	free(line);
	it->chain->due = clock_mono() + wait;
}

static void
take_sent(struct try *t, const struct outcome *o)
{
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	char *line, *merged;
	bool repeat = t->items[0]->letter == SPOOL_REPEAT;

	d->counts.sent++;
	d->counts.last_sent = clock_real();
	l->failures = 0;
	if (!repeat)
		plan_repeats(t);
	if (!repeat) {
		line = result_line("sent", t->items[0]->attempts, 0, o);
		note(d, t->items[0]->name, line);
		free(line);
	}
	tell_all(t, "sent", o);
	told_group(t, clock_mono());
	if (repeat) {
		while (t->n > 0)
			keep_repeat(t, t->items[--t->n]);
		return;
	}
	merged = xasprintf("merged into %.*s", SPAN_ARG(t->sending.id));
	while (t->n > 1)
		deliver_retire(l, t->items[--t->n], merged, SPOOL_SENT);
	deliver_retire(l, t->items[0], NULL, SPOOL_SENT);
	free(merged);
}

/* --- dead ----------------------------------------------------------------- */

/* The same alert for another channel; true when it is durable there. */
static bool
to_fallback(struct lane *l, const struct alert *a, char letter)
{
	struct deliver *d = l->owner;
	const struct channel *other = l->channel->fallback != NULL
					  ? settings_channel(d->settings,
						span_of(l->channel->fallback))
					  : NULL;
	char *line;

	if (other == NULL || letter == SPOOL_REPEAT)
		return false;
	line = xasprintf("handed %s", l->channel->name);
	deliver_add_channel(d, other, a, letter, 0, line);
	free(line);
	return true;
}

void
result_dead(struct lane *l, struct queue_item *it, const struct alert *a,
    const char *why)
{
	struct deliver *d = l->owner;
	struct outcome o = {.verdict = VERDICT_DEAD, .message = why};
	char *line = result_line("dead", it->attempts, 0, &o);

	d->counts.dead++;
	diag_limited(d->diag, DIAG_ERROR, "dead", l->channel->name,
	    "%s: not delivered, kept in dead/: %s", it->name, why);
	result_tell(l, a, it->attempts, "dead", &o);
	told(d);
	if (to_fallback(l, a, it->letter))
		deliver_commit(d);
	deliver_retire(l, it, line, SPOOL_DEAD);
	free(line);
}

/* The alert of each item goes to the fallback, not only what was told. */
static void
pass_members(struct try *t)
{
	struct lane *l = t->lane;
	struct spool_item f;
	struct alert a;

	if (l->channel->fallback == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (deliver_load(l->owner, t->items[i]->name, &f, &a, NULL) ==
		    0)
			to_fallback(l, &a, t->items[i]->letter);
	deliver_commit(l->owner);
}

static void
take_dead(struct try *t, const struct outcome *o)
{
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	char *line = result_line("dead", t->items[0]->attempts, 0, o);
	char *with = xasprintf("dead with %.*s", SPAN_ARG(t->sending.id));

	d->counts.dead++;
	for (size_t i = 0; i < t->nchains; i++)
		t->chains[i]->due = 0;
	diag_limited(d->diag, DIAG_ERROR, "dead", l->channel->name,
	    "%s: not delivered, kept in dead/: %s (%ld)", t->items[0]->name,
	    o->message != NULL ? o->message : "refused", o->code);
	if (o->off)
		diag_limited(d->diag, DIAG_ERROR, "off", l->channel->name,
		    "the other side refuses this channel as a whole");
	tell_all(t, "dead", o);
	pass_members(t);
	while (t->n > 1)
		deliver_retire(l, t->items[--t->n], with, SPOOL_DEAD);
	deliver_retire(l, t->items[0], line, SPOOL_DEAD);
	free(with);
	free(line);
}

/* --- later ---------------------------------------------------------------- */

/* The channel as a whole is in trouble: it gets one try at a time. */
static void
slow_down(struct lane *l, const struct outcome *o, double now)
{
	double wait = o->retry_after;

	l->failures++;
	if (l->failures >= OPEN_AFTER)
		wait = fmax(wait,
		    fmin(OPEN_SECONDS_MAX,
			waits[0] * ldexp(1, (int)(l->failures < 10
						      ? l->failures - OPEN_AFTER
						      : 7))));
	if (wait > 0)
		l->not_before = now + fmin(wait, ASKED_MAX);
	if (l->failures >= OPEN_AFTER)
		result_pass_on(l, "it fails");
}

static void
take_deferred(struct try *t, const struct outcome *o)
{
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	struct queue_item *lead = t->items[0];
	unsigned n = lead->attempts > 0 ? lead->attempts - 1 : 0;
	double bound = waits[n < WAITS ? n : WAITS - 1], wait,
	       now = clock_mono();
	char *line;

	wait = bound * (WAIT_LEAST + (1 - WAIT_LEAST) * rng_uniform(&d->rng));
	wait = fmin(fmax(wait, o->retry_after), ASKED_MAX);
	d->counts.deferred++;
	line = result_line(o->maybe ? "unclear" : "deferred", lead->attempts,
	    clock_real() + wait, o);
	note(d, lead->name, line);
	free(line);
	lead->again = o->maybe;
	for (size_t i = 0; i < t->nchains; i++)
		t->chains[i]->due = now + wait;
	t->due = now + wait;
	diag_limited(d->diag, DIAG_WARN, "deferred", l->channel->name,
	    "not delivered yet, again in %.0f s: %s", wait,
	    o->message != NULL ? o->message : "no reason given");
	tell_all(t, "deferred", o);
	slow_down(l, o, now);
}

void
result_pass_on(struct lane *l, const char *why)
{
	struct deliver *d = l->owner;
	uint32_t cursor = 0;
	size_t n = 0;
	struct spool_item f;
	struct alert a;
	void *v;

	if (l->channel->fallback == NULL)
		return;
	while (map_next(d->items, &cursor, NULL, &v)) {
		struct queue_item *it = v;
		struct spool_name name;

		if (it->passed || !spool_name(it->name, &name) ||
		    !span_is(name.lane, l->name->name) ||
		    deliver_load(d, it->name, &f, &a, NULL) == -1)
			continue;
		it->passed = true;
		n += to_fallback(l, &a, it->letter);
	}
	if (n == 0 || deliver_commit(d) == -1)
		return;
	diag_limited(d->diag, DIAG_WARN, "fallback", l->channel->name,
	    "%s: %zu alerts go to %s as well", why, n, l->channel->fallback);
}

/* --- the end of a try ----------------------------------------------------- */

void
result_done(struct sending *s, const struct outcome *o)
{
	struct try *t = (struct try *)(void *)s;
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	bool unclear = o->verdict == VERDICT_RETRY && o->maybe;

	if (t->previous != NULL)
		t->previous->next = t->next;
	else
		d->flying = t->next;
	if (t->next != NULL)
		t->next->previous = t->previous;
	l->flying--;
	d->nflying--;
	if (o->verdict == VERDICT_SENT)
		take_sent(t, o);
	else if (o->verdict == VERDICT_DEAD)
		take_dead(t, o);
	else
		take_deferred(t, o);
	if (unclear) {
		t->next = l->unclear;
		l->unclear = t;
	} else {
		try_end(t);
	}
	if (!d->pumping)
		deliver_pump(d);
}
