/* SPDX-License-Identifier: MIT */
/*
 * doubt: rules that are legal and probably not meant so.  Warns, never
 * refuses: who wrote them may know better.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "metric/catalogue.h"
#include "rules.h"

/* A line is worth following for four times what it was drawn through. */
#define HORIZON_MAX 4

/* Letters that are wrong in a word that was mistyped. */
#define SLIP 1

/* How a side of an inhibition that is the name of rules begins, see policy. */
#define BY_NAME "*{alert=\""

/* Levenshtein's distance of two short words. */
static unsigned
distance(struct span a, struct span b)
{
	unsigned row[80], up, left, best;

	if (a.len >= 80 || b.len >= 80)
		return 80;
	for (unsigned j = 0; j <= b.len; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		up = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			left = row[j - 1];
			best = up + (a.p[i - 1] != b.p[j - 1]);
			best = best < left + 1 ? best : left + 1;
			up = row[j];
			row[j] = best < up + 1 ? best : up + 1;
		}
	}
	return row[b.len];
}

/* Warns when the catalogue has the entity and not the metric. */
static void
doubt_metric(const char *rule, struct span entity, const char *metric,
    const char *where, struct diag *diag)
{
	const struct metric *m;
	const char *nearest = NULL;
	unsigned least = 80, d;

	if (catalogue_entity(entity) == NULL ||
	    catalogue_find(entity, span_of(metric)) != NULL)
		return;
	for (size_t i = 0; (m = catalogue_metric(i)) != NULL; i++) {
		if (!span_is(entity, m->entity))
			continue;
		d = distance(span_of(metric), span_of(m->name));
		if (d < least) {
			least = d;
			nearest = m->name;
		}
	}
	diag_say(diag, DIAG_WARN, where,
	    "rule %s: %.*s has no metric '%s' of ours%s%s%s", rule,
	    SPAN_ARG(entity), metric, nearest != NULL ? "; nearest: '" : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "'" : "");
}

/* Others may have entities of their own: one is doubted that is nearly ours. */
static void
doubt_entity(const char *rule, struct span entity, const char *where,
    struct diag *diag)
{
	const struct metric_entity *m;

	if (catalogue_entity(entity) != NULL)
		return;
	for (size_t i = 0; (m = catalogue_entity_at(i)) != NULL; i++)
		if (distance(entity, span_of(m->name)) <= SLIP) {
			diag_say(diag, DIAG_WARN, where,
			    "rule %s: no entity '%.*s' of ours; nearest: '%s'",
			    rule, SPAN_ARG(entity), m->name);
			return;
		}
}

/* The entity of a selector as it is written. */
static struct span
entity_of(const struct selector *s)
{
	struct span text = span_of(selector_text(s));
	const char *brace = memchr(text.p, '{', text.len);

	if (brace != NULL)
		text.len = (size_t)(brace - text.p);
	return text;
}

/* Who has the metric that an input asks for. */
static struct span
owner_of(const struct rule *rule, const struct expr_input *in)
{
	if (in->scope != NULL)
		return span_of(in->scope);
	return entity_of(in->over != NULL ? in->over : rule->scope);
}

/* What an input could be, by what the catalogue says of its metric. */
static struct expr_value
reach(void *arg, const struct expr_input *in)
{
	struct expr_value any = {-(double)INFINITY, (double)INFINITY};
	struct expr_value up = {0, (double)INFINITY}, ratio = {0, 1};
	const struct rule *rule = arg;
	const struct metric *m = NULL;

	if (in->metric != NULL)
		m = catalogue_find(owner_of(rule, in), span_of(in->metric));
	switch (in->function) {
	case EXPR_PRESENT:
	case EXPR_ABSENT:
	case EXPR_ANOMALY:
	case EXPR_CAUSE:
	case EXPR_CERTAINTY:
	case EXPR_CONFIDENCE:
		return ratio;
	case EXPR_COUNT:
	case EXPR_STDDEV:
	case EXPR_CHANGES:
	case EXPR_RESETS:
	case EXPR_INCREASE:
	case EXPR_AGE:
	case EXPR_FULL:
	case EXPR_NOW:
		return up;
	case EXPR_DELTA:
	case EXPR_DERIV:
	case EXPR_LEVEL:
	case EXPR_SLOPE:
	case EXPR_CHANGE:
	case EXPR_FORECAST:
		return any;
	case EXPR_SUM:
		ratio.hi = (double)INFINITY;
		break;
	default:
		break;
	}
	if (m == NULL)
		return any;
	if (m->unit == UNIT_BOOLEAN || (m->traits & METRIC_SATURATES) != 0 ||
	    (m->unit == UNIT_RATIO && (m->traits & METRIC_FILLS) != 0))
		return ratio;
	return m->type == METRIC_COUNTER || (m->traits & METRIC_UNSIGNED) != 0
		   ? up
		   : any;
}

