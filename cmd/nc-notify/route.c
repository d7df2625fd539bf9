/* SPDX-License-Identifier: MIT */
/*
 * route: conditions, and the reading of the rules.  A field an alert does not
 * have is empty: it equals nothing but an empty pattern.
 */
#include "route.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

int
route_condition(struct route_rule *r, const char *field, enum route_op op,
    const char *value, struct nc_err *e)
{
	struct route_condition c = {.op = op};
	char why[128];
	int rc;

	if (op == ROUTE_GLOB || op == ROUTE_NOT_GLOB) {
		if (glob_check(span_of(value), e) == -1)
			return -1;
	} else if ((rc = regcomp(&c.regex, value, REG_EXTENDED | REG_NOSUB)) !=
		   0) {
		regerror(rc, &c.regex, why, sizeof(why));
		return err_set(e, 0, "\"%s\": %s", value, why);
	}
	c.field = xstrdup(field);
	c.value = xstrdup(value);
	r->conditions = xreallocarray(r->conditions, r->nconditions + 1,
	    sizeof(*r->conditions));
	r->conditions[r->nconditions++] = c;
	return 0;
}

void
route_free(struct route_rule *r)
{
	for (size_t i = 0; i < r->nconditions; i++) {
		struct route_condition *c = &r->conditions[i];

		if (c->op == ROUTE_REGEX || c->op == ROUTE_NOT_REGEX)
			regfree(&c->regex);
		free(c->field);
		free(c->value);
	}
	free(r->conditions);
	free(r->where);
}

static bool
matches(const struct route_condition *c, struct span s)
{
	char *text;
	bool found;

	if (c->op == ROUTE_GLOB || c->op == ROUTE_NOT_GLOB)
		return glob_match(span_of(c->value), s) ==
		       (c->op == ROUTE_GLOB);
	text = xmemdup0(s.p != NULL ? s.p : "", s.len);
	found = regexec(&c->regex, text, 0, NULL, 0) == 0;
	free(text);
	return found == (c->op == ROUTE_REGEX);
}

/* Flags are a set: one that matches is enough, != wants that none does. */
static bool
flags_hold(const struct route_condition *c, const struct alert *a)
{
	bool found = alert_flag(a, span_of(c->value));

	return found == (c->op == ROUTE_GLOB || c->op == ROUTE_REGEX);
}

static bool
condition_holds(const struct route_condition *c, const struct alert *a)
{
	struct span field = span_of(c->field);

	if (span_is(field, "flags"))
		return flags_hold(c, a);
	return matches(c, alert_field(a, field));
}

bool
route_holds(const struct route_rule *r, const struct alert *a)
{
	for (size_t i = 0; i < r->nconditions; i++)
		if (!condition_holds(&r->conditions[i], a))
			return false;
	return true;
}

route_set
route_decide(const struct route_rule *rules, size_t n, const struct alert *a,
    void (*told)(void *arg, const struct route_rule *r), void *arg)
{
	route_set set = 0;

	for (size_t i = 0; i < n; i++) {
		const struct route_rule *r = &rules[i];

		if (!route_holds(r, a))
			continue;
		if (told != NULL)
			told(arg, r);
		if (r->block)
			set &= ~r->channels;
		else
			set |= r->channels;
		if (r->quick)
			break;
	}
	return set;
}

/* Whether a rule holds for all critical alerts, or for some of them. */
static void
judge(const struct route_rule *r, bool *all, bool *some)
{
	*all = *some = true;
	for (size_t i = 0; i < r->nconditions; i++) {
		const struct route_condition *c = &r->conditions[i];

		if (strcmp(c->field, "severity") != 0)
			*all = false;
		else if (!matches(c, span_of("crit")))
			*all = *some = false;
	}
}

bool
route_covers_crit(const struct route_rule *rules, size_t n)
{
	route_set sure = 0;

	for (size_t i = 0; i < n; i++) {
		const struct route_rule *r = &rules[i];
		bool all, some;

		judge(r, &all, &some);
		if (!some)
			continue;
		if (r->block) {
			sure &= ~r->channels;
			if (r->quick && sure == 0)
				return false;
		} else if (all) {
			if (r->none)
				return true;
			sure |= r->channels;
		}
		if (r->quick && all)
			break;
	}
	return sure != 0;
}
