/* SPDX-License-Identifier: MIT */
/* str: comparison and cutting of spans. */
#include "base/str.h"

#include <stddef.h>

bool
str_starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.len != 0 ? s.p : "", prefix, n) == 0;
}

bool
str_ends(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n &&
	       (n == 0 || memcmp(s.p + s.len - n, suffix, n) == 0);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
str_trim(struct span s)
{
	while (s.len != 0 && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len != 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
str_cut(struct span s, char sep, struct span *before, struct span *rest)
{
	const char *at = s.len != 0 ? memchr(s.p, sep, s.len) : NULL;

	if (at == NULL) {
		*before = s;
		*rest = (struct span){s.len != 0 ? s.p + s.len : s.p, 0};
		return false;
	}
	*before = (struct span){s.p, (size_t)(at - s.p)};
	*rest = (struct span){at + 1, s.len - before->len - 1};
	return true;
}

/* The end is p NULL: an empty item behind the last separator is one. */
bool
str_item(struct span *rest, char sep, struct span *item)
{
	if (rest->p == NULL)
		return false;
	if (!str_cut(*rest, sep, item, rest))
		*rest = (struct span){NULL, 0};
	return true;
}

bool
str_word(struct span *rest, struct span *word)
{
	struct span s = *rest;
	size_t n = 0;

	while (s.len != 0 && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (n < s.len && !is_blank(s.p[n]))
		n++;
	*rest = (struct span){s.p + n, s.len - n};
	if (n == 0)
		return false;
	*word = (struct span){s.p, n};
	return true;
}

int
str_compare(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n != 0 ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return (a.len > b.len) - (a.len < b.len);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at the front, without leading zeros; s moves behind them. */
static struct span
take_digits(struct span *s)
{
	struct span d;

	while (s->len != 0 && s->p[0] == '0') {
		s->p++;
		s->len--;
	}
	d = (struct span){s->p, 0};
	while (s->len != 0 && is_digit(s->p[0])) {
		s->p++;
		s->len--;
		d.len++;
	}
	return d;
}

int
str_natural(struct span a, struct span b)
{
	struct span x = a, y = b, m, n;

	while (x.len != 0 && y.len != 0) {
		if (is_digit(x.p[0]) && is_digit(y.p[0])) {
			m = take_digits(&x);
			n = take_digits(&y);
			if (m.len != n.len)
				return m.len < n.len ? -1 : 1;
			if (!span_equal(m, n))
				return str_compare(m, n);
			continue;
		}
		if (x.p[0] != y.p[0])
			return (unsigned char)x.p[0] < (unsigned char)y.p[0]
				   ? -1
				   : 1;
		x.p++;
		x.len--;
		y.p++;
		y.len--;
	}
	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	return str_compare(a, b);
}

bool
str_copy(char *to, size_t size, struct span s)
{
	size_t n = s.len < size ? s.len : size - 1;

	if (n != 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
	return n == s.len;
}
