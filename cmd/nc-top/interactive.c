/* SPDX-License-Identifier: MIT */
/*
 * interactive: the loop of the screen.  Frames come at absolute deadlines or
 * when a key changed something, never more than twenty a second; records are
 * taken in for at most a few milliseconds at a time, so that keys answer
 * whatever pours in; a terminal that does not drain loses frames, not us.
 */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/loop.h"
#include "errand.h"
#include "guard.h"
#include "past.h"
#include "replay.h"
#include "terminal.h"
#include "view.h"

#define DRAIN_NS (5 * CLOCK_NS_PER_S / 1000)
#define KEY_FRAME_NS (CLOCK_NS_PER_S / 20)
#define FIRST_FRAME_NS (9 * CLOCK_NS_PER_S / 100)
#define KEYS_AT_ONCE 64
/* The first rounds are shown when they end: the second one brings rates. */
#define FIRST_ROUNDS 2

struct session {
	struct app *app;
	struct loop *loop;
	struct loop_fd *records;
	struct children *children;
	struct guard *guard;
	struct errand *errand; /* a program run for the person */
	struct past_question question; /* what it was asked for a chart */
	struct term *term;
	int tty; /* keys come from here */
	int watched; /* descriptor of records, -1: none */
	int64_t due, drawn; /* next frame by the clock; last frame */
	bool dirty; /* a key or a signal changed something */
	bool phase; /* the frame clock is to start anew */
	bool mouse; /* is taken */
	struct replay replay;
	struct record held; /* of a recording, not due yet */
	bool holds;
	int64_t wake; /* when held is due */
	unsigned rounds; /* ended, up to FIRST_ROUNDS */
	bool readable, keys, gone, stop, resized;
	int status;
	struct nc_err error;
};

static void
on_records(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l, (void)fd, (void)events;
	((struct session *)arg)->readable = true;
}

static void
on_tty(struct loop *l, int fd, unsigned events, void *arg)
{
	struct session *s = arg;

	(void)l, (void)fd;
	if ((events & LOOP_HANGUP) != 0)
		s->gone = true;
	s->keys = true;
}

static void
on_signal(struct loop *l, int signo, void *arg)
{
	struct session *s = arg;

	(void)l;
	switch (signo) {
	case SIGWINCH:
		s->resized = s->dirty = true;
		break;
	case SIGTSTP:
		s->app->ui.suspend = true;
		break;
	case SIGCONT:
		s->app->ui.redraw = s->dirty = true;
		break;
	case SIGHUP:
		s->gone = true;
		break;
	default:
		s->stop = true;
		break;
	}
}

static void
signals(struct session *s)
{
	static const int all[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGHUP, SIGTERM,
	    SIGINT, SIGQUIT};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		loop_signal(s->loop, all[i], on_signal, s);
	signal(SIGPIPE, SIG_IGN); /* of the guard's pipe, should it be gone */
}

/* Operands may be files, which never wait, and pipes, which do. */
static void
watch_input(struct session *s)
{
	int fd = input_fd(s->app->input);

	if (fd == s->watched)
		return;
	loop_fd_remove(s->records);
	s->records = fd == -1
			 ? NULL
			 : loop_fd_add(s->loop, fd, LOOP_READ, on_records, s);
	s->watched = fd;
}

static void
ended(struct session *s)
{
	struct app *a = s->app;

	a->ui.ended = true;
	if (a->ui.tag == TAG_LIVE || a->ui.tag == TAG_REPLAY)
		a->ui.tag = TAG_ENDED;
	loop_fd_remove(s->records);
	s->records = NULL;
	s->readable = false;
	s->dirty = true;
	if (a->exit_on_end)
		s->stop = true;
}

static double
mono(void)
{
	return clock_mono();
}

/* Whether a record of a recording is for later; then it is held. */
static bool
not_yet(struct session *s, const struct record *r)
{
	double due;

	if (!(s->replay.speed > 0) || (r->has & RECORD_HAS_TS) == 0)
		return false;
	if (!s->replay.begun)
		replay_begin(&s->replay, r->ts, mono());
	due = replay_due(&s->replay, r->ts);
	if (due <= mono())
		return false;
	s->held = *r;
	s->holds = true;
	s->wake = isinf(due) ? INT64_MAX : clock_ns(due);
	s->readable = false;
	return true;
}

static void
take(struct session *s, const struct record *r, double arrived)
{
	app_feed(s->app, r, arrived);
	if (r->kind == RECORD_SWEEP && s->rounds < FIRST_ROUNDS) {
		s->rounds++;
		s->phase = true;
	}
}

