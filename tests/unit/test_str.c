/* SPDX-License-Identifier: MIT */
/* Unit tests of str and glob. */
#include "base/str.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "tap.h"

static void
test_pieces(void)
{
	struct span a, b, rest;
	char text[8], list[64] = "";
	int n = 0;

	OK(str_starts(span_of("vm.disk"), "vm."), "starts");
	OK(!str_starts(span_of("vm"), "vm."), "too short to start so");
	OK(str_starts((struct span){NULL, 0}, ""), "all start with nothing");
	OK(str_ends(span_of("x_total"), "_total"), "ends");
	OK(!str_ends(span_of("total"), "_total"), "too short to end so");
	OK(str_ends((struct span){NULL, 0}, ""), "all end with nothing");
	OK(span_is(str_trim(span_of(" \ta b\r\n")), "a b"), "trimmed");
	OK(str_trim(span_of(" \t ")).len == 0, "nothing but blanks");

	OK(str_cut(span_of("k=v=w"), '=', &a, &b) && span_is(a, "k") &&
		span_is(b, "v=w"),
	    "cut at the first");
	OK(!str_cut(span_of("k"), '=', &a, &b) && span_is(a, "k") && b.len == 0,
	    "nothing to cut at");
	OK(!str_cut((struct span){NULL, 0}, '=', &a, &b) && a.len == 0,
	    "nothing to cut");

	rest = span_of("a,b,,c,");
	while (str_item(&rest, ',', &a)) {
		n++;
		strcat(list, "<");
		strncat(list, a.p, a.len);
		strcat(list, ">");
	}
	SAME(list, "<a><b><><c><>", "items, empty ones as well");
	OK(n == 5, "one more than separators");
	rest = span_of("");
	OK(str_item(&rest, ',', &a) && a.len == 0 && !str_item(&rest, ',', &a),
	    "an empty list has one empty item");
	list[0] = '\0';
	for (rest = span_of("  cpu  0 1\t2 "); str_word(&rest, &a);) {
		strcat(list, "<");
		strncat(list, a.p, a.len);
		strcat(list, ">");
	}
	SAME(list, "<cpu><0><1><2>", "words");
	OK(str_copy(text, sizeof(text), span_of("1234567")), "fits");
	OK(!str_copy(text, sizeof(text), span_of("12345678")), "does not");
	SAME(text, "1234567", "and is cut");
	OK(str_copy(text, 1, (struct span){NULL, 0}) && text[0] == '\0',
	    "nothing into one byte");
}

static void
test_order(void)
{
	/* In natural order. */
	static const char *const t[] = {"", "0", "00", "1", "01", "2", "10",
	    "99999999999999999999999", "a", "a0", "a1", "a01", "a2", "a10",
	    "a10b", "aa", "sda", "sda2", "sda10", "sdb1", "x1y2", "x1y10",
	    "\xc3\xa9"};
	size_t n = sizeof(t) / sizeof(t[0]);
	int good = 1, c;

	/* 1 < 01 bytewise is false: equal values go by their bytes. */
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			c = str_natural(span_of(t[i]), span_of(t[j]));
			if (strcmp(t[i], "01") == 0 ||
			    strcmp(t[j], "01") == 0 ||
			    strcmp(t[i], "a01") == 0 ||
			    strcmp(t[j], "a01") == 0)
				continue;
			good &= (c < 0) == (i < j) && (c > 0) == (i > j);
		}
	OK(good, "natural order");
	OK(str_natural(span_of("a01"), span_of("a1")) < 0 &&
		str_natural(span_of("a1"), span_of("a01")) > 0 &&
		str_natural(span_of("a01"), span_of("a2")) < 0,
	    "leading zeros: equal value, then bytes");
	OK(str_compare(span_of("ab"), span_of("abc")) < 0 &&
		str_compare(span_of("b"), span_of("abc")) > 0 &&
		str_compare(span_of("a"), span_of("a")) == 0 &&
		str_compare((struct span){NULL, 0}, span_of("")) == 0,
	    "bytewise");
}

