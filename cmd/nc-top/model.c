/* SPDX-License-Identifier: MIT */
/*
 * model: takes records in.  Counters become rates in the series table, which
 * is also where frames of one sample are joined; here they are filed under
 * their subject and kept for a while.  What it answers is in ask.c.
 */
#include "model_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define HOSTS_MAX 10000u
/* A clock this far ahead of ours is not delay, it is wrong. */
#define AHEAD_SECONDS 2.0

static void
feed_free(struct feed *f)
{
	history_free(&f->rounds);
	history_free(&f->lapses);
	free(f->source);
	free(f);
}

static void
host_free(struct host *h)
{
	struct feed *f, *next;

	for (f = h->feeds; f != NULL; f = next) {
		next = f->next;
		feed_free(f);
	}
	for (unsigned k = 0; k < KIND_COUNT; k++)
		free(h->things[k].at);
	free(h->name);
	free(h);
}

/* The topology lets go of a subject: so do we of its thing. */
static void
subject_gone(struct subject *s, void *arg)
{
	struct thing *t = s->user;
	struct thing_list *l;

	(void)arg;
	if (t == NULL)
		return;
	l = &t->host->things[t->kind];
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i] == t) {
			l->count--;
			memmove(&l->at[i], &l->at[i + 1],
			    (l->count - i) * sizeof(struct thing *));
			break;
		}
	free(t);
	s->user = NULL;
}

static void
entity_gone(struct series_entity *n, void *arg)
{
	struct model *m = arg;
	struct observer *o = n->user;

	if (m->topology != NULL)
		topology_forget(m->topology, n);
	if (o != NULL)
		history_free(&o->history);
	free(o);
	n->user = NULL;
}

static const char *const rounds[ROUND_COUNT] = {
    [ROUND_TOOK] = "took_seconds",
    [ROUND_LATE] = "late_seconds",
    [ROUND_ENTITIES] = "entities",
    [ROUND_SAMPLES] = "samples",
    [ROUND_TIMEOUTS] = "timeouts",
    [ROUND_SKIPPED] = "skipped",
    [ROUND_FAILURES] = "failures",
};

struct model *
model_new(struct intern *names, size_t max_series)
{
	struct model *m = xcalloc(1, sizeof(*m));

	m->names = names;
	m->series = series_new(&(struct series_options){.names = names,
	    .max_series = max_series,
	    .entity_gone = entity_gone,
	    .arg = m});
	m->topology = topology_new(subject_gone, m);
	m->annals = annals_new();
	m->by_name = map_new(NULL);
	for (unsigned i = 0; i < ROUND_COUNT; i++)
		m->rounds[i] = intern_id(names, span_of(rounds[i]));
	m->now = m->cursor = m->newest = NAN;
	return m;
}

void
model_free(struct model *m)
{
	if (m == NULL)
		return;
	topology_free(m->topology);
	m->topology = NULL;
	series_free(m->series);
	map_free(m->by_name, NULL);
	annals_free(m->annals);
	for (size_t i = 0; i < m->nhosts; i++)
		host_free(m->hosts[i]);
	free(m->hosts);
	free(m->listed);
	free(m);
}

/* To its place among the others by name; there is room. */
static void
insert(struct host **list, size_t *count, struct host *h)
{
	size_t at;

	for (at = *count; at > 0; at--) {
		if (strcmp(list[at - 1]->name, h->name) < 0)
			break;
		list[at] = list[at - 1];
	}
	list[at] = h;
	++*count;
}

static struct host *
host_of(struct model *m, struct span name)
{
	struct host *h = map_get(m->by_name, name);

	if (h != NULL || m->nhosts == HOSTS_MAX)
		return h;
	h = xcalloc(1, sizeof(*h));
	h->serial = ++m->serial;
	h->name = xmemdup0(name.p, name.len);
	h->newest = NAN;
	if (m->nhosts == m->hosts_cap) {
		m->hosts_cap = m->hosts_cap == 0 ? 16 : m->hosts_cap * 2;
		m->hosts = xreallocarray(m->hosts, m->hosts_cap,
		    sizeof(struct host *));
		m->listed = xreallocarray(m->listed, m->hosts_cap,
		    sizeof(struct host *));
	}
	insert(m->hosts, &m->nhosts, h);
	map_set(m->by_name, name, h);
	return h;
}

static void
list_host(struct model *m, struct host *h)
{
	if (!h->listed)
		insert(m->listed, &m->nlisted, h);
	h->listed = true;
}

/* It was never more than a name. */
static void
unlist_host(struct model *m, struct host *h)
{
	size_t i, at = 0;

	for (i = 0; i < KIND_COUNT; i++)
		if (h->things[i].count != 0)
			return;
	for (i = 0; i < m->nlisted; i++)
		if (m->listed[i] != h)
			m->listed[at++] = m->listed[i];
	m->nlisted = at;
	h->listed = false;
}

