/* SPDX-License-Identifier: MIT */
/*
 * ask: a table of questions in shared memory, one child that goes through it
 * each round, and children left behind with a question that hangs.  Never
 * waits for a question known to hang; never keeps more than LONE_MAX children
 * behind.
 */
#include "host/ask.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "base/str.h"

/* More than this many dead servers at once are probed in turn. */
#define LONE_MAX 8
/* Those, the one that goes through the table, and one to spare. */
#define WORKERS (LONE_MAX + 2)
/* Seconds until a question whose child had to be given up is put again. */
#define RETRY 60
/* Answers slower than this are asked for by a child of their own. */
#define SLOW 0.005

struct question {
	/* Set by the parent before the child may look. */
	_Atomic bool used; /* to be asked by the child of all */
	enum ask_kind kind;
	uint64_t dev;
	char path[ASK_PATH];
	/* Set by a child: the round it was asked in and answered for. */
	_Atomic uint32_t asked, answered;
	double asked_at, answered_at; /* monotonic */
	struct ask_answer answer;
};

struct table {
	_Atomic uint32_t stop[WORKERS]; /* by worker: put no other */
	struct question q[ASK_MAX];
};

/* What a child is sent. */
struct order {
	uint32_t round, first, last;
	uint32_t lone; /* this one question, whatever else holds */
};

struct worker {
	struct child *child; /* NULL: free */
	struct table *table;
	int fd, childs_fd; /* two ends of a socket */
	size_t number; /* its word in table.stop */
	size_t lone; /* the question it was left behind with, or ASK_NONE */
	uint32_t round; /* of its last order */
	bool busy; /* has an order it has not answered */
};

struct ask {
	struct table *table;
	struct children *children;
	struct worker workers[WORKERS];
	size_t main; /* who goes through the table, or ASK_NONE */
	size_t top; /* questions in use are below */
	uint32_t round;
	/* By question, the parent's own. */
	bool exists[ASK_MAX];
	bool held[ASK_MAX]; /* a lone child is at it */
	bool removed[ASK_MAX]; /* to be freed when the child is done */
	uint32_t taken[ASK_MAX];
	double retry[ASK_MAX]; /* monotonic; 0: none */
	/* Answers of lone children, who have been asked again since. */
	bool is_late[ASK_MAX];
	struct ask_answer late[ASK_MAX];
};

static double
seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
read_small(const char *path, char *to, size_t size)
{
	ssize_t n;
	int error, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno;
	n = read(fd, to, size - 1);
	error = errno;
	close(fd);
	if (n == -1)
		return error;
	to[n] = '\0';
	return 0;
}

static void
put_question(struct question *q)
{
	struct ask_answer a = {.error = 0};
	struct stat st;

	switch (q->kind) {
	case ASK_STATVFS_OF:
		if (stat(q->path, &st) == -1)
			a.error = errno;
		else if ((uint64_t)st.st_dev != q->dev)
			a.error = ENODEV;
		if (a.error != 0)
			break;
		__attribute__((fallthrough));
	case ASK_STATVFS:
		if (statvfs(q->path, &a.fs) == -1)
			a.error = errno;
		break;
	case ASK_READ:
		a.error = read_small(q->path, a.text, sizeof(a.text));
		break;
	}
	a.ts = seconds_of(CLOCK_REALTIME);
	a.up = seconds_of(CLOCK_BOOTTIME);
	q->answer = a;
	q->answered_at = seconds_of(CLOCK_MONOTONIC);
}

/* The child.  Where the parent gave up waiting it says stop, and the question
 * in hand is the last one. */
static void
obey(const struct worker *w, const struct order *o)
{
	_Atomic uint32_t *stop = &w->table->stop[w->number];
	struct question *q;
	uint32_t i;

	for (i = o->first; i < o->last; i++) {
		q = &w->table->q[i];
		if (o->lone == 0 && atomic_load(stop) != 0)
			break;
		if (o->lone == 0 && !atomic_load(&q->used))
			continue;
		q->asked_at = seconds_of(CLOCK_MONOTONIC);
		atomic_store(&q->asked, o->round);
		put_question(q);
		atomic_store(&q->answered, o->round);
	}
}

static int
worker_run(void *arg)
{
	const struct worker *w = arg;
	struct order o;
	char done = 0;

	while (recv(w->childs_fd, &o, sizeof(o), 0) == (ssize_t)sizeof(o)) {
		obey(w, &o);
		if (send(w->childs_fd, &done, 1, MSG_NOSIGNAL) != 1)
			return 1;
	}
	return 0;
}

static void
worker_end(struct worker *w)
{
	if (w->child == NULL)
		return;
	child_free(w->child);
	close(w->fd);
	w->child = NULL;
	w->busy = false;
}

struct ask *
ask_new(void)
{
	struct ask *a;
	void *table;

	table = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->table = table;
	a->children = children_new();
	a->main = ASK_NONE;
	return a;
}

