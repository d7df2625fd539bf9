/* SPDX-License-Identifier: MIT */
/*
 * rules: the meaning of the statements of alert.conf; their grammar is
 * lib/lang's.  Every fault is reported with its place, not only the first.
 * Never evaluates.
 */
#include "rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "lang/owner.h"

#define SAMPLES_MAX 64 /* of "N of M" */

static const char *const severities[] = {"info", "warn", "crit", NULL};

struct reading {
	struct rules *rules;
	struct diag *diag; /* NULL: the first fault goes here */
	struct nc_err *first;
	struct map *names; /* of rules */
	struct config_options o;
	unsigned faults;
};

const char *
severity_name(enum severity s)
{
	return severities[s];
}

static void
report(void *arg, const char *where, const char *what)
{
	struct reading *r = arg;

	r->faults++;
	if (r->diag != NULL)
		diag_say(r->diag, DIAG_ERROR, where, "%s", what);
	else if (r->faults == 1)
		err_set(r->first, 0, "%s", what);
}

static int
parse_severity(const char *word)
{
	for (int i = 0; severities[i] != NULL; i++)
		if (strcmp(word, severities[i]) == 0)
			return i;
	return -1;
}

/* The place of a token; owned. */
static char *
place(const struct config_token *t)
{
	return xasprintf("%s:%d:%d", t->file, t->line, t->column);
}

/* "3 of 5" or a time. */
static int
read_for(struct reading *r, struct config_cursor *c, struct rule_level *l)
{
	const struct config_token *t = config_peek(c);
	size_t at = c->at;
	uint64_t need, of;
	const char *text;

	if (at + 1 >= c->node->ntokens ||
	    strcmp(c->node->tokens[at + 1].text, "of") != 0)
		return config_duration(c, "a time such as 5m, or 3 of 5",
		    &l->hold);
	if (parse_unsigned(span_of(t->text), SAMPLES_MAX, &need, NULL) == -1 ||
	    need == 0)
		return config_error(&r->o, c->node, at,
		    "'%s' here, expected 1 to %d samples", t->text,
		    SAMPLES_MAX);
	c->at += 2;
	at = c->at;
	if (config_text(c, "how many samples", &text) == -1)
		return -1;
	if (parse_unsigned(span_of(text), SAMPLES_MAX, &of, NULL) == -1 ||
	    of < need)
		return config_error(&r->o, c->node, at,
		    "'%s' here, expected %d to %d samples", text, (int)need,
		    SAMPLES_MAX);
	l->need = (unsigned)need;
	l->of = (unsigned)of;
	return 0;
}

/* True when the expression is about being there or not. */
static bool
is_timed(const struct expr *x)
{
	const struct expr_input *in;

	for (size_t i = 0; x != NULL && (in = expr_input(x, i)) != NULL; i++)
		if (in->function == EXPR_ABSENT || in->function == EXPR_AGE ||
		    in->function == EXPR_PRESENT)
			return true;
	return false;
}

static void
note_needs(struct rules *rules, const struct expr *x)
{
	const struct expr_input *in;

	for (size_t i = 0; x != NULL && (in = expr_input(x, i)) != NULL; i++)
		if (expr_is_analysis(in))
			rules->needs_analysis = true;
}

/*
 * A metric of another entity is one number only where that entity contains the
 * rule's: a host is in no vm, and has many.
 */
static int
check_joins(struct reading *r, const struct config_cursor *c,
    const struct rule *rule, const struct expr *x)
{
	const char *scope = selector_text(rule->scope), *name;
	size_t len = strcspn(scope, "{"), whole = strcspn(scope, ".{"), n;
	const struct expr_input *in;

	if (memchr(scope, '*', len) != NULL || memchr(scope, '?', len) != NULL)
		return 0;
	for (size_t i = 0; x != NULL && (in = expr_input(x, i)) != NULL; i++) {
		if ((name = in->scope) == NULL || in->over != NULL)
			continue;
		n = strlen(name);
		if (strcmp(name, "host") == 0 ||
		    ((n == len || n == whole) && strncmp(name, scope, n) == 0))
			continue;
		return config_error(&r->o, c->node, 0,
		    "%s.%s is ambiguous: no %s contains a %.*s, expected what"
		    " does, or one number of many such as max(%s over %s)",
		    name, in->metric != NULL ? in->metric : "NAME", name,
		    (int)len, scope, in->metric != NULL ? in->metric : "NAME",
		    name);
	}
	return 0;
}

