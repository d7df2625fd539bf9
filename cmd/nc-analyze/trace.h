/* SPDX-License-Identifier: MIT */
/*
 * trace: what a series was like, and what it is like now, in little memory:
 * a thinned past and the last few values.  What was unusual does not become
 * past.  Never tells.
 */
#ifndef NC_ANALYZE_TRACE_H
#define NC_ANALYZE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "math/cause.h"

enum { TRACE_PAST = 32, TRACE_RECENT = 16 };

/* Plain data. */
struct trace {
	float past[TRACE_PAST];
	float recent[TRACE_RECENT]; /* a ring */
	uint32_t when[TRACE_RECENT]; /* seconds since 1970 */
	uint32_t begin,
	    end; /* of what was unusual last; UINT32_MAX: not over */
	uint16_t stride, skipped; /* of the past: one value in so many */
	uint8_t npast, at_past, nrecent, at_recent;
};

void trace_add(struct trace *t, double ts, double value);
/* What came from ts on is unusual; until trace_close(). */
void trace_open(struct trace *t, double ts);
void trace_close(struct trace *t, double ts);
/* The past against what came from ts on.  False: nothing can be said. */
bool trace_weigh(const struct trace *t, double ts, int direction,
    struct cause_evidence *e);

void trace_save(const struct trace *t, struct buf *b);
bool trace_load(struct trace *t, struct pack_in *u);

#endif
