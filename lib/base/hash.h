/* SPDX-License-Identifier: MIT */
/*
 * hash: a keyed hash of bytes.  Names come from input, so a table keyed by
 * them needs a hash whose collisions cannot be computed by who sends them.
 */
#ifndef NC_BASE_HASH_H
#define NC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_seed {
	uint64_t k0, k1;
};

/* A seed nobody can guess, from getrandom(2).  It must never show in output:
 * same bytes in, same bytes out. */
struct hash_seed hash_seed_random(void);
/* SipHash-1-3 of len bytes; p may be NULL when len is 0. */
uint64_t hash_bytes(const struct hash_seed *seed, const void *p, size_t len);

#endif
