/* SPDX-License-Identifier: MIT */
/*
 * tail: see the header.  The steps of the three quantiles are in the ratio
 * 1 : 1.5 : 3, since the rarer the event that moves one, the further it has
 * to move; q90 and q99 keep a distance, so that the score stays finite.
 */
#include "math/tail.h"

#include <math.h>
#include <string.h>

/* Least distance between the quantiles, and of 90 to 99 % for the Pareto. */
#define APART 0.05F
#define LEAST_GAP 0.8F
/* How much steeper than Pareto: found on the development half of NAB. */
#define STEEP 1.75F
/* Nobody acts on more than e^-60. */
#define MOST 60.0F

float
tail_log(float x)
{
	uint32_t bits;
	float m, e, t, t2;

	memcpy(&bits, &x, sizeof bits);
	/* The mantissa in [sqrt(1/2), sqrt(2)), so that the series is short. */
	e = (float)((int32_t)(bits - 0x3f3504f3U) >> 23);
	bits -= (uint32_t)(int32_t)e << 23;
	memcpy(&m, &bits, sizeof m);
	t = (m - 1) / (m + 1);
	t2 = t * t;
	return e * 0.69314718F + 2 * t * (1 + t2 * (1.0F / 3 + t2 * 0.2F));
}

float
tail_score(const struct tail *t, float u)
{
	float gap, score;

	if (t->count == 0)
		return 0;
	if (u < t->q50)
		return TAIL_Q50 / (1 + (t->q50 - u));
	if (u < t->q90)
		return TAIL_Q50 +
		       (TAIL_Q90 - TAIL_Q50) * (u - t->q50) / (t->q90 - t->q50);
	if (u < t->q99)
		return TAIL_Q90 +
		       (TAIL_Q99 - TAIL_Q90) * (u - t->q90) / (t->q99 - t->q90);
	gap = fmaxf(t->q99 - t->q90, LEAST_GAP);
	score = TAIL_Q99 + STEEP * (TAIL_Q99 - TAIL_Q90) * (u - t->q99) / gap;
	return fminf(score, MOST);
}

static float
moved(float q, float u, float step, float share)
{
	return q + step * (u < q ? share - 1 : share);
}

void
tail_learn(struct tail *t, float u, float rate)
{
	float step;

	if (t->count == 0) {
		t->q50 = u;
		t->q90 = u + 0.4F;
		t->q99 = u + 0.8F;
	}
	if (t->count < UINT32_MAX)
		t->count++;
	step = rate;
	if (((float)t->count + 20) * rate < 1)
		step = 1 / ((float)t->count + 20);
	t->q50 = moved(t->q50, u, step, 0.5F);
	t->q90 = fmaxf(moved(t->q90, u, 1.5F * step, 0.9F), t->q50 + APART);
	t->q99 = fmaxf(moved(t->q99, u, 3 * step, 0.99F), t->q90 + APART);
}
