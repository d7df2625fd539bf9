/* SPDX-License-Identifier: MIT */
/* Unit tests of number and pow10: strtod(3) and long arithmetic judge. */
#include "stream/number.h"

#include <float.h>
#include <stdint.h>
#include <stdlib.h>

#include "stream/pow10.h"
#include "tap.h"

__extension__ typedef unsigned __int128 u128;

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double
any_double(void)
{
	uint64_t bits;
	double v;

	do {
		bits = next();
		memcpy(&v, &bits, sizeof(v));
	} while (!isfinite(v));
	return v;
}

/* Numbers as monitoring has them: few digits, few decimals. */
static void
plain_text(char *to, size_t size)
{
	uint64_t w = next() >> (next() % 64);
	int point = (int)(next() % 9);

	if (next() % 4 == 0)
		snprintf(to, size, "%llu.%llue%d", (unsigned long long)w,
		    (unsigned long long)(next() >> (next() % 64)),
		    (int)(next() % 700) - 350);
	else
		snprintf(to, size, "%s%llu.%0*llu", next() % 2 ? "-" : "",
		    (unsigned long long)w, point + 1,
		    (unsigned long long)(next() % 1000));
}

static int
reads_as_strtod(const char *text)
{
	const char *why, *end = text + strlen(text);
	double want = strtod(text, NULL), got = -1;

	if (!isfinite(want))
		return number_read(text, end, &got, &why) == NULL;
	return number_read(text, end, &got, &why) == end &&
	       memcmp(&got, &want, sizeof(got)) == 0;
}

/* Shortest: one digit less does not read back. */
static int
is_shortest(double v, const char *text)
{
	char other[64];
	size_t digits = 0;
	const char *p;

	for (p = text; *p != '\0' && *p != 'e'; p++)
		digits += *p >= '0' && *p <= '9' && (digits != 0 || *p != '0');
	if (digits <= 1)
		return 1;
	snprintf(other, sizeof(other), "%.*e", (int)digits - 2, v);
	return strtod(other, NULL) != v ||
	       /* a whole number keeps its zeros */
	       strpbrk(text, ".e") == NULL;
}

static int
writes_back(double v)
{
	char text[NUMBER_TEXT + 1];

	text[number_format(v, text)] = '\0';
	return strtod(text, NULL) == v && is_shortest(v, text);
}

static void
test_random(void)
{
	char text[96];
	int bad = 0;

	for (int i = 0; i < 200000; i++) {
		snprintf(text, sizeof(text), "%.*g", (int)(next() % 20) + 1,
		    any_double());
		bad += !reads_as_strtod(text);
	}
	OK(bad == 0, "any double, any precision, reads as strtod does");
	for (int i = 0; i < 200000; i++) {
		plain_text(text, sizeof(text));
		if (!reads_as_strtod(text) && bad++ == 0)
			printf("# %s\n", text);
	}
	OK(bad == 0, "plain numbers read as strtod does");
	for (int i = 0; i < 200000; i++) {
		double v = any_double();

		if (!writes_back(v) && bad++ == 0)
			printf("# %.17g\n", v);
	}
	OK(bad == 0, "any double writes back, shortest");
	for (int i = 0; i < 200000; i++) {
		double v = (double)(int64_t)(next() >> (next() % 64)) /
			   (double)(1 + next() % 1000);

		bad += !writes_back(v);
	}
	OK(bad == 0, "quotients write back, shortest");
}

