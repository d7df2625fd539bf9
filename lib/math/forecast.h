/* SPDX-License-Identifier: MIT */
/*
 * forecast: the next values of a regular series, with 95 % intervals.  Two
 * families compete in a rolling backtest on the series itself: exponential
 * smoothing with one or two seasons and an AR(1) error, the seven best of a
 * fixed grid by their median (Taylor 2003); and an average of damped trend
 * (Gardner and McKenzie 1985), theta (Assimakopoulos and Nikolopoulos 2000)
 * and last season's course from today's level.  The intervals are what the
 * errors of the same forecast were in the backtest.  Knows no calendar.
 */
#ifndef NC_MATH_FORECAST_H
#define NC_MATH_FORECAST_H

#include <stddef.h>

#include "base/err.h"

enum {
	FORECAST_MIN = 8, /* least values of a series */
	FORECAST_HORIZON = 4096 /* most steps */
};

enum forecast_family {
	FORECAST_SEASONAL, /* exponential smoothing with seasons */
	FORECAST_TREND /* damped trend, theta, last season */
};

struct forecast_request {
	size_t horizon; /* steps ahead, 1..FORECAST_HORIZON */
	size_t season; /* steps of the short season, a day; 0: none */
	size_t season2; /* of the long one, a week: a multiple; 0: none */
	int is_nonnegative; /* nothing below 0 is answered */
};

struct forecast {
	size_t horizon;
	double *p50, *low, *high; /* owned: forecast_free() */
	enum forecast_family family;
	double error; /* mean absolute, of the backtest */
	size_t origins; /* forecasts of the past behind error and intervals */
	/* Errors of the past, value - p50: [origin * horizon + step], owned.
	 * What crosses a limit, and when, follows from whole courses. */
	double *residual;
};

/*
 * Borrows y[0..n), finite, oldest first, without gaps.  0, or -1 and *e for
 * a request that cannot be met; *f is written on success only.
 */
int forecast_make(const double *y, size_t n, const struct forecast_request *,
    struct forecast *f, struct nc_err *e);
void forecast_free(struct forecast *f); /* leaves all zero */

/* When a limit is reached: of all courses, the share, and when. */
struct forecast_crossing {
	double probability; /* that it happens within the horizon */
	/* Steps, 1..horizon, by which a tenth, half and nine tenths of all
	 * courses have crossed; 0: not within the horizon. */
	size_t p10, p50, p90;
	size_t typical; /* the median of those courses that cross; 0: none */
};

/*
 * A course is p50 plus the errors of one origin of the past.  upwards:
 * value >= limit, else value <= limit.
 */
void forecast_cross(const struct forecast *f, double limit, int upwards,
    struct forecast_crossing *);

#endif
