/* SPDX-License-Identifier: MIT */
/*
 * expr_parse: from words to the tree of an expression, by recursive descent
 * with types checked on the way.  Depth and size are bounded, because what is
 * parsed may be hostile.  Never evaluates.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "expr_priv.h"

#define NONE UINT32_MAX /* no node: trouble was noted */

struct parse {
	struct expr *x;
	const struct config_token *words;
	size_t nwords;
	struct expr_token token; /* in hand */
	int depth;
	bool bad; /* the first trouble was noted */
	struct expr_trouble *trouble;
};

/* The shapes of calls, by what stands behind the bracket. */
enum call {
	CALL_WINDOW, /* (METRIC, TIME) or (EXPR over ENTITY) */
	CALL_LATEST, /* (METRIC), (METRIC, TIME), (EXPR over ENTITY) */
	CALL_ENTITY, /* (), (TIME), (METRIC), (METRIC, TIME) */
	CALL_VALUES, /* (EXPR, ...) */
	CALL_OVER /* (EXPR over ENTITY) */
};

#define NO_OVER NODE_NUMBER

static const struct function {
	const char *name;
	enum call call;
	enum expr_function window;
	enum expr_kind over; /* NODE_NUMBER: cannot be taken over parts */
	int nvalues;
} functions[] = {
    {"last", CALL_LATEST, EXPR_LAST, NO_OVER, 0},
    {"avg", CALL_WINDOW, EXPR_AVG, NODE_OVER_AVG, 0},
    {"min", CALL_WINDOW, EXPR_MIN, NODE_OVER_MIN, 0},
    {"max", CALL_WINDOW, EXPR_MAX, NODE_OVER_MAX, 0},
    {"sum", CALL_WINDOW, EXPR_SUM, NODE_OVER_SUM, 0},
    {"count", CALL_WINDOW, EXPR_COUNT, NODE_OVER_COUNT, 0},
    {"ratio", CALL_OVER, EXPR_LAST, NODE_OVER_RATIO, 0},
    {"stddev", CALL_WINDOW, EXPR_STDDEV, NO_OVER, 0},
    {"rate", CALL_LATEST, EXPR_RATE, NO_OVER, 0},
    {"increase", CALL_WINDOW, EXPR_INCREASE, NO_OVER, 0},
    {"delta", CALL_WINDOW, EXPR_DELTA, NO_OVER, 0},
    {"deriv", CALL_WINDOW, EXPR_DERIV, NO_OVER, 0},
    {"changes", CALL_WINDOW, EXPR_CHANGES, NO_OVER, 0},
    {"resets", CALL_WINDOW, EXPR_RESETS, NO_OVER, 0},
    {"age", CALL_ENTITY, EXPR_AGE, NO_OVER, 0},
    {"present", CALL_ENTITY, EXPR_PRESENT, NO_OVER, 0},
    {"absent", CALL_ENTITY, EXPR_ABSENT, NO_OVER, 0},
    {"if", CALL_VALUES, EXPR_LAST, NODE_IF, 3},
    {"abs", CALL_VALUES, EXPR_LAST, NODE_ABS, 1},
    {"min2", CALL_VALUES, EXPR_LAST, NODE_MIN2, 2},
    {"max2", CALL_VALUES, EXPR_LAST, NODE_MAX2, 2},
};

static const struct {
	const char *mark;
	enum expr_kind kind;
} comparisons[] = {
    {"<", NODE_LESS},
    {"<=", NODE_LESS_EQUAL},
    {">", NODE_GREATER},
    {">=", NODE_GREATER_EQUAL},
    {"==", NODE_EQUAL},
    {"!=", NODE_NOT_EQUAL},
};

static uint32_t parse_or(struct parse *p);
static uint32_t parse_sum(struct parse *p);

static void __attribute__((format(printf, 3, 4)))
fail_at(struct parse *p, const struct expr_token *t, const char *fmt, ...)
{
	va_list ap;

	if (p->bad)
		return;
	p->bad = true;
	p->trouble->word = t->word;
	p->trouble->offset = t->offset;
	va_start(ap, fmt);
	vsnprintf(p->trouble->what, sizeof(p->trouble->what), fmt, ap);
	va_end(ap);
}

