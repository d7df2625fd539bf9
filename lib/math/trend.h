/* SPDX-License-Identifier: MIT */
/*
 * trend: a straight line that a few wild values do not move: the median of
 * the slopes of all pairs (Theil 1950, Sen 1968), its confidence interval,
 * and whether there is a trend at all (Mann 1945, Kendall 1975).  The price
 * is n * n / 2 pairs: the caller thins out what is longer than TREND_MAX.
 */
#ifndef NC_MATH_TREND_H
#define NC_MATH_TREND_H

#include <stddef.h>

enum { TREND_MIN = 3, TREND_MAX = 1024 };

struct trend {
	double slope; /* of y a unit of x */
	double low, high; /* 95 % confidence */
	double intercept; /* the line at x = 0 */
	double tau; /* Kendall's, -1..1 */
	double p; /* of no trend at all, two-sided; normal approximation */
};

/*
 * Borrows n points, finite, in any order; equal x are no pair.  -1 when there
 * are less than TREND_MIN, more than TREND_MAX, or no two different x.
 */
int trend_fit(const double *x, const double *y, size_t n, struct trend *);

#endif
