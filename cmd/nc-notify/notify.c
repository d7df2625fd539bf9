/* SPDX-License-Identifier: MIT */
/*
 * notify: one thread, one loop.  An alert is durable before anything else
 * happens to it; what the spool cannot take is held in memory, within bounds,
 * and offered again, while records go on passing.
 */
#include "notify.h"

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
#include "base/str.h"
#include "deliver.h"
#include "receipt.h"
#include "spool.h"
#include "stream/frame.h"
#include "stream/input.h"

#define SELF "nc-notify"
#define PIECE 1024 /* records between looks at the loop */
#define BATCH 512u /* alerts a commit */
#define RETRY_SECONDS 2.0
#define TAKE_OVER_SECONDS 10.0
#define HELD_MAX ((size_t)8 << 20) /* bytes of alerts the spool refused */
#define GRACE_SECONDS 5.0 /* for what is under way at the end */

struct app {
	const struct notify_options *o;
	const struct settings *settings;
	struct settings *own, *fresh; /* read on SIGHUP; to be, not yet */
	struct intern *names;
	struct diag *diag;
	struct loop *loop;
	struct input *in;
	struct loop_fd *watch, *hangup;
	struct loop_timer *timer, *self;
	struct writer *out;
	struct frame *frame;
	struct spool *spool;
	struct receipts *receipts;
	struct deliver *deliver;
	struct decoder *decoder; /* for what was held */
	struct buf held; /* lines the spool did not take */
	unsigned uncommitted;
	uint64_t accepted, bad, lost, errors;
	bool ended, broken, failed, refused;
	int signo;
};

/* --- our own records ------------------------------------------------------ */

static int
own_line(void *arg, const char *line, size_t len)
{
	struct app *a = arg;
	struct nc_err e;

	/* Any other failure stays with the writer and is told at the end. */
	if (writer_line(a->out, line, len, &e) == -1 && e.code == EPIPE)
		a->broken = true;
	else
		writer_flush(a->out, &e);
	return 0;
}

static void
own_begin(struct app *a, enum record_kind kind)
{
	frame_origin(a->frame, a->o->host, SELF);
	frame_clock(a->frame, floor(clock_real() * 1e3) / 1e3, clock_boot());
	frame_begin(a->frame, kind, "collector", span_of(SELF));
}

static void
tell_error(struct app *a, const char *code, const char *message)
{
	a->errors++;
	if (a->out == NULL)
		return;
	own_begin(a, RECORD_ERROR);
	frame_text(a->frame, "code", span_of(code));
	frame_text(a->frame, "message", span_of(message));
	frame_end(a->frame);
}

static void
tell_self(struct loop *l, void *arg)
{
	struct app *a = arg;
	const struct input_counts *in = input_counts(a->in);
	const struct deliver_counts *c = a->deliver != NULL
					     ? deliver_counts(a->deliver)
					     : NULL;
	struct self_usage u;
	struct frame *f = a->frame;

	self_usage(&u);
	own_begin(a, RECORD_SAMPLE);
	frame_interval(f, a->o->self);
	frame_value_u64(f, "lines_total", in->lines);
	frame_value_u64(f, "bad_lines_total", in->bad + a->bad);
	frame_value_u64(f, "drops_total", a->lost);
	frame_value_u64(f, "errors_total",
	    a->errors + (c != NULL ? c->dead + c->trouble : 0));
	if (c != NULL && deliver_holds(a->deliver))
		frame_value_u64(f, "queue_depth", deliver_waiting(a->deliver));
	if (c != NULL && c->last_sent > 0)
		frame_value(f, "last_success_timestamp_seconds",
		    floor(c->last_sent * 1e3) / 1e3);
	frame_value(f, "cpu_seconds_total", u.cpu_seconds);
	frame_value_u64(f, "mem_rss_bytes", u.rss_bytes);
	frame_end(f);
	loop_timer_set(a->self, loop_now(l) + clock_ns(a->o->self));
}

/* --- alerts --------------------------------------------------------------- */

/* The spool does not work: the end without -p, a report with it. */
static void
spool_failed(struct app *a, const struct nc_err *e)
{
	if (!a->refused) {
		diag_say(a->diag, DIAG_ERROR, NULL, "%s", e->msg);
		tell_error(a, "spool", e->msg);
		loop_timer_set(a->timer,
		    clock_mono_ns() + clock_ns(RETRY_SECONDS));
	}
	a->refused = a->failed = true;
	if (a->out == NULL)
		a->ended = true;
}