/* Trouble with the token in hand. */
static uint32_t
expected(struct parse *p, const char *what)
{
	if (p->token.kind == TOKEN_END)
		fail_at(p, &p->token, "nothing here, expected %s", what);
	else if (p->token.kind == TOKEN_BAD)
		fail_at(p, &p->token, "cannot read '%.*s', expected %s",
		    SPAN_ARG(p->token.text), what);
	else
		fail_at(p, &p->token, "'%.*s' here, expected %s",
		    SPAN_ARG(p->token.text), what);
	return NONE;
}

static void
advance(struct parse *p)
{
	size_t at = p->token.word, offset = p->token.after;

	if (p->token.kind == TOKEN_END)
		return;
	if (offset >= p->words[at].len) {
		at++;
		offset = 0;
	}
	p->token = expr_token_at(p->words, p->nwords, at, offset);
}

static bool
is_mark(const struct parse *p, const char *mark)
{
	return p->token.kind == TOKEN_MARK && span_is(p->token.text, mark);
}

static bool
is_word(const struct parse *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && span_is(p->token.text, word);
}

static bool
accept_mark(struct parse *p, const char *mark)
{
	if (!is_mark(p, mark))
		return false;
	advance(p);
	return true;
}

static bool
accept_word(struct parse *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	advance(p);
	return true;
}

/* Words of the grammar around expressions: no metric has their names. */
static bool
is_reserved(struct span s)
{
	static const char *const words[] = {"and", "or", "not", "over", "for",
	    "until", "of", "in", "then", NULL};

	for (size_t i = 0; words[i] != NULL; i++)
		if (span_is(s, words[i]))
			return true;
	return false;
}

static uint32_t
add_node(struct parse *p, struct expr_node node)
{
	struct expr *x = p->x;

	if (x->nnodes == EXPR_NODES_MAX) {
		fail_at(p, &p->token, "expression too long");
		selector_free(node.selector);
		return NONE;
	}
	if ((x->nnodes & (x->nnodes + 1)) == 0 || x->nodes == NULL)
		x->nodes = xreallocarray(x->nodes, 2 * (x->nnodes + 1),
		    sizeof(*x->nodes));
	x->nodes[x->nnodes] = node;
	return x->nnodes++;
}

static uint32_t
add_input(struct parse *p, struct span name)
{
	struct expr *x = p->x;
	size_t dot = name.len;

	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	if (dot == name.len || dot == 1)
		return expected(p, "a metric");
	x->inputs = xreallocarray(x->inputs, x->ninputs + 1,
	    sizeof(*x->inputs));
	x->inputs[x->ninputs] = (struct expr_input){.index = x->ninputs,
	    .scope = dot > 0 ? xmemdup0(name.p, dot - 1) : NULL,
	    .metric = xmemdup0(name.p + dot, name.len - dot)};
	x->ninputs++;
	return add_node(p, (struct expr_node){.kind = NODE_INPUT,
			       .type = EXPR_NUMBER,
			       .input = (uint32_t)(x->ninputs - 1)});
}

/* The entity as a whole. */
static uint32_t
add_entity_input(struct parse *p)
{
	struct expr *x = p->x;

	x->inputs = xreallocarray(x->inputs, x->ninputs + 1,
	    sizeof(*x->inputs));
	x->inputs[x->ninputs] = (struct expr_input){.index = x->ninputs};
	x->ninputs++;
	return add_node(p, (struct expr_node){.kind = NODE_INPUT,
			       .type = EXPR_NUMBER,
			       .input = (uint32_t)(x->ninputs - 1)});
}

/* True, or the trouble is noted at t. */
static bool
is_type(struct parse *p, uint32_t node, enum expr_type want,
    const struct expr_token *t)
{
	if (node == NONE)
		return false;
	if (p->x->nodes[node].type == want)
		return true;
	fail_at(p, t,
	    want == EXPR_NUMBER ? "a condition here, expected a number"
				: "a number here, expected a condition"
				  " (compare it with something)");
	return false;
}

static uint32_t
add_pair(struct parse *p, enum expr_kind kind, enum expr_type type, uint32_t a,
    uint32_t b)
{
	return add_node(p,
	    (struct expr_node){.kind = kind, .type = type, .a = a, .b = b});
}

