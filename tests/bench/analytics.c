/* SPDX-License-Identifier: MIT */
/*
 * analytics: the functions of lib/math behind plain columns of numbers, for
 * the public benchmarks of tests/analytics.  Nothing is decided here.
 *	detect	"ts value" lines in; "score alarm" a line out
 *	forecast HORIZON SEASON SEASON2
 *		"ID N V1 .. VN K L1 .. LK" lines in, L being limits; a line
 *		"ID p50.. low.. high.. (probability step)..." out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/detector.h"
#include "math/forecast.h"

static int
detect(void)
{
	struct detector d;
	struct detector_result r;
	double ts, value;

	detector_init(&d);
	while (scanf("%lf %lf", &ts, &value) == 2) {
		detector_feed(&d, ts, value, &r);
		printf("%.6g %.6g\n", r.score, r.alarm);
	}
	return 0;
}

/* A count and so many numbers, owned; -1 at the end of input. */
static long
numbers(double **v)
{
	long n, i;

	if (scanf("%ld", &n) != 1 || n < 0 || n > 1000000)
		return -1;
	*v = xcalloc((size_t)n + 1, sizeof **v);
	for (i = 0; i < n; i++)
		if (scanf("%lf", &(*v)[i]) != 1)
			return -1;
	return n;
}

static void
print_all(const double *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf(" %.10g", v[i]);
}

static int
forecast(char **arg)
{
	struct forecast_request rq = {
	    .horizon = strtoul(arg[0], NULL, 10),
	    .season = strtoul(arg[1], NULL, 10),
	    .season2 = strtoul(arg[2], NULL, 10),
	    .is_nonnegative = 1,
	};
	struct forecast f;
	struct forecast_crossing c;
	struct nc_err e;
	double *y = NULL, *limit = NULL;
	char id[80];
	long n, k, i;

	while (scanf("%79s", id) == 1) {
		if ((n = numbers(&y)) == -1 || (k = numbers(&limit)) == -1)
			return 1;
		if (forecast_make(y, (size_t)n, &rq, &f, &e) == -1) {
			fprintf(stderr, "analytics: %s: %s\n", id, e.msg);
			return 1;
		}
		printf("%s", id);
		print_all(f.p50, f.horizon);
		print_all(f.low, f.horizon);
		print_all(f.high, f.horizon);
		for (i = 0; i < k; i++) {
			forecast_cross(&f, limit[i], 1, &c);
			printf(" %g %zu", c.probability, c.typical);
		}
		printf("\n");
		forecast_free(&f);
		free(y);
		free(limit);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "detect") == 0)
		return detect();
	if (argc == 5 && strcmp(argv[1], "forecast") == 0)
		return forecast(argv + 2);
	fprintf(stderr, "usage: analytics detect | forecast H S S2\n");
	return 2;
}
