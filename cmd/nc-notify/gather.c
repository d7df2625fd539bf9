/* SPDX-License-Identifier: MIT */
/*
 * gather: which items become one message.  A chain of one fingerprint gives
 * its first alert, or its end when nobody was told of its beginning; a group
 * gives the latest of each episode; in a storm, or behind a limit, all that
 * is due becomes a digest.  The first item leads: its log names the others
 * before the message leaves, so that after a crash the same is told again
 * under the same id.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "deliver_priv.h"

#define GROUP_MAX 100u /* items of one message; more make another one */
#define DIGEST_MAX 1000u
#define LOOK_SECONDS 10.0
#define STORM_PACE 15.0 /* seconds between two digests of a storm */

/* --- tries ---------------------------------------------------------------- */

struct try *
try_new(struct lane *l)
{
	struct deliver *d = l->owner;
	struct try *t = d->spare;

	if (t != NULL)
		d->spare = t->next;
	else
		t = xcalloc(1, sizeof(*t));
	t->lane = l;
	t->n = t->nchains = t->nalerts = 0;
	t->previous = t->next = NULL;
	t->kind = MESSAGE_ALERTS;
	return t;
}

static void
forget_alerts(struct try *t)
{
	for (size_t i = 0; i < t->nalerts; i++)
		free(t->blocks[i]);
	t->nalerts = 0;
}

void
try_free(struct try *t)
{
	forget_alerts(t);
	free(t->items);
	free(t->chains);
	free(t->alerts);
	free(t->blocks);
	message_free(&t->message);
	free(t);
}

void
try_end(struct try *t)
{
	struct deliver *d = t->lane->owner;

	forget_alerts(t);
	for (size_t i = 0; i < t->nchains; i++)
		queue_put(&t->lane->queue, t->chains[i]);
	t->nchains = t->n = 0;
	t->next = d->spare;
	d->spare = t;
}

static void
take_chain(struct try *t, struct queue_chain *c)
{
	if (t->nchains == t->chains_cap) {
		t->chains_cap = t->chains_cap * 2 + 4;
		t->chains = xreallocarray(t->chains, t->chains_cap,
		    sizeof(struct queue_chain *));
	}
	t->chains[t->nchains++] = c;
	if (c->place != QUEUE_OUT)
		queue_take(&t->lane->queue, c);
}

static void
take_item(struct try *t, struct queue_item *it)
{
	if (t->n == t->cap) {
		t->cap = t->cap * 2 + 4;
		t->items = xreallocarray(t->items, t->cap,
		    sizeof(struct queue_item *));
	}
	t->items[t->n++] = it;
}

/* An episode is told once in a message: as it was last. */
static void
take_alert(struct try *t, const struct alert *a)
{
	size_t i = t->nalerts;

	/* What belongs together stands together: from the end. */
	while (i > 0 && !span_equal(t->alerts[i - 1].episode, a->episode))
		i--;
	if (i > 0) {
		if (t->alerts[--i].seq > a->seq)
			return;
		free(t->blocks[i]);
	} else {
		if (t->nalerts == t->alerts_cap) {
			t->alerts_cap = t->alerts_cap * 2 + 4;
			t->alerts = xreallocarray(t->alerts, t->alerts_cap,
			    sizeof(*t->alerts));
			t->blocks = xreallocarray(t->blocks, t->alerts_cap,
			    sizeof(*t->blocks));
		}
		i = t->nalerts++;
	}
	t->blocks[i] = alert_copy(a, &t->alerts[i]);
}

/* --- what to send --------------------------------------------------------- */

static bool
begins_before(const struct queue_item *it, struct span episode)
{
	struct spool_name n;

	for (const struct queue_item *p = it->chain->first; p != it;
	     p = p->next)
		if (spool_name(p->name, &n) && span_equal(n.episode, episode) &&
		    n.letter == SPOOL_FIRING)
			return true;
	return false;
}

