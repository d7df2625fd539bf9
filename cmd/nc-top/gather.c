/* SPDX-License-Identifier: MIT */
/* gather: a child with a loop of its own; a pipe a program, one pipe out. */
#include "gather.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "stream/frame.h"
#include "stream/reader.h"
#include "stream/record.h"

#define OUT_BYTES ((size_t)64 * 1024)
#define LINES_AT_ONCE 256
/* Records of a store come late by what its writer holds back. */
#define OVERLAP_SECONDS 60.0
/* A connection that lasted that long was a good one. */
#define GOOD_SECONDS 60.0

struct gather {
	struct children *children;
	struct child *child;
};

/* What the child works with. */
struct work {
	const struct provider *providers;
	size_t n, alive; /* providers that will still say something */
	struct line *lines;
	struct loop *loop;
	struct loop_timer *tend;
	struct children *children;
	struct frame *frame; /* events of our own */
	struct rng random;
	struct buf out;
};

/* One provider's program, and our end of it. */
struct line {
	struct work *w;
	const struct provider *provider;
	struct child *child;
	struct reader *reader, *errors;
	struct loop_fd *watch, *watch_errors;
	struct loop_timer *start;
	struct backoff backoff;
	char *host; /* as its records say; at first as its name says */
	char why[200]; /* the last it said on standard error */
	char told[320]; /* the last reason that was told */
	double started; /* wall clock */
	bool up; /* a record has come since it was started */
};

static int
put(void *arg, const char *p, size_t len)
{
	struct work *w = arg;

	buf_add(&w->out, p, len);
	return 0;
}

/* The one who reads us may take its time: that is what a pipe is for. */
static void
flush(struct work *w)
{
	size_t at = 0;
	ssize_t n;

	while (at < w->out.len) {
		n = write(STDOUT_FILENO, w->out.data + at, w->out.len - at);
		if (n == -1 && errno != EINTR)
			_exit(1); /* nobody reads */
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&w->out);
}

static void
tell(struct line *l, const char *event, const char *detail)
{
	struct work *w = l->w;

	frame_origin(w->frame, l->host, "nc-top");
	frame_clock(w->frame, clock_real(), (double)NAN);
	if (l->provider->again != 0) { /* no word about a machine */
		frame_begin(w->frame, RECORD_ERROR, "", (struct span){0});
		frame_text(w->frame, "code", span_of("provider"));
		frame_text(w->frame, "message", span_of(detail));
		frame_end(w->frame);
		return;
	}
	frame_begin(w->frame, RECORD_EVENT, "host", span_of(l->host));
	frame_label(w->frame, "provider", span_of(l->provider->name));
	frame_text(w->frame, "event", span_of(event));
	if (*detail != '\0')
		frame_text(w->frame, "detail", span_of(detail));
	frame_end(w->frame);
}

/* The first record says which host it is that answers here. */
static void
look(struct line *l, struct span text)
{
	struct intern *names = intern_new(0);
	struct decoder *d = decoder_new(names);
	struct record r;

	if (decoder_line(d, text.p, text.len, &r, NULL) == 0 &&
	    r.host.len != 0) {
		if (!span_is(r.host, l->host)) {
			/* What was told went under a name it does not have. */
			if (l->told[0] != '\0' && l->provider->again == 0)
				tell(l, "gone", "");
			free(l->host);
			l->host = xmemdup0(r.host.p, r.host.len);
		}
		l->up = true;
		l->told[0] = '\0';
		if (l->provider->again == 0)
			tell(l, "connected", "");
	}
	decoder_free(d);
	intern_free(names);
}

/* Some lines on their way; READER_LINE: there may be more at once. */
static enum reader_status
pass_on(struct line *l)
{
	struct work *w = l->w;
	enum reader_status status = READER_LINE;
	struct nc_err e;
	struct span text;

	for (int i = 0; i < LINES_AT_ONCE; i++) {
		status = reader_next(l->reader, &text, &e);
		if (status == READER_LONG)
			continue;
		if (status != READER_LINE)
			break;
		if (!l->up)
			look(l, text);
		buf_add(&w->out, text.p, text.len);
		buf_addc(&w->out, '\n');
		if (w->out.len >= OUT_BYTES)
			flush(w);
	}
	flush(w);
	/* Half a line is what a broken connection leaves: no record. */
	if (status == READER_END || status == READER_FAILED ||
	    status == READER_PARTIAL) {
		loop_fd_remove(l->watch);
		l->watch = NULL;
	}
	return status;
}

static void
on_lines(struct loop *loop, int fd, unsigned events, void *arg)
{
	(void)loop, (void)fd, (void)events;
	pass_on(arg);
}

static void
on_errors(struct loop *loop, int fd, unsigned events, void *arg)
{
	struct line *l = arg;
	enum reader_status status;
	struct nc_err e;
	struct span text;

	(void)loop, (void)fd, (void)events;
	while ((status = reader_next(l->errors, &text, &e)) == READER_LINE ||
	       status == READER_PARTIAL)
		if (text.len != 0)
			str_copy(l->why, sizeof(l->why), text);
	if (status != READER_WAIT) {
		loop_fd_remove(l->watch_errors);
		l->watch_errors = NULL;
	}
}

static void
hang_up(struct line *l)
{
	loop_fd_remove(l->watch);
	loop_fd_remove(l->watch_errors);
	l->watch = l->watch_errors = NULL;
	reader_close(l->reader);
	reader_close(l->errors);
	l->reader = l->errors = NULL;
	child_free(l->child);
	l->child = NULL;
}

