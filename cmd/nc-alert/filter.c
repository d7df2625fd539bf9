/* SPDX-License-Identifier: MIT */
/*
 * filter: the loop.  What was told is flushed before the state that knows of
 * it is committed; what operators did is written into the output as it is
 * read, behind the sweep or tick that was the occasion, so that a recording
 * holds all that was gone by.
 */
#include "filter.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/sig.h"
#include "engine.h"
#include "keep.h"
#include "stream/input.h"

/* Seconds between commits: when something changed, and when nothing did; and
 * how many times longer to wait than the last one took. */
#define COMMIT_SOON 1.0
#define COMMIT_IDLE 60.0
#define COMMIT_SHARE 20.0

/* At the end the process gives all of it back in one stroke; to take ten
 * thousand entities apart first is a fifth of a run from cron.  Who looks for
 * leaks wants to see it done. */
#ifdef __SANITIZE_ADDRESS__
#	define TAKE_APART true
#else
#	define TAKE_APART false
#endif

struct filter {
	const struct filter_options *o;
	struct diag *diag;
	struct intern *names;
	struct decoder *decoder; /* of our own ticks, and of actions */
	struct writer *out;
	struct input *in;
	struct frame *alerts, *ticks;
	struct engine *engine;
	struct keep *keep; /* NULL: no state */
	double committed, took; /* when, and seconds */
	bool told; /* something since */
	unsigned long long bad_actions;
	struct nc_err e; /* why output or state failed */
};

/* Alerts go where the passed records go. */
static int
put_alert(void *arg, const char *line, size_t len)
{
	struct filter *f = arg;

	f->told = true;
	if (f->keep != NULL)
		engine_told(f->engine, line, len - 1);
	return writer_line(f->out, line, len, &f->e);
}

/* A line that did not come in: written, then judged like one that did. */
static int
put_judged(struct filter *f, const char *line, size_t len, bool action)
{
	char padded[FRAME_LINE_MAX + RECORD_PADDING] = {0};
	struct record r;
	struct nc_err e;

	if (len > FRAME_LINE_MAX)
		err_set(&e, 0, "longer than %d bytes", FRAME_LINE_MAX);
	else
		memcpy(padded, line, len - 1);
	if (len > FRAME_LINE_MAX ||
	    decoder_line(f->decoder, padded, len - 1, &r, &e) == -1 ||
	    (action && r.kind != RECORD_ACTION)) {
		f->bad_actions++;
		diag_say(f->diag, DIAG_WARN, "actions.ndjson",
		    "a line that is no action (skipped)");
		return 0;
	}
	if (writer_line(f->out, line, len, &f->e) == -1)
		return -1;
	return engine_take(f->engine, &r);
}

static int
put_tick(void *arg, const char *line, size_t len)
{
	return put_judged(arg, line, len, false);
}

static int
put_action(void *arg, const char *line, size_t len)
{
	struct filter *f = arg;

	if (len == 1)
		return 0;
	f->told = true;
	return put_judged(f, line, len, true);
}

static int
commit(struct filter *f)
{
	double begun = clock_mono();

	if (f->keep == NULL)
		return 0;
	if (writer_flush(f->out, &f->e) == -1 ||
	    keep_commit(f->keep, f->engine, f->o->config, f->o->defines,
		&f->e) == -1)
		return -1;
	f->committed = clock_mono();
	f->took = f->committed - begun;
	f->told = false;
	return 0;
}

/* When the next commit is due, on the monotonic clock. */
static double
commit_due(const struct filter *f)
{
	return f->committed + fmax(f->told ? COMMIT_SOON : COMMIT_IDLE,
				  COMMIT_SHARE * f->took);
}

/* A round is over: what operators did meanwhile, and is it time to commit. */
static int
pause_for(struct filter *f)
{
	if (f->keep == NULL)
		return 0;
	if (keep_actions(f->keep, put_action, f, &f->e) == -1)
		return -1;
	return clock_mono() < commit_due(f) ? 0 : commit(f);
}

static int
tick(struct filter *f, double now)
{
	frame_origin(f->ticks, "", "nc-alert");
	frame_clock(f->ticks, floor(now * 1e3) / 1e3, (double)NAN);
	frame_begin(f->ticks, RECORD_TICK, "", (struct span){NULL, 0});
	frame_interval(f->ticks, f->o->tick);
	if (frame_end(f->ticks) == -1 || pause_for(f) == -1)
		return -1;
	return writer_flush(f->out, &f->e);
}

/* Until there is input, a signal, the next tick, or something to commit. */
static int
wait_for(struct filter *f, double tick)
{
	struct pollfd p[2] = {{.fd = input_fd(f->in), .events = POLLIN},
	    {.fd = sig_fd(), .events = POLLIN}};
	double now = clock_mono(),
	       until = f->o->tick > 0 ? tick : (double)INFINITY;
	bool may_commit = f->keep != NULL && f->told;

	if (may_commit && now >= commit_due(f))
		return commit(f);
	if (may_commit)
		until = fmin(until, commit_due(f));
	poll(p, 2,
	    isinf(until)  ? -1
	    : until > now ? (int)ceil((until - now) * 1000)
			  : 0);
	return 0;
}

