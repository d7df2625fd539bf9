/* SPDX-License-Identifier: MIT */
/*
 * moment: more of what the model answers as of its cursor: rounds of
 * sources, stretches of time, what is the matter, and who is who.  Changes
 * nothing but what is remembered of look-ups.
 */
#include <math.h>
#include <string.h>

#include "model_priv.h"

struct thing *
thing_of(const struct subject *s)
{
	return s->user;
}

const char *
thing_name(const struct thing *t)
{
	const char *name = NULL, *slash;

	if (t->kind == KIND_HOST)
		return t->host->name;
	if (t->kind == KIND_VM || t->kind == KIND_BOX || t->kind == KIND_DISK)
		name = topology_label(t->subject, "name");
	if (t->kind == KIND_VDISK)
		name = topology_label(t->subject, "target");
	if (name != NULL)
		return name;
	slash = t->kind >= KIND_VCPU && t->kind <= KIND_BOXNIC
		    ? strchr(t->subject->id, '/')
		    : NULL;
	return slash != NULL ? slash + 1 : t->subject->id;
}

struct thing *
model_thing(const struct model *m, const char *host, const char *entity,
    const char *id)
{
	const struct subject *s = topology_find(m->topology, span_of(host),
	    span_of(entity), span_of(id));

	return s != NULL ? thing_of(s) : NULL;
}

struct thing *
model_base(const struct model *m, const struct thing *t)
{
	const struct subject *s = topology_base(m->topology, t->subject);

	return s != NULL ? thing_of(s) : NULL;
}

/* --- what is the matter --------------------------------------------------- */

void
model_settle(struct model *m)
{
	annals_settle(m->annals, m->cursor,
	    isnan(m->cursor) ? m->now : m->cursor);
}

static void
add(struct trouble *to, const struct trouble *t)
{
	to->crit += t->crit;
	to->warn += t->warn;
	to->info += t->info;
	to->pending += t->pending;
	to->quiet += t->quiet;
	to->odd += t->odd;
	to->filling += t->filling;
}

struct trouble
model_trouble(const struct model *m)
{
	struct trouble sum = {0};
	struct matter *const *list;
	size_t n = annals_matters(m->annals, &list);
	const struct place *p;

	/* Each place once: by the first of its matters. */
	for (size_t i = 0; i < n; i++) {
		p = list[i]->place;
		if (p->matters == list[i])
			add(&sum, &p->own);
	}
	return sum;
}

const struct place *
model_place(const struct model *m, struct thing *t)
{
	uint32_t version = annals_version(m->annals);

	if (t->version != version + 1) {
		t->place = annals_place(m->annals, t->host->name,
		    t->subject->entity, t->subject->id);
		t->version = version + 1;
	}
	return t->place;
}

const struct place *
model_host_place(const struct model *m, struct host *h)
{
	uint32_t version = annals_version(m->annals);

	if (h->version != version + 1) {
		h->place = annals_place(m->annals, h->name, "host", h->name);
		h->version = version + 1;
	}
	return h->place;
}

/* --- stretches of time ---------------------------------------------------- */

/* Whose history is looked at: the first source that ever told it. */
static const struct series_entity *
teller(const struct subject *s, enum track t)
{
	const struct observer *o;

	for (size_t i = 0; i < s->nsources; i++) {
		o = s->sources[i]->user;
		if ((o->seen & UINT32_C(1) << ((unsigned)t -
					       track_group(o->kind)->first)) !=
		    0)
			return s->sources[i];
	}
	return NULL;
}

size_t
model_points(const struct model *m, const struct subject *s, enum track t,
    double from, double to, struct point *out, size_t max, double *gap)
{
	const struct series_entity *n = teller(s, t);
	const struct observer *o;
	int first, last;
	size_t count = 0;
	double interval;

	(void)m;
	if (gap != NULL)
		*gap = NAN;
	if (n == NULL || max == 0)
		return 0;
	o = n->user;
	interval = (double)series_last(n)->interval;
	if (!(interval > 0))
		interval = o->feed->interval;
	if (gap != NULL && interval > 0)
		*gap = 2.25 * interval;
	last = history_find(&o->history, to);
	first = isnan(from) ? 0 : history_find(&o->history, from) + 1;
	if (last - first + 1 > (int)max)
		first = last + 1 - (int)max;
	for (int row = first; row <= last; row++) {
		out[count].ts = history_ts(&o->history, row);
		out[count++].value = (double)history_value(&o->history, row,
		    (unsigned)t - track_group(o->kind)->first);
	}
	return count;
}

/* --- rounds --------------------------------------------------------------- */

double
model_round(const struct model *m, const struct feed *f, enum round what,
    double *age)
{
	int row = history_find(&f->rounds, m->cursor);

	if (age != NULL)
		*age = NAN;
	if (row < 0)
		return NAN;
	if (age != NULL)
		*age = (isnan(m->cursor) ? m->now + f->host->ahead
					 : m->cursor) -
		       history_ts(&f->rounds, row);
	return (double)history_value(&f->rounds, row, what);
}

double
model_lapses(const struct model *m, const struct feed *f, enum lapse what)
{
	int row = history_find(&f->lapses, m->cursor);

	return row < 0 ? 0 : (double)history_value(&f->lapses, row, what);
}
