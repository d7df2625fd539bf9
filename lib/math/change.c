/* SPDX-License-Identifier: MIT */
/*
 * change: see the header.  The slack of half a deviation is optimal for a
 * shift of one (Lorden 1971); the limit is the classic 5 doubled, since
 * a series is watched for weeks.
 */
#include "math/change.h"

#include <math.h>
#include <string.h>

#define SLACK 0.5
#define LIMIT 10.0
#define LEARNING 30 /* samples before anything is a change */
#define MEMORY 500 /* samples that the past is worth */
#define CLIP 3.0 /* no sample speaks louder than this */
#define SHORTEST 6 /* samples that make a regime */
#define CERTAIN 4.0 /* standard errors that a difference must have */
#define MOST_LAG 0.8 /* autocorrelation that is allowed for */
#define WIDER 3.0 /* times the variance before, to be no shift */
#define LINE_BETTER 0.6 /* squares left by a line, of those by a step */
#define LINE_SHORTEST 10

void
change_init(struct change *c)
{
	memset(c, 0, sizeof *c);
}

static void
run_add(struct change_run *run, double z, double ts, double residual)
{
	double t;

	if (run->sum + z - SLACK <= 0) {
		memset(run, 0, sizeof *run);
		return;
	}
	if (run->sum <= 0)
		run->onset = ts;
	run->sum += z - SLACK;
	t = ts - run->onset;
	run->count++;
	run->t += t;
	run->tt += t * t;
	run->y += residual;
	run->yy += residual * residual;
	run->ty += t * residual;
}

/* Digits that a double does not have are no movement. */
static double
rounding(const struct change *c)
{
	return 1e-12 * fabs(c->mean) + 1e-300;
}

static double
clipped(double z)
{
	return fmin(fmax(z, -CLIP), CLIP);
}

static double
run_variance(const struct change_run *run)
{
	double n = run->count, mean = run->y / n;
	double variance = run->yy / n - mean * mean;

	/* What the difference of two squares leaves over is rounding. */
	return variance > 1e-12 * run->yy / n ? variance : 0;
}

/* Deviation of sums of this series, a sample: wider when it is sluggish. */
static double
long_deviation(const struct change *c)
{
	double rho = c->square > 0 ? c->lag / c->square : 0;

	rho = fmin(fmax(rho, 0), MOST_LAG);
	return sqrt(c->square * (1 + rho) / (1 - rho));
}

/* The new regime is what was seen since its onset. */
static void
start_over(struct change *c, const struct change_run *run, double mean,
    double variance)
{
	double rho = c->square > 0 ? c->lag / c->square : 0;
	uint32_t count = run->count < SHORTEST ? SHORTEST : run->count;

	memset(c, 0, sizeof *c);
	c->count = count;
	c->mean = mean;
	c->square = variance;
	c->lag = rho * variance;
	c->spread = sqrt(variance) * 0.7979; /* sqrt(2 / pi), if normal */
	c->spread_square = variance * 0.3634; /* 1 - 2 / pi */
}

/* A line instead of a step, when it explains the samples far better. */
static int
is_slope(const struct change_run *run, double *slope)
{
	double n = run->count, tt = run->tt - run->t * run->t / n;
	double ty = run->ty - run->t * run->y / n;
	double yy = run->yy - run->y * run->y / n;

	if (run->count < LINE_SHORTEST || !(tt > 0) || !(yy > 0))
		return 0;
	*slope = ty / tt;
	return yy - ty * ty / tt < LINE_BETTER * yy;
}

static int
level_change(struct change *c, const struct change_run *found,
    struct change_result *r)
{
	struct change_run run = *found;
	double n = run.count, shift = run.y / n, slope, old = c->mean;
	double variance = run_variance(&run), error;

