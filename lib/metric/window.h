/* SPDX-License-Identifier: MIT */
/*
 * window: the recent readings of one series, and what they were over a span
 * of record time.  What was not measured has no part in any of it: a rate
 * that is unknown is left out of means, an edge over a restart out of
 * increases.  Never reads a clock.
 */
#ifndef NC_METRIC_WINDOW_H
#define NC_METRIC_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pack.h"

/* Readings kept at most; over a longer span nothing is known. */
#define WINDOW_POINTS_MAX (1u << 17)

struct window_point {
	double ts;
	double value; /* gauge or rate; NAN: unknown */
	double raw; /* as on the wire */
	bool restart; /* a counter that has started again before it */
};

/* Zero-initialised is a valid, empty window. */
struct window {
	struct window_point *points; /* a ring of 2^n; owned */
	uint32_t first, count, cap;
	double lost; /* ts of the last reading let go for room, or 0 */
};

enum window_function {
	WINDOW_AVG,
	WINDOW_MIN,
	WINDOW_MAX,
	WINDOW_SUM,
	WINDOW_COUNT,
	WINDOW_STDDEV, /* of the population */
	WINDOW_LAST,
	WINDOW_INCREASE, /* of a counter, over edges without restart */
	WINDOW_RATE, /* the same by the seconds of those edges */
	WINDOW_DELTA, /* last minus first */
	WINDOW_DERIV, /* least squares, per second */
	WINDOW_CHANGES,
	WINDOW_RESETS
};

void window_free(struct window *w);
/*
 * Adds a reading that is not older than the newest (one of the same ts takes
 * its place), and lets go of those older than keep seconds, but for one.
 */
void window_add(struct window *w, struct window_point p, double keep);
/*
 * The function over the readings in (from, to]; those of edges (INCREASE,
 * RATE, DELTA, CHANGES, RESETS) begin with the last one at or before from.
 * NAN when there are too few.
 */
double window_value(const struct window *w, enum window_function f, double from,
    double to);
/* Quantile q (0..1) of the values, interpolated between neighbours. */
double window_quantile(const struct window *w, double q, double from,
    double to);
void window_save(const struct window *w, struct buf *b);
/* u->failed tells of trouble. */
void window_load(struct window *w, struct pack_in *u);

#endif
