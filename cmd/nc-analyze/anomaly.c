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
#include "math/cause.h"
#include "math/detector.h"
#include "math/peaks.h"
#include "metric/catalogue.h"
#include "metric/format.h"
#include "joint.h"
#include "norm.h"
#include "say.h"

/* How rare what is told is among all series of its metric: a sample in so
 * many.  In the simulated fleet, a value a minute, that is an episode in some
 * 400 days of a series. */
#define Q 1e-7
/* Evidence, in the detector's measure, that keeps an episode open. */
#define ALARM 2.0
/* Samples in a row within what is normal that end an episode. */
#define QUIET 3
/* An episode begins so many decades before it is told: a trace of what is
 * about to come, or of what goes with something else. */
#define TRACE 3.0
/* So many decades rarer than what opens an episode is a critical one. */
#define CRITICAL 2.0
/* Intervals of a host's patience; of them, after how many it is silent, and
 * how often that is looked for. */
#define PATIENCE 3.0
#define SILENCE 1.8
#define LISTEN 0.25
/* So long it must have been heard before, in patiences. */
#define REGULAR 2.0
#define SAMPLES "samples_per_second"
/* In robust deviations: as much as anything can. */
#define SURE 1e6
/* An episode's samples are those scored at least this. */
#define UNUSUAL 0.99

struct anomaly {
	struct flow *flow;
	struct norms *norms;
	double rarity; /* of what is told: -log10 of q */
	bool scores; /* tell each sample's score */
	bool quiet; /* others tell */
	bool joint, memory; /* joint=1; memory=0: not */
	double refractory; /* seconds after an episode without another */
	struct joints *joints; /* NULL: joint=0 */
	double listened; /* for silent hosts: when last */
};

/* Of one series. */
struct watch {
	struct detector detector;
	double onset; /* of the episode that is open; else the last one's end */
	struct joint *joint;
	float worst; /* its greatest rarity */
	struct norm_watch norm;
	uint8_t made; /* the detector has been set up */
	uint8_t open, told; /* begun; and rare enough to be told */
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
	a->rarity = -log10(Q);
	a->memory = true;
	a->norms = norms_new();
	a->listened = -HUGE_VAL;
	return a;
}

static int
take_q(struct anomaly *a, struct span value, struct nc_err *e)
{
	double q;

	if (parse_number(value, &q, e) == -1)
		return -1;
	if (!(q > 0 && q <= 1))
		return err_set(e, 0, "q: not a probability above 0");
	a->rarity = -log10(q);
	return 0;
}

static int
take_flag(struct span value, bool *to, struct nc_err *e)
{
	static const char *const words[] = {"0", "1", NULL};
	int choice;

	if (parse_choice(value, words, &choice, e) == -1)
		return -1;
	*to = choice == 1;
	return 0;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	static const char *const which[] = {"none", "all", NULL};
	struct anomaly *a = self;
	int choice;

	if (span_is(key, "q"))
		return take_q(a, value, e);
	if (span_is(key, "joint"))
		return take_flag(value, &a->joint, e);
	if (span_is(key, "memory"))
		return take_flag(value, &a->memory, e);
	if (span_is(key, "refractory"))
		return parse_duration(value, &a->refractory, e);
	if (!span_is(key, "scores"))
		return err_set(e, 0,
		    "\"%.*s\": expected q, scores, joint, memory or "
		    "refractory",
		    SPAN_ARG(key));
	if (parse_choice(value, which, &choice, e) == -1)
		return -1;
	a->scores = choice == 1;
	return 0;
}

