/* SPDX-License-Identifier: MIT */
/*
 * expr_call: what stands behind a name with an open bracket: windows, parts,
 * analyses.  A part of expr_parse; never evaluates.
 */
#include <math.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "expr_priv.h"

#define TOPK_MAX 1000
#define BASELINE_SEASONS 3 /* one is no habit */
#define CHANGE_RANGE 3600.0 /* how long a change is news */

/* The shapes of calls, by what stands behind the bracket. */
enum call {
	CALL_WINDOW, /* (METRIC, TIME) or (EXPR over ENTITY) */
	CALL_LATEST, /* (METRIC), (METRIC, TIME), (EXPR over ENTITY) */
	CALL_ENTITY, /* (), (TIME), (METRIC), (METRIC, TIME) */
	CALL_VALUES, /* (EXPR, ...) */
	CALL_OVER, /* (EXPR over ENTITY) */
	CALL_TOPK, /* (NUMBER, EXPR over ENTITY) */
	CALL_ETA, /* (METRIC, EXPR, TIME) */
	CALL_PAST, /* (METRIC, TIME) */
	CALL_BASELINE, /* (METRIC, TIME, hour) */
	CALL_FORECAST, /* (METRIC, TIME) */
	CALL_ANALYSIS, /* (), (METRIC) */
	CALL_CHANGE, /* (METRIC), (METRIC, TIME) */
	CALL_NOTHING /* () */
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
    {"raw", CALL_PAST, EXPR_RAW, NO_OVER, 0},
    {"avg", CALL_WINDOW, EXPR_AVG, NODE_OVER_AVG, 0},
    {"min", CALL_WINDOW, EXPR_MIN, NODE_OVER_MIN, 0},
    {"max", CALL_WINDOW, EXPR_MAX, NODE_OVER_MAX, 0},
    {"sum", CALL_WINDOW, EXPR_SUM, NODE_OVER_SUM, 0},
    {"count", CALL_WINDOW, EXPR_COUNT, NODE_OVER_COUNT, 0},
    {"topk", CALL_TOPK, EXPR_LAST, NODE_OVER_TOPK, 0},
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
    {"offset", CALL_PAST, EXPR_OFFSET, NO_OVER, 0},
    {"baseline", CALL_BASELINE, EXPR_BASELINE_HOUR, NO_OVER, 0},
    {"eta", CALL_ETA, EXPR_LEVEL, NO_OVER, 0},
    {"anomaly", CALL_ANALYSIS, EXPR_ANOMALY, NO_OVER, 0},
    {"full", CALL_ANALYSIS, EXPR_FULL, NO_OVER, 0},
    {"forecast", CALL_FORECAST, EXPR_FORECAST, NO_OVER, 0},
    {"change", CALL_CHANGE, EXPR_CHANGE, NO_OVER, 0},
    {"cause", CALL_NOTHING, EXPR_CAUSE, NO_OVER, 0},
    {"confidence", CALL_NOTHING, EXPR_CONFIDENCE, NO_OVER, 0},
    {"now", CALL_NOTHING, EXPR_NOW, NO_OVER, 0},
    {"if", CALL_VALUES, EXPR_LAST, NODE_IF, 3},
    {"abs", CALL_VALUES, EXPR_LAST, NODE_ABS, 1},
    {"min2", CALL_VALUES, EXPR_LAST, NODE_MIN2, 2},
    {"max2", CALL_VALUES, EXPR_LAST, NODE_MAX2, 2},
    {"floor", CALL_VALUES, EXPR_LAST, NODE_FLOOR, 1},
    {"ceil", CALL_VALUES, EXPR_LAST, NODE_CEIL, 1},
    {"round", CALL_VALUES, EXPR_LAST, NODE_ROUND, 1},
    {"sqrt", CALL_VALUES, EXPR_LAST, NODE_SQRT, 1},
    {"ln", CALL_VALUES, EXPR_LAST, NODE_LN, 1},
    {"exp", CALL_VALUES, EXPR_LAST, NODE_EXP, 1},
};

/* The entity as a whole. */
static uint32_t
add_entity_input(struct expr_parser *p)
{
	struct expr *x = p->x;

	x->inputs = xreallocarray(x->inputs, x->ninputs + 1,
	    sizeof(*x->inputs));
	x->inputs[x->ninputs] = (struct expr_input){.index = x->ninputs};
	x->ninputs++;
	return expr_add_node(p, (struct expr_node){.kind = NODE_INPUT,
				    .type = EXPR_NUMBER,
				    .input = (uint32_t)(x->ninputs - 1)});
}

