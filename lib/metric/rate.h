/* SPDX-License-Identifier: MIT */
/*
 * rate: from two readings of a counter to its rate, or to the reason why
 * there is none.  Nothing is guessed: a counter that went back has started
 * again, and what happened in between is unknown, never a wrap.  Pure.
 */
#ifndef NC_METRIC_RATE_H
#define NC_METRIC_RATE_H

#include <float.h>

#include "metric/series.h"

/* Seconds that two statements of one start may differ by. */
#define RATE_SINCE_TOLERANCE 2.0
/* Intervals without a reading after which there is no rate over the hole. */
#define RATE_GAP 2.5
/* The same in seconds when no interval is known. */
#define RATE_GAP_UNKNOWN 900.0

/* The way from one stamp to a later one: what holds for all its counters. */
struct rate_edge {
	double seconds; /* to divide by; > 0 when state is SERIES_VALUE */
	enum series_state state;
};

struct rate_edge rate_edge(const struct series_stamp *from,
    const struct series_stamp *to);

/* A counter that went forward over a good edge: nearly all of them. */
static inline bool
rate_forward(const struct rate_edge *edge, double old, double raw, double *rate)
{
	double r = (raw - old) / edge->seconds;

	if (edge->state != SERIES_VALUE || !(r >= 0 && r <= DBL_MAX))
		return false;
	*rate = r;
	return true;
}

/*
 * The state of a counter that went from old to raw over the edge; *rate is
 * set for SERIES_VALUE, else NAN.  seconds: the counter is one of seconds,
 * which the kernel may let slip back a little; *held is true when it did and
 * old is to be kept.
 */
enum series_state rate_of(const struct rate_edge *edge, double old, double raw,
    bool seconds, double *rate, bool *held);

#endif
