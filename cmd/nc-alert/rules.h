/* SPDX-License-Identifier: MIT */
/* rules: what an operator wrote down, checked and ready to be evaluated. */
#ifndef NC_ALERT_RULES_H
#define NC_ALERT_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "lang/expr.h"
#include "policy.h"
#include "say.h"

enum severity { SEVERITY_INFO, SEVERITY_WARN, SEVERITY_CRIT, SEVERITIES };

/* One line "SEVERITY if WHEN for ... until ... for ...". */
struct rule_level {
	struct expr *when; /* NULL: the rule has no such level */
	double hold; /* seconds of observed time it must be true */
	unsigned need, of; /* or need of the last of samples; 0: hold counts */
	struct expr *until; /* NULL: when it is not true any more */
	double clear_hold;
	char *where; /* file:line:column */
	bool timed; /* about presence: true of time without samples too */
};

enum nodata { NODATA_KEEP, NODATA_OK, NODATA_REMOVED, NODATA_SEVERITY };

struct rule_label {
	char *key, *value;
};

struct rule {
	char *name;
	struct selector *scope;
	bool plain; /* the scope asks for an entity only, no label */
	struct rule_level levels[SEVERITIES];
	struct expr *gate; /* must be true to get worse; NULL: none */
	enum nodata nodata; /* what to do ... */
	enum severity nodata_severity; /* ... with NODATA_SEVERITY */
	double nodata_after; /* seconds */
	struct say *say; /* NULL: a text of our own */
	char *runbook; /* NULL: none */
	char *where; /* file:line:column of its name */
	struct rule_label *labels;
	size_t nlabels;
	struct policy_flap flap; /* over the one of all rules, when set */
};

struct rules {
	struct rule *list;
	size_t count;
	double interval; /* meant where records do not say; NAN: not set */
	double lateness;
	bool needs_ticks; /* a rule asks for absence */
	bool needs_analysis; /* a rule asks for records of nc-analyze */
	struct policy policy;
};

/* 0, or -1 after everything wrong was reported.  Owned: rules_free(). */
int rules_read(const char *path, const char *const *defines, struct diag *diag,
    struct rules *rules);
/* The same from memory. */
int rules_parse(struct span text, struct diag *diag, struct rules *rules);
/* The same, and nothing is said: the first fault is in *e. */
int rules_try(struct span text, struct rules *rules, struct nc_err *e);
void rules_free(struct rules *rules);
/* doubt.c: warns of what is legal and probably not meant: metrics that nobody
 * makes, conditions that are never true, lines drawn too far. */
void rules_doubt(const struct rules *rules, struct diag *diag);
/* Calls it for every expression of all rules. */
void rules_each(const struct rules *rules,
    void (*each)(struct expr *x, void *arg), void *arg);
const char *severity_name(enum severity s);

#endif
