/* SPDX-License-Identifier: MIT */
/*
 * filter: records in, records and alerts out, state kept in between.  The
 * only part that looks at a clock: for --tick, and for how often to commit.
 */
#ifndef NC_ALERT_FILTER_H
#define NC_ALERT_FILTER_H

#include "base/diag.h"
#include "rules.h"

struct filter_options {
	struct rules *rules;
	const char *config; /* where they came from */
	const char *const *defines; /* and with which macros */
	char **files;
	int nfiles;
	double tick; /* seconds; 0: none */
	bool only, exit_status, strict;
	const char *state; /* folder; NULL: none is kept */
};

/* A status; *signo: the signal that ended it, or 0. */
int filter_run(const struct filter_options *o, struct diag *diag, int *signo);

#endif
