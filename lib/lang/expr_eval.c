/* SPDX-License-Identifier: MIT */
/*
 * expr_eval: what an expression is for one entity.  Every value is the
 * interval of what it may be: a comparison whose answer is the same all over
 * it is known although a part is not, and no part that is silent can turn a
 * fire into an all-clear.  Pure: numbers come from the caller.
 */
#include <math.h>

#include "expr_priv.h"

static const struct expr_value unknown_number = {-INFINITY, INFINITY};
static const struct expr_value unknown_condition = {0, 1};

struct run {
	const struct expr *x;
	const struct expr_env *env;
	void *at;
	bool never; /* an input was never there */
	bool missing; /* an input is not there now */
};

static struct expr_value eval(struct run *r, uint32_t node);

static struct expr_value
exactly(double v)
{
	return (struct expr_value){v, v};
}

/* Bounds that are no numbers bound nothing. */
static struct expr_value
between(double lo, double hi)
{
	if (isnan(lo) || isnan(hi))
		return unknown_number;
	return (struct expr_value){lo, hi};
}

/* A number that overflowed is not known. */
static struct expr_value
settled(struct expr_value v)
{
	return v.lo == v.hi && !isfinite(v.lo) ? unknown_number : v;
}

static struct expr_value
hull(double a, double b, double c, double d)
{
	if (isnan(a) || isnan(b) || isnan(c) || isnan(d))
		return unknown_number;
	return between(fmin(fmin(a, b), fmin(c, d)),
	    fmax(fmax(a, b), fmax(c, d)));
}

static struct expr_value
divide(struct expr_value a, struct expr_value b)
{
	if (b.lo <= 0 && b.hi >= 0)
		return unknown_number;
	return hull(a.lo / b.lo, a.lo / b.hi, a.hi / b.lo, a.hi / b.hi);
}

static struct expr_value
arithmetic(enum expr_kind kind, struct expr_value a, struct expr_value b)
{
	switch (kind) {
	case NODE_ADD:
		return settled(between(a.lo + b.lo, a.hi + b.hi));
	case NODE_SUBTRACT:
		return settled(between(a.lo - b.hi, a.hi - b.lo));
	case NODE_MULTIPLY:
		return settled(
		    hull(a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi));
	case NODE_DIVIDE:
		return settled(divide(a, b));
	case NODE_MIN2:
		return between(fmin(a.lo, b.lo), fmin(a.hi, b.hi));
	case NODE_MAX2:
		return between(fmax(a.lo, b.lo), fmax(a.hi, b.hi));
	default: /* NODE_MODULO */
		if (!expr_known(a) || !expr_known(b) || b.lo == 0)
			return unknown_number;
		return exactly(fmod(a.lo, b.lo));
	}
}

static struct expr_value
decided(bool yes, bool no)
{
	if (yes)
		return exactly(1);
	return no ? exactly(0) : unknown_condition;
}

static struct expr_value
compare(enum expr_kind kind, struct expr_value a, struct expr_value b)
{
	struct expr_value same;

	switch (kind) {
	case NODE_LESS:
		return decided(a.hi < b.lo, a.lo >= b.hi);
	case NODE_LESS_EQUAL:
		return decided(a.hi <= b.lo, a.lo > b.hi);
	case NODE_GREATER:
		return decided(a.lo > b.hi, a.hi <= b.lo);
	case NODE_GREATER_EQUAL:
		return decided(a.lo >= b.hi, a.hi < b.lo);
	default:
		same = decided(expr_known(a) && expr_known(b) && a.lo == b.lo,
		    a.hi < b.lo || a.lo > b.hi);
		if (kind == NODE_EQUAL)
			return same;
		return (struct expr_value){1 - same.hi, 1 - same.lo};
	}
}

static struct expr_value
input(struct run *r, const struct expr_node *n)
{
	double v = NAN;

	switch (
	    r->env->input(r->env->arg, r->at, &r->x->inputs[n->input], &v)) {
	case EXPR_FOUND:
		if (isfinite(v))
			return exactly(v);
		r->missing = true;
		break;
	case EXPR_NEVER:
		r->never = true;
		break;
	default:
		r->missing = true;
	}
	return n->type == EXPR_NUMBER ? unknown_number : unknown_condition;
}

/* What an aggregate gathers from the parts. */
struct gather {
	double n; /* parts that count */
	struct expr_value sum, min, max;
};

static void
gather(struct gather *g, struct expr_value v)
{
	if (g->n++ == 0) {
		g->sum = g->min = g->max = v;
		return;
	}
	g->sum = arithmetic(NODE_ADD, g->sum, v);
	g->min = arithmetic(NODE_MIN2, g->min, v);
	g->max = arithmetic(NODE_MAX2, g->max, v);
}

/*
 * Over the parts.  One that has never had what is asked for (a CD drive has
 * no allocation) is not counted; one that has it not now makes the result as
 * uncertain as it is.
 */