/* What need not or must not be sent.  True: it was dealt with. */
static bool
settle(struct lane *l, struct queue_item *it, const struct spool_item *f,
    const struct alert *a)
{
	struct span lane = span_of(l->name->name);
	uint64_t told = spool_told(l->owner->spool, a->episode, lane);
	char latest;

	if (it->letter == SPOOL_REPEAT || it->letter == SPOOL_STEP) {
		latest = spool_latest(l->owner->spool, a->episode, lane);
		if (f->sent || latest == SPOOL_RESOLVED ||
		    latest == SPOOL_ACKED) {
			deliver_retire(l, it, NULL, SPOOL_SENT);
			return true;
		}
	} else if (f->sent || told > (uint64_t)a->seq + 1) {
		deliver_retire(l, it, "merged", SPOOL_SENT);
		return true;
	} else if (a->follow && told == 0 && !f->handed &&
		   !begins_before(it, a->episode)) {
		/* Its beginning may be among what is not queued yet. */
		if (l->owner->beyond != 0) {
			it->chain->due = clock_mono() + LOOK_SECONDS;
			return true;
		}
		result_dead(l, it, a, "nobody was told of its beginning");
		return true;
	}
	if (clock_mono() - it->born <= l->channel->ttl ||
	    it->letter == SPOOL_REPEAT)
		return false;
	result_dead(l, it, a, "it could not be delivered in time (ttl)");
	return true;
}

/* One item of a chain that is out of the heap; false when it is gone. */
static bool
take(struct try *t, struct queue_item *it)
{
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	struct spool_item f;
	struct alert a;
	struct nc_err e;

	if (deliver_load(d, it->name, &f, &a, &e) == -1) {
		/* Somebody has dropped it: nothing is owed any more. */
		if (e.code != ENOENT)
			deliver_trouble(d, &e);
		if (e.code == EBADMSG)
			spool_put_aside(d->spool, it->name);
		deliver_drop(l, it);
		return false;
	}
	if (settle(l, it, &f, &a))
		return false;
	take_item(t, it);
	take_alert(t, &a);
	if (it->letter == SPOOL_REPEAT || it->letter == SPOOL_STEP)
		t->kind = MESSAGE_REPEAT;
	return true;
}

static struct span
episode_of(const struct queue_item *it)
{
	return (struct span){it->name, strcspn(it->name, ".")};
}

/*
 * How many of a chain of one fingerprint are told: the first; or all to the
 * end of its episode, when nobody was told of its beginning and it is over:
 * then one message tells both.
 */
static size_t
together(const struct lane *l, const struct queue_chain *c)
{
	struct span episode = episode_of(c->first);
	const struct queue_item *it;
	size_t n = 0;

	if (spool_told(l->owner->spool, episode, span_of(l->name->name)) != 0)
		return 1;
	for (it = c->first; it != NULL && span_equal(episode_of(it), episode);
	     it = it->next) {
		n++;
		if (it->letter == SPOOL_RESOLVED)
			return n;
	}
	return 1;
}

static void
take_from(struct try *t, struct queue_chain *c, size_t max)
{
	struct queue_item *it = c->first, *next;
	size_t n;

	take_chain(t, c);
	n = c->group || max == DIGEST_MAX ? max : together(t->lane, c);
	for (; it != NULL && n > 0 && t->n < max; it = next) {
		next = it->next;
		/* What is gone may leave another first one. */
		if (take(t, it))
			n--;
		else if (!c->group && max != DIGEST_MAX)
			n = t->n == 0 && c->first != NULL ? together(t->lane, c)
							  : n - 1;
	}
}

static bool
is_storm(const struct lane *l, double now)
{
	return now < l->storm_until && !l->channel->kind->each;
}

/* --- the message ---------------------------------------------------------- */