/* A time in a call. */
static bool
parse_time(struct expr_parser *p, double most, double *seconds)
{
	struct buf what = {0};

	if (p->token.kind != TOKEN_NUMBER || !p->token.time ||
	    p->token.number <= 0) {
		expr_expected(p, "a time such as 5m");
		return false;
	}
	if (p->token.number > most) {
		buf_addf(&what, "at most %.0fd", most / 86400);
		expr_expected(p, what.data);
		buf_free(&what);
		return false;
	}
	*seconds = p->token.number;
	expr_advance(p);
	return true;
}

static bool
parse_range(struct expr_parser *p, struct expr_input *in)
{
	return parse_time(p, EXPR_RANGE_MAX, &in->range);
}

static uint32_t
close_call(struct expr_parser *p, uint32_t node)
{
	if (node == EXPR_NONE)
		return EXPR_NONE;
	return expr_accept_mark(p, ")") ? node : expr_expected(p, "')'");
}

/* The inputs from the first on are of parts. */
void
expr_mark_inputs(struct expr *x, size_t first, const struct selector *over)
{
	for (; first < x->ninputs; first++)
		if (x->inputs[first].over == NULL)
			x->inputs[first].over = over;
}

/* "over ENTITY" behind the argument of an aggregate, whose inputs begin at
 * first. */
static uint32_t
parse_over(struct expr_parser *p, const struct function *f, uint32_t arg,
    size_t first, double rank, const struct expr_token *at)
{
	bool counts = f->over == NODE_OVER_COUNT || f->over == NODE_OVER_RATIO;
	struct selector *s;
	struct span what;
	struct nc_err e;

	if (f->over == NO_OVER) {
		expr_fail(p, at,
		    "%s over parts, expected one of avg min max sum"
		    " count ratio topk",
		    f->name);
		return EXPR_NONE;
	}
	if (!expr_is_type(p, arg, counts ? EXPR_CONDITION : EXPR_NUMBER, at))
		return EXPR_NONE;
	if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_SELECTOR)
		return expr_expected(p, "an entity such as vm.disk");
	/* All of the word: an entity may be a pattern. */
	what = (struct span){p->words[p->token.word].text + p->token.offset,
	    p->words[p->token.word].len - p->token.offset};
	p->token.text = what;
	p->token.after = p->words[p->token.word].len;
	if ((s = selector_parse(what, &e)) == NULL) {
		expr_fail(p, &p->token, "%s", e.msg);
		return EXPR_NONE;
	}
	if (selector_has_metrics(s)) {
		selector_free(s);
		return expr_expected(p, "an entity without metrics");
	}
	expr_advance(p);
	expr_mark_inputs(p->x, first, s);
	return close_call(p,
	    expr_add_node(p, (struct expr_node){.kind = f->over,
				 .type = EXPR_NUMBER,
				 .a = arg,
				 .number = rank,
				 .selector = s}));
}

/* (EXPR, EXPR, ...): the bracket is open. */
static uint32_t
parse_values(struct expr_parser *p, const struct function *f)
{
	uint32_t v[3] = {EXPR_NONE, EXPR_NONE, EXPR_NONE};
	struct expr_token at;

	for (int i = 0; i < f->nvalues; i++) {
		if (i > 0 && !expr_accept_mark(p, ","))
			return expr_expected(p, "','");
		at = p->token;
		v[i] = expr_parse_any(p);
		if (!expr_is_type(p, v[i],
			f->over == NODE_IF && i == 0 ? EXPR_CONDITION
						     : EXPR_NUMBER,
			&at))
			return EXPR_NONE;
	}
	return close_call(p,
	    expr_add_node(p, (struct expr_node){.kind = f->over,
				 .type = EXPR_NUMBER,
				 .a = v[0],
				 .b = v[1],
				 .c = v[2]}));
}

/* absent() absent(3m) absent(m) absent(m, 3m), and age, present. */
static uint32_t
parse_entity_call(struct expr_parser *p, const struct function *f)
{
	struct expr_input *in;
	uint32_t node;

	if (p->token.kind == TOKEN_NAME && !expr_is_reserved(p->token.text)) {
		struct span name = p->token.text;

		expr_advance(p);
		node = expr_add_input(p, name);
	} else
		node = add_entity_input(p);
	if (node == EXPR_NONE)
		return EXPR_NONE;
	in = &p->x->inputs[p->x->ninputs - 1];
	in->function = f->window;
	if (f->window != EXPR_AGE)
		p->x->nodes[node].type = EXPR_CONDITION;
	if (expr_is_mark(p, ")"))
		return close_call(p, node);
	if (f->window == EXPR_AGE)
		return expr_expected(p, "')'");
	if (in->metric != NULL && !expr_accept_mark(p, ","))
		return expr_expected(p, "',' or ')'");
	if (!parse_range(p, in))
		return EXPR_NONE;
	return close_call(p, node);
}

