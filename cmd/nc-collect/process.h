/* SPDX-License-Identifier: MIT */
/*
 * process: the process of one source: started when wanted and when its
 * backoff allows, read line by line, killed with its group, left alone when
 * the kernel does not let go of it.  Knows nothing of rounds or records.
 */
#ifndef NC_COLLECT_PROCESS_H
#define NC_COLLECT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/child.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/rng.h"
#include "base/span.h"

struct process;

struct process_events {
	/* A line of its standard output, without LF; {NULL, 0}: one that was
	 * longer than 1 MiB. */
	void (*line)(void *arg, struct span line);
	/* One of its standard error. */
	void (*said)(void *arg, struct span line);
	/* Behind lines that were at hand together; may be NULL. */
	void (*paused)(void *arg);
	/* It has ended by itself; all of its lines were told before. */
	void (*ended)(void *arg, bool good, const char *how);
	void *arg;
};

/* Borrows all.  Owned: process_free(), which kills it. */
struct process *process_new(struct loop *l, struct rng *rng, const char *name,
    const struct process_events *events);
void process_free(struct process *p); /* NULL is fine */
/*
 * Starts it, as o says (argv or run, pipe_in, pipe_err).  -1 and *e: cannot,
 * or not yet (EAGAIN), or not while two former ones hang in the kernel.
 */
int process_start(struct process *p, const struct child_options *o,
    struct nc_err *e);
bool process_running(const struct process *p);
/* To its standard input, whole or not at all. */
int process_write(struct process *p, const void *data, size_t len);
/* Kills it and forgets it; no end is told. */
void process_stop(struct process *p);
/* The next start waits, longer each time in a row. */
void process_back_off(struct process *p);
void process_went_well(struct process *p); /* the row ends */
/* Looks whether it has ended: on SIGCHLD. */
void process_tend(struct process *p);

#endif
