/* SPDX-License-Identifier: MIT */
/*
 * number: JSON numbers to doubles and back.  Reading: Clinger's exact cases
 * ("How to read floating point numbers accurately", 1990), then a 192-bit
 * product after Eisel and Lemire ("Number parsing at a gigabyte per second",
 * 2021) with its own error bound, then strtod(3) for what is left (subnormal,
 * undecided, more than 19 digits).  Writing: Schubfach (Giulietti, "The
 * Schubfach way to render doubles", 2020).
 */
#include "stream/number.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/pow10.h"

#define EXACT_INT (UINT64_C(1) << 53)
#define EXPONENT_CAP 1000000 /* beyond any double, below overflow */
#define DIGITS_MAX 19 /* always fit 64 bits */
#define EXACT_TEN 22 /* 10^22 is the last exact double */

__extension__ typedef unsigned __int128 u128;

static const double tens[EXACT_TEN + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6,
    1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22};

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static double
from_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/*
 * w * 10^e10 by one product.  The row is exact, or too large by less than
 * one unit, so the product is too large by less than w: only when the round
 * bit is set and what follows it is smaller than 2^64 can that matter.
 */
static bool
scale(uint64_t w, int e10, double *v)
{
	const struct pow10 *g;
	u128 x, y;
	uint64_t hi, mid, lo, keep, rest, m;
	int zeros, shift, e2;

	if (e10 < POW10_MIN || e10 > 308)
		return false;
	zeros = __builtin_clzll(w);
	w <<= zeros;
	g = pow10_row(e10);
	x = (u128)w * g->lo;
	y = (u128)w * g->hi + (uint64_t)(x >> 64);
	hi = (uint64_t)(y >> 64);
	mid = (uint64_t)y;
	lo = (uint64_t)x;
	shift = 9 + (int)(hi >> 63);
	keep = hi >> shift; /* 53 bits and the round bit */
	rest = (hi & ((UINT64_C(1) << shift) - 1)) | mid;
	if ((keep & 1) != 0 && rest == 0 && (e10 < 0 || e10 > POW10_EXACT))
		return false;
	m = keep >> 1;
	if ((keep & 1) != 0 && ((rest | lo) != 0 || (m & 1) != 0))
		m++;
	e2 = shift + 2 + pow10_exponent(e10) - zeros + 1075;
	if (m == EXACT_INT) {
		m >>= 1;
		e2++;
	}
	if (e2 < 1 || e2 > 2046)
		return false;
	*v = from_bits((uint64_t)e2 << 52 | (m & (EXACT_INT / 2 - 1)));
	return true;
}

static bool
slow(const char *text, size_t len, double *v)
{
	char small[128], *copy = small;

	if (len >= sizeof(small))
		copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	*v = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return isfinite(*v);
}

bool
number_make(uint64_t digits, int exponent, bool negative, const char *text,
    size_t len, double *v)
{
	double d;

	if (digits <= EXACT_INT && exponent >= -EXACT_TEN &&
	    exponent <= EXACT_TEN) {
		d = (double)digits;
		if (exponent < 0)
			d /= tens[-exponent];
		else
			d *= tens[exponent];
	} else if (digits == 0) {
		d = 0;
	} else if (!scale(digits, exponent, &d)) {
		return slow(text, len, v);
	}
	*v = negative ? -d : d;
	return true;
}

struct digits {
	uint64_t w;
	int n; /* digits in w, leading zeros not counted */
	int dropped; /* further ones, not in w */
	bool lost; /* one of those was not zero */
};

static const char *
read_digits(const char *p, const char *end, struct digits *d)
{
	for (; p < end && is_digit(*p); p++) {
		if (d->n < DIGITS_MAX) {
			d->w = d->w * 10 + (uint64_t)(*p - '0');
			d->n += d->w != 0;
		} else {
			d->dropped++;
			d->lost |= *p != '0';
		}
	}
	return p;
}

static const char *
read_exponent(const char *p, const char *end, int *exponent)
{
	const char *start;
	bool negative = false;
	int e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (start = p; p < end && is_digit(*p); p++) {
		if (e < EXPONENT_CAP)
			e = e * 10 + (*p - '0');
	}
	*exponent = negative ? -e : e;
	return p == start ? NULL : p;
}

const char *
number_read(const char *p, const char *end, double *v, const char **why)
{
	struct digits d = {0};
	const char *start = p, *at;
	bool negative;
	int exponent = 0, fraction = 0, before;

	*why = "bad number";
	if ((negative = p < end && *p == '-'))
		p++;
	at = p;
	p = read_digits(p, end, &d);
	if (p == at || (*at == '0' && p != at + 1))
		return NULL;
	if (p < end && *p == '.') {
		before = d.dropped;
		at = ++p;
		if ((p = read_digits(p, end, &d)) == at)
			return NULL;
		fraction = (int)(p - at) - (d.dropped - before);
		d.dropped = before;
	}
	if (p < end && (*p | 0x20) == 'e' &&
	    (p = read_exponent(p + 1, end, &exponent)) == NULL)
		return NULL;
	exponent += d.dropped - fraction;
	if (d.lost ? slow(start, (size_t)(p - start), v)
		   : number_make(d.w, exponent, negative, start,
			 (size_t)(p - start), v))
		return p;
	*why = "number too large";
	return NULL;
}

