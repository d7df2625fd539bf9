/* SPDX-License-Identifier: MIT */
/* Unit tests of expr: grammar, types, three values, bounds on input. */
#include "lang/expr.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tap.h"

/* A disk with three parts, of which one is silent and one has no load. */
struct thing {
	const char *entity, *id;
	double free_ratio, load;
	struct thing *parts, *next;
};

static struct thing parts[] = {
    {"part", "a", 0.5, 10, NULL, &parts[1]},
    {"part", "b", 0.25, NAN, NULL, &parts[2]},
    {"part", "c", 0.75, 30, NULL, &parts[3]},
    {"other", "d", 0.01, 99, NULL, NULL},
};

static struct thing whole = {"disk", "sda", 0.08, 3, parts, NULL};

static enum expr_found
get(void *arg, void *at, const struct expr_input *in, double *value)
{
	struct thing *t = at;

	(void)arg;
	if (in->scope != NULL && strcmp(in->scope, "host") == 0)
		t = &whole;
	if (in->function == EXPR_NOW) {
		*value = 1e9;
		return EXPR_FOUND;
	}
	if (in->metric == NULL) {
		*value = in->function == EXPR_ABSENT ? in->range > 60 : 5;
		return EXPR_FOUND;
	}
	if (strcmp(in->metric, "never") == 0 ||
	    (strcmp(in->metric, "some") == 0 && t->load > 20))
		return EXPR_NEVER;
	if (strcmp(in->metric, "free_ratio") == 0)
		*value = t->free_ratio;
	else if (strcmp(in->metric, "load") == 0 ||
		 strcmp(in->metric, "some") == 0)
		*value = t->load;
	else if (strcmp(in->metric, "window") == 0)
		*value = in->range + in->quantile;
	else if (strcmp(in->metric, "filling") == 0)
		*value = in->function == EXPR_LEVEL   ? 100
			 : in->function == EXPR_SLOPE ? -in->range / 360
						      : 0.97;
	else if (strcmp(in->metric, "disk") == 0)
		*value = in->function == EXPR_FULL ? (double)INFINITY
			 : in->function == EXPR_CONFIDENCE
			     ? (in->of == EXPR_FULL ? 0.25 : 0.75)
			     : (double)in->function + in->range;
	else
		return EXPR_UNKNOWN;
	return isnan(*value) ? EXPR_UNKNOWN : EXPR_FOUND;
}

static const struct selector_subject *
subject(void *arg, void *at)
{
	static struct selector_subject s;
	struct thing *t = at;

	(void)arg;
	s = (struct selector_subject){.host = span_of("hv1"),
	    .entity = span_of(t->entity),
	    .id = span_of(t->id)};
	return &s;
}

static void *
part(void *arg, void *at, const struct selector *over, void *after)
{
	struct thing *t = after != NULL ? ((struct thing *)after)->next
					: ((struct thing *)at)->parts;

	for (; t != NULL; t = t->next)
		if (selector_entity(over, subject(arg, t)))
			return t;
	return NULL;
}

static const struct expr_env env = {.input = get,
    .subject = subject,
    .part = part};

#define UNKNOWN ((double)NAN)