/* Takes records in, for a while. */
static void
drain(struct session *s)
{
	struct app *a = s->app;
	int64_t until = clock_mono_ns() + DRAIN_NS;
	double arrived = s->replay.speed > 0 ? (double)NAN : clock_real();
	enum input_status status;
	struct record r;

	if (s->holds) {
		s->holds = false;
		if (not_yet(s, &s->held))
			return;
		take(s, &s->held, arrived);
	}
	for (unsigned n = 1;; n++) {
		status = input_next(a->input, false, &r, &s->error);
		if (status == INPUT_RECORD) {
			if (not_yet(s, &r))
				return;
			take(s, &r, arrived);
			if (n % 16 == 0 && clock_mono_ns() >= until)
				return;
			continue;
		}
		if (status == INPUT_WAIT) {
			s->readable = false;
			s->dirty |= s->drawn == 0;
			watch_input(s);
			return;
		}
		if (status == INPUT_FAILED) {
			s->status = NC_EXIT_FAILED;
			s->stop = true;
		}
		ended(s);
		return;
	}
}

/* The present: the clock while records come, and where they ended after. */
static double
now(const struct session *s)
{
	const struct app *a = s->app;

	if (!isnan(a->now))
		return a->now;
	if (a->ui.ended)
		return model_newest(a->model);
	return s->replay.speed > 0 ? replay_now(&s->replay, mono())
				   : clock_real();
}

/* What the person did to the clock of a recording. */
static void
follow_clock(struct session *s)
{
	struct ui *u = &s->app->ui;

	if (!(s->replay.speed > 0))
		return;
	replay_stand(&s->replay, u->tag == TAG_PAUSED, mono());
	if (u->speed > 0 && u->speed != s->replay.speed)
		replay_speed(&s->replay, u->speed, mono());
	if (!isnan(u->seek))
		replay_seek(&s->replay, u->seek, mono());
	u->seek = NAN;
	if (s->holds)
		s->readable = true; /* to be judged anew */
}

