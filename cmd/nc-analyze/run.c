/* SPDX-License-Identifier: MIT */
/*
 * run: one thread, one loop.  Records are passed on before what they cause;
 * what was written is flushed before the state that knows of it is saved.
 */
#include "run.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/exitcode.h"
#include "base/lock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/self.h"
#include "hold.h"
#include "stream/input.h"

#define PIECE 1024 /* records between looks at the loop */
#define MAGIC "nc-analyze"
#define VERSION 1
#define STATE_MAX ((size_t)1 << 34)
#define LOCK_SECONDS 10.0

struct runner {
	const struct run_options *o;
	struct diag *diag;
	struct loop *loop;
	struct input *in;
	struct loop_fd *watch;
	struct loop_timer *save, *self;
	struct loop_tick *tick;
	struct writer *out;
	struct frame *frame;
	struct flow *flow;
	struct hold *hold; /* NULL: no --lateness */
	struct lock *lock;
	bool ended, failed;
	bool keep; /* the state file is ours to replace */
	int signo;
};

static void
fail(struct runner *r, const struct nc_err *e)
{
	if (!r->failed)
		diag_say(r->diag, DIAG_ERROR, NULL, "%s", e->msg);
	r->failed = r->ended = true;
}

static int
own_line(void *arg, const char *line, size_t len)
{
	struct runner *r = arg;
	struct nc_err e;

	if (writer_line(r->out, line, len, &e) == -1)
		fail(r, &e);
	return 0;
}

/* --- state ------------------------------------------------------------------- */

static void
save_state(struct runner *r)
{
	struct buf b = {0};
	struct nc_err e;

	if (!r->keep || r->failed)
		return;
	if (writer_flush(r->out, &e) == -1) {
		fail(r, &e);
		return;
	}
	pack_f64(&b, r->o->lateness);
	if (r->hold != NULL)
		hold_save(r->hold, &b);
	flow_save(r->flow, &b);
	if (checked_write(r->o->state, MAGIC, VERSION, buf_span(&b), &e) == -1)
		fail(r, &e);
	buf_free(&b);
}

static int
unpack(struct runner *r, struct pack_in *u, struct nc_err *e)
{
	if (pack_get_f64(u) != r->o->lateness ||
	    (r->hold != NULL && !hold_load(r->hold, u)))
		return err_set(e, 0, "made with another --lateness");
	return flow_load(r->flow, u, e);
}

static int
load_state(struct runner *r, struct nc_err *e)
{
	struct buf b = {0};
	struct pack_in u;
	unsigned found;
	char *path;
	int rc = 0;

	if (r->o->state == NULL)
		return 0;
	path = xasprintf("%s.lock", r->o->state);
	r->lock = lock_take(path, "nc-analyze", LOCK_SECONDS, e);
	free(path);
	if (r->lock == NULL)
		return -1;
	switch (checked_read(r->o->state, MAGIC, VERSION, STATE_MAX, &b, &found,
	    e)) {
	case CHECKED_GOOD:
		u = (struct pack_in){.in = buf_span(&b)};
		if ((rc = unpack(r, &u, e)) == -1)
			err_where(e, "%s", r->o->state);
		break;
	case CHECKED_ABSENT:
		break;
	case CHECKED_CORRUPT:
		diag_say(r->diag, DIAG_ERROR, NULL, "%s", e->msg);
		break;
	default:
		rc = -1;
	}
	buf_free(&b);
	r->keep = rc == 0;
	return rc;
}

static void
on_save(struct loop *l, void *arg)
{
	struct runner *r = arg;

	save_state(r);
	loop_timer_set(r->save, loop_now(l) + clock_ns(r->o->save));
}

static void
take_in_order(void *arg, const struct record *rec)
{
	struct runner *r = arg;

	flow_take(r->flow, rec);
}

static void
take(struct runner *r, const struct record *rec)
{
	if (r->hold != NULL)
		hold_record(r->hold, rec);
	else
		flow_take(r->flow, rec);
}

/* --- time that passes --------------------------------------------------------- */

static void
on_tick(struct loop *l, const struct loop_round *round, void *arg)
{
	struct runner *r = arg;
	struct record tick = {.kind = RECORD_TICK,
	    .has = RECORD_HAS_TS,
	    .ts = floor(round->scheduled * 1e3) / 1e3};
	struct nc_err e;

	(void)l;
	frame_origin(r->frame, "", FLOW_SOURCE);
	frame_clock(r->frame, tick.ts, (double)NAN);
	frame_begin(r->frame, RECORD_TICK, "", (struct span){0});
	frame_interval(r->frame, r->o->tick);
	frame_end(r->frame);
	take(r, &tick);
	if (writer_flush(r->out, &e) == -1)
		fail(r, &e);
}

static void
on_self(struct loop *l, void *arg)
{
	struct runner *r = arg;
	const struct input_counts *in = input_counts(r->in);
	struct flow_counts counts = flow_counts(r->flow);
	struct frame *f = r->frame;
	struct self_usage u;
	struct nc_err e;

	self_usage(&u);
	frame_origin(f, r->o->host, FLOW_SOURCE);
	frame_clock(f, floor(clock_real() * 1e3) / 1e3, clock_boot());
	frame_begin(f, RECORD_SAMPLE, "collector", span_of(FLOW_SOURCE));
	frame_interval(f, r->o->self);
	frame_value_u64(f, "lines_total", in->lines);
	frame_value_u64(f, "bad_lines_total", in->bad);
	frame_value_u64(f, "drops_total", counts.late + counts.evicted);
	frame_value_u64(f, "series", flow_series(r->flow));
	frame_value(f, "cpu_seconds_total", u.cpu_seconds);
	frame_value_u64(f, "mem_rss_bytes", u.rss_bytes);
	frame_end(f);
	if (writer_flush(r->out, &e) == -1)
		fail(r, &e);
	loop_timer_set(r->self, loop_now(l) + clock_ns(r->o->self));
}

