/* SPDX-License-Identifier: MIT */
/* peaks: see the header. */
#include "math/peaks.h"

#include <math.h>

/* The opinion before anything is known: so many peaks among so many samples,
 * exponential with that mean. */
#define PRIOR_SAMPLES 10000.0
#define PRIOR_COUNT 10.0
#define PRIOR_MEAN 1.5
/* What was long ago counts half. */
#define REMEMBERED 4e6

struct shape {
	double rate; /* of peaks */
	double scale, tail; /* tail 0: exponential */
};

static struct shape
shape_of(const struct peaks *p)
{
	double count = p->count + PRIOR_COUNT;
	double mean = (p->sum + PRIOR_COUNT * PRIOR_MEAN) / count;
	double square = (p->square +
			    2 * PRIOR_COUNT * PRIOR_MEAN * PRIOR_MEAN) /
			count;
	double ratio = mean * mean / fmax(square - mean * mean, 1e-300);
	struct shape s = {.rate = count / (p->samples + PRIOR_SAMPLES),
	    .tail = 0.5 * (1 - ratio),
	    .scale = 0.5 * mean * (1 + ratio)};

	/* A bounded tail would be sure of what it has not seen. */
	if (s.tail < 1e-6) {
		s.tail = 0;
		s.scale = mean;
	}
	s.rate = fmin(s.rate, 1);
	return s;
}

void
peaks_learn(struct peaks *p, double value, double most)
{
	double over = fmin(value, most) - PEAKS_OVER;

	p->samples++;
	if (over >= 0) {
		p->count++;
		p->sum += over;
		p->square += over * over;
	}
	if (p->samples < REMEMBERED)
		return;
	p->samples /= 2;
	p->count /= 2;
	p->sum /= 2;
	p->square /= 2;
}

double
peaks_rarity(const struct peaks *p, double value)
{
	struct shape s;
	double over = value - PEAKS_OVER;

	if (!(over >= 0))
		return 0;
	s = shape_of(p);
	over = s.tail > 0 ? log1p(s.tail * over / s.scale) / s.tail
			  : over / s.scale;
	return fmin(over / M_LN10 - log10(s.rate), PEAKS_RAREST);
}

double
peaks_value(const struct peaks *p, double rarity)
{
	struct shape s = shape_of(p);
	double nats = (rarity + log10(s.rate)) * M_LN10;

	if (nats <= 0)
		return PEAKS_OVER;
	return PEAKS_OVER + (s.tail > 0
				    ? expm1(s.tail * nats) * s.scale / s.tail
				    : nats * s.scale);
}
