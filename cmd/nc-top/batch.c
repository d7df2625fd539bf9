/* SPDX-License-Identifier: MIT */
/*
 * batch: frames as text on standard output, driven by the time in the
 * records: a frame after the first round that ends an interval or more after
 * the last frame, and one at the end.  So a recording gives the same frames
 * as the pipe it was recorded from.  The clock draws only when a live input
 * makes no rounds or has fallen silent, since silence is news.
 */
#include "app.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/sig.h"
#include "dump.h"
#include "errand.h"
#include "past.h"
#include "term_text.h"
#include "view.h"

/* Rounds are not perfectly even. */
#define TOLERANCE 0.25

struct batch {
	struct app *app;
	const struct sig *sig;
	struct buf text;
	double due; /* record time of the next frame, NAN: no record yet */
	double told; /* monotonic: last frame, or first record */
	double arrived; /* monotonic: last record */
	long frames;
	int error; /* errno of the write that failed */
	bool fresh; /* records since the last frame */
};

static int
put(struct batch *b)
{
	if (fwrite(b->text.data, 1, b->text.len, stdout) != b->text.len ||
	    fflush(stdout) != 0) {
		b->error = errno;
		return -1;
	}
	buf_clear(&b->text);
	return 0;
}

/* What a chart shows and the model does not remember. */
static void
fetch_past(struct app *a)
{
	struct past_question q;
	struct buf text = {0};

	while (a->dir != NULL && a->ui.view->where == WHERE_CHART &&
	       past_ask(&a->ui.chart, a->model, a->dir, &q)) {
		errand_wait(q.argv, &text);
		buf_addc(&text, '\0');
		past_answer(&a->ui.chart, &q, text.data);
		buf_clear(&text);
		past_free(&q);
	}
	buf_free(&text);
}

static int
frame(struct batch *b, double now)
{
	struct app *a = b->app;

	model_set_now(a->model, now);
	a->ui.bad = input_counts(a->input)->bad;
	a->ui.width = a->width;
	ui_resume(&a->ui, a->model);
	ui_arrange(&a->ui, a->model, 0);
	fetch_past(a);
	grid_resize(&a->grid, a->width,
	    a->height != 0 ? a->height : screen_height(a->model, &a->ui));
	a->ui.page = screen_page(&a->ui, a->grid.height);
	screen_draw(&a->grid, a->model, &a->ui);
	if (b->frames++ != 0)
		buf_addc(&b->text, '\n');
	text_render(&b->text, &a->grid, a->color ? a->ui.theme : NULL);
	b->fresh = false;
	b->due = now + a->interval * (1 - TOLERANCE);
	b->told = clock_mono();
	return put(b);
}

static int
sink(void *arg, const char *line, size_t len)
{
	struct batch *b = arg;

	buf_add(&b->text, line, len);
	return b->text.len < 65536 ? 0 : put(b);
}

/* 1: enough frames. */
static int
take(struct batch *b, const struct record *r)
{
	struct app *a = b->app;

	app_feed(a, r, NAN);
	b->fresh = true;
	b->arrived = clock_mono();
	if ((r->has & RECORD_HAS_TS) == 0 || a->once || !isnan(a->now))
		return 0;
	if (isnan(b->due)) {
		b->due = r->ts + a->interval * (1 - TOLERANCE);
		b->told = b->arrived;
	}
	if (r->kind != RECORD_SWEEP || r->ts < b->due ||
	    model_awaits(a->model, r->ts))
		return 0;
	if (frame(b, r->ts) == -1)
		return -1;
	return a->frames != 0 && b->frames >= a->frames;
}

/* Nothing to read.  Two intervals without a frame: the sources are silent, or
 * make no rounds; the clock draws then. */
static int
wait_input(struct batch *b)
{
	struct app *a = b->app;
	struct pollfd p = {input_fd(a->input), POLLIN, 0};
	double left = b->told + 2 * a->interval - clock_mono();
	bool clocked = !isnan(b->due) && !a->once && isnan(a->now);

	if (clocked && left <= 0) {
		if (frame(b, model_newest(a->model) + clock_mono() -
				 b->arrived) == -1)
			return -1;
		return a->frames != 0 && b->frames >= a->frames;
	}
	if (poll(&p, 1, clocked ? (int)(left * 1000) + 1 : -1) == -1 &&
	    errno != EINTR) {
		b->error = errno;
		return -1;
	}
	return 0;
}

static int
last(struct batch *b)
{
	struct app *a = b->app;
	double now = isnan(a->now) ? model_newest(a->model) : a->now;

	if (a->frames != 0 && b->frames >= a->frames)
		return 0;
	model_set_now(a->model, now);
	ui_resume(&a->ui, a->model);
	if (a->json && a->ui.view != view_at(0)) {
		act_records(&b->text, &a->ui, a->model);
		return put(b);
	}
	if (a->json)
		return dump_model(a->model, sink, b) == -1 ? -1 : put(b);
	/* A recording without records is worth one frame that says so. */
	return b->fresh || b->frames == 0 ? frame(b, now) : 0;
}

int
batch_run(struct app *a)
{
	struct batch b = {.app = a, .due = NAN, .sig = sig_install()};
	enum input_status status = INPUT_WAIT;
	struct record r;
	struct nc_err e;
	int rc = 0;

	a->ui.tag = TAG_AT;
	model_set_cursor(a->model, a->now);
	while (rc == 0 && b.sig->stop == 0) {
		status = input_next(a->input, false, &r, &e);
		if (status == INPUT_RECORD)
			rc = take(&b, &r);
		else if (status == INPUT_WAIT)
			rc = wait_input(&b);
		else
			break;
	}
	a->ui.ended = true;
	if (rc == 0 && b.sig->stop == 0)
		rc = last(&b);
	buf_free(&b.text);
	if (status == INPUT_FAILED)
		return app_failed(a, &e);
	if (rc == -1) {
		diag_say(a->diag, DIAG_ERROR, "standard output", "%s",
		    strerror(b.error));
		clearerr(stdout); /* said: cli_finish() has nothing to add */
		return NC_EXIT_FAILED;
	}
	return app_status(a);
}
