/* SPDX-License-Identifier: MIT */
/*
 * keeper: one thread, one loop.  What fails in the store never holds up what
 * is passed on: with -p the records go on, the failure is told in band, and
 * the store is tried again.
 */
#include "keeper.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/sig.h"
#include "clockstep.h"
#include "daylog.h"
#include "lastseen.h"
#include "metric/format.h"
#include "rrd/cached.h"
#include "rrd/rrdstore.h"
#include "serve.h"
#include "stream/frame.h"
#include "stream/input.h"

#define SELF "nc-store"
#define PIECE 1024 /* records between looks at the loop */
#define LOCK_SECONDS 10.0
#define RETRY_SECONDS 10.0
#define TEND_SECONDS 0.05 /* at least between two */
#define TIDY_SECONDS 3600.0
#define FREE_MIN 0.05
/* Say how large the store will become when it takes this much of the disk. */
#define LARGE ((uint64_t)1 << 30)

struct keeper {
	const struct keeper_options *o;
	struct intern *names;
	struct diag *diag;
	struct loop *loop;
	const struct sig *sig;
	struct input *in;
	struct loop_fd *watch, *hangup;
	struct loop_timer *timer, *self;
	struct writer *out;
	struct frame *frame;
	struct series_table *series;
	struct store *store;
	struct daylog *log;
	struct clockstep *steps;
	struct serve *serve;
	struct cached *daemon;
	double retry; /* monotonic; not before this; 0: all is well */
	double tended, tidied, started;
	double newest; /* ts of the newest record */
	double stored; /* wall time of the last row taken */
	uint64_t entities; /* when the size was last said */
	uint64_t refused, errors;
	bool ended, broken, failed, full_said;
	bool unstored; /* the store itself refused rows */
	int signo;
};

/* --- our own records ------------------------------------------------------ */

static int
own_line(void *arg, const char *line, size_t len)
{
	struct keeper *k = arg;
	struct nc_err e;

	/* Any other failure stays with the writer and is told at the end. */
	if (writer_line(k->out, line, len, &e) == -1 && e.code == EPIPE)
		k->broken = true;
	return 0;
}

static void
own_begin(struct keeper *k, enum record_kind kind, const char *entity)
{
	frame_origin(k->frame, k->o->host, SELF);
	frame_clock(k->frame, floor(clock_real() * 1e3) / 1e3, clock_boot());
	frame_begin(k->frame, kind, entity, span_of(SELF));
}

static void
tell_error(struct keeper *k, const char *code, const char *message)
{
	k->errors++;
	if (k->out == NULL)
		return;
	own_begin(k, RECORD_ERROR, "collector");
	frame_text(k->frame, "code", span_of(code));
	frame_text(k->frame, "message", span_of(message));
	frame_end(k->frame);
}

static void
tell_self(struct loop *l, void *arg)
{
	struct keeper *k = arg;
	const struct input_counts *in = input_counts(k->in);
	struct self_usage u;
	struct frame *f = k->frame;

	self_usage(&u);
	own_begin(k, RECORD_SAMPLE, "collector");
	frame_interval(f, k->o->self);
	frame_value_u64(f, "lines_total", in->lines);
	frame_value_u64(f, "bad_lines_total", in->bad);
	frame_value_u64(f, "drops_total", k->refused);
	frame_value_u64(f, "errors_total", k->errors);
	if (k->newest > 0)
		frame_value(f, "lag_seconds",
		    fmax(0, floor((clock_real() - k->newest) * 1e3) / 1e3));
	if (k->store != NULL)
		frame_value_u64(f, "queue_depth", k->store->counts.waiting);
	if (k->stored > 0)
		frame_value(f, "last_success_timestamp_seconds",
		    floor(k->stored * 1e3) / 1e3);
	frame_value_u64(f, "series", series_count(k->series));
	frame_value(f, "cpu_seconds_total", u.cpu_seconds);
	frame_value_u64(f, "mem_rss_bytes", u.rss_bytes);
	frame_end(f);
	loop_timer_set(k->self, loop_now(l) + clock_ns(k->o->self));
}

/* --- the store ------------------------------------------------------------ */

