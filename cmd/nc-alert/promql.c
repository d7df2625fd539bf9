/* SPDX-License-Identifier: MIT */
/*
 * promql: the grammar of Prometheus' expressions, by recursive descent with
 * its precedences (or; and unless; comparisons; + -; * / %; ^).  Which series
 * meet which (on, ignoring, group_left) is read and let go: inside an entity
 * there is nothing to join.  Bounded in depth and size.
 */
#include "promql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

struct parser {
	struct span in;
	size_t at;
	int depth;
	size_t nodes;
	struct nc_err *e;
	bool failed;
};

static struct promql *parse_level(struct parser *p, int level);

void
promql_free(struct promql *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->nargs; i++)
		promql_free(q->args[i]);
	for (size_t i = 0; i < q->nmatchers; i++) {
		free(q->matchers[i].label);
		free(q->matchers[i].value);
	}
	for (size_t i = 0; i < q->nlabels; i++)
		free(q->labels[i]);
	free(q->args);
	free(q->matchers);
	free(q->labels);
	free(q->name);
	free(q);
}

static struct promql *
fail(struct parser *p, struct promql *q, const char *what)
{
	if (!p->failed)
		err_set(p->e, 0, "column %zu: expected %s", p->at + 1, what);
	p->failed = true;
	promql_free(q);
	return NULL;
}

/* --- bytes --------------------------------------------------------------- */

static char
peek(const struct parser *p)
{
	return p->at < p->in.len ? p->in.p[p->at] : '\0';
}

/* Blanks and comments. */
static void
skip(struct parser *p)
{
	char c;

	while ((c = peek(p)) != '\0') {
		if (c == '#')
			while (p->at < p->in.len && p->in.p[p->at] != '\n')
				p->at++;
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			p->at++;
		else
			return;
	}
}

static bool
is_name_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == ':' || (!first && c >= '0' && c <= '9');
}

/* The name in hand without passing it; empty when there is none. */
static struct span
name_here(struct parser *p)
{
	size_t n = 0;

	skip(p);
	while (
	    p->at + n < p->in.len && is_name_byte(p->in.p[p->at + n], n == 0))
		n++;
	return (struct span){p->in.p + p->at, n};
}

static bool
is_like(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

static bool
accept(struct parser *p, const char *mark)
{
	size_t n = strlen(mark);

	skip(p);
	if (p->in.len - p->at < n || memcmp(p->in.p + p->at, mark, n) != 0)
		return false;
	p->at += n;
	return true;
}

static bool
accept_word(struct parser *p, const char *word)
{
	struct span s = name_here(p);

	if (!is_like(s, word))
		return false;
	p->at += s.len;
	return true;
}

static struct promql *
node(struct parser *p, enum promql_kind kind, struct span name)
{
	struct promql *q;

	if (++p->nodes > PROMQL_NODES_MAX) {
		fail(p, NULL, "a shorter expression");
		return NULL;
	}
	q = xcalloc(1, sizeof(*q));
	q->kind = kind;
	q->name = xmemdup0(name.p != NULL ? name.p : "", name.len);
	return q;
}

static void
add_arg(struct promql *q, struct promql *arg)
{
	q->args = xreallocarray(q->args, q->nargs + 1, sizeof(*q->args));
	q->args[q->nargs++] = arg;
}

/* A string of any quotes.  Owned; NULL: none. */
static char *
string_here(struct parser *p)
{
	struct buf b = {0};
	char quote, c;

	skip(p);
	quote = peek(p);
	if (quote != '"' && quote != '\'' && quote != '`')
		return NULL;
	for (p->at++; (c = peek(p)) != quote; p->at++) {
		if (p->at >= p->in.len) {
			buf_free(&b);
			return NULL;
		}
		if (c == '\\' && quote != '`' && p->at + 1 < p->in.len) {
			c = p->in.p[++p->at];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		buf_addc(&b, c);
	}
	p->at++;
	buf_addc(&b, '\0');
	return buf_take(&b);
}

/* A time such as 5m, 1h30m, or plain seconds; -1 when it is none. */
static double
duration_here(struct parser *p)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600},
	    {"d", 86400}, {"w", 604800}, {"y", 31536000}};
	double total = 0, v;
	char *end;
	size_t i;
	bool any = false;

	skip(p);
	while (peek(p) >= '0' && peek(p) <= '9') {
		v = strtod(p->in.p + p->at, &end);
		p->at = (size_t)(end - p->in.p);
		for (i = 0; i < 7; i++)
			if (p->in.len - p->at >= strlen(units[i].unit) &&
			    memcmp(p->in.p + p->at, units[i].unit,
				strlen(units[i].unit)) == 0)
				break;
		if (i < 7) {
			v *= units[i].seconds;
			p->at += strlen(units[i].unit);
		}
		total += v;
		any = true;
	}
	return any ? total : -1;
}

/* --- parts --------------------------------------------------------------- */

