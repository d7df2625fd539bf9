/* SPDX-License-Identifier: MIT */
/*
 * detector: the alarm is a matter of extremes.  Five views of the series
 * (the value, its mean over some hundred samples, its distance from the hour
 * of the day raw and smoothed, how much it moves) each keep the range they
 * have been in; evidence is the square root of how far, in widths of that
 * range, a view leaves it.  Measured on the development half of the Numenta
 * benchmark this does better than tail probabilities of the same views, with
 * nine numbers to choose instead of thirty; those below are rounded, and each
 * may be off by a quarter without much harm.
 */
#include "math/detector_tuning.h"

#include <math.h>
#include <string.h>

#define SLOW_RATE 0.002
#define HOUR_LEAST 4 /* samples before an hour is known */
#define TAIL_RATE 0.08F
/* A range shrinks to half in some 12,000 samples: what was long ago fades. */
#define FADE 3e-5
#define LEARNING 160
#define EARLY 60
/* Noise that nobody calls a movement, of the mean distance and the value. */
#define FLOOR 0.006
#define ROUNDING 1e-9
/*
 * A line is flat when it has not moved for this many times as long as ever
 * before, and for this long at least; that is worth two alarms, once.
 */
#define FLAT_TIMES 4
#define FLAT_LEAST 60
#define FLAT_EVIDENCE 2.0F
/* A moving average this much (in logarithms) quieter is no news. */
#define ACTIVITY_FLOOR 0.1
/* Hours are kept as float: the base moves along before digits are lost. */
#define BASE_FAR 1e4

static const struct detector_tuning chosen = {
    .level_rate = 0.16,
    .middle_rate = 0.006,
    .hour_rate = 0.008, /* a day of 5-minute samples counts a tenth */
    .memory = 0.5F, /* of the strongest lately, which halves in 90 */
    .memory_keep = 0.99233F,
    .weight = {[VALUE] = 7.8F,
	[MIDDLE] = 3.1F,
	[SEASON_SMOOTH] = 6.2F,
	[SEASON_RAW] = 3.9F,
	[ACTIVITY] = 3.1F},
};

void
detector_init(struct detector *d)
{
	memset(d, 0, sizeof *d);
}

static int
hour_of(double ts)
{
	int64_t second;

	if (!(fabs(ts) < 1e15))
		return 0;
	second = (int64_t)ts % 86400;
	return (int)((second < 0 ? second + 86400 : second) / 3600);
}

/*
 * How far v leaves the range of the view, in widths of it; the range then
 * holds v.  Signed: below is negative.
 */
static double
excess(struct detector *d, enum detector_view view, double v,
    double least_width)
{
	double *least = &d->range[view].least, *most = &d->range[view].most;
	double width, out = 0;

	if (d->count <= 1) {
		*least = *most = v;
		return 0;
	}
	width = *most - *least;
	*most -= FADE * width;
	*least += FADE * width;
	if (v > *most) {
		out = (v - *most) / fmax(width, least_width);
		*most = v;
	} else if (v < *least) {
		out = (v - *least) / fmax(width, least_width);
		*least = v;
	}
	return d->count == 2 ? 0 : out;
}

/* What is known of the hour moves to the new base. */
static void
rebase(struct detector *d)
{
	double by = d->slow - d->base;
	int i;

	for (i = 0; i < DETECTOR_HOURS; i++)
		d->hour[i] = (float)((double)d->hour[i] - by);
	d->base = d->slow;
}

static void
learn_hour(struct detector *d, int hour, double value, double least)
{
	double rate, far = value - d->base - (double)d->hour[hour];

	if (d->seen[hour] < UINT8_MAX)
		d->seen[hour]++;
	rate = fmax(1.0 / d->seen[hour], least);
	d->hour[hour] = (float)((double)d->hour[hour] + rate * far);
	if (fabs(d->slow - d->base) > BASE_FAR * d->scale && d->count > 2)
		rebase(d);
}

/* Logarithm of a residual that may be nothing or beyond a float. */
static float
logarithm(double x)
{
	return tail_log((float)fmin(fmax(x, 1e-37), 1e37));
}

/* The band's logarithm waits in low until it is the last word. */
static void
expect(struct detector_result *r, double value, float band)
{
	r->expected = value;
	r->low = (double)band;
}

static void
settle_band(struct detector_result *r)
{
	double band = (double)expf((float)r->low);

	r->low = r->expected - band;
	r->high = r->expected + band;
}

/* Fills in how rare the value is, and between what it was expected. */
static void
judge_rarity(struct detector *d, double jump, double season, double expected,
    double seasonal, struct detector_result *r)
{
	float u = logarithm(jump), v, score = tail_score(&d->jump, u);
	float rare;

	expect(r, expected, d->jump.q99);
	tail_learn(&d->jump, u, TAIL_RATE);
	if (season >= 0) {
		v = logarithm(season);
		score = fmaxf(score, tail_score(&d->season, v));
		if (d->season.count > LEARNING && d->season.q50 < d->jump.q50)
			expect(r, seasonal, d->season.q99);
		tail_learn(&d->season, v, TAIL_RATE);
	}
	rare = tail_score(&d->rare, score);
	tail_learn(&d->rare, score, TAIL_RATE);
	r->score = 1 - (double)expf(-rare);
}