/* (METRIC, TIME) or (EXPR over ENTITY): the bracket is open. */
static uint32_t
parse_window(struct expr_parser *p, const struct function *f, double quantile)
{
	struct expr_token at = p->token;
	size_t first = p->x->ninputs;
	uint32_t node = expr_parse_any(p);
	struct expr_input *in;
	struct expr_node *n;

	if (node == EXPR_NONE)
		return EXPR_NONE;
	if (expr_accept_word(p, "over"))
		return parse_over(p, f, node, first, 0, &at);
	n = &p->x->nodes[node];
	if (f->call == CALL_OVER)
		return expr_expected(p, "over ENTITY");
	if (n->kind != NODE_INPUT ||
	    p->x->inputs[n->input].function != EXPR_LAST) {
		expr_fail(p, &at,
		    "%s of an expression, expected the name of a"
		    " metric, or over ENTITY",
		    f->name);
		return EXPR_NONE;
	}
	in = &p->x->inputs[n->input];
	in->function = f->window;
	in->quantile = quantile;
	if (f->call == CALL_LATEST && expr_is_mark(p, ")"))
		return close_call(p, node);
	if (!expr_accept_mark(p, ","))
		return expr_expected(p, f->over == NO_OVER
					    ? "', TIME'"
					    : "', TIME' or 'over ENTITY'");
	if (!parse_range(p, in))
		return EXPR_NONE;
	return close_call(p, node);
}

/* topk(RANK, EXPR over ENTITY) */
static uint32_t
parse_topk(struct expr_parser *p, const struct function *f)
{
	double rank = p->token.number;
	struct expr_token at;
	size_t first;
	uint32_t node;

	if (p->token.kind != TOKEN_NUMBER || p->token.time || rank < 1 ||
	    rank > TOPK_MAX || rank != floor(rank))
		return expr_expected(p, "which, from 1 to 1000");
	expr_advance(p);
	if (!expr_accept_mark(p, ","))
		return expr_expected(p, "','");
	at = p->token;
	first = p->x->ninputs;
	node = expr_parse_any(p);
	if (node == EXPR_NONE)
		return EXPR_NONE;
	if (!expr_accept_word(p, "over"))
		return expr_expected(p, "over ENTITY");
	return parse_over(p, f, node, first, rank, &at);
}

/* The name of a metric becomes an input of f; the next comma is passed. */
static uint32_t
parse_metric(struct expr_parser *p, enum expr_function f, bool more)
{
	struct span name = p->token.text;
	uint32_t node;

	if (p->token.kind != TOKEN_NAME || expr_is_reserved(name))
		return expr_expected(p, "a metric");
	expr_advance(p);
	if ((node = expr_add_input(p, name)) == EXPR_NONE)
		return EXPR_NONE;
	p->x->inputs[p->x->ninputs - 1].function = f;
	if (more && !expr_accept_mark(p, ","))
		return expr_expected(p, "','");
	return node;
}

/* offset(m, TIME) baseline(m, TIME, hour) forecast(m, TIME) */
static uint32_t
parse_past(struct expr_parser *p, const struct function *f)
{
	bool base = f->call == CALL_BASELINE;
	uint32_t node = parse_metric(p, f->window, f->window != EXPR_RAW);
	size_t i = p->x->ninputs - 1;

	if (f->window == EXPR_RAW)
		return close_call(p, node);

	if (node == EXPR_NONE ||
	    !parse_time(p,
		f->call == CALL_FORECAST ? EXPR_AHEAD_MAX : EXPR_PAST_MAX,
		&p->x->inputs[i].range))
		return EXPR_NONE;
	if (!base)
		return close_call(p, node);
	if (!expr_accept_mark(p, ","))
		return expr_expected(p, "', hour' or ', weekhour'");
	if (expr_accept_word(p, "weekhour"))
		p->x->inputs[i].function = EXPR_BASELINE_WEEKHOUR;
	else if (!expr_accept_word(p, "hour"))
		return expr_expected(p, "hour or weekhour");
	if (p->x->inputs[i].range <
	    BASELINE_SEASONS * (p->x->inputs[i].function == EXPR_BASELINE_HOUR
				       ? 86400
				       : 604800)) {
		expr_expected(p, "three days or weeks at least before it");
		return EXPR_NONE;
	}
	return close_call(p, node);
}