static int
ready(void *self, struct nc_err *e)
{
	struct anomaly *a = self;
	struct joints_options o = {.flow = a->flow,
	    .norms = a->norms,
	    .rarity = a->rarity,
	    .scores = a->scores};

	(void)e;
	if (a->joint)
		a->joints = joints_new(&o);
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

static bool
is_critical(const struct anomaly *a, const struct watch *w)
{
	return (double)w->worst >= a->rarity + CRITICAL;
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
	if (told == TOLD_OPEN || told == TOLD_UPDATE)
		frame_number(f, "p", pow(10, -(double)w->worst));
	if (told != TOLD_SCORE) {
		frame_text(f, "severity",
		    span_of(is_critical(a, w) ? "crit" : "warn"));
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
    const struct detector_result *d, double rarity)
{
	bool critical = is_critical(a, w);

	if (rarity > (double)w->worst) {
		w->worst = (float)rarity;
		pass_on(a, p, w, EPISODE_UPDATE);
	}
	if (!w->told && (double)w->worst >= a->rarity) {
		w->told = 1;
		tell(a, p, w, d, TOLD_OPEN);
	} else if (w->told && !critical && is_critical(a, w)) {
		tell(a, p, w, d, TOLD_UPDATE);
	}
	if (d->score < UNUSUAL && d->alarm < ALARM &&
	    rarity < a->rarity - TRACE)
		w->quiet++;
	else
		w->quiet = 0;
	if (w->quiet < QUIET)
		return;
	if (w->told)
		tell(a, p, w, d, TOLD_CLOSE);
	pass_on(a, p, w, EPISODE_CLOSE);
	w->open = 0;
	w->onset = p->ts;
}

static void
open_episode(struct anomaly *a, const struct point *p, struct watch *w,
    const struct detector_result *d, double rarity)
{
	w->open = 1;
	w->told = rarity >= a->rarity;
	w->quiet = 0;
	w->onset = p->ts;
	w->worst = (float)rarity;
	if (w->told)
		tell(a, p, w, d, TOLD_OPEN);
	pass_on(a, p, w, EPISODE_OPEN);
}

static void
begin(struct anomaly *a, const struct point *p, struct watch *w)
{
	struct intern *names = flow_plan(a->flow)->names;

	w->made = 1;
	w->skip = say_grows_by_itself(intern_span(names, p->name));
	w->norm.number = norms_find(a->norms,
	    span_of(p->entity->origin->entity), intern_span(names, p->name));
	detector_init(&w->detector);
}

static double
limit_of(const struct anomaly *a, const struct point *p, const struct watch *w)
{
	const char *name = norms_limit(a->norms, w->norm.number);

	if (name == NULL)
		return (double)NAN;
	return *name == '\0' ? 1 : flow_metric(a->flow, p->entity, name);
}

static void
value(void *self, const struct point *p, void *state)
{
	struct anomaly *a = self;
	struct watch *w = state;
	struct detector_result d;
	double rarity;

	if (!w->made)
		begin(a, p, w);
	if (w->skip)
		return;
	/* What was reported lately makes what follows weigh less. */
	if (!a->memory)
		w->detector.recent = 0;
	detector_feed(&w->detector, p->ts, p->value, &d);
	if (a->joints != NULL && !d.learning)
		joints_add(a->joints, p, &w->joint, d.score);
	p->feed->learning += d.learning != 0;
	if (a->scores && !d.learning)
		tell(a, p, w, &d, TOLD_SCORE);
	rarity = norms_judge(a->norms, &w->norm, p->value, limit_of(a, p, w),
	    &d, a->rarity);
	if (w->open)
		follow(a, p, w, &d, rarity);
	else if (rarity >= a->rarity - TRACE && rarity > 0 &&
		 p->ts - w->onset >= a->refractory)
		open_episode(a, p, w, &d, rarity);
}

/* --- silence ------------------------------------------------------------------ */

/* What the host itself tells, if it does, stands for it. */
static void
pass_on_silence(struct anomaly *a, struct node *n, double ts, enum told told)
{
	struct cause_evidence e = {.before = PATIENCE / n->patience,
	    .scale = 1,
	    .z = SURE,
	    .direction = -1};
	struct point p = {.node = n, .ts = ts, .interval = (double)NAN};

	if (!flow_host_series(a->flow, n, &p))
		return;
	p.name = intern_id(flow_plan(a->flow)->names, span_of(SAMPLES));
	flow_episode(a->flow, &p,
	    &(struct episode){.told = told == TOLD_OPEN ? EPISODE_OPEN
							: EPISODE_CLOSE,
		.onset = n->silent + n->patience / PATIENCE,
		.alarm = PEAKS_RAREST,
		.known = &e});
}

/* A host of which nothing is heard while the others go on. */
static void
tell_silence(struct anomaly *a, struct node *n, double ts, enum told told)
{
	const struct flow_options *plan = flow_plan(a->flow);
	double interval = n->patience / PATIENCE;
	struct frame *f;

	pass_on_silence(a, n, ts, told);
	if (a->quiet)
		return;
	f = flow_begin(a->flow, n, n->host, ts, RECORD_ANOMALY, "host",
	    span_of(n->host));
	frame_text(f, "metric", span_of(SAMPLES));
	frame_number(f, "value", told == TOLD_CLOSE ? 1 / interval : 0);
	frame_number(f, "onset", n->silent + interval);
	frame_text(f, "state", span_of(states[told]));
	frame_number(f, "score", 1);
	frame_text(f, "severity", span_of("crit"));
	frame_text(f, "direction", span_of("down"));
	frame_number(f, "expected", 1 / interval);
	if (told == TOLD_OPEN)
		frame_text(f, "reason", span_of("rate"));
	if (told == TOLD_OPEN && plan->explain)
		frame_text(f, "explain",
		    span_of("nothing is heard of it, while others go on"));
	flow_end(a->flow);
}

/* Only one that has been in step can fall silent: history may come host by
 * host. */
static void
listen(struct anomaly *a, struct node *n, double now)
{
	if (n->silent != 0 || n->heard == -HUGE_VAL)
		return;
	if (n->heard >= now - n->patience * SILENCE / PATIENCE) {
		/* Heard once is not yet heard regularly. */
		n->in_step = n->heard - n->since >= REGULAR * n->patience;
	} else if (n->in_step) {
		n->in_step = false;
		n->silent = n->heard;
		tell_silence(a, n, now, TOLD_OPEN);
	}
}

/* That of the second: one fast clock does not make all others silent. */
static double
time_of_most(const struct anomaly *a)
{
	double first = -HUGE_VAL, second = -HUGE_VAL;

	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next) {
		if (n->now > first) {
			second = first;
			first = n->now;
		} else if (n->now > second) {
			second = n->now;
		}
	}
	return fmax(second, flow_common_time(a->flow));
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
	struct anomaly *a = self;
	double now;

	if (a->joints != NULL)
		joints_time(a->joints, n);
	if (n->silent != 0 && n->heard > n->silent) {
		tell_silence(a, n, n->heard, TOLD_CLOSE);
		n->silent = 0;
	}
	if (n->now < a->listened + n->patience * LISTEN / PATIENCE)
		return;
	a->listened = n->now;
	now = time_of_most(a);
	for (n = flow_nodes(a->flow); n != NULL; n = n->next)
		listen(a, n, now);
}

/* --- state --------------------------------------------------------------------- */

static void
save(void *self, struct buf *b)
{
	const struct anomaly *a = self;

	pack_f64(b, a->rarity);
	pack_f64(b, a->refractory);
	pack_u64(b, a->memory);
	pack_u64(b, a->joint);
	pack_u64(b, sizeof(struct detector));
	pack_f64(b, a->listened);
	norms_save(a->norms, b);
	if (a->joints != NULL)
		joints_save(a->joints, b);
}

static int
load(void *self, struct pack_in *u)
{
	struct anomaly *a = self;

	if (pack_get_f64(u) != a->rarity || pack_get_f64(u) != a->refractory ||
	    pack_get_count(u, 1) != a->memory ||
	    pack_get_count(u, 1) != a->joint ||
	    pack_get_u64(u) != sizeof(struct detector))
		return -1;
	a->listened = pack_get_f64(u);
	if (norms_load(a->norms, u) == -1)
		return -1;
	return a->joints != NULL ? joints_load(a->joints, u) : 0;
}

/* The detector is plain data; a state file is of one machine and version. */
static void
save_series(void *self, const void *state, struct buf *b)
{
	const struct watch *w = state;

	(void)self;
	pack_bytes(b, state, sizeof(struct watch));
	joints_save_ref(w->joint, b);
}

static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	struct anomaly *a = self;
	struct watch *w = state;
	int rc;

	pack_get_bytes(u, state, sizeof(struct watch));
	w->joint = NULL;
	if (w->made && !norms_has(a->norms, w->norm.number))
		return -1;
	if (a->joints != NULL)
		rc = joints_load_ref(a->joints, p, &w->joint, u);
	else
		rc = pack_get_u64(u) == 0 ? 0 : -1;
	return rc == -1 || u->failed ? -1 : 0;
}

static void
gone(void *self, void *state)
{
	struct anomaly *a = self;
	struct watch *w = state;

	if (a->joints != NULL)
		joints_leave(a->joints, w->joint);
	w->joint = NULL;
}

static void
end(void *self)
{
	struct anomaly *a = self;

	joints_free(a->joints);
	norms_free(a->norms);
	free(a);
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
    .gone = gone,
    .save = save,
    .load = load,
    .save_series = save_series,
    .load_series = load_series,
    .end = end,
};
