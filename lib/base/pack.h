/* SPDX-License-Identifier: MIT */
/*
 * pack: numbers and text as bytes, for state files: little-endian, doubles
 * bit for bit.  Reading never goes past the end: what is missing or too long
 * reads as 0 or "" and marks the unpacking as failed.  Never prints.
 */
#ifndef NC_BASE_PACK_H
#define NC_BASE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

void pack_u64(struct buf *b, uint64_t v);
void pack_f64(struct buf *b, double v);
void pack_text(struct buf *b, struct span s); /* with its length */
void pack_bytes(struct buf *b, const void *p, size_t len); /* without */

struct unpack {
	struct span in; /* borrowed; what is left */
	bool failed;
};

uint64_t unpack_u64(struct unpack *u);
/* At most max, else failed and 0: counts that decide over memory. */
uint64_t unpack_count(struct unpack *u, uint64_t max);
double unpack_f64(struct unpack *u);
struct span unpack_text(struct unpack *u); /* points into the bytes read */
void unpack_bytes(struct unpack *u, void *to, size_t len);

#endif
