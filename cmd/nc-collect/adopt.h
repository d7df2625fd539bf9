/* SPDX-License-Identifier: MIT */
/*
 * adopt: a line of another program made a record of ours: judged by the
 * codec, what it left out put in (v, kind "sample", ts, host, source, and then
 * the interval of the round), the labels of its configuration block added.  A line that needs nothing stays
 * as it is, byte for byte.  Never prints.
 */
#ifndef NC_COLLECT_ADOPT_H
#define NC_COLLECT_ADOPT_H

#include "base/err.h"
#include "base/intern.h"
#include "settings.h"
#include "stream/frame.h"

struct adopt;

/* Borrows all; finished lines go to sink.  Owned: adopt_free(). */
struct adopt *adopt_new(struct intern *names, const struct source_run *run,
    const struct wanted *w, frame_sink *sink, void *arg);
void adopt_free(struct adopt *a); /* NULL is fine */
/*
 * One line without its LF, read at ts.  0, or -1: a bad line (*e says why),
 * or 1: the sink said stop.
 */
int adopt_line(struct adopt *a, const char *line, size_t len, double ts,
    struct nc_err *e);
/* What went out so far; the caller may set it back to 0. */
struct frame_counts *adopt_counts(struct adopt *a);

#endif
