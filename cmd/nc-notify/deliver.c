/* SPDX-License-Identifier: MIT */
/*
 * deliver: a lane a channel and recipient.  Before each try the item's log
 * says so, after it how it went; a try whose end is not in the log may have
 * arrived, and is made again under the same id.  A full disk does not keep
 * what was accepted from being sent: only its log suffers, which may cost a
 * repetition.
 */
#include "deliver.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "deliver_priv.h"
#include "net/multi.h"

#define SHORT_WAIT 2.0 /* seconds that the end of a run waits for a limit */

/* --- items ---------------------------------------------------------------- */

/* Something is wrong with the spool itself. */
void
deliver_trouble(struct deliver *d, const struct nc_err *e)
{
	d->counts.trouble++;
	diag_limited(d->diag, DIAG_ERROR, "spool", NULL, "%s", e->msg);
}

int
deliver_load(struct deliver *d, const char *name, struct spool_item *it,
    struct alert *a, struct nc_err *e)
{
	struct record r;

	if (spool_read(d->spool, SPOOL_NEW, name, true, &d->file, it, e) == -1)
		return -1;
	if (decoder_line(d->decoder, it->record.p, it->record.len, &r, e) ==
		-1 ||
	    alert_read(&r, a, e) == -1)
		return err_set(e, EBADMSG, "%s: no alert in it", name);
	return 0;
}

void
deliver_drop(struct lane *l, struct queue_item *it)
{
	map_delete(l->owner->items, span_of(it->name));
	queue_drop(&l->queue, it);
}

void
deliver_retire(struct lane *l, struct queue_item *it, const char *line,
    enum spool_box box)
{
	struct deliver *d = l->owner;
	struct nc_err e;

	/* What it was merged into has a log of its own that says so. */
	if (line != NULL &&
	    spool_note(d->spool, it->name, line, box == SPOOL_DEAD, &e) == -1)
		deliver_trouble(d, &e);
	if (spool_move(d->spool, it->name, SPOOL_NEW, box, &e) == -1)
		deliver_trouble(d, &e);
	deliver_drop(l, it);
}

static void
on_committed(void *arg, const char *name)
{
	deliver_add(arg, name);
}

void
deliver_add_channel(struct deliver *d, const struct channel *c,
    const struct alert *a, char letter, unsigned nth, const char *note)
{
	const struct settings *s = d->settings;

	for (size_t i = 0; i < s->nlanes; i++)
		if (s->lanes[i].channel == c)
			spool_add(d->spool, a, s->lanes[i].name, letter, nth,
			    note, clock_real());
}

int
deliver_commit(struct deliver *d)
{
	struct nc_err e;

	if (spool_commit(d->spool, on_committed, d, &e) == 0)
		return 0;
	deliver_trouble(d, &e);
	return -1;
}

const struct route_group *
deliver_group(const struct lane *l, const struct alert *a)
{
	const struct settings *s = l->owner->settings;
	struct route_decision r;
	size_t at = (size_t)(l->channel - s->channels);

	route_decide(s->rules, s->nrules, a, a->ts, &r, NULL, NULL);
	return r.by[at] != NULL ? &r.by[at]->group : NULL;
}

/* --- into the queue ------------------------------------------------------- */

/* An episode of which there is news is not reminded of as it was. */
static void
end_repeats(struct lane *l, const struct queue_item *news, struct span key)
{
	struct span episode = {news->name, strcspn(news->name, ".")};
	struct queue_chain *c = map_get(l->queue.chains, key);
	struct queue_item *it, *next;

	if (c == NULL || c->place == QUEUE_OUT)
		return;
	queue_take(&l->queue, c);
	for (it = c->first; it != NULL; it = next) {
		next = it->next;
		if (it != news &&
		    strncmp(it->name, episode.p, episode.len) == 0 &&
		    it->name[episode.len] == '.')
			deliver_retire(l, it, NULL, SPOOL_SENT);
	}
	queue_put(&l->queue, c);
}