/* Name OP "string": a selector of one label does the work. */
static uint32_t
parse_label(struct parse *p, struct span name, const struct expr_token *at)
{
	struct span op = p->token.text;
	struct buf text = {0};
	struct selector *s;
	struct nc_err e;

	advance(p);
	if (p->token.kind != TOKEN_STRING && p->token.kind != TOKEN_NAME)
		return expected(p, "a string");
	buf_addf(&text, "*{%.*s%.*s\"", SPAN_ARG(name),
	    span_is(op, "==") ? 1 : (int)op.len, op.p);
	for (size_t i = 0; i < p->token.text.len; i++) {
		if (p->token.text.p[i] == '"' || p->token.text.p[i] == '\\')
			buf_addc(&text, '\\');
		buf_addc(&text, p->token.text.p[i]);
	}
	buf_adds(&text, "\"}");
	s = selector_parse(buf_span(&text), &e);
	buf_free(&text);
	if (s == NULL) {
		const char *why = strstr(e.msg, ": ");

		fail_at(p, at, "%s", why != NULL ? why + 2 : e.msg);
		return NONE;
	}
	advance(p);
	return add_node(p, (struct expr_node){.kind = NODE_LABEL,
			       .type = EXPR_CONDITION,
			       .selector = s});
}

/* Behind a name, before anything else is known of it. */
static bool
compares_label(const struct parse *p)
{
	struct expr_token next;
	size_t at = p->token.word + 1;

	if (is_mark(p, "=~") || is_mark(p, "!~"))
		return true;
	if (!is_mark(p, "==") && !is_mark(p, "!="))
		return false;
	next = expr_token_at(p->words, p->nwords, at, 0);
	return next.kind == TOKEN_STRING;
}

/* ", TIME": the window of an input. */
static bool
parse_range(struct parse *p, struct expr_input *in)
{
	if (p->token.kind != TOKEN_NUMBER || !p->token.time ||
	    p->token.number <= 0) {
		expected(p, "a time such as 5m");
		return false;
	}
	if (p->token.number > EXPR_RANGE_MAX) {
		expected(p, "at most 1d");
		return false;
	}
	in->range = p->token.number;
	advance(p);
	return true;
}

static uint32_t
close_call(struct parse *p, uint32_t node)
{
	if (node == NONE)
		return NONE;
	return accept_mark(p, ")") ? node : expected(p, "')'");
}

/* The inputs from the first on are of parts. */
static void
mark_inputs(struct expr *x, size_t first, const struct selector *over)
{
	for (; first < x->ninputs; first++)
		if (x->inputs[first].over == NULL)
			x->inputs[first].over = over;
}

/* "over ENTITY" behind the argument of an aggregate, whose inputs begin at
 * first. */
static uint32_t
parse_over(struct parse *p, const struct function *f, uint32_t arg,
    size_t first, const struct expr_token *at)
{
	bool counts = f->over == NODE_OVER_COUNT || f->over == NODE_OVER_RATIO;
	struct selector *s;
	struct span what;
	struct nc_err e;

	if (f->over == NO_OVER) {
		fail_at(p, at,
		    "%s over parts, expected one of avg min max sum"
		    " count ratio",
		    f->name);
		return NONE;
	}
	if (!is_type(p, arg, counts ? EXPR_CONDITION : EXPR_NUMBER, at))
		return NONE;
	if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_SELECTOR)
		return expected(p, "an entity such as vm.disk");
	/* All of the word: an entity may be a pattern. */
	what = (struct span){p->words[p->token.word].text + p->token.offset,
	    p->words[p->token.word].len - p->token.offset};
	p->token.text = what;
	p->token.after = p->words[p->token.word].len;
	if ((s = selector_parse(what, &e)) == NULL) {
		fail_at(p, &p->token, "%s", e.msg);
		return NONE;
	}
	if (selector_has_metrics(s)) {
		selector_free(s);
		return expected(p, "an entity without metrics");
	}
	advance(p);
	mark_inputs(p->x, first, s);
	return close_call(p, add_node(p, (struct expr_node){.kind = f->over,
					     .type = EXPR_NUMBER,
					     .a = arg,
					     .selector = s}));
}

