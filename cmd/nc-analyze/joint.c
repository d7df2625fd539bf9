/* SPDX-License-Identifier: MIT */
/*
 * joint: the surprise of a metric is -ln(1 - score); a sample's is the mean
 * over its metrics, which follow each other, so what is usual of it is learnt
 * and not computed.  Judged when the host's time moves or the thing's does.
 */
#include "joint.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "metric/format.h"
#include "say.h"

#define TOP 4 /* metrics that are told */
/* A dozen series are one here, and there are so many fewer to be wrong. */
#define FEWER 1.0
#define QUIET 3 /* usual samples in a row that end an episode */
/* No score counts for more than one in so many. */
#define LEAST 1e-12

struct joint {
	struct joint *next, *prev; /* of all */
	struct joint *waiting; /* next of those to be judged */
	struct series_entity *entity; /* NULL: not known since a state */
	struct node *node;
	uint64_t serial;
	unsigned refs; /* series */
	bool is_waiting, open;
	unsigned quiet;
	double ts, interval; /* of the sample in hand */
	double sum, n; /* its surprises */
	struct {
		double surprise;
		uint32_t name;
	} top[TOP];
	double onset;
	float worst;
	struct detector detector;
	struct norm_watch norm;
};

struct joints {
	struct joints_options o;
	struct map *of; /* the entity's address -> struct joint */
	struct joint *first, *last;
	struct joint *waiting, *last_waiting;
	struct joint *hint; /* where the last one looked for was */
	uint64_t serials;
};

struct joints *
joints_new(const struct joints_options *o)
{
	struct joints *j = xcalloc(1, sizeof(*j));

	j->o = *o;
	j->o.rarity -= FEWER;
	j->of = map_new(NULL);
	return j;
}

static struct span
key_of(struct series_entity *const *n)
{
	return (struct span){(const char *)n, sizeof(*n)};
}

static struct joint *
add_joint(struct joints *j, uint64_t serial)
{
	struct joint *x = xcalloc(1, sizeof(*x));

	x->serial = serial;
	x->ts = -HUGE_VAL;
	x->interval = (double)NAN;
	x->prev = j->last;
	*(j->last != NULL ? &j->last->next : &j->first) = x;
	j->last = x;
	detector_init(&x->detector);
	return x;
}

static void
know(struct joints *j, struct joint *x, const struct point *p)
{
	if (x->entity != NULL)
		return;
	x->entity = p->entity;
	x->node = p->node;
	x->norm.number = norms_find(j->o.norms,
	    span_of(p->entity->origin->entity), span_of("joint"));
	map_set(j->of, key_of(&x->entity), x);
}

static void
stop_waiting(struct joints *j, struct joint *x)
{
	struct joint **at = &j->waiting, *before = NULL;

	if (!x->is_waiting)
		return;
	while (*at != x) {
		before = *at;
		at = &(*at)->waiting;
	}
	*at = x->waiting;
	if (j->last_waiting == x)
		j->last_waiting = before;
	x->waiting = NULL;
	x->is_waiting = false;
}

static void
free_joint(struct joints *j, struct joint *x)
{
	if (j->hint == x)
		j->hint = NULL;
	stop_waiting(j, x);
	if (x->entity != NULL)
		map_delete(j->of, key_of(&x->entity));
	*(x->next != NULL ? &x->next->prev : &j->last) = x->prev;
	*(x->prev != NULL ? &x->prev->next : &j->first) = x->next;
	free(x);
}

void
joints_free(struct joints *j)
{
	if (j == NULL)
		return;
	while (j->first != NULL)
		free_joint(j, j->first);
	map_free(j->of, NULL);
	free(j);
}

void
joints_leave(struct joints *j, struct joint *x)
{
	if (x != NULL && --x->refs == 0)
		free_joint(j, x);
}

/* --- telling --------------------------------------------------------------------- */

/* The most unusual first. */
static void
tell_metrics(const struct joints *j, struct frame *f, const struct joint *x)
{
	struct buf b = {0};

	for (int i = 0; i < TOP && x->top[i].surprise > 0; i++)
		buf_addf(&b, "%c\"%s\"", i == 0 ? '[' : ',',
		    intern_str(flow_plan(j->o.flow)->names, x->top[i].name));
	if (b.len != 0) {
		buf_addc(&b, ']');
		frame_raw(f, "metrics", buf_span(&b));
	}
	buf_free(&b);
}

