/* SPDX-License-Identifier: MIT */
/*
 * child: programs and functions run in processes of their own, because what
 * they do may hang for ever.  Each leads its own process group, has a
 * deadline and is killed with its whole group; one that cannot be reaped
 * (uninterruptible sleep) is counted and looked at again, never waited for.
 * No shell.
 */
#ifndef NC_BASE_CHILD_H
#define NC_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct children; /* all children of a program, alive or not yet reaped */
struct child;

struct child_end {
	int status; /* of waitpid(2); 0 with exec_errno */
	int exec_errno; /* the program could not be run: why; else 0 */
	bool timed_out; /* killed because its deadline had passed */
	bool lost; /* reaped by somebody else: its status is not known */
};

/* The child is gone; called by children_tend().  It may free the child. */
typedef void child_end_fn(struct child *c, const struct child_end *end,
    void *arg);

struct child_options {
	/* Either a program: looked for in PATH, with the caller's
	 * environment unless envp says otherwise. */
	const char *const *argv;
	const char *const *envp;
	/* Or a function, whose result is the exit status; it gets signals at
	 * their defaults and descriptors 0-2 and keep only, and flushes what
	 * it prints. */
	int (*run)(void *arg);
	void *run_arg;
	bool pipe_in; /* a pipe to its standard input; else /dev/null */
	bool pipe_err; /* a pipe from its standard error; else ours */
	const int *keep; /* other descriptors it needs; all else is closed */
	size_t nkeep;
	int64_t deadline_ns; /* monotonic; 0: none */
	child_end_fn *on_end; /* may be NULL */
	void *arg;
};

/* Owned: children_free(), which kills all, reaps what is dead and forgets
 * the rest. */
struct children *children_new(void);
void children_free(struct children *cs); /* NULL is fine */
/*
 * Owned: child_free().  Its standard output is a pipe.  A program that cannot
 * be executed is told by its end (exec_errno), since to wait for execve(2)
 * might take for ever.
 */
struct child *child_start(struct children *cs, const struct child_options *o,
    struct nc_err *e);
/* Our ends of its pipes, non-blocking, close-on-exec; -1 when there is none.
 * Closed by child_free() or child_close(). */
int child_in(const struct child *c);
int child_out(const struct child *c);
int child_err(const struct child *c);
void child_close(struct child *c, int fd);
pid_t child_pid(const struct child *c);
bool child_running(const struct child *c); /* not reaped yet */
void child_deadline(struct child *c, int64_t deadline_ns); /* 0: none */
/* SIGKILL to the group; its end is told as soon as it is reaped. */
void child_kill(struct child *c);
void child_signal(struct child *c, int signo); /* to the group */
/* Kills if need be; what is not dead yet stays with cs until it is. */
void child_free(struct child *c); /* NULL is fine */

/*
 * Reaps, tells ends, kills what is past its deadline: call it on SIGCHLD and
 * at the time it returns (monotonic ns, INT64_MAX: no need).
 */
int64_t children_tend(struct children *cs, int64_t now_ns);
/* Killed, and not to be reaped so far. */
size_t children_stuck(const struct children *cs);
size_t children_alive(const struct children *cs); /* stuck ones as well */

/* "exit status 3", "killed by SIGSEGV", "no answer in time, killed", "cannot
 * be run: No such file or directory". */
void child_describe(const struct child_end *end, char *to, size_t size);

/*
 * Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): a random
 * time up to a bound that doubles from base to cap.
 */
struct backoff {
	double base, cap; /* seconds */
	unsigned tries; /* failures since the last success; 0 resets */
};
#define BACKOFF_RESPAWN \
	{ \
		0.25, 30, 0 \
	}
/* Seconds until the next try; uniform is a random number in [0, 1). */
double backoff_next(struct backoff *b, double uniform);

#endif
