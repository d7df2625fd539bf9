/* SPDX-License-Identifier: MIT */
/*
 * tail: how rare a magnitude is among those seen before, in 16 bytes and one
 * pass.  Three quantiles (50, 90, 99 %) of the logarithm follow by stochastic
 * approximation (Robbins and Monro 1951); beyond the 99 % the tail is taken
 * as Pareto.  The answer is in nats: -ln P(as large or larger), so a score of
 * s or more comes once in e^s samples.  Never stores samples.
 */
#ifndef NC_MATH_TAIL_H
#define NC_MATH_TAIL_H

#include <stdint.h>

#define TAIL_Q50 0.6931472F
#define TAIL_Q90 2.302585F
#define TAIL_Q99 4.605170F

struct tail {
	float q50, q90, q99; /* of the logarithm */
	uint32_t count;
};

/* All zero bytes is a tail without history. */

/* The score of log magnitude u; changes nothing.  Without history: 0. */
float tail_score(const struct tail *t, float u);
/* Learns u; rate is the least step, in logarithms, after the first samples. */
void tail_learn(struct tail *t, float u, float rate);
/* The natural logarithm of a positive normal float, to 2e-5: cheap. */
float tail_log(float x);

#endif
