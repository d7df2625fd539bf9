/* SPDX-License-Identifier: MIT */
/*
 * number: JSON numbers to doubles and back, exactly: reading rounds to the
 * nearest double (ties to even), writing gives the shortest text that reads
 * back as the same double.  No locale, no allocation worth naming.
 */
#ifndef NC_STREAM_NUMBER_H
#define NC_STREAM_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT 32 /* room that number_format() needs */

/*
 * Reads the JSON number at p (RFC 8259 grammar) that ends before end.
 * Returns the first byte behind it, or NULL when it is none or too large for
 * a double; then *why (a literal) says which.
 */
const char *number_read(const char *p, const char *end, double *v,
    const char **why);
/* digits * 10^exponent, from the text where the digits do not suffice.  False
 * when too large for a double. */
bool number_make(uint64_t digits, int exponent, bool negative, const char *text,
    size_t len, double *v);

/*
 * v must be finite.  Whole numbers up to 2^53 come without point and
 * exponent, larger ones always with one.  Returns the length; no NUL.
 */
size_t number_format(double v, char *to);
/* The digits of v. */
size_t number_format_u64(uint64_t v, char *to);

#endif