	/* What only varies more is no shift. */
	error = fmax(long_deviation(c), sqrt(variance)) / sqrt(n);
	if (fabs(shift) < CERTAIN * error || run.count < SHORTEST)
		return 0;
	r->confidence = erf(fabs(shift) / fmax(error, 1e-300) / sqrt(2));
	r->onset = run.onset;
	/* What is in the run may be quieter than what it came from. */
	variance = fmax(variance, 0.25 * c->square);
	if (is_slope(&run, &slope)) {
		r->kind = CHANGE_SLOPE;
		r->before = 0;
		r->after = slope;
	} else {
		r->kind = CHANGE_LEVEL;
		r->before = old;
		r->after = old + shift;
	}
	start_over(c, &run, old + shift, variance);
	return 1;
}

static int
spread_change(struct change *c, const struct change_run *found,
    struct change_result *r)
{
	struct change_run run = *found;
	double before = sqrt(c->square) + rounding(c),
	       after = sqrt(run_variance(&run));
	double n = run.count, z;

	if (run.count < 2 * SHORTEST)
		return 0;
	/* The logarithm of a deviation errs by 1 / sqrt(2 n), if normal. */
	z = fabs(log(fmax(after, 1e-9 * before) / before)) * sqrt(n);
	if (!(z > CERTAIN))
		return 0;
	r->kind = CHANGE_SPREAD;
	r->confidence = erf(z / sqrt(2));
	r->onset = run.onset;
	r->before = before;
	r->after = after;
	start_over(c, &run, c->mean + run.y / n,
	    fmax(after * after, 1e-6 * c->square));
	return 1;
}

static void
learn(struct change *c, double value, double residual)
{
	double rate, off;

	if (c->count < MEMORY)
		c->count++;
	rate = 1.0 / c->count;
	/* Wild values widen the past no further than they may speak. */
	if (c->count > LEARNING)
		residual = clipped(residual / sqrt(c->square + 1e-300)) *
			   sqrt(c->square);
	c->mean += rate * residual;
	off = fabs(value - c->mean);
	if (c->count > LEARNING)
		off = fmin(off, CLIP * sqrt(c->square));
	c->square += rate * (residual * residual - c->square);
	c->lag += rate * (residual * c->last - c->lag);
	c->last = residual;
	c->spread_square += rate * ((off - c->spread) * (off - c->spread) -
				       c->spread_square);
	c->spread += rate * (off - c->spread);
}

/*
 * A shift makes residuals larger, as more noise does; but it leaves the noise
 * around the new mean as it was.
 */
static int
is_wider(const struct change *c)
{
	return c->wider.count >= SHORTEST &&
	       run_variance(&c->wider) > WIDER * c->square;
}

/* Whatever alarms is answered when it is worth it, else grows or ends. */
static int
answer(struct change *c, struct change_result *r)
{
	struct change_run *const level[] = {&c->up, &c->down};
	struct change_run *const spread[] = {&c->wider, &c->narrower};
	int i, wider = is_wider(c);

	for (i = 0; i < 2 && !wider; i++) {
		if (level[i]->sum <= LIMIT || level[i]->count < SHORTEST)
			continue;
		if (level_change(c, level[i], r))
			return 1;
	}
	for (i = wider ? 0 : 1; i < 2; i++) {
		if (spread[i]->sum <= LIMIT || spread[i]->count < 2 * SHORTEST)
			continue;
		if (spread_change(c, spread[i], r))
			return 1;
	}
	return 0;
}

int
change_feed(struct change *c, double ts, double value, struct change_result *r)
{
	double residual, z, w, deviation, spread;

	if (!isfinite(value) || !isfinite(ts))
		return 0;
	value = fmin(fmax(value, -1e150), 1e150);
	if (c->count == 0) {
		c->count = 1;
		c->mean = value;
		return 0;
	}
	residual = value - c->mean;
	if (c->count >= LEARNING || c->up.count + c->down.count > 0) {
		deviation = long_deviation(c) + rounding(c);
		spread = sqrt(c->spread_square) + rounding(c);
		z = residual / deviation;
		w = (fabs(residual) - c->spread) / spread;
		run_add(&c->up, clipped(z), ts, residual);
		run_add(&c->down, clipped(-z), ts, residual);
		run_add(&c->wider, clipped(w), ts, residual);
		run_add(&c->narrower, clipped(-w), ts, residual);
		if (answer(c, r))
			return 1;
	}
	learn(c, value, residual);
	return 0;
}
