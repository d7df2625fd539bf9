/* SPDX-License-Identifier: MIT */
/* flushline: escaping both ways. */
#include "rrd/flushline.h"

#include "base/str.h"

void
flushline_format(const struct store_key *key, struct buf *b)
{
	const struct span *part[] = {&key->host, &key->source, &key->entity,
	    &key->id};
	unsigned char c;

	for (size_t i = 0; i < 4; i++) {
		if (i != 0)
			buf_addc(b, '\t');
		for (size_t k = 0; k < part[i]->len; k++) {
			c = (unsigned char)part[i]->p[k];
			if (c < ' ' || c == '%')
				buf_addf(b, "%%%02x", c);
			else
				buf_addc(b, (char)c);
		}
	}
	buf_addc(b, '\n');
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
unescape(struct span s, struct buf *b)
{
	int hi, lo;

	buf_reserve(b, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%') {
			buf_addc(b, s.p[i]);
			continue;
		}
		if (s.len - i < 3 || (hi = digit(s.p[i + 1])) == -1 ||
		    (lo = digit(s.p[i + 2])) == -1)
			return -1;
		buf_addc(b, (char)(hi << 4 | lo));
		i += 2;
	}
	return 0;
}

int
flushline_parse(struct span line, struct flushline *f)
{
	struct span rest = line, field;
	bool more;

	*f = (struct flushline){0};
	for (size_t i = 0; i < 4; i++) {
		more = str_cut(rest, '\t', &field, &rest);
		if (more != (i < 3) || unescape(field, &f->text[i]) == -1) {
			flushline_free(f);
			return -1;
		}
	}
	f->key = (struct store_key){buf_span(&f->text[0]),
	    buf_span(&f->text[1]), buf_span(&f->text[2]),
	    buf_span(&f->text[3])};
	return 0;
}

void
flushline_free(struct flushline *f)
{
	for (size_t i = 0; i < 4; i++)
		buf_free(&f->text[i]);
}
