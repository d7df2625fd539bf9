/* SPDX-License-Identifier: MIT */
/* span: bytes somewhere else, with their length; not NUL-terminated. */
#ifndef NC_BASE_SPAN_H
#define NC_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p; /* borrowed; may be NULL when len is 0 */
	size_t len;
};

/* For "%.*s". */
#define SPAN_ARG(s) (int)(s).len, (s).p != NULL ? (s).p : ""

static inline struct span
span_of(const char *s)
{
	return (struct span){s, strlen(s)};
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
span_is(struct span a, const char *s)
{
	return span_equal(a, span_of(s));
}

#endif
