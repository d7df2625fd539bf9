/* SPDX-License-Identifier: MIT */
/*
 * process: see process.h.  Every call returns after a bounded piece of work:
 * reads never wait, and a source that prints without end gets its turn with
 * the others.
 */
#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "stream/reader.h"

#define STUCK_MAX 2 /* hanging in the kernel: then no more are started */
#define LINES_TURN 256 /* of one source before others get their turn */
#define LINES_LAST 100000 /* of one that has ended: what its pipe held */

struct process {
	struct loop *loop;
	struct rng *rng;
	const char *name; /* borrowed */
	struct process_events events;
	struct children *children;
	struct child *child; /* NULL: not running */
	struct loop_fd *out_fd, *err_fd;
	struct reader *out, *err;
	struct loop_timer *more; /* whole lines are in memory */
	struct backoff backoff;
	int64_t not_before; /* mono ns */
};

static void
let_go(struct process *p)
{
	loop_fd_remove(p->out_fd);
	loop_fd_remove(p->err_fd);
	p->out_fd = p->err_fd = NULL;
	reader_close(p->out);
	reader_close(p->err);
	p->out = p->err = NULL;
	loop_timer_set(p->more, LOOP_NEVER);
	child_free(p->child);
	p->child = NULL;
}

/*
 * At its end a descriptor would wake us for ever; what follows is told by
 * the end of the process.
 */
static void
take_lines(struct process *p, bool err, size_t most)
{
	struct reader *r = err ? p->err : p->out;
	struct loop_fd **fd = err ? &p->err_fd : &p->out_fd;
	struct span line;
	struct nc_err e;

	while (r != NULL && most-- != 0) {
		switch (reader_next(r, &line, &e)) {
		case READER_LINE:
		case READER_PARTIAL:
			if (err)
				p->events.said(p->events.arg, line);
			else
				p->events.line(p->events.arg, line);
			/* The callback may have stopped it. */
			r = err ? p->err : p->out;
			break;
		case READER_LONG:
			if (!err)
				p->events.line(p->events.arg,
				    (struct span){NULL, 0});
			r = err ? p->err : p->out;
			break;
		case READER_WAIT:
			return;
		default:
			loop_fd_remove(*fd);
			*fd = NULL;
			return;
		}
	}
	if (r != NULL && reader_pending(r))
		loop_timer_set(p->more, clock_mono_ns());
}

static void
read_lines(struct process *p, bool err, size_t most)
{
	take_lines(p, err, most);
	if (p->events.paused != NULL)
		p->events.paused(p->events.arg);
}

static void
read_more(struct loop *l, void *arg)
{
	(void)l;
	read_lines(arg, false, LINES_TURN);
	read_lines(arg, true, LINES_TURN);
}

static void
out_ready(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	read_lines(arg, false, LINES_TURN);
}

static void
err_ready(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	read_lines(arg, true, LINES_TURN);
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct process *p = arg;
	bool good = end->exec_errno == 0 && end->status == 0;
	char how[160] = "ended by itself";

	/* One that was given up, reaped at last. */
	if (c != p->child)
		return;
	read_lines(p, false, LINES_LAST);
	read_lines(p, true, LINES_TURN);
	if (!good)
		child_describe(end, how, sizeof(how));
	let_go(p);
	p->events.ended(p->events.arg, good, how);
}

struct process *
process_new(struct loop *l, struct rng *rng, const char *name,
    const struct process_events *events)
{
	struct process *p = xcalloc(1, sizeof(*p));

	p->loop = l;
	p->rng = rng;
	p->name = name;
	p->events = *events;
	p->children = children_new();
	p->more = loop_timer_add(l, LOOP_NEVER, read_more, p);
	p->backoff = (struct backoff)BACKOFF_RESPAWN;
	return p;
}

void
process_free(struct process *p)
{
	if (p == NULL)
		return;
	let_go(p);
	children_free(p->children);
	loop_timer_remove(p->more);
	free(p);
}

/* Whether one may be started now. */
static int
may_start(struct process *p, struct nc_err *e)
{
	int64_t now = clock_mono_ns();
	size_t stuck;

	children_tend(p->children, now);
	if ((stuck = children_stuck(p->children)) >= STUCK_MAX)
		return err_set(e, 0,
		    "%zu of its processes hang in the kernel, no more are "
		    "started",
		    stuck);
	if (now < p->not_before)
		return err_set(e, EAGAIN, "waits before it is started again");
	return 0;
}

int
process_start(struct process *p, const struct child_options *o,
    struct nc_err *e)
{
	struct child_options mine = *o;

	if (may_start(p, e) == -1)
		return -1;
	mine.on_end = on_end;
	mine.arg = p;
	if ((p->child = child_start(p->children, &mine, e)) == NULL) {
		process_back_off(p);
		return -1;
	}
	p->out = reader_open_fd(child_out(p->child), p->name);
	p->out_fd = loop_fd_add(p->loop, child_out(p->child), LOOP_READ,
	    out_ready, p);
	if (child_err(p->child) != -1) {
		p->err = reader_open_fd(child_err(p->child), p->name);
		p->err_fd = loop_fd_add(p->loop, child_err(p->child), LOOP_READ,
		    err_ready, p);
	}
	return 0;
}

bool
process_running(const struct process *p)
{
	return p->child != NULL;
}

int
process_write(struct process *p, const void *data, size_t len)
{
	ssize_t n;

	if (p->child == NULL || child_in(p->child) == -1)
		return -1;
	while (
	    (n = write(child_in(p->child), data, len)) == -1 && errno == EINTR)
		continue;
	return n == (ssize_t)len ? 0 : -1;
}

void
process_stop(struct process *p)
{
	let_go(p);
}

void
process_back_off(struct process *p)
{
	double s = backoff_next(&p->backoff, rng_uniform(p->rng));

	p->not_before = clock_mono_ns() + clock_ns(s);
}

void
process_went_well(struct process *p)
{
	p->backoff.tries = 0;
}

void
process_tend(struct process *p)
{
	children_tend(p->children, clock_mono_ns());
}
