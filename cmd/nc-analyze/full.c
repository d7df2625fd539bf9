/* SPDX-License-Identifier: MIT */
/*
 * full: when a series that can fill will have: the courses that its forecast
 * could take, and when they cross its limit.  A clean-up, which has not been
 * its habit, begins its history anew.  Never says more than it has seen: the
 * horizon is at most a third of the history.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parse.h"
#include "flow.h"
#include "history.h"
#include "math/forecast.h"
#include "metric/format.h"

#define HORIZON (7 * 86400.0)
#define EVERY 600.0
#define STEPS_LEAST 24
/* A limit so many times the range seen away is out of reach of a horizon. */
#define REACH 4.0
/* A step back from the limit that is so many times the greatest so far is a
 * clean-up; what is left is told from there on. */
#define CLEANUP 4.0
/* Told unasked from this probability on. */
#define LIKELY 0.1

struct full {
	struct flow *flow;
	double horizon, every;
};

/* What is known of a series that can fill. */
struct tank {
	struct limit limit; /* its own parts belong to the options */
	struct history *history; /* owned */
	double judged; /* when it was last; -INFINITY */
	bool told; /* that it is likely */
};

/* Of each series. */
struct vessel {
	struct tank *tank; /* owned; NULL: cannot fill */
	bool looked;
};

