/* SPDX-License-Identifier: MIT */
/*
 * series: takes records in.  A frame is placed in the time of its entity,
 * then its numbers into their series; what the last frame said of the order
 * of names is taken as a prediction and checked, so a sweep that repeats
 * itself costs one compare a number.
 */
#include "metric/series.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metric/rate.h"
#include "metric/series_priv.h"

/* Smaller jumps of the wall clock against the boot clock are not reported. */
#define STEP_REPORTED 1.0
/* How well the two clocks of one boot agree: seconds, and share of time. */
#define SAME_BOOT 2.0
#define SAME_BOOT_SHARE 0.001
/* Frames of one sample carry the same up; this much apart they do not. */
#define SAME_SAMPLE 1.0

/* One frame on its way in. */
struct feeding {
	struct series_table *t;
	const struct record *r;
	struct series_entity *n;
	struct series_stamp stamp; /* of the frame */
	struct rate_edge edge; /* from stamp number old to it */
	uint16_t old;
	bool have; /* series of stamp old are set in this sample already */
	bool mixed; /* the series touched did not share one stamp */
	bool poor;
	bool full;
	size_t ntouched;
};

/* --- time ---------------------------------------------------------------- */

static struct series_stamp
stamp_of(const struct record *r)
{
	return (struct series_stamp){
	    .ts = r->ts,
	    .up = r->has & RECORD_HAS_UP ? r->up : (double)NAN,
	    .since = r->has & RECORD_HAS_SINCE ? r->since : (double)NAN,
	    .interval = r->has & RECORD_HAS_INTERVAL && r->interval > 0
			    ? (float)r->interval
			    : NAN,
	    .age = r->has & RECORD_HAS_AGE ? (float)r->age : 0,
	    .quality = (uint8_t)r->quality,
	};
}

/* The record's clock is behind the entity's time: keeps that going. */
static void
estimate(struct series_stamp *s, double ts)
{
	s->since += ts - s->ts;
	s->ts = ts;
	s->estimated = true;
}

/*
 * An older ts with both boot clocks at hand: the wall clock was set back
 * (up went on), the host was booted with a wrong clock (up began again and
 * the clocks disagree), or the record is late.
 */
static enum series_verdict
place_backward(const struct series_entity *n, const struct series_stamp *last,
    struct series_stamp *s)
{
	double passed = s->up - last->up;
	double moved = (s->ts - n->sample_ts) - passed;

	if (passed > 0) {
		estimate(s, last->ts + passed);
		return SERIES_NEW;
	}
	if (fabs(moved) <= SAME_BOOT + SAME_BOOT_SHARE * fabs(passed))
		return SERIES_LATE;
	estimate(s, last->ts + fmax(s->up, SAME_BOOT_SHARE));
	return SERIES_NEW;
}

/* Where the frame stands in its entity's time; may correct s->ts. */
static enum series_verdict
place(const struct series_entity *n, struct series_stamp *s)
{
	const struct series_stamp *last;
	double passed, step;

	if (n->nstamps == 0)
		return SERIES_NEW;
	last = series_last(n);
	passed = s->up - last->up; /* NAN when either is not known */
	if (s->ts == n->sample_ts && !(fabs(passed) > SAME_SAMPLE)) {
		s->step = last->step;
		if (last->estimated)
			estimate(s, last->ts);
		return SERIES_MORE;
	}
	step = (s->ts - n->sample_ts) - passed;
	if (passed > 0 && fabs(step) > STEP_REPORTED)
		s->step = (float)step;
	if (s->ts > last->ts)
		return SERIES_NEW;
	return isnan(passed) ? SERIES_LATE : place_backward(n, last, s);
}

/* --- values -------------------------------------------------------------- */

/* Another stamp than that of the series before: what holds from there. */
static void
leave_stamp(struct feeding *f, uint16_t stamp, enum series_verdict verdict)
{
	const struct series_stamp *from;

	if (f->ntouched != 0)
		f->mixed = true;
	f->old = stamp;
	f->have = false;
	f->edge = (struct rate_edge){0, SERIES_FIRST};
	if (stamp == STAMP_NONE)
		return;
	from = &f->n->stamps[stamp];
	f->have = verdict == SERIES_MORE && from->ts == f->stamp.ts;
	f->edge = rate_edge(from, &f->stamp);
}

static void
set_counter(struct feeding *f, struct series *s, double raw)
{
	bool held, seconds = false;

	if (raw < s->raw)
		seconds = series_name(f->t, s->name)->seconds;
	s->state = (uint8_t)rate_of(&f->edge, s->raw, raw, seconds, &s->value,
	    &held);
	if (!held)
		s->raw = raw;
}

/*
 * A number of quality stale or partial is for showing.  A counter keeps its
 * last reading and that reading's stamp, so that the next good one finds it.
 */
static bool
keeps_reading(const struct feeding *f, const struct series *s)
{
	return f->poor && s->counter && s->stamp != STAMP_NONE;
}

/* The series of a name: the predicted one, the one found, or a new one. */
static uint32_t
series_of(struct feeding *f, uint32_t predicted, uint32_t name)
{
	uint32_t i;

	if (predicted < f->n->nseries && f->n->series[predicted].name == name)
		return predicted;
	i = series_locate(f->t, f->n, name);
	if (i != SERIES_NONE)
		return i;
	if (f->t->o.max_series == 0 || f->t->count < f->t->o.max_series)
		i = series_append(f->t, f->n, name);
	if (i == SERIES_NONE)
		f->full = true;
	return i;
}

