/* SPDX-License-Identifier: MIT */
/*
 * ask: what the model answers, as of its cursor.  Changes nothing.  A number
 * comes with how fresh it is, since an old one must never pass for new.
 */
#include "model_priv.h"

#include <math.h>

/* Of a sample that says no interval and a source that makes no rounds. */
#define INTERVAL_DEFAULT 60.0
/* Moments closer than this are one. */
#define INSTANT 0.0005
/* A round is missed when it is this part of an interval overdue. */
#define SLACK 0.25

/* What is now, for this host, at the cursor. */
static double
now_of(const struct model *m, const struct host *h)
{
	return isnan(m->cursor) ? m->now + h->ahead : m->cursor;
}

static double
feed_interval(const struct feed *f, int round)
{
	if (round < 1)
		return f->interval;
	return history_ts(&f->rounds, round) -
	       history_ts(&f->rounds, round - 1);
}

static double
quickest(const struct model *m)
{
	double least = NAN;
	const struct feed *f;

	for (size_t i = 0; i < m->nhosts; i++)
		for (f = m->hosts[i]->feeds; f != NULL; f = f->next)
			if (f->interval > 0 && !(f->interval >= least))
				least = f->interval;
	return least;
}

bool
model_awaits(const struct model *m, double ts)
{
	double most = 1.5 * quickest(m), since;
	const struct feed *f;
	int last;

	for (size_t i = 0; i < m->nhosts; i++)
		for (f = m->hosts[i]->feeds; f != NULL; f = f->next) {
			if ((last = history_find(&f->rounds, NAN)) < 0 ||
			    !(f->interval <= most))
				continue;
			since = ts - history_ts(&f->rounds, last);
			/* Due now; later than this it is silent. */
			if (since >= (1 - SLACK) * f->interval &&
			    since < (1 + 2 * SLACK) * f->interval)
				return true;
		}
	return false;
}

static enum freshness
by_age(double age, double interval)
{
	if (age < (2 + SLACK) * interval)
		return FRESH;
	return age < (3 + SLACK) * interval ? LATE : STALE;
}

static enum freshness
observed(const struct model *m, const struct series_entity *n, int row)
{
	const struct observer *o = n->user;
	const struct history *rounds = &o->feed->rounds;
	int round = history_find(rounds, m->cursor);
	double ts, interval, round_interval;

	if (row < 0)
		return NEVER;
	ts = history_ts(&o->history, row);
	interval = (double)series_last(n)->interval;
	round_interval = feed_interval(o->feed, round);
	if (isnan(interval) || interval <= 0)
		interval = isnan(round_interval) ? INTERVAL_DEFAULT
						 : round_interval;
	else if (interval > 1.5 * round_interval)
		round = 0; /* slower than its source's rounds */
	if (round >= 1 && ts < history_ts(rounds, round - 1) + INSTANT)
		return GONE;
	return by_age(now_of(m, o->host) - ts, interval);
}

static int
row_now(const struct model *m, const struct series_entity *n)
{
	const struct observer *o = n->user;

	return history_find(&o->history, m->cursor);
}

enum freshness
model_observed(const struct model *m, const struct series_entity *n)
{
	return observed(m, n, row_now(m, n));
}

static enum freshness
subject_state(const struct model *m, const struct subject *s)
{
	enum freshness best = NEVER, f;

	for (size_t i = 0; i < s->nsources; i++) {
		f = model_observed(m, s->sources[i]);
		if (f < best)
			best = f;
	}
	return best;
}

/*
 * The first fresh source that knows answers; failing that, the best of the
 * rest, with its freshness.
 */
struct answer
model_read(const struct model *m, const struct subject *s, enum track t)
{
	struct answer best = {NAN, NEVER, false}, a;
	const struct observer *o;
	int row;

	for (size_t i = 0; i < s->nsources; i++) {
		o = s->sources[i]->user;
		row = row_now(m, s->sources[i]);
		a.fresh = observed(m, s->sources[i], row);
		if (a.fresh >= GONE)
			continue;
		a.value = (double)history_value(&o->history, row,
		    (unsigned)t - track_group(o->kind)->first);
		a.poor = history_quality(&o->history, row) != RECORD_GOOD;
		if (a.fresh == FRESH && !isnan(a.value))
			return a;
		if (isnan(best.value) ||
		    (!isnan(a.value) && a.fresh < best.fresh))
			best = a;
	}
	return best;
}

bool
model_knows(const struct subject *s, enum track t)
{
	const struct observer *o;

	for (size_t i = 0; i < s->nsources; i++) {
		o = s->sources[i]->user;
		if ((o->seen & UINT32_C(1) << ((unsigned)t -
					       track_group(o->kind)->first)) !=
		    0)
			return true;
	}
	return false;
}

static bool
is_counted(const struct subject *s, enum track_kind kind)
{
	/* What the source "host" says of layers: an interface that is not of
	 * hardware has a kind, a disk that lies on others names them. */
	static const char *const layers[] = {"kind", "slaves", "mapper"};
	const char *name = topology_label(s, "name");
	bool layered = false;

	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		layered |= topology_label(s, layers[i]) != NULL;
	return track_counts(kind, name != NULL ? name : s->id, layered);
}