/* {label OP "value", ...}: the brace is open. */
static int
parse_matchers(struct parser *p, struct promql *q)
{
	static const char *const ops[] = {"=~", "!~", "!=", "="};
	struct promql_matcher m;
	struct span name;
	size_t i;

	while (!accept(p, "}")) {
		name = name_here(p);
		p->at += name.len;
		for (i = 0; i < 4 && !accept(p, ops[i]); i++)
			;
		m = (struct promql_matcher){0};
		if (name.len == 0 || i == 4 ||
		    (m.value = string_here(p)) == NULL) {
			fail(p, NULL, "a label, an operator and a string");
			return -1;
		}
		m.label = xmemdup0(name.p, name.len);
		str_copy(m.op, sizeof(m.op), span_of(ops[i]));
		q->matchers = xreallocarray(q->matchers, q->nmatchers + 1,
		    sizeof(*q->matchers));
		q->matchers[q->nmatchers++] = m;
		if (!accept(p, ",") && peek(p) != '}') {
			fail(p, NULL, "',' or '}'");
			return -1;
		}
	}
	return 0;
}

/* (a, b): labels behind by, on and the like. */
static int
parse_labels(struct parser *p, struct promql *to)
{
	struct span name;

	if (!accept(p, "(")) {
		fail(p, NULL, "'('");
		return -1;
	}
	while (!accept(p, ")")) {
		name = name_here(p);
		if (name.len == 0) {
			fail(p, NULL, "a label or ')'");
			return -1;
		}
		p->at += name.len;
		if (to != NULL) {
			to->labels = xreallocarray(to->labels, to->nlabels + 1,
			    sizeof(*to->labels));
			to->labels[to->nlabels++] = xmemdup0(name.p, name.len);
		}
		accept(p, ",");
	}
	return 0;
}

/* by (..) or without (..), before or behind the argument. */
static int
parse_grouping(struct parser *p, struct promql *q)
{
	if (accept_word(p, "without"))
		q->without = true;
	else if (!accept_word(p, "by"))
		return 0;
	q->has_labels = true;
	return parse_labels(p, q);
}

/* The arguments in brackets. */
static int
parse_arguments(struct parser *p, struct promql *q)
{
	struct promql *arg;

	if (!accept(p, "(")) {
		fail(p, NULL, "'('");
		return -1;
	}
	while (!accept(p, ")")) {
		if ((arg = parse_level(p, 0)) == NULL)
			return -1;
		add_arg(q, arg);
		if (!accept(p, ",") && peek(p) != ')') {
			fail(p, NULL, "',' or ')'");
			return -1;
		}
	}
	return 0;
}

static bool
is_aggregate(struct span name)
{
	static const char *const words[] = {"sum", "avg", "min", "max", "count",
	    "group", "stddev", "stdvar", "topk", "bottomk", "quantile",
	    "count_values", NULL};

	for (size_t i = 0; words[i] != NULL; i++)
		if (is_like(name, words[i]))
			return true;
	return false;
}

static struct promql *
parse_constant(struct parser *p)
{
	struct promql *q;
	double v;
	char *end;
	size_t at;

	v = strtod(p->in.p + p->at, &end);
	at = (size_t)(end - p->in.p);
	if (at == p->at || at > p->in.len)
		return fail(p, NULL, "a number");
	/* 5m is a duration, as some versions take it. */
	if (at < p->in.len && strchr("smhdwy", p->in.p[at]) != NULL)
		v = duration_here(p);
	else
		p->at = at;
	if ((q = node(p, PROMQL_NUMBER, (struct span){NULL, 0})) != NULL)
		q->number = v;
	return q;
}

/* A name: a call, an aggregate or a metric. */
static struct promql *
parse_name(struct parser *p, struct span name)
{
	struct promql *q;
	size_t before;

	p->at += name.len;
	before = p->at;
	skip(p);
	if (is_aggregate(name) &&
	    (peek(p) == '(' || is_like(name_here(p), "by") ||
		is_like(name_here(p), "without"))) {
		if ((q = node(p, PROMQL_AGGREGATE, name)) == NULL)
			return NULL;
		if (parse_grouping(p, q) == -1 || parse_arguments(p, q) == -1 ||
		    parse_grouping(p, q) == -1)
			return fail(p, q, "an aggregate");
		return q;
	}
	if (peek(p) == '(') {
		if ((q = node(p, PROMQL_CALL, name)) == NULL)
			return NULL;
		if (parse_arguments(p, q) == -1)
			return fail(p, q, "arguments");
		return q;
	}
	if (is_like(name, "inf") || is_like(name, "nan")) {
		if ((q = node(p, PROMQL_NUMBER, name)) != NULL)
			q->number = is_like(name, "inf") ? (double)INFINITY
							 : (double)NAN;
		return q;
	}
	p->at = before;
	if ((q = node(p, PROMQL_SELECTOR, name)) == NULL)
		return NULL;
	if (accept(p, "{") && parse_matchers(p, q) == -1)
		return fail(p, q, "matchers");
	return q;
}

