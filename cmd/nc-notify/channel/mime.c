/* SPDX-License-Identifier: MIT */
/*
 * mime: whatever comes in, what goes out are printable ASCII bytes in lines
 * of at most 76, so that neither a server on the way nor a dot at the front
 * of a line can change what is read at the end.
 */
#include "mime.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/utf8.h"
#include "base/zone.h"

#define LINE_BYTES 76u
#define FRAME_BYTES 12u /* of an encoded word */

/* Needs no encoding in a header: ASCII, and nothing that looks encoded. */
static bool
is_bare(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' ||
		    (s.p[i] == '=' && i + 1 < s.len && s.p[i + 1] == '?'))
			return false;
	return true;
}

/* Words on lines of at most LINE_BYTES where they are short enough. */
static void
fold(struct buf *b, size_t column, struct span s)
{
	size_t n;

	while (s.len != 0) {
		const char *blank = memchr(s.p + 1, ' ', s.len - 1);

		n = blank != NULL ? (size_t)(blank - s.p) : s.len;
		if (column + n > LINE_BYTES && *s.p == ' ' && n > 1) {
			buf_adds(b, "\r\n");
			column = 0;
		}
		buf_add(b, s.p, n);
		column += n;
		s.p += n;
		s.len -= n;
	}
	buf_adds(b, "\r\n");
}

static bool
has_long_word(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		n = s.p[i] == ' ' ? 0 : n + 1;
		if (n > LINE_BYTES - 2)
			return true;
	}
	return false;
}

void
mime_header(struct buf *b, const char *name, struct span value)
{
	struct buf clean = {0};
	struct span s, word;
	size_t from = b->len, column = strlen(name) + 1;

	utf8_repair(&clean, value);
	s = buf_span(&clean);
	buf_addf(b, "%s:", name);
	if (s.len == 0) {
		buf_adds(b, "\r\n");
	} else if (is_bare(s) && !has_long_word(s) && s.p[0] != ' ' &&
		   s.p[s.len - 1] != ' ') {
		buf_addc(b, ' ');
		fold(b, b->len - from, s);
	} else {
		while (s.len != 0) {
			word = utf8_cut(s,
			    (LINE_BYTES - column - 1 - FRAME_BYTES) / 4 * 3);
			column = 0;
			buf_adds(b, " =?UTF-8?B?");
			digest_base64(word, b);
			buf_adds(b, "?=\r\n");
			s.p += word.len;
			s.len -= word.len;
		}
	}
	buf_free(&clean);
}

void
mime_plain_header(struct buf *b, const char *name, const char *value)
{
	size_t from = b->len;

	buf_addf(b, "%s: ", name);
	fold(b, b->len - from, span_of(value));
}

void
mime_date(struct buf *b, double ts)
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil c = zone_civil(NULL, (int64_t)ts);

	buf_addf(b, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[c.weekday],
	    c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

void
mime_quoted(struct buf *b, struct span s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool last = i + 1 == s.len || s.p[i + 1] == '\n';
		char piece[4];
		int n;

		if (c == '\n') {
			buf_adds(b, "\r\n");
			column = 0;
			continue;
		}
		/* A dot in front means something to servers, "From " to
		 * mailboxes. */
		if (c >= ' ' && c <= '~' && c != '=' && !(c == ' ' && last) &&
		    !(column == 0 && (c == '.' || c == 'F')))
			n = snprintf(piece, sizeof(piece), "%c", c);
		else
			n = snprintf(piece, sizeof(piece), "=%02X", c);
		if (column + (size_t)n > LINE_BYTES - 1) {
			buf_adds(b, "=\r\n");
			column = 0;
			if (c == '.' || c == 'F')
				n = snprintf(piece, sizeof(piece), "=%02X", c);
		}
		buf_add(b, piece, (size_t)n);
		column += (size_t)n;
	}
	if (column != 0 || s.len == 0)
		buf_adds(b, "\r\n");
}

void
mime_base64(struct buf *b, struct span data)
{
	size_t n;

	while (data.len != 0) {
		n = data.len < LINE_BYTES / 4 * 3 ? data.len
						  : LINE_BYTES / 4 * 3;
		digest_base64((struct span){data.p, n}, b);
		buf_adds(b, "\r\n");
		data.p += n;
		data.len -= n;
	}
}

void
mime_html(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '&')
			buf_adds(b, "&amp;");
		else if (s.p[i] == '<')
			buf_adds(b, "&lt;");
		else if (s.p[i] == '>')
			buf_adds(b, "&gt;");
		else if (s.p[i] == '"')
			buf_adds(b, "&quot;");
		else
			buf_addc(b, s.p[i]);
	}
}