static char *
intent_line(const struct try *t, double now)
{
	struct buf b = {0};

	buf_addf(&b, "intent %u %.3f", t->items[0]->attempts, now);
	for (size_t i = 1; i < t->n; i++) {
		const char *name = t->items[i]->name;

		/* Without the lane, which is the same. */
		buf_addf(&b, "%s %.*s", i == 1 ? " with" : "",
		    (int)(strrchr(name, '.') - name), name);
	}
	return buf_take(&b);
}

static void
fill(struct try *t, double now)
{
	struct lane *l = t->lane;
	const struct queue_item *lead = t->items[0];
	char suffix[24] = "";

	t->sending = (struct sending){.channel = l->channel,
	    .recipient = l->name->recipient,
	    .attempt = lead->attempts,
	    .again = lead->again,
	    .now = now,
	    .means = &l->owner->means,
	    .done = result_done};
	for (size_t i = 0; i < t->nalerts; i++)
		t->sending.late = fmax(t->sending.late, now - t->alerts[i].ts);
	if (t->kind == MESSAGE_REPEAT)
		snprintf(suffix, sizeof(suffix), "%s%u",
		    lead->letter == SPOOL_STEP ? "e" : "",
		    lead->letter == SPOOL_STEP ? lead->count : lead->count + 1);
	message_compose(&t->message, t->kind, suffix, t->alerts, t->nalerts,
	    &t->sending);
	if (ration_last(&l->ration, l->channel)) {
		buf_adds(&t->message.title,
		    " (the last message that today's limit allows");
		if (l->channel->fallback != NULL)
			buf_addf(&t->message.title, "; from now on by %s",
			    l->channel->fallback);
		buf_addc(&t->message.title, ')');
		t->sending.title = buf_span(&t->message.title);
	}
}

static void
fly(struct try *t)
{
	struct lane *l = t->lane;
	struct deliver *d = l->owner;
	double now = clock_real();
	struct nc_err e;
	char *line;

	t->items[0]->attempts++;
	line = intent_line(t, now);
	if (spool_note(d->spool, t->items[0]->name, line, true, &e) == -1)
		deliver_trouble(d, &e);
	free(line);
	ration_use(&l->ration, l->channel, now);
	fill(t, now);
	t->items[0]->again = true;
	t->previous = NULL;
	t->next = d->flying;
	if (t->next != NULL)
		t->next->previous = t;
	d->flying = t;
	l->flying++;
	d->nflying++;
	l->channel->kind->send(&t->sending);
}

bool
gather(struct lane *l, struct queue_chain *c, double now)
{
	struct try *t = try_new(l);
	bool digest = (l->starved || is_storm(l, now)) && *c->key.p != '~';

	take_from(t, c, digest ? DIGEST_MAX : GROUP_MAX);
	while (digest && t->n < DIGEST_MAX &&
	       (c = queue_ready(&l->queue, now)) != NULL && *c->key.p != '~')
		take_from(t, c, DIGEST_MAX);
	l->starved = false;
	if (t->n == 0) {
		try_end(t);
		return false;
	}
	if (is_storm(l, now) && t->nchains > 1)
		l->not_before = now + STORM_PACE;
	fly(t);
	return true;
}

/* --- after a crash, or no answer ------------------------------------------ */

void
gather_unclear(struct lane *l, struct queue_item *lead,
    struct queue_item **with, size_t n, double due)
{
	struct try *t = try_new(l);

	take_item(t, lead);
	if (lead->chain->place != QUEUE_OUT)
		take_chain(t, lead->chain);
	for (size_t i = 0; i < n; i++) {
		take_item(t, with[i]);
		if (with[i]->chain->place != QUEUE_OUT)
			take_chain(t, with[i]->chain);
	}
	t->due = due;
	t->next = l->unclear;
	l->unclear = t;
}

void
gather_again(struct try *t)
{
	struct queue_item **items = t->items;
	size_t n = t->n;

	forget_alerts(t);
	t->items = NULL;
	t->n = t->cap = 0;
	for (size_t i = 0; i < n; i++)
		take(t, items[i]);
	free(items);
	if (t->n == 0)
		try_end(t);
	else
		fly(t);
}