static struct promql *
parse_primary(struct parser *p)
{
	struct promql *q;
	struct span name;
	char *text;

	skip(p);
	if (accept(p, "(")) {
		if ((q = parse_level(p, 0)) == NULL)
			return NULL;
		return accept(p, ")") ? q : fail(p, q, "')'");
	}
	if (accept(p, "{")) {
		if ((q = node(p, PROMQL_SELECTOR, (struct span){NULL, 0})) ==
			NULL ||
		    parse_matchers(p, q) == -1)
			return fail(p, q, "matchers");
		return q;
	}
	if ((text = string_here(p)) != NULL) {
		q = node(p, PROMQL_STRING, span_of(text));
		free(text);
		return q;
	}
	name = name_here(p);
	if (name.len > 0)
		return parse_name(p, name);
	return parse_constant(p);
}

/* [5m], [1h:5m], offset 1d, @ ... behind something. */
static struct promql *
parse_postfix(struct parser *p)
{
	struct promql *q = parse_primary(p), *sub;
	double seconds;
	bool back;

	while (q != NULL) {
		if (accept(p, "[")) {
			if ((seconds = duration_here(p)) <= 0)
				return fail(p, q, "a time");
			if (accept(p, ":")) {
				duration_here(p);
				sub = node(p, PROMQL_SUBQUERY,
				    (struct span){NULL, 0});
				if (sub == NULL)
					return fail(p, q, "less");
				add_arg(sub, q);
				q = sub;
			}
			q->range = seconds;
			if (!accept(p, "]"))
				return fail(p, q, "']'");
		} else if (accept_word(p, "offset")) {
			back = accept(p, "-");
			if ((seconds = duration_here(p)) < 0)
				return fail(p, q, "a time");
			q->offset = back ? -seconds : seconds;
		} else
			return q;
	}
	return NULL;
}

static struct promql *
parse_unary(struct parser *p)
{
	struct promql *q, *arg;

	if (accept(p, "+"))
		return parse_postfix(p);
	if (!accept(p, "-"))
		return parse_postfix(p);
	if ((arg = parse_level(p, 5)) == NULL)
		return NULL;
	if ((q = node(p, PROMQL_NEGATE, (struct span){NULL, 0})) == NULL) {
		promql_free(arg);
		return NULL;
	}
	add_arg(q, arg);
	return q;
}

/* The operator of that level in hand, passed; NULL when there is none. */
static const char *
operator_here(struct parser *p, int level)
{
	static const char *const ops[][7] = {{"or", NULL},
	    {"and", "unless", NULL}, {"==", "!=", "<=", ">=", "<", ">", NULL},
	    {"+", "-", NULL}, {"*", "/", "%", NULL}, {"^", NULL}};

	for (size_t i = 0; ops[level][i] != NULL; i++)
		if (level < 2 ? accept_word(p, ops[level][i])
			      : accept(p, ops[level][i]))
			return ops[level][i];
	return NULL;
}

/* bool, on (..), ignoring (..), group_left (..) behind an operator. */
static int
parse_modifiers(struct parser *p, struct promql *q)
{
	q->is_bool = accept_word(p, "bool");
	q->is_join = accept_word(p, "on") || accept_word(p, "ignoring");
	if (q->is_join && parse_labels(p, NULL) == -1)
		return -1;
	if (!accept_word(p, "group_left") && !accept_word(p, "group_right"))
		return 0;
	skip(p);
	return peek(p) == '(' ? parse_labels(p, NULL) : 0;
}

static struct promql *
parse_level(struct parser *p, int level)
{
	struct promql *left, *right, *q;
	const char *op;

	if (level > 5)
		return parse_unary(p);
	if (++p->depth > PROMQL_DEPTH_MAX * 7)
		return fail(p, NULL, "less nesting");
	if ((left = parse_level(p, level + 1)) == NULL)
		return NULL;
	while ((op = operator_here(p, level)) != NULL) {
		q = node(p, PROMQL_BINARY, span_of(op));
		if (q == NULL)
			return fail(p, left, "less");
		add_arg(q, left);
		if (parse_modifiers(p, q) == -1)
			return fail(p, q, "labels");
		/* ^ binds to the right. */
		right = parse_level(p, level == 5 ? 5 : level + 1);
		if (right == NULL)
			return fail(p, q, "an operand");
		add_arg(q, right);
		left = q;
	}
	p->depth--;
	return left;
}

struct promql *
promql_parse(struct span text, struct nc_err *e)
{
	struct buf b = {0}; /* ended by a NUL: strtod() stops there */
	struct parser p = {.e = e};
	struct promql *q;

	buf_add(&b, text.p, text.len);
	buf_addc(&b, '\0');
	p.in = (struct span){b.data, text.len};
	q = parse_level(&p, 0);
	skip(&p);
	if (q != NULL && p.at < p.in.len)
		q = fail(&p, q, "an operator or the end");
	buf_free(&b);
	return q;
}