static size_t
lone_count(const struct ask *a)
{
	size_t i, n = 0;

	for (i = 0; i < WORKERS; i++)
		n += a->workers[i].child != NULL && i != a->main;
	return n;
}

/* A child that has nothing to do ends when its line does: waiting a moment
 * for it leaves no zombie to an init that may not care. */
void
ask_free(struct ask *a)
{
	static const struct timespec moment = {0, 500000};
	size_t i, tries;

	if (a == NULL)
		return;
	for (i = 0; i < WORKERS; i++)
		if (a->workers[i].child != NULL)
			shutdown(a->workers[i].fd, SHUT_RDWR);
	for (tries = 0; tries < 20; tries++) {
		children_tend(a->children,
		    (int64_t)(seconds_of(CLOCK_MONOTONIC) * 1e9));
		if (children_alive(a->children) <= lone_count(a))
			break;
		nanosleep(&moment, NULL);
	}
	for (i = 0; i < WORKERS; i++)
		worker_end(&a->workers[i]);
	children_free(a->children);
	munmap(a->table, sizeof(*a->table));
	free(a);
}

size_t
ask_add(struct ask *a, enum ask_kind kind, const char *path, uint64_t dev)
{
	struct question *q;
	size_t i;

	for (i = 0; i < ASK_MAX && a->exists[i]; i++)
		;
	if (i == ASK_MAX || strlen(path) >= ASK_PATH)
		return ASK_NONE;
	q = &a->table->q[i];
	q->kind = kind;
	q->dev = dev;
	str_copy(q->path, sizeof(q->path), span_of(path));
	atomic_store(&q->asked, 0);
	atomic_store(&q->answered, 0);
	atomic_store(&q->used, true);
	a->exists[i] = true;
	a->held[i] = a->removed[i] = false;
	a->taken[i] = 0;
	a->is_late[i] = false;
	a->retry[i] = 0;
	if (i >= a->top)
		a->top = i + 1;
	return i;
}

void
ask_remove(struct ask *a, size_t question)
{
	if (question == ASK_NONE)
		return;
	atomic_store(&a->table->q[question].used, false);
	if (a->held[question])
		a->removed[question] = true; /* a child still writes there */
	else
		a->exists[question] = false;
}

static void
release(struct ask *a, size_t question)
{
	a->held[question] = false;
	if (a->removed[question]) {
		a->exists[question] = a->removed[question] = false;
		return;
	}
	atomic_store(&a->table->q[question].used, true);
}

static struct worker *
worker_start(struct ask *a)
{
	struct child_options o = {.run = worker_run, .nkeep = 1};
	struct worker *w;
	size_t i;
	int fd[2];

	for (i = 0; i < WORKERS && a->workers[i].child != NULL; i++)
		;
	if (i == WORKERS ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == -1)
		return NULL;
	w = &a->workers[i];
	*w = (struct worker){NULL, a->table, fd[0], fd[1], i, ASK_NONE, 0,
	    false};
	atomic_store(&a->table->stop[i], 0);
	o.run_arg = w;
	o.keep = &w->childs_fd;
	w->child = child_start(a->children, &o, NULL);
	close(fd[1]);
	if (w->child != NULL)
		return w;
	close(fd[0]);
	return NULL;
}

/* Waits for the end of an order; false: it is not done by then. */
static bool
worker_done(struct worker *w, double until)
{
	struct pollfd p = {w->fd, POLLIN, 0};
	double left;
	char byte;

	do {
		left = until - seconds_of(CLOCK_MONOTONIC);
		if (poll(&p, 1, left > 0 ? (int)(left * 1e3) + 1 : 0) <= 0)
			continue;
		if (recv(w->fd, &byte, 1, 0) == 1)
			w->busy = false;
		else
			worker_end(w);
		return true;
	} while (left > 0);
	return false;
}

static bool
worker_order(struct worker *w, const struct order *o)
{
	if (send(w->fd, o, sizeof(*o), MSG_NOSIGNAL) != (ssize_t)sizeof(*o)) {
		worker_end(w);
		return false;
	}
	w->busy = true;
	w->round = o->round;
	return true;
}

/* The one that has hung longest makes room; its question waits a while. */
static void
give_up_one(struct ask *a)
{
	struct worker *w, *oldest = NULL;
	double at = 0;
	size_t i;

	for (i = 0; i < WORKERS; i++) {
		w = &a->workers[i];
		if (w->child == NULL || w->lone == ASK_NONE ||
		    (oldest != NULL && a->table->q[w->lone].asked_at >= at))
			continue;
		oldest = w;
		at = a->table->q[w->lone].asked_at;
	}
	if (oldest == NULL)
		return;
	a->retry[oldest->lone] = seconds_of(CLOCK_MONOTONIC) + RETRY;
	worker_end(oldest);
}

