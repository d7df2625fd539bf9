/* SPDX-License-Identifier: MIT */
/* glyph: what of a text from outside may be shown. */
#include "glyph.h"

#include "base/utf8.h"

bool
glyph_next(struct span *s, uint32_t *ch)
{
	size_t n;

	if (s->len == 0)
		return false;
	n = utf8_decode(*s, ch);
	if (*ch == UTF8_BAD)
		*ch = UTF8_REPLACEMENT;
	s->p += n;
	s->len -= n;
	return true;
}

uint32_t
glyph_shown(uint32_t ch, bool utf8, int *width)
{
	if (ch >= 0x20 && ch < 0x7f) {
		*width = 1;
		return ch;
	}
	*width = utf8_printable(ch) ? utf8_width(ch) : 1;
	if (*width == 0)
		return ch;
	if (!utf8_printable(ch) || !utf8) {
		*width = 1;
		return '?';
	}
	return ch;
}
