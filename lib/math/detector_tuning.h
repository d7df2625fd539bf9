/* SPDX-License-Identifier: MIT */
/*
 * detector_tuning: the numbers of the detector that were chosen by looking at
 * data.  Nobody but the detector and the search that tests/analytics/folds.py
 * runs, which chooses them anew on a part of the data, knows them.
 */
#ifndef NC_MATH_DETECTOR_TUNING_H
#define NC_MATH_DETECTOR_TUNING_H

#include "math/detector.h"

enum detector_view { VALUE, MIDDLE, SEASON_SMOOTH, SEASON_RAW, ACTIVITY };

struct detector_tuning {
	double level_rate, middle_rate;
	double hour_rate; /* of an hour of the day */
	float memory; /* part of recent evidence that is taken off, */
	float memory_keep; /* and what a sample leaves of it */
	/* In alarms for a step of one range beyond it. */
	float weight[DETECTOR_VIEWS];
};

/* detector_feed() with other numbers. */
void detector_feed_tuned(const struct detector_tuning *, struct detector *d,
    double ts, double value, struct detector_result *result);

#endif
