/* SPDX-License-Identifier: MIT */
/*
 * import_nd_expr: expressions and lookups of Netdata.  Its dimensions are
 * rates already; "average" of one is our rate over the window.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "import_nd.h"
#include "metric/catalogue.h"

#define UNKNOWN_ENTITY "service"
#define DEPTH_MAX 40
#define RANGE_MAX 86400.0
#define NOT_A_NUMBER "(1 / 0)" /* unknown, as it is there */
#define UPDATE_EVERY 10 /* seconds; they say it, we do not */

/* Conditions and numbers in text; what binds loosest in it. */
struct text {
	struct buf b;
	bool condition;
};

struct parser {
	struct netdata *n;
	const char *at;
	int depth;
};

int
netdata_refuse(struct netdata *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (n->why[0] == '\0')
		vsnprintf(n->why, sizeof(n->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* --- names --------------------------------------------------------------- */

/* system.cpu is the context or chart of system.cpu; disk_space._ is that of
 * disk.space. */
static const struct name *
row_of(const struct netdata *n, const char *context, struct span dim)
{
	const struct name *row;

	for (size_t i = 0; (row = names_row(n->im->names, context, i)) != NULL;
	     i++) {
		if (row->label == NULL && dim.len == 0)
			return row;
		if (row->label != NULL && dim.len > 0 &&
		    span_is(dim, row->value))
			return row;
	}
	return NULL;
}

static void
put_foreign(const char *context, struct span dim, struct buf *b)
{
	for (const char *s = context; *s != '\0'; s++)
		buf_addc(b, (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9')
				? *s
				: '_');
	if (dim.len > 0)
		buf_addc(b, '_');
	for (size_t i = 0; i < dim.len; i++)
		buf_addc(b, (dim.p[i] >= 'a' && dim.p[i] <= 'z') ||
				    (dim.p[i] >= 'A' && dim.p[i] <= 'Z') ||
				    (dim.p[i] >= '0' && dim.p[i] <= '9')
				? dim.p[i]
				: '_');
}

int
netdata_entity(struct netdata *n)
{
	const char *on = n->alarm->text[NETDATA_ON];
	const struct name *row;

	if (on == NULL)
		return netdata_refuse(n, "it says no chart");
	row = names_row(n->im->names, on, 0);
	n->family = row != NULL || names_is_family(n->im->names, on);
	snprintf(n->entity, sizeof(n->entity), "%s",
	    row != NULL ? row->entity : UNKNOWN_ENTITY);
	return 0;
}

/* A mean of a calculation is that of its means, where it is linear; of a share
 * it is nearly so. */
static int
put_formula(struct netdata *n, const struct name *row, const char *f,
    double range, struct buf *b)
{
	const char *s = row->metric + 1;
	size_t len;

	if (strcmp(f, "avg") != 0)
		return netdata_refuse(n, "%s of %s", f, s);
	buf_addc(b, '(');
	while (*s != '\0') {
		len = strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789");
		if (len == 0 || (*s >= '0' && *s <= '9')) {
			buf_addc(b, *s++);
			continue;
		}
		buf_addf(b, "avg(%.*s, ", (int)len, s);
		import_time(b, range);
		buf_addc(b, ')');
		s += len;
	}
	buf_addc(b, ')');
	if (row->factor != 1) {
		buf_adds(b, " * ");
		import_number(b, row->factor);
	}
	return 0;
}

/* One dimension: as it is (f NULL), or f of it over range seconds. */
static int
put_dim(struct netdata *n, const char *context, struct span dim, const char *f,
    double range, struct buf *b)
{
	const struct name *row = row_of(n, context, dim);
	const char *metric = row != NULL ? row->metric : NULL;
	struct buf own = {0};
	bool counter;

	if (row == NULL && names_row(n->im->names, context, 0) != NULL)
		return netdata_refuse(n, "%s has nothing called '%.*s' here",
		    context, SPAN_ARG(dim));
	if (row != NULL && strcmp(row->entity, n->entity) != 0 &&
	    strcmp(row->entity, "host") != 0)
		return netdata_refuse(n, "joins %s with %s", n->entity,
		    row->entity);
	if (row == NULL) {
		put_foreign(context, dim, &own);
		metric = own.data;
	}
	counter = str_ends(span_of(metric), "_total");
	if (*metric == '=' && f != NULL)
		return put_formula(n, row, f, range, b);
	if (f != NULL && counter && strcmp(f, "avg") == 0)
		f = "rate";
	if (f != NULL && counter && strcmp(f, "sum") == 0)
		f = "increase";
	/* Theirs come each second, ours as they come. */
	if (f != NULL && strcmp(f, "sum") == 0) {
		buf_clear(&n->notes);
		buf_adds(&n->notes,
		    "# a sum here is of as many readings as come\n");
	}
	if (row != NULL && row->factor != 1)
		buf_addc(b, '(');
	if (f != NULL)
		buf_addf(b, "%s(", f);
	if (row != NULL && strcmp(row->entity, n->entity) != 0)
		buf_adds(b, "host.");
	if (*metric == '=')
		buf_addf(b, "(%s)", metric + 1);
	else
		buf_adds(b, metric);
	if (f != NULL) {
		buf_adds(b, ", ");
		import_time(b, range);
		buf_addc(b, ')');
	}
	if (row != NULL && row->factor != 1) {
		buf_adds(b, " * ");
		import_number(b, row->factor);
		buf_addc(b, ')');
	}
	buf_free(&own);
	return 0;
}

/* --- lookups ------------------------------------------------------------- */

struct lookup {
	const char *f;
	double range;
	bool absolute;
	struct span dims; /* "a,b"; empty: all there are */
};

/* Behind "at": a window that ended shortly before now is taken to end now. */
static int
read_back(struct netdata *n, struct span word, double range)
{
	double back;

	if (word.len < 2 ||
	    parse_duration((struct span){word.p + 1, word.len - 1}, &back,
		NULL) == -1 ||
	    back >= range)
		return -1;
	buf_clear(&n->notes);
	buf_adds(&n->notes, "# a window that ends ");
	import_time(&n->notes, back);
	buf_adds(&n->notes, " before now was taken to end now\n");
	return 0;
}

static int
read_lookup(struct netdata *n, const char *text, struct lookup *l)
{
	static const struct {
		const char *theirs, *ours;
	} methods[] = {{"average", "avg"}, {"avg", "avg"}, {"sum", "sum"},
	    {"min", "min"}, {"max", "max"}, {"stddev", "stddev"},
	    {"median", "p50"}, {"incremental_sum", "delta"}};
	struct span rest = span_of(text), word;

	*l = (struct lookup){0};
	if (!str_word(&rest, &word))
		return netdata_refuse(n, "an empty lookup");
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_is(word, methods[i].theirs))
			l->f = methods[i].ours;
	if (l->f == NULL)
		return netdata_refuse(n, "lookup %.*s", SPAN_ARG(word));
	if (!str_word(&rest, &word) || *word.p != '-' ||
	    parse_duration((struct span){word.p + 1, word.len - 1}, &l->range,
		NULL) == -1)
		return netdata_refuse(n, "a lookup of no time");
	while (str_word(&rest, &word)) {
		if (span_is(word, "at")) {
			if (!str_word(&rest, &word) ||
			    read_back(n, word, l->range) == -1)
				return netdata_refuse(n,
				    "a lookup that ends long before now");
			continue;
		}
		if (span_is(word, "absolute"))
			l->absolute = true;
		else if (span_is(word, "percentage"))
			return netdata_refuse(n, "a percentage of all"
						 " dimensions");
		else if (span_is(word, "of")) {
			l->dims = str_trim(rest);
			break;
		} else if (span_is(word, "every"))
			str_word(&rest, &word);
	}
	if (l->range > RANGE_MAX)
		return netdata_refuse(n, "a window longer than a day");
	if (span_is(l->dims, "*"))
		l->dims = (struct span){NULL, 0};
	return 0;
}

/* The lookup of an alarm as a number. */
static int
put_lookup(struct netdata *n, const struct netdata_alarm *a, struct buf *b)
{
	const char *on = a->text[NETDATA_ON];
	const struct name *row;
	struct span rest, dim;
	struct lookup l;
	int count = 0, rc = 0;

	if (read_lookup(n, a->text[NETDATA_LOOKUP], &l) == -1)
		return -1;
	buf_adds(b, l.absolute ? "abs(" : "(");
	if (l.dims.len == 0 && row_of(n, on, l.dims) == NULL &&
	    names_row(n->im->names, on, 0) != NULL) {
		for (size_t i = 0;
		     rc == 0 && (row = names_row(n->im->names, on, i)) != NULL;
		     i++, count++) {
			if (count > 0)
				buf_adds(b, " + ");
			rc = put_dim(n, on, span_of(row->value), l.f, l.range,
			    b);
		}
	} else if (l.dims.len == 0) {
		rc = put_dim(n, on, l.dims, l.f, l.range, b);
	} else
		for (rest = l.dims; rc == 0 && str_item(&rest, ',', &dim);
		     count++) {
			if (count > 0)
				buf_adds(b, " + ");
			rc = put_dim(n, on, str_trim(dim), l.f, l.range, b);
		}
	if (count > 1 && strcmp(l.f, "avg") != 0 && strcmp(l.f, "sum") != 0)
		rc = netdata_refuse(n, "%s of several dimensions together",
		    l.f);
	buf_addc(b, ')');
	return rc;
}

/* --- expressions --------------------------------------------------------- */

static int parse_any(struct parser *p, struct text *out);
static int value_of(struct netdata *n, const struct netdata_alarm *a,
    struct text *out);

static void
skip(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

static bool
accept(struct parser *p, const char *mark)
{
	size_t n = strlen(mark);

	skip(p);
	if (strncmp(p->at, mark, n) != 0)
		return false;
	p->at += n;
	return true;
}

static int
expected(struct parser *p, const char *what)
{
	return netdata_refuse(p->n, "'%.20s' where %s was expected", p->at,
	    what);
}

/* A dimension of another chart: CHART.DIM, the last dot divides. */
static int
put_far(struct netdata *n, struct span name, struct text *out)
{
	struct buf chart = {0};
	size_t dot = name.len;
	int rc;

	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	if (dot == 0)
		return netdata_refuse(n, "nothing is called $%.*s",
		    SPAN_ARG(name));
	buf_add(&chart, name.p, dot - 1);
	rc = names_row(n->im->names, chart.data, 0) == NULL
		 ? netdata_refuse(n, "nothing is called $%.*s", SPAN_ARG(name))
		 : put_dim(n, chart.data,
		       (struct span){name.p + dot, name.len - dot}, NULL, 0,
		       &out->b);
	buf_free(&chart);
	return rc;
}

static int
put_variable(struct netdata *n, struct span name, struct text *out)
{
	const struct netdata_alarm *a;

	if (span_is(name, "this"))
		return value_of(n, n->alarm, out);
	if (span_is(name, "now")) {
		buf_adds(&out->b, "now()");
		return 0;
	}
	if (span_is(name, "last_collected_t")) {
		buf_adds(&out->b, "(now() - age())");
		return 0;
	}
	if (span_is(name, "update_every")) {
		buf_clear(&n->notes);
		buf_addf(&n->notes, "# $update_every was taken to be %ds\n",
		    UPDATE_EVERY);
		buf_addf(&out->b, "%d", UPDATE_EVERY);
		return 0;
	}
	for (size_t i = 0; i < n->file->count; i++) {
		a = &n->file->alarms[i];
		if (a->text[NETDATA_NAME] != NULL &&
		    span_is(name, a->text[NETDATA_NAME]) &&
		    strcmp(a->text[NETDATA_NAME],
			n->alarm->text[NETDATA_NAME]) != 0)
			return value_of(n, a, out);
	}
	if (memchr(name.p, '.', name.len) != NULL)
		return put_far(n, name, out);
	return put_dim(n, n->alarm->text[NETDATA_ON], name, NULL, 0, &out->b);
}

/* $name, ${name} */
static int
parse_variable(struct parser *p, struct text *out)
{
	struct span name;
	const char *end;

	if (*p->at == '{') {
		end = strchr(p->at, '}');
		if (end == NULL)
			return expected(p, "'}'");
		name = (struct span){p->at + 1, (size_t)(end - p->at - 1)};
		p->at = end + 1;
	} else {
		name = (struct span){p->at,
		    strspn(p->at, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")};
		p->at += name.len;
	}
	return put_variable(p->n, name, out);
}

/* $status OP $WARNING: known, as long as it is one state that is asked for. */
static bool
accept_status(struct parser *p, struct text *out)
{
	static const char *const states[] = {"$WARNING", "$CRITICAL", "$CLEAR",
	    "$UNDEFINED", "$UNINITIALIZED", "$REMOVED"};
	bool equal = false;

	if (!accept(p, "$status"))
		return false;
	if (!accept(p, ">=") && !accept(p, "=="))
		equal = accept(p, "!=");
	for (size_t i = 0; i < 6; i++)
		if (accept(p, states[i])) {
			bool is = i < 2 ? p->n->raised
					: i == 2 && !p->n->raised;

			buf_adds(&out->b, is != equal ? "1" : "0");
			out->condition = true;
			return true;
		}
	return false;
}

/* One word, or all of it in one pair of brackets: it needs no more of them. */
static bool
is_whole(const char *s)
{
	int depth = 0;

	if (strpbrk(s, " +-*/") == NULL)
		return true;
	if (*s != '(')
		return false;
	for (; *s != '\0'; s++) {
		depth += (*s == '(') - (*s == ')');
		if (depth == 0)
			return s[1] == '\0';
	}
	return false;
}

static int
parse_primary(struct parser *p, struct text *out)
{
	char *end;
	double v;

	if (++p->depth > DEPTH_MAX)
		return netdata_refuse(p->n, "nested too deep");
	skip(p);
	if (accept_status(p, out))
		return 0;
	if (accept(p, "$"))
		return parse_variable(p, out);
	if (accept(p, "abs(") || accept(p, "abs (")) {
		buf_adds(&out->b, "abs(");
		p->at--;
		if (parse_primary(p, out) == -1)
			return -1;
		buf_addc(&out->b, ')');
		return 0;
	}
	if (accept(p, "(")) {
		struct text in = {0};
		int rc = parse_any(p, &in);

		out->condition = in.condition;
		if (rc == 0 && !accept(p, ")"))
			rc = expected(p, "')'");
		if (rc == 0 && is_whole(in.b.data))
			buf_adds(&out->b, in.b.data);
		else if (rc == 0)
			buf_addf(&out->b, "(%s)", in.b.data);
		buf_free(&in.b);
		p->depth--;
		return rc;
	}
	if (accept(p, "!") || accept(p, "NOT ")) {
		buf_adds(&out->b, "not ");
		out->condition = true;
		return parse_primary(p, out);
	}
	if (accept(p, "-")) {
		buf_addc(&out->b, '-');
		return parse_primary(p, out);
	}
	if (accept(p, "nan") || accept(p, "inf")) {
		buf_adds(&out->b, NOT_A_NUMBER);
		return 0;
	}
	v = strtod(p->at, &end);
	if (end == p->at)
		return expected(p, "a number or a name");
	p->at = end;
	buf_addf(&out->b, "%.15g", v);
	p->depth--;
	return 0;
}

/* Known beforehand: "0" or "1" of a $status, or what compares with nan. */
static int
constant(const struct text *t)
{
	if (!t->condition)
		return -1;
	return strcmp(t->b.data, "0") == 0   ? 0
	       : strcmp(t->b.data, "1") == 0 ? 1
					     : -1;
}

static void
join(struct text *a, const char *op, struct text *b)
{
	int ka = constant(a), kb = constant(b);
	bool both = strcmp(op, "and") == 0, either = strcmp(op, "or") == 0;

	if ((both || either) && (ka != -1 || kb != -1)) {
		/* true and x, false or x: x.  false and x, true or x: it. */
		struct text *known = ka != -1 ? a : b;
		struct text *other = ka != -1 ? b : a;
		int k = ka != -1 ? ka : kb;

		if ((k == 1) == both) {
			struct buf keep = other->b;

			other->b = (struct buf){0};
			buf_free(&known->b);
			buf_free(&a->b);
			a->b = keep;
			return;
		}
		buf_clear(&a->b);
		buf_adds(&a->b, k == 1 ? "1" : "0");
		buf_free(&b->b);
		return;
	}
	buf_addf(&a->b, " %s %s", op, b->b.data);
	buf_free(&b->b);
}

static const char *
operator_here(struct parser *p, int level)
{
	static const struct {
		const char *theirs, *ours;
		int level;
	} ops[] = {{"||", "or", 0}, {"OR ", "or", 0}, {"or ", "or", 0},
	    {"&&", "and", 1}, {"AND ", "and", 1}, {"and ", "and", 1},
	    {"==", "==", 2}, {"!=", "!=", 2}, {"<=", "<=", 2}, {">=", ">=", 2},
	    {"<>", "!=", 2}, {"<", "<", 2}, {">", ">", 2}, {"+", "+", 3},
	    {"-", "-", 3}, {"*", "*", 4}, {"/", "/", 4}, {"%", "%", 4}};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i].level == level && accept(p, ops[i].theirs))
			return ops[i].ours;
	return NULL;
}

static int
parse_level(struct parser *p, int level, struct text *out)
{
	struct text right;
	const char *op;

	if (level > 4)
		return parse_primary(p, out);
	if (parse_level(p, level + 1, out) == -1)
		return -1;
	while ((op = operator_here(p, level)) != NULL) {
		right = (struct text){0};
		if (parse_level(p, level + 1, &right) == -1) {
			buf_free(&right.b);
			return -1;
		}
		if (level == 2 &&
		    (strcmp(out->b.data, NOT_A_NUMBER) == 0 ||
			strcmp(right.b.data, NOT_A_NUMBER) == 0)) {
			/* What is no number is unknown here by itself. */
			buf_clear(&out->b);
			buf_adds(&out->b, *op == '=' ? "0" : "1");
			buf_free(&right.b);
		} else
			join(out, op, &right);
		out->condition = level < 3;
	}
	return 0;
}

/* CONDITION ? CONDITION : 0, 1 or CONDITION */
static void
choose_condition(struct text *out, const struct text *a, const struct text *b)
{
	struct buf text = {0};

	if (strcmp(b->b.data, "0") == 0 || strcmp(b->b.data, "(0)") == 0)
		buf_addf(&text, "(%s and %s)", out->b.data, a->b.data);
	else if (strcmp(b->b.data, "1") == 0)
		buf_addf(&text, "(not %s or %s)", out->b.data, a->b.data);
	else
		buf_addf(&text, "(%s and %s or not %s and %s)", out->b.data,
		    a->b.data, out->b.data, b->b.data);
	buf_free(&out->b);
	out->b = text;
	out->condition = true;
}

/* CONDITION ? A : B */
static int
parse_any(struct parser *p, struct text *out)
{
	struct text a = {0}, b = {0};
	int rc, k;

	if (parse_level(p, 0, out) == -1)
		return -1;
	if (!accept(p, "?"))
		return 0;
	rc = parse_any(p, &a) == -1 ||
		     (!accept(p, ":") && expected(p, "':'") == -1) ||
		     parse_any(p, &b) == -1
		 ? -1
		 : 0;
	k = constant(out);
	if (rc == 0 && k == -1 && a.condition) {
		choose_condition(out, &a, &b);
	} else if (rc == 0 && k == -1) {
		struct buf text = {0};

		buf_addf(&text, "if(%s, %s, %s)", out->b.data, a.b.data,
		    b.b.data);
		buf_free(&out->b);
		out->b = text;
		out->condition = false;
	} else if (rc == 0) {
		buf_clear(&out->b);
		buf_adds(&out->b, (k == 1 ? &a : &b)->b.data);
		out->condition = (k == 1 ? &a : &b)->condition;
	}
	buf_free(&a.b);
	buf_free(&b.b);
	return rc;
}

/* What $this is in an alarm: its calculation, or else its lookup. */
static int
value_of(struct netdata *n, const struct netdata_alarm *a, struct text *out)
{
	const struct netdata_alarm *before = n->alarm;
	const char *calc = a->text[NETDATA_CALC];
	struct netdata_alarm bare;
	struct parser p = {.n = n, .at = calc};
	struct text t = {0};
	int rc;

	if (a->text[NETDATA_ON] == NULL)
		return netdata_refuse(n, "%s says no chart",
		    a->text[NETDATA_NAME]);
	if (++n->depth > 8)
		return netdata_refuse(n, "alarms that ask for each other");
	if (calc == NULL && a->text[NETDATA_LOOKUP] == NULL)
		rc = netdata_refuse(n, "%s has no value",
		    a->text[NETDATA_NAME]);
	else if (calc == NULL) {
		n->alarm = a;
		rc = put_lookup(n, a, &out->b);
	} else {
		/* Inside its calculation $this is its lookup. */
		bare = *a;
		bare.text[NETDATA_CALC] = NULL;
		n->alarm = &bare;
		rc = parse_any(&p, &t);
		if (rc == 0 && *p.at != '\0')
			rc = expected(&p, "the end");
		if (rc == 0)
			buf_addf(&out->b,
			    t.condition          ? "if(%s, 1, 0)"
			    : is_whole(t.b.data) ? "%s"
						 : "(%s)",
			    t.b.data);
		buf_free(&t.b);
	}
	n->alarm = before;
	n->depth--;
	return rc;
}

int
netdata_condition(struct netdata *n, const char *text, struct buf *b)
{
	struct parser p = {.n = n, .at = text};
	struct text t = {0};
	int rc = parse_any(&p, &t);

	skip(&p);
	if (rc == 0 && *p.at != '\0')
		rc = expected(&p, "the end");
	if (rc == 0 && (!t.condition || constant(&t) != -1))
		rc = netdata_refuse(n, "no condition");
	if (rc == 0)
		buf_add(b, t.b.data, t.b.len);
	buf_free(&t.b);
	return rc;
}
