/* SPDX-License-Identifier: MIT */
/* promql: an expression of Prometheus as a tree.  Never evaluates. */
#ifndef NC_ALERT_PROMQL_H
#define NC_ALERT_PROMQL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

#define PROMQL_DEPTH_MAX 200
#define PROMQL_NODES_MAX 10000

enum promql_kind {
	PROMQL_NUMBER,
	PROMQL_STRING,
	PROMQL_SELECTOR, /* name, matchers, range, offset */
	PROMQL_CALL, /* name(a, b, ...) */
	PROMQL_AGGREGATE, /* name by (labels) (a, or parameter a and b) */
	PROMQL_BINARY, /* a name b */
	PROMQL_NEGATE,
	PROMQL_SUBQUERY /* a[range:] */
};

struct promql_matcher {
	char *label, *value; /* owned */
	char op[3]; /* = != =~ !~ */
};

struct promql {
	enum promql_kind kind;
	char *name; /* owned: metric, function, operator; "" where none */
	double number;
	double range, offset; /* seconds, 0: none */
	struct promql_matcher *matchers;
	size_t nmatchers;
	char **labels; /* by, without */
	size_t nlabels;
	bool has_labels, without;
	bool is_bool; /* of a comparison */
	bool is_join; /* it says on or ignoring */
	struct promql **args; /* owned */
	size_t nargs;
};

/* NULL and "column N: why".  Owned: promql_free(). */
struct promql *promql_parse(struct span text, struct nc_err *e);
void promql_free(struct promql *q); /* NULL is fine */

#endif
