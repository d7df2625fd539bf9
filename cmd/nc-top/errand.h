/* SPDX-License-Identifier: MIT */
/*
 * errand: one program run for the person at the screen, beside the loop, and
 * what it printed, as text.  One at a time, with a deadline, bounded; never
 * waited for.
 */
#ifndef NC_TOP_ERRAND_H
#define NC_TOP_ERRAND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"

struct errand;

/* What it printed (standard output, then standard error, then how it ended
 * where that was not well), until the call returns. */
typedef void errand_done(void *arg, const char *text, bool well);

/* Borrows the loop; watches SIGCHLD.  Owned: errand_free(), which ends what is
 * running; NULL is fine. */
struct errand *errand_new(struct loop *l);
void errand_free(struct errand *e);
/* Ends the one before, which is told to nobody.  Borrows arg. */
int errand_run(struct errand *e, const char *const *argv, errand_done *done,
    void *arg, struct nc_err *err);
/* The same at once, for a program without a loop: true when it went well. */
bool errand_wait(const char *const *argv, struct buf *text);
bool errand_busy(const struct errand *e);

#endif
