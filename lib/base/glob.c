/* SPDX-License-Identifier: MIT */
/*
 * glob: shell patterns by the two-pointer method: on a mismatch only the last
 * * takes one byte more, so no pattern takes exponential time.  Characters
 * are UTF-8; an invalid byte counts as one character.
 */
#include <errno.h>

#include "base/str.h"
#include "base/utf8.h"

static struct span
skip(struct span s, size_t n)
{
	return (struct span){s.p + n, s.len - n};
}

static uint32_t
take(struct span *s)
{
	const unsigned char first = (unsigned char)s->p[0];
	uint32_t c;
	size_t n = utf8_decode(*s, &c);

	/* Invalid bytes match themselves and no character. */
	if (c == UTF8_BAD) {
		n = 1;
		c = UINT32_C(0x80000000) | first;
	}
	*s = skip(*s, n);
	return c;
}

/*
 * A set, after its [.  1: c is in it, 0: not, -1: it never ends.  A ] first
 * stands for itself, as does a - at either end.
 */
static int
match_set(struct span *pattern, uint32_t c)
{
	struct span p = *pattern;
	bool negated = false, found = false, first = true;
	uint32_t low, high;

	if (p.len != 0 && (p.p[0] == '!' || p.p[0] == '^')) {
		negated = true;
		p = skip(p, 1);
	}
	for (;; first = false) {
		if (p.len == 0)
			return -1;
		if (p.p[0] == ']' && !first)
			break;
		if (p.p[0] == '\\' && p.len > 1)
			p = skip(p, 1);
		low = high = take(&p);
		if (p.len > 1 && p.p[0] == '-' && p.p[1] != ']') {
			p = skip(p, 1);
			if (p.p[0] == '\\' && p.len > 1)
				p = skip(p, 1);
			high = take(&p);
		}
		found |= c >= low && c <= high;
	}
	*pattern = skip(p, 1);
	return found != negated;
}

/* One element of the pattern (not *) against one character. */
static bool
match_one(struct span *pattern, struct span *s)
{
	struct span p = *pattern, after;
	uint32_t c;
	int in;

	if (p.len == 0 || s->len == 0)
		return false;
	c = take(s);
	if (p.p[0] == '[') {
		after = skip(p, 1);
		if ((in = match_set(&after, c)) != -1) {
			*pattern = after;
			return in == 1;
		}
	} else if (p.p[0] == '?') {
		*pattern = skip(p, 1);
		return true;
	} else if (p.p[0] == '\\' && p.len > 1)
		p = skip(p, 1);
	if (take(&p) != c)
		return false;
	*pattern = p;
	return true;
}

bool
glob_match(struct span pattern, struct span s)
{
	struct span star = {NULL, 0}, from = s, p = pattern;

	for (;;) {
		if (p.len != 0 && p.p[0] == '*') {
			p = star = skip(p, 1);
			from = s;
			/* Nothing behind it: whatever is left will do. */
			if (p.len == 0)
				return true;
			continue;
		}
		if (p.len == 0 && s.len == 0)
			return true;
		if (match_one(&p, &s))
			continue;
		if (star.p == NULL || from.len == 0)
			return false;
		take(&from);
		s = from;
		p = star;
	}
}

int
glob_check(struct span pattern, struct nc_err *e)
{
	struct span p = pattern;

	while (p.len != 0) {
		if (p.p[0] == '\\' && p.len == 1)
			return err_set(e, EINVAL,
			    "bad pattern \"%.*s\": nothing behind its \\",
			    SPAN_ARG(pattern));
		if (p.p[0] == '\\')
			p = skip(p, 2);
		else if (p.p[0] != '[')
			p = skip(p, 1);
		else {
			p = skip(p, 1);
			if (match_set(&p, 0) == -1)
				return err_set(e, EINVAL,
				    "bad pattern \"%.*s\": [ without ]",
				    SPAN_ARG(pattern));
		}
	}
	return 0;
}

bool
glob_is_literal(struct span pattern)
{
	for (size_t i = 0; i < pattern.len; i++)
		if (strchr("*?[\\", pattern.p[i]) != NULL &&
		    pattern.p[i] != '\0')
			return false;
	return true;
}