/* gate EXPR */
static int
read_gate(struct reading *r, struct config_cursor *c, struct rule *rule)
{
	if (rule->gate != NULL)
		return config_error(&r->o, c->node, 0,
		    "'gate' twice in a rule");
	if ((rule->gate = expr_read(c, EXPR_CONDITION, NULL)) == NULL ||
	    check_joins(r, c, rule, rule->gate) == -1)
		return -1;
	note_needs(r->rules, rule->gate);
	return config_end(c);
}

/* SEVERITY if EXPR [for ...] [until EXPR [for TIME]] */
static int
read_level(struct reading *r, struct config_cursor *c, const struct rule *rule,
    struct rule_level *l)
{
	if (l->when != NULL)
		return config_error(&r->o, c->node, 0, "'%s' twice in a rule",
		    c->node->tokens[0].text);
	if (config_expect(c, "if") == -1 ||
	    (l->when = expr_read(c, EXPR_CONDITION, NULL)) == NULL)
		return -1;
	if (config_accept(c, "for") && read_for(r, c, l) == -1)
		return -1;
	if (config_accept(c, "until")) {
		if ((l->until = expr_read(c, EXPR_CONDITION, l->when)) == NULL)
			return -1;
		if (config_accept(c, "for") &&
		    config_duration(c, "a time such as 5m", &l->clear_hold) ==
			-1)
			return -1;
	}
	if (check_joins(r, c, rule, l->when) == -1 ||
	    check_joins(r, c, rule, l->until) == -1)
		return -1;
	l->where = place(&c->node->tokens[0]);
	l->timed = is_timed(l->when) || is_timed(l->until);
	note_needs(r->rules, l->when);
	note_needs(r->rules, l->until);
	r->rules->needs_ticks = r->rules->needs_ticks || l->timed;
	if (config_peek(c) != NULL)
		return config_expect(c, l->until != NULL ? "for" : "until");
	return config_end(c);
}

/* nodata [keep] [TIME then WHAT] */
static int
read_nodata(struct reading *r, struct config_cursor *c, struct rule *rule)
{
	const char *what;
	size_t at;

	if (config_accept(c, "keep") && config_peek(c) == NULL) {
		rule->nodata = NODATA_KEEP;
		return config_end(c);
	}
	/* "keep 15m then warn" is what "15m then warn" says in full. */
	if (config_duration(c, "a time such as 15m", &rule->nodata_after) ==
		-1 ||
	    config_expect(c, "then") == -1)
		return -1;
	at = c->at;
	if (config_text(c, "info, warn, crit, ok or removed", &what) == -1)
		return -1;
	if (strcmp(what, "ok") == 0)
		rule->nodata = NODATA_OK;
	else if (strcmp(what, "removed") == 0)
		rule->nodata = NODATA_REMOVED;
	else if (parse_severity(what) != -1) {
		rule->nodata = NODATA_SEVERITY;
		rule->nodata_severity = (enum severity)parse_severity(what);
	} else
		return config_error(&r->o, c->node, at,
		    "'%s' here, expected info, warn, crit, ok or removed",
		    what);
	return config_end(c);
}

static int
read_label(struct config_cursor *c, struct rule *rule)
{
	const char *key, *value;

	if (config_text(c, "the name of a label", &key) == -1)
		return -1;
	config_accept(c, "=");
	if (config_text(c, "the value of the label", &value) == -1)
		return -1;
	rule->labels = xreallocarray(rule->labels, rule->nlabels + 1,
	    sizeof(*rule->labels));
	rule->labels[rule->nlabels++] = (struct rule_label){xstrdup(key),
	    xstrdup(value)};
	return config_end(c);
}

