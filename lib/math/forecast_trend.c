/* SPDX-License-Identifier: MIT */
/*
 * forecast_trend: the weighted mean of a damped trend, the theta method and
 * the course one season ago moved to today's level.  The smoothing constants
 * come from a grid by the squared one-step error; the weights are fixed, for
 * they cannot be learnt from one series.
 */
#include <math.h>

#include "math/forecast_private.h"

/* Without a season to look back to, theta takes its share. */
#define WEIGHT_DAMPED 0.3
#define WEIGHT_THETA 0.3
#define WEIGHT_SEASON 0.4
/* Values whose mean is "today's level". */
#define RECENT 3

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const double level_grid[] = {0.1, 0.3, 0.5, 0.7, 0.9, 1};
static const double slope_grid[] = {0, 0.02, 0.06, 0.15};
static const double damp_grid[] = {0.8, 0.9, 0.97};

struct damped {
	double level_rate, slope_rate, damp;
	double level, slope;
};

/* Smooths y[0..n); the result is the sum of squared one-step errors. */
static double
damped_run(struct damped *d, const double *y, size_t n)
{
	double sum = 0, ahead, off;
	size_t i;

	d->level = y[0];
	d->slope = 0;
	for (i = 1; i < n; i++) {
		ahead = d->level + d->damp * d->slope;
		off = y[i] - ahead;
		sum += off * off;
		d->level = ahead + d->level_rate * off;
		d->slope = d->damp * d->slope + d->slope_rate * off;
	}
	return sum;
}

static struct damped
damped_fit(const double *y, size_t n)
{
	struct damped d = {0}, best = {0};
	double least = HUGE_VAL, sum;
	size_t a, b, c;

	for (a = 0; a < COUNT(level_grid); a++)
		for (b = 0; b < COUNT(slope_grid); b++)
			for (c = 0; c < COUNT(damp_grid); c++) {
				d.level_rate = level_grid[a];
				d.slope_rate = level_grid[a] * slope_grid[b];
				d.damp = damp_grid[c];
				sum = damped_run(&d, y, n);
				if (sum >= least && least < HUGE_VAL)
					continue;
				least = sum;
				best = d;
			}
	return best;
}

/* The rate of simple smoothing with the least squared one-step error. */
static double
simple_fit(const double *y, size_t n)
{
	struct damped d = {.damp = 0};
	double least = HUGE_VAL, best = 1, sum;
	size_t a;

	for (a = 0; a < COUNT(level_grid); a++) {
		d.level_rate = level_grid[a];
		sum = damped_run(&d, y, n);
		if (sum < least) {
			least = sum;
			best = level_grid[a];
		}
	}
	return best;
}

/* Slope of the least-squares line through y[0..n). */
static double
slope_of(const double *y, size_t n)
{
	double middle = ((double)n - 1) / 2, mean = 0, xy = 0, xx = 0;
	size_t i;

	for (i = 0; i < n; i++)
		mean += y[i] / (double)n;
	for (i = 0; i < n; i++) {
		xy += ((double)i - middle) * (y[i] - mean);
		xx += ((double)i - middle) * ((double)i - middle);
	}
	return xx > 0 ? xy / xx : 0;
}

static double
recent_mean(const double *y, size_t n)
{
	size_t i, count = n < RECENT ? n : RECENT;
	double sum = 0;

	for (i = n - count; i < n; i++)
		sum += y[i] / (double)count;
	return sum;
}

/* Forecasts from the first n values. */
static void
from_origin(const struct forecast_task *t, size_t n, struct damped d,
    double simple_rate, double *out)
{
	struct damped simple = {.level_rate = simple_rate};
	const double *y = t->y;
	size_t h, back = t->season2 > t->season ? t->season2 : t->season;
	double drift, damped, theta, course, slope, level = 0, then = 0;
	int has_season = back > 1 && n >= back + RECENT;

	damped_run(&d, y, n);
	damped_run(&simple, y, n);
	drift = slope_of(y, n) / 2;
	if (has_season) {
		level = recent_mean(y, n);
		then = recent_mean(y, n - back);
	}
	damped = d.level;
	slope = d.slope;
	for (h = 0; h < t->horizon; h++) {
		slope *= d.damp;
		damped += slope;
		theta = simple.level + drift * (double)(h + 1);
		course = theta;
		if (has_season)
			course = level + y[n - back + h % back] - then;
		out[h] = WEIGHT_DAMPED * damped + WEIGHT_THETA * theta +
			 WEIGHT_SEASON * course;
	}
}

int
forecast_trend(const struct forecast_task *t, double *out)
{
	struct damped d;
	double simple;
	size_t k;

	if (t->n < FORECAST_MIN)
		return -1;
	d = damped_fit(t->y, t->n);
	simple = simple_fit(t->y, t->n);
	for (k = 0; k < t->origins; k++)
		from_origin(t, t->origin[k], d, simple, out + k * t->horizon);
	return 0;
}