/* More new alerts than people can read one by one. */
static void
count_storm(struct lane *l, double now)
{
	const struct settings *s = l->owner->settings;

	if (now - l->storm_from > s->storm_seconds) {
		l->storm_from = now;
		l->storm_count = 0;
	}
	if (s->storm_n > 0 && ++l->storm_count > s->storm_n)
		l->storm_until = now + s->storm_seconds;
}

/* Seconds until the next try.  When the wall clock was set back since it was
 * noted nobody knows: then rather now than an hour late. */
static double
wait_of(const struct spool_item *f)
{
	double now = clock_real();

	return now < f->noted - 1 ? 0 : fmin(f->next - now, ASKED_MAX);
}

static void
enqueue(struct lane *l, struct queue_item *it, const struct alert *a,
    const struct spool_item *f)
{
	const struct route_group *g = NULL;
	struct deliver *d = l->owner;
	struct buf key = {0}, group = {0};
	double now = clock_mono(), hold = 0, wait;
	bool repeat = it->letter == SPOOL_REPEAT, grouped;

	if (l->channel->escalation == NULL)
		g = deliver_group(l, a);
	if (g != NULL)
		route_group_key(g, a, &group);
	else
		buf_add(&group, a->fingerprint.p, a->fingerprint.len);
	grouped = repeat || (g != NULL && g->nby != 0);
	buf_adds(&key, "~");
	buf_add(&key, group.data, group.len);
	if (grouped && !repeat) {
		hold = (double)(uintptr_t)map_get(l->told, buf_span(&group));
		hold = fmax(hold, now + g->wait - (clock_real() - f->accepted));
	}
	wait = wait_of(f);
	queue_add(&l->queue, repeat ? buf_span(&key) : buf_span(&group), it,
	    wait > 0 ? now + wait : 0, hold, grouped);
	if (repeat || it->letter == SPOOL_RESOLVED || it->letter == SPOOL_ACKED)
		end_repeats(l, it, buf_span(&key));
	if (it->letter == SPOOL_FIRING && it->attempts == 0)
		count_storm(l, now);
	/* An escalation looks at what came at once. */
	if (l->channel->escalation != NULL && it->chain->place != QUEUE_OUT) {
		queue_take(&l->queue, it->chain);
		it->chain->due = 0;
		queue_put(&l->queue, it->chain);
	}
	loop_timer_set(d->timer, clock_mono_ns());
	buf_free(&key);
	buf_free(&group);
}

/* Its log says that it was sent, and a crash came before all of it had left:
 * those that were told with it go first. */
static void
finish(struct deliver *d, struct lane *l, const char *name,
    const struct spool_item *f)
{
	char *names = xmemdup0(f->with.p != NULL ? f->with.p : "", f->with.len);
	struct span rest = span_of(names), one;
	struct nc_err e;

	while (str_word(&rest, &one)) {
		char *other = xasprintf("%.*s.%s", SPAN_ARG(one),
		    l->name->name);
		struct queue_item *it = map_get(d->items, span_of(other));

		if (it != NULL) {
			struct queue_chain *c = it->chain;

			queue_take(&l->queue, c);
			deliver_drop(l, it);
			queue_put(&l->queue, c);
		}
		if (spool_move(d->spool, other, SPOOL_NEW, SPOOL_SENT, &e) ==
			-1 &&
		    e.code != ENOENT)
			deliver_trouble(d, &e);
		free(other);
	}
	if (spool_move(d->spool, name, SPOOL_NEW, SPOOL_SENT, &e) == -1)
		deliver_trouble(d, &e);
	free(names);
}

static void
remember_again(struct deliver *d, const char *name)
{
	d->again = xreallocarray(d->again, d->nagain + 1, sizeof(*d->again));
	d->again[d->nagain++] = xstrdup(name);
}

