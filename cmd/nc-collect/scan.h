/* SPDX-License-Identifier: MIT */
/*
 * scan: reading numbers and words out of the text of a kernel file.  The
 * text ends in a NUL, so nothing here needs its length; nothing allocates.
 * Inline, because a sweep is made of little else.
 */
#ifndef NC_COLLECT_SCAN_H
#define NC_COLLECT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline const char *
scan_blank(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* A decimal number behind blanks.  The place behind it, or NULL when there
 * is none; *v is set only then.  Overflow wraps, as the kernel's own
 * counters do. */
static inline const char *
scan_u64(const char *p, uint64_t *v)
{
	uint64_t n = 0;
	const char *start;

	p = scan_blank(p);
	for (start = p; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (p == start)
		return NULL;
	*v = n;
	return p;
}

/* The same with an optional minus. */
static inline const char *
scan_i64(const char *p, int64_t *v)
{
	uint64_t n;
	bool minus;

	p = scan_blank(p);
	minus = *p == '-';
	if (minus)
		p++;
	if (*p < '0' || *p > '9' || (p = scan_u64(p, &n)) == NULL)
		return NULL;
	*v = minus ? -(int64_t)n : (int64_t)n;
	return p;
}

/* A plain decimal such as 12.34 behind blanks, without exponent. */
static inline const char *
scan_real(const char *p, double *v)
{
	uint64_t whole, part = 0;
	double scale = 1;

	if ((p = scan_u64(p, &whole)) == NULL)
		return NULL;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++)
			if (scale < 1e15) {
				part = part * 10 + (uint64_t)(*p - '0');
				scale *= 10;
			}
	*v = (double)whole + (double)part / scale;
	return p;
}

/* Up to max numbers on one line; how many there were. */
static inline size_t
scan_row(const char *p, uint64_t *v, size_t max)
{
	size_t n;

	for (n = 0; n < max; n++)
		if ((p = scan_u64(p, &v[n])) == NULL)
			break;
	return n;
}

/* The beginning of the next line; at the end of the text, the NUL. */
static inline const char *
scan_line(const char *p)
{
	const char *end = strchr(p, '\n');

	return end != NULL ? end + 1 : p + strlen(p);
}

/* The place behind prefix, or NULL when p does not begin with it. */
static inline const char *
scan_prefix(const char *p, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(p, prefix, len) == 0 ? p + len : NULL;
}

/* The length of the word at p: up to a blank, a newline or the end. */
static inline size_t
scan_word(const char *p)
{
	return strcspn(p, " \t\n");
}

#endif
