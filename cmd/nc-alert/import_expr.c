/* SPDX-License-Identifier: MIT */
/*
 * import_expr: expressions of Prometheus as ours.  A comparison there keeps
 * what fits it; here it is a condition beside the value.  What cannot be said
 * is refused with its reason, never approximated in silence.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "import.h"
#include "import_prom.h"

#define RANGE_MAX 86400.0 /* of a window of ours */

static int __attribute__((format(printf, 2, 3)))
refuse(struct prom *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (p->why[0] == '\0')
		vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
	return -1;
}

void
prom_piece_free(struct prom_piece *x)
{
	buf_free(&x->value);
	buf_free(&x->cond);
	buf_free(&x->labels);
}

static void
and_text(struct buf *b, const struct buf *more)
{
	if (more->len == 0)
		return;
	if (b->len > 0)
		buf_adds(b, " and ");
	buf_add(b, more->data, more->len);
}

/* Those lines as a condition: a == "b" and c == "d". */
static void
labels_condition(const struct buf *labels, struct buf *b)
{
	struct span rest = buf_span(labels), item;
	size_t at, op;

	while (labels->len > 0 && str_item(&rest, '\n', &item)) {
		at = 0;
		while (at < item.len && strchr("=!~", item.p[at]) == NULL)
			at++;
		for (op = at;
		     op < item.len && strchr("=!~", item.p[op]) != NULL; op++)
			;
		if (b->len > 0)
			buf_adds(b, " and ");
		buf_add(b, item.p, at);
		buf_adds(b, op - at == 1 ? " == " : " ");
		if (op - at > 1)
			buf_addf(b, "%.*s ", (int)(op - at), item.p + at);
		buf_add(b, item.p + op, item.len - op);
	}
}

/* raw(METRIC) */
static bool
is_raw(const char *value, const char *metric)
{
	size_t n = strlen(metric);

	return strncmp(value, "raw(", 4) == 0 &&
	       strncmp(value + 4, metric, n) == 0 &&
	       strcmp(value + 4 + n, ")") == 0;
}

void
prom_condition(const struct prom_piece *x, struct buf *b)
{
	if (x->cond.len > 0)
		buf_add(b, x->cond.data, x->cond.len);
	else if (x->metric != NULL && x->value.len > 0 &&
		 (strcmp(x->value.data, x->metric) == 0 ||
		     is_raw(x->value.data, x->metric)))
		buf_addf(b, "present(%s)", x->metric);
	else if (x->value.len > 0)
		buf_addf(b, "abs(%s) >= 0", x->value.data);
}

/* The bytes of "LABEL OP VALUE" before OP. */
static size_t
label_length(struct span item)
{
	size_t n = 0;

	while (n < item.len && strchr("=!~", item.p[n]) == NULL)
		n++;
	return n;
}

static bool
is_equality(struct span item, size_t n)
{
	return n + 1 < item.len && item.p[n] == '=' && item.p[n + 1] == '"';
}

/* Two series that one label tells apart meet here, and cannot in an entity. */
static int
check_meeting(struct prom *p, const struct buf *a, const struct buf *b)
{
	struct span rest = buf_span(a), item, have, other;
	size_t n;

	while (a->len > 0 && str_item(&rest, '\n', &item)) {
		n = label_length(item);
		have = buf_span(b);
		while (b->len > 0 && str_item(&have, '\n', &other))
			if (label_length(other) == n &&
			    memcmp(item.p, other.p, n) == 0 &&
			    is_equality(item, n) && is_equality(other, n) &&
			    (item.len != other.len ||
				memcmp(item.p, other.p, n) != 0 ||
				memcmp(item.p, other.p, item.len) != 0))
				return refuse(p,
				    "joins series of different %.*s", (int)n,
				    item.p);
	}
	return 0;
}

/* The same labels of two pieces that meet; each is said once. */
static void
merge_labels(struct buf *to, const struct buf *from)
{
	struct span rest = buf_span(from), item, have, other;
	bool found;

	while (from->len > 0 && str_item(&rest, '\n', &item)) {
		found = false;
		have = buf_span(to);
		while (to->len > 0 && str_item(&have, '\n', &other))
			found = found ||
				(other.len == item.len &&
				    memcmp(other.p, item.p, item.len) == 0);
		if (found)
			continue;
		if (to->len > 0)
			buf_addc(to, '\n');
		buf_add(to, item.p, item.len);
	}
}