static void
hold(struct app *a, struct span line)
{
	if (a->out == NULL || a->held.len + line.len + 1 > HELD_MAX) {
		a->lost++;
		diag_limited(a->diag, DIAG_ERROR, "lost", NULL,
		    "an alert is lost: the spool does not take it");
		return;
	}
	buf_add(&a->held, line.p, line.len);
	buf_addc(&a->held, '\n');
}

/* An alert that no channel is told of, and why. */
static void
pass_over(struct app *a, const struct alert *t, const char *why)
{
	struct receipt r = {.alert = t,
	    .channel = "-",
	    .result = "muted",
	    .message = why,
	    .now = clock_real(),
	    .late = (double)NAN};

	receipt_add(a->receipts, &r);
}

/* For each lane of these channels. */
static void
add_lanes(struct app *a, const struct alert *t, route_set set)
{
	const struct settings *s = a->settings;

	for (size_t i = 0; i < s->nlanes; i++)
		if ((set >> (size_t)(s->lanes[i].channel - s->channels) & 1) !=
		    0)
			spool_add(a->spool, t, s->lanes[i].name,
			    spool_letter(t), 0, NULL, clock_real());
}

/* What follows up goes to those who were told of the beginning, whatever the
 * rules say by now. */
static bool
add_follow(struct app *a, const struct alert *t)
{
	const struct settings *s = a->settings;
	bool any = false;

	for (size_t i = 0; i < s->nlanes; i++)
		if (spool_knows(a->spool, t->episode, s->lanes[i].name)) {
			spool_add(a->spool, t, s->lanes[i].name,
			    spool_letter(t), 0, NULL, clock_real());
			any = true;
		}
	return any;
}

/* Into the spool's memory, to be committed with others. */
static void
spool_alert(struct app *a, const struct alert *t)
{
	const struct settings *s = a->settings;
	struct route_decision d;

	a->uncommitted++;
	/* Who was told that it began is told that it is over, muted or not. */
	if (t->silent && !t->follow) {
		pass_over(a, t,
		    span_is(t->state, "pending") ? "pending" : "muted");
		return;
	}
	if (t->follow) {
		if (!add_follow(a, t))
			pass_over(a, t, "nobody was told of its beginning");
		return;
	}
	route_decide(s->rules, s->nrules, t, t->ts, &d, NULL, NULL);
	if (d.set == 0)
		pass_over(a, t, "no rule sends it to anybody");
	add_lanes(a, t, settings_on_duty(s, d.set, t->ts));
}

static void
on_committed(void *arg, const char *name)
{
	struct app *a = arg;

	if (a->deliver != NULL)
		deliver_add(a->deliver, name);
}

/* What was added becomes durable.  The ledger first: it is part of it. */
static int
commit(struct app *a, struct nc_err *e)
{
	if (a->uncommitted == 0 || a->spool == NULL)
		return 0;
	if (receipts_flush(a->receipts, true, e) == -1 ||
	    spool_commit(a->spool, on_committed, a, e) == -1)
		return -1;
	a->accepted += a->uncommitted;
	a->uncommitted = 0;
	if (a->deliver == NULL || !deliver_try(a->deliver))
		spool_poke(a->spool);
	return 0;
}

static void
take(struct app *a, const struct record *r)
{
	struct alert t;
	struct nc_err e = {0};

	if (a->deliver != NULL)
		deliver_alive(a->deliver, false);
	if (r->kind != RECORD_ALERT)
		return;
	if (alert_read(r, &t, &e) == -1) {
		a->bad++;
		diag_limited(a->diag, DIAG_ERROR, "alert", NULL, "%s (skipped)",
		    e.msg);
		return;
	}
	/* Behind what was refused, so that order is kept. */
	if (a->refused) {
		hold(a, r->line);
		return;
	}
	spool_alert(a, &t);
	if (a->uncommitted >= BATCH && commit(a, &e) == -1)
		spool_failed(a, &e);
}