void
deliver_add(struct deliver *d, const char *name)
{
	struct spool_item f;
	struct spool_name n;
	struct lane *l;
	struct queue_item *it;
	struct alert a;
	struct nc_err e;

	if (d->lock == NULL || map_get(d->items, span_of(name)) != NULL ||
	    !spool_name(name, &n))
		return;
	if (!window_open(d)) {
		d->beyond++;
		return;
	}
	if ((l = map_get(d->by_name, n.lane)) == NULL) {
		d->counts.trouble++;
		diag_limited(d->diag, DIAG_WARN, "channel", NULL,
		    "%s: no channel %.*s any more: it stays in the spool", name,
		    SPAN_ARG(n.lane));
		return;
	}
	if (deliver_load(d, name, &f, &a, &e) == -1) {
		if (e.code == ENOENT)
			return;
		deliver_trouble(d, &e);
		if (e.code == EBADMSG)
			spool_put_aside(d->spool, name);
		return;
	}
	spool_heard(d->spool, &n);
	if (f.sent) {
		finish(d, l, name, &f);
		return;
	}
	it = xcalloc(1, sizeof(*it));
	it->name = xstrdup(name);
	it->ts = a.ts;
	it->seq = a.seq;
	it->letter = n.letter;
	it->count = n.letter == SPOOL_STEP ? n.nth : f.repeats;
	it->crit = !a.ended && span_is(a.severity, "crit");
	it->accepted = f.accepted;
	it->born = clock_mono() - fmax(0, clock_real() - f.accepted);
	it->attempts = f.attempts;
	it->again = f.again;
	it->handed = f.handed;
	map_set(d->items, span_of(name), it);
	enqueue(l, it, &a, &f);
	if (f.again)
		remember_again(d, name);
	else if (l->failures >= OPEN_AFTER ||
		 ration_spent(&l->ration, l->channel))
		result_pass_on(l, "it cannot be used now");
}

/* The tries that a crash has cut short are made again as they were. */
static void
resume(struct deliver *d)
{
	struct spool_item f;
	struct spool_name n;
	struct alert a;

	for (size_t i = 0; i < d->nagain; i++) {
		struct queue_item *lead = map_get(d->items,
				      span_of(d->again[i])),
				  **with = NULL;
		struct span rest, one;
		struct lane *l;
		size_t nwith = 0;

		if (lead == NULL || !spool_name(lead->name, &n) ||
		    (l = map_get(d->by_name, n.lane)) == NULL ||
		    deliver_load(d, lead->name, &f, &a, NULL) == -1)
			continue;
		rest = f.with;
		while (str_word(&rest, &one)) {
			char *name = xasprintf("%.*s.%s", SPAN_ARG(one),
			    l->name->name);
			struct queue_item *it = map_get(d->items,
			    span_of(name));

			free(name);
			if (it == NULL)
				continue;
			with = xreallocarray(with, nwith + 1,
			    sizeof(struct queue_item *));
			with[nwith++] = it;
		}
		gather_unclear(l, lead, with, nwith,
		    f.next > 0 ? clock_mono() + wait_of(&f) : 0);
		free(with);
	}
	for (size_t i = 0; i < d->nagain; i++)
		free(d->again[i]);
	free(d->again);
	d->again = NULL;
	d->nagain = 0;
}

/* --- what may go now ------------------------------------------------------ */

/* May a try begin now?  *when: else, when it may. */
static bool
is_free(struct lane *l, double due, double now, double *when)
{
	unsigned at_once = l->failures >= OPEN_AFTER
			       ? 1
			       : l->channel->kind->at_once;
	double wait;

	*when = (double)INFINITY;
	if (l->flying >= at_once)
		return false;
	*when = fmax(due,
	    l->owner->rush && l->failures == 0 ? 0 : l->not_before);
	*when = fmax(*when, l->held_until);
	if (*when > now)
		return false;
	wait = ration_wait(&l->ration, l->channel, clock_real());
	if (wait <= 0) {
		l->spent_said = false;
		return true;
	}
	l->starved = true;
	*when = now + wait;
	if (ration_spent(&l->ration, l->channel) && !l->spent_said) {
		l->spent_said = true;
		diag_limited(l->owner->diag, DIAG_WARN, "spent",
		    l->channel->name, "today's limit is spent");
		result_pass_on(l, "its limit is spent");
	}
	return false;
}

static void
pump_unclear(struct lane *l, double now, double *first)
{
	struct try **at = &l->unclear, *t;
	double when;

	while ((t = *at) != NULL)
		if (is_free(l, t->due, now, &when)) {
			*at = t->next;
			gather_again(t);
			at = &l->unclear;
		} else {
			*first = fmin(*first, fmax(when, t->due));
			at = &t->next;
		}
}

