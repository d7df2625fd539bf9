/* SPDX-License-Identifier: MIT */
/* forecast: known courses, honest intervals, crossings, hostile series. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "math/forecast.h"
#include "math/forecast_private.h"
#include "tap.h"

enum { N = 840, H = 48 };

/* A day of 24 and a week of 168, a level, noise. */
static double
wave(size_t i, double noise, struct rng *g)
{
	return 100 + 20 * sin((double)(i % 24) * 6.283185307179586 / 24) +
	       (i % 168 >= 120 ? -15 : 0) + noise * rng_normal(g);
}

static void
test_season(void)
{
	struct forecast_request rq = {.horizon = H,
	    .season = 24,
	    .season2 = 168};
	struct forecast f;
	struct rng g;
	double y[N + H], worst = 0;
	size_t i, inside = 0;

	rng_seed(&g, 1);
	for (i = 0; i < N + H; i++)
		y[i] = wave(i, 0, &g);
	OK(forecast_make(y, N, &rq, &f, NULL) == 0, "a clean wave");
	for (i = 0; i < H; i++)
		worst = fmax(worst, fabs(f.p50[i] - y[N + i]));
	NEAR(worst, 0, 1e-6, "goes on as it was");
	OK(f.family == FORECAST_SEASONAL, "by the seasonal family");
	NEAR(f.error, 0, 1e-6, "which made no error in the past");
	forecast_free(&f);
	OK(f.p50 == NULL && f.horizon == 0, "freed");

	for (i = 0; i < N + H; i++)
		y[i] = wave(i, 2, &g);
	OK(forecast_make(y, N, &rq, &f, NULL) == 0, "a noisy wave");
	worst = 0;
	for (i = 0; i < H; i++) {
		worst += fabs(f.p50[i] - wave(N + i, 0, &g)) / H;
		inside += y[N + i] >= f.low[i] && y[N + i] <= f.high[i];
	}
	OK(worst < 1.5, "its noise is not forecast");
	OK(inside >= 43, "about 95 % are within the interval");
	OK(f.high[20] - f.low[20] < 16, "which is not needlessly wide");
	OK(f.error > 1 && f.error < 3, "the error of the past is the noise");
	forecast_free(&f);
}

static void
test_trend(void)
{
	struct forecast_request rq = {.horizon = 12};
	struct forecast f;
	double y[60];
	size_t i;

	for (i = 0; i < 60; i++)
		y[i] = 5;
	OK(forecast_make(y, 60, &rq, &f, NULL) == 0, "a constant");
	NEAR(f.p50[11], 5, 1e-9, "goes on");
	NEAR(f.high[11] - f.low[11], 0, 1e-9, "surely");
	forecast_free(&f);
	for (i = 0; i < 60; i++)
		y[i] = 10 + 2 * (double)i;
	OK(forecast_make(y, 60, &rq, &f, NULL) == 0, "a line");
	OK(f.p50[0] > 128 && f.p50[0] < 131, "goes on rising");
	OK(f.p50[11] > f.p50[0] + 8 && f.p50[11] < 153, "if not for ever");
	OK(f.high[11] >= 2 * 71 + 10, "the line is within the interval");
	forecast_free(&f);
	for (i = 0; i < 60; i++)
		y[i] = 60 - (double)i;
	rq.is_nonnegative = 1;
	OK(forecast_make(y, 60, &rq, &f, NULL) == 0, "a line that falls");
	OK(f.low[11] == 0, "stops at nothing");
	forecast_free(&f);
}

