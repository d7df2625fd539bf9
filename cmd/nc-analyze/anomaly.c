/* SPDX-License-Identifier: MIT */
/*
 * anomaly: each series watched by a detector of its own; what it finds told
 * as episodes that open, get worse, and close.  No thresholds, no look ahead.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "flow.h"
#include "math/detector.h"
#include "metric/catalogue.h"
#include "metric/format.h"
#include "say.h"

/*
 * Evidence that opens an episode.  The detector's own measure is 1, which pays
 * where one find is worth many false ones (the Numenta benchmark); in the
 * quiet simulated fleet, a value a minute, 1 gives 0.45 episodes a series and
 * day, 2 a third of that, 4 a tenth, and fewer faults are found.
 */
#define ALARM 2.0
/* Samples in a row within what is normal that end an episode. */
#define QUIET 3
/* So many times the alarm that opens an episode is a critical one. */
#define CRITICAL 2.0
/* An episode's samples are those scored at least this. */
#define UNUSUAL 0.99

struct anomaly {
	struct flow *flow;
	double alarm; /* that opens an episode */
	bool scores; /* tell each sample's score */
	bool quiet; /* others tell */
};

/* Of one series. */
struct watch {
	struct detector detector;
	double onset; /* of the episode that is open */
	float worst; /* its greatest alarm */
	uint8_t made; /* the detector has been set up */
	uint8_t open;
	uint8_t quiet; /* normal samples in a row */
	uint8_t skip; /* its values mean nothing to a detector */
};

enum told { TOLD_OPEN, TOLD_UPDATE, TOLD_CLOSE, TOLD_SCORE };

static const char *const states[] = {"open", "update", "close", "score"};
static const char *const reasons[] = {
    [DETECTOR_NONE] = "residual",
    [DETECTOR_RECORD] = "record",
    [DETECTOR_SHIFT] = "shift",
    [DETECTOR_SEASON] = "season",
    [DETECTOR_VARIANCE] = "variance",
    [DETECTOR_FLAT] = "flat",
};
static const char *const sentences[] = {
    [DETECTOR_NONE] = "far from what was expected",
    [DETECTOR_RECORD] = "further out than ever before",
    [DETECTOR_SHIFT] = ("the level of the last hundred or so samples "
			"is further out than ever before"),
    [DETECTOR_SEASON] = "far from what this hour of the day was like so far",
    [DETECTOR_VARIANCE] = "it moves as it never did before",
    [DETECTOR_FLAT] = "it has stood still for longer than ever before",
};

static void *
make(struct flow *f)
{
	struct anomaly *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->alarm = ALARM;
	return a;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	static const char *const which[] = {"none", "all", NULL};
	struct anomaly *a = self;
	int choice;

	if (span_is(key, "alarm")) {
		if (parse_number(value, &a->alarm, e) == -1)
			return -1;
		return a->alarm > 0 ? 0 : err_set(e, 0, "alarm: not above 0");
	}
	if (!span_is(key, "scores"))
		return err_set(e, 0, "\"%.*s\": expected alarm or scores",
		    SPAN_ARG(key));
	if (parse_choice(value, which, &choice, e) == -1)
		return -1;
	a->scores = choice == 1;
	return 0;
}

static int
ready(void *self, struct nc_err *e)
{
	(void)self;
	(void)e;
	return 0;
}

/* --- telling ----------------------------------------------------------------- */

static void
explain(struct frame *f, const struct point *p, struct span metric,
    const struct detector_result *d)
{
	char value[FORMAT_MAX], expected[FORMAT_MAX], low[FORMAT_MAX],
	    high[FORMAT_MAX];
	struct buf b = {0};

	value[format_metric(value, p->value, metric)] = '\0';
	expected[format_metric(expected, d->expected, metric)] = '\0';
	low[format_metric(low, d->low, metric)] = '\0';
	high[format_metric(high, d->high, metric)] = '\0';
	buf_addf(&b,
	    "%.*s is %s where %s was expected; 99 %% of its samples lie within "
	    "%s and %s; %s",
	    SPAN_ARG(metric), value, expected, low, high, sentences[d->reason]);
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
}

