/* SPDX-License-Identifier: MIT */
/*
 * deliver: a lane a channel.  Before each try the item's log says so, after
 * it how it went; a try whose end is not in the log may have arrived, and is
 * made again under the same id.  A full disk does not keep what was accepted
 * from being sent: only its log suffers, which may cost a repetition.
 */
#include "deliver.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "message.h"
#include "net/multi.h"
#include "queue.h"

/* Bounds of the wait after the first, second, ... failure, in seconds; full
 * jitter as in base/child. */
static const double waits[] = {5, 30, 120, 600, 1800, 7200, 14400};

#define WAITS (sizeof(waits) / sizeof(*waits))
#define WAIT_LEAST 0.5 /* of its bound, at least that share */
#define ASKED_MAX 86400.0 /* seconds, of what another side may ask for */
#define OPEN_AFTER 3u /* failures in a row: one try at a time, spaced */
#define OPEN_SECONDS_MAX 300.0
#define MESSAGE_MAX_BYTES 300u

struct lane {
	struct deliver *owner;
	const struct channel *channel;
	struct queue queue;
	unsigned flying, failures; /* failures: in a row */
	double not_before; /* monotonic */
};

/* One try: an item's file, decoded, and where it stands. */
struct
try {
	struct sending sending; /* first: the one becomes the other */
	struct lane *lane;
	struct queue_chain *chain;
	struct queue_item *item; /* maybe not the chain's first */
	struct decoder *decoder;
	struct buf file;
	struct alert alert;
	struct message message;
	struct try *previous, *next; /* of those flying, or of the idle */
};

struct deliver {
	struct loop *loop;
	struct spool *spool;
	const struct settings *settings;
	struct receipts *receipts;
	struct diag *diag;
	struct lock *lock;
	struct loop_fd *trigger;
	struct loop_timer *timer, *reaper;
	struct means means;
	struct intern *names;
	struct lane *lanes; /* as the settings' channels */
	struct map *items; /* names that are queued */
	struct try *flying, *spare;
	struct decoder *decoder; /* for the look at a new item */
	struct buf file;
	struct rng rng;
	struct deliver_counts counts;
	size_t nflying;
	bool stopped, pumping, spool_said;
};

static void pump(struct deliver *d);

/* Something is wrong with the spool itself. */
static void
trouble(struct deliver *d, const struct nc_err *e)
{
	d->counts.trouble++;
	diag_limited(d->diag, DIAG_ERROR, "spool", NULL, "%s", e->msg);
}

/* --- tries ---------------------------------------------------------------- */

static struct try *
try_new(struct deliver *d)
{
	struct try *t = d->spare;

	if (t != NULL)
		d->spare = t->next;
	else {
		t = xcalloc(1, sizeof(*t));
		t->decoder = decoder_new(d->names);
	}
	t->previous = NULL;
	t->next = d->flying;
	if (t->next != NULL)
		t->next->previous = t;
	d->flying = t;
	return t;
}

static void
try_end(struct deliver *d, struct try *t)
{
	if (t->previous != NULL)
		t->previous->next = t->next;
	else
		d->flying = t->next;
	if (t->next != NULL)
		t->next->previous = t->previous;
	t->next = d->spare;
	d->spare = t;
}

static void
try_free(struct try *t)
{
	decoder_free(t->decoder);
	buf_free(&t->file);
	message_free(&t->message);
	free(t);
}

/* Reads an item's file and the alert in it. */
static int
load(struct deliver *d, const char *name, struct decoder *decoder,
    struct buf *file, struct spool_item *it, struct alert *a, struct nc_err *e)
{
	struct record r;

	if (spool_read(d->spool, SPOOL_NEW, name, true, file, it, e) == -1)
		return -1;
	if (decoder_line(decoder, it->record.p, it->record.len, &r, e) == -1 ||
	    alert_read(&r, a, e) == -1)
		return err_set(e, EBADMSG, "%s: no alert in it", name);
	return 0;
}

/* --- results -------------------------------------------------------------- */

static void
note(struct deliver *d, const char *name, const char *line)
{
	struct nc_err e;

	if (spool_note(d->spool, name, line, &e) == -1)
		trouble(d, &e);
}

/* The item leaves new/; what is in its log decides where a crash leaves it. */
static void
retire(struct try *t, struct queue_item *it, const char *line,
    enum spool_box box)
{
	struct deliver *d = t->lane->owner;
	struct nc_err e;