static void
test_glob(void)
{
	static const struct {
		const char *pattern, *s;
		bool match;
	} t[] = {
	    {"", "", true},
	    {"", "a", false},
	    {"*", "", true},
	    {"*", "any/thing.at all", true},
	    {"web*", "web1", true},
	    {"web*", "xweb1", false},
	    {"*.vm", "a.vm", true},
	    {"a*b*c", "a1b2b3c", true},
	    {"a*b*c", "a1b2b3", false},
	    {"hv0?", "hv07", true},
	    {"hv0?", "hv0", false},
	    {"?", "\xc3\xa9", true},
	    {"??", "\xc3\xa9", false},
	    {"?", "\xff", true},
	    {"\xff", "\xff", true},
	    {"\xff", "\xfe", false},
	    {"[a-c]x", "bx", true},
	    {"[a-c]x", "dx", false},
	    {"[!a-c]x", "dx", true},
	    {"[^a-c]x", "ax", false},
	    {"[]]", "]", true},
	    {"[!]]", "]", false},
	    {"[a-]", "-", true},
	    {"[\\]]", "]", true},
	    {"[\\a-\\c]", "b", true},
	    {"[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true},
	    {"[abc", "[abc", true},
	    {"[abc", "a", false},
	    {"\\*", "*", true},
	    {"\\*", "x", false},
	    {"a\\", "a\\", true},
	    {"*a*a*a*", "aa", false},
	    {"**", "x", true},
	    {"*\xa9", "\xc3\xa9", false},
	};
	char what[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(what, sizeof(what), "%s %s %s", t[i].pattern,
		    t[i].match ? "matches" : "does not match", t[i].s);
		OK(glob_match(span_of(t[i].pattern), span_of(t[i].s)) ==
			t[i].match,
		    what);
	}
	OK(glob_match((struct span){"a\0b", 3}, (struct span){"a\0b", 3}),
	    "NUL is a byte");
}

/* Against fnmatch(3), which was written by others. */
static void
test_glob_judge(void)
{
	static const char letters[] = "ab*?[]-!";
	char pattern[8], s[8];
	unsigned random = 1, different = 0;
	size_t n, m;

	for (int i = 0; i < 200000; i++) {
		random = random * 1103515245 + 12345;
		n = random >> 16 & 7;
		for (size_t k = 0; k < n; k++) {
			random = random * 1103515245 + 12345;
			pattern[k] = letters[random >> 16 & 7];
		}
		pattern[n] = '\0';
		random = random * 1103515245 + 12345;
		m = (random >> 16 & 3) + 1;
		for (size_t k = 0; k < m; k++) {
			random = random * 1103515245 + 12345;
			s[k] = letters[(random >> 16) % 2];
		}
		s[m] = '\0';
		if (glob_match(span_of(pattern), span_of(s)) !=
		    (fnmatch(pattern, s, 0) == 0)) {
			different++;
			printf("# %s %s\n", pattern, s);
		}
	}
	OK(different == 0, "200,000 patterns as fnmatch(3) has them");
}

static void
test_glob_time(void)
{
	static char pattern[2001], s[10001];
	int64_t before;

	for (size_t i = 0; i < 2000; i += 2)
		memcpy(pattern + i, "*a", 2);
	memset(s, 'a', 10000);
	s[9999] = 'b';
	before = clock_cpu_ns();
	OK(!glob_match(span_of(pattern), span_of(s)), "a hostile pattern");
	OK(clock_cpu_ns() - before < 500 * 1000000L, "takes no time");
}

static void
test_glob_check(void)
{
	struct nc_err e;

	OK(glob_check(span_of("a[b-d]*\\[?"), &e) == 0, "a good one");
	OK(glob_check(span_of("a["), &e) == -1, "a set without end");
	SAME(e.msg, "bad pattern \"a[\": [ without ]", "says so");
	OK(glob_check(span_of("[]"), &e) == -1, "] first is no end");
	OK(glob_check(span_of("x\\"), &e) == -1, "nothing behind \\");
	SAME(e.msg, "bad pattern \"x\\\": nothing behind its \\", "says so");
	OK(glob_is_literal(span_of("web-1.x")), "literal");
	OK(!glob_is_literal(span_of("web*")) &&
		!glob_is_literal(span_of("a?")) &&
		!glob_is_literal(span_of("[a]")) &&
		!glob_is_literal(span_of("\\a")),
	    "not literal");
	OK(glob_is_literal((struct span){"a\0b", 3}), "NUL is literal");
}

int
main(void)
{
	test_pieces();
	test_order();
	test_glob();
	test_glob_judge();
	test_glob_time();
	test_glob_check();
	return tap_done();
}
