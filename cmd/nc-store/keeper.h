/* SPDX-License-Identifier: MIT */
/*
 * keeper: records in, history out: the input, the series table, the store,
 * the log of what is no number, and the event loop around them.
 */
#ifndef NC_STORE_KEEPER_H
#define NC_STORE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/intern.h"

struct keeper_options {
	const char *dir;
	const char *keep; /* levels, known to be right */
	double keep_log, expire; /* seconds; 0: for ever */
	const char *daemon; /* rrdcached; NULL: none */
	const char *const *also; /* NULL ends */
	size_t max_series; /* 0: no limit */
	uint64_t cache_bytes; /* 0: the store's own idea */
	double self; /* seconds between samples of ourselves; 0: none */
	bool pass, strict;
	const char *host; /* of our own records */
	char **files;
	int nfiles;
};

/* Returns the exit status; *signo is what stopped it, SIGPIPE when the reader
 * of our output is gone, or 0. */
int keeper_run(const struct keeper_options *o, struct intern *names,
    struct diag *d, int *signo);

#endif
