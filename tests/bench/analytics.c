/* SPDX-License-Identifier: MIT */
/*
 * analytics: the functions of lib/math behind plain columns of numbers, for
 * the public benchmarks of tests/analytics.  Nothing is decided here.
 *	detect	"ts value" lines in; "score alarm" a line out
 *	forecast HORIZON SEASON SEASON2
 *		"ID N V1 .. VN K L1 .. LK" lines in, L being limits; a line
 *		"ID p50.. low.. high.. (probability step)..." out
 *	cause
 *		"SYMPTOM SUSPECTS EDGES" (SYMPTOM -1: unknown), per suspect
 *		"DIRECTION N V1 .. M W1 .." (before, during; either may be 0),
 *		per edge "FROM ON"; a line "SUSPECT:Z ..", worst first, out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/cause.h"
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

/* One case; 1: there was one. */
static int
cause_case(long symptom, size_t n, size_t edges)
{
	struct cause_suspect *s = xcalloc(n + 1, sizeof *s);
	struct cause_verdict *v = xcalloc(n + 1, sizeof *v);
	struct cause_edge *edge = xcalloc(edges + 1, sizeof *edge);
	struct cause_evidence e;
	double *before, *during;
	size_t i;
	long b, d;
	int direction;

	for (i = 0; i < n; i++) {
		if (scanf("%d", &direction) != 1 ||
		    (b = numbers(&before)) == -1 ||
		    (d = numbers(&during)) == -1)
			return 0;
		if (cause_weigh(before, (size_t)b, during, (size_t)d, direction,
			&e) == 0)
			s[i].z = e.z;
		free(before);
		free(during);
	}
	for (i = 0; i < edges; i++)
		if (scanf("%zu %zu", &edge[i].from, &edge[i].on) != 2)
			return 0;
	cause_rank(s, n, edge, edges,
	    symptom < 0 ? CAUSE_NONE : (size_t)symptom, v);
	for (i = 0; i < n; i++)
		printf("%zu:%.4g ", v[i].suspect, s[v[i].suspect].z);
	printf("\n");
	free(s);
	free(v);
	free(edge);
	return 1;
}

static int
cause(void)
{
	size_t n, edges;
	long symptom;

	while (scanf("%ld %zu %zu", &symptom, &n, &edges) == 3)
		if (n > 100000 || edges > 1000000 ||
		    !cause_case(symptom, n, edges))
			return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "detect") == 0)
		return detect();
	if (argc == 5 && strcmp(argv[1], "forecast") == 0)
		return forecast(argv + 2);
	if (argc == 2 && strcmp(argv[1], "cause") == 0)
		return cause();
	fprintf(stderr, "usage: analytics detect | forecast H S S2 | cause\n");
	return 2;
}