/* (EXPR, EXPR, ...): the bracket is open. */
static uint32_t
parse_values(struct parse *p, const struct function *f)
{
	uint32_t v[3] = {NONE, NONE, NONE};
	struct expr_token at;

	for (int i = 0; i < f->nvalues; i++) {
		if (i > 0 && !accept_mark(p, ","))
			return expected(p, "','");
		at = p->token;
		v[i] = parse_or(p);
		if (!is_type(p, v[i],
			f->over == NODE_IF && i == 0 ? EXPR_CONDITION
						     : EXPR_NUMBER,
			&at))
			return NONE;
	}
	return close_call(p, add_node(p, (struct expr_node){.kind = f->over,
					     .type = EXPR_NUMBER,
					     .a = v[0],
					     .b = v[1],
					     .c = v[2]}));
}

/* absent() absent(3m) absent(m) absent(m, 3m), and age, present. */
static uint32_t
parse_entity_call(struct parse *p, const struct function *f)
{
	struct expr_input *in;
	uint32_t node;

	if (p->token.kind == TOKEN_NAME && !is_reserved(p->token.text)) {
		struct span name = p->token.text;

		advance(p);
		node = add_input(p, name);
	} else
		node = add_entity_input(p);
	if (node == NONE)
		return NONE;
	in = &p->x->inputs[p->x->ninputs - 1];
	in->function = f->window;
	if (f->window != EXPR_AGE)
		p->x->nodes[node].type = EXPR_CONDITION;
	if (is_mark(p, ")"))
		return close_call(p, node);
	if (f->window == EXPR_AGE)
		return expected(p, "')'");
	if (in->metric != NULL && !accept_mark(p, ","))
		return expected(p, "',' or ')'");
	if (!parse_range(p, in))
		return NONE;
	return close_call(p, node);
}

/* (METRIC, TIME) or (EXPR over ENTITY): the bracket is open. */
static uint32_t
parse_window(struct parse *p, const struct function *f, double quantile)
{
	struct expr_token at = p->token;
	size_t first = p->x->ninputs;
	uint32_t node = parse_or(p);
	struct expr_input *in;
	struct expr_node *n;

	if (node == NONE)
		return NONE;
	if (accept_word(p, "over"))
		return parse_over(p, f, node, first, &at);
	n = &p->x->nodes[node];
	if (f->call == CALL_OVER)
		return expected(p, "over ENTITY");
	if (n->kind != NODE_INPUT ||
	    p->x->inputs[n->input].function != EXPR_LAST) {
		fail_at(p, &at,
		    "%s of an expression, expected the name of a"
		    " metric, or over ENTITY",
		    f->name);
		return NONE;
	}
	in = &p->x->inputs[n->input];
	in->function = f->window;
	in->quantile = quantile;
	if (f->call == CALL_LATEST && is_mark(p, ")"))
		return close_call(p, node);
	if (!accept_mark(p, ","))
		return expected(p, f->over == NO_OVER
				       ? "', TIME'"
				       : "', TIME' or 'over ENTITY'");
	if (!parse_range(p, in))
		return NONE;
	return close_call(p, node);
}

static uint32_t
parse_call(struct parse *p, struct span name, const struct expr_token *at)
{
	static const struct function quantile = {"a quantile", CALL_WINDOW,
	    EXPR_QUANTILE, NO_OVER, 0};
	const struct function *f = NULL;

	advance(p);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (span_is(name, functions[i].name))
			f = &functions[i];
	if (f == NULL && (name.len == 2 || name.len == 3) && name.p[0] == 'p' &&
	    name.p[1] >= '1' && name.p[1] <= '9' &&
	    (name.len == 2 || (name.p[2] >= '0' && name.p[2] <= '9'))) {
		int percent = name.p[1] - '0';

		if (name.len == 3)
			percent = percent * 10 + name.p[2] - '0';
		return parse_window(p, &quantile, percent / 100.0);
	}
	if (f == NULL) {
		fail_at(p, at,
		    "unknown function '%.*s', expected one of last"
		    " avg min max sum count ratio stddev p1..p99 rate increase"
		    " delta deriv changes resets age present absent if abs",
		    SPAN_ARG(name));
		return NONE;
	}
	if (f->call == CALL_VALUES)
		return parse_values(p, f);
	if (f->call == CALL_ENTITY)
		return parse_entity_call(p, f);
	return parse_window(p, f, 0);
}

