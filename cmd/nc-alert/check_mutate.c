/* SPDX-License-Identifier: MIT */
/*
 * check_mutate: rules that are wrong in one thing: a limit, a time, a clause
 * left out.  Knows nothing of tests.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "check_priv.h"

/* True when this is the one; the next are not. */
static bool
is_it(struct run *r, const struct rule *rule, const char *where)
{
	if (r->mutated.len > 0 || r->mutation-- > 0)
		return false;
	r->mutated_rule = xstrdup(rule->name);
	r->mutated_where = xstrdup(where);
	return true;
}

static void
change_number(struct run *r, const struct rule *rule, const char *where,
    const char *what, double *v, double factor)
{
	double to = *v != 0 ? *v * factor : factor - 1;

	if (!is_it(r, rule, where))
		return;
	buf_addf(&r->mutated, "%s %.15g instead of %.15g", what, to, *v);
	*v = to;
}

static void
change_limits(struct run *r, const struct rule *rule, const char *where,
    const char *what, struct expr *x)
{
	double *limit;

	for (size_t i = 0; x != NULL && (limit = expr_limit(x, i)) != NULL;
	     i++) {
		change_number(r, rule, where, what, limit, 2);
		change_number(r, rule, where, what, limit, 0.5);
	}
}

static void
drop(struct run *r, const struct rule *rule, const char *where,
    const char *what, struct expr **x)
{
	if (*x == NULL || !is_it(r, rule, where))
		return;
	buf_addf(&r->mutated, "that %s is left out", what);
	expr_free(*x);
	*x = NULL;
}

static void
change_level(struct run *r, struct rule *rule, struct rule_level *l)
{
	if (l->when == NULL)
		return;
	change_limits(r, rule, l->where, "a limit of", l->when);
	change_limits(r, rule, l->where, "an end at", l->until);
	if (l->hold > 0) {
		change_number(r, rule, l->where, "for", &l->hold, 2);
		change_number(r, rule, l->where, "for", &l->hold, 0);
	}
	if (l->clear_hold > 0) {
		change_number(r, rule, l->where, "until ... for",
		    &l->clear_hold, 2);
		change_number(r, rule, l->where, "until ... for",
		    &l->clear_hold, 0);
	}
	if (l->need > 1 && is_it(r, rule, l->where)) {
		buf_addf(&r->mutated, "%u of %u instead of %u", l->need - 1,
		    l->of, l->need);
		l->need--;
	}
	drop(r, rule, l->where, "until", &l->until);
	drop(r, rule, l->where, "this", &l->when);
}

void
check_mutate_rules(struct run *r, struct rules *rules)
{
	struct rule *rule;

	for (size_t i = 0; i < rules->count; i++) {
		rule = &rules->list[i];
		for (int k = 0; k < SEVERITIES; k++)
			change_level(r, rule, &rule->levels[k]);
		drop(r, rule, rule->where, "the gate", &rule->gate);
	}
	r->only = r->mutated_rule;
}
