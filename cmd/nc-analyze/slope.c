/* SPDX-License-Identifier: MIT */
/*
 * slope: the analysis "trend": whether a series rises or falls over what is
 * known of it, and how fast, whatever a few wild values say.  Told when it
 * becomes certain, when it is another, and when it is over.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parse.h"
#include "flow.h"
#include "history.h"
#include "math/trend.h"
#include "metric/catalogue.h"
#include "metric/format.h"

#define EVERY 600.0
#define STEPS_LEAST 24
/* All pairs of points are looked at: so many are enough. */
#define POINTS 128
/* A trend is told below the first, and over above the second.  Neighbouring
 * steps resemble each other, so the test believes too soon: hence strict. */
#define CERTAIN 1e-6
#define OVER 1e-2

struct slope {
	struct flow *flow;
	double every;
};

/* Of each series. */
struct incline {
	struct history *history; /* owned; NULL: not asked for */
	double judged; /* when it was last */
	double low, high; /* as told; both 0: no trend was */
	bool looked;
};

static void *
make(struct flow *f)
{
	struct slope *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->every = EVERY;
	return a;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	struct slope *a = self;

	if (!span_is(key, "every"))
		return err_set(e, 0, "\"%.*s\": expected every", SPAN_ARG(key));
	return parse_duration(value, &a->every, e);
}

static void
explain(struct frame *f, const struct point *p, struct span metric,
    const struct trend *t, double window)
{
	char rise[FORMAT_MAX], span[FORMAT_MAX];
	enum metric_unit unit = metric_unit_of(metric);
	struct buf b = {0};

	rise[format_value(rise, fabs(t->slope) * 3600, unit,
	    metric_is_rate(metric))] = '\0';
	span[format_duration(span, window)] = '\0';
	if (t->low <= 0 && t->high >= 0)
		buf_addf(&b, "%.*s no longer rises or falls over %s",
		    SPAN_ARG(metric), span);
	else
		buf_addf(&b, "%.*s has been %s by %s an hour over %s",
		    SPAN_ARG(metric), t->slope > 0 ? "rising" : "falling", rise,
		    span);
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
	(void)p;
}

static void
tell(struct slope *a, const struct point *p, const struct trend *t,
    double begin, double window)
{
	const struct flow_options *plan = flow_plan(a->flow);
	struct frame *f = flow_begin_series(a->flow, p, RECORD_TREND);

	frame_number(f, "onset", begin);
	frame_number(f, "slope", t->slope);
	frame_number(f, "low", t->low);
	frame_number(f, "high", t->high);
	frame_number(f, "window", window);
	frame_number(f, "confidence", 1 - t->p);
	if (plan->explain)
		explain(f, p, intern_span(plan->names, p->name), t, window);
	flow_end(a->flow);
}

/* The trend of at most POINTS means of equal parts of the history. */
static bool
fit(const struct history *h, struct trend *t)
{
	double x[POINTS], y[POINTS], sum;
	uint32_t stride = (h->n + POINTS - 1) / POINTS, n = 0;

	for (uint32_t i = h->n % stride; i < h->n; i += stride) {
		sum = 0;
		for (uint32_t k = 0; k < stride; k++)
			sum += history_at(h, i + k);
		x[n] = (i + (stride - 1) / 2.0) * h->step;
		y[n++] = sum / stride;
	}
	return trend_fit(x, y, n, t) == 0;
}

static void
judge(struct slope *a, const struct point *p, struct incline *o)
{
	const struct history *h = o->history;
	double window = h->n * h->step;
	bool told = o->low != 0 || o->high != 0;
	struct trend t;

	o->judged = p->ts;
	if (!fit(h, &t))
		return;
	if (t.p < CERTAIN && (t.low > 0 || t.high < 0)) {
		if (told && t.slope >= o->low && t.slope <= o->high)
			return;
		o->low = t.low;
		o->high = t.high;
	} else if (told && (t.p > OVER || (t.low <= 0 && t.high >= 0))) {
		o->low = o->high = 0;
	} else {
		return;
	}
	tell(a, p, &t, history_end(h) - window, window);
}

/* --- values ------------------------------------------------------------------ */

static struct history *
history_of(struct slope *a, const struct point *p, struct incline *o)
{
	if (!o->looked && flow_is_asked(a->flow, p)) {
		o->history = history_new();
		o->judged = -HUGE_VAL;
	}
	o->looked = true;
	return o->history;
}

static void
value(void *self, const struct point *p, void *state)
{
	struct slope *a = self;
	struct incline *o = state;
	struct history *h = history_of(a, p, o);

	if (h != NULL && history_add(h, p->ts, p->value, p->interval) &&
	    h->n >= STEPS_LEAST && p->ts - o->judged >= a->every)
		judge(a, p, o);
}

static void
gone(void *self, void *state)
{
	struct incline *o = state;

	(void)self;
	free(o->history);
	*o = (struct incline){0};
}

/* --- state ------------------------------------------------------------------- */

static void
save(void *self, struct buf *b)
{
	const struct slope *a = self;

	pack_f64(b, a->every);
}

static int
load(void *self, struct pack_in *u)
{
	const struct slope *a = self;

	return pack_get_f64(u) == a->every ? 0 : -1;
}

static void
save_series(void *self, const void *state, struct buf *b)
{
	const struct incline *o = state;

	(void)self;
	pack_u64(b, o->history != NULL);
	if (o->history == NULL)
		return;
	pack_f64(b, o->judged);
	pack_f64(b, o->low);
	pack_f64(b, o->high);
	history_save(o->history, b);
}

static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	struct incline *o = state;

	if (pack_get_count(u, 1) == 0)
		return u->failed ? -1 : 0;
	if (history_of(self, p, o) == NULL)
		return -1;
	o->judged = pack_get_f64(u);
	o->low = pack_get_f64(u);
	o->high = pack_get_f64(u);
	return history_load(o->history, u) ? 0 : -1;
}

const struct analysis analysis_trend = {
    .name = "trend",
    .standard = true,
    .series_bytes = sizeof(struct incline),
    .make = make,
    .option = option,
    .value = value,
    .gone = gone,
    .save = save,
    .load = load,
    .save_series = save_series,
    .load_series = load_series,
    .end = free,
};
