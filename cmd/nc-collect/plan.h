/* SPDX-License-Identifier: MIT */
/*
 * plan: what is to be collected, how often and for how long: the command
 * line over the configuration over the defaults.
 */
#ifndef NC_COLLECT_PLAN_H
#define NC_COLLECT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "settings.h"

/* The command line. */
struct wish {
	const char *config; /* -c; NULL: the usual places */
	char **operands;
	int noperands;
	const char *host, *root; /* NULL: not said */
	double interval, self; /* NAN: not said */
	double now, speed;
	uint64_t rounds; /* 0: not said */
	bool has_level;
	enum metric_level level;
	bool single; /* an output that holds one sweep */
};

struct plan {
	char *host, *root; /* owned; root "": the running system */
	enum metric_level level;
	double interval; /* NAN: one sweep of which none is known */
	uint64_t rounds; /* 0: for ever */
	double self; /* seconds between samples of ourselves; 0: none */
	double now; /* --now, or NAN: the real clock */
	double speed; /* of --now: seconds of it a second, or INFINITY */
	bool configured; /* a file was read: it may be read again */
	struct wanted_list wanted; /* owned */
};

enum plan_fault {
	PLAN_OK,
	PLAN_USAGE, /* *e says what is wrong with the command line */
	PLAN_CONFIG /* the faults of the configuration have been said */
};

/* Owned, unless a fault is returned: plan_free(). */
enum plan_fault plan_make(const struct wish *w, struct plan *p,
    struct diag *diag, struct nc_err *e);
void plan_free(struct plan *p);

#endif
