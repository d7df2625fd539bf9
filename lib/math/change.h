/* SPDX-License-Identifier: MIT */
/*
 * change: when a series began to be another one, online: its level, its slope
 * or how much it varies.  Two-sided CUSUM (Page 1954) of residuals against
 * what was learnt before, in units that allow for autocorrelation; what
 * lasted long enough to alarm is then fitted, and must be worth it.  A single
 * wild value is no change.  Never allocates.
 */
#ifndef NC_MATH_CHANGE_H
#define NC_MATH_CHANGE_H

#include <stdint.h>

enum change_kind {
	CHANGE_NONE,
	CHANGE_LEVEL, /* before and after are means */
	CHANGE_SLOPE, /* before and after are slopes, a second */
	CHANGE_SPREAD /* before and after are standard deviations */
};

struct change_result {
	enum change_kind kind;
	double
	    onset; /* ts where the new regime began; rather early than late */
	double before, after;
	double confidence; /* 0..1: that it is no chance */
};

/* Samples since a sum left zero: of whatever lasts until it alarms. */
struct change_run {
	double sum; /* CUSUM, in deviations */
	double onset;
	uint32_t count;
	/* Of time since onset and of the value less the mean before. */
	double t, tt, y, yy, ty;
};

/* Plain data, as struct detector. */
struct change {
	uint32_t count; /* samples of the regime, at most a few hundred count */
	double mean, square; /* of the value: mean, variance */
	double lag, last; /* covariance with the sample before; that residual */
	double spread, spread_square; /* of |value - mean| */
	struct change_run up, down, wider, narrower;
};

void change_init(struct change *c);
/*
 * Learns value at ts (rising; finite).  1: a change was found, *r is written
 * and the new regime is learnt from its samples; else 0.
 */
int change_feed(struct change *c, double ts, double value,
    struct change_result *r);

#endif