	if (line != NULL)
		note(d, it->name, line);
	if (spool_move(d->spool, it->name, SPOOL_NEW, box, &e) == -1)
		trouble(d, &e);
	map_delete(d->items, span_of(it->name));
	queue_drop(&t->lane->queue, t->chain, it);
}

/* How many of its episode wait before it: what becomes of it holds for them
 * as well. */
static size_t
before(const struct try *t)
{
	const struct queue_item *it;
	size_t n = 0;

	for (it = t->chain->first; it != t->item; it = it->next)
		n++;
	return n;
}

/* The first n of the chain go where the item went. */
static void
retire_with(struct try *t, size_t n, const char *how, enum spool_box box)
{
	char *line = xasprintf("%s %.*s", how, SPAN_ARG(t->alert.event_id));

	while (n-- > 0)
		retire(t, t->chain->first, line, box);
	free(line);
}

static void
tell(struct try *t, const char *result, const struct outcome *o)
{
	struct deliver *d = t->lane->owner;
	struct nc_err e;
	struct receipt r = {.alert = &t->alert,
	    .channel = t->lane->channel->name,
	    .attempt = t->item->attempts,
	    .result = result,
	    .code = o->code,
	    .message = o->message,
	    .now = clock_real(),
	    .late = clock_real() - t->alert.ts};

	receipt_add(d->receipts, &r);
	if (receipts_flush(d->receipts, false, &e) == -1)
		trouble(d, &e);
}

/* "WORD N TS[ NEXT] CODE MESSAGE", on one line. */
static char *
result_line(const struct try *t, const char *word, double next,
    const struct outcome *o)
{
	struct buf b = {0};

	buf_addf(&b, "%s %u %.3f", word, t->item->attempts, clock_real());
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

static void
take_sent(struct try *t, const struct outcome *o)
{
	struct deliver *d = t->lane->owner;
	char *line = result_line(t, "sent", 0, o);
	size_t n = before(t);

	d->counts.sent++;
	d->counts.last_sent = clock_real();
	t->lane->failures = 0;
	t->chain->due = 0;
	note(d, t->item->name, line);
	tell(t, "sent", o);
	/* It first: should we end half way, those before it are known to be
	 * told. */
	retire(t, t->item, NULL, SPOOL_SENT);
	retire_with(t, n, "merged into", SPOOL_SENT);
	free(line);
}

static void
take_dead(struct try *t, const struct outcome *o)
{
	struct deliver *d = t->lane->owner;
	char *line = result_line(t, "dead", 0, o);

	d->counts.dead++;
	t->chain->due = 0;
	diag_limited(d->diag, DIAG_ERROR, "dead", t->lane->channel->name,
	    "%s: not delivered, kept in dead/: %s (%ld)", t->item->name,
	    o->message != NULL ? o->message : "refused", o->code);
	tell(t, "dead", o);
	retire_with(t, before(t), "dead with", SPOOL_DEAD);
	retire(t, t->item, line, SPOOL_DEAD);
	free(line);
}

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
}

static void
take_deferred(struct try *t, const struct outcome *o)
{
	struct deliver *d = t->lane->owner;
	unsigned n = t->item->attempts > 0 ? t->item->attempts - 1 : 0;
	double bound = waits[n < WAITS ? n : WAITS - 1], wait,
	       now = clock_mono();
	char *line;

	wait = bound * (WAIT_LEAST + (1 - WAIT_LEAST) * rng_uniform(&d->rng));
	wait = fmin(fmax(wait, o->retry_after), ASKED_MAX);
	d->counts.deferred++;
	slow_down(t->lane, o, now);
	line = result_line(t, "deferred", clock_real() + wait, o);
	note(d, t->item->name, line);
	free(line);
	t->item->again = false;
	t->chain->due = now + wait;
	diag_limited(d->diag, DIAG_WARN, "deferred", t->lane->channel->name,
	    "not delivered yet, again in %.0f s: %s", wait,
	    o->message != NULL ? o->message : "no reason given");
	tell(t, "deferred", o);
}

static void
on_done(struct sending *s, const struct outcome *o)
{
	struct try *t = (struct try *)(void *)s;
	struct lane *l = t->lane;
	struct deliver *d = l->owner;

	switch (o->verdict) {
	case VERDICT_SENT:
		take_sent(t, o);
		break;
	case VERDICT_DEAD:
		take_dead(t, o);
		break;
	default:
		take_deferred(t, o);
	}
	queue_put(&l->queue, t->chain);
	l->flying--;
	d->nflying--;
	try_end(d, t);
	if (!d->pumping)
		pump(d);
}

