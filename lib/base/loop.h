/* SPDX-License-Identifier: MIT */
/*
 * loop: an event loop on poll(2): descriptors, timers on absolute monotonic
 * deadlines, wall-aligned ticks, signals and the end of children, all as
 * callbacks in one thread.  Asleep when nothing is due; due timers run before
 * each descriptor's callback, so a busy descriptor starves nobody, as long as
 * every callback returns after a bounded piece of work.
 *
 * A callback may add and remove anything, itself included, and may stop the
 * loop.  A process has one loop at a time (signals belong to it).
 */
#ifndef NC_BASE_LOOP_H
#define NC_BASE_LOOP_H

#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_fd;
struct loop_timer;
struct loop_tick;

#define LOOP_READ 1u /* readable, or at its end */
#define LOOP_WRITE 2u /* writable, or broken */
#define LOOP_HANGUP 4u /* the other side is gone; told with the others */
#define LOOP_NEVER INT64_MAX

typedef void loop_fd_fn(struct loop *l, int fd, unsigned events, void *arg);
typedef void loop_timer_fn(struct loop *l, void *arg);
typedef void loop_signal_fn(struct loop *l, int signo, void *arg);

/* Owned: loop_free(), which puts the signals back as they were. */
struct loop *loop_new(struct nc_err *e);
void loop_free(struct loop *l); /* NULL is fine */
/* Until loop_stop() or until nothing is left to wait for (signals apart).
 * 0, or -1 when poll(2) fails. */
int loop_run(struct loop *l, struct nc_err *e);
/* One round: waits until something happens, at most until the deadline. */
int loop_once(struct loop *l, int64_t deadline_ns, struct nc_err *e);
void loop_stop(struct loop *l);
/* Monotonic ns when this round's callbacks began. */
int64_t loop_now(const struct loop *l);

/* Borrows fd and arg.  LOOP_HANGUP alone: told of nothing else.  0: paused,
 * told of nothing (a full queue behind it).  Remove it before the descriptor
 * is closed. */
struct loop_fd *loop_fd_add(struct loop *l, int fd, unsigned events,
    loop_fd_fn *fn, void *arg);
void loop_fd_want(struct loop_fd *f, unsigned events);
void loop_fd_remove(struct loop_fd *f); /* NULL is fine */

/* Fires once at deadline_ns (LOOP_NEVER: not armed); may be set again. */
struct loop_timer *loop_timer_add(struct loop *l, int64_t deadline_ns,
    loop_timer_fn *fn, void *arg);
void loop_timer_set(struct loop_timer *t, int64_t deadline_ns);
void loop_timer_remove(struct loop_timer *t); /* NULL is fine */

/* One firing of a tick. */
struct loop_round {
	double scheduled; /* wall time: a multiple of the interval, unless the
			     clock has just been set */
	double late; /* seconds from then until now, never negative */
	uint64_t missed; /* firings skipped since the last one */
	double stepped; /* seconds the wall clock was set by since then (a
			   suspended machine is no step); 0 below 1 s */
};
typedef void loop_tick_fn(struct loop *l, const struct loop_round *r,
    void *arg);
/* Fires at wall-clock multiples of interval_ns, first at the next one.  What
 * was missed is skipped, never made up for. */
struct loop_tick *loop_tick_add(struct loop *l, int64_t interval_ns,
    loop_tick_fn *fn, void *arg);
void loop_tick_remove(struct loop_tick *t); /* NULL is fine */

/* fn is called in the loop, not in the handler.  fn NULL: back to what it
 * was.  Several of one signal may come as one. */
void loop_signal(struct loop *l, int signo, loop_signal_fn *fn, void *arg);

#endif
