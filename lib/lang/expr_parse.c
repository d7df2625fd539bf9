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

static uint32_t parse_sum(struct expr_parser *p);

void
expr_fail(struct expr_parser *p, const struct expr_token *t, const char *fmt,
    ...)
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
uint32_t
expr_expected(struct expr_parser *p, const char *what)
{
	if (p->token.kind == TOKEN_END)
		expr_fail(p, &p->token, "nothing here, expected %s", what);
	else if (p->token.kind == TOKEN_BAD)
		expr_fail(p, &p->token, "cannot read '%.*s', expected %s",
		    SPAN_ARG(p->token.text), what);
	else
		expr_fail(p, &p->token, "'%.*s' here, expected %s",
		    SPAN_ARG(p->token.text), what);
	return EXPR_NONE;
}

void
expr_advance(struct expr_parser *p)
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

bool
expr_is_mark(const struct expr_parser *p, const char *mark)
{
	return p->token.kind == TOKEN_MARK && span_is(p->token.text, mark);
}

static bool
is_word(const struct expr_parser *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && span_is(p->token.text, word);
}

bool
expr_accept_mark(struct expr_parser *p, const char *mark)
{
	if (!expr_is_mark(p, mark))
		return false;
	expr_advance(p);
	return true;
}

bool
expr_accept_word(struct expr_parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	expr_advance(p);
	return true;
}

/* Words of the grammar around expressions: no metric has their names. */
bool
expr_is_reserved(struct span s)
{
	static const char *const words[] = {"and", "or", "not", "over", "for",
	    "until", "of", "in", "then", NULL};

	for (size_t i = 0; words[i] != NULL; i++)
		if (span_is(s, words[i]))
			return true;
	return false;
}

uint32_t
expr_add_node(struct expr_parser *p, struct expr_node node)
{
	struct expr *x = p->x;

	if (x->nnodes == EXPR_NODES_MAX) {
		expr_fail(p, &p->token, "expression too long");
		selector_free(node.selector);
		return EXPR_NONE;
	}
	if ((x->nnodes & (x->nnodes + 1)) == 0 || x->nodes == NULL)
		x->nodes = xreallocarray(x->nodes, 2 * (x->nnodes + 1),
		    sizeof(*x->nodes));
	x->nodes[x->nnodes] = node;
	return x->nnodes++;
}

uint32_t
expr_add_input(struct expr_parser *p, struct span name)
{
	struct expr *x = p->x;
	size_t dot = name.len;

	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	if (dot == name.len || dot == 1)
		return expr_expected(p, "a metric");
	x->inputs = xreallocarray(x->inputs, x->ninputs + 1,
	    sizeof(*x->inputs));
	x->inputs[x->ninputs] = (struct expr_input){.index = x->ninputs,
	    .scope = dot > 0 ? xmemdup0(name.p, dot - 1) : NULL,
	    .metric = xmemdup0(name.p + dot, name.len - dot)};
	x->ninputs++;
	return expr_add_node(p, (struct expr_node){.kind = NODE_INPUT,
				    .type = EXPR_NUMBER,
				    .input = (uint32_t)(x->ninputs - 1)});
}

/* True, or the trouble is noted at t. */
bool
expr_is_type(struct expr_parser *p, uint32_t node, enum expr_type want,
    const struct expr_token *t)
{
	if (node == EXPR_NONE)
		return false;
	if (p->x->nodes[node].type == want)
		return true;
	expr_fail(p, t,
	    want == EXPR_NUMBER ? "a condition here, expected a number"
				: "a number here, expected a condition"
				  " (compare it with something)");
	return false;
}

static uint32_t
add_pair(struct expr_parser *p, enum expr_kind kind, enum expr_type type,
    uint32_t a, uint32_t b)
{
	return expr_add_node(p,
	    (struct expr_node){.kind = kind, .type = type, .a = a, .b = b});
}

/* Name OP "string": a selector of one label does the work. */
static uint32_t
parse_label(struct expr_parser *p, struct span name,
    const struct expr_token *at)
{
	struct span op = p->token.text;
	struct buf text = {0};
	struct selector *s;
	struct nc_err e;

	expr_advance(p);
	if (p->token.kind != TOKEN_STRING && p->token.kind != TOKEN_NAME)
		return expr_expected(p, "a string");
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

		expr_fail(p, at, "%s", why != NULL ? why + 2 : e.msg);
		return EXPR_NONE;
	}
	expr_advance(p);
	return expr_add_node(p, (struct expr_node){.kind = NODE_LABEL,
				    .type = EXPR_CONDITION,
				    .selector = s});
}

/* Behind a name, before anything else is known of it. */
static bool
compares_label(const struct expr_parser *p)
{
	struct expr_token next;
	size_t at = p->token.word + 1;

	if (expr_is_mark(p, "=~") || expr_is_mark(p, "!~"))
		return true;
	if (!expr_is_mark(p, "==") && !expr_is_mark(p, "!="))
		return false;
	next = expr_token_at(p->words, p->nwords, at, 0);
	return next.kind == TOKEN_STRING;
}