struct answer
model_sum(const struct model *m, const struct host *h, enum track t)
{
	const struct thing_list *l = &h->things[track_kind_of(t)];
	struct answer sum = {NAN, FRESH, false}, r;
	const struct subject *s;
	bool any = false;

	for (size_t i = 0; i < l->count; i++) {
		s = l->at[i]->subject;
		if (!is_counted(s, track_kind_of(t)) || !model_knows(s, t))
			continue;
		r = model_read(m, s, t);
		if (r.fresh >= GONE)
			continue;
		if (r.fresh > sum.fresh)
			sum.fresh = r.fresh;
		sum.poor |= r.poor;
		sum.value = any ? sum.value + r.value : r.value;
		any = true;
	}
	return sum;
}

struct answer
model_parts(const struct model *m, const struct thing *t, enum track what)
{
	struct answer sum = {NAN, FRESH, false}, r;
	enum track_kind kind = track_kind_of(what);
	const struct thing *part;
	bool any = false;

	for (const struct subject *s = t->subject->child; s != NULL;
	     s = s->sibling) {
		part = thing_of(s);
		if (part == NULL || part->kind != kind || !model_knows(s, what))
			continue;
		r = model_read(m, s, what);
		if (r.fresh >= GONE)
			continue;
		if (r.fresh > sum.fresh)
			sum.fresh = r.fresh;
		sum.poor |= r.poor;
		sum.value = any ? sum.value + r.value : r.value;
		any = true;
	}
	return sum;
}

size_t
model_count(const struct model *m, const struct host *h, enum track_kind kind)
{
	const struct thing_list *l = &h->things[kind];
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		if (subject_state(m, l->at[i]->subject) < GONE)
			n++;
	return n;
}

const struct subject *
model_self(const struct host *h)
{
	const struct thing_list *l = &h->things[KIND_HOST];

	return l->count != 0 ? l->at[0]->subject : NULL;
}

double
subject_interval(const struct subject *s)
{
	if (s == NULL || s->nsources == 0)
		return NAN;
	return (double)series_last(s->sources[0])->interval;
}

double
model_feed_interval(const struct model *m, const struct feed *f)
{
	int round = history_find(&f->rounds, m->cursor);
	double interval = feed_interval(f, round);

	return interval > 0 ? interval : f->interval;
}

enum freshness
model_feed_state(const struct model *m, const struct feed *f, double *age)
{
	int round = history_find(&f->rounds, m->cursor);
	double interval;

	*age = NAN;
	if (round < 0)
		return NEVER;
	interval = feed_interval(f, round);
	*age = now_of(m, f->host) - history_ts(&f->rounds, round);
	return by_age(*age, isnan(interval) ? INTERVAL_DEFAULT : interval);
}

/* The last round of any of the host's sources at the cursor. */
static enum freshness
state_by_rounds(const struct model *m, const struct host *h, double *age)
{
	enum freshness best = NEVER, f;
	double of_feed;

	*age = NAN;
	for (const struct feed *d = h->feeds; d != NULL; d = d->next) {
		f = model_feed_state(m, d, &of_feed);
		if (f < best) {
			best = f;
			*age = of_feed;
		}
	}
	return best;
}

/* Of the youngest number there is; NAN: none. */
static double
subject_age(const struct model *m, const struct host *h,
    const struct subject *s)
{
	const struct observer *o;
	double age = NAN, ts;
	int row;

	for (size_t i = 0; i < s->nsources; i++) {
		o = s->sources[i]->user;
		if ((row = row_now(m, s->sources[i])) < 0)
			continue;
		ts = history_ts(&o->history, row);
		if (isnan(age) || now_of(m, h) - ts < age)
			age = now_of(m, h) - ts;
	}
	return age;
}

enum freshness
model_thing_state(const struct model *m, const struct thing *t, double *age)
{
	*age = subject_age(m, t->host, t->subject);
	return subject_state(m, t->subject);
}

enum freshness
model_host_state(const struct model *m, const struct host *h, double *age)
{
	const struct subject *self = model_self(h);
	enum freshness f;

	if (self == NULL || (f = subject_state(m, self)) >= GONE)
		return state_by_rounds(m, h, age);
	*age = subject_age(m, h, self);
	return f;
}

/*
 * Samples of one round are not of one instant: half an interval separates
 * one round from the next.
 */
double
model_step(const struct model *m, double at, bool back)
{
	double found = NAN, ts, half;
	const struct subject *self;
	const struct observer *o;
	int row;

	for (size_t i = 0; i < m->nlisted; i++) {
		self = model_self(m->listed[i]);
		if (self == NULL || self->nsources == 0)
			continue;
		o = self->sources[0]->user;
		half = (double)series_last(self->sources[0])->interval / 2;
		if (isnan(half) || half <= 0)
			half = 0.5;
		row = history_find(&o->history, back ? at - half : at + half);
		if (!back)
			row++;
		if (row < 0 || row >= (int)o->history.count)
			continue;
		ts = history_ts(&o->history, row);
		if (isnan(found) || (back ? ts > found : ts < found))
			found = ts;
	}
	return isnan(found) ? at : found;
}
