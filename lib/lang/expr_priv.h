/* SPDX-License-Identifier: MIT */
/* expr_priv: the tree of an expression; only expr*.c include it. */
#ifndef NC_LANG_EXPR_PRIV_H
#define NC_LANG_EXPR_PRIV_H

#include <stdint.h>

#include "lang/expr.h"

enum expr_kind {
	NODE_NUMBER,
	NODE_INPUT,
	NODE_LABEL, /* selector: of the entity itself */
	NODE_NEGATE,
	NODE_NOT,
	NODE_ADD,
	NODE_SUBTRACT,
	NODE_MULTIPLY,
	NODE_DIVIDE,
	NODE_MODULO,
	NODE_LESS,
	NODE_LESS_EQUAL,
	NODE_GREATER,
	NODE_GREATER_EQUAL,
	NODE_EQUAL,
	NODE_NOT_EQUAL,
	NODE_AND,
	NODE_OR,
	NODE_IF,
	NODE_ABS,
	NODE_MIN2,
	NODE_MAX2,
	NODE_FLOOR,
	NODE_CEIL,
	NODE_ROUND,
	NODE_SQRT,
	NODE_LN,
	NODE_EXP,
	NODE_ETA, /* of input (its level; the next is its slope) to a */
	NODE_OVER_AVG, /* aggregates of child a over the parts in selector */
	NODE_OVER_MIN,
	NODE_OVER_MAX,
	NODE_OVER_SUM,
	NODE_OVER_COUNT,
	NODE_OVER_RATIO,
	NODE_OVER_TOPK /* the number-th greatest */
};

struct expr_node {
	enum expr_kind kind;
	enum expr_type type;
	uint32_t a, b, c; /* children */
	uint32_t input;
	double number;
	struct selector *selector; /* owned, NULL when none */
};

struct expr {
	struct expr_node *nodes;
	uint32_t nnodes;
	uint32_t root;
	struct expr_input *inputs; /* their texts are owned */
	size_t ninputs;
};

enum expr_token_kind {
	TOKEN_NUMBER,
	TOKEN_NAME,
	TOKEN_STRING,
	TOKEN_SELECTOR,
	TOKEN_MARK, /* an operator, a bracket, a comma */
	TOKEN_BAD, /* text says why */
	TOKEN_END
};

struct expr_token {
	enum expr_token_kind kind;
	struct span text;
	double number; /* with its unit */
	bool time; /* the number said a unit of time */
	size_t word; /* which token of the statement */
	size_t offset, after; /* bytes of it before and up to its end */
};

#define EXPR_NONE UINT32_MAX /* no node: trouble was noted */

struct expr_trouble {
	size_t word, offset; /* where: offset bytes into that word */
	char what[160];
};

struct expr_parser {
	struct expr *x;
	const struct config_token *words;
	size_t nwords;
	struct expr_token token; /* in hand */
	int depth;
	unsigned calls; /* of an analysis; eta() is one */
	bool wants_call; /* confidence() was read, ... */
	struct expr_token confidence; /* ... here */
	uint32_t call; /* input of the latest of them */
	bool bad; /* the first trouble was noted */
	struct expr_trouble *trouble;
};

/* expr_token.c: the words of the configuration grammar are generous: a/b*2 is
 * one.  What begins at byte offset of word number at. */
struct expr_token expr_token_at(const struct config_token *words, size_t n,
    size_t at, size_t offset);

/*
 * expr_parse.c: the longest expression (all: nothing may follow) at words[*at];
 * *at is behind it then.  NULL and *trouble when there is none.  Owned.
 */
struct expr *expr_parse_words(const struct config_token *words, size_t n,
    size_t *at, enum expr_type want, const struct expr *left, bool all,
    struct expr_trouble *trouble);

/* expr_parse.c, for expr_call.c.  Each takes what it is about and moves on;
 * EXPR_NONE and false after trouble was noted. */
void expr_fail(struct expr_parser *p, const struct expr_token *t,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
uint32_t expr_expected(struct expr_parser *p, const char *what);
void expr_advance(struct expr_parser *p);
bool expr_is_mark(const struct expr_parser *p, const char *mark);
bool expr_accept_mark(struct expr_parser *p, const char *mark);
bool expr_accept_word(struct expr_parser *p, const char *word);
bool expr_is_reserved(struct span s);
uint32_t expr_add_node(struct expr_parser *p, struct expr_node node);
uint32_t expr_add_input(struct expr_parser *p, struct span name);
bool expr_is_type(struct expr_parser *p, uint32_t node, enum expr_type want,
    const struct expr_token *t);
uint32_t expr_parse_any(struct expr_parser *p);

/* expr_call.c: behind a name with an open bracket. */
uint32_t expr_parse_call(struct expr_parser *p, struct span name,
    const struct expr_token *at);
/* The inputs from the first on are of parts. */
void expr_mark_inputs(struct expr *x, size_t first,
    const struct selector *over);
/* At the end: which analysis confidence() is about. */
void expr_settle_confidence(struct expr_parser *p);

#endif
