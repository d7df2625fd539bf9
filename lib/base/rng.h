/* SPDX-License-Identifier: MIT */
/*
 * rng: random numbers from a seed that is passed in: the same seed, the same
 * numbers, on every machine.  Not for secrets.  xoshiro256** of Blackman and
 * Vigna (2018), seeded by splitmix64.
 */
#ifndef NC_BASE_RNG_H
#define NC_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
double rng_uniform(struct rng *r); /* [0, 1), 53 bits */
uint64_t rng_below(struct rng *r, uint64_t n); /* [0, n), unbiased; n > 0 */
double rng_normal(struct rng *r); /* mean 0, deviation 1 */

#endif
