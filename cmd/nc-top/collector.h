/* SPDX-License-Identifier: MIT */
/* collector: nc-collect run by nc-top when it was given no records. */
#ifndef NC_TOP_COLLECTOR_H
#define NC_TOP_COLLECTOR_H

#include <stdbool.h>

#include "base/err.h"

struct collector;

/*
 * Runs nc-collect (beside our own program, else from PATH) every interval
 * seconds, or for two rounds only, and puts its output in the place of
 * standard input.  Owned: collector_end(), which ends it; NULL is fine.
 */
struct collector *collector_start(double interval, bool two_rounds,
    struct nc_err *e);
/* A recording, which may be compressed, in the place of standard input. */
struct collector *collector_play(const char *path, struct nc_err *e);
void collector_end(struct collector *c);

#endif
