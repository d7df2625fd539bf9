/* SPDX-License-Identifier: MIT */
/* Unit tests of utf8. */
#include "base/utf8.h"

#include <locale.h>
#include <wchar.h>

#include "tap.h"

static struct span
bytes(const char *s, size_t len)
{
	return (struct span){s, len};
}

/* How many byte strings of exactly n bytes are one character: the numbers
 * follow from the sizes of the planes. */
static void
test_counts(void)
{
	char b[4];
	uint32_t cp;
	unsigned two = 0, three = 0, four = 0;

	for (unsigned i = 0; i < 0x10000; i++) {
		b[0] = (char)(i >> 8);
		b[1] = (char)i;
		two += utf8_decode(bytes(b, 2), &cp) == 2 && cp != UTF8_BAD;
	}
	OK(two == 1920, "two bytes: 1,920 characters");
	for (unsigned i = 0; i < 0x1000000; i++) {
		b[0] = (char)(i >> 16);
		b[1] = (char)(i >> 8);
		b[2] = (char)i;
		three += utf8_decode(bytes(b, 3), &cp) == 3 && cp != UTF8_BAD;
	}
	OK(three == 61440, "three bytes: 61,440, no surrogates");
	for (unsigned lead = 0xe8; lead < 0x100; lead++)
		for (unsigned i = 0; i < 64 * 64 * 64; i++) {
			b[0] = (char)lead;
			b[1] = (char)(0x80 + i / 4096);
			b[2] = (char)(0x80 + i / 64 % 64);
			b[3] = (char)(0x80 + i % 64);
			four += utf8_decode(bytes(b, 4), &cp) == 4 &&
				cp != UTF8_BAD;
		}
	OK(four == 1048576, "four bytes: 1,048,576, none past U+10FFFF");
}

static void
test_round_trip(void)
{
	uint32_t got;
	char b[4];
	size_t n;
	int good = 1;

	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_encode(cp, b);
		good &= utf8_decode(bytes(b, n), &got) == n && got == cp;
		good &= utf8_valid(bytes(b, n));
		/* Cut off anywhere it is not valid any more. */
		if (n > 1)
			good &= !utf8_valid(bytes(b, n - 1));
	}
	OK(good, "each code point there and back");
}

static void
test_valid(void)
{
	static char text[256];
	int good = 1;

	OK(utf8_valid(bytes(NULL, 0)), "nothing is valid");
	OK(utf8_valid(bytes("a\0b", 3)), "NUL is a character");
	/* One bad byte at each place of each length, for all word sizes. */
	for (size_t len = 1; len < 80; len++)
		for (size_t at = 0; at < len; at++) {
			memset(text, 'x', len);
			good &= utf8_valid(bytes(text, len));
			text[at] = (char)0xff;
			good &= !utf8_valid(bytes(text, len));
			memset(text, 'x', len);
			if (at + 1 == len)
				continue;
			text[at] = (char)0xc3;
			text[at + 1] = (char)0xa9;
			good &= utf8_valid(bytes(text, len));
			good &= !utf8_valid(bytes(text, at + 1));
		}
	OK(good, "a bad byte is found wherever it stands");
}

/* Maximal subparts: the example of the Unicode standard, table 3-11. */
static void
test_repair(void)
{
	static const struct {
		const char *in, *out;
	} t[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"\xf1\x80\x80\xe1\x80\xc2"
	     "b\x80"
	     "c\x80\xbf"
	     "d",
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"b\xef\xbf\xbd"
		"c\xef\xbf\xbd\xef\xbf\xbd"
		"d"},
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
	    {"x\xe2\x82", "x\xef\xbf\xbd"},
	};
	struct buf b = {0};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_clear(&b);
		utf8_repair(&b, span_of(t[i].in));
		buf_addc(&b, '\0');
		SAME(b.data, t[i].out, "repaired");
	}
	buf_free(&b);
}

static void
test_cut(void)
{
	struct span s = span_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	struct span junk = span_of("\x80\x80\x80\x80\x80\x80");
	int good = 1;

	for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
		good &= utf8_cut(s, max).len == want[max];
	OK(good, "cut between characters");
	OK(utf8_cut(junk, 4).len == 4, "what is no character is cut anywhere");
}

