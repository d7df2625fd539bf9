/* SPDX-License-Identifier: MIT */
/*
 * expr_eval: what an expression is for one entity.  Every value is the
 * interval of what it may be: a comparison whose answer is the same all over
 * it is known although a part is not, and no part that is silent can turn a
 * fire into an all-clear.  Pure: numbers come from the caller.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "expr_priv.h"

static const struct expr_value unknown_number = {-INFINITY, INFINITY};
static const struct expr_value unknown_condition = {0, 1};

struct run {
	const struct expr *x;
	const struct expr_env *env;
	void *at;
	bool never; /* an input was never there */
	bool missing; /* an input is not there now */
	expr_reach_fn *reach; /* not of an entity, of all there could be */
	void *reach_arg;
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

	if (r->reach != NULL)
		return r->reach(r->reach_arg, &r->x->inputs[n->input]);
	switch (
	    r->env->input(r->env->arg, r->at, &r->x->inputs[n->input], &v)) {
	case EXPR_FOUND:
		/* "Never" is an answer; a number that is none is not. */
		if (isfinite(v) ||
		    (v > 0 && !isnan(v) &&
			r->x->inputs[n->input].function == EXPR_FULL))
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

/* The bounds of all parts; owned by who ranks them. */
struct ends {
	double *lo, *hi;
	size_t n;
};

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

static int
descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

/* The rank-th greatest lies between that of the low ends and that of the
 * high ones. */
static struct expr_value
ranked(struct ends *e, double rank)
{
	size_t i = (size_t)rank - 1;
	struct expr_value v = unknown_number;

	if (i < e->n) {
		qsort(e->lo, e->n, sizeof(*e->lo), descending);
		qsort(e->hi, e->n, sizeof(*e->hi), descending);
		v = (struct expr_value){e->lo[i], e->hi[i]};
	}
	free(e->lo);
	free(e->hi);
	return v;
}

static void
note_ends(struct ends *e, struct expr_value v)
{
	if ((e->n & (e->n + 1)) == 0) {
		e->lo = xreallocarray(e->lo, 2 * (e->n + 1), sizeof(double));
		e->hi = xreallocarray(e->hi, 2 * (e->n + 1), sizeof(double));
	}
	e->lo[e->n] = v.lo;
	e->hi[e->n++] = v.hi;
}

/*
 * Over the parts.  One that has never had what is asked for (a CD drive has
 * no allocation) is not counted; one that has it not now makes the result as
 * uncertain as it is.
 */
static struct expr_value over_any(struct run *r, const struct expr_node *n);

static struct expr_value
over(struct run *r, const struct expr_node *n)
{
	struct run part = {.x = r->x, .env = r->env};
	struct gather g = {0};
	struct ends ends = {0};
	struct expr_value v;

	if (r->reach != NULL)
		return over_any(r, n);
	if (r->env->part == NULL)
		return unknown_number;
	while ((part.at = r->env->part(r->env->arg, r->at, n->selector,
		    part.at)) != NULL) {
		part.never = part.missing = false;
		v = eval(&part, n->a);
		if (!expr_known(v) && part.never && !part.missing)
			continue;
		gather(&g, v);
		if (n->kind == NODE_OVER_TOPK)
			note_ends(&ends, v);
	}
	if (n->kind == NODE_OVER_TOPK)
		g.max = ranked(&ends, n->number);
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
	case NODE_OVER_TOPK:
		return g.max;
	case NODE_OVER_SUM:
		return g.sum;
	default: /* NODE_OVER_AVG, NODE_OVER_RATIO */
		return divide(g.sum, exactly(g.n));
	}
}

/* Over parts that could be any number of any. */
static struct expr_value
over_any(struct run *r, const struct expr_node *n)
{
	struct expr_value v = eval(r, n->a);

	switch (n->kind) {
	case NODE_OVER_COUNT:
		return (struct expr_value){0, v.hi > 0 ? (double)INFINITY : 0};
	case NODE_OVER_RATIO:
		return v;
	case NODE_OVER_SUM:
		return (struct expr_value){v.lo < 0 ? -(double)INFINITY : v.lo,
		    v.hi > 0 ? (double)INFINITY : v.hi};
	default:
		return v;
	}
}

/*
 * Seconds until a line is at the limit: 0 when it is there, never (known, and
 * infinite) when it stands still or goes away from it.
 */
static struct expr_value
eta(struct run *r, const struct expr_node *n)
{
	struct expr_node level = {.type = EXPR_NUMBER, .input = n->input};
	struct expr_node slope = {.type = EXPR_NUMBER, .input = n->input + 1};
	struct expr_value at = input(r, &level), by = input(r, &slope);
	struct expr_value limit = eval(r, n->a);
	double way, seconds;

	if (r->reach != NULL)
		return (struct expr_value){0, (double)INFINITY};
	if (!expr_known(at) || !expr_known(by) || !expr_known(limit))
		return unknown_number;
	way = limit.lo - at.lo;
	if (way == 0)
		return exactly(0);
	seconds = by.lo != 0 ? way / by.lo : (double)INFINITY;
	return exactly(seconds < 0 ? (double)INFINITY : seconds);
}

/* Of functions that never fall. */
static struct expr_value
rising(enum expr_kind kind, struct expr_value v)
{
	double (*f)(double) = kind == NODE_FLOOR   ? floor
			      : kind == NODE_CEIL  ? ceil
			      : kind == NODE_ROUND ? round
			      : kind == NODE_SQRT  ? sqrt
			      : kind == NODE_LN    ? log
						   : exp;

	if ((kind == NODE_SQRT || kind == NODE_LN) && v.lo < 0)
		return unknown_number;
	return settled(between(f(v.lo), f(v.hi)));
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

struct expr_value
expr_both(struct expr_value a, struct expr_value b)
{
	return between(fmin(a.lo, b.lo), fmin(a.hi, b.hi));
}

static struct expr_value
logic(struct run *r, const struct expr_node *n)
{
	struct expr_value a = eval(r, n->a), b;

	if (n->kind == NODE_AND ? expr_is_false(a) : expr_is_true(a))
		return a;
	b = eval(r, n->b);
	if (n->kind == NODE_AND)
		return expr_both(a, b);
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
		if (r->reach != NULL)
			return unknown_condition;
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
	case NODE_FLOOR:
	case NODE_CEIL:
	case NODE_ROUND:
	case NODE_SQRT:
	case NODE_LN:
	case NODE_EXP:
		return rising(n->kind, eval(r, n->a));
	case NODE_ETA:
		return eta(r, n);
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

struct expr_value
expr_reach(const struct expr *x, expr_reach_fn *reach, void *arg)
{
	struct run r = {.x = x, .reach = reach, .reach_arg = arg};

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

const struct expr_input *
expr_side_input(const struct expr *x)
{
	const struct expr_node *n = comparison(x, x->root);

	if (n == NULL)
		return NULL;
	/* Through what keeps the unit. */
	do
		n = &x->nodes[n->a];
	while (n->kind == NODE_ABS || n->kind == NODE_NEGATE ||
	       n->kind == NODE_OVER_AVG || n->kind == NODE_OVER_MIN ||
	       n->kind == NODE_OVER_MAX || n->kind == NODE_OVER_SUM ||
	       n->kind == NODE_OVER_TOPK);
	return n->kind == NODE_INPUT || n->kind == NODE_ETA
		   ? &x->inputs[n->input]
		   : NULL;
}
