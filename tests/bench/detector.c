/* SPDX-License-Identifier: MIT */
/*
 * detector: CPU nanoseconds a sample of the detector alone.
 *	usage: detector SERIES SAMPLES ordered|random
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "math/detector.h"

enum {
	AHEAD = 16 /* samples asked for before they are fed */
};

int
main(int argc, char **argv)
{
	size_t series, samples, i, k, *order;
	struct detector *d;
	struct detector_result r;
	struct rng g;
	double values[4096], sum = 0;
	clock_t start;
	int random;

	if (argc != 4 || (series = strtoul(argv[1], NULL, 10)) == 0 ||
	    (samples = strtoul(argv[2], NULL, 10)) == 0)
		return 2;
	random = strcmp(argv[3], "random") == 0;
	rng_seed(&g, 1);
	d = xcalloc(series, sizeof *d);
	order = xcalloc(series, sizeof *order);
	for (i = 0; i < series; i++) {
		detector_init(&d[i]);
		order[i] = i;
	}
	for (i = series; random && i > 1; i--) {
		size_t j = (size_t)rng_below(&g, i), swap = order[j];

		order[j] = order[i - 1];
		order[i - 1] = swap;
	}
	for (i = 0; i < 4096; i++)
		values[i] = rng_normal(&g);
	/* Once for the pages, which are not what is asked. */
	for (i = 0; i < series; i++)
		detector_feed(&d[i], 0, 1, &r);
	start = clock();
	for (k = 0; k < samples; k++)
		for (i = 0; i < series; i++) {
			if (i + AHEAD < series)
				detector_prefetch(&d[order[i + AHEAD]]);
			detector_feed(&d[order[i]], (double)k * 10,
			    values[(i * 7 + k) & 4095], &r);
			sum += r.alarm;
		}
	printf("%.1f\n", (double)(clock() - start) / CLOCKS_PER_SEC * 1e9 /
			     (double)(series * samples));
	fprintf(stderr, "%zu bytes a series, alarms %g\n", sizeof *d, sum);
	return 0;
}
