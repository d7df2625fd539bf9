/* SPDX-License-Identifier: MIT */
/*
 * loop: poll(2) over an array of descriptors, a binary heap of timers, and
 * the signal pipe of sig.  What is removed while a round is under way is
 * marked and swept when the round is over.
 */
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"

#define NOT_ARMED SIZE_MAX

struct loop_fd {
	struct loop *loop; /* borrowed */
	int fd;
	unsigned events;
	bool removed;
	loop_fd_fn *fn;
	void *arg;
};

struct loop_timer {
	struct loop *loop; /* borrowed */
	int64_t deadline;
	size_t at; /* place in the heap, or NOT_ARMED */
	loop_timer_fn *fn;
	void *arg;
};

struct loop_watch {
	int signo;
	loop_signal_fn *fn; /* NULL: removed */
	void *arg;
};

struct loop {
	struct loop_fd **fds; /* owned, each owned */
	size_t nfds, cap_fds;
	struct pollfd *polls; /* [0] is the signal pipe; then fds in order */
	struct loop_timer **heap; /* owned; timers belong to who added them */
	size_t nheap, cap_heap;
	struct loop_watch *watches; /* owned */
	size_t nwatches;
	size_t turn; /* rotates who is served first */
	int64_t now;
	bool stopped, removed_any;
};

struct loop *
loop_new(struct nc_err *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->now = clock_mono_ns();
	/* SIGCHLD does nothing by default: watching it is harmless and opens
	 * the pipe, whose absence is better known now. */
	sig_watch(SIGCHLD);
	if (sig_fd() == -1) {
		err_sys(e, "cannot open the signal pipe");
		free(l);
		return NULL;
	}
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->nwatches; i++)
		sig_unwatch(l->watches[i].signo);
	sig_unwatch(SIGCHLD);
	for (size_t i = 0; i < l->nfds; i++)
		free(l->fds[i]);
	while (l->nheap != 0)
		loop_timer_remove(l->heap[0]);
	free(l->fds);
	free(l->polls);
	free(l->heap);
	free(l->watches);
	free(l);
}

int64_t
loop_now(const struct loop *l)
{
	return l->now;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}

/* Descriptors. */

struct loop_fd *
loop_fd_add(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *arg)
{
	struct loop_fd *f = xcalloc(1, sizeof(*f));

	*f = (struct loop_fd){l, fd, events, false, fn, arg};
	if (l->nfds == l->cap_fds) {
		l->cap_fds = l->cap_fds != 0 ? l->cap_fds * 2 : 8;
		l->fds = xreallocarray(l->fds, l->cap_fds, sizeof(*l->fds));
	}
	l->fds[l->nfds++] = f;
	return f;
}

void
loop_fd_want(struct loop_fd *f, unsigned events)
{
	f->events = events;
}

void
loop_fd_remove(struct loop_fd *f)
{
	if (f == NULL)
		return;
	f->removed = true;
	f->loop->removed_any = true;
}

static void
sweep_removed(struct loop *l)
{
	size_t to = 0;

	if (!l->removed_any)
		return;
	for (size_t i = 0; i < l->nfds; i++) {
		if (l->fds[i]->removed)
			free(l->fds[i]);
		else
			l->fds[to++] = l->fds[i];
	}
	l->nfds = to;
	l->removed_any = false;
}

/* Timers: a binary heap, the earliest first. */

static void
heap_put(struct loop *l, struct loop_timer *t, size_t at)
{
	l->heap[at] = t;
	t->at = at;
}

static void
heap_up(struct loop *l, struct loop_timer *t, size_t at)
{
	size_t up;

	while (at != 0) {
		up = (at - 1) / 2;
		if (l->heap[up]->deadline <= t->deadline)
			break;
		heap_put(l, l->heap[up], at);
		at = up;
	}
	heap_put(l, t, at);
}

static void
heap_down(struct loop *l, struct loop_timer *t, size_t at)
{
	size_t down;

	while ((down = 2 * at + 1) < l->nheap) {
		if (down + 1 < l->nheap &&
		    l->heap[down + 1]->deadline < l->heap[down]->deadline)
			down++;
		if (t->deadline <= l->heap[down]->deadline)
			break;
		heap_put(l, l->heap[down], at);
		at = down;
	}
	heap_put(l, t, at);
}

static void
disarm(struct loop_timer *t)
{
	struct loop *l = t->loop;
	struct loop_timer *last;
	size_t at = t->at;

	if (at == NOT_ARMED)
		return;
	t->at = NOT_ARMED;
	last = l->heap[--l->nheap];
	if (last == t)
		return;
	if (at != 0 && l->heap[(at - 1) / 2]->deadline > last->deadline)
		heap_up(l, last, at);
	else
		heap_down(l, last, at);
}

void
loop_timer_set(struct loop_timer *t, int64_t deadline_ns)
{
	struct loop *l = t->loop;

	disarm(t);
	t->deadline = deadline_ns;
	if (deadline_ns == LOOP_NEVER)
		return;
	if (l->nheap == l->cap_heap) {
		l->cap_heap = l->cap_heap != 0 ? l->cap_heap * 2 : 8;
		l->heap = xreallocarray(l->heap, l->cap_heap, sizeof(*l->heap));
	}
	heap_up(l, t, l->nheap++);
}

