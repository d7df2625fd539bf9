/* SPDX-License-Identifier: MIT */
/*
 * dump: the model as samples, in the order hosts and entities were first
 * seen.  What has no rate yet is absent: not measured.
 */
#include "dump.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metric/catalogue.h"

/* An entity the model keeps no subject of has the age of its numbers only. */
static enum freshness
entity_state(const struct model *m, const struct series_entity *n)
{
	return n->user != NULL ? model_observed(m, n) : FRESH;
}

static int
dump_entity(const struct model *m, struct frame *f,
    const struct series_entity *n)
{
	enum freshness state = entity_state(m, n);
	const struct series_stamp *last = series_last(n);
	const struct series_table *t = model_series(m);
	const struct series *s;
	const char *key, *value;
	double age = model_now(m) - last->ts;

	if (state >= GONE)
		return 0;
	frame_origin(f, n->origin->host, n->origin->source);
	frame_clock(f, last->ts, last->up);
	frame_begin(f, RECORD_SAMPLE, n->origin->entity, span_of(n->id));
	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		frame_label(f, key, span_of(value));
	}
	frame_interval(f, (double)last->interval);
	if (state != FRESH)
		frame_quality(f, RECORD_STALE, age > 0 ? age : 0);
	else if (last->quality != RECORD_GOOD)
		frame_quality(f, (enum record_quality)last->quality, NAN);
	for (size_t i = 0; i < n->nseries; i++) {
		s = &n->series[i];
		if (s->state == SERIES_VALUE && series_current(n, s))
			frame_value(f,
			    intern_str(model_names(m), series_shown(t, s)),
			    s->value);
	}
	return frame_end(f);
}

int
dump_model(const struct model *m, frame_sink *sink, void *arg)
{
	struct frame *f = frame_new(sink, arg);
	const struct series_entity *n = NULL;
	int rc = 0;

	while (rc == 0 && (n = series_next(model_series(m), n)) != NULL)
		rc = dump_entity(m, f, n);
	frame_free(f);
	return rc;
}

/* --- the past ------------------------------------------------------------- */

/* A row of one source's history, with the name rates have. */
static int
put_row(const struct model *m, struct frame *f, const struct series_entity *n,
    int row)
{
	const struct observer *o = n->user;
	const struct track_group *g = track_group(o->kind);
	enum record_quality q = history_quality(&o->history, row);
	const char *key, *value;
	double ts = history_ts(&o->history, row);
	char name[128];
	size_t len;

	(void)m;
	frame_origin(f, n->origin->host, n->origin->source);
	frame_clock(f, ts, NAN);
	frame_begin(f, RECORD_SAMPLE, n->origin->entity, span_of(n->id));
	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		frame_label(f, key, span_of(value));
	}
	frame_interval(f, (double)series_last(n)->interval);
	if (q != RECORD_GOOD)
		frame_quality(f, q, q == RECORD_STALE ? 0 : (double)NAN);
	for (unsigned i = 0; i < g->count; i++) {
		key = track_name((enum track)((unsigned)g->first + i));
		len = strlen(key);
		if (metric_is_counter(span_of(key)))
			snprintf(name, sizeof(name), "%.*s_per_second",
			    (int)len - 6, key);
		else
			snprintf(name, sizeof(name), "%s", key);
		frame_value(f, name,
		    (double)history_value(&o->history, row, i));
	}
	return frame_end(f);
}

int
dump_thing(const struct model *m, const struct thing *t, frame_sink *sink,
    void *arg)
{
	struct frame *f = frame_new(sink, arg);
	const struct series_entity *n;
	const struct observer *o;
	int rc = 0, row;

	for (size_t i = 0; rc == 0 && i < t->subject->nsources; i++) {
		n = t->subject->sources[i];
		o = n->user;
		if (isnan(model_cursor(m)))
			rc = dump_entity(m, f, n);
		else if ((row = history_find(&o->history, model_cursor(m))) >=
			 0)
			rc = put_row(m, f, n, row);
	}
	frame_free(f);
	return rc;
}

/* One record of a snapshot. */
struct piece {
	double ts;
	const struct series_entity *sample; /* and row */
	const struct feed *feed; /* and row */
	const struct note *note;
	int row;
	unsigned order; /* of those at the same moment */
};

