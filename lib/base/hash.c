/* SPDX-License-Identifier: MIT */
/*
 * hash: SipHash with one compression and three finalization rounds, after
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).  The
 * 1-3 variant is what hash tables of Rust, Ruby and Python settled on.
 */
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate_left(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v2 = rotate_left(s->v2, 32);
}

static inline uint64_t
load_le64(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* The last 0-7 bytes, the total length in the top byte. */
static inline uint64_t
load_tail(const unsigned char *p, size_t left, size_t len)
{
	uint64_t w = (uint64_t)len << 56;

	for (size_t i = 0; i < left; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

uint64_t
hash_bytes(const struct hash_seed *seed, const void *data, size_t len)
{
	const unsigned char *p = data;
	struct sip s = {
	    seed->k0 ^ UINT64_C(0x736f6d6570736575),
	    seed->k1 ^ UINT64_C(0x646f72616e646f6d),
	    seed->k0 ^ UINT64_C(0x6c7967656e657261),
	    seed->k1 ^ UINT64_C(0x7465646279746573),
	};
	size_t left = len;
	uint64_t w;

	for (; left >= 8; left -= 8, p += 8) {
		w = load_le64(p);
		s.v3 ^= w;
		sip_round(&s);
		s.v0 ^= w;
	}
	w = load_tail(p, left, len);
	s.v3 ^= w;
	sip_round(&s);
	s.v0 ^= w;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/*
 * Linux answers small requests whole once its pool is ready, which it is
 * long before any program of ours runs.  Where a sandbox forbids the call,
 * addresses and clocks are still better than a constant.
 */
struct hash_seed
hash_seed_random(void)
{
	struct hash_seed seed;
	struct timespec t;
	ssize_t n;

	do
		n = getrandom(&seed, sizeof(seed), 0);
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)sizeof(seed))
		return seed;
	clock_gettime(CLOCK_MONOTONIC, &t);
	seed.k0 = (uint64_t)(uintptr_t)&seed ^ (uint64_t)getpid() << 40;
	seed.k1 = (uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec;
	return seed;
}