/* --- selectors ----------------------------------------------------------- */

/* A pattern of theirs, which must match the whole, as one of ours. */
static int
pattern(struct prom *p, const char *value, struct buf *b)
{
	struct buf ere = {0};

	buf_adds(&ere, "^(");
	for (const char *s = value; *s != '\0'; s++) {
		if (s[0] == '(' && s[1] == '?') {
			if (s[2] != ':') {
				buf_free(&ere);
				return refuse(p, "the pattern '%s'", value);
			}
			buf_addc(&ere, '(');
			s += 2;
		} else if (s[0] == '\\' && s[1] != '\0') {
			s++;
			if (*s == 'd')
				buf_adds(&ere, "[0-9]");
			else if (*s == 'w')
				buf_adds(&ere, "[[:alnum:]_]");
			else if (*s == 's')
				buf_adds(&ere, "[[:space:]]");
			else
				buf_addf(&ere, "\\%c", *s);
		} else if (s[0] == '?' && s > value &&
			   strchr("*+?}", s[-1]) != NULL)
			continue; /* lazy or greedy: the whole must match */
		else
			buf_addc(&ere, *s);
	}
	buf_adds(&ere, ")$");
	import_quoted(b, buf_span(&ere));
	buf_free(&ere);
	return 0;
}

static bool
is_anything(const struct promql_matcher *m)
{
	return strcmp(m->op, "=~") == 0 &&
	       (strcmp(m->value, ".+") == 0 || strcmp(m->value, ".*") == 0);
}

/* One matcher into the labels of a piece, "LABEL OP VALUE". */
static int
add_matcher(struct prom *p, const char *entity, const struct promql_matcher *m,
    struct prom_piece *out)
{
	const char *label;
	struct buf one = {0};
	int rc = 0;

	if (is_anything(m) || names_is_ignored(p->names, m->label))
		return 0;
	label = prom_label(p, entity, m->label);
	if (label == NULL)
		return refuse(p, "label %s has no counterpart on %s", m->label,
		    entity);
	buf_addf(&one, "%s%s", label, m->op);
	if (m->op[1] == '~')
		rc = pattern(p, m->value, &one);
	else
		import_quoted(&one, span_of(m->value));
	if (rc == 0)
		merge_labels(&out->labels, &one);
	buf_free(&one);
	return rc;
}

/* The row of the names that a selector means; the matcher it took up. */
static const struct name *
find_row(const struct prom *p, const struct promql *q, size_t *taken)
{
	const struct name *row;

	*taken = q->nmatchers;
	for (size_t i = 0; (row = names_row(p->names, q->name, i)) != NULL;
	     i++) {
		if (row->label == NULL)
			return row;
		for (size_t k = 0; k < q->nmatchers; k++) {
			const struct promql_matcher *m = &q->matchers[k];

			if (strcmp(m->label, row->label) != 0 ||
			    strcmp(m->value, row->value) != 0 ||
			    (m->op[0] == '!') != row->negated)
				continue;
			*taken = k;
			return row;
		}
	}
	return NULL;
}

/* f(METRIC, RANGE), or METRIC without a function. */
static int
put_metric(struct prom *p, const struct promql *q, const char *f,
    const char *entity, const struct name *row, struct prom_piece *out)
{
	const char *metric = row != NULL ? row->metric : q->name;
	bool plain = strcmp(entity, p->scope) == 0;
	struct buf b = {0};

	/* What is counted and not asked for as a rate is meant as it stands. */
	if (f == NULL && str_ends(span_of(metric), "_total"))
		f = "raw";
	if (f == NULL && q->offset > 0)
		f = "offset";
	else if (q->offset != 0)
		return refuse(p, "an offset of a window");
	if (q->range > RANGE_MAX)
		return refuse(p, "a window longer than a day");
	if (f != NULL)
		buf_addf(&b, "%s(", f);
	buf_addf(&b, "%s%s%s", plain ? "" : entity, plain ? "" : ".", metric);
	if (f != NULL && (q->range > 0 || q->offset > 0) &&
	    strcmp(f, "irate") != 0) {
		buf_adds(&b, ", ");
		import_time(&b, q->range > 0 ? q->range : q->offset);
	}
	if (f != NULL)
		buf_addc(&b, ')');
	if (row != NULL && row->one_less)
		buf_addf(&out->value, "(1 - %s)", b.data);
	else if (row != NULL && row->factor != 1) {
		buf_addf(&out->value, "(%s * ", b.data);
		import_number(&out->value, row->factor);
		buf_addc(&out->value, ')');
	} else
		buf_add(&out->value, b.data, b.len);
	buf_free(&b);
	if (out->metric == NULL && plain)
		out->metric = metric;
	return 0;
}

