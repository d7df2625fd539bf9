/* SPDX-License-Identifier: MIT */
/*
 * shift: the analysis "change": when a series became another one, in level,
 * slope or spread, and since when.  One record a change; what is new is
 * normal from then on.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parse.h"
#include "flow.h"
#include "math/change.h"
#include "metric/catalogue.h"
#include "metric/format.h"
#include "say.h"

/* Changes less sure than this are not told. */
#define CONFIDENCE 0.99

struct shift {
	struct flow *flow;
	double confidence;
};

/* Of one series. */
struct regime {
	struct change change;
	uint8_t made;
	uint8_t skip; /* it grows by itself: instants, time since one */
};

static const char *const kinds[] = {
    [CHANGE_LEVEL] = "level",
    [CHANGE_SLOPE] = "slope",
    [CHANGE_SPREAD] = "variance",
};

static void *
make(struct flow *f)
{
	struct shift *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->confidence = CONFIDENCE;
	return a;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	struct shift *a = self;
	double least;

	if (!span_is(key, "confidence"))
		return err_set(e, 0, "\"%.*s\": expected confidence",
		    SPAN_ARG(key));
	if (parse_number(value, &least, e) == -1)
		return -1;
	if (least < 0 || least > 1)
		return err_set(e, 0, "confidence: expected 0 to 1");
	a->confidence = least;
	return 0;
}

static void
explain(struct frame *f, const struct point *p, struct span metric,
    const struct change_result *r)
{
	char before[FORMAT_MAX], after[FORMAT_MAX], since[FORMAT_MAX];
	struct buf b = {0};

	before[format_metric(before, r->before, metric)] = '\0';
	after[format_metric(after, r->after, metric)] = '\0';
	since[format_duration(since, p->ts - r->onset)] = '\0';
	buf_addf(&b, "%.*s ", SPAN_ARG(metric));
	switch (r->kind) {
	case CHANGE_SLOPE:
		buf_addf(&b, "moved by %s a second, and by %s for %s", before,
		    after, since);
		break;
	case CHANGE_SPREAD:
		buf_addf(&b, "varied by %s, and by %s for %s", before, after,
		    since);
		break;
	default:
		buf_addf(&b, "was about %s, and has been about %s for %s",
		    before, after, since);
	}
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
}

static void
tell(struct shift *a, const struct point *p, const struct change_result *r)
{
	const struct flow_options *plan = flow_plan(a->flow);
	struct frame *f = flow_begin_series(a->flow, p, RECORD_CHANGE);

	frame_number(f, "onset", round(r->onset * 1e3) / 1e3);
	frame_text(f, "shift", span_of(kinds[r->kind]));
	frame_number(f, "before", r->before);
	frame_number(f, "after", r->after);
	frame_number(f, "delta", r->after - r->before);
	frame_number(f, "confidence", r->confidence);
	if (plan->explain)
		explain(f, p, intern_span(plan->names, p->name), r);
	flow_end(a->flow);
}

static void
value(void *self, const struct point *p, void *state)
{
	struct shift *a = self;
	struct regime *g = state;
	struct change_result r;

	if (!g->made) {
		g->made = 1;
		g->skip = say_grows_by_itself(
		    intern_span(flow_plan(a->flow)->names, p->name));
		change_init(&g->change);
	}
	if (!g->skip && change_feed(&g->change, p->ts, p->value, &r) == 1 &&
	    r.kind != CHANGE_NONE && r.confidence >= a->confidence) {
		tell(a, p, &r);
		flow_found(a->flow);
		flow_episode(a->flow, p,
		    &(struct episode){.told = EPISODE_CHANGE,
			.onset = r.onset});
	}
}

static void
save(void *self, struct buf *b)
{
	const struct shift *a = self;

	pack_f64(b, a->confidence);
	pack_u64(b, sizeof(struct change));
}

static int
load(void *self, struct pack_in *u)
{
	const struct shift *a = self;

	return pack_get_f64(u) == a->confidence &&
		       pack_get_u64(u) == sizeof(struct change)
		   ? 0
		   : -1;
}

/* Plain data, as the detector of anomaly. */
static void
save_series(void *self, const void *state, struct buf *b)
{
	(void)self;
	pack_bytes(b, state, sizeof(struct regime));
}

static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	(void)self;
	(void)p;
	pack_get_bytes(u, state, sizeof(struct regime));
	return u->failed ? -1 : 0;
}

const struct analysis analysis_change = {
    .name = "change",
    .standard = true,
    .series_bytes = sizeof(struct regime),
    .make = make,
    .option = option,
    .value = value,
    .save = save,
    .load = load,
    .save_series = save_series,
    .load_series = load_series,
    .end = free,
};