static void
values(void)
{
	static const struct {
		const char *text;
		double want; /* UNKNOWN: not known */
	} rows[] = {
	    {"1 + 2 * 3", 7},
	    {"(1 + 2) * 3", 9},
	    {"1+2*3-4/2", 5},
	    {"10 - 3 - 2", 5},
	    {"17 % 5", 2},
	    {"-3 + 1", -2},
	    {"10%", 0.1},
	    {"250ms", 0.25},
	    {"3m", 180},
	    {"5KiB", 5120},
	    {"1.5e3", 1500},
	    {"load", 3},
	    {"load*100", 300},
	    {"host.load + 1", 4},
	    {"1 / 0", UNKNOWN},
	    {"1 / (load - 3)", UNKNOWN},
	    {"lost", UNKNOWN},
	    {"lost * 0", UNKNOWN},
	    {"1e308 * 10", UNKNOWN},
	    {"abs(-4)", 4},
	    {"min2(3, 4) + max2(3, 4)", 7},
	    {"if(load > 2, 1, 2)", 1},
	    {"if(load > 3, 1, 2)", 2},
	    {"if(lost > 3, 1, 2)", UNKNOWN},
	    {"if(lost > 3, 2, 2)", 2},
	    {"avg(window, 5m)", 300},
	    {"p95(window, 1m)", 60.95},
	    {"rate(window)", 0},
	    {"rate(window,90s)", 90},
	    {"age()", 5},
	    {"max(free_ratio over part)", 0.75},
	    {"min(free_ratio over part)", 0.25},
	    {"min(free_ratio over p*)*100", 25},
	    {"sum(free_ratio over part)", 1.5},
	    {"avg(free_ratio over part)", 0.5},
	    {"max(free_ratio over part{id=[ab]})", 0.5},
	    {"count(free_ratio >= 0.5 over part)", 2},
	    {"ratio(free_ratio >= 0.5 over part{id!=b})", 1},
	    {"count(load > 1 over nothing)", 0},
	    {"sum(load over nothing)", UNKNOWN},
	    {"sum(load over part)", UNKNOWN}, /* b is silent */
	    {"count(load > 20 over part)", UNKNOWN},
	    {"sum(some over part{id!=b})", 10}, /* c never had it */
	    {"sum(never over part)", UNKNOWN},
	    {"max(window over part)", 0},
	    /* What it was, is usually, will be. */
	    {"eta(filling, 0, 1h)", 10},
	    {"eta(filling, 50, 1h)", 5},
	    {"eta(filling, 100, 1h)", 0},
	    {"eta(filling, free_ratio * 500, 1h)", 6},
	    {"min2(eta(filling, 200, 1h), 7)", 7}, /* away from it: never */
	    {"eta(lost, 0, 1h)", UNKNOWN},
	    {"eta(filling, lost, 1h)", UNKNOWN},
	    {"offset(disk, 1d) - 86400", EXPR_OFFSET},
	    {"baseline(disk, 7d, hour) - 604800", EXPR_BASELINE_HOUR},
	    {"baseline(disk, 4w, weekhour)-2419200", EXPR_BASELINE_WEEKHOUR},
	    {"anomaly(disk)", EXPR_ANOMALY},
	    {"forecast(disk, 24h) - 86400", EXPR_FORECAST},
	    {"change(disk) - 3600", EXPR_CHANGE},
	    {"change(disk, 2h) - 7200", EXPR_CHANGE},
	    {"anomaly()", 5}, /* of the entity */
	    {"full() + cause()", 10},
	    {"now() - 1", 1e9 - 1},
	    {"if(full(disk) < 2h, 1, 2)", 2},
	    {"if(anomaly(disk) > 0, confidence(), 0)", 0.75},
	    {"full(disk) - full(disk)", UNKNOWN},
	    {"floor(2.5) + ceil(2.5) + round(2.6)", 8},
	    {"sqrt(16) + exp(0) + ln(1)", 5},
	    {"sqrt(-1)", UNKNOWN},
	    {"ln(0)", UNKNOWN},
	    {"topk(1, free_ratio over part)", 0.75},
	    {"topk(2, free_ratio over part)", 0.5},
	    {"topk(3, free_ratio over part)", 0.25},
	    {"topk(4, free_ratio over part)", UNKNOWN},
	    {"topk(1, load over part)", UNKNOWN},
	};
	struct nc_err e = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expr *x = expr_parse(span_of(rows[i].text), EXPR_NUMBER,
		    &e);
		struct expr_value v;

		if (!OK(x != NULL, rows[i].text)) {
			printf("# %s\n", e.msg);
			continue;
		}
		v = expr_eval(x, &env, &whole);
		NEAR(expr_known(v) ? v.lo : UNKNOWN, rows[i].want, 1e-12,
		    rows[i].text);
		expr_free(x);
	}
}