/* A line about what was counted, asked for by SIGUSR1. */
static void
show_counts(const struct filter *f)
{
	const struct input_counts *in = input_counts(f->in);
	const struct engine_counts *n = engine_counts(f->engine);

	diag_say(f->diag, DIAG_ASKED, NULL,
	    "%llu lines, %llu bad, %llu episodes opened, %llu ended, %llu"
	    " firing",
	    (unsigned long long)in->lines, (unsigned long long)in->bad,
	    (unsigned long long)n->opened, (unsigned long long)n->ended,
	    (unsigned long long)n->firing);
}

/* Signals that do not end us. */
static void
answer(const struct filter *f, const struct sig *sig)
{
	while (sig_take() != 0)
		;
	if (sig->report) {
		sig_clear_report();
		show_counts(f);
	}
	if (sig->reload) {
		sig_clear_reload();
		diag_say(f->diag, DIAG_WARN, f->o->config,
		    "rules are read at the start only");
	}
}

static int
take(struct filter *f, const struct record *r)
{
	if (engine_take(f->engine, r) == -1)
		return -1;
	return r->kind == RECORD_SWEEP || r->kind == RECORD_TICK ? pause_for(f)
								 : 0;
}

/* All records, one after the other.  A status, or -1: output failed. */
static int
judge(struct filter *f, const struct sig *sig)
{
	enum input_status got;
	struct record r;
	struct nc_err e;
	double next = clock_mono() + f->o->tick;

	for (;;) {
		if (sig->stop)
			return NC_EXIT_OK;
		if (sig->report || sig->reload)
			answer(f, sig);
		got = input_next(f->in, f->o->tick <= 0 && f->keep == NULL, &r,
		    &e);
		if (got == INPUT_RECORD && take(f, &r) == -1)
			return -1;
		if (got == INPUT_FAILED) {
			diag_say(f->diag, DIAG_ERROR, NULL, "%s", e.msg);
			return NC_EXIT_FAILED;
		}
		if (got == INPUT_END)
			return NC_EXIT_OK;
		if (!input_pending(f->in) && writer_flush(f->out, &f->e) == -1)
			return -1;
		if (f->o->tick > 0 && clock_mono() >= next) {
			next = clock_mono() + f->o->tick;
			if (tick(f, clock_real()) == -1)
				return -1;
		}
		if (got == INPUT_WAIT && wait_for(f, next) == -1)
			return -1;
	}
}

static int
finish(struct filter *f, int status)
{
	const struct engine_counts *n = engine_counts(f->engine);
	const struct rules *rules = f->o->rules;

	if (status != -1 && commit(f) == -1)
		status = -1;
	if (writer_close(f->out, status == -1 ? NULL : &f->e) == -1)
		status = -1;
	if (status == -1) {
		diag_say(f->diag, DIAG_ERROR, NULL, "%s", f->e.msg);
		return NC_EXIT_FAILED;
	}
	if (rules->needs_ticks && n->ticks == 0 && n->samples > 0)
		diag_say(f->diag, DIAG_WARN, f->o->config,
		    "rules ask for absence and no tick came: use --tick");
	if (rules->needs_analysis && n->analyses == 0 && n->samples > 0)
		diag_say(f->diag, DIAG_WARN, f->o->config,
		    "rules ask for analyses and none came: put nc-analyze"
		    " before");
	if (status == NC_EXIT_OK &&
	    (input_counts(f->in)->bad > 0 || f->bad_actions > 0))
		status = NC_EXIT_PARTIAL;
	if (status == NC_EXIT_OK && f->o->exit_status && n->firing > 0)
		status = NC_EXIT_CONDITION;
	return status;
}

static int
open_state(struct filter *f)
{
	if (f->o->state == NULL)
		return 0;
	if ((f->keep = keep_open(f->o->state, &f->e)) == NULL ||
	    keep_load(f->keep, f->engine, f->diag, &f->e) == -1 ||
	    keep_actions(f->keep, put_action, f, &f->e) == -1)
		return -1;
	f->committed = clock_mono();
	return 0;
}

int
filter_run(const struct filter_options *o, struct diag *diag, int *signo)
{
	struct filter f = {.o = o, .diag = diag};
	struct input_options io = {.files = o->files,
	    .nfiles = o->nfiles,
	    .strict = o->strict,
	    .diag = diag};
	const struct sig *sig = sig_install();
	int status;

	f.names = intern_new(0);
	f.decoder = decoder_new(f.names);
	f.out = writer_open(STDOUT_FILENO, "standard output", WRITER_BATCH);
	f.alerts = frame_new(put_alert, &f);
	f.ticks = frame_new(put_tick, &f);
	f.engine = engine_new(o->rules, f.names, f.alerts);
	io.names = f.names;
	io.pass = o->only ? NULL : f.out;
	f.in = input_open(&io);
	status = open_state(&f) == -1 ? -1 : judge(&f, sig);
	status = finish(&f, status);
	input_close(f.in);
	if (TAKE_APART)
		engine_free(f.engine);
	keep_close(f.keep);
	frame_free(f.ticks);
	frame_free(f.alerts);
	decoder_free(f.decoder);
	intern_free(f.names);
	*signo = sig->stop;
	return status;
}