/* Somebody says of a machine that it is silent, or not to be reached: it is
 * one that is watched, though it may never have said a word. */
static void
take_word(struct model *m, struct host *h, const struct record *r)
{
	const struct record_field *event = record_field(r, "event");

	if (!span_is(r->entity, "host") || !span_is(r->id, h->name))
		return;
	if (event != NULL && span_is(event->text, "gone"))
		unlist_host(m, h);
	else
		list_host(m, h);
}

static struct feed *
feed_of(struct model *m, struct host *h, struct span source)
{
	struct feed *f;

	for (f = h->feeds; f != NULL; f = f->next)
		if (span_is(source, f->source))
			return f;
	f = xcalloc(1, sizeof(*f));
	f->serial = ++m->serial;
	f->host = h;
	f->source = xmemdup0(source.p, source.len);
	history_init(&f->rounds, ROUND_COUNT, HISTORY_ROWS);
	history_init(&f->lapses, LAPSE_COUNT, HISTORY_ROWS);
	f->interval = NAN;
	f->next = h->feeds;
	h->feeds = f;
	return f;
}

static void
thing_new(struct model *m, struct host *h, enum track_kind kind,
    struct subject *s)
{
	struct thing_list *l = &h->things[kind];
	struct thing *t = xcalloc(1, sizeof(*t));

	t->serial = ++m->serial;
	t->kind = kind;
	t->host = h;
	t->subject = s;
	s->user = t;
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 4 : l->cap * 2;
		l->at = xreallocarray(l->at, l->cap, sizeof(struct thing *));
	}
	l->at[l->count++] = t;
	/* A program of this suite runs here; that is no machine watched. */
	if (kind != KIND_TOOL)
		list_host(m, h);
}

/* NULL when nothing is kept of this kind of entity. */
static struct observer *
observer_of(struct model *m, struct host *h, struct series_entity *n)
{
	struct observer *o = n->user;
	enum track_kind kind;
	struct subject *s;

	if (o != NULL)
		return o;
	if ((kind = track_kind(n->origin->entity)) == KIND_COUNT)
		return NULL;
	o = xcalloc(1, sizeof(*o));
	o->host = h;
	o->kind = kind;
	o->feed = feed_of(m, h, span_of(n->origin->source));
	history_init(&o->history, track_group(kind)->count,
	    track_group(kind)->rows);
	n->user = o;
	s = topology_see(m->topology, n);
	if (s != NULL && s->user == NULL)
		thing_new(m, h, kind, s);
	return o;
}

/* A series' user word holds its place in the row, plus 1; 0: not asked yet,
 * UINTPTR_MAX: not tracked. */
static int
row_place(struct model *m, const struct track_group *g, struct series *s)
{
	uintptr_t place = (uintptr_t)s->user;
	int index;

	if (place == 0) {
		index = track_index(g, intern_str(m->names, s->name));
		place = index == -1 ? UINTPTR_MAX : (uintptr_t)index + 1;
		s->user = (void *)place;
	}
	return place == UINTPTR_MAX ? -1 : (int)(place - 1);
}

static void
begin_row(struct observer *o, const struct series_entity *n, double ts,
    enum record_quality quality)
{
	double interval = (double)series_last(n)->interval;

	history_begin(&o->history, ts, quality);
	if (interval > 0 && !(interval >= o->feed->interval))
		o->feed->interval = interval;
}

static void
take_sample(struct model *m, struct host *h, const struct record *r)
{
	struct series_entity *n;
	const uint32_t *touched;
	struct observer *o;
	struct series *s;
	size_t ntouched;
	enum series_verdict verdict;
	int place;

	verdict = series_feed(m->series, r, &n, &touched, &ntouched);
	if (verdict != SERIES_NEW && verdict != SERIES_MORE)
		return;
	if ((o = observer_of(m, h, n)) == NULL)
		return;
	if (verdict == SERIES_NEW || o->history.count == 0)
		begin_row(o, n, series_last(n)->ts, r->quality);
	else
		history_worsen(&o->history, r->quality);
	for (size_t i = 0; i < ntouched; i++) {
		s = &n->series[touched[i]];
		place = row_place(m, track_group(o->kind), s);
		if (place == -1)
			continue;
		o->seen |= UINT32_C(1) << place;
		if (s->state == SERIES_VALUE)
			history_set(&o->history, (unsigned)place, s->value);
		else if (s->state == SERIES_POOR && !s->counter)
			history_set(&o->history, (unsigned)place, s->raw);
	}
}

/*
 * What left before the oldest moment one can look at is dropped, so that
 * machines that come and go cost nothing in the end.
 */