static int
render_selector(struct prom *p, const struct promql *q, const char *f,
    struct prom_piece *out)
{
	const struct promql *record = map_get(p->records, span_of(q->name));
	const struct name *row;
	const char *entity;
	size_t taken;
	int rc;

	if (record != NULL && q->range == 0 && f == NULL) {
		p->depth++;
		rc = p->depth > 8 ? refuse(p, "recording rules in a circle")
				  : prom_render(p, record, out);
		p->depth--;
		return rc;
	}
	if (record != NULL)
		return refuse(p, "a window of the recording rule %s", q->name);
	row = find_row(p, q, &taken);
	entity = prom_entity(p, q);
	if (entity == NULL)
		return -1;
	if (row == NULL && names_row(p->names, q->name, 0) != NULL)
		return refuse(p, "%s without a label that says which", q->name);
	for (size_t i = 0; i < q->nmatchers; i++)
		if (i != taken &&
		    (strcmp(entity, p->scope) == 0 ||
			!names_is_host(p->names, q->matchers[i].label)) &&
		    add_matcher(p, entity, &q->matchers[i], out) == -1)
			return -1;
	return put_metric(p, q, f, entity, row, out);
}

/* --- functions ----------------------------------------------------------- */

static const struct {
	const char *theirs, *ours;
} windows[] = {
    {"rate", "rate"},
    {"irate", "rate"},
    {"increase", "increase"},
    {"delta", "delta"},
    {"idelta", "delta"},
    {"deriv", "deriv"},
    {"changes", "changes"},
    {"resets", "resets"},
    {"avg_over_time", "avg"},
    {"min_over_time", "min"},
    {"max_over_time", "max"},
    {"sum_over_time", "sum"},
    {"count_over_time", "count"},
    {"stddev_over_time", "stddev"},
    {"last_over_time", "last"},
};

static const struct {
	const char *theirs, *format; /* %s: the arguments */
	size_t nargs;
} plain[] = {
    {"abs", "abs(%s)", 1},
    {"ceil", "ceil(%s)", 1},
    {"floor", "floor(%s)", 1},
    {"round", "round(%s)", 1},
    {"sqrt", "sqrt(%s)", 1},
    {"ln", "ln(%s)", 1},
    {"log2", "(ln(%s) / ln(2))", 1},
    {"log10", "(ln(%s) / ln(10))", 1},
    {"exp", "exp(%s)", 1},
    {"clamp_min", "max2(%s, %s)", 2},
    {"clamp_max", "min2(%s, %s)", 2},
    {"vector", "%s", 1},
    {"scalar", "%s", 1},
    {"sort", "%s", 1},
    {"sort_desc", "%s", 1},
    {"label_replace", "%s", 1},
    {"label_join", "%s", 1},
};

/* %s in format by the values of args, in their order. */
static void
put_format(struct buf *b, const char *format, const struct prom_piece *args)
{
	for (; *format != '\0'; format++) {
		if (format[0] != '%' || format[1] != 's') {
			buf_addc(b, *format);
			continue;
		}
		buf_add(b, args->value.data, args->value.len);
		args++;
		format++;
	}
}

static int
render_window(struct prom *p, const struct promql *q, const char *f,
    struct prom_piece *out)
{
	const struct promql *arg = q->nargs > 0 ? q->args[q->nargs - 1] : NULL;
	struct promql copy;

	if (arg == NULL || arg->kind == PROMQL_SUBQUERY)
		return refuse(p, "a subquery");
	if (arg->kind != PROMQL_SELECTOR || arg->range <= 0)
		return refuse(p, "%s of no window", q->name);
	copy = *arg;
	/* Of a counter these take the number itself, not its rate. */
	if (str_ends(span_of(arg->name), "_total") &&
	    strstr(q->name, "_over_time") != NULL)
		return refuse(p, "%s of a counter", q->name);
	if (strcmp(q->name, "irate") == 0)
		copy.range = 0;
	return render_selector(p, &copy, f, out);
}