static struct expr_value
over(struct run *r, const struct expr_node *n)
{
	struct run part = {.x = r->x, .env = r->env};
	struct gather g = {0};
	struct expr_value v;

	if (r->env->part == NULL)
		return unknown_number;
	while ((part.at = r->env->part(r->env->arg, r->at, n->selector,
		    part.at)) != NULL) {
		part.never = part.missing = false;
		v = eval(&part, n->a);
		if (!expr_known(v) && part.never && !part.missing)
			continue;
		gather(&g, v);
	}
	if (n->kind == NODE_OVER_COUNT)
		return g.n == 0 ? exactly(0) : g.sum;
	if (g.n == 0) {
		r->never = true;
		return unknown_number;
	}
	if (!expr_known(g.sum))
		r->missing = true;
	switch (n->kind) {
	case NODE_OVER_MIN:
		return g.min;
	case NODE_OVER_MAX:
		return g.max;
	case NODE_OVER_SUM:
		return g.sum;
	default: /* NODE_OVER_AVG, NODE_OVER_RATIO */
		return divide(g.sum, exactly(g.n));
	}
}

/* Either branch where it is not known which. */
static struct expr_value
choose(struct run *r, const struct expr_node *n)
{
	struct expr_value c = eval(r, n->a), a, b;

	if (expr_is_true(c))
		return eval(r, n->b);
	if (expr_is_false(c))
		return eval(r, n->c);
	a = eval(r, n->b);
	b = eval(r, n->c);
	return between(fmin(a.lo, b.lo), fmax(a.hi, b.hi));
}

static struct expr_value
absolute(struct expr_value v)
{
	if (v.lo >= 0)
		return v;
	if (v.hi <= 0)
		return between(-v.hi, -v.lo);
	return between(0, fmax(-v.lo, v.hi));
}

static struct expr_value
logic(struct run *r, const struct expr_node *n)
{
	struct expr_value a = eval(r, n->a), b;

	if (n->kind == NODE_AND ? expr_is_false(a) : expr_is_true(a))
		return a;
	b = eval(r, n->b);
	if (n->kind == NODE_AND)
		return between(fmin(a.lo, b.lo), fmin(a.hi, b.hi));
	return between(fmax(a.lo, b.lo), fmax(a.hi, b.hi));
}

static struct expr_value
eval(struct run *r, uint32_t node)
{
	const struct expr_node *n = &r->x->nodes[node];
	struct expr_value a;

	switch (n->kind) {
	case NODE_NUMBER:
		return exactly(n->number);
	case NODE_INPUT:
		return input(r, n);
	case NODE_LABEL:
		return exactly(selector_entity(n->selector,
				   r->env->subject(r->env->arg, r->at))
				   ? 1
				   : 0);
	case NODE_NEGATE:
		a = eval(r, n->a);
		return (struct expr_value){-a.hi, -a.lo};
	case NODE_NOT:
		a = eval(r, n->a);
		return (struct expr_value){1 - a.hi, 1 - a.lo};
	case NODE_ABS:
		return absolute(eval(r, n->a));
	case NODE_IF:
		return choose(r, n);
	case NODE_AND:
	case NODE_OR:
		return logic(r, n);
	case NODE_LESS:
	case NODE_LESS_EQUAL:
	case NODE_GREATER:
	case NODE_GREATER_EQUAL:
	case NODE_EQUAL:
	case NODE_NOT_EQUAL:
		a = eval(r, n->a);
		return compare(n->kind, a, eval(r, n->b));
	case NODE_ADD:
	case NODE_SUBTRACT:
	case NODE_MULTIPLY:
	case NODE_DIVIDE:
	case NODE_MODULO:
	case NODE_MIN2:
	case NODE_MAX2:
		a = eval(r, n->a);
		return arithmetic(n->kind, a, eval(r, n->b));
	default:
		return over(r, n);
	}
}

struct expr_value
expr_eval(const struct expr *x, const struct expr_env *env, void *at)
{
	struct run r = {.x = x, .env = env, .at = at};

	return eval(&r, x->root);
}

/* The first comparison at or below a node, NULL when there is none. */
static const struct expr_node *
comparison(const struct expr *x, uint32_t node)
{
	const struct expr_node *n = &x->nodes[node], *found;

	if (n->kind >= NODE_LESS && n->kind <= NODE_NOT_EQUAL)
		return n;
	if (n->kind == NODE_NOT)
		return comparison(x, n->a);
	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return NULL;
	found = comparison(x, n->a);
	return found != NULL ? found : comparison(x, n->b);
}

bool
expr_sides(const struct expr *x, const struct expr_env *env, void *at,
    struct expr_value *is, struct expr_value *limit)
{
	const struct expr_node *n = comparison(x, x->root);
	struct run r = {.x = x, .env = env, .at = at};

	if (n == NULL)
		return false;
	*is = eval(&r, n->a);
	*limit = eval(&r, n->b);
	return true;
}
