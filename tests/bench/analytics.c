/* SPDX-License-Identifier: MIT */
/*
 * analytics: the functions of lib/math behind plain columns of numbers, for
 * the public benchmarks of tests/analytics.  Nothing is decided here.
 *	detect	"ts value" lines in; "score alarm" a line out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/detector.h"

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

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "detect") == 0)
		return detect();
	fprintf(stderr, "usage: analytics detect\n");
	return 2;
}