/* x + deriv(x, r) * seconds: where the line through r will be. */
static int
render_predict(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	struct prom_piece now = {0}, slope = {0}, ahead = {0};
	struct promql copy;
	int rc;

	if (q->nargs != 2 || q->args[0]->kind != PROMQL_SELECTOR)
		return refuse(p, "a subquery");
	copy = *q->args[0];
	copy.range = 0;
	rc = render_selector(p, &copy, NULL, &now) == -1 ||
		     render_selector(p, q->args[0], "deriv", &slope) == -1 ||
		     prom_render(p, q->args[1], &ahead) == -1
		 ? -1
		 : 0;
	if (rc == 0) {
		buf_addf(&out->value, "(%s + %s * (%s))", now.value.data,
		    slope.value.data, ahead.value.data);
		merge_labels(&out->labels, &now.labels);
		out->metric = now.metric;
	}
	prom_piece_free(&now);
	prom_piece_free(&slope);
	prom_piece_free(&ahead);
	return rc;
}

/* absent(x), absent_over_time(x[5m]), present_over_time(x[5m]) */
static int
render_absent(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	const struct promql *arg = q->args[0];
	struct promql copy = *arg;
	struct prom_piece x = {0};

	if (arg->kind != PROMQL_SELECTOR)
		return refuse(p, "%s of an expression", q->name);
	copy.range = 0;
	if (render_selector(p, &copy, NULL, &x) == -1 || x.metric == NULL) {
		prom_piece_free(&x);
		return refuse(p, "%s of what contains it", q->name);
	}
	buf_addf(&out->cond, "%.*s(%s", (int)strcspn(q->name, "_"), q->name,
	    x.metric);
	if (arg->range > 0) {
		buf_adds(&out->cond, ", ");
		import_time(&out->cond, arg->range);
	}
	buf_addc(&out->cond, ')');
	buf_adds(&out->value, "1");
	merge_labels(&out->labels, &x.labels);
	prom_piece_free(&x);
	return 0;
}

static int
render_quantile(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	char f[8];
	double percent;

	if (q->nargs != 2 || q->args[0]->kind != PROMQL_NUMBER)
		return refuse(p, "%s", q->name);
	percent = q->args[0]->number * 100;
	if (percent < 1 || percent > 99 || percent != floor(percent))
		return refuse(p, "a quantile of no whole per cent");
	snprintf(f, sizeof(f), "p%d", (int)percent);
	return render_window(p, q, f, out);
}

/* Something of each argument. */
static int
render_plain(struct prom *p, const struct promql *q, size_t i,
    struct prom_piece *out)
{
	struct prom_piece args[2] = {{.metric = NULL}, {.metric = NULL}};
	int rc = 0;

	if (q->nargs < plain[i].nargs)
		return refuse(p, "%s", q->name);
	for (size_t k = 0; rc == 0 && k < plain[i].nargs; k++)
		rc = prom_render(p, q->args[k], &args[k]);
	if (rc == 0 && args[0].value.len == 0)
		rc = refuse(p, "%s of a condition", q->name);
	if (rc == 0) {
		put_format(&out->value, plain[i].format, args);
		and_text(&out->cond, &args[0].cond);
		merge_labels(&out->labels, &args[0].labels);
		out->metric = args[0].metric;
	}
	prom_piece_free(&args[0]);
	prom_piece_free(&args[1]);
	return rc;
}

static int
render_call(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	struct prom_piece x = {0};
	int rc;

	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		if (strcmp(q->name, windows[i].theirs) == 0)
			return render_window(p, q, windows[i].ours, out);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(q->name, plain[i].theirs) == 0)
			return render_plain(p, q, i, out);
	if (strcmp(q->name, "predict_linear") == 0)
		return render_predict(p, q, out);
	if (strcmp(q->name, "quantile_over_time") == 0)
		return render_quantile(p, q, out);
	if (q->nargs == 1 && (strncmp(q->name, "absent", 6) == 0 ||
				 strncmp(q->name, "present", 7) == 0))
		return render_absent(p, q, out);
	if (strcmp(q->name, "time") == 0) {
		buf_adds(&out->value, "now()");
		return 0;
	}
	if (strcmp(q->name, "timestamp") == 0 && q->nargs == 1) {
		rc = prom_render(p, q->args[0], &x);
		if (rc == 0 && x.metric == NULL)
			rc = refuse(p, "timestamp() of an expression");
		if (rc == 0)
			buf_addf(&out->value, "(now() - age(%s))", x.metric);
		merge_labels(&out->labels, &x.labels);
		prom_piece_free(&x);
		return rc;
	}
	return refuse(p, "%s()", q->name);
}

