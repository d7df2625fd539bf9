/* SPDX-License-Identifier: MIT */
/*
 * detector: one series watched for anomalies, online, in 300 bytes and some
 * tens of nanoseconds a sample.  Nothing but the past is used, no unit and no
 * level is assumed.  Two questions, two answers.  How rare is this value in
 * this series?  `score`, 0..1: 0.99 is exceeded by 1 % of normal samples.
 * Should somebody look?  `alarm`: 1 and more says yes; it compares new
 * extremes of several views of the series with the range known so far, and
 * weighs what comes soon after another alarm less.  Never allocates.
 */
#ifndef NC_MATH_DETECTOR_H
#define NC_MATH_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "math/tail.h"

enum detector_reason {
	DETECTOR_NONE,
	DETECTOR_RECORD, /* a value beyond all of those before */
	DETECTOR_SHIFT, /* the mean of about a hundred samples is */
	DETECTOR_SEASON, /* far from what this hour of the day was so far */
	DETECTOR_VARIANCE, /* it moves more, or less, than ever */
	DETECTOR_FLAT /* it has stood still for longer than ever */
};

struct detector_result {
	double score; /* 0..1, rarity among this series' samples */
	double alarm; /* >= 1: an anomaly, with the default settings */
	double expected; /* the value this sample was expected to have */
	double low, high; /* 99 % of the samples are within */
	double level; /* the mean of about six samples before it */
	enum detector_reason reason; /* the view with the most to say */
	int direction; /* -1 below what is known, +1 above, 0 within */
	int learning; /* too few samples: score and alarm are 0, */
	double early; /* and this is what the alarm would have been */
};

enum { DETECTOR_HOURS = 24, DETECTOR_VIEWS = 5 };

/* Plain data: may be copied, and written to a state file field by field. */
struct detector {
	double level; /* the mean of about six samples */
	double middle; /* of about 170 */
	double slow; /* of about 500 */
	double previous;
	double scale; /* mean distance from slow */
	double base; /* hours are relative to it */
	struct {
		double least, most;
	} range[DETECTOR_VIEWS];
	float hour[DETECTOR_HOURS];
	uint8_t seen[DETECTOR_HOURS];
	struct tail jump, season,
	    rare; /* residuals; the greater of their scores */
	float activity; /* mean |difference| of about six samples */
	float recent; /* evidence reported lately */
	uint32_t count;
	uint32_t run, longest; /* of equal values */
};

void detector_init(struct detector *d);
/*
 * Learns value at ts (epoch seconds of local or UTC time: only the hour of
 * the day is used) and says what it was worth before.  A value that is not
 * finite is not learnt: the result is that of learning.
 */
void detector_feed(struct detector *d, double ts, double value,
    struct detector_result *result);

/*
 * Asks the memory for a state that is about to be fed.  With many series in
 * no order this is most of the cost: ask for some sixteen samples, then feed.
 */
static inline void
detector_prefetch(const struct detector *d)
{
	const char *p = (const char *)d;
	size_t i;

	for (i = 0; i < sizeof *d; i += 64)
		__builtin_prefetch(p + i, 1);
}

#endif