static void
on_say(void *arg, const char *sort, const char *message)
{
	struct keeper *k = arg;

	diag_limited(k->diag, DIAG_WARN, sort, NULL, "%s", message);
}

/* A change of labels is an event of its own in the log. */
static int
log_line(void *arg, const char *line, size_t len)
{
	struct keeper *k = arg;
	struct nc_err e;

	/* Its failure is met again when the log is written. */
	return daylog_add(k->log, k->newest, (struct span){line, len - 1}, &e);
}

static void
add_labels(struct buf *b, const struct record_label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%.*s=%.*s", i != 0 ? "," : "",
		    SPAN_ARG(labels[i].key), SPAN_ARG(labels[i].value));
}

static void
on_labels(void *arg, const struct roster_entry *n, double ts,
    const struct record_label *old, size_t nold)
{
	struct keeper *k = arg;
	struct frame *f = frame_new(log_line, k);
	struct buf was = {0};

	add_labels(&was, old, nold);
	frame_origin(f, n->host, n->source);
	frame_clock(f, ts, (double)NAN);
	frame_begin(f, RECORD_EVENT, n->entity, span_of(n->id));
	for (size_t i = 0; i < n->nlabels; i++) {
		char *key = xmemdup0(n->labels[i].key.p, n->labels[i].key.len);

		frame_label(f, key, n->labels[i].value);
		free(key);
	}
	frame_text(f, "event", span_of("labels_changed"));
	buf_reserve(&was, 0);
	frame_text(f, "detail", buf_span(&was));
	frame_end(f);
	frame_free(f);
	buf_free(&was);
}

static int
open_parts(struct keeper *k, struct nc_err *e)
{
	struct rrdstore_options o = {
	    .dir = k->o->dir,
	    .who = SELF,
	    .lock_wait = serve_alive(k->o->dir) ? 0 : LOCK_SECONDS,
	    .keep = k->o->keep,
	    .also = k->o->also,
	    .series = k->series,
	    .names = k->names,
	    .cache_max = k->o->cache_bytes,
	    .free_min = FREE_MIN,
	    .say = on_say,
	    .labels = on_labels,
	    .arg = k,
	};

	if (k->o->daemon != NULL && k->daemon == NULL &&
	    (k->daemon = cached_open(k->o->daemon, e)) == NULL)
		return -1;
	o.daemon = k->daemon;
	k->store = rrdstore_open(&o, e);
	if (k->store == NULL)
		return -1;
	k->log = daylog_open(k->o->dir, k->o->keep_log);
	k->serve = serve_open(k->o->dir, k->loop, k->store, e);
	return k->serve == NULL ? -1 : 0;
}

/* Something of the store failed: told once, tried again later with -p. */
static void
failure(struct keeper *k, const char *code, const struct nc_err *e)
{
	if (k->retry == 0 || !k->failed) {
		diag_say(k->diag, DIAG_ERROR, NULL, "%s", e->msg);
		tell_error(k, code, e->msg);
	}
	k->failed = true;
	k->retry = clock_mono() + RETRY_SECONDS;
	if (!k->o->pass)
		k->ended = true;
}

static void
close_parts(struct keeper *k)
{
	struct nc_err e;

	serve_close(k->serve);
	k->serve = NULL;
	if (k->store != NULL)
		k->unstored = k->unstored || k->store->counts.late != 0 ||
			      k->store->counts.refused != 0;
	if (daylog_close(k->log, &e) == -1)
		failure(k, "log", &e);
	k->log = NULL;
	if (k->store != NULL && k->store->ops->close(k->store, &e) == -1)
		failure(k, "store", &e);
	k->store = NULL;
	cached_close(k->daemon);
	k->daemon = NULL;
}

static void
open_store(struct keeper *k)
{
	struct nc_err e = {0};

	if (open_parts(k, &e) == 0) {
		k->retry = 0;
		return;
	}
	failure(k, "store", &e);
	close_parts(k);
}

/* True when the store may be used now. */
static bool
is_ready(struct keeper *k)
{
	if (k->retry == 0)
		return k->store != NULL;
	if (clock_mono() < k->retry || k->ended)
		return false;
	if (k->store == NULL) {
		open_store(k);
		return k->store != NULL;
	}
	k->retry = 0;
	diag_say(k->diag, DIAG_WARN, NULL, "trying the store again");
	return true;
}

