/* SPDX-License-Identifier: MIT */
/*
 * series_state: names first, each once, then entity by entity.  What is read
 * back is checked as any input is: it may have been written by anyone.
 */
#include "metric/series_state.h"

#include <stdlib.h>

#include "base/mem.h"
#include "metric/series_priv.h"

#define NAMES_MAX 1000000u
#define ENTITIES_MAX 100000000u
#define LABELS_MAX 4096u

static void
save_stamp(struct buf *b, const struct series_stamp *s)
{
	pack_f64(b, s->ts);
	pack_f64(b, s->up);
	pack_f64(b, s->since);
	pack_f64(b, (double)s->interval);
	pack_f64(b, (double)s->age);
	pack_f64(b, (double)s->step);
	pack_u64(b, s->refs);
	pack_u64(b, s->quality);
	pack_u64(b, s->estimated);
}

static void
save_entity(struct buf *b, const struct series_entity *n)
{
	const char *key, *value;

	pack_text(b, span_of(n->origin->host));
	pack_text(b, span_of(n->origin->source));
	pack_text(b, span_of(n->origin->entity));
	pack_text(b, span_of(n->id));
	pack_u64(b, n->nlabels);
	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		pack_text(b, span_of(key));
		pack_text(b, span_of(value));
	}
	pack_f64(b, n->sample_ts);
	pack_u64(b, n->nstamps);
	for (size_t i = 0; i < n->nstamps; i++)
		save_stamp(b, &n->stamps[i]);
	pack_u64(b, n->latest);
	pack_u64(b, n->nseries);
	for (size_t i = 0; i < n->nseries; i++) {
		pack_u64(b, n->series[i].name);
		pack_f64(b, n->series[i].raw);
		pack_f64(b, n->series[i].value);
		pack_u64(b, n->series[i].stamp);
		pack_u64(b, n->series[i].state);
	}
}

void
series_save(const struct series_table *t, struct buf *b)
{
	uint32_t names = intern_count(t->o.names);

	pack_u64(b, names);
	for (uint32_t i = 0; i < names; i++)
		pack_text(b, intern_span(t->o.names, i));
	pack_u64(b, t->live);
	for (const struct series_entity *n = t->first; n != NULL; n = n->next)
		save_entity(b, n);
}

/* --- back ------------------------------------------------------------------ */

struct loading {
	struct series_table *t;
	struct pack_in *u;
	uint32_t *names; /* numbers in the file to numbers here */
	uint32_t nnames;
};

static void
load_stamp(struct pack_in *u, struct series_stamp *s)
{
	s->ts = pack_get_f64(u);
	s->up = pack_get_f64(u);
	s->since = pack_get_f64(u);
	s->interval = (float)pack_get_f64(u);
	s->age = (float)pack_get_f64(u);
	s->step = (float)pack_get_f64(u);
	s->refs = (uint16_t)pack_get_count(u, UINT16_MAX);
	s->quality = (uint8_t)pack_get_count(u, RECORD_ESTIMATED);
	s->estimated = pack_get_count(u, 1) != 0;
}

/* The entity with its labels; NULL when that is nonsense. */
static struct series_entity *
load_identity(struct loading *l)
{
	struct record r = {.kind = RECORD_SAMPLE};
	struct record_label *labels = NULL;
	struct series_entity *n = NULL;
	size_t live = l->t->live;

	r.host = pack_get_text(l->u);
	r.source = pack_get_text(l->u);
	r.entity = pack_get_text(l->u);
	r.id = pack_get_text(l->u);
	r.nlabels = pack_get_count(l->u, LABELS_MAX);
	labels = xcalloc(r.nlabels + 1, sizeof(*labels));
	for (size_t i = 0; i < r.nlabels; i++) {
		labels[i].key = pack_get_text(l->u);
		labels[i].value = pack_get_text(l->u);
	}
	r.labels = labels;
	if (!l->u->failed)
		n = series_lookup(l->t, &r, true);
	free(labels);
	return n != NULL && l->t->live > live ? n : NULL;
}

static int
load_series(struct loading *l, struct series_entity *n)
{
	struct series s = {0};
	uint32_t name, i;

	name = (uint32_t)pack_get_count(l->u, l->nnames - 1);
	s.raw = pack_get_f64(l->u);
	s.value = pack_get_f64(l->u);
	s.stamp = (uint16_t)pack_get_count(l->u, STAMP_NONE);
	s.state = (uint8_t)pack_get_count(l->u, SERIES_POOR);
	if (l->u->failed || (s.stamp != STAMP_NONE && s.stamp >= n->nstamps) ||
	    series_locate(l->t, n, l->names[name]) != SERIES_NONE)
		return -1;
	if ((i = series_append(l->t, n, l->names[name])) == SERIES_NONE)
		return -1;
	n->series[i].raw = s.raw;
	n->series[i].value = s.value;
	n->series[i].stamp = s.stamp;
	n->series[i].state = s.state;
	return 0;
}

static int
load_entity(struct loading *l)
{
	struct series_entity *n = load_identity(l);
	uint64_t stamps, count;
	uint16_t at;

	if (n == NULL)
		return -1;
	n->sample_ts = pack_get_f64(l->u);
	stamps = pack_get_count(l->u, UINT16_MAX - 1);
	for (uint64_t i = 0; i < stamps && !l->u->failed; i++) {
		at = series_add_stamp(n);
		load_stamp(l->u, &n->stamps[at]);
	}
	n->latest = (uint16_t)pack_get_count(l->u, stamps - (stamps != 0));
	count = pack_get_count(l->u, l->nnames == 0 ? 0 : SERIES_MAX_AN_ENTITY);
	for (uint64_t i = 0; i < count; i++)
		if (load_series(l, n) == -1)
			return -1;
	return l->u->failed || stamps == 0 ? -1 : 0;
}

static int
load_names(struct loading *l)
{
	l->nnames = (uint32_t)pack_get_count(l->u, NAMES_MAX);
	l->names = xcalloc((size_t)l->nnames + 1, sizeof(*l->names));
	for (uint32_t i = 0; i < l->nnames && !l->u->failed; i++) {
		l->names[i] = intern_id(l->t->o.names, pack_get_text(l->u));
		if (l->names[i] == INTERN_NONE)
			return -1;
	}
	return l->u->failed ? -1 : 0;
}

int
series_load(struct series_table *t, struct pack_in *u, struct nc_err *e)
{
	struct loading l = {.t = t, .u = u};
	uint64_t n;
	int rc;

	if ((rc = load_names(&l)) == 0) {
		n = pack_get_count(u, ENTITIES_MAX);
		for (uint64_t i = 0; i < n && rc == 0; i++)
			rc = load_entity(&l);
	}
	free(l.names);
	return rc == 0 && !u->failed ? 0 : err_set(e, 0, "series: nonsense");
}