static void
conditions(void)
{
	static const struct {
		const char *text;
		char want; /* t, f, or ? */
	} rows[] = {
	    {"load > 2", 't'},
	    {"load>2", 't'},
	    {"load > 3", 'f'},
	    {"load >= 3", 't'},
	    {"load < 3", 'f'},
	    {"load <= 3", 't'},
	    {"load == 3", 't'},
	    {"load != 3", 'f'},
	    {"free_ratio < 10%", 't'},
	    {"lost > 3", '?'},
	    {"lost == lost", '?'},
	    {"lost != 3", '?'},
	    {"not lost > 3", '?'},
	    {"not load > 3", 't'},
	    {"load > 2 and lost > 3", '?'},
	    {"load > 9 and lost > 3", 'f'},
	    {"lost > 3 and load > 9", 'f'},
	    {"load > 2 or lost > 3", 't'},
	    {"lost > 3 or load > 2", 't'},
	    {"load > 9 or lost > 3", '?'},
	    {"load > 9 or load > 2 and load > 1", 't'},
	    {"(load > 9 or load > 2) and load > 8", 'f'},
	    {"id == \"sda\"", 't'},
	    {"id == \"sd?\"", 't'},
	    {"id != \"sda\"", 'f'},
	    {"id =~ \"^sd[a-z]$\"", 't'},
	    {"id =~ sda and host == \"hv1\"", 't'},
	    {"id !~ \"^(sr|fd)\"", 't'},
	    {"nothing == \"x\\\"y\"", 'f'},
	    {"absent(3m)", 't'},
	    {"absent(30s)", 'f'},
	    {"not absent(30s)", 't'},
	    {"present(never)", '?'},
	    {"1 / 0 > 1", '?'},
	    /* A silent part cannot hide one that burns, nor give an all-clear:
	     * loads are 10, unknown, 30. */
	    {"max(load over part) > 20", 't'},
	    {"max(load over part) > 40", '?'},
	    {"min(load over part) < 20", 't'},
	    {"min(load over part) < 5", '?'},
	    {"count(load > 20 over part) >= 1", 't'},
	    {"count(load > 20 over part) >= 2", '?'},
	    {"count(load > 20 over part) >= 3", 'f'},
	    {"abs(max(load over part)) > 20", 't'},
	    {"max(load over part) * 2 > 50", 't'},
	    {"100 - max(load over part) < 80", 't'},
	    {"topk(1, load over part) > 20", 't'},
	    {"topk(2, load over part) > 5", 't'}, /* 10 and 30 at least */
	    {"topk(2, load over part) > 20", '?'},
	    {"topk(3, load over part) > 20", 'f'},
	    {"full(disk) < 2h and confidence() > 0.2", 'f'},
	    {"full(disk) > 2h and confidence() > 0.2", 't'},
	    {"eta(filling, 0, 1h) < 20s and confidence() > 0.9", 't'},
	    {"eta(filling, 0, 1h) < 20s and confidence() > 0.98", 'f'},
	    {"confidence() > 0.5 and anomaly(disk) > 0", 't'},
	};
	struct nc_err e = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expr *x = expr_parse(span_of(rows[i].text),
		    EXPR_CONDITION, &e);
		struct expr_value v;

		if (!OK(x != NULL, rows[i].text)) {
			printf("# %s\n", e.msg);
			continue;
		}
		v = expr_eval(x, &env, &whole);
		OK((expr_is_true(v)       ? 't'
		       : expr_is_false(v) ? 'f'
					  : '?') == rows[i].want,
		    rows[i].text);
		expr_free(x);
	}
}

