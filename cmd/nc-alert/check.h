/* SPDX-License-Identifier: MIT */
/*
 * check: tests of rules: made-up series in, what must fire when.  The records
 * go through the same engine as live ones.
 */
#ifndef NC_ALERT_CHECK_H
#define NC_ALERT_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"

struct check_counts {
	unsigned tests, expectations, failed;
	unsigned rules, levels, fired, cleared; /* with coverage */
	unsigned mutants, survivors; /* with mutate */
};

struct check_options {
	const char *rules; /* a file; NULL: what the tests name */
	const char *const *defines; /* of the rules; NULL ends */
	struct diag *diag;
	FILE *coverage; /* gets a line a rule; NULL: none */
	bool mutate;
};

/* One file of tests.  0, or -1 when it could not be read: reported.  What
 * fails is reported and counted. */
int check_file(const char *path, const struct check_options *o,
    struct check_counts *counts);

#endif