static void
test_width(void)
{
	static const struct {
		uint32_t cp;
		int width;
	} t[] = {
	    {'a', 1},
	    {0xe9, 1},
	    {0xad, 1},
	    {0x301, 0}, /* combining acute accent */
	    {0x5d0, 1}, /* alef */
	    {0x5b0, 0}, /* sheva, a point */
	    {0x627, 1}, /* arabic alef */
	    {0x64b, 0},
	    {0xe31, 0}, /* thai vowel above */
	    {0x200b, 0},
	    {0x200d, 0}, /* zero width joiner */
	    {0x20ac, 1},
	    {0xfe0f, 0}, /* variation selector */
	    {0x1100, 2}, /* hangul jamo, leading */
	    {0x1161, 0}, /* and its vowel */
	    {0x231a, 2}, /* watch */
	    {0x2500, 1}, /* box drawing */
	    {0x2588, 1}, /* full block */
	    {0x28ff, 1}, /* braille */
	    {0x3042, 2}, /* hiragana a */
	    {0x3099, 0}, /* combining voiced mark */
	    {0x4e2d, 2},
	    {0xac00, 2},
	    {0xff21, 2}, /* full width A */
	    {0xff71, 1}, /* half width katakana */
	    {0x1f600, 2},
	    {0x1f1e6, 1}, /* regional indicator: a flag is two of them */
	    {0x20000, 2},
	    {0xe0100, 0}, /* variation selector 17 */
	    {0x10ffff, 1},
	};
	char what[32];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(what, sizeof(what), "width of U+%04X", t[i].cp);
		OK(utf8_width(t[i].cp) == t[i].width, what);
	}
}

/* The C library's table is what ncurses lays out by.  The two may be of
 * different Unicode versions, hence the allowance. */
static void
test_width_judge(void)
{
	unsigned different = 0;
	int width;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		OK(1, "# SKIP no locale C.UTF-8 to compare wcwidth(3) with");
		return;
	}
	for (uint32_t cp = 0xa0; cp <= 0x10ffff; cp++) {
		width = wcwidth((wchar_t)cp);
		different += width >= 0 && width != utf8_width(cp);
	}
	printf("# %u of 1,111,904 code points differ\n", different);
	OK(different < 500, "widths as wcwidth(3) has them");
}

static void
test_escape(void)
{
	static const struct {
		const char *in, *out;
		size_t columns;
	} t[] = {
	    {"", "", 0},
	    {"web-1", "web-1", 5},
	    {"a\tb\nc\rd", "a\\tb\\nc\\rd", 10},
	    {"\033[2J\177", "\\x1b[2J\\x7f", 11},
	    {"\xc2\x9b"
	     "2J",
		"\\u{9b}2J", 8},
	    {"\x9b\xff", "\\x9b\\xff", 8},
	    {"\xe2\x80\xae"
	     "evil",
		"\\u{202e}evil", 12},
	    {"\xe2\x80\xa8", "\\u{2028}", 8},
	    {"\xd8\x9c\xe2\x81\xa6\xe2\x80\x8f", "\\u{61c}\\u{2066}\\u{200f}",
		23},
	    {"\xef\xbf\xbe\xef\xb7\x90\xef\xbf\xb9",
		"\\u{fffe}\\u{fdd0}\\u{fff9}", 24},
	    {"\xf3\xa0\x81\x81", "\\u{e0041}", 9},
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80", 12},
	    {"caf\xc3\xa9 \xe4\xb8\xad\xf0\x9f\x98\x80",
		"caf\xc3\xa9 \xe4\xb8\xad\xf0\x9f\x98\x80", 9},
	    {"e\xcc\x81", "e\xcc\x81", 1},
	    {"\xf0\x9f\x98", "\\xf0\\x9f\\x98", 12},
	};
	struct buf b = {0};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_clear(&b);
		utf8_escape(&b, span_of(t[i].in));
		buf_addc(&b, '\0');
		SAME(b.data, t[i].out, "escaped");
		OK(utf8_columns(span_of(t[i].in)) == t[i].columns, "columns");
	}
	OK(!utf8_printable(0xd800) && !utf8_printable(0x110000),
	    "no character, not printable");
	buf_free(&b);
}

int
main(void)
{
	test_counts();
	test_round_trip();
	test_valid();
	test_repair();
	test_cut();
	test_width();
	test_width_judge();
	test_escape();
	return tap_done();
}