static void
doubt_condition(const struct rule *rule, const char *what, const struct expr *x,
    const char *where, struct diag *diag)
{
	const struct expr_input *both;
	double ahead = 0, window = 1;
	struct buf b = {0};

	if (x == NULL)
		return;
	if ((both = expr_contradiction(x)) != NULL) {
		expr_input_text(both, &b);
		diag_say(diag, DIAG_WARN, where,
		    "rule %s: %s is never true: it asks %s to be two things"
		    " at once",
		    rule->name, what, b.data);
		buf_free(&b);
	} else if (expr_is_false(expr_reach(x, reach, (void *)(uintptr_t)rule)))
		diag_say(diag, DIAG_WARN, where,
		    "rule %s: %s is never true, whatever is measured",
		    rule->name, what);
	else if (expr_is_true(expr_reach(x, reach, (void *)(uintptr_t)rule)))
		diag_say(diag, DIAG_WARN, where,
		    "rule %s: %s is always true, whatever is measured",
		    rule->name, what);
	if (expr_horizon(x, &ahead, &window) &&
	    ahead > HORIZON_MAX * window + 1e-6)
		diag_say(diag, DIAG_WARN, where,
		    "rule %s: %s looks %.15gs ahead by a line through %.15gs,"
		    " more than %d times as far",
		    rule->name, what, ahead, window, HORIZON_MAX);
}

static void
doubt_expr(const struct rule *rule, const struct expr *x, const char *path,
    struct diag *diag)
{
	const struct expr_input *in;

	for (size_t i = 0; x != NULL && (in = expr_input(x, i)) != NULL; i++) {
		if (in->over != NULL)
			doubt_entity(rule->name, entity_of(in->over), path,
			    diag);
		if (in->metric != NULL)
			doubt_metric(rule->name, owner_of(rule, in), in->metric,
			    path, diag);
	}
}

static void
doubt_rule(const struct rule *rule, struct diag *diag)
{
	char until[16];

	doubt_entity(rule->name, entity_of(rule->scope), rule->where, diag);
	for (int k = 0; k < SEVERITIES; k++) {
		const struct rule_level *l = &rule->levels[k];
		const char *name = severity_name((enum severity)k);

		doubt_expr(rule, l->when, l->where, diag);
		doubt_expr(rule, l->until, l->where, diag);
		doubt_condition(rule, name, l->when, l->where, diag);
		snprintf(until, sizeof(until), "until of %s", name);
		doubt_condition(rule, until, l->until, l->where, diag);
	}
	doubt_expr(rule, rule->gate, rule->where, diag);
	doubt_condition(rule, "gate", rule->gate, rule->where, diag);
}

/* One side of "inhibit" or "depend" that names rules, and no rule is so. */
static void
doubt_side(const struct rules *rules, const struct policy_inhibit *in,
    const struct selector *side, struct diag *diag)
{
	struct record_label label = {.key = span_of("alert")};
	struct selector_subject who = {.labels = &label, .nlabels = 1};
	const char *text = selector_text(side);

	if (strncmp(text, BY_NAME, strlen(BY_NAME)) != 0)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		label.value = span_of(rules->list[i].name);
		if (selector_entity(side, &who))
			return;
	}
	text += strlen(BY_NAME);
	diag_say(diag, DIAG_WARN, NULL, "%s: no rule is called '%.*s'",
	    in->depend ? "depend" : "inhibit", (int)strcspn(text, "\""), text);
}

void
rules_doubt(const struct rules *rules, struct diag *diag)
{
	const struct policy *p = &rules->policy;

	for (size_t i = 0; i < rules->count; i++)
		doubt_rule(&rules->list[i], diag);
	for (size_t i = 0; i < p->ninhibits; i++) {
		doubt_side(rules, &p->inhibits[i], p->inhibits[i].target, diag);
		doubt_side(rules, &p->inhibits[i], p->inhibits[i].source, diag);
	}
}
