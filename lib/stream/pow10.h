/* SPDX-License-Identifier: MIT */
/* pow10: powers of ten to 128 bits.  A constant table, nothing else. */
#ifndef NC_STREAM_POW10_H
#define NC_STREAM_POW10_H

#include <stdint.h>

#define POW10_MIN (-342)
#define POW10_MAX 324
#define POW10_EXACT 55 /* rows 0 to this one are exact */

/* hi:lo, highest bit set; 10^e = hi:lo * 2^(pow10_exponent(e) - 127). */
struct pow10 {
	uint64_t hi, lo;
};

extern const struct pow10 pow10_table[POW10_MAX - POW10_MIN + 1];

static inline const struct pow10 *
pow10_row(int e)
{
	return &pow10_table[e - POW10_MIN];
}

/* floor(log2(10^e)), exact for |e| <= 1,233. */
static inline int
pow10_exponent(int e)
{
	return (e * 1741647) >> 19;
}

#endif
