/* SPDX-License-Identifier: MIT */
/*
 * trend and correlate: by hand here; with the argument "judge" the answers
 * are printed for tests/math.py, which holds them against scipy.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "math/correlate.h"
#include "math/trend.h"
#include "tap.h"

enum { N = 300 };

static void
test_line(void)
{
	double x[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, y[10];
	struct trend t;
	int i;

	for (i = 0; i < 10; i++)
		y[i] = 3 + 2 * x[i];
	OK(trend_fit(x, y, 10, &t) == 0, "a line");
	NEAR(t.slope, 2, 1e-12, "its slope");
	NEAR(t.intercept, 3, 1e-12, "its intercept");
	NEAR(t.tau, 1, 1e-12, "rises all the way");
	OK(t.low == 2 && t.high == 2, "is certain");
	OK(t.p < 1e-4, "is a trend");
	y[4] = 1e9;
	y[7] = -1e9;
	OK(trend_fit(x, y, 10, &t) == 0, "two wild values");
	NEAR(t.slope, 2, 1e-12, "do not move it");
	for (i = 0; i < 10; i++)
		y[i] = 5;
	OK(trend_fit(x, y, 10, &t) == 0, "a constant");
	OK(t.slope == 0 && t.p == 1 && t.tau == 0, "has no trend");
	OK(trend_fit(x, y, 2, &t) == -1, "two points are too few");
	for (i = 0; i < 10; i++)
		x[i] = 7;
	OK(trend_fit(x, y, 10, &t) == -1, "one instant has no slope");
}

static void
test_lag(void)
{
	double a[N], b[N], wa[N], wb[N];
	struct correlation c;
	struct rng g;
	int i;

	rng_seed(&g, 2);
	for (i = 0; i < N; i++)
		a[i] = (i > 0 ? 0.9 * a[i - 1] : 0) + rng_normal(&g);
	for (i = 0; i < N; i++)
		b[i] = (i >= 3 ? 5 * a[i - 3] : 0) + rng_normal(&g);
	correlate_whiten(a, N, wa);
	correlate_whiten(b, N, wb);
	OK(correlate_lagged(wa, wb, N, 8, &c) == 0, "a, and b three later");
	OK(c.lag == 3 && c.r > 0.5 && c.p < 1e-6, "found, in that order");
	OK(correlate_lagged(wb, wa, N, 8, &c) == 0 && c.lag == -3,
	    "the other way round");
	OK(c.n == N - 3, "of that many pairs");
	for (i = 0; i < N; i++)
		b[i] = -a[i];
	correlate_whiten(b, N, wb);
	OK(correlate_lagged(wa, wb, N, 8, &c) == 0, "the opposite");
	NEAR(c.r, -1, 1e-9, "is -1");
	OK(c.lag == 0 && c.p >= 0 && c.p < 1e-12, "at no lag, for sure");
	for (i = 0; i < N; i++)
		b[i] = 1e9 + 0.1;
	correlate_whiten(b, N, wb);
	OK(wb[0] == 0 && wb[N - 1] == 0, "a constant is nothing");
	OK(correlate_lagged(wa, wb, N, 8, &c) == -1, "and has no relation");
	OK(correlate_lagged(wa, wa, CORRELATE_MIN, 8, &c) == -1,
	    "too few pairs");
}

/* Two walks on their own: whitening is what keeps them apart. */
static void
test_walks(void)
{
	double a[N], b[N], wa[N], wb[N];
	struct correlation c;
	struct rng g;
	int i, round, raw = 0, white = 0;

	rng_seed(&g, 3);
	for (round = 0; round < 200; round++) {
		a[0] = b[0] = 0;
		for (i = 1; i < N; i++) {
			a[i] = a[i - 1] + rng_normal(&g);
			b[i] = b[i - 1] + rng_normal(&g);
		}
		raw += correlate_lagged(a, b, N, 4, &c) == 0 && c.p < 0.05;
		correlate_whiten(a, N, wa);
		correlate_whiten(b, N, wb);
		white += correlate_lagged(wa, wb, N, 4, &c) == 0 && c.p < 0.05;
	}
	OK(raw > 150, "two random walks nearly always seem related");
	OK(white < 20, "whitened, in one of twenty cases");
}

static void
test_select(void)
{
	double p[] = {0.041, 0.001, 0.9, 0.008, 0.039, 0.042, 0.06, 0.074};
	char keep[8];

	OK(correlate_select(p, 8, 0.05, keep) == 2, "two of eight stand");
	OK(keep[1] && keep[3] && !keep[0] && !keep[4], "the right ones");
	OK(correlate_select(p, 0, 0.05, keep) == 0, "none of none");
	OK(correlate_select(p, 8, 1, keep) == 8, "all, when all may be false");
}

/* "n x.. y.." on stdin: what scipy is asked as well. */
static int
judge(void)
{
	static double x[TREND_MAX], y[TREND_MAX];
	static char keep[TREND_MAX];
	struct trend t;
	struct correlation c;
	size_t i, n;

	while (scanf("%zu", &n) == 1 && n <= TREND_MAX) {
		for (i = 0; i < 2 * n; i++)
			if (scanf("%lf", i < n ? &x[i] : &y[i - n]) != 1)
				return 1;
		if (trend_fit(x, y, n, &t) == -1 ||
		    correlate_lagged(x, y, n, 0, &c) == -1)
			return 1;
		printf("%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g",
		    t.slope, t.low, t.high, t.intercept, t.tau, t.p, c.r, c.p);
		for (i = 0; i < n; i++)
			y[i] = fabs(y[i]) - floor(fabs(y[i]));
		printf(" %zu\n", correlate_select(y, n, 0.5, keep));
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "judge") == 0)
		return judge();
	test_line();
	test_lag();
	test_walks();
	test_select();
	return tap_done();
}
