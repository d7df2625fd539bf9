/* SPDX-License-Identifier: MIT */
/*
 * foresee: the analysis "forecast": what a series will be like, step by step,
 * with 95 % intervals and the error that such forecasts had in its past.  For
 * what is asked for, else for what the catalogue says can fill or saturate.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parse.h"
#include "flow.h"
#include "history.h"
#include "math/forecast.h"
#include "metric/catalogue.h"
#include "metric/format.h"

#define HORIZON 86400.0
#define EVERY 600.0
/* What still holds is told again after this, for who has come since. */
#define LATEST 3600.0
#define STEPS_LEAST 24
/* More points do not fit a line of 4,096 bytes beside the labels. */
#define POINTS 48

struct foresee {
	struct flow *flow;
	double horizon, every;
};

/* Of each series. */
struct outlook {
	struct history *history; /* owned; NULL: not asked for */
	double told; /* when it was last */
	double low, high; /* of its first hour: outside it no longer holds */
	bool looked;
};

static void *
make(struct flow *f)
{
	struct foresee *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->horizon = HORIZON;
	a->every = EVERY;
	return a;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	struct foresee *a = self;
	double seconds;
	bool horizon = span_is(key, "horizon");

	if (!horizon && !span_is(key, "every"))
		return err_set(e, 0, "\"%.*s\": expected horizon or every",
		    SPAN_ARG(key));
	if (!horizon && span_is(value, "end")) {
		a->every = HUGE_VAL;
		return 0;
	}
	if (parse_duration(value, &seconds, e) == -1)
		return -1;
	if (horizon && seconds == 0)
		return err_set(e, 0, "horizon: not above 0");
	*(horizon ? &a->horizon : &a->every) = seconds;
	return 0;
}

/* --- telling ----------------------------------------------------------------- */

/* Every stride-th of n numbers, to the six digits a forecast may claim. */
static void
tell_points(struct frame *f, const char *key, const double *v, size_t n,
    size_t stride)
{
	struct buf b = {0};

	for (size_t i = stride; i <= n; i += stride)
		buf_addf(&b, "%c%.6g", i == stride ? '[' : ',', v[i - 1]);
	buf_addc(&b, ']');
	frame_raw(f, key, buf_span(&b));
	buf_free(&b);
}

static void
explain(struct frame *f, const struct point *p, struct span metric,
    const struct forecast *x, double step)
{
	char value[FORMAT_MAX], then[FORMAT_MAX], low[FORMAT_MAX],
	    high[FORMAT_MAX], when[FORMAT_MAX];
	size_t last = x->horizon - 1;
	struct buf b = {0};

	value[format_metric(value, p->value, metric)] = '\0';
	then[format_metric(then, x->p50[last], metric)] = '\0';
	low[format_metric(low, x->low[last], metric)] = '\0';
	high[format_metric(high, x->high[last], metric)] = '\0';
	when[format_duration(when, (double)x->horizon * step)] = '\0';
	buf_addf(&b,
	    "%.*s is %s and about %s in %s, between %s and %s at 95 %%; %zu "
	    "forecasts of its past say so",
	    SPAN_ARG(metric), value, then, when, low, high, x->origins);
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
}

/* How much the series moves in a step: what errors are measured by. */
static double
unit_of(const struct history *h)
{
	double sum = 0;

	for (uint32_t i = 1; i < h->n; i++)
		sum += (double)fabsf(h->y[i] - h->y[i - 1]);
	return sum / (h->n - 1);
}

static void
tell(struct foresee *a, const struct point *p, const struct history *h,
    const struct forecast *x)
{
	const struct flow_options *plan = flow_plan(a->flow);
	size_t stride = (x->horizon + POINTS - 1) / POINTS;
	size_t points = x->horizon / stride;
	double step = (double)stride * h->step, unit = unit_of(h);
	struct frame *f;
	struct point at = *p;

	at.ts = fmin(history_end(h), p->ts);
	f = flow_begin_series(a->flow, &at, RECORD_FORECAST);
	frame_number(f, "horizon", (double)points * step);
	frame_number(f, "step", step);
	frame_text(f, "model",
	    span_of(x->family == FORECAST_SEASONAL ? "seasonal" : "trend"));
	if (x->origins > 0 && unit > 0)
		frame_number(f, "error", x->error / unit);
	tell_points(f, "p50", x->p50, x->horizon, stride);
	tell_points(f, "low", x->low, x->horizon, stride);
	tell_points(f, "high", x->high, x->horizon, stride);
	if (plan->explain)
		explain(f, p, intern_span(plan->names, p->name), x, h->step);
	flow_end(a->flow);
}

