/* SPDX-License-Identifier: MIT */
/*
 * parse: numbers, durations, sizes and words, by grammars of our own; only
 * the conversion of a checked decimal is strtod(3)'s, which rounds right.
 */
#include "base/parse.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* A hundred years: what is longer is a slip of the finger. */
#define DURATION_MAX (36525.0 * 86400.0)
/* No number a person means is longer; strtod(3) needs a copy. */
#define NUMBER_MAX 120
/* How much of a bad word an error repeats. */
#define SHOWN 48

static int
fail(struct nc_err *e, const char *what, struct span s, const char *expected)
{
	return err_set(e, EINVAL, "bad %s \"%.*s%s\": expected %s", what,
	    (int)(s.len < SHOWN ? s.len : SHOWN), s.len != 0 ? s.p : "",
	    s.len > SHOWN ? "..." : "", expected);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many digits s begins with. */
static size_t
digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && is_digit(s.p[n]))
		n++;
	return n;
}

static struct span
skip(struct span s, size_t n)
{
	return (struct span){s.p + n, s.len - n};
}

/* Digits only, all of s.  false on overflow as well. */
static bool
to_unsigned(struct span s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || digits(s) != s.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	*out = v;
	return true;
}

int
parse_unsigned(struct span s, uint64_t max, uint64_t *out, struct nc_err *e)
{
	uint64_t v;
	char expected[64];

	if (to_unsigned(s, &v) && v <= max) {
		*out = v;
		return 0;
	}
	snprintf(expected, sizeof(expected), "a whole number up to %llu",
	    (unsigned long long)max);
	return fail(e, "number", s, expected);
}

int
parse_integer(struct span s, int64_t min, int64_t max, int64_t *out,
    struct nc_err *e)
{
	struct span rest = s;
	bool negative = s.len != 0 && s.p[0] == '-';
	uint64_t v, limit = (uint64_t)INT64_MAX + negative;
	int64_t signed_value;
	char expected[80];

	if (s.len != 0 && (s.p[0] == '-' || s.p[0] == '+'))
		rest = skip(s, 1);
	if (to_unsigned(rest, &v) && v <= limit) {
		signed_value = negative ? (int64_t)(0 - v) : (int64_t)v;
		if (signed_value >= min && signed_value <= max) {
			*out = signed_value;
			return 0;
		}
	}
	snprintf(expected, sizeof(expected), "a whole number from %lld to %lld",
	    (long long)min, (long long)max);
	return fail(e, "number", s, expected);
}

/* digits[.digits]: its length, or 0. */
static size_t
decimal(struct span s)
{
	size_t n = digits(s), fraction;

	if (n == 0 || n == s.len || s.p[n] != '.')
		return n;
	fraction = digits(skip(s, n + 1));
	return fraction != 0 ? n + 1 + fraction : 0;
}

/* A span that is a number by grammar. */
static bool
to_double(struct span s, double *out)
{
	char text[NUMBER_MAX + 1];

	if (s.len > NUMBER_MAX)
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	*out = strtod(text, NULL);
	return isfinite(*out) != 0;
}

int
parse_number(struct span s, double *out, struct nc_err *e)
{
	struct span rest = s;
	size_t n;
	double v;

	if (rest.len != 0 && (rest.p[0] == '-' || rest.p[0] == '+'))
		rest = skip(rest, 1);
	n = decimal(rest);
	rest = skip(rest, n);
	if (n != 0 && rest.len != 0 && (rest.p[0] == 'e' || rest.p[0] == 'E')) {
		rest = skip(rest, 1);
		if (rest.len != 0 && (rest.p[0] == '-' || rest.p[0] == '+'))
			rest = skip(rest, 1);
		n = digits(rest);
		rest = skip(rest, n);
	}
	if (n == 0 || rest.len != 0 || !to_double(s, &v))
		return fail(e, "number", s, "a number like 12, -0.5 or 1e6");
	*out = v;
	return 0;
}

int
parse_duration(struct span s, double *seconds, struct nc_err *e)
{
	static const struct {
		const char *name;
		double times, over;
	} units[] = {
	    {"", 1, 1},
	    {"ms", 1, 1000},
	    {"s", 1, 1},
	    {"m", 60, 1},
	    {"h", 3600, 1},
	    {"d", 86400, 1},
	    {"w", 604800, 1},
	};
	static const char expected[] = "one like 500ms, 10s, 5m, 2h, 7d or 4w";
	size_t n = decimal(s);
	struct span unit = skip(s, n);
	double v;

	if (n == 0 || !to_double((struct span){s.p, n}, &v))
		return fail(e, "duration", s, expected);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_is(unit, units[i].name))
			continue;
		v = v * units[i].times / units[i].over;
		if (v > DURATION_MAX)
			return fail(e, "duration", s, "at most 100 years");
		*seconds = v;
		return 0;
	}
	return fail(e, "duration", s, expected);
}

/* The factor of "", B, K, KiB, kB, ...; 0 when it is none. */
static uint64_t
size_unit(struct span s)
{
	static const char letters[] = "KMGTP";
	const char *at;
	uint64_t base, factor = 1;
	char c;

	if (s.len == 0 || span_is(s, "B"))
		return 1;
	c = (char)(s.p[0] >= 'a' && s.p[0] <= 'z' ? s.p[0] - 'a' + 'A'
						  : s.p[0]);
	s = skip(s, 1);
	if (c == '\0' || (at = strchr(letters, c)) == NULL)
		return 0;
	if (s.len == 0 || span_is(s, "iB"))
		base = 1024;
	else if (span_is(s, "B"))
		base = 1000;
	else
		return 0;
	for (int i = 0; i <= at - letters; i++)
		factor *= base;
	return factor;
}

int
parse_size(struct span s, uint64_t *bytes, struct nc_err *e)
{
	static const char expected[] = "one like 4096, 64K, 10GiB or 2TB";
	size_t n = decimal(s);
	uint64_t factor = size_unit(skip(s, n)), v;
	double fraction;

	if (n == 0 || factor == 0)
		return fail(e, "size", s, expected);
	if (digits(s) == n) {
		if (!to_unsigned((struct span){s.p, n}, &v) ||
		    __builtin_mul_overflow(v, factor, &v))
			return fail(e, "size", s, "less than 16 EiB");
	} else {
		if (!to_double((struct span){s.p, n}, &fraction))
			return fail(e, "size", s, expected);
		/* Exact as long as a double is. */
		fraction = floor(fraction * (double)factor);
		if (fraction > 0x1p53)
			return fail(e, "size", s, "a whole number this large");
		v = (uint64_t)fraction;
	}
	*bytes = v;
	return 0;
}

int
parse_choice(struct span s, const char *const *words, int *out,
    struct nc_err *e)
{
	struct buf list = {0};
	int rc;

	for (int i = 0; words[i] != NULL; i++)
		if (span_is(s, words[i])) {
			*out = i;
			return 0;
		}
	for (int i = 0; words[i] != NULL; i++) {
		if (i != 0)
			buf_adds(&list, words[i + 1] != NULL ? ", " : " or ");
		buf_adds(&list, words[i]);
	}
	rc = fail(e, "word", s, list.data != NULL ? list.data : "nothing");
	buf_free(&list);
	return rc;
}