struct loop_timer *
loop_timer_add(struct loop *l, int64_t deadline_ns, loop_timer_fn *fn,
    void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	*t = (struct loop_timer){l, LOOP_NEVER, NOT_ARMED, fn, arg};
	loop_timer_set(t, deadline_ns);
	return t;
}

void
loop_timer_remove(struct loop_timer *t)
{
	if (t == NULL)
		return;
	disarm(t);
	free(t);
}

/* Fires what is due; one that sets itself again at once waits for the next
 * round, so that timers starve nobody either. */
static void
run_timers(struct loop *l)
{
	size_t most = l->nheap;
	struct loop_timer *t;

	while (most-- != 0 && l->nheap != 0 && !l->stopped) {
		t = l->heap[0];
		if (t->deadline > l->now)
			break;
		disarm(t);
		t->fn(l, t->arg);
	}
}

/* Signals. */

static struct loop_watch *
find_watch(struct loop *l, int signo)
{
	for (size_t i = 0; i < l->nwatches; i++)
		if (l->watches[i].signo == signo)
			return &l->watches[i];
	return NULL;
}

void
loop_signal(struct loop *l, int signo, loop_signal_fn *fn, void *arg)
{
	struct loop_watch *w = find_watch(l, signo);

	if (w == NULL) {
		l->watches = xreallocarray(l->watches, l->nwatches + 1,
		    sizeof(*l->watches));
		w = &l->watches[l->nwatches++];
	}
	*w = (struct loop_watch){signo, fn, arg};
	if (fn != NULL)
		sig_watch(signo);
	else if (signo != SIGCHLD)
		sig_unwatch(signo);
}

static void
run_signals(struct loop *l)
{
	struct loop_watch *w;
	int signo;

	while (!l->stopped && (signo = sig_take()) != 0)
		if ((w = find_watch(l, signo)) != NULL && w->fn != NULL)
			w->fn(l, signo, w->arg);
}

/* One round. */

static short
poll_events(unsigned events)
{
	return (short)((events & LOOP_READ ? POLLIN : 0) |
		       (events & LOOP_WRITE ? POLLOUT : 0));
}

/* A hang-up or an error makes a reader read and a writer write: the call
 * then says what is wrong. */
static unsigned
told_events(short revents, unsigned wanted)
{
	unsigned told = 0;

	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		told = LOOP_HANGUP | (wanted & (LOOP_READ | LOOP_WRITE));
	if (revents & POLLIN)
		told |= LOOP_READ;
	if (revents & POLLOUT)
		told |= LOOP_WRITE;
	return told;
}

static int
wait_round(struct loop *l, int64_t until, struct nc_err *e)
{
	struct timespec t = {0};
	struct loop_fd *f;
	int64_t left;
	int n;

	l->polls = xreallocarray(l->polls, l->nfds + 1, sizeof(*l->polls));
	l->polls[0] = (struct pollfd){.fd = sig_fd(), .events = POLLIN};
	for (size_t i = 0; i < l->nfds; i++) {
		f = l->fds[i];
		l->polls[i + 1] = (struct pollfd){
		    .fd = f->events != 0 ? f->fd : -1,
		    .events = poll_events(f->events),
		};
	}
	if ((left = until - clock_mono_ns()) > 0 && until != LOOP_NEVER) {
		t.tv_sec = (time_t)(left / CLOCK_NS_PER_S);
		t.tv_nsec = (long)(left % CLOCK_NS_PER_S);
	}
	n = ppoll(l->polls, (nfds_t)l->nfds + 1,
	    until != LOOP_NEVER ? &t : NULL, NULL);
	if (n == -1 && errno != EINTR)
		return err_sys(e, "poll");
	if (n == -1)
		for (size_t i = 0; i <= l->nfds; i++)
			l->polls[i].revents = 0;
	l->now = clock_mono_ns();
	return 0;
}

static void
run_fds(struct loop *l, size_t polled)
{
	struct loop_fd *f;
	unsigned told;
	size_t i;

	for (size_t k = 0; k < polled && !l->stopped; k++) {
		i = (l->turn + k) % polled;
		f = l->fds[i];
		if (f->removed || l->polls[i + 1].revents == 0)
			continue;
		/* A callback since may have paused it. */
		told = told_events(l->polls[i + 1].revents, f->events) &
		       (f->events | LOOP_HANGUP);
		if (f->events == 0 || told == 0)
			continue;
		f->fn(l, f->fd, told, f->arg);
		l->now = clock_mono_ns();
		run_timers(l);
	}
	l->turn = polled != 0 ? (l->turn + 1) % polled : 0;
}

int
loop_once(struct loop *l, int64_t deadline_ns, struct nc_err *e)
{
	size_t polled;

	l->stopped = false;
	sweep_removed(l);
	if (l->nheap != 0 && l->heap[0]->deadline < deadline_ns)
		deadline_ns = l->heap[0]->deadline;
	polled = l->nfds;
	if (wait_round(l, deadline_ns, e) == -1)
		return -1;
	run_timers(l);
	if (l->polls[0].revents != 0)
		run_signals(l);
	run_fds(l, polled);
	sweep_removed(l);
	return 0;
}

int
loop_run(struct loop *l, struct nc_err *e)
{
	l->stopped = false;
	sweep_removed(l);
	while (!l->stopped && (l->nfds != 0 || l->nheap != 0))
		if (loop_once(l, LOOP_NEVER, e) == -1)
			return -1;
	return 0;
}
