/* SPDX-License-Identifier: MIT */
/*
 * filter: an expression asked of one row.  The present is read from all
 * metrics there are, the past from those with a history here; what has none
 * is not known then, and is never taken for false.
 */
#include "filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "chart.h"
#include "lang/expr.h"

#define LABELS_MAX 48u
#define POINTS_MAX 600u

struct filter {
	struct expr *expr;
	char *text;
};

/* What an expression looks at. */
struct look {
	const struct model *m;
	const struct note *note;
	struct record_label labels[LABELS_MAX];
	struct selector_subject subject;
	struct point points[POINTS_MAX];
	struct subject none; /* a row without a subject */
};

struct filter *
filter_parse(struct span text, struct nc_err *e)
{
	struct expr *x = expr_parse(text, EXPR_CONDITION, e);
	struct filter *f;

	if (x == NULL)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->expr = x;
	f->text = xmemdup0(text.p, text.len);
	return f;
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	expr_free(f->expr);
	free(f->text);
	free(f);
}

const char *
filter_text(const struct filter *f)
{
	return f->text;
}

/* --- one number ----------------------------------------------------------- */

/* The metric the model follows, of a subject; TRACK_COUNT: none. */
static enum track
followed(const struct subject *s, const char *metric)
{
	const struct thing *t = thing_of(s);

	return t != NULL ? chart_track(t->kind, metric) : TRACK_COUNT;
}

/* The present value, of any metric; a rate by either of its names. */
static enum expr_found
latest(const struct model *m, const struct subject *s, const char *metric,
    double *value)
{
	struct intern *names = model_names(m);
	uint32_t id = intern_find(names, span_of(metric));
	size_t len = strlen(metric);
	struct reading r;
	char total[256];

	if (len > 11 && len < sizeof(total) &&
	    strcmp(metric + len - 11, "_per_second") == 0) {
		memcpy(total, metric, len - 11);
		memcpy(total + len - 11, "_total", 7);
		if (intern_find(names, span_of(total)) != INTERN_NONE)
			id = intern_find(names, span_of(total));
	}
	if (id == INTERN_NONE)
		return EXPR_NEVER;
	if (!topology_read(model_series(m), s, id, model_now(m), &r))
		return EXPR_NEVER;
	if (!r.fresh || r.series->state != SERIES_VALUE)
		return EXPR_UNKNOWN;
	*value = r.series->value;
	return EXPR_FOUND;
}

static enum expr_found
now_of(const struct model *m, const struct subject *s, const char *metric,
    double *value)
{
	enum track t;
	struct answer a;

	if (isnan(model_cursor(m)))
		return latest(m, s, metric, value);
	if ((t = followed(s, metric)) == TRACK_COUNT)
		return EXPR_UNKNOWN;
	a = model_read(m, s, t);
	if (isnan(a.value) || a.fresh >= STALE)
		return EXPR_UNKNOWN;
	*value = a.value;
	return EXPR_FOUND;
}

