/* SPDX-License-Identifier: MIT */
/* Unit tests of parse and parse_time. */
#include "base/parse.h"

#include <stdlib.h>

#include "tap.h"

#define BAD -1234.5

static void
test_integers(void)
{
	static const struct {
		const char *s;
		int64_t min, max;
		int good;
		int64_t want;
	} t[] = {
	    {"0", -1, 1, 1, 0},
	    {"-1", -1, 1, 1, -1},
	    {"+1", -1, 1, 1, 1},
	    {"2", -1, 1, 0, 0},
	    {"-2", -1, 1, 0, 0},
	    {"007", 0, 9, 1, 7},
	    {"", 0, 9, 0, 0},
	    {"-", -9, 9, 0, 0},
	    {"+-1", -9, 9, 0, 0},
	    {" 1", 0, 9, 0, 0},
	    {"1 ", 0, 9, 0, 0},
	    {"1x", 0, 9, 0, 0},
	    {"0x1", 0, 9, 0, 0},
	    {"1.0", 0, 9, 0, 0},
	    {"1e1", 0, 99, 0, 0},
	    {"9223372036854775807", INT64_MIN, INT64_MAX, 1, INT64_MAX},
	    {"9223372036854775808", INT64_MIN, INT64_MAX, 0, 0},
	    {"-9223372036854775808", INT64_MIN, INT64_MAX, 1, INT64_MIN},
	    {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, 0},
	    {"18446744073709551617", INT64_MIN, INT64_MAX, 0, 0},
	};
	struct nc_err e;
	int64_t v;
	uint64_t u = 5;
	int good;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		v = 42;
		good = parse_integer(span_of(t[i].s), t[i].min, t[i].max, &v,
			   &e) == 0;
		OK(good == t[i].good && v == (good ? t[i].want : 42), t[i].s);
	}
	SAME(e.msg,
	    "bad number \"18446744073709551617\": expected a whole number "
	    "from -9223372036854775808 to 9223372036854775807",
	    "says what it expected");
	OK(parse_unsigned(span_of("18446744073709551615"), UINT64_MAX, &u,
	       &e) == 0 &&
		u == UINT64_MAX,
	    "all 64 bits");
	OK(parse_unsigned(span_of("18446744073709551616"), UINT64_MAX, &u,
	       &e) == -1 &&
		u == UINT64_MAX,
	    "and no more");
	OK(parse_unsigned(span_of("11"), 10, &u, &e) == -1, "too large");
	SAME(e.msg, "bad number \"11\": expected a whole number up to 10",
	    "says so");
	OK(parse_unsigned(span_of("+1"), 10, &u, &e) == -1, "no sign");
	OK(parse_unsigned((struct span){NULL, 0}, 10, &u, NULL) == -1,
	    "nothing, and no error wanted");
	OK(parse_unsigned((struct span){"1\0", 2}, 10, &u, &e) == -1,
	    "a NUL is junk");
}

static void
test_numbers(void)
{
	static const char *const bad[] = {"", "-", ".5", "5.", "1e", "1e+",
	    "e5", "inf", "nan", "0x10", "1,5", "1_000", " 1", "1 ", "--1",
	    "1e400", "-1e400", "1.5.2", "1f",
	    "99999999999999999999999999999999999999999999999999999999999999999"
	    "99999999999999999999999999999999999999999999999999999999999"};
	static const struct {
		const char *s;
		double want;
	} good[] = {
	    {"0", 0},
	    {"-0.5", -0.5},
	    {"+3", 3},
	    {"1e6", 1e6},
	    {"1.25E-3", 0.00125},
	    {"1e-400", 0},
	    {"0.1", 0.1},
	    {"9007199254740993", 9007199254740992},
	    {"1.7976931348623157e308", 1.7976931348623157e308},
	};
	struct nc_err e;
	double v;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		v = BAD;
		OK(parse_number(span_of(good[i].s), &v, &e) == 0, good[i].s);
		NEAR(v, good[i].want, 0, good[i].s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		v = BAD;
		OK(parse_number(span_of(bad[i]), &v, &e) == -1, bad[i]);
		NEAR(v, BAD, 0, "untouched");
	}
	parse_number(span_of("1,5"), &v, &e);
	SAME(e.msg,
	    "bad number \"1,5\": expected a number like 12, -0.5 or 1e6",
	    "says what it expected");
}

