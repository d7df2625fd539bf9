/* SPDX-License-Identifier: MIT */
/*
 * text: what is hostile in a text of an alert is shown, never dropped: who
 * reads it at night sees that something is odd.
 */
#include "text.h"

#include <string.h>

#include "base/utf8.h"

#define JOINER 0x200du
#define ELLIPSIS "\xe2\x80\xa6"
#define INVISIBLE "\xe2\x80\x8b" /* zero width space */
#define WORD_MAX 40u

void
text_show(struct buf *b, struct span s)
{
	const char *lf;
	size_t n;

	while (s.len != 0) {
		lf = memchr(s.p, '\n', s.len);
		n = lf != NULL ? (size_t)(lf - s.p) : s.len;
		utf8_escape(b, (struct span){s.p, n});
		if (lf == NULL)
			break;
		buf_addc(b, '\n');
		s.p += n + 1;
		s.len -= n + 1;
	}
}

static size_t
units_of(uint32_t cp, size_t bytes, enum text_unit unit)
{
	if (unit == TEXT_BYTES)
		return bytes;
	return unit == TEXT_UTF16 && cp != UTF8_BAD && cp > 0xffff ? 2 : 1;
}

size_t
text_measure(struct span s, enum text_unit unit)
{
	size_t units = 0, n;
	uint32_t cp;

	for (; s.len != 0; s.p += n, s.len -= n) {
		n = utf8_decode(s, &cp);
		units += units_of(cp, n, unit);
	}
	return units;
}

struct span
text_front(struct span s, size_t max, enum text_unit unit)
{
	size_t at = 0, units = 0, good = 0, n;
	uint32_t cp, before = 0;

	while (at < s.len) {
		n = utf8_decode((struct span){s.p + at, s.len - at}, &cp);
		if (cp == UTF8_BAD || cp < ' ' ||
		    (utf8_width(cp) != 0 && before != JOINER))
			good = at;
		units += units_of(cp, n, unit);
		if (units > max)
			return (struct span){s.p, good};
		at += n;
		before = cp;
	}
	return s;
}

void
text_cut(struct buf *b, size_t max, enum text_unit unit)
{
	size_t room = unit == TEXT_BYTES ? strlen(ELLIPSIS) : 1;

	if (text_measure(buf_span(b), unit) <= max)
		return;
	b->len = text_front(buf_span(b), max > room ? max - room : 0, unit).len;
	b->data[b->len] = '\0';
	if (max >= room)
		buf_adds(b, ELLIPSIS);
}

void
text_title(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b)
{
	utf8_escape(b, s->title);
	text_cut(b, max, unit);
}

void
text_body(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b)
{
	text_show(b, s->text);
	while (b->len != 0 && b->data[b->len - 1] == '\n')
		b->data[--b->len] = '\0';
	text_cut(b, max, unit);
}

void
text_whole(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b)
{
	utf8_escape(b, s->title);
	if (s->text.len != 0) {
		buf_addc(b, '\n');
		text_body(s, max, unit, b);
	}
	text_cut(b, max, unit);
}

void
text_escape(struct buf *b, struct span s, const char *signs)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '\0' && strchr(signs, s.p[i]) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, s.p[i]);
	}
}

void
text_no_mention(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		buf_addc(b, s.p[i]);
		if (s.p[i] == '@')
			buf_adds(b, INVISIBLE);
	}
}

void
text_url(struct buf *b, struct span s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-._~", c) != NULL)) {
			buf_addc(b, (char)c);
		} else {
			buf_addc(b, '%');
			buf_addc(b, hex[c >> 4]);
			buf_addc(b, hex[c & 15]);
		}
	}
}

void
text_field(struct buf *b, const char *name, struct span value)
{
	if (b->len != 0)
		buf_addc(b, '&');
	text_url(b, span_of(name));
	buf_addc(b, '=');
	text_url(b, value);
}

struct span
text_word(struct span s)
{
	if (s.len == 0 || s.len > WORD_MAX || s.p[0] < 'a' || s.p[0] > 'z')
		return (struct span){NULL, 0};
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' ||
		    strchr("abcdefghijklmnopqrstuvwxyz0123456789_", s.p[i]) ==
			NULL)
			return (struct span){NULL, 0};
	return s;
}

const char *
text_colour(const struct sending *s)
{
	if (s->ended)
		return "#2eb67d";
	if (span_is(s->severity, "crit"))
		return "#d0021b";
	return span_is(s->severity, "warn") ? "#f5a623" : "#4a90e2";
}

bool
text_is_crit(const struct sending *s)
{
	return !s->ended && span_is(s->severity, "crit");
}
