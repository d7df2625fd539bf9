/* SPDX-License-Identifier: MIT */
/*
 * sheet: the points of one entity as records, byte for byte what frame makes
 * of them, with everything that is the same in each made once, by frame.
 * Never writes: lines go to a callback.
 */
#ifndef NC_QUERY_SHEET_H
#define NC_QUERY_SHEET_H

#include "query.h"
#include "stream/frame.h"

/* A key as long as frame lets it be, and a number. */
#define SHEET_PIECE 320

struct sheet;

/* What every record of an entity begins with: all but ts and values. */
void sheet_begin(struct frame *f, const struct store_entity *n, int64_t ts,
    int64_t step);
/* For the wanted metrics of m, whose points have the step they have now.
 * Borrows m's entity.  Owned: sheet_free().  NULL when frame would cut
 * something: then it has to be asked each time. */
struct sheet *sheet_new(const struct query_match *m);
void sheet_free(struct sheet *s); /* NULL is fine */
int64_t sheet_step(const struct sheet *s);
/* Where lines go, and room for one being made. */
struct sheet_out {
	frame_sink *sink;
	void *arg;
	char line[FRAME_LINE_MAX + SHEET_PIECE];
};

/* One point's record, if any value of it is known.  1, 0, or -1 when the
 * sink said so. */
int sheet_line(const struct sheet *s, int64_t ts, const double *values,
    struct sheet_out *out);

#endif