static void
start_deliver(struct app *a)
{
	a->deliver = deliver_new(a->loop, a->spool, a->settings, a->receipts,
	    a->diag);
	deliver_alive(a->deliver, a->o->mode != NOTIFY_READ);
	if (!deliver_try(a->deliver))
		loop_timer_set(a->timer,
		    clock_mono_ns() + clock_ns(TAKE_OVER_SECONDS));
}

/* The spool and all that stands on it. */
static int
open_spool(struct app *a, struct nc_err *e)
{
	if ((a->spool = spool_open(a->o->spool, e)) == NULL)
		return -1;
	a->receipts = receipts_new(a->spool, a->out);
	if (a->o->spool_only)
		return 0;
	start_deliver(a);
	return 0;
}

static int
spool_held(struct app *a, struct nc_err *e)
{
	struct span rest, line;
	struct record r;
	struct alert t;

	if (a->spool == NULL && open_spool(a, e) == -1)
		return -1;
	/* First what it had taken already, which comes before the rest. */
	if (commit(a, e) == -1)
		return -1;
	buf_reserve(&a->held, RECORD_PADDING);
	rest = buf_span(&a->held);
	while (str_cut(rest, '\n', &line, &rest))
		if (decoder_line(a->decoder, line.p, line.len, &r, e) == 0 &&
		    alert_read(&r, &t, e) == 0)
			spool_alert(a, &t);
	buf_clear(&a->held);
	return commit(a, e);
}

/* Offers what was refused once more. */
static void
offer_again(struct app *a)
{
	struct nc_err e;

	if (spool_held(a, &e) == 0) {
		a->refused = false;
		diag_say(a->diag, DIAG_WARN, NULL, "the spool works again");
		return;
	}
	loop_timer_set(a->timer, clock_mono_ns() + clock_ns(RETRY_SECONDS));
}

/* --- input ---------------------------------------------------------------- */

/* Up to so many records; false when there is nothing to read now. */
static bool
pump(struct app *a)
{
	struct record r;
	struct nc_err e = {0};
	bool more = true;

	for (int i = 0; i < PIECE && !a->ended && more; i++) {
		switch (input_next(a->in, false, &r, &e)) {
		case INPUT_RECORD:
			take(a, &r);
			break;
		case INPUT_WAIT:
			more = false;
			break;
		case INPUT_END:
			a->ended = true;
			break;
		case INPUT_FAILED:
			a->ended = true;
			if (e.code == EPIPE && a->o->pass) {
				a->broken = true;
				break;
			}
			diag_say(a->diag, DIAG_ERROR, NULL, "%s", e.msg);
			a->failed = true;
		}
	}
	if (!a->refused && commit(a, &e) == -1)
		spool_failed(a, &e);
	return more;
}

static void
on_input(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	pump(arg);
}

static void
on_hangup(struct loop *l, int fd, unsigned events, void *arg)
{
	struct app *a = arg;

	(void)l;
	(void)fd;
	if ((events & LOOP_HANGUP) != 0)
		a->broken = a->ended = true;
}

/* --- another configuration ------------------------------------------------ */

/* What is under way ends first; nothing new begins. */
static void
reload(struct app *a)
{
	struct settings *fresh = xcalloc(1, sizeof(*fresh));

	if (a->o->reload(a->o->reload_arg, fresh) == -1) {
		diag_say(a->diag, DIAG_ERROR, NULL,
		    "the configuration that was in force stays in force");
		settings_free(fresh);
		free(fresh);
		return;
	}
	if (a->fresh != NULL) {
		settings_free(a->fresh);
		free(a->fresh);
	}
	a->fresh = fresh;
	if (a->deliver != NULL)
		deliver_stop(a->deliver);
}

/* Everything that is owed is in the spool: who delivers begins anew. */
static void
take_over(struct app *a)
{
	deliver_free(a->deliver);
	a->deliver = NULL;
	if (a->own != NULL) {
		settings_free(a->own);
		free(a->own);
	}
	a->settings = a->own = a->fresh;
	a->fresh = NULL;
	diag_say(a->diag, DIAG_INFO, NULL, "the configuration was read again");
	if (a->spool != NULL && !a->o->spool_only)
		start_deliver(a);
}

