/* SPDX-License-Identifier: MIT */
/* utf8: validation, decoding, repair and display of untrusted text. */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes at the front that are ASCII, eight or thirty-two at a time. */
static size_t
ascii_run(const unsigned char *p, size_t len)
{
	size_t i = 0;
	uint64_t w[4];

	for (; len - i >= sizeof(w); i += sizeof(w)) {
		memcpy(w, p + i, sizeof(w));
		if (((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS) != 0)
			break;
	}
	for (; len - i >= sizeof(w[0]); i += sizeof(w[0])) {
		memcpy(w, p + i, sizeof(w[0]));
		if ((w[0] & HIGH_BITS) != 0)
			break;
	}
	while (i < len && p[i] < 0x80)
		i++;
	return i;
}

/*
 * Table 3-7 of the Unicode standard: only the second byte has a range that
 * depends on the first.  Returns the sequence's length, 0 for a byte that
 * begins none.
 */
static inline size_t
lead(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c < 0xe0)
		return 2;
	if (c < 0xf0) {
		if (c == 0xe0)
			*low = 0xa0;
		else if (c == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (c == 0xf0)
		*low = 0x90;
	else if (c == 0xf4)
		*high = 0x8f;
	return 4;
}

size_t
utf8_decode(struct span s, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char low, high;
	size_t n = lead(p[0], &low, &high), i;
	uint32_t c;

	*cp = UTF8_BAD;
	if (n <= 1) {
		if (n == 1)
			*cp = p[0];
		return 1;
	}
	c = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if (i == s.len || p[i] < low || p[i] > high)
			return i;
		c = c << 6 | (p[i] & 0x3fu);
		low = 0x80;
		high = 0xbf;
	}
	*cp = c;
	return n;
}

/* Bytes at the front that are valid UTF-8, whole sequences only. */
static size_t
valid_run(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t at = 0, n;
	uint32_t cp;

	while (at < s.len) {
		if (p[at] < 0x80) {
			at += ascii_run(p + at, s.len - at);
			continue;
		}
		n = utf8_decode((struct span){s.p + at, s.len - at}, &cp);
		if (cp == UTF8_BAD)
			break;
		at += n;
	}
	return at;
}

bool
utf8_valid(struct span s)
{
	return valid_run(s) == s.len;
}

size_t
utf8_encode(uint32_t cp, char to[4])
{
	unsigned char *p = (unsigned char *)to;

	if (cp < 0x80) {
		p[0] = (unsigned char)cp;
		return 1;
	}
	if (cp < 0x800) {
		p[0] = (unsigned char)(0xc0 | cp >> 6);
		p[1] = (unsigned char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		p[0] = (unsigned char)(0xe0 | cp >> 12);
		p[1] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
		p[2] = (unsigned char)(0x80 | (cp & 0x3f));
		return 3;
	}
	p[0] = (unsigned char)(0xf0 | cp >> 18);
	p[1] = (unsigned char)(0x80 | (cp >> 12 & 0x3f));
	p[2] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
	p[3] = (unsigned char)(0x80 | (cp & 0x3f));
	return 4;
}

void
utf8_repair(struct buf *b, struct span s)
{
	size_t n;
	uint32_t cp;

	for (;;) {
		n = valid_run(s);
		buf_add(b, s.p, n);
		if (n == s.len)
			return;
		s.p += n;
		s.len -= n;
		n = utf8_decode(s, &cp);
		buf_adds(b, "\xef\xbf\xbd");
		s.p += n;
		s.len -= n;
	}
}

struct span
utf8_cut(struct span s, size_t max)
{
	size_t back = 0;

	if (s.len <= max)
		return s;
	/* A sequence has at most three bytes behind its first. */
	while (back < 3 && back < max &&
	       ((unsigned char)s.p[max - back] & 0xc0) == 0x80)
		back++;
	if (((unsigned char)s.p[max - back] & 0xc0) == 0x80)
		back = 0;
	return (struct span){s.p, max - back};
}

bool
utf8_printable(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return false;
	if (cp < 0x61c)
		return true;
	/* Bidirectional controls reorder what stands around them. */
	if (cp == 0x61c || cp == 0x200e || cp == 0x200f ||
	    (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069))
		return false;
	if ((cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff)
		return false;
	if ((cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef) ||
	    (cp >= 0xfff9 && cp <= 0xfffb))
		return false;
	return cp < 0xe0000 || cp > 0xe007f;
}

/* One character that must not be shown: its escape; returns its length. */
static int
escape_one(char to[16], uint32_t cp, const char *p, size_t n)
{
	int len = 0;

	switch (cp) {
	case '\n':
		return snprintf(to, 16, "\\n");
	case '\r':
		return snprintf(to, 16, "\\r");
	case '\t':
		return snprintf(to, 16, "\\t");
	case UTF8_BAD:
		for (size_t i = 0; i < n; i++)
			len += snprintf(to + len, 16 - (size_t)len, "\\x%02x",
			    (unsigned char)p[i]);
		return len;
	default:
		if (cp < 0x80)
			return snprintf(to, 16, "\\x%02x", (unsigned)cp);
		return snprintf(to, 16, "\\u{%x}", (unsigned)cp);
	}
}

void
utf8_escape(struct buf *b, struct span s)
{
	char text[16];
	size_t n;
	uint32_t cp;

	for (; s.len != 0; s.p += n, s.len -= n) {
		n = utf8_decode(s, &cp);
		if (cp != UTF8_BAD && utf8_printable(cp))
			buf_add(b, s.p, n);
		else
			buf_add(b, text, (size_t)escape_one(text, cp, s.p, n));
	}
}

size_t
utf8_columns(struct span s)
{
	char text[16];
	size_t n, columns = 0;
	uint32_t cp;

	for (; s.len != 0; s.p += n, s.len -= n) {
		n = utf8_decode(s, &cp);
		if (cp != UTF8_BAD && utf8_printable(cp))
			columns += (size_t)utf8_width(cp);
		else
			columns += (size_t)escape_one(text, cp, s.p, n);
	}
	return columns;
}