static void
refusals(void)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"", "column 1: nothing here, expected a number, a metric or '('"},
	    {"load", "column 1: a number here, expected a condition (compare"
		     " it with something)"},
	    {"load >",
		"column 7: nothing here, expected a number, a metric or '('"},
	    {"load = 3", "column 6: '=' here, expected '=='"},
	    {"load > 3 4", "column 10: '4' here, expected an operator or the"
			   " end"},
	    {"load > 3x", "column 8: cannot read '3x', expected a number, a"
			  " metric or '('"},
	    {"1 < 2 < 3", "column 7: '<' here, expected an operator or the"
			  " end"},
	    {"load > 1 and 2", "column 14: a number here, expected a condition"
			       " (compare it with something)"},
	    {"not 1", "column 5: a number here, expected a condition (compare"
		      " it with something)"},
	    {"(load > 1) + 1 > 2",
		"column 1: a condition here, expected a number"},
	    {"avg(load) > 1", "column 9: ')' here, expected ', TIME' or 'over"
			      " ENTITY'"},
	    {"avg(load + 1, 5m) > 1", "column 5: avg of an expression, expected"
				      " the name of a metric, or over ENTITY"},
	    {"avg(load, 5) > 1",
		"column 11: '5' here, expected a time such as 5m"},
	    {"avg(load, 2d) > 1", "column 11: '2d' here, expected at most 1d"},
	    {"delta(load over part) > 1",
		"column 7: delta over parts, expected"
		" one of avg min max sum count ratio"},
	    {"count(load over part) > 1", "column 7: a number here, expected a"
					  " condition (compare it with"
					  " something)"},
	    {"max(load over part:x) > 1",
		"column 15: 'part:x' here, expected an entity without metrics"},
	    {"anomalous(load) > 1",
		"column 1: unknown function 'anomalous', expected one such as"
		" avg max p95 rate eta anomaly absent (see nc-rules(5))"},
	    {"confidence() > 1", "column 1: confidence() beside no analysis,"
				 " expected one analysis in the condition"},
	    {"full(a) < 2h and anomaly(a) > 0 and confidence() > 1",
		"column 37: confidence() beside several analyses, expected"
		" one analysis in the condition"},
	    {"eta(load, 0) < 1d", "column 12: ')' here, expected ', TIME', the"
				  " window it is fitted to"},
	    {"eta(load + 1, 0, 6h) < 1d", "column 10: '+' here, expected ','"},
	    {"eta(load, a < 1, 6h) < 1d",
		"column 11: a condition here, expected a number"},
	    {"baseline(load, 2d, hour) > 1",
		"column 24: ')' here, expected"
		" three days or weeks at least before it"},
	    {"baseline(load, 7d) > 1",
		"column 18: ')' here, expected ', hour' or ', weekhour'"},
	    {"baseline(load, 90d, hour) > 1",
		"column 16: '90d' here, expected at most 56d"},
	    {"topk(0, load over part) > 1",
		"column 6: '0' here, expected which, from 1 to 1000"},
	    {"topk(2, load) > 1", "column 13: ')' here, expected over ENTITY"},
	    {"cause(load) > 1", "column 7: 'load' here, expected ')'"},
	    {"forecast(load) > 1", "column 14: ')' here, expected ','"},
	    {"id =~ \"(\"", "column 1: bad re"},
	    {"load > 1;", "column 9: not part of an expression"},
	    {"a. > 1", "column 4: '>' here, expected a metric"},
	    {"=~ \"x\"", "column 1: '=~' here, expected a number, a metric or"
			 " '('"},
	    {"p100(load, 5m) > 1", "column 1: unknown function 'p100'"},
	};
	struct nc_err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct nc_err){0};
		OK(expr_parse(span_of(rows[i].text), EXPR_CONDITION, &e) ==
			NULL,
		    rows[i].text);
		e.msg[strlen(rows[i].error) < sizeof(e.msg)
			  ? strlen(rows[i].error)
			  : sizeof(e.msg) - 1] = '\0';
		SAME(e.msg, rows[i].error, rows[i].text);
	}
}

/* What an expression asks for, and the caller's word with it. */
static void
inputs(void)
{
	static const char text[] = "avg(load, 5m) + max(p9(a, 1m) over part)"
				   " > host.b and absent(3m) or age(c) > 2";
	static const char *const want[] = {"avg(load, 300s)", "p9(a, 60s)",
	    "host.b", "absent(180s)", "age(c)"};
	struct expr *x = expr_parse(span_of(text), EXPR_CONDITION, NULL);
	const struct expr_input *in;
	struct buf b = {0};
	size_t i;

	for (i = 0; (in = expr_input(x, i)) != NULL && i < 5; i++) {
		buf_clear(&b);
		expr_input_text(in, &b);
		SAME(b.data, want[i], "as written");
		OK((in->over != NULL) == (i == 1), "of parts");
		expr_bind(x, i, 7 * i);
		OK(in->user == 7 * i && in->index == i, "bound");
	}
	OK(i == 5 && in == NULL, "five inputs");
	SAME(selector_text(expr_input(x, 1)->over), "part", "which parts");
	buf_free(&b);
	expr_free(x);
}