static void
say_size(struct keeper *k)
{
	uint64_t bytes = rrdstore_estimate(k->store), n;
	char text[FORMAT_MAX], each[FORMAT_MAX];

	n = k->store->counts.entities;
	if (n == k->entities || n == 0)
		return;
	text[format_value(text, (double)bytes, UNIT_BYTES, false)] = '\0';
	each[format_value(each, (double)(bytes / n), UNIT_BYTES, false)] = '\0';
	/* Unasked where it matters, and again when it has grown by half. */
	diag_say(k->diag,
	    bytes >= LARGE && n > k->entities + k->entities / 2 ? DIAG_WARN
								: DIAG_INFO,
	    NULL, "%s: %llu entities, %s each, %s in all", k->o->dir,
	    (unsigned long long)n, each, text);
	k->entities = n;
}

static void
tidy(struct keeper *k, double now)
{
	struct nc_err e;

	if (now - k->tidied < TIDY_SECONDS && !k->ended)
		return;
	k->tidied = now;
	say_size(k);
	if (k->o->expire > 0 &&
	    k->store->ops->expire(k->store, k->o->expire, &e) == -1)
		failure(k, "expire", &e);
	if (daylog_tidy(k->log, &e) == -1)
		failure(k, "log", &e);
}

static void
tend(struct keeper *k)
{
	double now = clock_mono();
	struct nc_err e;

	if (!is_ready(k))
		return;
	if (k->store->ops->tend(k->store, now, &e) == -1)
		failure(k, "store", &e);
	else if (daylog_write(k->log, now - k->tended > 0.5, &e) == -1)
		failure(k, "log", &e);
	else
		tidy(k, now);
	k->tended = now;
}

static void
on_timer(struct loop *l, void *arg)
{
	struct keeper *k = arg;

	tend(k);
	if (k->store != NULL && k->entities == 0 &&
	    clock_mono() - k->started > 2)
		say_size(k);
	loop_timer_set(k->timer, loop_now(l) + CLOCK_NS_PER_S);
}

/* --- records -------------------------------------------------------------- */

/* Its samples go on at the time they should have; the rest is said here. */
static void
tell_step(struct keeper *k, const struct record *r,
    const struct series_entity *n)
{
	double seconds = (double)series_last(n)->step;
	struct frame *f;
	char *text;

	if (!clockstep_note(k->steps, r->host, r->ts, seconds))
		return;
	text = xasprintf("the clock was set %s by %.3f s",
	    seconds < 0 ? "back" : "forward", fabs(seconds));
	diag_say(k->diag, DIAG_WARN, NULL, "%.*s: %s", SPAN_ARG(r->host), text);
	f = frame_new(log_line, k);
	frame_origin(f, n->origin->host, SELF);
	frame_clock(f, r->ts, r->has & RECORD_HAS_UP ? r->up : (double)NAN);
	frame_begin(f, RECORD_EVENT, "host", r->host);
	frame_text(f, "event", span_of("clock_step"));
	frame_text(f, "detail", span_of(text));
	frame_number(f, "seconds", round(seconds * 1e3) / 1e3);
	if (k->log != NULL)
		frame_end(f);
	frame_free(f);
	free(text);
}

/* An event of the same name from whoever saw the clock itself. */
static void
note_step(struct keeper *k, const struct record *r)
{
	const struct record_field *name = record_field(r, "event"),
				  *seconds = record_field(r, "seconds");

	if (r->kind == RECORD_EVENT && name != NULL &&
	    span_is(name->text, "clock_step"))
		clockstep_note(k->steps, r->host, r->ts,
		    seconds != NULL ? seconds->number : (double)NAN);
}