/* --- records -------------------------------------------------------------------- */

/* Up to so many records; false when there is nothing to read now. */
static bool
pump(struct runner *r)
{
	struct record rec;
	struct nc_err e = {0};

	for (int i = 0; i < PIECE && !r->ended; i++) {
		switch (input_next(r->in, false, &rec, &e)) {
		case INPUT_RECORD:
			if ((rec.has & RECORD_NEWER_VERSION) == 0)
				take(r, &rec);
			break;
		case INPUT_WAIT:
			if (writer_flush(r->out, &e) == -1)
				fail(r, &e);
			return false;
		case INPUT_END:
			r->ended = true;
			return false;
		case INPUT_FAILED:
			fail(r, &e);
			return false;
		}
	}
	return true;
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
on_signal(struct loop *l, int signo, void *arg)
{
	struct runner *r = arg;
	const struct input_counts *in = input_counts(r->in);
	struct flow_counts counts = flow_counts(r->flow);

	(void)l;
	if (signo != SIGUSR1) {
		r->signo = signo;
		r->ended = true;
		return;
	}
	diag_say(r->diag, DIAG_ASKED, NULL,
	    "%llu lines, %llu bad, %zu series, %llu values, %llu late, "
	    "%llu series forgotten",
	    (unsigned long long)in->lines, (unsigned long long)in->bad,
	    flow_series(r->flow), (unsigned long long)counts.values,
	    (unsigned long long)counts.late,
	    (unsigned long long)counts.evicted);
}

/* The descriptor changes from one operand to the next. */
static void
watch_input(struct runner *r, int *watched)
{
	int fd = input_fd(r->in);

	if (fd == *watched)
		return;
	loop_fd_remove(r->watch);
	r->watch = fd == -1 ? NULL
			    : loop_fd_add(r->loop, fd, LOOP_READ, on_input, r);
	*watched = fd;
}

static void
work(struct runner *r)
{
	struct nc_err e;
	int watched = -1;
	bool more = true;

	while (!r->ended) {
		if (more)
			more = pump(r);
		if (r->ended)
			break;
		watch_input(r, &watched);
		/* A file never waits; a pipe says when to go on. */
		if (watched == -1)
			more = true;
		if (loop_once(r->loop, more ? 0 : LOOP_NEVER, &e) == -1)
			fail(r, &e);
		more = more || input_pending(r->in);
	}
}

static int
begin(struct runner *r, run_make *make, void *arg, struct intern *names,
    struct nc_err *e)
{
	struct input_options io = {.files = r->o->files,
	    .nfiles = r->o->nfiles,
	    .strict = r->o->strict,
	    .names = names,
	    .diag = r->diag};
	int64_t now = clock_mono_ns();

	r->out = writer_open(STDOUT_FILENO, "standard output", WRITER_BATCH);
	r->frame = frame_new(own_line, r);
	if (r->o->lateness > 0)
		r->hold = hold_new(r->o->lateness, names, take_in_order, r);
	if ((r->flow = make(arg, r->frame, e)) == NULL ||
	    load_state(r, e) == -1 || (r->loop = loop_new(e)) == NULL)
		return -1;
	io.pass = r->o->only ? NULL : r->out;
	r->in = input_open(&io);
	loop_signal(r->loop, SIGTERM, on_signal, r);
	loop_signal(r->loop, SIGINT, on_signal, r);
	loop_signal(r->loop, SIGUSR1, on_signal, r);
	if (r->keep)
		r->save = loop_timer_add(r->loop, now + clock_ns(r->o->save),
		    on_save, r);
	if (r->o->self > 0)
		r->self = loop_timer_add(r->loop, now + clock_ns(r->o->self),
		    on_self, r);
	if (r->o->tick > 0)
		r->tick = loop_tick_add(r->loop, clock_ns(r->o->tick), on_tick,
		    r);
	return 0;
}

int
run(const struct run_options *o, run_make *make, void *arg,
    struct intern *names, struct diag *d, int *signo)
{
	struct runner r = {.o = o, .diag = d};
	struct nc_err e = {0};
	bool bad = false, found = false;

	if (begin(&r, make, arg, names, &e) == -1) {
		fail(&r, &e);
	} else {
		work(&r);
		/* What a state keeps is for the next run to take up. */
		if (!r.failed && r.hold != NULL && o->state == NULL)
			hold_release(r.hold);
		if (!r.failed && r.signo == 0)
			flow_finish(r.flow);
		save_state(&r);
		found = flow_counts(r.flow).found != 0;
		bad = input_counts(r.in)->bad != 0 ||
		      flow_counts(r.flow).late != 0;
	}
	if (writer_close(r.out, &e) == -1)
		fail(&r, &e);
	input_close(r.in);
	hold_free(r.hold);
	flow_free(r.flow);
	frame_free(r.frame);
	loop_tick_remove(r.tick);
	loop_free(r.loop);
	lock_free(r.lock);
	*signo = r.signo;
	if (r.failed)
		return NC_EXIT_FAILED;
	if (bad)
		return NC_EXIT_PARTIAL;
	return found && o->tell_found ? NC_EXIT_CONDITION : NC_EXIT_OK;
}
