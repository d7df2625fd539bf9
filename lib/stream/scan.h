/* SPDX-License-Identifier: MIT */
/*
 * scan: the grammar of JSON (RFC 8259) over bytes in memory, strictly:
 * valid UTF-8, no lone surrogates, no NUL even escaped, no raw control
 * bytes, at most 32 levels, numbers that fit a double.  Builds nothing.
 */
#ifndef NC_STREAM_SCAN_H
#define NC_STREAM_SCAN_H

#include <stdbool.h>

#include "base/span.h"

#define SCAN_DEPTH 32

/* p is where reading goes on, or where it stopped when why is set.  64 bytes
 * behind end are readable. */
struct scan {
	const char *p, *end;
	const char *why; /* a literal */
};

enum scan_type {
	SCAN_NONE,
	SCAN_STRING,
	SCAN_NUMBER,
	SCAN_OBJECT,
	SCAN_ARRAY,
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL
};

static inline void
scan_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
				    *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

/* Takes c if it comes next. */
static inline bool
scan_char(struct scan *s, char c)
{
	scan_space(s);
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Sets why, keeping the first.  Returns false. */
bool scan_fail(struct scan *s, const char *why);
/* The string behind a quote already taken, up to its closing quote: its raw
 * text, and whether that has escapes. */
bool scan_string(struct scan *s, struct span *raw, bool *escaped);
/* Any value; *number is its value where it is one. */
bool scan_value(struct scan *s, unsigned depth, enum scan_type *type,
    double *number);
/* raw (valid, with escapes) as text to "to", which has room for raw.len
 * bytes; returns the length. */
size_t scan_unescape(struct span raw, char *to);

#endif