static void
on_signal(struct loop *l, int signo, void *arg)
{
	struct app *a = arg;
	const struct input_counts *in = a->in != NULL ? input_counts(a->in)
						      : NULL;
	const struct deliver_counts *c = a->deliver != NULL
					     ? deliver_counts(a->deliver)
					     : NULL;

	(void)l;
	if (signo == SIGHUP) {
		reload(a);
		return;
	}
	if (signo != SIGUSR1) {
		a->signo = signo;
		a->ended = true;
		return;
	}
	diag_say(a->diag, DIAG_ASKED, NULL,
	    "%llu lines, %llu alerts accepted, %llu sent, %llu deferred, "
	    "%llu dead, %zu waiting, %zu under way",
	    (unsigned long long)(in != NULL ? in->lines : 0),
	    (unsigned long long)a->accepted,
	    (unsigned long long)(c != NULL ? c->sent : 0),
	    (unsigned long long)(c != NULL ? c->deferred : 0),
	    (unsigned long long)(c != NULL ? c->dead : 0),
	    c != NULL ? deliver_waiting(a->deliver) : 0,
	    c != NULL ? deliver_flying(a->deliver) : 0);
}

/* Refused alerts, and the lock of a deliverer who may have ended. */
static void
on_timer(struct loop *l, void *arg)
{
	struct app *a = arg;

	if (a->refused)
		offer_again(a);
	if (!a->refused && a->deliver != NULL && !deliver_try(a->deliver))
		loop_timer_set(a->timer,
		    loop_now(l) + clock_ns(TAKE_OVER_SECONDS));
}

/* The descriptor changes from one operand to the next. */
static void
watch_input(struct app *a, int *watched)
{
	int fd = input_fd(a->in);

	if (fd == *watched)
		return;
	loop_fd_remove(a->watch);
	a->watch = fd == -1 ? NULL
			    : loop_fd_add(a->loop, fd, LOOP_READ, on_input, a);
	*watched = fd;
}

/* One round of the loop; false when it cannot go on. */
static bool
once(struct app *a, int64_t deadline)
{
	struct nc_err e;

	if (loop_once(a->loop, deadline, &e) == 0) {
		if (a->fresh != NULL &&
		    (a->deliver == NULL || deliver_flying(a->deliver) == 0))
			take_over(a);
		return true;
	}
	diag_say(a->diag, DIAG_ERROR, NULL, "%s", e.msg);
	a->failed = true;
	return false;
}

static void
read_all(struct app *a)
{
	int watched = -1;
	bool more = true;

	while (!a->ended) {
		if (more)
			more = pump(a);
		if (a->ended)
			break;
		watch_input(a, &watched);
		/* A file never waits; a pipe says when to go on. */
		if (watched == -1)
			more = true;
		if (!once(a, more ? 0 : LOOP_NEVER))
			break;
		more = more || input_pending(a->in);
	}
	loop_fd_remove(a->watch);
	a->watch = NULL;
}

/* What is due, until the deadline; what is under way may then end. */
static void
drain(struct app *a)
{
	int64_t end = clock_mono_ns() + clock_ns(a->o->drain);

	/* A daemon that is stopped leaves groups to the next one. */
	if (a->o->mode != NOTIFY_DAEMON && a->signo == 0)
		deliver_rush(a->deliver);
	while (a->signo == 0 && !a->broken && !deliver_idle(a->deliver) &&
	       clock_mono_ns() < end && once(a, end))
		continue;
	deliver_stop(a->deliver);
	end = clock_mono_ns() + clock_ns(GRACE_SECONDS);
	while (!a->broken && deliver_flying(a->deliver) != 0 &&
	       clock_mono_ns() < end && once(a, end))
		continue;
}

/* --- begin and end -------------------------------------------------------- */

static int
begin_output(struct app *a)
{
	a->out = writer_open(STDOUT_FILENO, "standard output", WRITER_BATCH);
	a->frame = frame_new(own_line, a);
	a->hangup = loop_fd_add(a->loop, STDOUT_FILENO, 0, on_hangup, a);
	if (a->o->self > 0 && a->o->mode == NOTIFY_READ)
		a->self = loop_timer_add(a->loop,
		    clock_mono_ns() + clock_ns(a->o->self), tell_self, a);
	return 0;
}

