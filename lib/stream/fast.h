/* SPDX-License-Identifier: MIT */
/*
 * fast: compares a line with what it is expected to be, wide, and reads the
 * numbers between.  Two implementations, chosen at run time by what the
 * processor can do; both accept the same.
 */
#ifndef NC_STREAM_FAST_H
#define NC_STREAM_FAST_H

#include "stream/layout.h"

#define FAST_SLOTS 4

/* Text with numbers in between: text, number, text, number, text. */
struct fast_head {
	const char *text; /* all texts, one behind the other */
	uint16_t end[FAST_SLOTS + 1]; /* of each text */
	uint16_t slots; /* numbers */
};

struct fast {
	const char *name;
	/* Behind the head, its numbers filled in, or NULL. */
	const char *(*head)(const struct fast_head *h, const char *p,
	    const char *end, double *numbers);
	/* How many of n cells stand at *p, each with its number; *p is behind
	 * the last of them then. */
	size_t (*values)(const struct layout_cell *cells, size_t n,
	    const char **p, const char *end, struct record_value *values);
};

/* 64 bytes behind end are readable for both. */
const struct fast *fast_best(void);
const struct fast *fast_portable(void);

#endif
