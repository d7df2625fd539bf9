/* SPDX-License-Identifier: MIT */
/*
 * series_state: names first, each once, then entity by entity.  What is read
 * back is checked as any input is: it may have been written by anyone.
 */
#include "metric/series_state.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metric/series_priv.h"

#define NAMES_MAX 1000000u
#define ENTITIES_MAX 100000000u
#define LABELS_MAX 4096u
#define ORIGINS_MAX 10000000u

/*
 * What it begins with tells this form from the first one, which began with
 * the count of names and had eight bytes for each number.
 */
#define COMPACT UINT64_MAX

enum stamp_flag {
	STAMP_SAME_TS = 1, /* as the stamp before, of any entity */
	STAMP_UP = 2,
	STAMP_SINCE = 4,
	STAMP_INTERVAL = 8,
	STAMP_SAME_INTERVAL = 16,
	STAMP_RARE = 32, /* age and step */
	STAMP_ESTIMATED = 64
};

enum series_flag {
	SERIES_SAME_VALUE = 1, /* value is raw */
	SERIES_NO_VALUE = 2, /* NAN */
	SERIES_WHOLE = 4, /* raw is a whole number that is not large */
	SERIES_LATEST = 8 /* of the newest stamp */
};

/* What the one before said. */
struct before {
	double ts, interval;
};

struct saving {
	struct buf *b;
	struct before before;
	struct map *origins; /* pointer to number + 1 */
};

static void
put_text(struct buf *b, struct span s)
{
	pack_var(b, s.len);
	pack_bytes(b, s.p, s.len);
}

static void
save_stamp(struct saving *v, const struct series_stamp *s)
{
	double interval = (double)s->interval;
	unsigned flags = s->estimated ? STAMP_ESTIMATED : 0;

	flags |= s->ts == v->before.ts ? STAMP_SAME_TS : 0;
	flags |= isnan(s->up) ? 0 : STAMP_UP;
	flags |= isnan(s->since) ? 0 : STAMP_SINCE;
	if (!isnan(interval))
		flags |= interval == v->before.interval ? STAMP_SAME_INTERVAL
							: STAMP_INTERVAL;
	flags |= s->age != 0 || s->step != 0 ? STAMP_RARE : 0;
	pack_var(v->b, flags);
	if ((flags & STAMP_SAME_TS) == 0)
		pack_f64(v->b, v->before.ts = s->ts);
	if (flags & STAMP_UP)
		pack_f64(v->b, s->up);
	if (flags & STAMP_SINCE)
		pack_f64(v->b, s->since);
	if (flags & STAMP_INTERVAL)
		pack_f64(v->b, v->before.interval = interval);
	if (flags & STAMP_RARE) {
		pack_f64(v->b, (double)s->age);
		pack_f64(v->b, (double)s->step);
	}
	pack_var(v->b, s->refs);
	pack_var(v->b, s->quality);
}

static bool
is_whole(double v)
{
	return v >= 0 && v < 0x1p48 && v == floor(v) && !signbit(v);
}

static void
save_value(struct saving *v, const struct series_entity *n,
    const struct series *s)
{
	unsigned flags = 0;

	if (isnan(s->value))
		flags |= SERIES_NO_VALUE;
	else if (s->value == s->raw && !signbit(s->value) == !signbit(s->raw))
		flags |= SERIES_SAME_VALUE;
	flags |= is_whole(s->raw) ? SERIES_WHOLE : 0;
	flags |= s->stamp == n->latest ? SERIES_LATEST : 0;
	pack_var(v->b, s->name);
	pack_var(v->b, flags | (unsigned)s->state << 4);
	if (flags & SERIES_WHOLE)
		pack_var(v->b, (uint64_t)s->raw);
	else
		pack_f64(v->b, s->raw);
	if ((flags & (SERIES_SAME_VALUE | SERIES_NO_VALUE)) == 0)
		pack_f64(v->b, s->value);
	if ((flags & SERIES_LATEST) == 0)
		pack_var(v->b, s->stamp);
}

static void
save_entity(struct saving *v, const struct series_entity *n)
{
	const char *key, *value;
	struct span origin = {(const char *)&n->origin, sizeof(n->origin)};

	pack_var(v->b, (uintptr_t)map_get(v->origins, origin) - 1);
	put_text(v->b, span_of(n->id));
	pack_var(v->b, n->nlabels);
	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		put_text(v->b, span_of(key));
		put_text(v->b, span_of(value));
	}
	pack_var(v->b, n->nstamps);
	for (size_t i = 0; i < n->nstamps; i++)
		save_stamp(v, &n->stamps[i]);
	pack_var(v->b, n->latest);
	pack_var(v->b, n->sample_ts != n->stamps[n->latest].ts);
	if (n->sample_ts != n->stamps[n->latest].ts)
		pack_f64(v->b, n->sample_ts);
	pack_var(v->b, n->nseries);
	for (size_t i = 0; i < n->nseries; i++)
		save_value(v, n, &n->series[i]);
}