/* --- aggregates ---------------------------------------------------------- */

static bool
is_grouped_by(const struct promql *q, const char *label)
{
	for (size_t i = 0; i < q->nlabels; i++)
		if (strcmp(q->labels[i], label) == 0)
			return true;
	return false;
}

/*
 * Series that nobody has a name for: what they aggregate over is not known.
 * When a matcher asks for a label that is not grouped by they are several for
 * sure; else they are taken for one, and that is said.
 */
static int
check_single(struct prom *p, const struct promql *q, const struct promql *arg)
{
	if (arg->kind == PROMQL_SELECTOR) {
		if (names_row(p->names, arg->name, 0) != NULL)
			return 0;
		for (size_t i = 0; i < arg->nmatchers; i++)
			if (!is_grouped_by(q, arg->matchers[i].label) &&
			    !names_is_ignored(p->names,
				arg->matchers[i].label) &&
			    arg->matchers[i].op[0] != '=')
				return refuse(p, "%s over label %s of %s",
				    q->name, arg->matchers[i].label, arg->name);
		buf_addf(&p->notes,
		    "# taken for one series in each group: %s of %s\n", q->name,
		    arg->name);
		return 0;
	}
	for (size_t i = 0; i < arg->nargs; i++)
		if (check_single(p, q, arg->args[i]) == -1)
			return -1;
	return 0;
}

/* Over one and the same entity: what it aggregates is one thing. */
static int
render_single(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	const struct promql *arg = q->args[q->nargs - 1];
	struct buf value = {0};

	if (strcmp(q->name, "stddev") == 0 || strcmp(q->name, "stdvar") == 0 ||
	    strcmp(q->name, "count_values") == 0)
		return refuse(p, "%s over parts", q->name);
	if (check_single(p, q, arg) == -1 || prom_render(p, arg, out) == -1)
		return -1;
	if (strcmp(q->name, "count") != 0 && strcmp(q->name, "group") != 0)
		return 0;
	/* Of one thing there is one, if it is there. */
	if (out->cond.len > 0)
		buf_addf(&value, "if(%s, 1, 0)", out->cond.data);
	else
		buf_adds(&value, "1");
	buf_clear(&out->cond);
	prom_condition(out, &out->cond);
	buf_free(&out->value);
	out->value = value;
	return 0;
}

/* What is aggregated of each part. */
static int
put_each(struct prom *p, const struct promql *q, const struct prom_piece *x,
    struct buf *b)
{
	if (strcmp(q->name, "count") == 0) {
		prom_condition(x, b);
		return 0;
	}
	if (x->cond.len == 0)
		buf_add(b, x->value.data, x->value.len);
	else if (strcmp(q->name, "sum") == 0)
		buf_addf(b, "if(%s, %s, 0)", x->cond.data, x->value.data);
	else
		return refuse(p, "%s of those parts that fit a condition",
		    q->name);
	return 0;
}

static int
render_over(struct prom *p, const struct promql *q, const char *part,
    struct prom_piece *out)
{
	static const char *const known[] = {"sum", "avg", "min", "max", "count",
	    NULL};
	const struct promql *arg = q->args[q->nargs - 1];
	struct prom_piece x = {0};
	char scope[sizeof(p->scope)];
	struct span rest, item;
	bool first = true;
	size_t i;
	int rc;

	for (i = 0; known[i] != NULL && strcmp(known[i], q->name) != 0; i++)
		;
	if (known[i] == NULL)
		return refuse(p, "%s over parts", q->name);
	memcpy(scope, p->scope, sizeof(scope));
	snprintf(p->scope, sizeof(p->scope), "%s", part);
	rc = prom_render(p, arg, &x);
	memcpy(p->scope, scope, sizeof(scope));
	if (rc == 0) {
		buf_addf(&out->value, "%s(", q->name);
		rc = put_each(p, q, &x, &out->value);
		buf_addf(&out->value, " over %s", part);
		for (rest = buf_span(&x.labels);
		     x.labels.len > 0 && str_item(&rest, '\n', &item);
		     first = false)
			buf_addf(&out->value, "%c%.*s", first ? '{' : ',',
			    SPAN_ARG(item));
		buf_adds(&out->value, first ? ")" : "})");
	}
	prom_piece_free(&x);
	return rc;
}

