/* SPDX-License-Identifier: MIT */
/*
 * route: conditions, and the reading of the rules.  A field an alert does not
 * have is empty: it equals nothing but an empty pattern.
 */
#include "route.h"

#include <math.h>
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
	for (size_t i = 0; i < r->group.nby; i++)
		free(r->group.by[i]);
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

static bool
is_within(const struct window *w, double now)
{
	for (size_t i = 0; i < w->n; i++)
		if (calendar_covers(w->when[i], now))
			return true;
	return false;
}

bool
route_holds(const struct route_rule *r, const struct alert *a, double now)
{
	for (size_t i = 0; i < r->nconditions; i++)
		if (!condition_holds(&r->conditions[i], a))
			return false;
	return r->window == NULL || is_within(r->window, now) != r->outside;
}

void
route_decide(const struct route_rule *rules, size_t n, const struct alert *a,
    double now, struct route_decision *d,
    void (*told)(void *arg, const struct route_rule *r), void *arg)
{
	*d = (struct route_decision){.set = 0};
	for (size_t i = 0; i < n; i++) {
		const struct route_rule *r = &rules[i];

		if (!route_holds(r, a, now))
			continue;
		if (told != NULL)
			told(arg, r);
		if (r->block)
			d->set &= ~r->channels;
		else
			d->set |= r->channels;
		for (size_t c = 0; !r->block && c < ROUTE_CHANNELS_MAX; c++)
			if ((r->channels >> c & 1) != 0)
				d->by[c] = r;
		if (r->quick)
			break;
	}
}

void
route_group_key(const struct route_group *g, const struct alert *a,
    struct buf *b)
{
	struct span v;
	bool any = false;

	for (size_t i = 0; i < g->nby; i++) {
		v = strcmp(g->by[i], "incident") == 0
			? a->incident
			: alert_field(a, span_of(g->by[i]));
		any = any || v.len != 0;
		buf_add(b, v.p, v.len);
		buf_addc(b, '\x1f');
	}
	/* What has none of these fields belongs to nobody else. */
	if (!any) {
		buf_clear(b);
		buf_add(b, a->fingerprint.p, a->fingerprint.len);
	}
}

double
route_repeat_after(const struct route_group *g, unsigned n)
{
	double wait = g->repeat;

	while (n-- > 0 && (g->max == 0 || wait < g->max) && wait < 1e9)
		wait *= g->backoff;
	return g->max > 0 ? fmin(wait, g->max) : wait;
}

/* Whether a rule holds for all critical alerts, or for some of them. */
static void
judge(const struct route_rule *r, bool *all, bool *some)
{
	*some = true;
	*all = r->window == NULL;
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