static void
take_sample(struct keeper *k, const struct record *r)
{
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;
	struct nc_err e;
	enum series_verdict verdict;
	enum store_taken taken;

	verdict = series_feed(k->series, r, &n, &touched, &ntouched);
	if (verdict == SERIES_LATE || verdict == SERIES_DUPLICATE) {
		k->refused++;
		diag_limited(k->diag, DIAG_WARN, "late", NULL,
		    "%.*s/%.*s: a sample at %.3f came late or twice: refused",
		    SPAN_ARG(r->entity), SPAN_ARG(r->id), r->ts);
		return;
	}
	if (verdict == SERIES_FULL) {
		k->refused++;
		if (!k->full_said)
			diag_say(k->diag, DIAG_WARN, NULL,
			    "%zu series: new ones are not stored "
			    "(--max-series)",
			    series_count(k->series));
		k->full_said = true;
		return;
	}
	if (verdict == SERIES_NEW && series_last(n)->step != 0)
		tell_step(k, r, n);
	if (!is_ready(k)) {
		k->refused++;
		return;
	}
	taken = k->store->ops->append(k->store, n, touched, ntouched,
	    verdict == SERIES_MORE, clock_mono(), &e);
	if (taken == STORE_FAILED) {
		k->refused++;
		failure(k, "store", &e);
	} else if (taken == STORE_TAKEN) {
		k->stored = r->ts;
	}
}

static void
take(struct keeper *k, const struct record *r)
{
	struct nc_err e;

	if ((r->has & RECORD_HAS_TS) != 0 && r->ts > k->newest)
		k->newest = r->ts;
	switch (r->kind) {
	case RECORD_SAMPLE:
		take_sample(k, r);
		break;
	case RECORD_SWEEP:
	case RECORD_TICK:
		break;
	default:
		note_step(k, r);
		if (!is_ready(k))
			k->refused++;
		else if (daylog_add(k->log,
			     (r->has & RECORD_HAS_TS) != 0 ? r->ts : k->newest,
			     r->line, &e) == -1)
			failure(k, "log", &e);
	}
}

/* Up to so many records; false when there is nothing to read now. */
static bool
pump(struct keeper *k)
{
	struct record r;
	struct nc_err e = {0};

	for (int i = 0; i < PIECE && !k->ended; i++) {
		switch (input_next(k->in, false, &r, &e)) {
		case INPUT_RECORD:
			take(k, &r);
			break;
		case INPUT_WAIT:
			return false;
		case INPUT_END:
			k->ended = true;
			break;
		case INPUT_FAILED:
			k->ended = true;
			if (e.code == EPIPE && k->o->pass) {
				k->broken = true;
				break;
			}
			diag_say(k->diag, DIAG_ERROR, NULL, "%s", e.msg);
			k->failed = true;
		}
	}
	return true;
}

static void
on_input(struct loop *l, int fd, unsigned events, void *arg)
{
	struct keeper *k = arg;

	(void)l;
	(void)fd;
	(void)events;
	pump(k);
}

static void
on_hangup(struct loop *l, int fd, unsigned events, void *arg)
{
	struct keeper *k = arg;

	(void)l;
	(void)fd;
	if ((events & LOOP_HANGUP) != 0)
		k->broken = k->ended = true;
}

static void
on_signal(struct loop *l, int signo, void *arg)
{
	struct keeper *k = arg;
	const struct input_counts *in = input_counts(k->in);

	(void)l;
	if (signo != SIGUSR1) {
		k->signo = signo;
		k->ended = true;
		return;
	}
	diag_say(k->diag, DIAG_ERROR, NULL,
	    "%llu lines, %llu bad, %zu series, %llu rows, %llu waiting, "
	    "%llu refused, %llu errors",
	    (unsigned long long)in->lines, (unsigned long long)in->bad,
	    series_count(k->series),
	    (unsigned long long)(k->store ? k->store->counts.rows : 0),
	    (unsigned long long)(k->store ? k->store->counts.waiting : 0),
	    (unsigned long long)k->refused, (unsigned long long)k->errors);
}

/* The descriptor changes from one operand to the next. */
static void
watch_input(struct keeper *k, int *watched)
{
	int fd = input_fd(k->in);

	if (fd == *watched)
		return;
	loop_fd_remove(k->watch);
	k->watch = fd == -1 ? NULL
			    : loop_fd_add(k->loop, fd, LOOP_READ, on_input, k);
	*watched = fd;
}