static void
explain(const struct joints *j, struct frame *f, const struct joint *x)
{
	struct buf b = {0};

	say_name(x->entity, &b);
	buf_addf(&b, " is unusual as a whole, in %.0f metrics", x->n);
	for (int i = 0; i < TOP && x->top[i].surprise > 0; i++)
		buf_addf(&b, "%s %s", i == 0 ? ", most in" : ",",
		    intern_str(flow_plan(j->o.flow)->names, x->top[i].name));
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
}

static void
tell(struct joints *j, const struct joint *x, const struct detector_result *d,
    const char *state)
{
	const struct series_entity *n = x->entity;
	const char *key, *label;
	bool is_score = *state == 's';
	struct frame *f = flow_begin(j->o.flow, x->node, n->origin->host, x->ts,
	    RECORD_ANOMALY, n->origin->entity, span_of(n->id));

	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &label);
		frame_label(f, key, span_of(label));
	}
	frame_number(f, "value", x->sum / x->n);
	if (!is_score)
		frame_number(f, "onset", x->onset);
	frame_text(f, "state", span_of(state));
	frame_number(f, "score", d->score);
	frame_number(f, "alarm", d->alarm);
	if (*state == 'o')
		frame_number(f, "p", pow(10, -(double)x->worst));
	if (!is_score) {
		frame_text(f, "severity", span_of("warn"));
		frame_text(f, "direction", span_of("up"));
	}
	frame_number(f, "expected", d->expected);
	frame_number(f, "low", d->low);
	frame_number(f, "high", d->high);
	if (*state == 'o') {
		frame_text(f, "reason", span_of("joint"));
		tell_metrics(j, f, x);
		if (flow_plan(j->o.flow)->explain)
			explain(j, f, x);
		flow_found(j->o.flow);
	}
	flow_end(j->o.flow);
}

/* --- judging --------------------------------------------------------------------- */

static void
follow(struct joints *j, struct joint *x, const struct detector_result *d,
    double rarity)
{
	if (!x->open && rarity >= j->o.rarity) {
		x->open = true;
		x->quiet = 0;
		x->onset = x->ts;
		x->worst = (float)rarity;
		tell(j, x, d, "open");
	} else if (x->open) {
		x->quiet = d->score < 0.99 && rarity < 1 ? x->quiet + 1 : 0;
		if (x->quiet < QUIET)
			return;
		tell(j, x, d, "close");
		x->open = false;
	}
}

static void
judge(struct joints *j, struct joint *x)
{
	struct detector_result d;
	double value, rarity;

	if (x->n == 0)
		return;
	value = x->sum / x->n;
	detector_feed(&x->detector, x->ts, value, &d);
	/* To be more usual than ever is no news. */
	if (value <= d.expected) {
		d.alarm = 0;
		d.score = fmin(d.score, 0.5);
	}
	if (!d.learning && j->o.scores)
		tell(j, x, &d, "score");
	rarity = norms_judge(j->o.norms, &x->norm, value, (double)NAN, &d,
	    j->o.rarity);
	if (!d.learning)
		follow(j, x, &d, rarity);
	x->sum = x->n = 0;
	for (int i = 0; i < TOP; i++)
		x->top[i].surprise = 0;
}

static void
note(struct joint *x, uint32_t name, double surprise)
{
	int i = TOP;

	for (; i > 0 && surprise > x->top[i - 1].surprise; i--)
		if (i < TOP)
			x->top[i] = x->top[i - 1];
	if (i == TOP)
		return;
	x->top[i].surprise = surprise;
	x->top[i].name = name;
}

void
joints_add(struct joints *j, const struct point *p, struct joint **at,
    double score)
{
	struct joint *x = *at;
	double surprise = -log(fmax(1 - score, LEAST));

	if (x == NULL) {
		x = map_get(j->of, key_of(&p->entity));
		if (x == NULL)
			x = add_joint(j, ++j->serials);
		x->refs++;
		*at = x;
	}
	know(j, x, p);
	if (p->ts != x->ts)
		judge(j, x);
	x->ts = p->ts;
	x->sum += surprise;
	x->n++;
	note(x, p->name, surprise);
	if (x->is_waiting)
		return;
	x->is_waiting = true;
	*(j->last_waiting != NULL ? &j->last_waiting->waiting
				  : &j->waiting) = x;
	j->last_waiting = x;
}

