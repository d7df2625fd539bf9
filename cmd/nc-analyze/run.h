/* SPDX-License-Identifier: MIT */
/*
 * run: the process around the flow: input, output, signals, ticks of the
 * clock, the state file.  The only part of nc-analyze that knows what time
 * it is.
 */
#ifndef NC_ANALYZE_RUN_H
#define NC_ANALYZE_RUN_H

#include "flow.h"

struct run_options {
	char **files;
	int nfiles;
	bool only; /* -o: our own records alone */
	bool strict;
	const char *state; /* --state FILE, or NULL */
	double save; /* seconds between two saves */
	double tick; /* --tick; 0: none */
	double self; /* --self; 0: none */
	double lateness; /* --lateness; 0: none */
	bool tell_found; /* -e: status 4 when something was found */
	const char *host; /* of the sample of ourselves */
};

/* What the flow is to be: main's, called once the frame is there. */
typedef struct flow *run_make(void *arg, struct frame *out, struct nc_err *e);

/* The exit status; *signo: the signal to die of, or 0. */
int run(const struct run_options *o, run_make *make, void *arg,
    struct intern *names, struct diag *d, int *signo);

#endif
