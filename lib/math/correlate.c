/* SPDX-License-Identifier: MIT */
/* correlate: see the header; plain loops, for a few hundred values a series. */
#include "math/correlate.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum { ORDER = 4 };

/* After whitening: further out is one event, not a relation. */
#define CUT 4.0

double
correlate_pearson(const double *a, const double *b, size_t n)
{
	double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0, r;
	size_t i;

	for (i = 0; i < n; i++) {
		ma += a[i] / (double)n;
		mb += b[i] / (double)n;
	}
	for (i = 0; i < n; i++) {
		aa += (a[i] - ma) * (a[i] - ma);
		bb += (b[i] - mb) * (b[i] - mb);
		ab += (a[i] - ma) * (b[i] - mb);
	}
	if (!(aa > 0) || !(bb > 0))
		return 0;
	r = ab / (sqrt(aa) * sqrt(bb));
	return fmin(fmax(r, -1), 1);
}

/*
 * Levinson (1946) and Durbin (1960): the best autoregression of each order
 * from the autocovariances; the one with the least BIC stays in best[].
 */
static size_t
autoregression(const double *cov, size_t n, double best[ORDER])
{
	double phi[ORDER] = {0}, old[ORDER], left = cov[0], k, bic, least;
	size_t order = 0, p, i;

	least = (double)n * log(left);
	for (p = 1; p <= ORDER && left > cov[0] * 1e-12; p++) {
		k = cov[p];
		for (i = 0; i + 1 < p; i++) {
			k -= phi[i] * cov[p - 1 - i];
			old[i] = phi[i];
		}
		k /= left;
		for (i = 0; i + 1 < p; i++)
			phi[i] -= k * old[p - 2 - i];
		phi[p - 1] = k;
		left *= 1 - k * k;
		bic = (double)n * log(fmax(left, cov[0] * 1e-12)) +
		      (double)p * log((double)n);
		if (bic >= least)
			continue;
		least = bic;
		order = p;
		for (i = 0; i < p; i++)
			best[i] = phi[i];
	}
	return order;
}

/* Mean 0, deviation 1; nothing else. */
static int
standardise(double *v, size_t n)
{
	double mean = 0, square = 0;
	size_t i;

	for (i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (i = 0; i < n; i++) {
		v[i] -= mean;
		square += v[i] * v[i] / (double)n;
	}
	/* Rounding of a large constant is no movement. */
	if (!(sqrt(square) > 1e-12 * fabs(mean))) {
		for (i = 0; i < n; i++)
			v[i] = 0;
		return -1;
	}
	for (i = 0; i < n; i++)
		v[i] /= sqrt(square);
	return 0;
}

void
correlate_whiten(const double *y, size_t n, double *out)
{
	double cov[ORDER + 1] = {0}, phi[ORDER], *v;
	size_t i, k, order;

	if (n == 0)
		return;
	v = xcalloc(n, sizeof *v);
	for (i = 0; i < n; i++)
		v[i] = y[i];
	if (standardise(v, n) == -1 || n <= ORDER + 1) {
		for (i = 0; i < n; i++)
			out[i] = v[i];
		free(v);
		return;
	}
	for (k = 0; k <= ORDER; k++)
		for (i = k; i < n; i++)
			cov[k] += v[i] * v[i - k] / (double)n;
	order = autoregression(cov, n, phi);
	for (i = 0; i < n; i++) {
		out[i] = v[i];
		for (k = 0; k < order; k++)
			out[i] -= i > k ? phi[k] * v[i - 1 - k] : 0;
		/* The first have no past: nothing is known of them. */
		if (i < order)
			out[i] = 0;
	}
	if (standardise(out, n) == 0)
		for (i = 0; i < n; i++)
			out[i] = fmin(fmax(out[i], -CUT), CUT);
	free(v);
}

int
correlate_lagged(const double *a, const double *b, size_t n, int max_lag,
    struct correlation *c)
{
	struct correlation best = {0};
	size_t reach = (size_t)abs(max_lag), pairs;
	double r, z, tried = 2 * (double)reach + 1;
	int lag;

	if (n < reach + CORRELATE_MIN)
		return -1;
	for (lag = -(int)reach; lag <= (int)reach; lag++) {
		pairs = n - (size_t)abs(lag);
		r = lag >= 0 ? correlate_pearson(a, b + lag, pairs)
			     : correlate_pearson(a - lag, b, pairs);
		/* Of equals the one nearest to no lag. */
		if (fabs(r) < fabs(best.r) ||
		    (fabs(r) == fabs(best.r) && abs(lag) >= abs(best.lag)))
			continue;
		best.r = r;
		best.lag = lag;
		best.n = pairs;
	}
	if (best.n == 0)
		return -1;
	/* Fisher (1915); Sidak (1967) for the lags tried. */
	z = atanh(fmin(fabs(best.r), 1 - 1e-15)) * sqrt((double)best.n - 3);
	best.p = -expm1(tried * log1p(-fmin(erfc(z / sqrt(2)), 1 - 1e-15)));
	*c = best;
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

size_t
correlate_select(const double *p, size_t n, double q, char *keep)
{
	double *sorted, limit = -1;
	size_t i, kept = 0;

	if (n == 0)
		return 0;
	sorted = xcalloc(n, sizeof *sorted);
	for (i = 0; i < n; i++)
		sorted[i] = p[i];
	qsort(sorted, n, sizeof *sorted, by_value);
	for (i = 0; i < n; i++)
		if (sorted[i] <= q * (double)(i + 1) / (double)n)
			limit = sorted[i];
	for (i = 0; i < n; i++) {
		keep[i] = p[i] <= limit;
		kept += p[i] <= limit;
	}
	free(sorted);
	return kept;
}