static void
test_durations(void)
{
	static const struct {
		const char *s;
		double want;
	} t[] = {
	    {"500ms", 0.5},
	    {"1ms", 0.001},
	    {"10s", 10},
	    {"10", 10},
	    {"0", 0},
	    {"0.25", 0.25},
	    {"5m", 300},
	    {"1.5h", 5400},
	    {"2h", 7200},
	    {"7d", 604800},
	    {"4w", 2419200},
	    {"36525d", 36525.0 * 86400},
	    {"36526d", BAD},
	    {"99999999999999999999w", BAD},
	    {"", BAD},
	    {"s", BAD},
	    {"-1s", BAD},
	    {"+1s", BAD},
	    {"10 s", BAD},
	    {"10S", BAD},
	    {"10sec", BAD},
	    {"1h30m", BAD},
	    {"1e3", BAD},
	    {"5M", BAD},
	    {"1y", BAD},
	    {".5s", BAD},
	    {"5.s", BAD},
	};
	struct nc_err e;
	double v;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		v = BAD;
		parse_duration(span_of(t[i].s), &v, &e);
		NEAR(v, t[i].want, 0, t[i].s);
	}
	parse_duration(span_of("5x"), &v, &e);
	SAME(e.msg,
	    "bad duration \"5x\": expected one like 500ms, 10s, 5m, 2h, 7d "
	    "or 4w",
	    "says what it expected");
	parse_duration(span_of("5200w9"), &v, &e);
	parse_duration(span_of("5300w"), &v, &e);
	SAME(e.msg, "bad duration \"5300w\": expected at most 100 years",
	    "too long");
}

static void
test_sizes(void)
{
	static const struct {
		const char *s;
		uint64_t want; /* 7: refused */
	} t[] = {
	    {"0", 0},
	    {"4096", 4096},
	    {"4096B", 4096},
	    {"64K", 65536},
	    {"64k", 65536},
	    {"64KiB", 65536},
	    {"64kB", 64000},
	    {"1.5G", UINT64_C(1610612736)},
	    {"10GiB", UINT64_C(10737418240)},
	    {"2TB", UINT64_C(2000000000000)},
	    {"1P", UINT64_C(1125899906842624)},
	    {"0.1K", 102},
	    {"16383P", UINT64_C(16383) << 50},
	    {"16384P", 7},
	    {"18446744073709551615", UINT64_MAX},
	    {"18446744073709551616", 7},
	    {"99999999.5P", 7},
	    {"", 7},
	    {"K", 7},
	    {"-1", 7},
	    {"1 K", 7},
	    {"1KB/s", 7},
	    {"1Ki", 7},
	    {"1E", 7},
	    {"1BB", 7},
	    {"1X", 7},
	    {"1.K", 7},
	};
	struct nc_err e;
	uint64_t v;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		v = 7;
		parse_size(span_of(t[i].s), &v, &e);
		OK(v == t[i].want, t[i].s);
	}
	OK(parse_size((struct span){"1\0", 2}, &v, &e) == -1, "a NUL is junk");
	parse_size(span_of("64 KB"), &v, &e);
	SAME(e.msg,
	    "bad size \"64 KB\": expected one like 4096, 64K, 10GiB or 2TB",
	    "says what it expected");
}

