/* SPDX-License-Identifier: MIT */
/*
 * names: what others call our metrics: a file of contrib/import.  A line is
 *	entity ENTITY FOREIGN=LABEL ...	labels that say which one
 *	host LABEL ...			labels that say which host
 *	ignore LABEL ...		labels that say nothing here
 *	family PREFIX ...		metrics about hosts and what runs there
 *	info METRIC ...			metrics that are always 1
 *	METRIC[{LABEL=VALUE}] ENTITY NAME [* FACTOR | 1 -]
 * VALUE may be "!=" something.  Of several lines the first that fits counts.
 */
#ifndef NC_ALERT_NAMES_H
#define NC_ALERT_NAMES_H

#include "base/diag.h"
#include "base/span.h"
#include "promql.h"

struct names;

struct name {
	char *foreign, *label, *value; /* label NULL: none is asked for */
	bool negated; /* label is not value */
	char *entity, *metric;
	bool one_less; /* 1 - metric */
	double factor;
};

/* NULL after trouble was reported.  Owned: names_free(). */
struct names *names_read(const char *path, struct diag *diag);
void names_free(struct names *n); /* NULL is fine */
/* Row i of those that are called so, NULL past the last. */
const struct name *names_row(const struct names *n, const char *foreign,
    size_t i);
bool names_is_info(const struct names *n, const char *foreign);
bool names_is_family(const struct names *n, const char *foreign);
/* Says which host, or nothing. */
bool names_is_host(const struct names *n, const char *label);
bool names_is_ignored(const struct names *n, const char *label);
/* What that label of an entity is called here, NULL: it has none. */
const char *names_label(const struct names *n, const char *entity,
    const char *label);

#endif