void
joints_time(struct joints *j, struct node *n)
{
	struct joint **at = &j->waiting, *x;

	j->last_waiting = NULL;
	while ((x = *at) != NULL) {
		if (x->node != n || x->ts > n->now) {
			j->last_waiting = x;
			at = &x->waiting;
			continue;
		}
		*at = x->waiting;
		x->waiting = NULL;
		x->is_waiting = false;
		judge(j, x);
	}
}

/* --- state ----------------------------------------------------------------------- */

#define MANY 100000000u

void
joints_save(const struct joints *j, struct buf *b)
{
	uint64_t n = 0;

	pack_u64(b, j->serials);
	for (const struct joint *x = j->first; x != NULL; x = x->next)
		n++;
	pack_u64(b, n);
	for (const struct joint *x = j->first; x != NULL; x = x->next) {
		pack_u64(b, x->serial);
		pack_u64(b, x->open);
		pack_u64(b, x->quiet);
		pack_f64(b, x->ts);
		pack_f64(b, x->sum);
		pack_f64(b, x->n);
		for (int i = 0; i < TOP; i++) {
			pack_f64(b, x->top[i].surprise);
			pack_text(b,
			    x->top[i].surprise > 0
				? intern_span(flow_plan(j->o.flow)->names,
				      x->top[i].name)
				: (struct span){NULL, 0});
		}
		pack_f64(b, x->onset);
		pack_f64(b, (double)x->worst);
		pack_bytes(b, &x->detector, sizeof(x->detector));
		pack_bytes(b, &x->norm, sizeof(x->norm));
	}
	/* In the order in which they will be judged. */
	n = 0;
	for (const struct joint *x = j->waiting; x != NULL; x = x->waiting)
		n++;
	pack_u64(b, n);
	for (const struct joint *x = j->waiting; x != NULL; x = x->waiting)
		pack_u64(b, x->serial);
}

static struct joint *
find(struct joints *j, uint64_t serial)
{
	struct joint *x = j->hint != NULL ? j->hint : j->first;

	while (x != NULL && x->serial != serial)
		x = x->next;
	if (x == NULL)
		for (x = j->first; x != NULL && x->serial != serial;)
			x = x->next;
	j->hint = x;
	return x;
}

static void
load_joint(struct joints *j, struct pack_in *u)
{
	struct joint *x = add_joint(j, pack_get_u64(u));
	struct span name;

	x->open = pack_get_count(u, 1) != 0;
	x->quiet = (unsigned)pack_get_count(u, QUIET);
	x->ts = pack_get_f64(u);
	x->sum = pack_get_f64(u);
	x->n = pack_get_f64(u);
	for (int i = 0; i < TOP; i++) {
		x->top[i].surprise = pack_get_f64(u);
		name = pack_get_text(u);
		if (x->top[i].surprise > 0 && !u->failed)
			x->top[i].name = intern_id(flow_plan(j->o.flow)->names,
			    name);
	}
	x->onset = pack_get_f64(u);
	x->worst = (float)pack_get_f64(u);
	pack_get_bytes(u, &x->detector, sizeof(x->detector));
	pack_get_bytes(u, &x->norm, sizeof(x->norm));
	if (!norms_has(j->o.norms, x->norm.number))
		u->failed = true;
}

int
joints_load(struct joints *j, struct pack_in *u)
{
	struct joint *x;
	uint64_t n;

	j->serials = pack_get_u64(u);
	n = pack_get_count(u, MANY);
	for (uint64_t i = 0; i < n && !u->failed; i++)
		load_joint(j, u);
	n = pack_get_count(u, MANY);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		x = find(j, pack_get_u64(u));
		if (x == NULL || x->is_waiting)
			return -1;
		x->is_waiting = true;
		*(j->last_waiting != NULL ? &j->last_waiting->waiting
					  : &j->waiting) = x;
		j->last_waiting = x;
	}
	return u->failed ? -1 : 0;
}

void
joints_save_ref(const struct joint *x, struct buf *b)
{
	pack_u64(b, x != NULL ? x->serial : 0);
}

int
joints_load_ref(struct joints *j, const struct point *p, struct joint **at,
    struct pack_in *u)
{
	uint64_t serial = pack_get_u64(u);
	struct joint *x = map_get(j->of, key_of(&p->entity));

	*at = NULL;
	if (serial == 0)
		return u->failed ? -1 : 0;
	if (x == NULL && (x = find(j, serial)) == NULL)
		return -1;
	if (x->serial != serial)
		return -1;
	know(j, x, p);
	x->refs++;
	*at = x;
	return 0;
}
