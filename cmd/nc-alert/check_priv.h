/* SPDX-License-Identifier: MIT */
/* check_priv: a test as it was read; only check*.c include it. */
#ifndef NC_ALERT_CHECK_PRIV_H
#define NC_ALERT_CHECK_PRIV_H

#include "check.h"
#include "engine.h"
#include "lang/config.h"
#include "rules.h"

#define CHECK_BASE 1700000040.0 /* any whole minute */
#define CHECK_ROUNDS_MAX 100000
#define CHECK_HOST "h1" /* of everything that is no host itself */

struct series_text {
	const char *entity, *id, *metric; /* borrowed from the tree */
	double *values; /* a round each; NAN: missing */
	size_t count;
};

struct test_label {
	const char *entity, *id, *key, *value;
};

struct expectation {
	const struct config_node *node; /* where it stands */
	double at;
	const char *rule, *entity, *id, *state;
};

/* What nc-analyze is to have found, a value a round; NAN: nothing. */
struct found_text {
	enum record_kind kind;
	struct series_text at;
	double confidence;
	bool open; /* while it is played */
};

struct test {
	double every;
	struct found_text *found;
	size_t nfound;
	struct series_text *series;
	size_t nseries;
	struct test_label *labels;
	size_t nlabels;
	struct expectation *wants;
	size_t nwants;
};

/* What fires now. */
struct firing {
	char *rule, *entity, *id;
	char severity[8];
};

/* What tests have made of a rule. */
struct check_rule {
	bool fired[SEVERITIES], cleared[SEVERITIES], nodata;
	unsigned wants_firing, wants_ok; /* expectations */
};

struct run {
	const struct check_options *o;
	struct config_options co;
	struct rules rules;
	struct check_rule *seen; /* by rule, in all tests */
	const char
	    *only; /* a rule: tests that expect nothing of it are left out */
	bool quiet; /* failures are counted, not told */
	long mutation; /* of the rules, when they are read; -1: none */
	struct buf mutated; /* what it was, empty: there is no such */
	char *mutated_rule, *mutated_where;
	unsigned faults;
	/* of the test in hand */
	struct intern *names;
	struct decoder *decoder;
	struct frame *records, *alerts;
	struct engine *engine;
	struct firing *firing;
	size_t nfiring;
};

/*
 * Changes one thing of the rules: *number counts down over them, and is -1
 * when it was done.  What was done, to which rule, where, is noted in r.
 */
void check_mutate_rules(struct run *r, struct rules *rules);

/* One statement in the block of a test; trouble is reported. */
int check_read_clause(struct run *r, const struct config_node *node,
    struct test *t);
void check_test_free(struct test *t);
const char *check_host_of(const struct series_text *s);
/* What nc-analyze says in that round of a test, before the sweep of host. */
void check_play_found(struct run *r, struct test *t, size_t round,
    const char *host);

#endif
