/* SPDX-License-Identifier: MIT */
/*
 * ask: questions to the kernel that may never be answered: statvfs(3) of a
 * file system whose server is gone, a sensor behind a dead bus.  They are put
 * by a child process over a table in shared memory.  Where the child hangs it
 * is left behind with that one question, and another asks the rest: the
 * hanging child is itself the probe, whose return ends the trouble.  A round
 * waits a few milliseconds at most, unless it is told that it is the only one.
 */
#ifndef NC_COLLECT_HOST_ASK_H
#define NC_COLLECT_HOST_ASK_H

#include <sys/statvfs.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASK_MAX 1024
#define ASK_PATH 512
#define ASK_NONE SIZE_MAX

enum ask_kind {
	ASK_STATVFS,
	ASK_STATVFS_OF, /* only where path lies on device dev: else ENODEV */
	ASK_READ /* the first bytes of a small file */
};

struct ask_answer {
	int error; /* errno, 0: answered well */
	double ts, up; /* when it was answered */
	struct statvfs fs;
	char text[40];
};

enum ask_state {
	ASK_ANSWERED, /* *answer is new */
	ASK_WAITING, /* asked, no answer for *seconds */
	ASK_UNASKED /* nothing new */
};

struct ask;

/* Owned: ask_free(), which kills the children. */
struct ask *ask_new(void);
void ask_free(struct ask *a); /* NULL is fine */
/* A question to be put in each round from now on; ASK_NONE: table full or
 * path too long. */
size_t ask_add(struct ask *a, enum ask_kind kind, const char *path,
    uint64_t dev);
void ask_remove(struct ask *a, size_t question);
/*
 * Puts all questions.  In seconds: patience is how long one may take before
 * it counts as hanging and another child goes on with the rest; budget is how
 * long this call may take; wait (more than budget, or 0) is how long it waits
 * at the end for those that hang.
 */
void ask_round(struct ask *a, double patience, double budget, double wait);
enum ask_state ask_get(struct ask *a, size_t question,
    struct ask_answer *answer, double *seconds);
/* Children that hang or cannot be reaped. */
size_t ask_hanging(const struct ask *a);

#endif