/* Children left behind: those that came back, those to be asked again. */
static void
tend_lone(struct ask *a, double now)
{
	struct order o;
	struct question *q;
	struct worker *w;
	size_t i;

	for (i = 0; i < WORKERS; i++) {
		w = &a->workers[i];
		if (w->child == NULL || i == a->main || w->lone == ASK_NONE)
			continue;
		if (w->busy && !worker_done(w, 0))
			continue;
		q = &a->table->q[w->lone];
		if (w->child != NULL) {
			a->late[w->lone] = q->answer;
			a->is_late[w->lone] = true;
			a->taken[w->lone] = atomic_load(&q->answered);
		}
		if (w->child == NULL || a->removed[w->lone] ||
		    q->answered_at - q->asked_at < SLOW) {
			release(a, w->lone);
			if (w->child != NULL)
				worker_end(w);
			continue;
		}
		o = (struct order){a->round, (uint32_t)w->lone,
		    (uint32_t)w->lone + 1, 1};
		if (!worker_order(w, &o))
			release(a, w->lone);
	}
	for (i = 0; i < a->top; i++)
		if (a->retry[i] != 0 && now >= a->retry[i]) {
			a->retry[i] = 0;
			release(a, i);
		}
}

/* The question a child is at for longer than patience, or ASK_NONE. */
static size_t
hangs_at(const struct ask *a, const struct worker *w, double patience)
{
	const struct question *q;
	size_t i;

	for (i = 0; i < a->top; i++) {
		q = &a->table->q[i];
		if (!a->held[i] && atomic_load(&q->asked) == w->round &&
		    atomic_load(&q->answered) != w->round &&
		    seconds_of(CLOCK_MONOTONIC) - q->asked_at >= patience)
			return i;
	}
	return ASK_NONE;
}

/* Returns where the next child goes on. */
static size_t
leave_behind(struct ask *a, size_t question)
{
	struct worker *w = &a->workers[a->main];

	atomic_store(&a->table->stop[a->main], 1);
	atomic_store(&a->table->q[question].used, false);
	a->held[question] = true;
	w->lone = question;
	a->main = ASK_NONE;
	return w->round == a->round ? question + 1 : 0;
}

/* The child that goes through the table, with an order of this round from
 * first on unless it still has an older one. */
static struct worker *
main_worker(struct ask *a, size_t first)
{
	struct order o = {a->round, (uint32_t)first, (uint32_t)a->top, 0};
	struct worker *w;

	if (a->main == ASK_NONE) {
		if (lone_count(a) >= LONE_MAX)
			give_up_one(a);
		if ((w = worker_start(a)) == NULL)
			return NULL;
		a->main = w->number;
	}
	w = &a->workers[a->main];
	if (!w->busy && !worker_order(w, &o)) {
		a->main = ASK_NONE;
		return NULL;
	}
	return w;
}

/* A child that was not given a processor yet does not hang: it is waited for
 * until the round's time is over, and its answers are taken in the next. */
static void
ask_all(struct ask *a, double patience, double until)
{
	double now = seconds_of(CLOCK_MONOTONIC), next;
	size_t first = 0, question;
	struct worker *w;

	while (first < a->top && (w = main_worker(a, first)) != NULL) {
		next = now + patience + 0.001;
		if (worker_done(w, next < until ? next : until)) {
			if (w->child == NULL)
				a->main = ASK_NONE;
			if (w->child == NULL || w->round == a->round)
				return;
		} else if ((question = hangs_at(a, w, patience)) != ASK_NONE) {
			first = leave_behind(a, question);
		}
		now = seconds_of(CLOCK_MONOTONIC);
		if (now >= until)
			return;
	}
}

void
ask_round(struct ask *a, double patience, double budget, double wait)
{
	double now = seconds_of(CLOCK_MONOTONIC);
	struct worker *w;
	size_t i;

	children_tend(a->children, (int64_t)(now * 1e9));
	a->round++;
	tend_lone(a, now);
	ask_all(a, patience, now + budget);
	for (i = 0; wait > 0 && i < WORKERS; i++) {
		w = &a->workers[i];
		if (w->child != NULL && w->busy)
			worker_done(w, now + wait);
	}
}

enum ask_state
ask_get(struct ask *a, size_t question, struct ask_answer *answer,
    double *seconds)
{
	struct question *q = &a->table->q[question];
	uint32_t asked = atomic_load(&q->asked);
	uint32_t answered = atomic_load(&q->answered);

	if (a->is_late[question]) {
		a->is_late[question] = false;
		*answer = a->late[question];
		return ASK_ANSWERED;
	}
	if (asked == answered && answered == a->taken[question])
		return ASK_UNASKED;
	if (asked == answered) {
		*answer = q->answer;
		/* A child of an older round may have come to it meanwhile. */
		if (atomic_load(&q->asked) == asked) {
			a->taken[question] = answered;
			return ASK_ANSWERED;
		}
	}
	*seconds = seconds_of(CLOCK_MONOTONIC) - q->asked_at;
	return ASK_WAITING;
}

size_t
ask_hanging(const struct ask *a)
{
	return lone_count(a) + children_stuck(a->children);
}