static int
read_text(struct reading *r, struct config_cursor *c, struct rule *rule)
{
	bool say = strcmp(c->node->tokens[0].text, "say") == 0;
	struct nc_err e = {0};
	const char *text;

	if (config_text(c, "a text", &text) == -1)
		return -1;
	if (say ? rule->say != NULL : rule->runbook != NULL)
		return config_error(&r->o, c->node, 0, "'%s' twice in a rule",
		    c->node->tokens[0].text);
	if (!say)
		rule->runbook = xstrdup(text);
	else if ((rule->say = say_parse(text, &e)) == NULL)
		return config_error(&r->o, c->node, 1, "%s", e.msg);
	return config_end(c);
}

/* One statement in the block of a rule. */
static int
read_clause(struct reading *r, const struct config_node *node,
    struct rule *rule)
{
	struct config_cursor c = {&r->o, node, 1};
	const char *word = node->tokens[0].text;
	int severity = parse_severity(word);

	if (severity != -1)
		return read_level(r, &c, rule, &rule->levels[severity]);
	if (strcmp(word, "gate") == 0)
		return read_gate(r, &c, rule);
	if (strcmp(word, "nodata") == 0)
		return read_nodata(r, &c, rule);
	if (strcmp(word, "say") == 0 || strcmp(word, "runbook") == 0)
		return read_text(r, &c, rule);
	if (strcmp(word, "label") == 0)
		return read_label(&c, rule);
	if (strcmp(word, "flap") == 0)
		return policy_flap(&c, &rule->flap);
	return config_error(&r->o, node, 0,
	    "unknown word '%s', expected info, warn, crit, gate, nodata, say,"
	    " runbook, label or flap",
	    word);
}

/* The scope, and what follows from it. */
static int
read_scope(struct reading *r, struct config_cursor *c, struct rule *rule)
{
	const struct config_token *t = config_peek(c);
	struct nc_err e = {0};

	if (t == NULL || (t->kind != LEX_WORD && t->kind != LEX_SELECTOR))
		return config_error(&r->o, c->node, c->at,
		    "expected an entity such as host.fs");
	rule->scope = selector_parse((struct span){t->text, t->len}, &e);
	if (rule->scope == NULL)
		return config_error(&r->o, c->node, c->at, "%s", e.msg);
	if (selector_has_metrics(rule->scope))
		return config_error(&r->o, c->node, c->at,
		    "a scope has no metrics, expected an entity");
	rule->plain = strchr(t->text, '{') == NULL;
	rule->nodata = NODATA_REMOVED;
	rule->nodata_after = 3600;
	if (strcmp(t->text, "host") == 0 || strncmp(t->text, "host{", 5) == 0) {
		rule->nodata = NODATA_SEVERITY;
		rule->nodata_severity = SEVERITY_WARN;
		rule->nodata_after = 900;
	}
	c->at++;
	return config_block(c);
}

static int
read_alert(struct reading *r, struct config_cursor *c)
{
	const struct config_node *node;
	struct rules *rules = r->rules;
	struct rule *rule;
	const char *name;
	bool any = false;

	if (config_text(c, "the name of the rule", &name) == -1)
		return -1;
	if (map_set(r->names, span_of(name), r) != NULL)
		return config_error(&r->o, c->node, 1,
		    "rule '%s' twice, expected a new name", name);
	if (config_expect(c, "on") == -1)
		return -1;
	rules->list = xreallocarray(rules->list, rules->count + 1,
	    sizeof(*rules->list));
	rule = &rules->list[rules->count++];
	*rule = (struct rule){.name = xstrdup(name),
	    .where = place(&c->node->tokens[1])};
	if (read_scope(r, c, rule) == -1)
		return -1;
	for (node = c->node->children; node != NULL; node = node->next)
		read_clause(r, node, rule);
	for (int i = 0; i < SEVERITIES; i++)
		any = any || rule->levels[i].when != NULL;
	if (!any && r->faults == 0)
		return config_error(&r->o, c->node, 1,
		    "rule '%s' can never fire, expected a line such as: warn"
		    " if METRIC > NUMBER",
		    name);
	return 0;
}