static int
begin(struct app *a, struct nc_err *e)
{
	struct input_options io = {.files = a->o->files,
	    .nfiles = a->o->nfiles,
	    .strict = a->o->strict,
	    .names = a->names,
	    .diag = a->diag};

	if ((a->loop = loop_new(e)) == NULL)
		return -1;
	if (a->o->pass)
		begin_output(a);
	a->timer = loop_timer_add(a->loop, LOOP_NEVER, on_timer, a);
	a->decoder = decoder_new(a->names);
	io.pass = a->out;
	if (a->o->mode == NOTIFY_READ && (a->in = input_open(&io)) == NULL)
		return err_set(e, 0, "input");
	loop_signal(a->loop, SIGTERM, on_signal, a);
	loop_signal(a->loop, SIGINT, on_signal, a);
	loop_signal(a->loop, SIGUSR1, on_signal, a);
	loop_signal(a->loop, SIGHUP, on_signal, a);
	if (open_spool(a, e) == 0)
		return 0;
	/* What has no records to pass on has nothing to go on for; the daemon
	 * with -p has its reports, and waits for the spool. */
	if (a->out == NULL || a->o->mode == NOTIFY_DRAIN)
		return -1;
	spool_failed(a, e);
	return 0;
}

static void
finish(struct app *a)
{
	struct nc_err e = {0};

	if (a->refused)
		offer_again(a);
	if (a->held.len != 0 || a->uncommitted != 0)
		diag_say(a->diag, DIAG_ERROR, NULL,
		    "alerts are lost: the spool did not take them");
	if (a->deliver != NULL && deliver_holds(a->deliver) && !a->broken)
		drain(a);
	if (a->receipts != NULL &&
	    receipts_flush(a->receipts, false, &e) == -1) {
		diag_say(a->diag, DIAG_ERROR, NULL, "%s", e.msg);
		a->failed = true;
	}
}

static void
end_output(struct app *a)
{
	struct nc_err e = {0};

	if (a->out == NULL || writer_close(a->out, &e) == 0)
		return;
	if (e.code == EPIPE) {
		a->broken = true;
		return;
	}
	diag_say(a->diag, DIAG_ERROR, NULL, "%s", e.msg);
	a->failed = true;
}

static int
status_of(const struct app *a)
{
	const struct deliver_counts *c = a->deliver != NULL
					     ? deliver_counts(a->deliver)
					     : NULL;
	bool partial = a->bad != 0;

	if (a->failed || a->lost != 0)
		return NC_EXIT_FAILED;
	if (a->in != NULL && input_counts(a->in)->bad != 0)
		partial = true;
	if (c != NULL && (c->dead != 0 || c->trouble != 0))
		partial = true;
	/* After a signal the rest is for whoever delivers next. */
	if (c != NULL && a->signo == 0 && deliver_waiting(a->deliver) != 0)
		partial = true;
	return partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}

static void
close_all(struct app *a)
{
	deliver_free(a->deliver);
	for (int i = 0; i < 2; i++) {
		struct settings *s = i == 0 ? a->own : a->fresh;

		if (s != NULL)
			settings_free(s);
		free(s);
	}
	receipts_free(a->receipts);
	end_output(a);
	spool_close(a->spool);
	if (a->in != NULL)
		input_close(a->in);
	decoder_free(a->decoder);
	frame_free(a->frame);
	loop_fd_remove(a->hangup);
	loop_timer_remove(a->timer);
	loop_timer_remove(a->self);
	loop_free(a->loop);
	buf_free(&a->held);
}

int
notify_run(const struct notify_options *o, const struct settings *s,
    struct intern *names, struct diag *d, int *signo)
{
	struct app a = {.o = o, .settings = s, .names = names, .diag = d};
	struct nc_err e = {0};
	int status;

	if (begin(&a, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		a.failed = true;
	} else if (o->mode == NOTIFY_DRAIN && !deliver_holds(a.deliver)) {
		diag_say(d, DIAG_WARN, NULL,
		    "%s: another nc-notify delivers from it", o->spool);
	} else {
		if (o->mode == NOTIFY_READ)
			read_all(&a);
		while (o->mode == NOTIFY_DAEMON && a.signo == 0 &&
		       once(&a, LOOP_NEVER))
			continue;
		finish(&a);
	}
	status = status_of(&a);
	close_all(&a);
	if (a.failed)
		status = NC_EXIT_FAILED;
	*signo = a.broken ? SIGPIPE : a.signo;
	return status;
}