static uint32_t
parse_primary(struct parse *p)
{
	struct expr_token at = p->token;
	uint32_t node;

	if (at.kind == TOKEN_NUMBER) {
		advance(p);
		return add_node(p, (struct expr_node){.kind = NODE_NUMBER,
				       .type = EXPR_NUMBER,
				       .number = at.number});
	}
	if (accept_mark(p, "(")) {
		node = parse_or(p);
		return close_call(p, node);
	}
	if (at.kind != TOKEN_NAME || is_reserved(at.text))
		return expected(p, "a number, a metric or '('");
	advance(p);
	if (is_mark(p, "("))
		return parse_call(p, at.text, &at);
	if (compares_label(p))
		return parse_label(p, at.text, &at);
	return add_input(p, at.text);
}

static uint32_t
parse_unary(struct parse *p)
{
	struct expr_token at;
	uint32_t node;

	if (!accept_mark(p, "-"))
		return parse_primary(p);
	at = p->token;
	node = parse_primary(p);
	if (!is_type(p, node, EXPR_NUMBER, &at))
		return NONE;
	return add_pair(p, NODE_NEGATE, EXPR_NUMBER, node, 0);
}

/* One level of binary operators on numbers; marks[i] makes kinds[i]. */
static uint32_t
parse_binary(struct parse *p, uint32_t (*below)(struct parse *),
    const char *marks, const enum expr_kind *kinds)
{
	struct expr_token at = p->token, next;
	uint32_t left = below(p), right;
	const char *m;

	while (left != NONE && p->token.kind == TOKEN_MARK &&
	       p->token.text.len == 1 &&
	       (m = strchr(marks, p->token.text.p[0])) != NULL) {
		advance(p);
		next = p->token;
		right = below(p);
		if (!is_type(p, left, EXPR_NUMBER, &at) ||
		    !is_type(p, right, EXPR_NUMBER, &next))
			return NONE;
		left = add_pair(p, kinds[m - marks], EXPR_NUMBER, left, right);
	}
	return left;
}

static uint32_t
parse_product(struct parse *p)
{
	static const enum expr_kind kinds[] = {NODE_MULTIPLY, NODE_DIVIDE,
	    NODE_MODULO};

	return parse_binary(p, parse_unary, "*/%", kinds);
}

static uint32_t
parse_sum(struct parse *p)
{
	static const enum expr_kind kinds[] = {NODE_ADD, NODE_SUBTRACT};

	return parse_binary(p, parse_product, "+-", kinds);
}

/* The comparison in hand, if it is one. */
static bool
take_comparison(struct parse *p, enum expr_kind *kind)
{
	if (p->token.kind != TOKEN_MARK)
		return false;
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]);
	     i++)
		if (accept_mark(p, comparisons[i].mark)) {
			*kind = comparisons[i].kind;
			return true;
		}
	if (is_mark(p, "=") || is_mark(p, "=~") || is_mark(p, "!~"))
		expected(p, is_mark(p, "=") ? "'=='" : "a label before it");
	return false;
}

/* left is a node; the comparison behind it, if there is one. */
static uint32_t
parse_comparison_of(struct parse *p, uint32_t left, const struct expr_token *at)
{
	enum expr_kind kind;
	struct expr_token next;
	uint32_t right;

	if (left == NONE || !take_comparison(p, &kind))
		return p->bad ? NONE : left;
	next = p->token;
	right = parse_sum(p);
	if (!is_type(p, left, EXPR_NUMBER, at) ||
	    !is_type(p, right, EXPR_NUMBER, &next))
		return NONE;
	return add_pair(p, kind, EXPR_CONDITION, left, right);
}

static uint32_t
parse_comparison(struct parse *p)
{
	struct expr_token at = p->token;

	return parse_comparison_of(p, parse_sum(p), &at);
}

static uint32_t
parse_not(struct parse *p)
{
	struct expr_token at;
	uint32_t node;

	if (++p->depth > EXPR_DEPTH_MAX) {
		fail_at(p, &p->token, "nested too deep, expected at most %d",
		    EXPR_DEPTH_MAX);
		return NONE;
	}
	if (accept_word(p, "not")) {
		at = p->token;
		node = parse_not(p);
		if (is_type(p, node, EXPR_CONDITION, &at))
			node = add_pair(p, NODE_NOT, EXPR_CONDITION, node, 0);
		else
			node = NONE;
	} else
		node = parse_comparison(p);
	p->depth--;
	return node;
}