/* Depth and length are bounded. */
static void
bounds(void)
{
	struct buf b = {0};
	struct nc_err e = {0};
	struct expr *x;

	for (int i = 0; i < 10000; i++)
		buf_addc(&b, '(');
	OK(expr_parse(buf_span(&b), EXPR_NUMBER, &e) == NULL, "10,000 deep");
	OK(strstr(e.msg, "nested too deep") != NULL ||
		strstr(e.msg, "not part") != NULL,
	    e.msg);
	buf_clear(&b);
	for (int i = 0; i < 60; i++)
		buf_addc(&b, '(');
	buf_addc(&b, '1');
	for (int i = 0; i < 60; i++)
		buf_addc(&b, ')');
	x = expr_parse(buf_span(&b), EXPR_NUMBER, &e);
	OK(x != NULL, "60 deep");
	expr_free(x);
	buf_clear(&b);
	buf_addc(&b, '1');
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "+1");
	OK(expr_parse(buf_span(&b), EXPR_NUMBER, &e) == NULL, "very long");
	OK(strstr(e.msg, "expression too long") != NULL, e.msg);
	buf_clear(&b);
	buf_addc(&b, '1');
	for (int i = 0; i < 1500; i++)
		buf_adds(&b, " + load");
	x = expr_parse(buf_span(&b), EXPR_NUMBER, &e);
	if (OK(x != NULL, "1,500 terms"))
		NEAR(expr_eval(x, &env, &whole).lo, 4501, 0, "their sum");
	expr_free(x);
	buf_free(&b);
}

struct told {
	char where[64], what[200];
};

static void
tell(void *arg, const char *where, const char *what)
{
	struct told *t = arg;

	snprintf(t->where, sizeof(t->where), "%s", where);
	snprintf(t->what, sizeof(t->what), "%s", what);
}

/* Inside a statement: the words around it are not its own. */
static void
statements(void)
{
	static const char text[] =
	    "warn if free_ratio < 10% and load>1 for 5m until > 15% for 9m\n"
	    "crit if load > 1 and load < 5 until > 4\n"
	    "info if load >< 5\n";
	struct told told = {0};
	struct config_options o = {.report = tell, .arg = &told};
	struct config *c = config_parse(span_of(text), "t", &o);
	struct config_cursor cur = {&o, config_first(c), 2};
	struct expr *x, *y;
	struct expr_value is, limit;

	x = expr_read(&cur, EXPR_CONDITION, NULL);
	OK(x != NULL && config_accept(&cur, "for"), "ends before for");
	OK(expr_sides(x, &env, &whole, &is, &limit), "has sides");
	NEAR(is.lo, 0.08, 0, "what is");
	NEAR(limit.lo, 0.1, 1e-12, "what must not be");
	OK(expr_input(x, 1) != NULL && expr_input(x, 2) == NULL, "two inputs");
	cur.at += 2;
	OK(expr_read(&cur, EXPR_CONDITION, x) == NULL, "no left side to take");
	SAME(told.where, "t:1:50", "where");
	expr_free(x);
	cur = (struct config_cursor){&o, config_first(c), 2};
	cur.node = cur.node->next;
	x = expr_read(&cur, EXPR_CONDITION, NULL);
	OK(x != NULL, "the second");
	expr_free(x);
	x = expr_parse(span_of("load + 1 > 3"), EXPR_CONDITION, NULL);
	cur.at++;
	y = expr_read(&cur, EXPR_CONDITION, x);
	if (OK(y != NULL, "until with the left side of the condition"))
		OK(expr_is_false(expr_eval(y, &env, &whole)), "load + 1 > 4");
	expr_free(y);
	expr_free(x);
	cur = (struct config_cursor){&o, config_first(c), 2};
	cur.node = cur.node->next->next;
	OK(expr_read(&cur, EXPR_CONDITION, NULL) == NULL, "trouble");
	SAME(told.where, "t:3:15", "its place");
	SAME(told.what, "'<' here, expected a number, a metric or '('",
	    "and what it is");
	config_free(c);
}