static uint32_t
parse_primary(struct expr_parser *p)
{
	struct expr_token at = p->token;
	uint32_t node;

	if (at.kind == TOKEN_NUMBER) {
		expr_advance(p);
		return expr_add_node(p, (struct expr_node){.kind = NODE_NUMBER,
					    .type = EXPR_NUMBER,
					    .number = at.number});
	}
	if (expr_accept_mark(p, "(")) {
		node = expr_parse_any(p);
		if (node == EXPR_NONE)
			return EXPR_NONE;
		return expr_accept_mark(p, ")") ? node
						: expr_expected(p, "')'");
	}
	if (at.kind != TOKEN_NAME || expr_is_reserved(at.text))
		return expr_expected(p, "a number, a metric or '('");
	expr_advance(p);
	if (expr_is_mark(p, "("))
		return expr_parse_call(p, at.text, &at);
	if (compares_label(p))
		return parse_label(p, at.text, &at);
	return expr_add_input(p, at.text);
}

static uint32_t
parse_unary(struct expr_parser *p)
{
	struct expr_token at;
	uint32_t node;

	if (!expr_accept_mark(p, "-"))
		return parse_primary(p);
	at = p->token;
	node = parse_primary(p);
	if (!expr_is_type(p, node, EXPR_NUMBER, &at))
		return EXPR_NONE;
	return add_pair(p, NODE_NEGATE, EXPR_NUMBER, node, 0);
}

/* One level of binary operators on numbers; marks[i] makes kinds[i]. */
static uint32_t
parse_binary(struct expr_parser *p, uint32_t (*below)(struct expr_parser *),
    const char *marks, const enum expr_kind *kinds)
{
	struct expr_token at = p->token, next;
	uint32_t left = below(p), right;
	const char *m;

	while (left != EXPR_NONE && p->token.kind == TOKEN_MARK &&
	       p->token.text.len == 1 &&
	       (m = strchr(marks, p->token.text.p[0])) != NULL) {
		expr_advance(p);
		next = p->token;
		right = below(p);
		if (!expr_is_type(p, left, EXPR_NUMBER, &at) ||
		    !expr_is_type(p, right, EXPR_NUMBER, &next))
			return EXPR_NONE;
		left = add_pair(p, kinds[m - marks], EXPR_NUMBER, left, right);
	}
	return left;
}

static uint32_t
parse_product(struct expr_parser *p)
{
	static const enum expr_kind kinds[] = {NODE_MULTIPLY, NODE_DIVIDE,
	    NODE_MODULO};

	return parse_binary(p, parse_unary, "*/%", kinds);
}

static uint32_t
parse_sum(struct expr_parser *p)
{
	static const enum expr_kind kinds[] = {NODE_ADD, NODE_SUBTRACT};

	return parse_binary(p, parse_product, "+-", kinds);
}

/* The comparison in hand, if it is one. */
static bool
take_comparison(struct expr_parser *p, enum expr_kind *kind)
{
	if (p->token.kind != TOKEN_MARK)
		return false;
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]);
	     i++)
		if (expr_accept_mark(p, comparisons[i].mark)) {
			*kind = comparisons[i].kind;
			return true;
		}
	if (expr_is_mark(p, "=") || expr_is_mark(p, "=~") ||
	    expr_is_mark(p, "!~"))
		expr_expected(p,
		    expr_is_mark(p, "=") ? "'=='" : "a label before it");
	return false;
}

/* left is a node; the comparison behind it, if there is one. */
static uint32_t
parse_comparison_of(struct expr_parser *p, uint32_t left,
    const struct expr_token *at)
{
	enum expr_kind kind;
	struct expr_token next;
	uint32_t right;

	if (left == EXPR_NONE || !take_comparison(p, &kind))
		return p->bad ? EXPR_NONE : left;
	next = p->token;
	right = parse_sum(p);
	if (!expr_is_type(p, left, EXPR_NUMBER, at) ||
	    !expr_is_type(p, right, EXPR_NUMBER, &next))
		return EXPR_NONE;
	return add_pair(p, kind, EXPR_CONDITION, left, right);
}

static uint32_t
parse_comparison(struct expr_parser *p)
{
	struct expr_token at = p->token;

	return parse_comparison_of(p, parse_sum(p), &at);
}

static uint32_t
parse_not(struct expr_parser *p)
{
	struct expr_token at;
	uint32_t node;

	if (++p->depth > EXPR_DEPTH_MAX) {
		expr_fail(p, &p->token, "nested too deep, expected at most %d",
		    EXPR_DEPTH_MAX);
		return EXPR_NONE;
	}
	if (expr_accept_word(p, "not")) {
		at = p->token;
		node = parse_not(p);
		if (expr_is_type(p, node, EXPR_CONDITION, &at))
			node = add_pair(p, NODE_NOT, EXPR_CONDITION, node, 0);
		else
			node = EXPR_NONE;
	} else
		node = parse_comparison(p);
	p->depth--;
	return node;
}