static void
test_crossing(void)
{
	double p50[4] = {1, 2, 3, 4};
	/* Courses: 1 2 3 4; 3 2 3 4; 0 0 0 0; 1 2 4 4. */
	double residual[16] = {0, 0, 0, 0, 2, 0, 0, 0, -1, -2, -3, -4, 0, 0, 1,
	    0};
	struct forecast f = {.horizon = 4,
	    .p50 = p50,
	    .residual = residual,
	    .origins = 4};
	struct forecast_crossing c;

	forecast_cross(&f, 3, 1, &c);
	NEAR(c.probability, 0.75, 0, "three of four courses reach 3");
	OK(c.p10 == 1 && c.p50 == 3 && c.p90 == 0,
	    "one at the first step, half by the third, a tenth never");
	OK(c.typical == 3, "those that do, at the third");
	forecast_cross(&f, 9, 1, &c);
	OK(c.probability == 0 && c.p10 == 0 && c.typical == 0,
	    "none reaches 9");
	forecast_cross(&f, 0, 0, &c);
	NEAR(c.probability, 0.25, 0, "one falls to nothing");
	OK(c.p10 == 1 && c.p50 == 0 && c.typical == 1, "at once");
	f.origins = 0;
	forecast_cross(&f, 2, 1, &c);
	OK(c.probability == 1 && c.p50 == 2, "without a past: p50 alone");
}

static void
test_refused(void)
{
	struct forecast_request rq = {.horizon = 4};
	struct forecast f = {0};
	struct nc_err e;
	double y[64] = {0};

	OK(forecast_make(y, 7, &rq, &f, &e) == -1, "seven values are too few");
	SAME(e.msg, "7 values: too few to forecast", "and said so");
	OK(forecast_make(y, 8, &rq, &f, &e) == 0, "eight are not");
	forecast_free(&f);
	rq.horizon = 0;
	OK(forecast_make(y, 64, &rq, &f, &e) == -1, "no horizon");
	rq.horizon = FORECAST_HORIZON + 1;
	OK(forecast_make(y, 64, &rq, &f, &e) == -1, "too far ahead");
	rq.horizon = 4;
	rq.season = 5;
	rq.season2 = 12;
	OK(forecast_make(y, 64, &rq, &f, &e) == -1, "seasons that do not fit");
	rq.season = 0;
	OK(forecast_make(y, 64, &rq, &f, &e) == -1, "a second without a first");
	rq.season2 = 0;
	y[3] = NAN;
	OK(forecast_make(y, 64, &rq, &f, &e) == -1, "not a number");
	SAME(e.msg, "value 3 is no number", "and which");
	OK(f.p50 == NULL, "nothing was written");
}

/* Any length, any season: finite, ordered, and the same twice. */
static void
test_any(void)
{
	static const double scale[] = {1, 1e300, 1e-300, 0};
	struct forecast_request rq;
	struct forecast f, again;
	struct rng g;
	double y[400];
	size_t i, h, n;
	int sane = 1, same = 1, round;

	rng_seed(&g, 5);
	for (round = 0; round < 60; round++) {
		n = 8 + (size_t)rng_below(&g, 300);
		rq = (struct forecast_request){.horizon = 1 +
							  (size_t)rng_below(&g,
							      40),
		    .season = (size_t)rng_below(&g, 14)};
		rq.season2 = rq.season * (size_t)rng_below(&g, 4);
		for (i = 0; i < n; i++)
			y[i] = scale[round % 4] * rng_uniform(&g);
		if (forecast_make(y, n, &rq, &f, NULL) == -1 ||
		    forecast_make(y, n, &rq, &again, NULL) == -1) {
			sane = 0;
			break;
		}
		for (h = 0; h < rq.horizon; h++)
			sane &= isfinite(f.p50[h]) && f.low[h] <= f.p50[h] &&
				f.p50[h] <= f.high[h];
		same &= memcmp(f.p50, again.p50, rq.horizon * sizeof *f.p50) ==
			0;
		forecast_free(&f);
		forecast_free(&again);
	}
	OK(sane, "sixty series: finite, low <= p50 <= high");
	OK(same, "and the same twice");
}

int
main(void)
{
	double even[] = {4, 1, 3, 2}, odd[] = {9, 1, 5};

	NEAR(forecast_median(even, 4), 2.5, 0, "median of four");
	NEAR(forecast_median(odd, 3), 5, 0, "median of three");
	test_season();
	test_trend();
	test_crossing();
	test_refused();
	test_any();
	return tap_done();
}
