/* SPDX-License-Identifier: MIT */
/*
 * correlate: whether two series move together, and which one first.  Each is
 * whitened before, since any two series with a season or a trend correlate;
 * the best of several lags pays for having been chosen; of many pairs, those
 * are kept whose share of false ones is controlled.  Never looks for causes.
 */
#ifndef NC_MATH_CORRELATE_H
#define NC_MATH_CORRELATE_H

#include <stddef.h>

enum {
	CORRELATE_MIN = 16 /* least values of a series */
};

struct correlation {
	double r; /* Pearson's, at the best lag */
	int lag; /* steps by which b follows a; negative: a follows b */
	size_t n; /* pairs behind r */
	double p; /* of independence, corrected for the lags tried */
};

/*
 * out[0..n) becomes what an autoregression of up to 4 steps (Yule-Walker,
 * order by BIC) does not explain of y: mean 0, one deviation wide, wild
 * values cut at 4.  A constant becomes zeros.
 */
void correlate_whiten(const double *y, size_t n, double *out);

/*
 * Borrows two whitened series of the same instants.  -1 when there are less
 * than CORRELATE_MIN pairs at the widest lag, or a series is constant.
 */
int correlate_lagged(const double *a, const double *b, size_t n, int max_lag,
    struct correlation *);

/* Pearson's r; 0 when one of them is constant. */
double correlate_pearson(const double *a, const double *b, size_t n);

/*
 * Benjamini and Hochberg (1995): keep[i] becomes 1 for those of n tests that
 * stand when at most a share of q may be false, else 0; how many stand.
 */
size_t correlate_select(const double *p, size_t n, double q, char *keep);

#endif