static void *
make(struct flow *f)
{
	struct full *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->horizon = HORIZON;
	a->every = EVERY;
	return a;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	struct full *a = self;
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

/* What was found; steps count from the end of the history, 0: never. */
struct finding {
	double limit, horizon, slope;
	double end, step;
	struct forecast_crossing crossing;
};

static void
tell_time(struct frame *f, const char *key, const struct finding *x,
    size_t steps)
{
	double ts = x->end + (double)steps * x->step;

	if (steps == 0)
		frame_text(f, key, span_of("never"));
	else
		frame_number(f, key, round(ts * 1e3) / 1e3);
}

static void
explain(struct frame *f, const struct point *p, struct span metric,
    const struct finding *x)
{
	char value[FORMAT_MAX], limit[FORMAT_MAX], when[FORMAT_MAX],
	    horizon[FORMAT_MAX];
	struct buf b = {0};

	value[format_metric(value, p->value, metric)] = '\0';
	limit[format_metric(limit, x->limit, metric)] = '\0';
	horizon[format_duration(horizon, x->horizon)] = '\0';
	buf_addf(&b, "%.*s is %s; ", SPAN_ARG(metric), value);
	if (x->crossing.p50 != 0) {
		when[format_duration(when,
		    x->end + (double)x->crossing.p50 * x->step - p->ts)] = '\0';
		buf_addf(&b, "half of its likely courses reach %s within %s",
		    limit, when);
	} else {
		buf_addf(&b, "%.0f %% of its likely courses reach %s within %s",
		    100 * x->crossing.probability, limit, horizon);
	}
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
}

static void
tell(struct full *a, const struct point *p, const struct finding *x)
{
	const struct flow_options *plan = flow_plan(a->flow);
	struct frame *f = flow_begin_series(a->flow, p, RECORD_FULL);

	frame_number(f, "limit", x->limit);
	frame_number(f, "horizon", x->horizon);
	frame_number(f, "probability", x->crossing.probability);
	tell_time(f, "p10", x, x->crossing.p10);
	tell_time(f, "p50", x, x->crossing.p50);
	tell_time(f, "p90", x, x->crossing.p90);
	frame_number(f, "slope", x->slope);
	if (plan->explain)
		explain(f, p, intern_span(plan->names, p->name), x);
	flow_end(a->flow);
}

/* --- judging ----------------------------------------------------------------- */

static void
range_of(const struct history *h, double *low, double *high)
{
	*low = *high = history_at(h, 0);
	for (uint32_t i = 1; i < h->n; i++) {
		*low = fmin(*low, history_at(h, i));
		*high = fmax(*high, history_at(h, i));
	}
}

/* Fills *x.  False when nothing can be said. */
static bool
look_ahead(const struct full *a, const struct history *h, double value,
    bool upwards, struct finding *x)
{
	struct forecast_request rq = {.is_nonnegative = 0};
	struct forecast f;
	double low, high, last, *y;
	size_t steps;
	int made;

	x->step = h->step;
	rq.horizon = (size_t)fmin(ceil(a->horizon / h->step), h->n / 3);
	x->horizon = (double)rq.horizon * h->step;
	x->crossing = (struct forecast_crossing){0};
	x->slope = 0;
	range_of(h, &low, &high);
	if (fabs(x->limit - value) > REACH * (high - low))
		return true;
	history_seasons(h, &rq.season, &rq.season2);
	y = history_values(h);
	made = forecast_make(y, h->n, &rq, &f, NULL);
	free(y);
	if (made == -1)
		return false;
	forecast_cross(&f, x->limit, upwards, &x->crossing);
	/* Of the course in the middle, which is not that of the forecast. */
	steps = x->crossing.p50 != 0 ? x->crossing.p50 : rq.horizon;
	last = x->crossing.p50 != 0 ? x->limit : f.p50[steps - 1];
	x->slope = (last - history_at(h, h->n - 1)) / ((double)steps * h->step);
	forecast_free(&f);
	return true;
}

static double
limit_now(const struct full *a, const struct point *p, const struct limit *l)
{
	return l->metric != NULL ? flow_metric(a->flow, p->entity, l->metric)
				 : l->number;
}

/* On which side of a limit that was told the series has mostly been. */
static bool
is_below(const struct history *h, double limit)
{
	uint32_t below = 0;

	for (uint32_t i = 0; i < h->n; i++)
		below += history_at(h, i) < limit;
	return 2 * below >= h->n;
}

static void
judge(struct full *a, const struct point *p, struct tank *t)
{
	const struct limit *l = &t->limit;
	struct finding x = {0};
	bool upwards, likely;

	x.limit = l->metric != NULL ? flow_metric(a->flow, p->entity, l->metric)
				    : l->number;
	if (isnan(x.limit))
		return;
	t->judged = p->ts;
	x.end = fmin(history_end(t->history), p->ts);
	upwards = l->upwards;
	if (l->told)
		upwards = p->value < x.limit || is_below(t->history, x.limit);
	if (!look_ahead(a, t->history, p->value, upwards, &x))
		return;
	likely = x.crossing.probability >= LIKELY;
	if (l->told || likely || t->told)
		tell(a, p, &x);
	if (likely)
		flow_found(a->flow);
	t->told = likely;
}

/* The last step went away from the limit as none before it. */
static bool
is_cleanup(const struct history *h, bool upwards)
{
	double sign = upwards ? -1 : 1, most = 0, moved = 0, step;

	if (h->n < STEPS_LEAST)
		return false;
	for (uint32_t i = 1; i + 1 < h->n; i++) {
		step = sign * (double)(h->y[i] - h->y[i - 1]);
		most = fmax(most, step);
		moved += fabs(step);
	}
	step = sign * (double)(h->y[h->n - 1] - h->y[h->n - 2]);
	return step > CLEANUP * fmax(most, moved / h->n);
}

/* What was told no longer holds; what holds now is not known yet. */
static void
begin_anew(struct full *a, const struct point *p, struct tank *t)
{
	struct finding x = {.limit = limit_now(a, p, &t->limit),
	    .horizon = t->history->step};

	history_keep(t->history, 1);
	if (t->told && !isnan(x.limit))
		tell(a, p, &x);
	t->told = false;
}

/* --- values ------------------------------------------------------------------ */

static struct tank *
tank_of(struct full *a, const struct point *p, struct vessel *v)
{
	const struct flow_options *plan = flow_plan(a->flow);
	struct limit l;

	if (v->looked)
		return v->tank;
	v->looked = true;
	if (!limit_find(plan->limits, plan->nlimits, plan->names, p->entity,
		p->name, &l))
		return NULL;
	v->tank = xcalloc(1, sizeof(*v->tank));
	v->tank->limit = l;
	v->tank->history = history_new();
	v->tank->judged = -HUGE_VAL;
	return v->tank;
}

static void
value(void *self, const struct point *p, void *state)
{
	struct full *a = self;
	struct tank *t = tank_of(a, p, state);

	if (t == NULL || !history_add(t->history, p->ts, p->value, p->interval))
		return;
	if (!t->limit.told && is_cleanup(t->history, t->limit.upwards))
		begin_anew(a, p, t);
	if (t->history->n >= STEPS_LEAST && isfinite(a->every) &&
	    p->ts - t->judged >= a->every)
		judge(a, p, t);
}

static void
finish(void *self, const struct point *p, void *state)
{
	struct full *a = self;
	struct tank *t = ((struct vessel *)state)->tank;

	if (isinf(a->every) && t != NULL && t->history->n >= STEPS_LEAST)
		judge(a, p, t);
}

static void
gone(void *self, void *state)
{
	struct vessel *v = state;

	(void)self;
	if (v->tank != NULL)
		free(v->tank->history);
	free(v->tank);
	*v = (struct vessel){0};
}

/* --- state ------------------------------------------------------------------- */

static void
save(void *self, struct buf *b)
{
	const struct full *a = self;

	pack_f64(b, a->horizon);
	pack_f64(b, a->every);
}

static int
load(void *self, struct pack_in *u)
{
	const struct full *a = self;

	return pack_get_f64(u) == a->horizon && pack_get_f64(u) == a->every
		   ? 0
		   : -1;
}

static void
save_series(void *self, const void *state, struct buf *b)
{
	const struct vessel *v = state;

	(void)self;
	pack_u64(b, v->tank != NULL);
	if (v->tank == NULL)
		return;
	pack_f64(b, v->tank->judged);
	pack_u64(b, v->tank->told);
	history_save(v->tank->history, b);
}

/* The limit is of the options: it is looked for again. */
static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	struct tank *t;

	if (pack_get_count(u, 1) == 0)
		return u->failed ? -1 : 0;
	if ((t = tank_of(self, p, state)) == NULL)
		return -1;
	t->judged = pack_get_f64(u);
	t->told = pack_get_count(u, 1) != 0;
	return history_load(t->history, u) ? 0 : -1;
}

const struct analysis analysis_full = {
    .name = "full",
    .standard = true,
    .series_bytes = sizeof(struct vessel),
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
