/* SPDX-License-Identifier: MIT */
/*
 * keyed: files of "Key value" lines (meminfo, vmstat) and of header and value
 * line pairs (snmp, netstat), read by name.  Which line holds which key is
 * learnt once and checked on every read: the layout of a running kernel does
 * not change, but nothing is trusted.  Never allocates.
 */
#ifndef NC_COLLECT_KEYED_H
#define NC_COLLECT_KEYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYED_LINES 384
#define KEYED_OUT 48

/* Several rows may add up in one number; a key that ends in '*' is a
 * prefix. */
struct keyed_row {
	const char *key; /* "MemTotal", or "Tcp:RetransSegs" for pairs */
	unsigned out; /* which number it adds to */
};

/* A wanted column of a header and value pair. */
struct keyed_column {
	uint16_t pair, column;
	uint16_t offset; /* of its name in the header line */
	int16_t row;
};

struct keyed {
	const struct keyed_row *rows; /* key NULL ends */
	bool learnt;
	bool whole; /* set by the owner: one layout for files that may have
		     * more lines than the one learnt from */
	size_t nlines; /* used of row or of column */
	int16_t row[KEYED_LINES]; /* of each line, -1: not wanted */
	struct keyed_column column[KEYED_OUT];
};

struct keyed_numbers {
	uint64_t seen; /* bit n: v[n] was in the file */
	uint64_t v[KEYED_OUT];
};

void keyed_lines(struct keyed *k, const char *text, struct keyed_numbers *n);
void keyed_pairs(struct keyed *k, const char *text, struct keyed_numbers *n);

static inline bool
keyed_has(const struct keyed_numbers *n, unsigned out)
{
	return (n->seen >> out & 1) != 0;
}

#endif
