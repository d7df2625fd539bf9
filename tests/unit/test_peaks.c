/* SPDX-License-Identifier: MIT */
/*
 * peaks: what it says of known distributions, and of what it has not seen.
 * "judge" reads values and prints for tests/math.py what it makes of them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "math/peaks.h"
#include "tap.h"

/* n samples: mostly nothing, one in ten exponential of that mean. */
static struct peaks
exponential(int n, double mean)
{
	struct peaks p = {0};
	struct rng g;
	int i;

	rng_seed(&g, 3);
	for (i = 0; i < n; i++)
		peaks_learn(&p,
		    i % 10 == 0 ? 1 - mean * log(rng_uniform(&g)) : 0, 1e9);
	return p;
}

static void
test_rarity(void)
{
	struct peaks p = exponential(200000, 2);
	double z = 1 + 2 * log(1e4);

	OK(peaks_rarity(&p, 0.5) == 0, "below the threshold nothing is rare");
	NEAR(peaks_rarity(&p, 1), 1, 0.03, "one in ten is above it");
	NEAR(peaks_rarity(&p, z), 5, 0.2, "an exponential tail is continued");
	NEAR(peaks_value(&p, peaks_rarity(&p, 9)), 9, 1e-9,
	    "the value of a rarity is where it came from");
	OK(peaks_rarity(&p, 1e300) == PEAKS_RAREST, "nothing is rarer than");
	OK(peaks_value(&p, 0.5) == PEAKS_OVER, "what is usual has no value");
}

static void
test_learning(void)
{
	struct peaks p = {0}, q = {0};
	double before = peaks_rarity(&p, 20);
	int i;

	OK(before > 6 && before < 12, "new: an opinion, and no certainty");
	for (i = 0; i < 1000; i++)
		peaks_learn(&p, 0, 1e9);
	OK(peaks_rarity(&p, 20) > before, "quiet makes peaks rarer");
	for (i = 0; i < 20; i++) {
		peaks_learn(&p, 20, 1e9);
		peaks_learn(&q, 20, 5);
	}
	OK(peaks_rarity(&p, 20) < before - 3, "and peaks make them usual");
	OK(peaks_rarity(&q, 20) > peaks_rarity(&p, 20),
	    "what counts for no more than that teaches less");
	for (i = 0; i < 6000000; i++)
		peaks_learn(&p, 0, 1);
	OK(p.samples < 4e6 && p.count < 20, "what was long ago fades");
}

/* "N V1 .. VN Z" lines; "samples count rarity of Z, value of 6". */
static int
judge(void)
{
	struct peaks p;
	double v;
	int n;

	while (scanf("%d", &n) == 1) {
		memset(&p, 0, sizeof(p));
		for (; n > 0 && scanf("%lf", &v) == 1; n--)
			peaks_learn(&p, v, 1e9);
		if (scanf("%lf", &v) != 1)
			return 1;
		printf("%.12g %.12g\n", peaks_rarity(&p, v),
		    peaks_value(&p, 6));
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "judge") == 0)
		return judge();
	test_rarity();
	test_learning();
	return tap_done();
}