/* Two digits at a time. */
static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

static size_t
count_digits(uint64_t v)
{
	static const uint64_t limit[] = {0, 10, 100, 1000, 10000, 100000,
	    1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
	    1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	    10000000000000000, 100000000000000000, 1000000000000000000,
	    10000000000000000000u};
	/* Bits times log10(2): right, or one digit short. */
	size_t n = (size_t)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;

	return n + (v >= limit[n]);
}

size_t
number_format_u64(uint64_t v, char *to)
{
	size_t len = count_digits(v);
	char *p = to + len;

	while (v >= 100) {
		p -= 2;
		memcpy(p, pairs + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10)
		memcpy(p - 2, pairs + 2 * v, 2);
	else
		p[-1] = (char)('0' + v);
	return len;
}

/* floor(g * c / 2^128), its last bit set when something was cut off.  g may be
 * too large by one unit, which is not something. */
static uint64_t
round_to_odd(const struct pow10 *g, uint64_t c)
{
	u128 x = (u128)g->lo * c;
	u128 y = (u128)g->hi * c + (uint64_t)(x >> 64);

	return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

struct decimal {
	uint64_t digits;
	int exponent;
};

/*
 * The shortest decimal within the rounding interval of c * 2^q, the one
 * closest to it among equals.  even: the interval's ends belong to it;
 * narrow: c is the first of its binade, the next double below is nearer.
 */
static struct decimal
shortest(uint64_t c, int q, bool even, bool narrow)
{
	uint64_t left, mid, right, s, t;
	const struct pow10 *g;
	bool below, above;
	int k, h;

	/* floor(log10(2^q)), or of 3/4 of it. */
	k = (q * 1262611 - (narrow ? 524031 : 0)) >> 22;
	g = pow10_row(-k);
	h = q + pow10_exponent(-k) + 1;
	left = round_to_odd(g, (4 * c - 2 + narrow) << h) + !even;
	mid = round_to_odd(g, (4 * c) << h);
	right = round_to_odd(g, (4 * c + 2) << h) - !even;

	/* All of these in quarters of 10^k. */
	s = mid / 4;
	if (s >= 10) {
		t = s / 10;
		below = left <= 40 * t;
		above = 40 * t + 40 <= right;
		if (below != above)
			return (struct decimal){t + above, k + 1};
	}
	below = left <= 4 * s;
	above = 4 * s + 4 <= right;
	if (below != above)
		return (struct decimal){s + above, k};
	above = mid > 4 * s + 2 || (mid == 4 * s + 2 && (s & 1) != 0);
	return (struct decimal){s + above, k};
}

/*
 * 0.00001234, 12.34 or 1.234e-7: the point stands behind digit number e of n.
 * Without a fraction the exponent form: it must not look like a whole number.
 */
static size_t
put_real(const char *digits, size_t n, int e, char *to)
{
	size_t at;

	if (e >= -4 && e <= 0) {
		memcpy(to, "0.0000", 6);
		at = (size_t)(2 - e);
		memcpy(to + at, digits, n);
		return at + n;
	}
	if (e > 0 && (size_t)e < n) {
		memcpy(to, digits, (size_t)e);
		to[e] = '.';
		memcpy(to + e + 1, digits + e, n - (size_t)e);
		return n + 1;
	}
	to[0] = digits[0];
	at = 1;
	if (n > 1) {
		to[at++] = '.';
		memcpy(to + at, digits + 1, n - 1);
		at += n - 1;
	}
	to[at++] = 'e';
	if (--e < 0) {
		to[at++] = '-';
		e = -e;
	}
	return at + number_format_u64((uint64_t)e, to + at);
}

size_t
number_format(double v, char *to)
{
	char digits[20];
	struct decimal d;
	uint64_t bits, c;
	size_t n, sign = 0;
	int q;

	assert(isfinite(v));
	memcpy(&bits, &v, sizeof(bits));
	if (v == 0) {
		*to = '0';
		return 1;
	}
	if (v < 0) {
		*to++ = '-';
		sign = 1;
		v = -v;
	}
	if (v <= (double)EXACT_INT && v == (double)(uint64_t)v)
		return sign + number_format_u64((uint64_t)v, to);
	q = (int)(bits >> 52 & 0x7ff);
	c = bits & (EXACT_INT / 2 - 1);
	if (q != 0)
		d = shortest(c | EXACT_INT / 2, q - 1075, (c & 1) == 0,
		    c == 0 && q > 1);
	else
		d = shortest(c, -1074, (c & 1) == 0, false);
	n = number_format_u64(d.digits, digits);
	q = (int)n + d.exponent;
	while (digits[n - 1] == '0')
		n--;
	return sign + put_real(digits, n, q, to);
}
