/* SPDX-License-Identifier: MIT */
/* scan: a strict recursive descent over JSON text, building nothing. */
#include "stream/scan.h"

#include <stdint.h>

#ifdef __SSE2__
#	include <emmintrin.h>
#endif

#include "base/utf8.h"
#include "stream/number.h"

bool
scan_fail(struct scan *s, const char *why)
{
	if (s->why == NULL)
		s->why = why;
	return false;
}

/* The first byte from p on that is not plain text of a string: a quote, a
 * backslash, a control byte, or not ASCII.  May lie up to 15 bytes behind
 * end. */
static inline const char *
plain_end(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; p < end; p += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* As signed bytes, those from 0x80 on are below 0x20 too. */
		__m128i odd = _mm_or_si128(_mm_cmplt_epi8(x,
					       _mm_set1_epi8(0x20)),
		    _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
			_mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));
		unsigned mask = (unsigned)_mm_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#else
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
#endif
	return p;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits at p, or -1. */
static int
hex4(const char *p, const char *end)
{
	int v = 0, digit;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		if ((digit = hex_digit(p[i])) == -1)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

static bool
is_high(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Behind "\u". */
static bool
scan_unicode(struct scan *s)
{
	int unit = hex4(s->p, s->end), second = -1;

	if (unit == -1)
		return scan_fail(s, "bad \\u escape");
	if (unit == 0)
		return scan_fail(s, "NUL in a string");
	s->p += 4;
	if (!is_high(unit))
		return is_low(unit) ? scan_fail(s, "lone surrogate") : true;
	if (s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u')
		second = hex4(s->p + 2, s->end);
	if (!is_low(second))
		return scan_fail(s, "lone surrogate");
	s->p += 6;
	return true;
}

static bool
scan_escape(struct scan *s)
{
	static const char known[] = "\"\\/bfnrt";

	s->p++;
	if (s->p < s->end && *s->p == 'u') {
		s->p++;
		return scan_unicode(s);
	}
	if (s->p >= s->end || *s->p == '\0' || strchr(known, *s->p) == NULL)
		return scan_fail(s, "bad escape in a string");
	s->p++;
	return true;
}

/* The strings on a line are mostly short and plain. */
bool
scan_string(struct scan *s, struct span *raw, bool *escaped)
{
	const char *start = s->p;
	size_t n;
	uint32_t cp;

	*escaped = false;
	for (;;) {
		s->p = plain_end(s->p, s->end);
		if (s->p >= s->end) {
			s->p = s->end;
			return scan_fail(s, "string without an end");
		}
		if (*s->p == '"') {
			*raw = (struct span){start, (size_t)(s->p - start)};
			s->p++;
			return true;
		}
		if (*s->p == '\\') {
			*escaped = true;
			if (!scan_escape(s))
				return false;
			continue;
		}
		if ((unsigned char)*s->p < 0x20)
			return scan_fail(s, "control byte in a string");
		n = utf8_decode((struct span){s->p, (size_t)(s->end - s->p)},
		    &cp);
		if (cp == UTF8_BAD)
			return scan_fail(s, "invalid UTF-8");
		s->p += n;
	}
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return scan_fail(s, "not a value");
	s->p += len;
	return true;
}

/* Behind the bracket of an array or object. */
static bool
scan_inside(struct scan *s, unsigned depth, bool object)
{
	char close = object ? '}' : ']';
	enum scan_type type;
	struct span raw;
	double number;
	bool escaped;

	if (depth > SCAN_DEPTH)
		return scan_fail(s, "nested deeper than 32");
	if (scan_char(s, close))
		return true;
	do {
		if (object) {
			if (!scan_char(s, '"'))
				return scan_fail(s, "'\"' expected");
			if (!scan_string(s, &raw, &escaped))
				return false;
			if (!scan_char(s, ':'))
				return scan_fail(s, "':' expected");
		}
		if (!scan_value(s, depth, &type, &number))
			return false;
	} while (scan_char(s, ','));
	if (scan_char(s, close))
		return true;
	return scan_fail(s,
	    object ? "',' or '}' expected" : "',' or ']' expected");
}

static bool
scan_number(struct scan *s, double *number)
{
	const char *why, *p = number_read(s->p, s->end, number, &why);

	if (p == NULL)
		return scan_fail(s, why);
	s->p = p;
	return true;
}

bool
scan_value(struct scan *s, unsigned depth, enum scan_type *type, double *number)
{
	struct span raw;
	bool escaped;

	scan_space(s);
	if (s->p >= s->end)
		return scan_fail(s, "value expected");
	switch (*s->p) {
	case '"':
		*type = SCAN_STRING;
		s->p++;
		return scan_string(s, &raw, &escaped);
	case '{':
		*type = SCAN_OBJECT;
		s->p++;
		return scan_inside(s, depth + 1, true);
	case '[':
		*type = SCAN_ARRAY;
		s->p++;
		return scan_inside(s, depth + 1, false);
	case 't':
		*type = SCAN_TRUE;
		return scan_word(s, "true");
	case 'f':
		*type = SCAN_FALSE;
		return scan_word(s, "false");
	case 'n':
		*type = SCAN_NULL;
		return scan_word(s, "null");
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		*type = SCAN_NUMBER;
		return scan_number(s, number);
	default:
		return scan_fail(s, "value expected");
	}
}

static size_t
unescape_unicode(const char *p, size_t *taken, char *to)
{
	uint32_t cp = (uint32_t)hex4(p, p + 4);

	*taken = 4;
	if (is_high((int)cp)) {
		cp = 0x10000 + ((cp - 0xd800) << 10) +
		     ((uint32_t)hex4(p + 6, p + 10) - 0xdc00);
		*taken = 10;
	}
	return utf8_encode(cp, to);
}

size_t
scan_unescape(struct span raw, char *to)
{
	static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
	const char *p = raw.p, *end = raw.p + raw.len, *at;
	size_t len = 0, taken;

	while (p < end) {
		if (*p != '\\') {
			to[len++] = *p++;
			continue;
		}
		p++;
		if (*p == 'u') {
			len += unescape_unicode(p + 1, &taken, to + len);
			p += 1 + taken;
			continue;
		}
		at = strchr(from, *p);
		to[len++] = at != NULL ? into[at - from] : *p;
		p++;
	}
	return len;
}
