/* SPDX-License-Identifier: MIT */
/* rng: xoshiro256**, see https://prng.di.unimi.it/xoshiro256starstar.c for
 * the algorithm and its parameters. */
#include "base/rng.h"

#include <math.h>

static uint64_t
rotate_left(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* Steele, Lea, Flood (2014): similar seeds give unlike states. */
static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
}

uint64_t
rng_next(struct rng *r)
{
	uint64_t *s = r->s, result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double
rng_uniform(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Rejects the part of the range that n does not divide. */
uint64_t
rng_below(struct rng *r, uint64_t n)
{
	uint64_t low = -n % n, x;

	do
		x = rng_next(r);
	while (x < low);
	return x % n;
}

/* Marsaglia's polar method; the second value is thrown away so that the
 * state is the four words alone. */
double
rng_normal(struct rng *r)
{
	double u, v, s;

	do {
		u = 2 * rng_uniform(r) - 1;
		v = 2 * rng_uniform(r) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * log(s) / s);
}
