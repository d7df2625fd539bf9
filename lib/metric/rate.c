/* SPDX-License-Identifier: MIT */
/*
 * rate: resets, gaps and divisors.  Time is measured on the host's boot clock
 * where both readings carry it, so that setting the wall clock bends no rate.
 */
#include "metric/rate.h"

#include <math.h>

/* Timestamps have milliseconds; less than one is no distance. */
#define SHORTEST 0.001
/*
 * /proc/stat's idle and iowait may go back a little (Documentation/filesystems/
 * proc.rst, iowait); three seconds or more is a processor that was plugged.
 * The share keeps a young counter's restart from passing for a slip.
 */
#define SLIP_SECONDS 3.0
#define SLIP_SHARE 0.01

/*
 * True when both stamps name the start of their counters and the starts are
 * not the same.  On the boot clock a start stays put when the wall clock is
 * set; without it the two must agree as they stand.
 */
static bool
started_again(const struct series_stamp *from, const struct series_stamp *to)
{
	double moved = to->since - from->since;

	if (!isnan(from->up) && !isnan(to->up)) {
		if (to->up < from->up)
			return true;
		moved -= (to->ts - to->up) - (from->ts - from->up);
	}
	return !isnan(moved) && fabs(moved) > RATE_SINCE_TOLERANCE;
}

/* The longest distance over which a rate still means something. */
static double
longest(const struct series_stamp *from, const struct series_stamp *to)
{
	double interval = (double)fmaxf(from->interval, to->interval);

	return isnan(interval) ? RATE_GAP_UNKNOWN : RATE_GAP * interval;
}

struct rate_edge
rate_edge(const struct series_stamp *from, const struct series_stamp *to)
{
	struct rate_edge e = {to->up - from->up, SERIES_VALUE};

	if (isnan(e.seconds))
		e.seconds = to->ts - from->ts;
	if (from->quality != to->quality)
		e.state = SERIES_FIRST;
	else if (started_again(from, to))
		e.state = SERIES_RESET;
	else if (!(e.seconds >= SHORTEST) || e.seconds > longest(from, to))
		e.state = SERIES_GAP;
	return e;
}

enum series_state
rate_of(const struct rate_edge *edge, double old, double raw, bool seconds,
    double *rate, bool *held)
{
	double back = old - raw;

	*held = false;
	if (rate_forward(edge, old, raw, rate))
		return SERIES_VALUE;
	*rate = NAN;
	if (edge->state != SERIES_VALUE && edge->state != SERIES_GAP)
		return edge->state;
	*held = seconds && back > 0 && back < SLIP_SECONDS &&
		back <= old * SLIP_SHARE;
	if (!*held && !(back <= 0 && edge->state == SERIES_GAP))
		return SERIES_RESET;
	if (edge->state == SERIES_VALUE)
		*rate = 0;
	return edge->state;
}
