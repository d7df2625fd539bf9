/* SPDX-License-Identifier: MIT */
/* detector and tail: calibration, what is seen, what must not be. */
#include <stdlib.h>

#include "base/rng.h"
#include "math/detector.h"
#include "tap.h"

enum kind { NORMAL, SKEWED, SLUGGISH, DAILY, COARSE, KINDS };

static const char *const name[KINDS] = {"normal noise", "log-normal",
    "autocorrelated", "daily wave", "few values"};

/* The next of a made-up series without anomalies. */
static double
draw(struct rng *g, enum kind kind, int i, double *last)
{
	double e = rng_normal(g);

	switch (kind) {
	case SKEWED:
		return exp(e);
	case SLUGGISH:
		return *last = 0.9 * *last + e;
	case DAILY:
		return 10 * sin(i * 6.283185307179586 / 288) + e;
	case COARSE:
		return floor(fabs(e) * 2);
	case NORMAL:
	case KINDS:
		break;
	}
	return e;
}

static void
test_calibration(void)
{
	enum kind kind;
	int i, above, high, alarms;

	for (kind = NORMAL; kind < KINDS; kind++) {
		struct detector d;
		struct detector_result r;
		struct rng g;
		char what[80];
		double last = 0;

		rng_seed(&g, 7);
		detector_init(&d);
		above = high = alarms = 0;
		for (i = 0; i < 22000; i++) {
			detector_feed(&d, i * 300.0, draw(&g, kind, i, &last),
			    &r);
			if (i < 2000)
				continue;
			above += r.score > 0.99;
			high += r.score > 0.9;
			alarms += r.alarm >= 1;
		}
		snprintf(what, sizeof what, "%s: 0.99 is passed by 1 %%",
		    name[kind]);
		NEAR(above / 200.0, 1, 0.15, what);
		snprintf(what, sizeof what, "%s: 0.9 is passed by 10 %%",
		    name[kind]);
		NEAR(high / 200.0, 10, 0.6, what);
		snprintf(what, sizeof what, "%s: an alarm in 500 at most",
		    name[kind]);
		OK(alarms <= 40, what);
	}
}

/* 5-minute samples of n, then one value; the result of that. */
static struct detector_result
after(struct detector *d, int n, double value)
{
	struct detector_result r;
	struct rng g;
	int i;

	rng_seed(&g, 3);
	detector_init(d);
	for (i = 0; i < n; i++)
		detector_feed(d, i * 300.0, 50 + rng_normal(&g), &r);
	detector_feed(d, i * 300.0, value, &r);
	return r;
}

static void
test_events(void)
{
	struct detector d;
	struct detector_result r;
	struct rng g;
	double best;
	int i;

	r = after(&d, 2000, 60);
	OK(r.alarm >= 1 && r.reason == DETECTOR_RECORD && r.direction == 1,
	    "a spike of ten deviations alarms as a record above");
	OK(r.score > 0.99, "and is rare");
	NEAR(r.expected, 50, 1.5, "50 was expected");
	OK(r.low < 48.5 && r.low > 44 && r.high > 51.5 && r.high < 56,
	    "99 % of the samples are within low and high");
	best = r.alarm;
	detector_feed(&d, 2001 * 300.0, 60, &r);
	OK(r.alarm < best / 2, "the same again at once counts less");
	r = after(&d, 2000, 40);
	OK(r.alarm >= 1 && r.direction == -1, "a dip alarms as below");
	r = after(&d, 2000, 51);
	OK(r.alarm < 1 && r.score < 0.99, "one deviation does not");
	r = after(&d, 100, 60);
	OK(r.learning && r.alarm == 0 && r.score == 0,
	    "while learning there is no alarm");

	/* Seven days of a square wave; on the eighth it does not rise. */
	rng_seed(&g, 4);
	detector_init(&d);
	best = 0;
	for (i = 0; i < 8 * 288; i++) {
		int high = i % 288 >= 96 && i % 288 < 192 && i < 7 * 288;

		detector_feed(&d, i * 300.0, (high ? 80 : 20) + rng_normal(&g),
		    &r);
		if (i >= 7 * 288 && r.alarm > best) {
			best = r.alarm;
			OK(r.alarm < 1 || r.reason == DETECTOR_SEASON,
			    "out of season, although within the range");
		}
	}
	OK(best >= 1, "the missing rise of the eighth day alarms");

	/* What moved stands still. */
	detector_init(&d);
	best = 0;
	for (i = 0; i < 2400; i++) {
		detector_feed(&d, i * 300.0,
		    i < 2000 ? 50 + rng_normal(&g) : 50.0, &r);
		if (i >= 2000 && r.alarm >= 1 && r.reason == DETECTOR_FLAT)
			best = r.alarm;
	}
	OK(best >= 1, "a flat line alarms as flat");

	/* A shift of the mean inside the range of the values. */
	detector_init(&d);
	best = 0;
	for (i = 0; i < 3000; i++) {
		detector_feed(&d, i * 300.0,
		    (i < 2000 ? 50 : 53) + 2 * rng_normal(&g), &r);
		if (i >= 2000 && r.alarm > best)
			best = r.alarm;
	}
	OK(best >= 1, "a shift of one and a half deviations alarms");
}