/* When it is to run again; false: never. */
static bool
schedule(struct line *l, bool well)
{
	struct work *w = l->w;
	double lasted = clock_real() - l->started, wait;

	if (isinf(l->provider->again))
		return false;
	if (l->provider->again != 0 && well)
		wait = l->provider->again - lasted;
	else {
		if (l->up && lasted > GOOD_SECONDS)
			l->backoff.tries = 0;
		wait = backoff_next(&l->backoff, rng_uniform(&w->random));
	}
	loop_timer_set(l->start,
	    clock_mono_ns() + clock_ns(wait > 0 ? wait : 0));
	return true;
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct line *l = arg;
	struct work *w = l->w;
	bool well = end->exec_errno == 0 && end->status == 0;
	char how[100], why[sizeof(l->told)];

	(void)c;
	/* What it still had to say. */
	if (l->watch_errors != NULL)
		on_errors(w->loop, -1, 0, l);
	while (l->watch != NULL && pass_on(l) == READER_LINE)
		;
	child_describe(end, how, sizeof(how));
	snprintf(why, sizeof(why), "%s%s%s", how, l->why[0] != '\0' ? ": " : "",
	    l->why);
	/* Once a reason, not once a try.  A poll that went well is no news. */
	if ((l->provider->again == 0 || !well) && strcmp(why, l->told) != 0) {
		tell(l, "disconnected", why);
		flush(w);
		str_copy(l->told, sizeof(l->told), span_of(why));
	}
	hang_up(l);
	if (!schedule(l, well))
		w->alive--;
	l->up = l->up && l->provider->again != 0;
}

static void
start(struct loop *loop, void *arg)
{
	struct line *l = arg;
	struct work *w = l->w;
	const struct provider *f = l->provider;
	const char **argv;
	double now = clock_real(), from;
	char since[40];
	struct nc_err e;
	size_t n = 0;

	while (f->argv[n] != NULL)
		n++;
	argv = xcalloc(n + 1, sizeof(*argv));
	memcpy(argv, f->argv, n * sizeof(*argv));
	from = l->started > 0 ? l->started - OVERLAP_SECONDS : now - f->back;
	snprintf(since, sizeof(since), "@%.0f", floor(from));
	if (f->from != 0)
		argv[f->from] = since;
	l->started = now;
	l->why[0] = '\0';
	l->child = child_start(w->children,
	    &(struct child_options){.argv = argv,
		/* Who runs it once reads what it says. */
		.pipe_err = !isinf(l->provider->again),
		.on_end = on_end,
		.arg = l},
	    &e);
	free(argv);
	if (l->child == NULL) {
		str_copy(l->why, sizeof(l->why), span_of(e.msg));
		on_end(NULL, &(struct child_end){.exec_errno = EAGAIN}, l);
		return;
	}
	l->reader = reader_open_fd(child_out(l->child), f->name);
	l->watch = loop_fd_add(loop, child_out(l->child), LOOP_READ, on_lines,
	    l);
	if (child_err(l->child) == -1)
		return;
	l->errors = reader_open_fd(child_err(l->child), f->name);
	l->watch_errors = loop_fd_add(loop, child_err(l->child), LOOP_READ,
	    on_errors, l);
}

static void
tend(struct loop *loop, void *arg)
{
	struct work *w = arg;
	int64_t next = children_tend(w->children, loop_now(loop));

	loop_timer_set(w->tend, next == INT64_MAX ? LOOP_NEVER : next);
}

static void
on_child(struct loop *loop, int signo, void *arg)
{
	(void)signo;
	tend(loop, arg);
}

/* The child's whole life. */
static int
work(void *arg)
{
	struct work *w = arg;
	struct line *l;
	struct nc_err e;
	size_t i;

	if ((w->loop = loop_new(&e)) == NULL)
		return 1;
	w->children = children_new();
	w->frame = frame_new(put, w);
	rng_seed(&w->random, (uint64_t)clock_mono_ns());
	w->tend = loop_timer_add(w->loop, LOOP_NEVER, tend, w);
	loop_signal(w->loop, SIGCHLD, on_child, w);
	w->lines = xcalloc(w->n, sizeof(*w->lines));
	w->alive = w->n;
	for (i = 0; i < w->n; i++) {
		l = &w->lines[i];
		*l = (struct line){.w = w,
		    .provider = &w->providers[i],
		    .host = xstrdup(w->providers[i].host),
		    .backoff = {.base = 1, .cap = 30}};
		l->start = loop_timer_add(w->loop, 0, start, l);
	}
	while (w->alive != 0 && loop_once(w->loop, LOOP_NEVER, &e) == 0)
		;
	flush(w);
	for (i = 0; i < w->n; i++) {
		hang_up(&w->lines[i]);
		loop_timer_remove(w->lines[i].start);
		free(w->lines[i].host);
	}
	free(w->lines);
	frame_free(w->frame);
	children_free(w->children);
	loop_timer_remove(w->tend);
	loop_free(w->loop);
	buf_free(&w->out);
	return 0;
}

struct gather *
gather_start(const struct provider *providers, size_t n, struct nc_err *e)
{
	struct work w = {.providers = providers, .n = n};
	struct gather *g = xcalloc(1, sizeof(*g));
	int flags;

	g->children = children_new();
	g->child = child_start(g->children,
	    &(struct child_options){.run = work, .run_arg = &w}, e);
	if (g->child == NULL || dup2(child_out(g->child), STDIN_FILENO) == -1) {
		if (g->child != NULL)
			err_sys(e, "dup2");
		gather_end(g);
		return NULL;
	}
	if ((flags = fcntl(STDIN_FILENO, F_GETFL)) != -1)
		fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
	child_close(g->child, child_out(g->child));
	return g;
}

void
gather_end(struct gather *g)
{
	if (g == NULL)
		return;
	child_free(g->child);
	children_free(g->children);
	free(g);
}