struct pieces {
	struct piece *at;
	size_t count, cap;
	double from;
};

static void
add(struct pieces *l, struct piece p)
{
	if (!(p.ts > l->from))
		return;
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 1024 : l->cap * 2;
		l->at = xreallocarray(l->at, l->cap, sizeof(*l->at));
	}
	p.order = (unsigned)l->count;
	l->at[l->count++] = p;
}

/* By time; samples, then what was said of them, then the end of the round. */
static int
in_order(const void *pa, const void *pb)
{
	const struct piece *a = pa, *b = pb;
	int ka = a->sample != NULL ? 0 : a->note != NULL ? 1 : 2;
	int kb = b->sample != NULL ? 0 : b->note != NULL ? 1 : 2;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	if (ka != kb)
		return ka - kb;
	return a->order < b->order ? -1 : 1;
}

static void
gather(struct pieces *l, const struct model *m)
{
	struct matter *const *matters;
	size_t n = annals_matters(model_annals(m), &matters);
	struct host *const *hosts;
	size_t nhosts = model_everyone(m, &hosts);
	const struct series_entity *e = NULL;
	const struct observer *o;
	const struct note *note;

	while ((e = series_next(model_series(m), e)) != NULL) {
		o = e->user;
		for (int r = 0; o != NULL && r < (int)o->history.count; r++)
			add(l, (struct piece){history_ts(&o->history, r), e,
				   NULL, NULL, r, 0});
	}
	for (size_t i = 0; i < nhosts; i++)
		for (const struct feed *f = hosts[i]->feeds; f != NULL;
		     f = f->next)
			for (int r = 0; r < (int)f->rounds.count; r++)
				add(l, (struct piece){history_ts(&f->rounds, r),
					   NULL, f, NULL, r, 0});
	for (size_t i = 0; i < n; i++)
		for (unsigned t = 0; t < matters[i]->count; t++)
			add(l, (struct piece){matters[i]->turns[t]->ts, NULL,
				   NULL, matters[i]->turns[t], 0, 0});
	for (size_t i = 0; (note = annals_log(model_annals(m), i)) != NULL; i++)
		add(l, (struct piece){note->ts, NULL, NULL, note, 0, 0});
}

static int
put_round(struct frame *f, const struct feed *d, int row)
{
	static const char *const names[ROUND_COUNT] = {"took_seconds",
	    "late_seconds", "entities", "samples", "timeouts", "skipped",
	    "failures"};

	frame_origin(f, d->host->name, d->source);
	frame_clock(f, history_ts(&d->rounds, row), NAN);
	frame_begin(f, RECORD_SWEEP, "", span_of(""));
	for (unsigned i = 0; i < ROUND_COUNT; i++)
		frame_value(f, names[i],
		    (double)history_value(&d->rounds, row, i));
	return frame_end(f);
}

int
dump_round(const struct model *m, const struct feed *d, frame_sink *sink,
    void *arg)
{
	struct frame *f = frame_new(sink, arg);
	int row = history_find(&d->rounds, model_cursor(m));
	int rc = row >= 0 ? put_round(f, d, row) : 0;

	frame_free(f);
	return rc;
}

static int
put_note(const struct note *n, frame_sink *sink, void *arg)
{
	struct buf b = {0};
	int rc;

	if (*n->line == '\0')
		return 0;
	buf_adds(&b, n->line);
	buf_addc(&b, '\n');
	rc = sink(arg, b.data, b.len);
	buf_free(&b);
	return rc;
}

int
dump_snapshot(const struct model *m, double from, frame_sink *sink, void *arg)
{
	struct frame *f = frame_new(sink, arg);
	struct pieces l = {.from = isnan(from) ? (double)-INFINITY : from};
	const struct piece *p;
	int rc = 0;

	gather(&l, m);
	if (l.count > 1)
		qsort(l.at, l.count, sizeof(*l.at), in_order);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		p = &l.at[i];
		if (p->sample != NULL)
			rc = put_row(m, f, p->sample, p->row);
		else if (p->feed != NULL)
			rc = put_round(f, p->feed, p->row);
		else
			rc = put_note(p->note, sink, arg);
	}
	free(l.at);
	frame_free(f);
	return rc;
}