static void
work(struct keeper *k)
{
	struct nc_err e;
	int watched = -1;
	bool more = true;

	while (!k->ended) {
		if (more)
			more = pump(k);
		if (k->ended)
			break;
		watch_input(k, &watched);
		if (clock_mono() - k->tended > TEND_SECONDS)
			tend(k);
		/* A file never waits; a pipe says when to go on. */
		if (watched == -1)
			more = true;
		if (loop_once(k->loop, more ? 0 : LOOP_NEVER, &e) == -1) {
			diag_say(k->diag, DIAG_ERROR, NULL, "%s", e.msg);
			k->failed = true;
			break;
		}
		more = more || input_pending(k->in);
	}
}

static void
entity_gone(struct series_entity *n, void *arg)
{
	struct keeper *k = arg;

	if (k->store != NULL)
		k->store->ops->forget(k->store, n);
}

static int
begin(struct keeper *k, struct nc_err *e)
{
	struct series_options so = {.names = k->names,
	    .max_series = k->o->max_series,
	    .entity_gone = entity_gone,
	    .arg = k};
	struct input_options io = {.files = k->o->files,
	    .nfiles = k->o->nfiles,
	    .strict = k->o->strict,
	    .names = k->names,
	    .diag = k->diag};

	k->series = series_new(&so);
	k->steps = clockstep_new();
	if ((k->loop = loop_new(e)) == NULL)
		return -1;
	if (k->o->pass) {
		k->out = writer_open(STDOUT_FILENO, "standard output",
		    WRITER_BATCH);
		k->frame = frame_new(own_line, k);
		k->hangup = loop_fd_add(k->loop, STDOUT_FILENO, 0, on_hangup,
		    k);
	}
	io.pass = k->out;
	if ((k->in = input_open(&io)) == NULL)
		return err_set(e, 0, "input");
	loop_signal(k->loop, SIGTERM, on_signal, k);
	loop_signal(k->loop, SIGINT, on_signal, k);
	loop_signal(k->loop, SIGUSR1, on_signal, k);
	k->started = clock_mono();
	k->tidied = k->started;
	k->timer = loop_timer_add(k->loop, clock_mono_ns() + CLOCK_NS_PER_S,
	    on_timer, k);
	if (k->out != NULL && k->o->self > 0)
		k->self = loop_timer_add(k->loop,
		    clock_mono_ns() + clock_ns(k->o->self), tell_self, k);
	return 0;
}

/* Whatever ended it: what was accepted is kept. */
static void
finish(struct keeper *k)
{
	struct nc_err e;

	k->ended = true;
	if (k->store != NULL) {
		if (k->retry == 0)
			tidy(k, clock_mono());
		if (lastseen_save(k->o->dir, k->names, k->series, &e) == -1)
			failure(k, "last", &e);
	}
	close_parts(k);
	if (k->out != NULL && writer_close(k->out, &e) == -1) {
		if (e.code == EPIPE)
			k->broken = true;
		else {
			diag_say(k->diag, DIAG_ERROR, NULL, "%s", e.msg);
			k->failed = true;
		}
	}
}

int
keeper_run(const struct keeper_options *o, struct intern *names, struct diag *d,
    int *signo)
{
	struct keeper k = {.o = o, .names = names, .diag = d};
	struct nc_err e = {0};
	uint64_t bad = 0;

	*signo = 0;
	if (begin(&k, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		k.failed = true;
	} else {
		open_store(&k);
		if (k.store != NULL &&
		    lastseen_load(o->dir, names, k.series, &e) == -1)
			diag_say(d, DIAG_WARN, NULL, "%s", e.msg);
		work(&k);
		finish(&k);
	}
	if (k.in != NULL)
		bad = input_counts(k.in)->bad;
	input_close(k.in);
	frame_free(k.frame);
	series_free(k.series);
	clockstep_free(k.steps);
	loop_fd_remove(k.hangup);
	loop_free(k.loop);
	*signo = k.broken ? SIGPIPE : k.signo;
	if (k.failed)
		return NC_EXIT_FAILED;
	return bad != 0 || k.refused != 0 || k.unstored ? NC_EXIT_PARTIAL
							: NC_EXIT_OK;
}