static bool
drains(int fd)
{
	struct pollfd p = {fd, POLLOUT, 0};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

static void
draw(struct session *s)
{
	struct app *a = s->app;
	int width, height;

	s->drawn = clock_mono_ns();
	if (!drains(STDOUT_FILENO)) {
		a->ui.skipped++;
		return; /* stays dirty: tried again at the next deadline */
	}
	if (s->resized || a->grid.cells == NULL) {
		term_size(s->term, &width, &height);
		grid_resize(&a->grid, width, height);
		s->resized = false;
	}
	if (a->ui.redraw)
		term_theme(s->term, a->ui.theme);
	if (a->ui.redraw)
		term_forget(s->term);
	if (a->ui.mouse != s->mouse)
		term_mouse(s->term, s->mouse = a->ui.mouse);
	a->ui.redraw = s->dirty = false;
	model_set_now(a->model, now(s));
	a->ui.bad = input_counts(a->input)->bad;
	a->ui.page = screen_page(&a->ui, a->grid.height);
	a->ui.width = a->grid.width;
	ui_resume(&a->ui, a->model);
	ui_arrange(&a->ui, a->model, clock_mono());
	screen_draw(&a->grid, a->model, &a->ui);
	term_draw(s->term, &a->grid);
	if (a->ui.copy.len != 0) {
		term_send(s->term, buf_span(&a->ui.copy));
		buf_clear(&a->ui.copy);
	}
}

/* The whole job stops, as the shell expects of a pipeline. */
static void
suspend(struct session *s)
{
	s->app->ui.suspend = false;
	term_leave(s->term);
	guard_tell(s->guard, 0);
	loop_signal(s->loop, SIGTSTP, NULL, NULL);
	signal(SIGTSTP, SIG_DFL);
	kill(0, SIGTSTP);
	loop_signal(s->loop, SIGTSTP, on_signal, s);
	guard_tell(s->guard, 1);
	term_enter(s->term);
	s->app->ui.redraw = s->resized = s->dirty = true;
}

static void
read_keys(struct session *s)
{
	struct app *a = s->app;
	uint32_t key;
	int x, y;

	s->keys = false;
	for (int n = 0; n < KEYS_AT_ONCE; n++) {
		if ((key = term_key(s->term)) == KEYC_NONE)
			return;
		model_set_now(a->model, now(s));
		if (key == KEYC_CLICK) {
			term_click(s->term, &x, &y);
			ui_click(&a->ui, x, y);
			s->dirty = true;
			continue;
		}
		ui_key(&a->ui, a->model, key, clock_mono());
		follow_clock(s);
		s->dirty = true;
		if (a->ui.quit || a->ui.suspend)
			return;
	}
	s->keys = true;
}

static void
on_errand(void *arg, const char *text, bool well)
{
	struct session *s = arg;

	deed_told(&s->app->ui, text, well);
	s->dirty = true;
}

/* What was ordered; once it is running nobody orders it again. */
static void
run_errand(struct session *s)
{
	struct ui *u = &s->app->ui;
	struct nc_err e;

	if (u->order.argv == NULL || errand_busy(s->errand))
		return;
	if (errand_run(s->errand, (const char *const *)u->order.argv, on_errand,
		s, &e) == -1)
		deed_told(u, e.msg, false);
}

static void
on_past(void *arg, const char *text, bool well)
{
	struct session *s = arg;

	/* What it could not read it has said; the rest counts. */
	(void)well;
	past_answer(&s->app->ui.chart, &s->question, text);
	past_free(&s->question);
	s->dirty = true;
}

/* What a chart shows and the model has forgotten. */
static void
fetch_past(struct session *s)
{
	struct app *a = s->app;
	struct nc_err e;

	if (a->dir == NULL || a->ui.view->where != WHERE_CHART ||
	    errand_busy(s->errand) ||
	    !past_ask(&a->ui.chart, a->model, a->dir, &s->question))
		return;
	if (errand_run(s->errand, s->question.argv, on_past, s, &e) == -1) {
		ui_say(&a->ui, "%s", e.msg);
		past_free(&s->question);
	}
}

/* When there is something to do next. */
static int64_t
deadline(const struct session *s)
{
	int64_t next = s->due;

	if (s->readable || s->keys)
		return loop_now(s->loop);
	if (s->dirty && s->drawn + KEY_FRAME_NS < next)
		next = s->drawn + KEY_FRAME_NS;
	return s->holds && s->wake < next ? s->wake : next;
}

static int
run(struct session *s)
{
	struct app *a = s->app;
	int64_t step = clock_ns(a->interval), at;

	/* The first frame when what is there at once has been taken in: a
	 * file that is half read has hosts in it that only look silent. */
	s->due = clock_mono_ns() + FIRST_FRAME_NS;
	while (!a->ui.quit && !s->gone && !s->stop) {
		if (loop_once(s->loop, deadline(s), &s->error) == -1)
			return NC_EXIT_FAILED;
		if (s->holds && clock_mono_ns() >= s->wake)
			s->readable = true;
		if (s->readable)
			drain(s);
		if (s->keys)
			read_keys(s);
		run_errand(s);
		fetch_past(s);
		if (a->ui.suspend)
			suspend(s);
		at = clock_mono_ns();
		if (s->phase) { /* frames then follow rounds closely */
			s->due = at + step;
			s->dirty = true;
			s->phase = false;
		}
		if (at >= s->due) {
			draw(s);
			/* Absolute: what was missed is skipped. */
			s->due += step * ((at - s->due) / step + 1);
		} else if (s->dirty && at >= s->drawn + KEY_FRAME_NS)
			draw(s);
	}
	return s->status;
}

static int
open_screen(struct session *s)
{
	struct app *a = s->app;
	struct termios was;
	const char *restore;
	size_t len;

	s->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (s->tty == -1)
		s->tty = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (s->tty == -1 || tcgetattr(s->tty, &was) == -1)
		return err_sys(&s->error, "/dev/tty");
	s->term = term_open(s->tty, STDOUT_FILENO, a->ui.theme, a->color,
	    &s->error);
	if (s->term == NULL)
		return -1;
	restore = term_restore(s->term, &len);
	s->children = children_new();
	s->guard = guard_start(s->children, s->tty, &was, restore, len);
	return 0;
}

static void
close_screen(struct session *s)
{
	guard_end(s->guard);
	children_free(s->children);
	/* A terminal that is gone takes no bytes; ncurses finds out. */
	term_close(s->term);
	if (s->tty != -1)
		close(s->tty);
}

int
interactive_run(struct app *a)
{
	struct session s = {.app = a,
	    .tty = -1,
	    .watched = -1,
	    .readable = true,
	    .status = NC_EXIT_OK};
	struct loop_fd *keys = NULL;
	int status;

	if ((s.loop = loop_new(&s.error)) == NULL)
		return app_failed(a, &s.error);
	signals(&s);
	if (open_screen(&s) == -1) {
		close_screen(&s);
		loop_free(s.loop);
		app_failed(a, &s.error);
		return NC_EXIT_USAGE;
	}
	s.replay.speed = a->ui.speed;
	if (a->ui.speed > 0)
		a->ui.tag = TAG_REPLAY;
	if (!isnan(a->now)) {
		a->ui.tag = TAG_PAUSED;
		model_set_cursor(a->model, a->now);
	}
	keys = loop_fd_add(s.loop, s.tty, LOOP_READ, on_tty, &s);
	s.errand = errand_new(s.loop);
	status = run(&s);
	errand_free(s.errand);
	past_free(&s.question);
	loop_fd_remove(keys);
	loop_fd_remove(s.records);
	close_screen(&s);
	loop_free(s.loop);
	if (status == NC_EXIT_FAILED)
		return app_failed(a, &s.error);
	return status != NC_EXIT_OK ? status : app_status(a);
}