static enum detector_reason
reason_of(enum detector_view view)
{
	switch (view) {
	case VALUE:
		return DETECTOR_RECORD;
	case MIDDLE:
		return DETECTOR_SHIFT;
	case SEASON_SMOOTH:
	case SEASON_RAW:
		return DETECTOR_SEASON;
	case ACTIVITY:
		break;
	}
	return DETECTOR_VARIANCE;
}

/* True once in a run of equal values, when it has become remarkable. */
static int
is_flat(struct detector *d, double step)
{
	if (step > 0 || d->count == 1) {
		if (d->run > d->longest)
			d->longest = d->run;
		d->run = 0;
		return 0;
	}
	if (d->run < UINT32_MAX)
		d->run++;
	/* What never moved says nothing by not moving. */
	return d->scale > 0 &&
	       d->run == (uint64_t)FLAT_TIMES * d->longest + FLAT_LEAST;
}

/* Evidence of all views, less what was reported lately. */
static void
judge_alarm(const struct detector_tuning *t, struct detector *d,
    const double out[DETECTOR_VIEWS], int flat, struct detector_result *r)
{
	float evidence = 0, e;
	int i;

	for (i = 0; i < DETECTOR_VIEWS; i++) {
		e = t->weight[i] * sqrtf((float)fmin(fabs(out[i]), 1e12));
		if (e <= evidence)
			continue;
		evidence = e;
		r->direction = out[i] < 0 ? -1 : 1;
		r->reason = reason_of((enum detector_view)i);
	}
	if (flat && evidence < FLAT_EVIDENCE) {
		evidence = FLAT_EVIDENCE;
		r->direction = 0;
		r->reason = DETECTOR_FLAT;
	}
	if (d->count <= LEARNING) {
		if (d->count > EARLY)
			r->early = (double)evidence;
		r->alarm = 0;
		return;
	}
	r->alarm = (double)fmaxf(evidence - t->memory * d->recent, 0);
	d->recent = fmaxf(d->recent * t->memory_keep, evidence);
	if (evidence == 0) {
		r->direction = 0;
		r->reason = DETECTOR_NONE;
	}
}

void
detector_feed_tuned(const struct detector_tuning *t, struct detector *d,
    double ts, double value, struct detector_result *r)
{
	double out[DETECTOR_VIEWS], before, seasonal = 0, noise, step, first;
	int hour, known;

	memset(r, 0, sizeof *r);
	r->expected = r->low = r->high = r->level = d->level;
	r->learning = 1;
	if (!isfinite(value) || !isfinite(ts))
		return;
	value = fmin(fmax(value, -1e300), 1e300);
	if (d->count < UINT32_MAX)
		d->count++;
	if (d->count == 1)
		d->level = d->middle = d->slow = d->previous = d->base = value;
	first = 1.0 / d->count; /* averages start as plain means */
	d->scale += fmax(first, SLOW_RATE) * (fabs(value - d->slow) - d->scale);
	noise = FLOOR * d->scale + ROUNDING * fabs(d->slow);
	before = d->level;
	step = fabs(value - d->previous);
	d->previous = value;
	d->level += fmax(first, t->level_rate) * (value - d->level);
	d->middle += fmax(first, t->middle_rate) * (value - d->middle);
	d->slow += fmax(first, SLOW_RATE) * (value - d->slow);
	d->activity += (float)fmax(first, t->level_rate) *
		       ((float)fmin(step, 1e37) - d->activity);

	hour = hour_of(ts);
	known = d->seen[hour] >= HOUR_LEAST;
	if (known)
		seasonal = d->base + (double)d->hour[hour];
	out[VALUE] = excess(d, VALUE, value, noise);
	out[MIDDLE] = excess(d, MIDDLE, d->middle, noise);
	out[SEASON_SMOOTH] = excess(d, SEASON_SMOOTH,
	    known ? d->level - seasonal : 0, noise);
	out[SEASON_RAW] = excess(d, SEASON_RAW, known ? value - seasonal : 0,
	    noise);
	out[ACTIVITY] = excess(d, ACTIVITY,
	    (double)logarithm((double)d->activity + noise), ACTIVITY_FLOOR);
	learn_hour(d, hour, value, t->hour_rate);
	judge_rarity(d, fabs(value - before) + noise,
	    known ? fabs(value - seasonal) + noise : -1, before, seasonal, r);
	judge_alarm(t, d, out, is_flat(d, step), r);
	if (r->reason == DETECTOR_SEASON)
		expect(r, seasonal, d->season.q99);
	settle_band(r);
	r->learning = d->count <= LEARNING;
	if (r->learning)
		r->score = 0;
}

void
detector_feed(struct detector *d, double ts, double value,
    struct detector_result *r)
{
	detector_feed_tuned(&chosen, d, ts, value, r);
}