/* --- what to send --------------------------------------------------------- */

static struct span
episode_of(const char *name)
{
	return (struct span){name, strcspn(name, ".")};
}

/*
 * The end of the episode that the chain begins with, when it waits as well
 * and nobody was told of the beginning: then one message tells both.
 */
static struct queue_item *
choose(const struct deliver *d, const struct lane *l,
    const struct queue_chain *c)
{
	struct span episode = episode_of(c->first->name);
	struct queue_item *it;

	if (spool_told(d->spool, episode, span_of(l->channel->name)) != 0)
		return c->first;
	for (it = c->first;
	     it != NULL && span_equal(episode_of(it->name), episode);
	     it = it->next)
		if (it->ended)
			return it;
	return c->first;
}

/* What need not or must not be sent.  True: t was dealt with. */
static bool
settle(struct try *t, const struct spool_item *f)
{
	struct deliver *d = t->lane->owner;
	struct outcome o = {.verdict = VERDICT_DEAD};
	uint64_t told = spool_told(d->spool, t->alert.episode,
	    span_of(t->lane->channel->name));

	if (f->sent || told > (uint64_t)t->alert.seq + 1) {
		retire(t, t->item, "merged", SPOOL_SENT);
		return true;
	}
	if (t->alert.follow && told == 0 && t->item == t->chain->first)
		o.message = "nobody was told of its beginning";
	else if (clock_real() - f->accepted > t->lane->channel->ttl)
		o.message = "it could not be delivered in time (ttl)";
	if (o.message == NULL)
		return false;
	take_dead(t, &o);
	return true;
}

static void
send_item(struct try *t)
{
	struct deliver *d = t->lane->owner;
	double now = clock_real();
	char *line;

	t->item->attempts++;
	line = xasprintf("intent %u %.3f", t->item->attempts, now);
	note(d, t->item->name, line);
	free(line);
	t->sending = (struct sending){.channel = t->lane->channel,
	    .attempt = t->item->attempts,
	    .again = t->item->again,
	    .now = now,
	    .late = fmax(0, now - t->alert.ts),
	    .means = &d->means,
	    .done = on_done};
	message_compose(&t->message, MESSAGE_ALERTS, 0, &t->alert, 1,
	    &t->sending);
	t->item->again = true;
	t->lane->flying++;
	d->nflying++;
	t->lane->channel->kind->send(&t->sending);
}

static void
begin(struct lane *l, struct queue_chain *c)
{
	struct deliver *d = l->owner;
	struct try *t = try_new(d);
	struct spool_item f;
	struct nc_err e;

	queue_take(&l->queue, c);
	t->lane = l;
	t->chain = c;
	assert(c->first != NULL); /* a chain in the heap has one */
	t->item = choose(d, l, c);
	assert(t->item != NULL);
	if (load(d, t->item->name, t->decoder, &t->file, &f, &t->alert, &e) ==
	    -1) {
		/* Somebody has dropped it: nothing is owed any more. */
		if (e.code != ENOENT)
			trouble(d, &e);
		if (e.code == EBADMSG)
			spool_put_aside(d->spool, t->item->name);
		map_delete(d->items, span_of(t->item->name));
		queue_drop(&l->queue, c, t->item);
	} else if (!settle(t, &f)) {
		send_item(t);
		return;
	}
	queue_put(&l->queue, c);
	try_end(d, t);
}

/* May a try begin now?  *when: else, when it may. */
static struct queue_chain *
ready(const struct lane *l, double now, double *when)
{
	struct queue_chain *c = queue_first(&l->queue);
	unsigned at_once = l->failures >= OPEN_AFTER
			       ? 1
			       : l->channel->kind->at_once;

	*when = INFINITY;
	if (c == NULL || l->flying >= at_once)
		return NULL;
	*when = fmax(c->due, l->not_before);
	return *when <= now ? c : NULL;
}

static void
pump(struct deliver *d)
{
	double now = clock_mono(), when, first = INFINITY;
	struct queue_chain *c;

	if (d->lock == NULL || d->stopped)
		return;
	d->pumping = true;
	for (size_t i = 0; i < d->settings->nchannels; i++) {
		while ((c = ready(&d->lanes[i], now, &when)) != NULL)
			begin(&d->lanes[i], c);
		first = fmin(first, when);
	}
	d->pumping = false;
	loop_timer_set(d->timer,
	    isinf(first) ? LOOP_NEVER : clock_ns(first) + 1);
}