static void
drop_forgotten(struct model *m, const struct feed *f)
{
	struct series_entity *n, *next;
	const struct observer *o;
	double oldest;

	if (f->rounds.count < HISTORY_ROWS)
		return;
	oldest = history_ts(&f->rounds, 0);
	for (n = series_next(m->series, NULL); n != NULL; n = next) {
		next = series_next(m->series, n);
		o = n->user;
		if (o != NULL && o->feed == f && series_last(n)->ts < oldest)
			series_drop(m->series, n);
	}
}

static void
take_sweep(struct model *m, struct host *h, const struct record *r)
{
	struct feed *f = feed_of(m, h, r->source);
	int last = history_find(&f->rounds, NAN);

	if ((r->has & RECORD_HAS_TS) == 0 ||
	    (last >= 0 && r->ts <= history_ts(&f->rounds, last)))
		return;
	history_begin(&f->rounds, r->ts, RECORD_GOOD);
	for (size_t i = 0; i < r->nvalues; i++)
		for (unsigned k = 0; k < ROUND_COUNT; k++)
			if (r->values[i].name == m->rounds[k]) {
				history_set(&f->rounds, k, r->values[i].number);
				if (k == ROUND_SAMPLES || k == ROUND_ENTITIES)
					f->samples += r->values[i].number;
			}
	if ((r->has & RECORD_HAS_INTERVAL) != 0 && isnan(f->interval))
		f->interval = r->interval;
	/* A round that made samples none of which is of this host tells of
	 * others, as one that follows another source's (label of): no machine
	 * we know anything of. */
	if (!(f->samples > 0) && record_label(r, "of").len == 0)
		list_host(m, h);
	if (++f->sweeps % 64 == 0)
		drop_forgotten(m, f);
}

/* What is not there any more counts up on its source. */
static void
take_lapse(struct model *m, struct host *h, const struct record *r)
{
	struct feed *f = feed_of(m, h, r->source);
	const struct record_field *missed = record_field(r, "missed");
	int last = history_find(&f->lapses, NAN);
	double sums[LAPSE_COUNT] = {0, 0, 0};

	for (unsigned i = 0; last >= 0 && i < LAPSE_COUNT; i++)
		sums[i] = (double)history_value(&f->lapses, last, i);
	if (last >= 0 && r->ts < history_ts(&f->lapses, last))
		return;
	if (r->kind == RECORD_ERROR)
		sums[LAPSE_ERRORS]++;
	else
		sums[LAPSE_GAPS]++;
	if (missed != NULL && missed->number > 0)
		sums[LAPSE_MISSED] += missed->number;
	history_begin(&f->lapses, r->ts, RECORD_GOOD);
	for (unsigned i = 0; i < LAPSE_COUNT; i++)
		history_set(&f->lapses, i, sums[i]);
}

void
model_feed(struct model *m, const struct record *r, double arrived)
{
	struct host *h;

	if ((r->has & RECORD_HAS_TS) != 0 &&
	    (isnan(m->newest) || r->ts > m->newest))
		m->newest = r->ts;
	annals_take(m->annals, r);
	if (r->host.len == 0 || (h = host_of(m, r->host)) == NULL)
		return;
	if ((r->has & RECORD_HAS_TS) != 0) {
		if (isnan(h->newest) || r->ts > h->newest)
			h->newest = r->ts;
		if (!isnan(arrived))
			h->ahead = r->ts - arrived > AHEAD_SECONDS
				       ? r->ts - arrived
				       : 0;
	}
	if (r->kind == RECORD_SAMPLE)
		take_sample(m, h, r);
	else if (r->kind == RECORD_SWEEP)
		take_sweep(m, h, r);
	else if ((r->kind == RECORD_GAP || r->kind == RECORD_ERROR) &&
		 (r->has & RECORD_HAS_TS) != 0)
		take_lapse(m, h, r);
	else if (r->kind == RECORD_EVENT || r->kind == RECORD_ALERT)
		take_word(m, h, r);
}

void
model_set_now(struct model *m, double now)
{
	m->now = now;
}

double
model_now(const struct model *m)
{
	return m->now;
}

void
model_set_cursor(struct model *m, double at)
{
	m->cursor = at;
}

double
model_cursor(const struct model *m)
{
	return m->cursor;
}

double
model_newest(const struct model *m)
{
	return m->newest;
}

size_t
model_hosts(const struct model *m, struct host *const **hosts)
{
	*hosts = m->listed;
	return m->nlisted;
}

size_t
model_everyone(const struct model *m, struct host *const **hosts)
{
	*hosts = m->hosts;
	return m->nhosts;
}

struct host *
model_host(const struct model *m, struct span name)
{
	return map_get(m->by_name, name);
}

const struct annals *
model_annals(const struct model *m)
{
	return m->annals;
}

struct series_table *
model_series(const struct model *m)
{
	return m->series;
}

struct intern *
model_names(const struct model *m)
{
	return m->names;
}