/* eta(m, LIMIT, TIME): two inputs, where the line is and where it goes. */
static uint32_t
parse_eta(struct expr_parser *p)
{
	struct expr *x = p->x;
	struct span name = p->token.text;
	uint32_t limit, level = (uint32_t)x->ninputs;
	struct expr_token at;

	if (parse_metric(p, EXPR_LEVEL, true) == EXPR_NONE ||
	    expr_add_input(p, name) == EXPR_NONE)
		return EXPR_NONE;
	x->inputs[level + 1].function = EXPR_SLOPE;
	at = p->token;
	limit = expr_parse_any(p);
	if (!expr_is_type(p, limit, EXPR_NUMBER, &at))
		return EXPR_NONE;
	if (!expr_accept_mark(p, ","))
		return expr_expected(p, "', TIME', the window it is fitted to");
	if (!parse_time(p, EXPR_PAST_MAX, &x->inputs[level].range))
		return EXPR_NONE;
	x->inputs[level + 1].range = x->inputs[level].range;
	p->calls++;
	p->call = level;
	return close_call(p,
	    expr_add_node(p, (struct expr_node){.kind = NODE_ETA,
				 .type = EXPR_NUMBER,
				 .a = limit,
				 .input = level}));
}

/* What nc-analyze has found: anomaly() full(m) change(m, 2h) cause() ... */
static uint32_t
parse_analysis(struct expr_parser *p, const struct function *f,
    const struct expr_token *at)
{
	uint32_t node;
	size_t i = p->x->ninputs;

	if (f->call == CALL_CHANGE ||
	    (f->call == CALL_ANALYSIS && !expr_is_mark(p, ")")))
		node = parse_metric(p, f->window, false);
	else
		node = add_entity_input(p);
	if (node == EXPR_NONE)
		return EXPR_NONE;
	p->x->inputs[i].function = f->window;
	if (f->window == EXPR_CHANGE) {
		p->x->inputs[i].range = CHANGE_RANGE;
		if (expr_accept_mark(p, ",") &&
		    !parse_time(p, EXPR_PAST_MAX, &p->x->inputs[i].range))
			return EXPR_NONE;
	}
	if (f->window == EXPR_CONFIDENCE) {
		p->wants_call = true;
		p->confidence = *at;
	} else if (f->window != EXPR_NOW) {
		p->calls++;
		p->call = (uint32_t)i;
	}
	return close_call(p, node);
}

void
expr_settle_confidence(struct expr_parser *p)
{
	const struct expr_input *call;
	struct expr_input *in;

	if (!p->wants_call)
		return;
	if (p->calls != 1) {
		expr_fail(p, &p->confidence,
		    "confidence() beside %s, expected one analysis in the"
		    " condition",
		    p->calls == 0 ? "no analysis" : "several analyses");
		return;
	}
	call = &p->x->inputs[p->call];
	for (size_t i = 0; i < p->x->ninputs; i++) {
		in = &p->x->inputs[i];
		if (in->function != EXPR_CONFIDENCE || in->of != EXPR_LAST)
			continue;
		if (call->function == EXPR_LEVEL)
			in->function = EXPR_CERTAINTY;
		in->of = call->function;
		in->range = call->range;
		if (call->scope != NULL)
			in->scope = xstrdup(call->scope);
		if (call->metric != NULL)
			in->metric = xstrdup(call->metric);
	}
}

uint32_t
expr_parse_call(struct expr_parser *p, struct span name,
    const struct expr_token *at)
{
	static const struct function quantile = {"a quantile", CALL_WINDOW,
	    EXPR_QUANTILE, NO_OVER, 0};
	const struct function *f = NULL;

	expr_advance(p);
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
		expr_fail(p, at,
		    "unknown function '%.*s', expected one such as avg max"
		    " p95 rate eta anomaly absent (see nc-rules(5))",
		    SPAN_ARG(name));
		return EXPR_NONE;
	}
	switch (f->call) {
	case CALL_VALUES:
		return parse_values(p, f);
	case CALL_ENTITY:
		return parse_entity_call(p, f);
	case CALL_TOPK:
		return parse_topk(p, f);
	case CALL_ETA:
		return parse_eta(p);
	case CALL_PAST:
	case CALL_BASELINE:
		return parse_past(p, f);
	case CALL_FORECAST:
		p->calls++;
		p->call = (uint32_t)p->x->ninputs;
		return parse_past(p, f);
	case CALL_ANALYSIS:
	case CALL_CHANGE:
	case CALL_NOTHING:
		return parse_analysis(p, f, at);
	default:
		return parse_window(p, f, 0);
	}
}
