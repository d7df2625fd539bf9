/* SPDX-License-Identifier: MIT */
/*
 * gather: the records of several programs as one stream, in a process of its
 * own, so that no connection that hangs and no password that is asked for
 * touches the screen.  Hands whole lines on as they came; a program that ends
 * is started again, and what befell it is told as an event of its host.
 * Never judges a record.
 */
#ifndef NC_TOP_GATHER_H
#define NC_TOP_GATHER_H

#include <stddef.h>

#include "base/err.h"

struct gather;

/* One program.  Borrowed until gather_end(). */
struct provider {
	const char *name; /* for people: the destination, the folder */
	const char *host; /* its records' host, until they say so */
	const char *const *argv;
	/* The argument of argv that becomes "@SECONDS": where its records are
	 * to begin; 0: none. */
	size_t from;
	double back; /* the first time that long ago, then where it left off */
	/* Seconds between two starts of a program that ends by itself; 0: it
	 * is meant to go on, and is started again with backoff; INFINITY: it
	 * runs once. */
	double again;
};

/*
 * Starts them and puts what they print in the place of standard input, which
 * ends when each has run once.  Owned: gather_end(), which ends them all;
 * NULL is fine.
 */
struct gather *gather_start(const struct provider *providers, size_t n,
    struct nc_err *e);
void gather_end(struct gather *g);

#endif