/* Any number; of "small" what is between 0 and 1. */
static struct expr_value
reach(void *arg, const struct expr_input *in)
{
	(void)arg;
	if (in->metric != NULL && strcmp(in->metric, "small") == 0)
		return (struct expr_value){0, 1};
	if (in->function >= EXPR_PRESENT)
		return (struct expr_value){0, 1};
	return (struct expr_value){-(double)INFINITY, (double)INFINITY};
}

static void
doubts(void)
{
	static const struct {
		const char *text;
		char want; /* what it can be: t, f, or ? both */
		bool contradiction;
	} rows[] = {
	    {"load > 2", '?', false},
	    {"small > 2", 'f', false},
	    {"small >= 0", 't', false},
	    {"small * 100 > 90", '?', false},
	    {"small * 100 > 100", 'f', false},
	    {"small > 2 or load > 2", '?', false},
	    {"small > 2 and load > 2", 'f', false},
	    {"max(small over part) > 1", 'f', false},
	    {"sum(small over part) > 1", '?', false},
	    {"sum(small over part) < 0", 'f', false},
	    {"count(small > 2 over part) > 0", 'f', false},
	    {"count(small > 0.5 over part) > 9", '?', false},
	    {"ratio(load > 1 over part) > 100%", 'f', false},
	    {"id == \"x\" and small > 0.5", '?', false},
	    {"eta(load, 0, 1h) < 0", 'f', false},
	    {"absent(3m) and small > 0", '?', false},
	    {"1 > 2", 'f', false},
	    {"load > 5 and load < 3", '?', true},
	    {"load > 5 and small > 0 and 3 > load", '?', true},
	    {"load > 3 and load <= 3", '?', true},
	    {"load >= 3 and load <= 3", '?', false},
	    {"load == 3 and load > 5", '?', true},
	    {"load > 5 or load < 3", '?', false},
	    {"avg(load, 5m) > 5 and avg(load, 1m) < 3", '?', false},
	};
	double ahead = 0, window = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expr *x = expr_parse(span_of(rows[i].text),
		    EXPR_CONDITION, NULL);
		struct expr_value v;

		if (!OK(x != NULL, rows[i].text))
			continue;
		v = expr_reach(x, reach, NULL);
		OK((expr_is_true(v)       ? 't'
		       : expr_is_false(v) ? 'f'
					  : '?') == rows[i].want,
		    rows[i].text);
		OK((expr_contradiction(x) != NULL) == rows[i].contradiction,
		    rows[i].text);
		OK(!expr_horizon(x, &ahead, &window) || i == 14, "no line");
		expr_free(x);
	}
	struct expr *x = expr_parse(span_of("load > 1 and (24h > eta(a, 0, 1h)"
					    " or eta(a, 0, 1d) < 36h)"),
	    EXPR_CONDITION, NULL);

	OK(expr_horizon(x, &ahead, &window), "it looks ahead");
	NEAR(ahead, 86400, 0, "farthest for its window");
	NEAR(window, 3600, 0, "window");
	expr_free(x);
}

static void
sides(void)
{
	static const struct {
		const char *text, *metric; /* NULL: a calculation */
	} rows[] = {
	    {"load > 1", "load"},
	    {"load > 1 and window > 2", "load"},
	    {"not avg(load, 5m) > 1", "load"},
	    {"eta(filling, 0, 1h) < 1d", "filling"},
	    {"max(free_ratio over part) > 1", "free_ratio"},
	    {"topk(2, abs(load) over part) > 1", "load"},
	    {"count(load > 1 over part) > 1", NULL},
	    {"load / window > 1", NULL},
	    {"1 < load", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expr *x = expr_parse(span_of(rows[i].text),
		    EXPR_CONDITION, NULL);
		const struct expr_input *in = expr_side_input(x);

		SAME(in != NULL ? in->metric : NULL, rows[i].metric,
		    rows[i].text);
		expr_free(x);
	}
}

int
main(void)
{
	values();
	conditions();
	refusals();
	doubts();
	sides();
	inputs();
	bounds();
	statements();
	return tap_done();
}