static int
read_set(struct reading *r, struct config_cursor *c)
{
	size_t at = c->at;
	const char *name;
	double *to;

	if (config_text(c, "a setting", &name) == -1)
		return -1;
	if (strcmp(name, "interval") == 0)
		to = &r->rules->interval;
	else if (strcmp(name, "lateness") == 0)
		to = &r->rules->lateness;
	else
		return config_error(&r->o, c->node, at,
		    "unknown setting '%s', expected interval, lateness, flap,"
		    " storm, heartbeat or incident",
		    name);
	config_accept(c, "=");
	if (config_duration(c, "a time such as 10s", to) == -1)
		return -1;
	return config_end(c);
}

static int
read_statement(struct reading *r, const struct config_node *node)
{
	struct config_cursor c = {&r->o, node, 0};

	const char *owner;
	int rc;

	if ((rc = policy_statement(&r->rules->policy, &c)) != 0)
		return rc == -1 ? -1 : 0;
	if (config_accept(&c, "alert"))
		return read_alert(r, &c);
	if ((owner = owner_of(node)) != NULL && strcmp(owner, "nc-alert") != 0)
		return 0; /* its own -C checks it */
	if (config_accept(&c, "set"))
		return read_set(r, &c);
	return config_error(&r->o, node, 0,
	    "unknown statement '%s', expected alert, inhibit, depend, expect,"
	    " maintenance, set, macro or include",
	    node->tokens[0].text);
}

/* From a file, or from text when there is one. */
static int
read_rules(const char *path, const struct span *text,
    const char *const *defines, struct diag *diag, struct nc_err *first,
    struct rules *rules)
{
	struct reading r = {.rules = rules, .diag = diag, .first = first};
	const struct config_node *node;
	struct config *tree;

	*rules = (struct rules){.interval = NAN};
	policy_init(&rules->policy);
	r.o = (struct config_options){.report = report,
	    .arg = &r,
	    .defines = defines};
	tree = text != NULL ? config_parse(*text, path, &r.o)
			    : config_read(path, &r.o);
	if (tree == NULL)
		return -1;
	r.names = map_new(NULL);
	for (node = config_first(tree); node != NULL; node = node->next)
		read_statement(&r, node);
	map_free(r.names, NULL);
	config_free(tree);
	if (r.faults == 0 && rules->count == 0) {
		report(&r, path, "no rules");
	}
	return r.faults == 0 ? 0 : -1;
}

int
rules_read(const char *path, const char *const *defines, struct diag *diag,
    struct rules *rules)
{
	return read_rules(path, NULL, defines, diag, NULL, rules);
}

int
rules_parse(struct span text, struct diag *diag, struct rules *rules)
{
	return read_rules("rules", &text, NULL, diag, NULL, rules);
}

int
rules_try(struct span text, struct rules *rules, struct nc_err *e)
{
	return read_rules("rules", &text, NULL, NULL, e, rules);
}

static void
rule_free(struct rule *rule)
{
	for (int i = 0; i < SEVERITIES; i++) {
		expr_free(rule->levels[i].when);
		expr_free(rule->levels[i].until);
		free(rule->levels[i].where);
	}
	expr_free(rule->gate);
	for (size_t i = 0; i < rule->nlabels; i++) {
		free(rule->labels[i].key);
		free(rule->labels[i].value);
	}
	free(rule->labels);
	selector_free(rule->scope);
	say_free(rule->say);
	free(rule->runbook);
	free(rule->where);
	free(rule->name);
}

void
rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_free(&rules->list[i]);
	free(rules->list);
	policy_free(&rules->policy);
	*rules = (struct rules){.interval = NAN};
}

void
rules_each(const struct rules *rules, void (*each)(struct expr *x, void *arg),
    void *arg)
{
	for (size_t i = 0; i < rules->count; i++) {
		for (int k = 0; k < SEVERITIES; k++) {
			const struct rule_level *l = &rules->list[i].levels[k];

			if (l->when != NULL)
				each(l->when, arg);
			if (l->until != NULL)
				each(l->until, arg);
		}
		if (rules->list[i].gate != NULL)
			each(rules->list[i].gate, arg);
		say_each(rules->list[i].say, each, arg);
	}
}