/* The greatest difference of alarms between x and a + b x. */
static double
difference(double a, double b)
{
	struct detector d, e;
	struct detector_result r, s;
	struct rng g;
	double most = 0, x;
	int i;

	rng_seed(&g, 9);
	detector_init(&d);
	detector_init(&e);
	for (i = 0; i < 3000; i++) {
		x = rng_normal(&g) + (i == 2500 ? 9 : 0);
		detector_feed(&d, i * 300.0, x, &r);
		detector_feed(&e, i * 300.0, a + b * x, &s);
		if (r.alarm >= 1 || s.alarm >= 1)
			most = fmax(most, fabs(r.alarm - s.alarm));
	}
	return most;
}

static int
is_sane(const struct detector_result *r)
{
	return isfinite(r->alarm) && isfinite(r->expected) && r->score >= 0 &&
	       r->score <= 1 && r->low <= r->high;
}

static void
test_hostile(void)
{
	static const double bad[] = {1e308, -1e308, 5e-324, 0, -0.0, 1e300, 1};
	struct detector d, copy;
	struct detector_result r, s;
	struct rng g;
	int i, sane = 1, same = 1, alarms = 0;

	NEAR(difference(0, 1024), 0, 1e-3, "the unit does not matter");
	NEAR(difference(0, 1.0 / 1024), 0, 1e-3, "nor a small one");
	NEAR(difference(1000, 1), 0, 0.05, "the level does not matter");

	detector_init(&d);
	for (i = 0; i < 3000; i++) {
		detector_feed(&d, i * 10.0, 7, &r);
		alarms += r.alarm > 0;
		sane &= is_sane(&r);
	}
	OK(alarms == 0 && sane, "a constant never alarms");
	detector_feed(&d, 30000, 8, &r);
	OK(r.alarm >= 1, "and its first other value does");
	detector_feed(&d, 30010, NAN, &r);
	OK(is_sane(&r) && r.alarm == 0, "not a number is not learnt");
	detector_feed(&d, INFINITY, 8, &r);
	OK(is_sane(&r) && r.alarm == 0, "nor is a time without end");

	detector_init(&d);
	for (i = 0; i < 7000; i++) {
		detector_feed(&d, i % 2 ? -1e17 : 1e17, bad[i % 7], &r);
		sane &= is_sane(&r);
	}
	OK(sane, "huge and tiny values, time going back: finite answers");
	detector_init(&d);
	detector_feed(&d, 0, 5, &r);
	OK(is_sane(&r) && r.expected == 5, "one sample");

	rng_seed(&g, 1);
	detector_init(&d);
	for (i = 0; i < 1000; i++)
		detector_feed(&d, i * 60.0, rng_normal(&g), &r);
	copy = d;
	for (; i < 2000; i++) {
		double x = rng_normal(&g);

		detector_feed(&d, i * 60.0, x, &r);
		detector_feed(&copy, i * 60.0, x, &s);
		same &= memcmp(&r, &s, sizeof r) == 0;
	}
	OK(same && memcmp(&d, &copy, sizeof d) == 0,
	    "a copy of the state goes on as the original");
	OK(sizeof d <= 320, "320 bytes a series");
}

static void
test_log(void)
{
	float worst = 0, x;

	for (x = 1e-37F; x < 1e37F; x *= 1.01F)
		worst = fmaxf(worst, fabsf(tail_log(x) - logf(x)));
	OK(worst < 5e-5F, "the cheap logarithm is one");
}

int
main(void)
{
	test_log();
	test_calibration();
	test_events();
	test_hostile();
	return tap_done();
}
