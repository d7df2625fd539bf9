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
void pack_var(struct buf *b, uint64_t v); /* few bytes when it is small */
void pack_f64(struct buf *b, double v);
void pack_text(struct buf *b, struct span s); /* with its length */
void pack_bytes(struct buf *b, const void *p, size_t len); /* without */

struct pack_in {
	struct span in; /* borrowed; what is left */
	bool failed;
};

uint64_t pack_get_u64(struct pack_in *u);
uint64_t pack_get_var(struct pack_in *u, uint64_t max);
/* At most max, else failed and 0: counts that decide over memory. */
uint64_t pack_get_count(struct pack_in *u, uint64_t max);
double pack_get_f64(struct pack_in *u);
struct span pack_get_text(struct pack_in *u); /* points into the bytes read */
void pack_get_bytes(struct pack_in *u, void *to, size_t len);

#endif