/* --- values ------------------------------------------------------------------ */

static struct history *
history_of(struct foresee *a, const struct point *p, struct outlook *o)
{
	if (!o->looked && flow_is_asked(a->flow, p)) {
		o->history = history_new();
		o->told = -HUGE_VAL;
	}
	o->looked = true;
	return o->history;
}

static bool
is_unsigned(const struct foresee *a, const struct point *p)
{
	struct span name = intern_span(flow_plan(a->flow)->names, p->name);
	const struct metric *m = catalogue_find(span_of(
						    p->entity->origin->entity),
	    name);

	return p->series->counter || metric_is_rate(name) ||
	       (m != NULL && (m->traits & METRIC_UNSIGNED) != 0);
}

static void
keep_band(struct outlook *o, const struct forecast *x)
{
	size_t steps = (size_t)fmax(LATEST / o->history->step, 1);

	o->low = INFINITY;
	o->high = -INFINITY;
	for (size_t i = 0; i < steps && i < x->horizon; i++) {
		o->low = fmin(o->low, x->low[i]);
		o->high = fmax(o->high, x->high[i]);
	}
}

static bool
is_due(const struct foresee *a, const struct outlook *o, const struct point *p)
{
	double since = p->ts - o->told;

	return since >= a->every &&
	       (since >= LATEST || p->value < o->low || p->value > o->high);
}

static void
judge(struct foresee *a, const struct point *p, struct outlook *o)
{
	const struct history *h = o->history;
	struct forecast_request rq = {0};
	struct forecast x;
	double *y;

	o->told = p->ts;
	/* No further than a third of what has been seen. */
	rq.horizon = (size_t)fmin(ceil(a->horizon / h->step), h->n / 3);
	rq.is_nonnegative = is_unsigned(a, p);
	history_seasons(h, &rq.season, &rq.season2);
	y = history_values(h);
	if (forecast_make(y, h->n, &rq, &x, NULL) == 0) {
		keep_band(o, &x);
		tell(a, p, h, &x);
		forecast_free(&x);
	}
	free(y);
}

static void
value(void *self, const struct point *p, void *state)
{
	struct foresee *a = self;
	struct outlook *o = state;
	struct history *h = history_of(a, p, o);

	if (h != NULL && history_add(h, p->ts, p->value, p->interval) &&
	    h->n >= STEPS_LEAST && isfinite(a->every) && is_due(a, o, p))
		judge(a, p, o);
}

static void
finish(void *self, const struct point *p, void *state)
{
	struct foresee *a = self;
	struct outlook *o = state;

	if (isinf(a->every) && o->history != NULL &&
	    o->history->n >= STEPS_LEAST)
		judge(a, p, o);
}

static void
gone(void *self, void *state)
{
	struct outlook *o = state;

	(void)self;
	free(o->history);
	*o = (struct outlook){0};
}

/* --- state ------------------------------------------------------------------- */

static void
save(void *self, struct buf *b)
{
	const struct foresee *a = self;

	pack_f64(b, a->horizon);
	pack_f64(b, a->every);
}

static int
load(void *self, struct pack_in *u)
{
	const struct foresee *a = self;

	return pack_get_f64(u) == a->horizon && pack_get_f64(u) == a->every
		   ? 0
		   : -1;
}

static void
save_series(void *self, const void *state, struct buf *b)
{
	const struct outlook *o = state;

	(void)self;
	pack_u64(b, o->history != NULL);
	if (o->history == NULL)
		return;
	pack_f64(b, o->told);
	pack_f64(b, o->low);
	pack_f64(b, o->high);
	history_save(o->history, b);
}

static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	struct outlook *o = state;

	if (pack_get_count(u, 1) == 0)
		return u->failed ? -1 : 0;
	if (history_of(self, p, o) == NULL)
		return -1;
	o->told = pack_get_f64(u);
	o->low = pack_get_f64(u);
	o->high = pack_get_f64(u);
	return history_load(o->history, u) ? 0 : -1;
}

const struct analysis analysis_forecast = {
    .name = "forecast",
    .standard = true,
    .series_bytes = sizeof(struct outlook),
    .make = make,
    .option = option,
    .value = value,
    .finish = finish,
    .gone = gone,
    .save = save,
    .load = load,
    .save_series = save_series,
    .load_series = load_series,
    .end = free,
};
