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
	NODE_OVER_AVG, /* aggregates of child a over the parts in selector */
	NODE_OVER_MIN,
	NODE_OVER_MAX,
	NODE_OVER_SUM,
	NODE_OVER_COUNT,
	NODE_OVER_RATIO
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

/* expr_token.c: the words of the configuration grammar are generous: a/b*2 is
 * one.  What begins at byte offset of word number at. */
struct expr_token expr_token_at(const struct config_token *words, size_t n,
    size_t at, size_t offset);

struct expr_trouble {
	size_t word, offset; /* where: offset bytes into that word */
	char what[160];
};

/*
 * expr_parse.c: the longest expression (all: nothing may follow) at words[*at];
 * *at is behind it then.  NULL and *trouble when there is none.  Owned.
 */
struct expr *expr_parse_words(const struct config_token *words, size_t n,
    size_t *at, enum expr_type want, const struct expr *left, bool all,
    struct expr_trouble *trouble);

#endif