static void
test_edges(void)
{
	static const char *const texts[] = {"0", "-0", "0.0", "1", "10",
	    "9007199254740992", "9007199254740993", "9007199254740993.0",
	    "9007199254740992.9999999999999999999999999999999999",
	    "18446744073709551615", "18446744073709551616",
	    "123456789012345678901234567890", "1e22", "1e23", "8.5e22",
	    "1.7976931348623157e308", "1.7976931348623158e308",
	    "1.7976931348623159e308", "1e308", "1e309", "1e400", "-1e999999999",
	    "1e-999999999999999999999", "0e999999999999999999999",
	    "2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324",
	    "2.5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
	    "4.9e-324", "0.000000000000000000000000000000000000000001e42",
	    "0.1", "0.2", "0.3", "1e-1", "1E+2", "5e-20", "67e3", "985e15",
	    "0.500000000000000166533453693773481063544750213623046875",
	    "3.518437208883201171875e13", "62.5364939768271845828",
	    "1.00000000000000011102230246251565404236316680908203125",
	    "1.00000000000000011102230246251565404236316680908203124",
	    "1.00000000000000011102230246251565404236316680908203126"};
	static const char *const bad[] = {"", "-", "+1", "01", "-01", "00",
	    ".5", "1.", "1.e5", "1e", "1e+", "1e-", "-.5", "e5", "NaN",
	    "Infinity", "0x10", "--1"};
	char text[NUMBER_TEXT + 1], longs[2000];
	const char *why = NULL;
	double v = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		OK(reads_as_strtod(texts[i]), texts[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *end = bad[i] + strlen(bad[i]);
		const char *got = number_read(bad[i], end, &v, &why);

		OK(got == NULL || got != end, bad[i]);
	}
	OK(number_read("1e400", "1e400" + 5, &v, &why) == NULL, "1e400");
	SAME(why, "number too large", "says it is too large");
	memset(longs, '9', sizeof(longs));
	longs[sizeof(longs) - 1] = '\0';
	OK(reads_as_strtod(longs), "2,000 nines are too large");
	longs[1] = '.';
	OK(reads_as_strtod(longs), "2,000 decimals");
	longs[300] = '\0';
	OK(reads_as_strtod(longs), "300 decimals");
	for (int e = -1074; e <= 1023; e++) {
		v = ldexp(1, e);
		if (!writes_back(v) || !writes_back(nextafter(v, 0)) ||
		    !writes_back(nextafter(v, INFINITY)))
			break;
		snprintf(text, sizeof(text), "%.17g", v);
		if (!reads_as_strtod(text))
			break;
	}
	OK(v == ldexp(1, 1023), "powers of two and their neighbours");
}

static void
written(double v, const char *want)
{
	char text[NUMBER_TEXT + 1];

	text[number_format(v, text)] = '\0';
	SAME(text, want, want);
}

static void
test_form(void)
{
	written(0, "0");
	written(-0.0, "0");
	written(1, "1");
	written(-42, "-42");
	written(100, "100");
	written(1073741824, "1073741824");
	written(1763800000.123, "1763800000.123");
	written(9007199254740992, "9007199254740992");
	written(-9007199254740992, "-9007199254740992");
	written(9007199254740994, "9.007199254740994e15");
	written(18446744073709551615.0, "1.8446744073709552e19");
	written(1e23, "1e23");
	written(1e22, "1e22");
	written(1e15, "1000000000000000");
	written(0.1, "0.1");
	written(0.30000000000000004, "0.30000000000000004");
	written(0.00001234, "0.00001234");
	written(0.000001234, "1.234e-6");
	written(-1.5e-9, "-1.5e-9");
	written(123456.75, "123456.75");
	written(2251799813685249.5, "2251799813685249.5");
	written(5e-324, "5e-324");
	written(DBL_MIN, "2.2250738585072014e-308");
	written(-DBL_MAX, "-1.7976931348623157e308");
}

/*
 * Each row from the one before: row(e + 1) = row(e) * 10 with two more words
 * behind, so that the running value stays exact to far beyond 128 bits.
 */
static int
rows_agree(void)
{
	/* 10^e as a whole number, for e >= 0, in 32-bit digits. */
	static uint32_t n[40];
	int top = 0, bad = 0;

	n[0] = 1;
	for (int e = 0; e <= POW10_MAX; e++) {
		uint64_t hi = 0, lo = 0, carry = 0;
		int bits = top * 32 + 32 - __builtin_clz(n[top]);
		int inexact = 0;

		for (int i = 0; i < bits; i++) {
			int at = bits - 1 - i;
			uint64_t bit = n[at / 32] >> (at % 32) & 1;

			if (i < 64)
				hi |= bit << (63 - i);
			else if (i < 128)
				lo |= bit << (127 - i);
			else
				inexact |= (int)bit;
		}
		if (inexact && ++lo == 0)
			hi++;
		bad += hi != pow10_row(e)->hi || lo != pow10_row(e)->lo ||
		       bits - 1 != pow10_exponent(e);
		for (int i = 0; i <= top || carry != 0; i++) {
			carry += (uint64_t)n[i] * 10;
			n[i] = (uint32_t)carry;
			carry >>= 32;
			if (i > top)
				top = i;
		}
	}
	return bad;
}

/* row(-e) * 10^e must be 2^k plus less than 10^e: the product of rows says
 * so to within their errors, and reading and writing say the rest. */
static int
inverses_agree(void)
{
	int bad = 0;

	for (int e = 1; e <= POW10_MAX; e++) {
		u128 hi = (u128)pow10_row(e)->hi * pow10_row(-e)->hi;
		uint64_t top = (uint64_t)(hi >> 64);

		bad += top != 0x7fffffffffffffffu &&
		       top != 0x8000000000000000u && top != 0x7ffffffffffffffeu;
		bad += pow10_exponent(e) + pow10_exponent(-e) != -1;
	}
	return bad;
}

int
main(void)
{
	test_form();
	test_edges();
	test_random();
	OK(rows_agree() == 0, "rows of 10^e computed again");
	OK(inverses_agree() == 0, "rows of 10^-e are their inverses");
	return tap_done();
}