/* The rest of "left WORD right WORD right...". */
static uint32_t
parse_logic(struct parse *p, uint32_t left, const char *word,
    enum expr_kind kind, uint32_t (*below)(struct parse *))
{
	struct expr_token at = p->token;
	uint32_t right;

	while (left != NONE && accept_word(p, word)) {
		if (!is_type(p, left, EXPR_CONDITION, &at))
			return NONE;
		at = p->token;
		right = below(p);
		if (!is_type(p, right, EXPR_CONDITION, &at))
			return NONE;
		left = add_pair(p, kind, EXPR_CONDITION, left, right);
	}
	return left;
}

static uint32_t
parse_and(struct parse *p)
{
	return parse_logic(p, parse_not(p), "and", NODE_AND, parse_not);
}

static uint32_t
parse_or(struct parse *p)
{
	return parse_logic(p, parse_and(p), "or", NODE_OR, parse_and);
}

/* A copy of another expression's node, with all below it. */
static uint32_t
copy_node(struct parse *p, const struct expr *from, uint32_t at)
{
	struct expr_node n = from->nodes[at];
	struct expr *x = p->x;
	size_t first = x->ninputs;

	if (n.kind == NODE_INPUT) {
		struct expr_input in = from->inputs[n.input];

		x->inputs = xreallocarray(x->inputs, x->ninputs + 1,
		    sizeof(*x->inputs));
		in.index = x->ninputs;
		in.over = NULL;
		in.scope = in.scope != NULL ? xstrdup(in.scope) : NULL;
		in.metric = in.metric != NULL ? xstrdup(in.metric) : NULL;
		n.input = (uint32_t)x->ninputs;
		x->inputs[x->ninputs++] = in;
	} else if (n.kind != NODE_NUMBER && n.kind != NODE_LABEL) {
		n.a = copy_node(p, from, n.a);
		if (n.kind >= NODE_ADD && n.kind < NODE_OVER_AVG &&
		    n.kind != NODE_ABS)
			n.b = copy_node(p, from, n.b);
		if (n.kind == NODE_IF)
			n.c = copy_node(p, from, n.c);
	}
	if (n.selector != NULL)
		n.selector = selector_parse(span_of(selector_text(n.selector)),
		    NULL);
	if (n.kind >= NODE_OVER_AVG)
		mark_inputs(x, first, n.selector);
	return add_node(p, n);
}

/* An expression, or a comparison that lacks its left side. */
static uint32_t
parse_root(struct parse *p, enum expr_type want, const struct expr *left)
{
	struct expr_token at = p->token;
	const struct expr_node *root;
	uint32_t node;

	if (left != NULL && p->token.kind == TOKEN_MARK &&
	    memchr("<>=!", p->token.text.p[0], 4) != NULL) {
		root = &left->nodes[left->root];
		if (root->kind < NODE_LESS || root->kind > NODE_NOT_EQUAL)
			return expected(p, "a whole condition, because the"
					   " one before is no comparison");
		node = parse_comparison_of(p, copy_node(p, left, root->a), &at);
	} else
		node = parse_or(p);
	return is_type(p, node, want, &at) ? node : NONE;
}

struct expr *
expr_parse_words(const struct config_token *words, size_t n, size_t *at,
    enum expr_type want, const struct expr *left, bool all,
    struct expr_trouble *trouble)
{
	struct parse p = {.words = words, .nwords = n, .trouble = trouble};

	p.token = expr_token_at(words, n, *at, 0);
	p.x = xcalloc(1, sizeof(*p.x));
	p.x->root = parse_root(&p, want, left);
	if (!p.bad && all && p.token.kind != TOKEN_END)
		expected(&p, "an operator or the end");
	/* In the middle of a word: what follows belongs to no statement. */
	if (!p.bad && p.token.kind != TOKEN_END && p.token.offset != 0)
		expected(&p, "an operator");
	if (p.bad) {
		expr_free(p.x);
		return NULL;
	}
	*at = p.token.word;
	return p.x;
}