/* A value of a series that is new, or of a poor frame. */
static void
set_value(struct feeding *f, uint32_t i, double raw)
{
	struct series *s = &f->n->series[i];
	bool keep = keeps_reading(f, s);

	if (!keep)
		s->raw = raw;
	if (f->poor) {
		s->state = SERIES_POOR;
		s->value = NAN;
	} else if (!s->counter) {
		s->state = SERIES_VALUE;
		s->value = raw;
	}
	if (s->stamp != STAMP_NONE && !keep)
		f->n->stamps[s->stamp].refs--;
	f->t->touched[f->ntouched++] = i;
}

/*
 * The run of values from v on that are where they were last time: series i
 * and those behind it, all of stamp f->old.  Returns how many.
 */
static uint32_t
set_run(struct feeding *f, const struct record_value *v, uint32_t i)
{
	const struct record_value *end = f->r->values + f->r->nvalues;
	struct series *s = f->n->series + i,
		      *last = f->n->series + f->n->nseries;
	uint32_t *touched = f->t->touched + f->ntouched, n = 0;

	for (; v < end && s < last; v++, s++, n++) {
		if (s->name != v->name || s->stamp != f->old)
			break;
		if (!s->counter) {
			s->state = SERIES_VALUE;
			s->value = v->number;
			s->raw = v->number;
		} else if (rate_forward(&f->edge, s->raw, v->number,
			       &s->value)) {
			s->state = SERIES_VALUE;
			s->raw = v->number;
		} else {
			set_counter(f, s, v->number);
		}
		touched[n] = i + n;
	}
	f->ntouched += n;
	f->n->stamps[f->old].refs = (uint16_t)(f->n->stamps[f->old].refs - n);
	return n;
}

static void
set_values(struct feeding *f, enum series_verdict verdict)
{
	const struct record_value *v;
	uint32_t i, run, next = 0;
	uint16_t stamp;

	if (verdict == SERIES_MORE && f->t->recent == f->n)
		next = f->t->recent_next;
	for (size_t k = 0; k < f->r->nvalues; k += run) {
		v = &f->r->values[k];
		run = 1;
		if ((i = series_of(f, next, v->name)) == SERIES_NONE)
			continue;
		stamp = f->n->series[i].stamp;
		if (stamp != f->old)
			leave_stamp(f, stamp, verdict);
		if (!f->have && !f->poor && stamp != STAMP_NONE)
			run = set_run(f, v, i);
		else if (!f->have)
			set_value(f, i, v->number);
		next = i + run;
	}
	f->t->recent = f->n;
	f->t->recent_next = next;
}

/*
 * A stamp nobody refers to any more, most likely the one that the series
 * touched have just left; a new one otherwise.
 */
static uint16_t
free_stamp(struct feeding *f)
{
	struct series_entity *n = f->n;

	if (f->old != STAMP_NONE && f->old < n->nstamps &&
	    n->stamps[f->old].refs == 0)
		return f->old;
	for (uint16_t i = 0; i < n->nstamps; i++)
		if (n->stamps[i].refs == 0)
			return i;
	return series_add_stamp(n);
}

/* The series touched take the stamp of the frame. */
static void
set_stamp(struct feeding *f)
{
	struct series_entity *n = f->n;
	uint16_t stamp = free_stamp(f);
	uint32_t refs = 0;
	struct series *s;

	if (!f->mixed && !f->poor && stamp == f->old) {
		refs = (uint32_t)f->ntouched;
	} else {
		for (size_t i = 0; i < f->ntouched; i++) {
			s = &n->series[f->t->touched[i]];
			if (keeps_reading(f, s))
				continue;
			s->stamp = stamp;
			refs++;
		}
	}
	f->stamp.refs = (uint16_t)refs;
	n->stamps[stamp] = f->stamp;
	n->latest = stamp;
}

static void
reserve_touched(struct series_table *t, size_t n)
{
	if (n <= t->touched_room)
		return;
	t->touched_room = n + n / 2;
	t->touched = xreallocarray(t->touched, t->touched_room,
	    sizeof(*t->touched));
}

static struct series_entity *
entity_of(struct series_table *t, const struct record *r)
{
	bool full = t->o.max_series != 0 && t->count >= t->o.max_series;

	return series_lookup(t, r, !full);
}

enum series_verdict
series_feed(struct series_table *t, const struct record *r,
    struct series_entity **entity, const uint32_t **touched, size_t *ntouched)
{
	struct feeding f = {.t = t,
	    .r = r,
	    .old = STAMP_NONE,
	    .edge = {0, SERIES_FIRST}};
	enum series_verdict verdict;

	if (r->kind != RECORD_SAMPLE || !(r->has & RECORD_HAS_TS))
		return SERIES_NOT_SAMPLE;
	if ((f.n = entity_of(t, r)) == NULL)
		return SERIES_FULL;
	f.stamp = stamp_of(r);
	f.poor = r->quality == RECORD_STALE || r->quality == RECORD_PARTIAL;
	verdict = place(f.n, &f.stamp);
	if (verdict == SERIES_LATE)
		return verdict;
	reserve_touched(t, r->nvalues);
	series_make_room(f.n, r->nvalues);
	set_values(&f, verdict);
	if (f.full && f.ntouched == 0)
		return SERIES_FULL;
	if (verdict == SERIES_MORE && f.ntouched == 0 && !f.poor)
		return SERIES_DUPLICATE;
	set_stamp(&f);
	f.n->sample_ts = r->ts;
	*entity = f.n;
	*touched = t->touched;
	*ntouched = f.ntouched;
	return verdict;
}

struct series *
series_metric(const struct series_table *t, const struct series_entity *n,
    uint32_t name)
{
	uint32_t i = series_locate(t, n, name);

	return i != SERIES_NONE ? &n->series[i] : NULL;
}

uint32_t
series_shown(const struct series_table *t, const struct series *s)
{
	return s->counter ? t->names[s->name].shown : s->name;
}