static int
rising(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static double
slope(const struct point *p, size_t n)
{
	double t = 0, v = 0, tt = 0, tv = 0;

	for (size_t i = 0; i < n; i++) {
		t += (p[i].ts - p[0].ts) / (double)n;
		v += p[i].value / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		tt += pow(p[i].ts - p[0].ts - t, 2);
		tv += (p[i].ts - p[0].ts - t) * (p[i].value - v);
	}
	return tt > 0 ? tv / tt : (double)NAN;
}

static double
quantile(const struct point *p, size_t n, double q)
{
	double *sorted = xreallocarray(NULL, n, sizeof(double)), at, v;
	size_t low;

	for (size_t i = 0; i < n; i++)
		sorted[i] = p[i].value;
	qsort(sorted, n, sizeof(double), rising);
	at = q * (double)(n - 1);
	low = (size_t)at;
	v = sorted[low];
	if (low + 1 < n)
		v += (at - (double)low) * (sorted[low + 1] - v);
	free(sorted);
	return v;
}

/* What a window says; n > 0 points, all known. */
static double
fold(const struct expr_input *in, const struct point *p, size_t n)
{
	double sum = 0, least = INFINITY, most = -INFINITY, squares = 0, mean;
	size_t changes = 0;

	for (size_t i = 0; i < n; i++) {
		sum += p[i].value;
		least = fmin(least, p[i].value);
		most = fmax(most, p[i].value);
		changes += i != 0 && p[i].value != p[i - 1].value;
	}
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (p[i].value - mean) * (p[i].value - mean);
	switch (in->function) {
	case EXPR_MIN:
		return least;
	case EXPR_MAX:
		return most;
	case EXPR_SUM:
		return sum;
	case EXPR_COUNT:
		return (double)n;
	case EXPR_STDDEV:
		return sqrt(squares / (double)n);
	case EXPR_QUANTILE:
		return quantile(p, n, in->quantile);
	case EXPR_INCREASE:
		return mean * in->range;
	case EXPR_DELTA:
		return p[n - 1].value - p[0].value;
	case EXPR_DERIV:
		return slope(p, n);
	case EXPR_CHANGES:
		return (double)changes;
	default: /* a counter's history is that of its rate */
		return mean;
	}
}

static enum expr_found
over_range(struct look *l, const struct subject *s, const struct expr_input *in,
    double *value)
{
	double now = isnan(model_cursor(l->m)) ? model_now(l->m)
					       : model_cursor(l->m);
	enum track t = followed(s, in->metric);
	size_t n, known = 0;

	if (t == TRACK_COUNT || in->function == EXPR_RESETS)
		return EXPR_UNKNOWN;
	n = model_points(l->m, s, t, now - in->range, now, l->points,
	    POINTS_MAX, NULL);
	for (size_t i = 0; i < n; i++)
		if (!isnan(l->points[i].value))
			l->points[known++] = l->points[i];
	if (known == 0)
		return EXPR_UNKNOWN;
	*value = fold(in, l->points, known);
	return isnan(*value) ? EXPR_UNKNOWN : EXPR_FOUND;
}

/* Of the entity as a whole. */
static enum expr_found
of_entity(struct look *l, const struct subject *s, const struct expr_input *in,
    double *value)
{
	const struct thing *t = thing_of(s);
	enum freshness f;
	double age = NAN;

	if (t == NULL)
		return EXPR_UNKNOWN;
	f = model_thing_state(l->m, t, &age);
	if (in->function == EXPR_AGE)
		*value = age;
	else if (in->range > 0)
		*value = (age <= in->range) == (in->function == EXPR_PRESENT);
	else
		*value = (f < STALE) == (in->function == EXPR_PRESENT);
	return isnan(*value) ? EXPR_UNKNOWN : EXPR_FOUND;
}

static const struct subject *
ancestor(const struct subject *s, const char *entity)
{
	while (s != NULL && strcmp(s->entity, entity) != 0)
		s = s->parent;
	return s;
}

static enum expr_found
input(void *arg, void *at, const struct expr_input *in, double *value)
{
	struct look *l = arg;
	const struct subject *s = at;

	if (in->scope != NULL && (s = ancestor(s, in->scope)) == NULL)
		return EXPR_NEVER;
	if (s == &l->none)
		return EXPR_NEVER;
	if (in->metric == NULL)
		return of_entity(l, s, in, value);
	if (in->range > 0)
		return over_range(l, s, in, value);
	switch (in->function) {
	case EXPR_LAST:
	case EXPR_RATE:
	case EXPR_AVG:
	case EXPR_MIN:
	case EXPR_MAX:
	case EXPR_SUM:
		return now_of(l->m, s, in->metric, value);
	default:
		return EXPR_UNKNOWN;
	}
}

/* --- who it is ------------------------------------------------------------ */

static void
add_label(struct look *l, const char *key, const char *value)
{
	if (l->subject.nlabels == LABELS_MAX)
		return;
	l->labels[l->subject.nlabels++] = (struct record_label){span_of(key),
	    span_of(value)};
}

static const struct selector_subject *
subject(void *arg, void *at)
{
	struct look *l = arg;
	const struct subject *s = at;
	const struct note *n = l->note;
	const char *key, *value;

	l->subject = (struct selector_subject){.labels = l->labels};
	if (s != &l->none) {
		l->subject.host = span_of(s->host);
		l->subject.entity = span_of(s->entity);
		l->subject.id = span_of(s->id);
	} else if (n != NULL) {
		l->subject.host = span_of(n->host);
		l->subject.entity = span_of(n->entity);
		l->subject.id = span_of(n->id);
		add_label(l, "name", n->name);
	}
	if (n != NULL) {
		add_label(l, "alert", n->what);
		add_label(l, "severity", severity_name(n->severity));
		add_label(l, "metric", n->metric);
	}
	if (s == &l->none || s->nsources == 0)
		return &l->subject;
	l->subject.source = span_of(s->sources[0]->origin->source);
	for (size_t i = 0; i < s->sources[0]->nlabels; i++) {
		series_label_at(s->sources[0], i, &key, &value);
		add_label(l, key, value);
	}
	return &l->subject;
}

static void *
part(void *arg, void *at, const struct selector *over, void *after)
{
	const struct subject *s = after != NULL
				      ? ((const struct subject *)after)->sibling
				      : ((const struct subject *)at)->child;

	for (; s != NULL; s = s->sibling)
		if (selector_entity(over, subject(arg, (void *)(uintptr_t)s)))
			return (void *)(uintptr_t)s;
	return NULL;
}

int
filter_holds(const struct filter *f, const struct model *m,
    const struct subject *s, const struct note *n)
{
	struct look *l = xcalloc(1, sizeof(*l));
	struct expr_env env = {l, input, subject, part};
	struct expr_value v;

	l->m = m;
	l->note = n;
	v = expr_eval(f->expr, &env,
	    s != NULL ? (void *)(uintptr_t)s : (void *)&l->none);
	free(l);
	return expr_is_true(v) ? 1 : expr_is_false(v) ? 0 : -1;
}

void
filter_rule(const struct filter *f, const char *entity, struct buf *to)
{
	buf_addf(to, "alert my-filter on %s {\n    warn if %s for 5m\n}\n",
	    entity, f->text);
}