static void
pump_lane(struct lane *l, double now, double *first)
{
	struct queue_chain *c;
	double when;

	if (l->channel->escalation != NULL) {
		while ((c = queue_ready(&l->queue, now)) != NULL)
			escalate(l, c);
		if ((c = queue_first(&l->queue)) != NULL)
			*first = fmin(*first, queue_when(&l->queue, c));
		return;
	}
	pump_unclear(l, now, first);
	while ((c = queue_first(&l->queue)) != NULL) {
		if (!is_free(l, queue_when(&l->queue, c), now, &when)) {
			*first = fmin(*first, when);
			break;
		}
		gather(l, queue_ready(&l->queue, now), now);
		if (l->channel->rate.n > 0 || l->channel->budget.n > 0)
			l->owner->rationed = true;
	}
}

void
deliver_pump(struct deliver *d)
{
	double now = clock_mono(), first = (double)INFINITY;

	if (d->lock == NULL || d->stopped)
		return;
	if (window_low(d))
		window_fill(d);
	d->pumping = true;
	/* Escalations first: what they add is for lanes. */
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < d->settings->nlanes; i++)
			if ((d->lanes[i].channel->escalation != NULL) ==
			    (round == 0))
				pump_lane(&d->lanes[i], now, &first);
	d->pumping = false;
	state_save(d);
	loop_timer_set(d->timer,
	    isinf(first) ? LOOP_NEVER : clock_ns(first) + 1);
}

/* --- in the loop ---------------------------------------------------------- */

static void
on_timer(struct loop *l, void *arg)
{
	(void)l;
	deliver_pump(arg);
}

static void
tend_children(void *arg)
{
	struct deliver *d = arg;

	loop_timer_set(d->reaper,
	    children_tend(d->means.children, clock_mono_ns()));
}

static void
on_reaper(struct loop *l, void *arg)
{
	(void)l;
	tend_children(arg);
}

static void
on_child(struct loop *l, int signo, void *arg)
{
	(void)l;
	(void)signo;
	tend_children(arg);
}

static void
look(struct deliver *d)
{
	if (d->beyond == 0 || window_low(d))
		window_fill(d);
	resume(d);
	state_holds(d);
	deliver_pump(d);
}

static void
on_trigger(struct loop *l, int fd, unsigned events, void *arg)
{
	char piece[256];

	(void)l;
	(void)events;
	while (read(fd, piece, sizeof(piece)) == (ssize_t)sizeof(piece))
		continue;
	look(arg);
}

/* --- outside -------------------------------------------------------------- */

struct deliver *
deliver_new(struct loop *l, struct spool *sp, const struct settings *s,
    struct receipts *r, struct diag *diag)
{
	struct deliver *d = xcalloc(1, sizeof(*d));

	d->loop = l;
	d->spool = sp;
	d->settings = s;
	d->receipts = r;
	d->diag = diag;
	d->names = intern_new(0);
	d->items = map_new(NULL);
	d->by_name = map_new(NULL);
	d->decoder = decoder_new(d->names);
	d->means = (struct means){.loop = l,
	    .children = children_new(),
	    .dir = spool_dir(sp),
	    .tend = tend_children,
	    .arg = d};
	rng_seed(&d->rng, hash_seed_random().k0);
	d->lanes = xcalloc(s->nlanes + 1, sizeof(*d->lanes));
	for (size_t i = 0; i < s->nlanes; i++) {
		d->lanes[i].owner = d;
		d->lanes[i].name = &s->lanes[i];
		d->lanes[i].channel = s->lanes[i].channel;
		d->lanes[i].told = map_new(NULL);
		queue_init(&d->lanes[i].queue);
		map_set(d->by_name, span_of(s->lanes[i].name), &d->lanes[i]);
	}
	d->timer = loop_timer_add(l, LOOP_NEVER, on_timer, d);
	d->reaper = loop_timer_add(l, LOOP_NEVER, on_reaper, d);
	loop_signal(l, SIGCHLD, on_child, d);
	return d;
}

static void
free_lane(struct lane *l)
{
	struct try *t;

	while ((t = l->unclear) != NULL) {
		l->unclear = t->next;
		try_end(t);
	}
	map_free(l->told, NULL);
	queue_free(&l->queue);
}

