/* SPDX-License-Identifier: MIT */
/*
 * errand: one program run for the person at the screen, beside the loop, and
 * what it printed, as text.  One at a time, with a deadline, bounded; never
 * waited for.
 */
#ifndef NC_TOP_ERRAND_H
#define NC_TOP_ERRAND_H

#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"

struct errand;

/* What it printed (standard output, then standard error, then how it ended
 * where that was not well), until the call returns. */
typedef void errand_done(void *arg, const char *text, bool well);

/* Borrows the loop and arg; watches SIGCHLD.  Owned: errand_free(), which
 * ends what is running; NULL is fine. */
struct errand *errand_new(struct loop *l, errand_done *done, void *arg);
void errand_free(struct errand *e);
/* Ends the one before, which is told to nobody. */
int errand_run(struct errand *e, const char *const *argv, struct nc_err *err);
bool errand_busy(const struct errand *e);

#endif