/* --- in the loop ---------------------------------------------------------- */

static void
on_timer(struct loop *l, void *arg)
{
	(void)l;
	pump(arg);
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
on_found(void *arg, const char *name)
{
	deliver_add(arg, name);
}

static void
look(struct deliver *d)
{
	struct nc_err e;

	if (spool_list(d->spool, SPOOL_NEW, on_found, d, &e) == -1)
		trouble(d, &e);
	pump(d);
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
	d->decoder = decoder_new(d->names);
	d->means = (struct means){.loop = l,
	    .children = children_new(),
	    .dir = spool_dir(sp),
	    .tend = tend_children,
	    .arg = d};
	rng_seed(&d->rng, hash_seed_random().k0);
	d->lanes = xcalloc(s->nchannels + 1, sizeof(*d->lanes));
	for (size_t i = 0; i < s->nchannels; i++) {
		d->lanes[i].owner = d;
		d->lanes[i].channel = &s->channels[i];
		queue_init(&d->lanes[i].queue);
	}
	d->timer = loop_timer_add(l, LOOP_NEVER, on_timer, d);
	d->reaper = loop_timer_add(l, LOOP_NEVER, on_reaper, d);
	loop_signal(l, SIGCHLD, on_child, d);
	return d;
}

void
deliver_free(struct deliver *d)
{
	struct try *t;

	if (d == NULL)
		return;
	while ((t = d->flying) != NULL) {
		t->lane->channel->kind->cancel(&t->sending);
		queue_put(&t->lane->queue, t->chain);
		try_end(d, t);
	}
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
	for (size_t i = 0; i < d->settings->nchannels; i++)
		queue_free(&d->lanes[i].queue);
	free(d->lanes);
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
			trouble(d, &e);
		return false;
	}
	if ((fd = spool_listen(d->spool, &e)) == -1)
		trouble(d, &e);
	else
		d->trigger = loop_fd_add(d->loop, fd, LOOP_READ, on_trigger, d);
	spool_tidy(d->spool, clock_real());
	look(d);
	return true;
}

bool
deliver_holds(const struct deliver *d)
{
	return d->lock != NULL;
}

void
deliver_add(struct deliver *d, const char *name)
{
	struct spool_item f;
	struct spool_name n;
	const struct channel *c;
	struct queue_item *it;
	struct alert a;
	struct nc_err e;
	double wait;

	if (d->lock == NULL || map_get(d->items, span_of(name)) != NULL ||
	    !spool_name(name, &n))
		return;
	if ((c = settings_channel(d->settings, n.lane)) == NULL) {
		d->counts.trouble++;
		diag_limited(d->diag, DIAG_WARN, "channel", NULL,
		    "%s: no channel %.*s any more: it stays in the spool", name,
		    SPAN_ARG(n.lane));
		return;
	}
	if (load(d, name, d->decoder, &d->file, &f, &a, &e) == -1) {
		if (e.code == ENOENT)
			return;
		trouble(d, &e);
		if (e.code == EBADMSG)
			spool_put_aside(d->spool, name);
		return;
	}
	it = xcalloc(1, sizeof(*it));
	it->name = xstrdup(name);
	it->ts = a.ts;
	it->seq = a.seq;
	it->accepted = f.accepted;
	it->attempts = f.attempts;
	it->ended = a.ended;
	it->again = f.again;
	/* The wall clock may have been set meanwhile. */
	wait = fmin(f.next - clock_real(), ASKED_MAX);
	map_set(d->items, span_of(name), it);
	queue_add(&d->lanes[c - d->settings->channels].queue, a.fingerprint, it,
	    wait > 0 ? clock_mono() + wait : 0);
	loop_timer_set(d->timer, clock_mono_ns());
}

bool
deliver_idle(const struct deliver *d)
{
	double now = clock_mono(), when;

	if (d->nflying != 0)
		return false;
	for (size_t i = 0; i < d->settings->nchannels; i++)
		if (ready(&d->lanes[i], now, &when) != NULL)
			return d->stopped;
	return true;
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
	return d->nflying;
}

size_t
deliver_waiting(const struct deliver *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->settings->nchannels; i++)
		n += d->lanes[i].queue.items;
	return n;
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
