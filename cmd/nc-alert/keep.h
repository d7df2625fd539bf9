/* SPDX-License-Identifier: MIT */
/*
 * keep: the folder of the state: "state", replaced as a whole; "lock", one
 * writer; "actions.ndjson", to which operators append, group-writable.
 */
#ifndef NC_ALERT_KEEP_H
#define NC_ALERT_KEEP_H

#include "base/diag.h"
#include "engine.h"

struct keep;

/* What the state says about itself: which rules it was made with. */
struct keep_head {
	char *config; /* absolute, or "-"; owned */
	char **defines; /* NULL ends; owned */
	uint64_t actions; /* bytes of the log that were read */
};

void keep_head_free(struct keep_head *h);

/* The writer's way: makes the folder, takes its lock.  NULL with a reason.
 * Owned: keep_close(). */
struct keep *keep_open(const char *dir, struct nc_err *e);
void keep_close(struct keep *k); /* NULL is fine */
/* Into a new engine.  0 also when there is nothing yet, or what there was is
 * corrupt: then put aside, and reported. */
int keep_load(struct keep *k, struct engine *g, struct diag *diag,
    struct nc_err *e);
int keep_commit(struct keep *k, const struct engine *g, const char *config,
    const char *const *defines, struct nc_err *e);
/* Calls take for each whole line that operators have appended since; its -1
 * ends it. */
int keep_actions(struct keep *k,
    int (*take)(void *arg, const char *line, size_t len), void *arg,
    struct nc_err *e);

/* The reader's way, without the lock: the state's bytes in *b, what is behind
 * the head in *u.  -1 with a reason, ENOENT when there is no state. */
int keep_peek(const char *dir, struct buf *b, struct keep_head *h,
    struct pack_in *u, struct nc_err *e);
/* The lines of the log behind the offset. */
int keep_log(const char *dir, uint64_t from, struct buf *b, struct nc_err *e);
/* Appends one line, its LF included: durable when it returns 0. */
int keep_append(const char *dir, struct span line, struct nc_err *e);

#endif