static int
render_aggregate(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	const char *part = prom_entity(p, q->args[q->nargs - 1]);
	const char *whole = part != NULL ? prom_entity(p, q) : NULL;

	if (whole == NULL)
		return -1;
	if (strcmp(part, whole) == 0)
		return render_single(p, q, out);
	if (strcmp(whole, p->scope) != 0)
		return refuse(p, "%s over %s of the %s beside metrics of %s",
		    q->name, part, whole, p->scope);
	return render_over(p, q, part, out);
}

/* --- operators ----------------------------------------------------------- */

/* Both must hold; of "unless", not the second. */
static int
render_and(const struct promql *q, struct prom_piece *a, struct prom_piece *b,
    struct prom_piece *out)
{
	bool unless = strcmp(q->name, "unless") == 0;
	struct buf left = {0}, right = {0};

	prom_condition(a, &left);
	if (unless) {
		labels_condition(&b->labels, &right);
		if (right.len > 0 && (b->cond.len > 0 || b->value.len > 0))
			buf_adds(&right, " and ");
	} else
		merge_labels(&out->labels, &b->labels);
	prom_condition(b, &right);
	merge_labels(&out->labels, &a->labels);
	if (left.len > 0)
		buf_add(&out->cond, left.data, left.len);
	if (right.len > 0)
		buf_addf(&out->cond, unless ? "%snot (%s)" : "%s%s",
		    left.len > 0 ? " and " : "", right.data);
	buf_add(&out->value, a->value.data, a->value.len);
	out->metric = a->metric;
	buf_free(&left);
	buf_free(&right);
	return 0;
}

static int
render_or(struct prom_piece *a, struct prom_piece *b, struct prom_piece *out)
{
	struct buf left = {0}, right = {0};

	/* A number that stands in where there is none. */
	if (a->cond.len == 0 && b->cond.len == 0 && a->metric != NULL &&
	    a->value.len > 0 && b->value.len > 0) {
		buf_addf(&out->value, "if(present(%s), %s, %s)", a->metric,
		    a->value.data, b->value.data);
		merge_labels(&out->labels, &a->labels);
		out->metric = NULL;
		return 0;
	}
	labels_condition(&a->labels, &left);
	if (left.len > 0)
		buf_adds(&left, " and ");
	prom_condition(a, &left);
	labels_condition(&b->labels, &right);
	if (right.len > 0)
		buf_adds(&right, " and ");
	prom_condition(b, &right);
	buf_addf(&out->cond, "(%s or %s)", left.data, right.data);
	buf_add(&out->value, a->value.data, a->value.len);
	out->metric = a->metric;
	buf_free(&left);
	buf_free(&right);
	return 0;
}

static bool
is_comparison(const char *op)
{
	return strchr("<>=!", *op) != NULL;
}

/* Without the one pair of brackets around all of it. */
static void
put_bare(struct buf *to, const struct buf *from)
{
	int depth = 0;
	size_t i = 0;

	if (from->len > 2 && from->data[0] == '(' && from->data[1] != '-')
		for (; i < from->len; i++) {
			depth += (from->data[i] == '(') -
				 (from->data[i] == ')');
			if (depth == 0)
				break;
		}
	if (i > 0 && i == from->len - 1)
		buf_add(to, from->data + 1, from->len - 2);
	else
		buf_add(to, from->data, from->len);
}

static int
render_numbers(struct prom *p, const struct promql *q, struct prom_piece *a,
    struct prom_piece *b, struct prom_piece *out)
{
	struct buf cond = {0};

	if (a->value.len == 0 || b->value.len == 0)
		return refuse(p, "%s of a condition", q->name);
	and_text(&out->cond, &a->cond);
	and_text(&out->cond, &b->cond);
	merge_labels(&out->labels, &a->labels);
	merge_labels(&out->labels, &b->labels);
	out->metric = a->metric != NULL ? a->metric : b->metric;
	if (!is_comparison(q->name)) {
		if (*q->name == '^') {
			if (strcmp(b->value.data, "2") != 0)
				return refuse(p, "a power");
			buf_addf(&out->value, "(%s * %s)", a->value.data,
			    a->value.data);
		} else
			buf_addf(&out->value, "(%s %s %s)", a->value.data,
			    q->name, b->value.data);
		return 0;
	}
	put_bare(&cond, &a->value);
	buf_addf(&cond, " %s ", q->name);
	put_bare(&cond, &b->value);
	if (q->is_bool)
		buf_addf(&out->value, "if(%s, 1, 0)", cond.data);
	else {
		and_text(&out->cond, &cond);
		/* 5 < x keeps x. */
		if (a->metric == NULL && b->metric != NULL)
			buf_add(&out->value, b->value.data, b->value.len);
		else
			buf_add(&out->value, a->value.data, a->value.len);
	}
	buf_free(&cond);
	return 0;
}