static void
tell(struct anomaly *a, const struct point *p, const struct watch *w,
    const struct detector_result *d, enum told told)
{
	const struct flow_options *plan = flow_plan(a->flow);
	struct frame *f;

	if (a->quiet)
		return;
	f = flow_begin_series(a->flow, p, RECORD_ANOMALY);
	if (told != TOLD_SCORE)
		frame_number(f, "onset", w->onset);
	frame_text(f, "state", span_of(states[told]));
	frame_number(f, "score", d->score);
	frame_number(f, "alarm", d->alarm);
	if (told != TOLD_SCORE) {
		frame_text(f, "severity",
		    span_of((double)w->worst >= CRITICAL * a->alarm ? "crit"
								    : "warn"));
		frame_text(f, "direction",
		    span_of(p->value > d->expected   ? "up"
			    : p->value < d->expected ? "down"
						     : "both"));
	}
	frame_number(f, "expected", d->expected);
	frame_number(f, "low", d->low);
	frame_number(f, "high", d->high);
	if (told == TOLD_OPEN || told == TOLD_UPDATE) {
		frame_text(f, "reason", span_of(reasons[d->reason]));
		if (plan->explain)
			explain(f, p, intern_span(plan->names, p->name), d);
	}
	if (told == TOLD_OPEN)
		flow_found(a->flow);
	flow_end(a->flow);
}

/* --- values ------------------------------------------------------------------ */

static void
pass_on(struct anomaly *a, const struct point *p, const struct watch *w,
    unsigned told)
{
	flow_episode(a->flow, p,
	    &(struct episode){.told = told,
		.onset = w->onset,
		.alarm = (double)w->worst});
}

static void
follow(struct anomaly *a, const struct point *p, struct watch *w,
    const struct detector_result *d)
{
	bool critical = (double)w->worst >= CRITICAL * a->alarm;

	if (d->alarm > (double)w->worst) {
		w->worst = (float)d->alarm;
		pass_on(a, p, w, EPISODE_UPDATE);
	}
	if (!critical && (double)w->worst >= CRITICAL * a->alarm)
		tell(a, p, w, d, TOLD_UPDATE);
	w->quiet = d->score < UNUSUAL && d->alarm < a->alarm
		       ? (uint8_t)(w->quiet + 1)
		       : 0;
	if (w->quiet < QUIET)
		return;
	tell(a, p, w, d, TOLD_CLOSE);
	pass_on(a, p, w, EPISODE_CLOSE);
	w->open = 0;
}

static void
value(void *self, const struct point *p, void *state)
{
	struct anomaly *a = self;
	struct watch *w = state;
	struct detector_result d;

	if (!w->made) {
		w->made = 1;
		w->skip = say_grows_by_itself(
		    intern_span(flow_plan(a->flow)->names, p->name));
		detector_init(&w->detector);
	}
	if (w->skip)
		return;
	detector_feed(&w->detector, p->ts, p->value, &d);
	if (d.learning) {
		p->feed->learning++;
		return;
	}
	if (a->scores)
		tell(a, p, w, &d, TOLD_SCORE);
	if (w->open) {
		follow(a, p, w, &d);
	} else if (d.alarm >= a->alarm) {
		w->open = 1;
		w->quiet = 0;
		w->onset = p->ts;
		w->worst = (float)d.alarm;
		tell(a, p, w, &d, TOLD_OPEN);
		pass_on(a, p, w, EPISODE_OPEN);
	}
}

static void
be_quiet(void *self)
{
	struct anomaly *a = self;

	a->quiet = true;
}

static void
move_time(void *self, struct node *n)
{
	(void)self;
	(void)n;
}

/* --- state --------------------------------------------------------------------- */

static void
save(void *self, struct buf *b)
{
	const struct anomaly *a = self;

	pack_f64(b, a->alarm);
	pack_u64(b, sizeof(struct detector));
}

static int
load(void *self, struct pack_in *u)
{
	const struct anomaly *a = self;

	return pack_get_f64(u) == a->alarm &&
		       pack_get_u64(u) == sizeof(struct detector)
		   ? 0
		   : -1;
}

/* The detector is plain data; a state file is of one machine and version. */
static void
save_series(void *self, const void *state, struct buf *b)
{
	(void)self;
	pack_bytes(b, state, sizeof(struct watch));
}

static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	(void)self;
	(void)p;
	pack_get_bytes(u, state, sizeof(struct watch));
	return u->failed ? -1 : 0;
}

const struct analysis analysis_anomaly = {
    .name = "anomaly",
    .standard = true,
    .series_bytes = sizeof(struct watch),
    .make = make,
    .option = option,
    .ready = ready,
    .value = value,
    .time = move_time,
    .quiet = be_quiet,
    .save = save,
    .load = load,
    .save_series = save_series,
    .load_series = load_series,
    .end = free,
};