/* Who, where and what, each once. */
static void
save_origins(struct saving *v, const struct series_table *t)
{
	const struct series_entity *n;
	struct buf list = {0};
	uintptr_t count = 0;

	for (n = t->first; n != NULL; n = n->next) {
		struct span key = {(const char *)&n->origin, sizeof(n->origin)};

		if (map_get(v->origins, key) != NULL)
			continue;
		map_set(v->origins, key, (void *)++count);
		put_text(&list, span_of(n->origin->host));
		put_text(&list, span_of(n->origin->source));
		put_text(&list, span_of(n->origin->entity));
	}
	pack_var(v->b, count);
	pack_bytes(v->b, list.data, list.len);
	buf_free(&list);
}

void
series_save(const struct series_table *t, struct buf *b)
{
	struct saving v = {.b = b, .origins = map_new(&t->seed)};
	uint32_t names = intern_count(t->o.names);

	pack_u64(b, COMPACT);
	pack_var(b, names);
	for (uint32_t i = 0; i < names; i++)
		put_text(b, intern_span(t->o.names, i));
	save_origins(&v, t);
	pack_var(b, t->live);
	for (const struct series_entity *n = t->first; n != NULL; n = n->next)
		save_entity(&v, n);
	map_free(v.origins, NULL);
}

/* --- back ------------------------------------------------------------------ */

struct loading {
	struct series_table *t;
	struct pack_in *u;
	uint32_t *names; /* numbers in the file to numbers here */
	uint32_t nnames;
	bool compact;
	struct before before;
	struct span *origins; /* three texts each */
	uint64_t norigins;
};

/* A count or number in the form at hand. */
static uint64_t
get_count(struct loading *l, uint64_t max)
{
	return l->compact ? pack_get_var(l->u, max) : pack_get_count(l->u, max);
}

static struct span
get_text(struct loading *l)
{
	struct span s;

	if (!l->compact)
		return pack_get_text(l->u);
	s.len = (size_t)pack_get_var(l->u, l->u->in.len);
	s.p = l->u->in.p;
	if (l->u->failed || s.len > l->u->in.len) {
		l->u->failed = true;
		return span_of("");
	}
	l->u->in.p += s.len;
	l->u->in.len -= s.len;
	return s;
}

static void
load_compact_stamp(struct loading *l, struct series_stamp *s)
{
	struct pack_in *u = l->u;
	unsigned flags = (unsigned)pack_get_var(u, 127);

	if ((flags & STAMP_SAME_TS) == 0)
		l->before.ts = pack_get_f64(u);
	s->ts = l->before.ts;
	s->up = flags & STAMP_UP ? pack_get_f64(u) : (double)NAN;
	s->since = flags & STAMP_SINCE ? pack_get_f64(u) : (double)NAN;
	if (flags & STAMP_INTERVAL)
		l->before.interval = pack_get_f64(u);
	s->interval = flags & (STAMP_INTERVAL | STAMP_SAME_INTERVAL)
			  ? (float)l->before.interval
			  : NAN;
	s->age = flags & STAMP_RARE ? (float)pack_get_f64(u) : 0;
	s->step = flags & STAMP_RARE ? (float)pack_get_f64(u) : 0;
	s->refs = (uint16_t)pack_get_var(u, UINT16_MAX);
	s->quality = (uint8_t)pack_get_var(u, RECORD_ESTIMATED);
	s->estimated = (flags & STAMP_ESTIMATED) != 0;
}

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

/* Whose it is: written out, or one of those at the front. */
static bool
load_origin(struct loading *l, struct record *r)
{
	const struct span *s;
	uint64_t i;

	if (!l->compact) {
		r->host = pack_get_text(l->u);
		r->source = pack_get_text(l->u);
		r->entity = pack_get_text(l->u);
		return true;
	}
	i = pack_get_var(l->u, UINT64_MAX);
	if (i >= l->norigins)
		return false;
	s = &l->origins[3 * i];
	r->host = s[0];
	r->source = s[1];
	r->entity = s[2];
	return true;
}

