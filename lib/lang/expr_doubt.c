/* SPDX-License-Identifier: MIT */
/*
 * expr_doubt: what is legal in an expression and probably not meant.  Never
 * evaluates it for an entity.
 */
#include <math.h>
#include <string.h>

#include "expr_priv.h"

#define CONJUNCTS_MAX 32

/* What the conjuncts so far ask of one input. */
struct wish {
	const struct expr_input *in;
	double least, most;
	bool open_least, open_most; /* the bound itself is none */
};

static bool
is_same(const struct expr_input *a, const struct expr_input *b)
{
	const char *as = a->scope != NULL ? a->scope : "";
	const char *bs = b->scope != NULL ? b->scope : "";

	return a->function == b->function && a->range == b->range &&
	       a->quantile == b->quantile && strcmp(as, bs) == 0 &&
	       a->metric != NULL && b->metric != NULL && a->over == NULL &&
	       b->over == NULL && strcmp(a->metric, b->metric) == 0;
}

static enum expr_kind
mirrored(enum expr_kind kind)
{
	switch (kind) {
	case NODE_LESS:
		return NODE_GREATER;
	case NODE_LESS_EQUAL:
		return NODE_GREATER_EQUAL;
	case NODE_GREATER:
		return NODE_LESS;
	case NODE_GREATER_EQUAL:
		return NODE_LESS_EQUAL;
	default:
		return kind;
	}
}

static void
narrow(struct wish *w, enum expr_kind kind, double limit)
{
	bool open = kind == NODE_LESS || kind == NODE_GREATER;

	if (kind == NODE_NOT_EQUAL)
		return;
	if (kind != NODE_LESS && kind != NODE_LESS_EQUAL &&
	    (limit > w->least || (limit == w->least && open))) {
		w->least = limit;
		w->open_least = open;
	}
	if (kind != NODE_GREATER && kind != NODE_GREATER_EQUAL &&
	    (limit < w->most || (limit == w->most && open))) {
		w->most = limit;
		w->open_most = open;
	}
}

static bool
is_empty(const struct wish *w)
{
	return w->least > w->most ||
	       (w->least == w->most && (w->open_least || w->open_most));
}

/* Takes the conjuncts at or below node in; the first input without a value
 * that pleases all. */
static const struct expr_input *
gather(const struct expr *x, uint32_t node, struct wish *wishes, size_t *n)
{
	const struct expr_node *at = &x->nodes[node], *a, *b;
	const struct expr_input *bad, *in;
	enum expr_kind kind = at->kind;
	size_t i;

	if (kind == NODE_AND) {
		bad = gather(x, at->a, wishes, n);
		return bad != NULL ? bad : gather(x, at->b, wishes, n);
	}
	if (kind < NODE_LESS || kind > NODE_NOT_EQUAL)
		return NULL;
	a = &x->nodes[at->a];
	b = &x->nodes[at->b];
	if (a->kind == NODE_NUMBER) {
		const struct expr_node *swap = a;

		a = b;
		b = swap;
		kind = mirrored(kind);
	}
	if (a->kind != NODE_INPUT || b->kind != NODE_NUMBER)
		return NULL;
	in = &x->inputs[a->input];
	for (i = 0; i < *n && !is_same(wishes[i].in, in); i++)
		;
	if (i == CONJUNCTS_MAX)
		return NULL;
	if (i == *n)
		wishes[(*n)++] = (struct wish){.in = in,
		    .least = -(double)INFINITY,
		    .most = (double)INFINITY};
	narrow(&wishes[i], kind, b->number);
	return is_empty(&wishes[i]) ? in : NULL;
}

const struct expr_input *
expr_contradiction(const struct expr *x)
{
	struct wish wishes[CONJUNCTS_MAX];
	size_t n = 0;

	return gather(x, x->root, wishes, &n);
}

bool
expr_horizon(const struct expr *x, double *ahead, double *window)
{
	const struct expr_node *n, *eta, *limit;
	double worst = 0, w;

	for (uint32_t i = 0; i < x->nnodes; i++) {
		n = &x->nodes[i];
		if (n->kind < NODE_LESS || n->kind > NODE_NOT_EQUAL)
			continue;
		eta = &x->nodes[n->a];
		limit = &x->nodes[n->b];
		if (eta->kind != NODE_ETA) {
			eta = &x->nodes[n->b];
			limit = &x->nodes[n->a];
		}
		if (eta->kind != NODE_ETA || limit->kind != NODE_NUMBER)
			continue;
		w = x->inputs[eta->input].range;
		if (limit->number / w <= worst)
			continue;
		worst = limit->number / w;
		*ahead = limit->number;
		*window = w;
	}
	return worst > 0;
}

double *
expr_limit(struct expr *x, size_t i)
{
	struct expr_node *n, *side;

	for (uint32_t k = 0; k < x->nnodes; k++) {
		n = &x->nodes[k];
		if (n->kind < NODE_LESS || n->kind > NODE_NOT_EQUAL)
			continue;
		for (int right = 0; right < 2; right++) {
			side = &x->nodes[right ? n->b : n->a];
			if (side->kind == NODE_NUMBER && i-- == 0)
				return &side->number;
		}
	}
	return NULL;
}