/* The rest of "left WORD right WORD right...". */
static uint32_t
parse_logic(struct expr_parser *p, uint32_t left, const char *word,
    enum expr_kind kind, uint32_t (*below)(struct expr_parser *))
{
	struct expr_token at = p->token;
	uint32_t right;

	while (left != EXPR_NONE && expr_accept_word(p, word)) {
		if (!expr_is_type(p, left, EXPR_CONDITION, &at))
			return EXPR_NONE;
		at = p->token;
		right = below(p);
		if (!expr_is_type(p, right, EXPR_CONDITION, &at))
			return EXPR_NONE;
		left = add_pair(p, kind, EXPR_CONDITION, left, right);
	}
	return left;
}

static uint32_t
parse_and(struct expr_parser *p)
{
	return parse_logic(p, parse_not(p), "and", NODE_AND, parse_not);
}

uint32_t
expr_parse_any(struct expr_parser *p)
{
	return parse_logic(p, parse_and(p), "or", NODE_OR, parse_and);
}

/* A copy of another expression's input. */
static uint32_t
copy_input(struct expr_parser *p, const struct expr *from, uint32_t at)
{
	struct expr_input in = from->inputs[at];
	struct expr *x = p->x;

	x->inputs = xreallocarray(x->inputs, x->ninputs + 1,
	    sizeof(*x->inputs));
	in.index = x->ninputs;
	in.over = NULL;
	in.scope = in.scope != NULL ? xstrdup(in.scope) : NULL;
	in.metric = in.metric != NULL ? xstrdup(in.metric) : NULL;
	if (in.function == EXPR_LEVEL ||
	    (expr_is_analysis(&in) && in.function != EXPR_CONFIDENCE)) {
		p->calls++;
		p->call = (uint32_t)x->ninputs;
	}
	x->inputs[x->ninputs++] = in;
	return (uint32_t)in.index;
}

/* How many children a node has. */
static int
arity(enum expr_kind kind)
{
	if (kind == NODE_NUMBER || kind == NODE_INPUT || kind == NODE_LABEL)
		return 0;
	if (kind == NODE_IF)
		return 3;
	if (kind == NODE_NEGATE || kind == NODE_NOT || kind == NODE_ABS ||
	    kind >= NODE_FLOOR)
		return 1;
	return 2;
}

/* A copy of another expression's node, with all below it. */
static uint32_t
copy_node(struct expr_parser *p, const struct expr *from, uint32_t at)
{
	struct expr_node n = from->nodes[at];
	size_t first = p->x->ninputs;
	int children = arity(n.kind);

	if (n.kind == NODE_ETA) {
		uint32_t level = n.input;

		n.input = copy_input(p, from, level);
		copy_input(p, from, level + 1);
	} else if (n.kind == NODE_INPUT)
		n.input = copy_input(p, from, n.input);
	if (children > 0)
		n.a = copy_node(p, from, n.a);
	if (children > 1)
		n.b = copy_node(p, from, n.b);
	if (children > 2)
		n.c = copy_node(p, from, n.c);
	if (n.selector != NULL)
		n.selector = selector_parse(span_of(selector_text(n.selector)),
		    NULL);
	if (n.kind >= NODE_OVER_AVG)
		expr_mark_inputs(p->x, first, n.selector);
	return expr_add_node(p, n);
}

/* An expression, or a comparison that lacks its left side. */
static uint32_t
parse_root(struct expr_parser *p, enum expr_type want, const struct expr *left)
{
	struct expr_token at = p->token;
	const struct expr_node *root;
	uint32_t node;

	if (left != NULL && p->token.kind == TOKEN_MARK &&
	    memchr("<>=!", p->token.text.p[0], 4) != NULL) {
		root = &left->nodes[left->root];
		if (root->kind < NODE_LESS || root->kind > NODE_NOT_EQUAL)
			return expr_expected(p, "a whole condition, because the"
						" one before is no comparison");
		node = parse_comparison_of(p, copy_node(p, left, root->a), &at);
	} else
		node = expr_parse_any(p);
	return expr_is_type(p, node, want, &at) ? node : EXPR_NONE;
}

struct expr *
expr_parse_words(const struct config_token *words, size_t n, size_t *at,
    enum expr_type want, const struct expr *left, bool all,
    struct expr_trouble *trouble)
{
	struct expr_parser p = {.words = words,
	    .nwords = n,
	    .trouble = trouble};

	p.token = expr_token_at(words, n, *at, 0);
	p.x = xcalloc(1, sizeof(*p.x));
	p.x->root = parse_root(&p, want, left);
	if (!p.bad && all && p.token.kind != TOKEN_END)
		expr_expected(&p, "an operator or the end");
	if (!p.bad)
		expr_settle_confidence(&p);
	/* In the middle of a word: what follows belongs to no statement. */
	if (!p.bad && p.token.kind != TOKEN_END && p.token.offset != 0)
		expr_expected(&p, "an operator");
	if (p.bad) {
		expr_free(p.x);
		return NULL;
	}
	*at = p.token.word;
	return p.x;
}
