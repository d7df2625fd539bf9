/* SPDX-License-Identifier: MIT */
/*
 * keys: metric names a reader of kernel files emits, with those switched off
 * that the level leaves out: the catalogue says which, so that it stays the
 * one place that does.  Never emits what the catalogue does not know.
 */
#ifndef NC_COLLECT_KEYS_H
#define NC_COLLECT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

#define KEYS_MAX 64

struct keys {
	const char *const *names;
	uint64_t on; /* bit n: names[n] is wanted */
};

/* A name of NULL is never wanted. */
void keys_open(struct keys *k, const struct source_run *run, const char *entity,
    const char *const *names, size_t count);

static inline bool
keys_on(const struct keys *k, size_t n)
{
	return (k->on >> n & 1) != 0;
}

static inline void
keys_real(const struct keys *k, struct frame *f, size_t n, double v)
{
	if (keys_on(k, n))
		frame_value(f, k->names[n], v);
}

static inline void
keys_u64(const struct keys *k, struct frame *f, size_t n, uint64_t v)
{
	if (keys_on(k, n))
		frame_value_u64(f, k->names[n], v);
}

#endif