static void
test_times(void)
{
	static const struct {
		const char *s;
		double utc, berlin; /* now: 2025-11-22T10:46:40.5Z */
	} t[] = {
	    {"now", 1763808400.5, 1763808400.5},
	    {"-1h", 1763804800.5, 1763804800.5},
	    {"-90", 1763808310.5, 1763808310.5},
	    {"+30m", 1763810200.5, 1763810200.5},
	    {"@1763800000", 1763800000, 1763800000},
	    {"@1763800000.25", 1763800000.25, 1763800000.25},
	    {"@0", 0, 0},
	    {"2026-11-22", 1795305600, 1795302000},
	    {"2026-11-22T14:02", 1795356120, 1795352520},
	    {"2026-11-22 14:02:05", 1795356125, 1795352525},
	    {"2026-11-22T14:02:05.250", 1795356125.25, 1795352525.25},
	    {"2026-11-22T14:02Z", 1795356120, 1795356120},
	    {"2026-11-22T14:02+01:00", 1795352520, 1795352520},
	    {"2026-11-22T14:02-05:30", 1795375920, 1795375920},
	    {"14:02", 1763820120, 1763816520},
	    {"14:02:09.5", 1763820129.5, 1763816529.5},
	    {"2024-02-29", 1709164800, 1709161200},
	    {"2026-03-29T02:30", 1774751400, 1774747800}, /* skipped */
	    {"2026-10-25T02:30", 1792895400, 1792888200}, /* twice */
	    {"2023-02-29", BAD, BAD},
	    {"2026-13-01", BAD, BAD},
	    {"2026-00-01", BAD, BAD},
	    {"2026-11-31", BAD, BAD},
	    {"0000-01-01", BAD, BAD},
	    {"2026-1-1", BAD, BAD},
	    {"2026-11-22T24:00", BAD, BAD},
	    {"2026-11-22T14:60", BAD, BAD},
	    {"2026-11-22T14:02:60", BAD, BAD},
	    {"2026-11-22T14:02:", BAD, BAD},
	    {"2026-11-22T14:02:05.", BAD, BAD},
	    {"2026-11-22T14:02:05.0123456789", BAD, BAD},
	    {"2026-11-22T14:02+1:00", BAD, BAD},
	    {"2026-11-22T14:02+24:00", BAD, BAD},
	    {"2026-11-22T14:02Zx", BAD, BAD},
	    {"2026-11-22T", BAD, BAD},
	    {"2026-11-22x", BAD, BAD},
	    {"14:2", BAD, BAD},
	    {"25:00", BAD, BAD},
	    {"14:02x", BAD, BAD},
	    {"1763800000", BAD, BAD},
	    {"@", BAD, BAD},
	    {"@-5", BAD, BAD},
	    {"@1e99", BAD, BAD},
	    {"-", BAD, BAD},
	    {"--1h", BAD, BAD},
	    {"-1y", BAD, BAD},
	    {"Now", BAD, BAD},
	    {"now ", BAD, BAD},
	    {"", BAD, BAD},
	    {"yesterday", BAD, BAD},
	};
	struct nc_err e;
	struct zone *berlin = zone_open("CET-1CEST,M3.5.0,M10.5.0/3", &e);
	double now = 1763808400.5, v;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		v = BAD;
		parse_time(span_of(t[i].s), now, NULL, &v, &e);
		NEAR(v, t[i].utc, 0, t[i].s);
		v = BAD;
		parse_time(span_of(t[i].s), now, berlin, &v, &e);
		NEAR(v, t[i].berlin, 0, t[i].s);
	}
	SAME(e.msg,
	    "bad time \"yesterday\": expected one like now, -1h, 14:02, "
	    "2026-11-22, 2026-11-22T14:02 or @1763800000",
	    "says what it expected");
	zone_free(berlin);
}

static void
test_choice(void)
{
	static const char *const words[] = {"basic", "standard", "detailed",
	    NULL};
	static const char *const one[] = {"only", NULL};
	static const char *const none[] = {NULL};
	struct nc_err e;
	int v = -7;
	char longest[100];

	OK(parse_choice(span_of("standard"), words, &v, &e) == 0 && v == 1,
	    "found");
	OK(parse_choice(span_of("stand"), words, &v, &e) == -1 && v == 1,
	    "no prefixes");
	SAME(e.msg, "bad word \"stand\": expected basic, standard or detailed",
	    "lists them");
	parse_choice(span_of("x"), one, &v, &e);
	SAME(e.msg, "bad word \"x\": expected only", "lists one");
	OK(parse_choice(span_of("x"), none, &v, &e) == -1, "lists none");
	memset(longest, 'y', sizeof(longest));
	parse_choice((struct span){longest, sizeof(longest)}, one, &v, &e);
	SAME(e.msg,
	    "bad word \"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...\": "
	    "expected only",
	    "a long word is cut");
}

int
main(void)
{
	test_integers();
	test_numbers();
	test_durations();
	test_sizes();
	test_times();
	test_choice();
	return tap_done();
}