/* Of a join with labels only their conditions stay. */
static int
render_join(struct prom *p, const struct promql *q, const struct promql *info,
    const struct promql *rest, struct prom_piece *out)
{
	if (info->kind == PROMQL_SELECTOR)
		for (size_t i = 0; i < info->nmatchers; i++)
			if (add_matcher(p, p->scope, &info->matchers[i], out) ==
			    -1)
				return -1;
	if (strcmp(q->name, "unless") == 0 && rest == q->args[0])
		return refuse(p, "unless %s", info->name);
	return prom_render(p, rest, out);
}

static int
render_binary(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	struct prom_piece a = {0}, b = {0};
	int rc;

	if (!is_comparison(q->name) && prom_is_info(p, q->args[1]))
		return render_join(p, q, q->args[1], q->args[0], out);
	if (!is_comparison(q->name) && prom_is_info(p, q->args[0]))
		return render_join(p, q, q->args[0], q->args[1], out);
	rc = prom_render(p, q->args[0], &a) == -1 ||
		     prom_render(p, q->args[1], &b) == -1
		 ? -1
		 : 0;
	if (rc == 0 && strcmp(q->name, "or") != 0 &&
	    strcmp(q->name, "unless") != 0)
		rc = check_meeting(p, &a.labels, &b.labels);
	if (rc == 0 && q->is_join && strcmp(p->scope, PROM_UNKNOWN) == 0)
		rc = refuse(p, "joins series of different labels");
	/* x{a="b"} / x: one is a part of the other. */
	if (rc == 0 && !is_comparison(q->name) && strcmp(q->name, "/") == 0 &&
	    a.metric != NULL && b.metric != NULL &&
	    strcmp(a.metric, b.metric) == 0 &&
	    (a.labels.len != b.labels.len ||
		(a.labels.len > 0 &&
		    memcmp(a.labels.data, b.labels.data, a.labels.len) != 0)))
		rc = refuse(p, "a share of %s by its labels", a.metric);
	if (rc == 0) {
		if (strcmp(q->name, "and") == 0 ||
		    strcmp(q->name, "unless") == 0)
			rc = render_and(q, &a, &b, out);
		else if (strcmp(q->name, "or") == 0)
			rc = render_or(&a, &b, out);
		else
			rc = render_numbers(p, q, &a, &b, out);
	}
	prom_piece_free(&a);
	prom_piece_free(&b);
	return rc;
}

int
prom_render(struct prom *p, const struct promql *q, struct prom_piece *out)
{
	struct prom_piece x = {0};
	int rc;

	switch (q->kind) {
	case PROMQL_NUMBER:
		if (!isfinite(q->number))
			return refuse(p, "an infinite number");
		buf_addf(&out->value, q->number < 0 ? "(%.15g)" : "%.15g",
		    q->number);
		return 0;
	case PROMQL_STRING:
		return refuse(p, "a string");
	case PROMQL_SELECTOR:
		if (q->range > 0)
			return refuse(p, "a window without a function");
		if (prom_is_info(p, q))
			return refuse(p, "%s, which is always 1", q->name);
		return render_selector(p, q, NULL, out);
	case PROMQL_CALL:
		return render_call(p, q, out);
	case PROMQL_AGGREGATE:
		return render_aggregate(p, q, out);
	case PROMQL_BINARY:
		return render_binary(p, q, out);
	case PROMQL_NEGATE:
		rc = prom_render(p, q->args[0], &x);
		if (rc == 0) {
			buf_addf(&out->value, "-(%s)", x.value.data);
			and_text(&out->cond, &x.cond);
			merge_labels(&out->labels, &x.labels);
			out->metric = x.metric;
		}
		prom_piece_free(&x);
		return rc;
	default:
		return refuse(p, "a subquery");
	}
}
