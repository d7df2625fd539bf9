/* SPDX-License-Identifier: MIT */
/*
 * plan: options and words, of the command line or a configuration, become
 * what the flow and the process around it are to be.
 */
#ifndef NC_ANALYZE_PLAN_H
#define NC_ANALYZE_PLAN_H

#include "edges.h"
#include "run.h"
#include "settings.h"

/* Options without a letter of their own. */
enum {
	OPT_STATE = 256,
	OPT_SAVE,
	OPT_EXPLAIN,
	OPT_FULL,
	OPT_TOPOLOGY,
	OPT_ALL_PAIRS,
	OPT_EMIT_SKETCH,
	OPT_MERGE,
	OPT_LATENESS,
	OPT_ONLY_SERIES,
	OPT_MAX_SERIES,
	OPT_TICK,
	OPT_SELF,
	OPT_HOST,
	OPT_STRICT,
	OPT_END
};

struct plan {
	struct diag *diag; /* borrowed */
	struct run_options o;
	struct flow_options flow;
	char **words; /* owned, the words are not: those that are analyses */
	size_t nwords;
	const char *config; /* -c */
	const char *topology; /* --topology */
	bool check; /* -C */
	bool given[OPT_END]; /* on the command line, which goes first */
	struct settings settings; /* of the configuration */
	struct edges edges;
	char host[256];
};

void plan_init(struct plan *p, struct diag *d);
/* An option as it was met.  0, or -1 and *e. */
int plan_option(struct plan *p, int letter, char *value, struct nc_err *e);
/* Whether an operand is an analysis; then it is remembered. */
bool plan_word(struct plan *p, char *word);
/* Reads the files that were named, checks the words.  0, or -1: *e says why
 * where it is not said yet (then its message is empty). */
int plan_ready(struct plan *p, const struct cli_option *options,
    struct nc_err *e);
/* A run_make. */
struct flow *plan_make(void *arg, struct frame *out, struct nc_err *e);
void plan_free(struct plan *p);

#endif