void
deliver_free(struct deliver *d)
{
	struct try *t;

	if (d == NULL)
		return;
	while ((t = d->flying) != NULL) {
		d->flying = t->next;
		t->lane->channel->kind->cancel(&t->sending);
		try_end(t);
	}
	beats_free(d);
	for (size_t i = 0; i < d->settings->nlanes; i++)
		free_lane(&d->lanes[i]);
	while ((t = d->spare) != NULL) {
		d->spare = t->next;
		try_free(t);
	}
	loop_signal(d->loop, SIGCHLD, NULL, NULL);
	loop_fd_remove(d->trigger);
	loop_timer_remove(d->timer);
	loop_timer_remove(d->reaper);
	multi_free(d->means.multi);
	children_free(d->means.children);
	free(d->lanes);
	map_free(d->by_name, NULL);
	map_free(d->items, NULL);
	decoder_free(d->decoder);
	intern_free(d->names);
	buf_free(&d->file);
	lock_free(d->lock);
	free(d);
}

bool
deliver_try(struct deliver *d)
{
	struct nc_err e;
	char *path;
	int fd;

	if (d->lock != NULL)
		return true;
	path = xasprintf("%s/deliver.lock", spool_dir(d->spool));
	d->lock = lock_take(path, "nc-notify", 0, &e);
	free(path);
	if (d->lock == NULL) {
		if (e.code != EAGAIN)
			deliver_trouble(d, &e);
		return false;
	}
	if ((fd = spool_listen(d->spool, &e)) == -1)
		deliver_trouble(d, &e);
	else
		d->trigger = loop_fd_add(d->loop, fd, LOOP_READ, on_trigger, d);
	spool_tidy(d->spool, clock_real());
	state_load(d);
	look(d);
	beats_start(d);
	return true;
}

bool
deliver_holds(const struct deliver *d)
{
	return d->lock != NULL;
}

bool
deliver_idle(const struct deliver *d)
{
	double now = clock_mono(), when;

	if (d->nflying != 0 || beats_flying(d))
		return false;
	for (size_t i = 0; i < d->settings->nlanes; i++) {
		struct lane *l = &d->lanes[i];
		struct queue_chain *c = queue_first(&l->queue);

		if (c == NULL || queue_when(&l->queue, c) > now)
			continue;
		if (is_free(l, 0, now, &when) || when - now < SHORT_WAIT)
			return d->stopped;
	}
	return true;
}

void
deliver_rush(struct deliver *d)
{
	d->rush = true;
	for (size_t i = 0; i < d->settings->nlanes; i++)
		if (d->lanes[i].channel->escalation == NULL)
			queue_rush(&d->lanes[i].queue);
	deliver_pump(d);
}

void
deliver_alive(struct deliver *d, bool always)
{
	d->alive = true;
	d->always = always;
}

void
deliver_stop(struct deliver *d)
{
	d->stopped = true;
	loop_timer_set(d->timer, LOOP_NEVER);
}

size_t
deliver_flying(const struct deliver *d)
{
	return d->nflying + beats_flying(d);
}

size_t
deliver_waiting(const struct deliver *d)
{
	uint32_t cursor = 0;
	size_t n = 0;
	void *v;

	for (size_t i = 0; i < d->settings->nlanes; i++)
		if (d->lanes[i].channel->escalation == NULL)
			n += d->lanes[i].queue.items;
	/* A reminder that is not due is nothing that waits. */
	while (map_next(d->items, &cursor, NULL, &v))
		n -= ((const struct queue_item *)v)->letter == SPOOL_REPEAT;
	return n + d->beyond;
}

double
deliver_oldest(const struct deliver *d)
{
	uint32_t cursor = 0;
	double oldest = 0;
	void *value;

	while (map_next(d->items, &cursor, NULL, &value)) {
		struct queue_item *it = value;

		if (oldest == 0 || it->accepted < oldest)
			oldest = it->accepted;
	}
	return oldest;
}

const struct deliver_counts *
deliver_counts(const struct deliver *d)
{
	return &d->counts;
}
