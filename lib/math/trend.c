/* SPDX-License-Identifier: MIT */
/*
 * trend: see the header.  The interval is Sen's: ranks of the sorted slopes
 * from the variance of Kendall's S with ties in both coordinates.
 */
#include "math/trend.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* The normal quantile of 97.5 %. */
#define TWO_SIDED_95 1.959963984540054

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
	return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* What ties in sorted v say: sums of t(t-1)(2t+5), t(t-1), t(t-1)(t-2). */
static void
count_ties(const double *v, size_t n, double sum[3])
{
	size_t i, from = 0;
	double t;

	sum[0] = sum[1] = sum[2] = 0;
	for (i = 1; i <= n; i++) {
		if (i < n && v[i] == v[from])
			continue;
		t = (double)(i - from);
		sum[0] += t * (t - 1) * (2 * t + 5);
		sum[1] += t * (t - 1);
		sum[2] += t * (t - 1) * (t - 2);
		from = i;
	}
}

/* Variance of Kendall's S under no trend (Kendall, Rank Correlation, ch. 4). */
static double
variance_of(double *x, double *y, size_t count, double *scale)
{
	double n = (double)count, tx[3], ty[3], v;

	qsort(x, count, sizeof *x, by_value);
	qsort(y, count, sizeof *y, by_value);
	count_ties(x, count, tx);
	count_ties(y, count, ty);
	v = (n * (n - 1) * (2 * n + 5) - tx[0] - ty[0]) / 18 +
	    tx[1] * ty[1] / (2 * n * (n - 1));
	if (n > 2)
		v += tx[2] * ty[2] / (9 * n * (n - 1) * (n - 2));
	*scale = sqrt((n * (n - 1) - tx[1]) * (n * (n - 1) - ty[1])) / 2;
	return v;
}

/* Slopes of all pairs with different x; *s becomes Kendall's S. */
static size_t
all_slopes(const double *x, const double *y, size_t n, double *slope, double *s)
{
	size_t i, j, pairs = 0;
	double dx, dy;

	*s = 0;
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++) {
			dx = x[i] - x[j];
			dy = y[i] - y[j];
			if (dx == 0)
				continue;
			if (dy != 0)
				*s += (dy > 0) == (dx > 0) ? 1 : -1;
			slope[pairs++] = dy / dx;
		}
	return pairs;
}

/* The slope of that rank, from 0, of pairs sorted slopes. */
static double
ranked(const double *slope, size_t pairs, double rank)
{
	if (rank < 0)
		rank = 0;
	if (rank > (double)(pairs - 1))
		rank = (double)(pairs - 1);
	return slope[(size_t)rank];
}

int
trend_fit(const double *x, const double *y, size_t n, struct trend *t)
{
	double *slope, *work, s, v, scale, reach;
	size_t pairs;

	if (n < TREND_MIN || n > TREND_MAX)
		return -1;
	slope = xcalloc(n * (n - 1) / 2, sizeof *slope);
	pairs = all_slopes(x, y, n, slope, &s);
	if (pairs == 0) {
		free(slope);
		return -1;
	}
	work = xcalloc(2 * n, sizeof *work);
	for (size_t i = 0; i < n; i++) {
		work[i] = x[i];
		work[n + i] = y[i];
	}
	t->slope = median(slope, pairs);
	v = variance_of(work, work + n, n, &scale);
	/* Both arrays are sorted now: their medians are in the middle. */
	t->intercept = median(work + n, n) - t->slope * median(work, n);
	reach = TWO_SIDED_95 * sqrt(v);
	t->low = ranked(slope, pairs, rint(((double)pairs - reach) / 2) - 1);
	t->high = ranked(slope, pairs, rint(((double)pairs + reach) / 2));
	t->tau = scale > 0 ? s / scale : 0;
	t->p = v > 0 ? erfc(fabs(s) / sqrt(2 * v)) : 1;
	free(work);
	free(slope);
	return 0;
}