/* The entity with its labels; NULL when that is nonsense. */
static struct series_entity *
load_identity(struct loading *l)
{
	struct record r = {.kind = RECORD_SAMPLE};
	struct record_label *labels = NULL;
	struct series_entity *n = NULL;
	size_t live = l->t->live;

	if (!load_origin(l, &r))
		return NULL;
	r.id = get_text(l);
	r.nlabels = get_count(l, LABELS_MAX);
	labels = xcalloc(r.nlabels + 1, sizeof(*labels));
	for (size_t i = 0; i < r.nlabels; i++) {
		labels[i].key = get_text(l);
		labels[i].value = get_text(l);
	}
	r.labels = labels;
	if (!l->u->failed)
		n = series_lookup(l->t, &r, true);
	free(labels);
	return n != NULL && l->t->live > live ? n : NULL;
}

static void
load_compact_value(struct pack_in *u, const struct series_entity *n,
    struct series *s)
{
	unsigned flags = (unsigned)pack_get_var(u, SERIES_POOR << 4 | 15);

	s->state = (uint8_t)(flags >> 4);
	s->raw = flags & SERIES_WHOLE
		     ? (double)pack_get_var(u, (uint64_t)1 << 48)
		     : pack_get_f64(u);
	s->value = flags & SERIES_NO_VALUE     ? (double)NAN
		   : flags & SERIES_SAME_VALUE ? s->raw
					       : pack_get_f64(u);
	s->stamp = flags & SERIES_LATEST
		       ? n->latest
		       : (uint16_t)pack_get_var(u, STAMP_NONE);
}

static int
load_series(struct loading *l, struct series_entity *n)
{
	struct series s = {0};
	uint32_t name, i;

	name = (uint32_t)get_count(l, l->nnames - 1);
	if (l->compact) {
		load_compact_value(l->u, n, &s);
	} else {
		s.raw = pack_get_f64(l->u);
		s.value = pack_get_f64(l->u);
		s.stamp = (uint16_t)pack_get_count(l->u, STAMP_NONE);
		s.state = (uint8_t)pack_get_count(l->u, SERIES_POOR);
	}
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
	if (!l->compact)
		n->sample_ts = pack_get_f64(l->u);
	stamps = get_count(l, UINT16_MAX - 1);
	for (uint64_t i = 0; i < stamps && !l->u->failed; i++) {
		at = series_add_stamp(n);
		if (l->compact)
			load_compact_stamp(l, &n->stamps[at]);
		else
			load_stamp(l->u, &n->stamps[at]);
	}
	n->latest = (uint16_t)get_count(l, stamps - (stamps != 0));
	if (stamps == 0)
		return -1;
	if (l->compact)
		n->sample_ts = pack_get_var(l->u, 1) != 0
				   ? pack_get_f64(l->u)
				   : n->stamps[n->latest].ts;
	count = get_count(l, l->nnames == 0 ? 0 : SERIES_MAX_AN_ENTITY);
	for (uint64_t i = 0; i < count; i++)
		if (load_series(l, n) == -1)
			return -1;
	return l->u->failed || stamps == 0 ? -1 : 0;
}

static int
load_names(struct loading *l)
{
	struct pack_in peek = *l->u;

	if (pack_get_u64(&peek) == COMPACT) {
		*l->u = peek;
		l->compact = true;
	}
	l->nnames = (uint32_t)get_count(l, NAMES_MAX);
	l->names = xcalloc((size_t)l->nnames + 1, sizeof(*l->names));
	for (uint32_t i = 0; i < l->nnames && !l->u->failed; i++) {
		l->names[i] = intern_id(l->t->o.names, get_text(l));
		if (l->names[i] == INTERN_NONE)
			return -1;
	}
	return l->u->failed ? -1 : 0;
}

static int
load_origins(struct loading *l)
{
	if (!l->compact)
		return 0;
	l->norigins = pack_get_var(l->u, ORIGINS_MAX);
	if (l->norigins > l->u->in.len) /* three bytes each at least */
		return -1;
	l->origins = xcalloc(3 * l->norigins + 1, sizeof(*l->origins));
	for (uint64_t i = 0; i < 3 * l->norigins && !l->u->failed; i++)
		l->origins[i] = get_text(l);
	return l->u->failed ? -1 : 0;
}

int
series_load(struct series_table *t, struct pack_in *u, struct nc_err *e)
{
	struct loading l = {.t = t, .u = u};
	uint64_t n;
	int rc;

	if ((rc = load_names(&l)) == 0 && (rc = load_origins(&l)) == 0) {
		n = get_count(&l, ENTITIES_MAX);
		for (uint64_t i = 0; i < n && rc == 0; i++)
			rc = load_entity(&l);
	}
	free(l.names);
	free(l.origins);
	return rc == 0 && !u->failed ? 0 : err_set(e, 0, "series: nonsense");
}
