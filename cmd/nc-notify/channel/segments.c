/* SPDX-License-Identifier: MIT */
/*
 * segments: 160 septets in one message, 153 in each of several, which need a
 * header (3GPP 23.040, 9.2.3.24.1); 70 and 67 units of UTF-16.  A character
 * is never split between two.
 */
#include "segments.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

struct sizes {
	unsigned one, many;
};

static const struct sizes narrow_sizes = {160, 153}, wide_sizes = {70, 67};

/* Beyond ASCII: the basic table of 23.038. */
static const uint16_t basic[] = {0xa1, 0xa3, 0xa4, 0xa5, 0xa7, 0xbf, 0xc4, 0xc5,
    0xc6, 0xc7, 0xc9, 0xd1, 0xd6, 0xd8, 0xdc, 0xdf, 0xe0, 0xe4, 0xe5, 0xe6,
    0xe8, 0xe9, 0xec, 0xf1, 0xf2, 0xf6, 0xf8, 0xf9, 0xfc, 0x393, 0x394, 0x398,
    0x39b, 0x39e, 0x3a0, 0x3a3, 0x3a6, 0x3a8, 0x3a9};

/* Septets, 0: not in the alphabet. */
static unsigned
septets(uint32_t cp)
{
	if (cp == '\n' || cp == '\r')
		return 1;
	if (cp == 0x20ac || cp == '\f')
		return 2;
	if (cp < 0x80) {
		if (cp < ' ' || cp == 0x7f || cp == '`')
			return 0;
		return strchr("^{}\\[~]|", (int)cp) != NULL ? 2 : 1;
	}
	for (size_t i = 0; i < sizeof(basic) / sizeof(*basic); i++)
		if (basic[i] == cp)
			return 1;
	return 0;
}

static bool
is_wide(struct span s)
{
	size_t n;
	uint32_t cp;

	for (; s.len != 0; s.p += n, s.len -= n) {
		n = utf8_decode(s, &cp);
		if (septets(cp) == 0)
			return true;
	}
	return false;
}

static unsigned
cost(uint32_t cp, bool wide)
{
	if (!wide)
		return septets(cp);
	return cp != UTF8_BAD && cp > 0xffff ? 2 : 1;
}

/* How much of s goes into max segments. */
static size_t
fit(struct span s, bool wide, unsigned max, unsigned *segments)
{
	struct sizes size = wide ? wide_sizes : narrow_sizes;
	unsigned all = 0, in = 0, n = 1;
	size_t at = 0, bytes;
	uint32_t cp;

	while (at < s.len) {
		bytes = utf8_decode((struct span){s.p + at, s.len - at}, &cp);
		all += cost(cp, wide);
		if (in + cost(cp, wide) > size.many) {
			n++;
			in = 0;
		}
		in += cost(cp, wide);
		if (all > size.one && n > max)
			break;
		at += bytes;
	}
	/* A single one has more room. */
	*segments = all <= size.one ? 1 : n;
	return at;
}

unsigned
segments_count(struct span text, bool *wide)
{
	unsigned n;

	*wide = is_wide(text);
	fit(text, *wide, UINT32_MAX, &n);
	return n;
}

void
segments_cut(struct buf *b, unsigned max)
{
	static const char end[] = "...";
	bool wide;
	unsigned n;
	size_t len;

	if (segments_count(buf_span(b), &wide) <= max)
		return;
	len = fit(buf_span(b), wide, max, &n);
	do {
		/* Back over whole characters until the dots have room. */
		while (
		    len > 0 && ((unsigned char)b->data[--len] & 0xc0) == 0x80)
			continue;
		b->len = len;
		b->data[len] = '\0';
		buf_adds(b, end);
		n = segments_count(buf_span(b), &wide);
	} while (n > max && len > 0);
}
