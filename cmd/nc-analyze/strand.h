/* SPDX-License-Identifier: MIT */
/*
 * strand: the last values of a series at equal steps, holes known, so that
 * it can be laid beside another.  Never more than its room.
 */
#ifndef NC_ANALYZE_STRAND_H
#define NC_ANALYZE_STRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

struct strand {
	double step; /* seconds; 0: nothing yet */
	int64_t now; /* the step in hand: its number since 1970 */
	double sum, count; /* of it */
	uint32_t room, n; /* steps before it that are kept, oldest ones gone */
	float y[]; /* a ring by the step's number; NAN: a hole */
};

/* Owned: free(3). */
struct strand *strand_new(uint32_t room);
/* interval: NAN when not known. */
void strand_add(struct strand *s, double ts, double value, double interval);
/*
 * The n means over `step` seconds that end at `end`, oldest first, short
 * holes bridged.  False: too much of it is missing.
 */
bool strand_take(const struct strand *s, double step, double end, uint32_t n,
    double *out);

void strand_save(const struct strand *s, struct buf *b);
/* Of the same room. */
bool strand_load(struct strand *s, struct pack_in *u);

#endif
