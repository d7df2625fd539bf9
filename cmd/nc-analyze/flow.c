/* SPDX-License-Identifier: MIT */
/*
 * flow: a record is taken in, its values go to the analyses, then time moves:
 * at the sweep of a source that has them, else with the samples.  All that
 * decides is in the records, so a replay decides as the live run did.
 */
#include "flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "flow_priv.h"
#include "match.h"
#include "metric/catalogue.h"

/* An entity silent so long is forgotten, when the table is looked through. */
#define SILENT_SECONDS 86400.0
/* Samples between two such looks, at least; more when there are many. */
#define LOOK_SAMPLES 65536u
/* Series that are forgotten at once when there is no room: one in so many. */
#define EVICT_SHARE 16u
/* Series whose state is asked for before it is their turn. */
#define AHEAD 4

/* --- series ---------------------------------------------------------------- */

static void
series_gone(struct series *s, void *arg)
{
	struct flow *f = arg;
	char *block = s->user;

	if (block == NULL || block == f->unwanted)
		return;
	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind->gone != NULL)
			f->active[i].kind->gone(f->active[i].self,
			    block + f->active[i].at);
	free(block);
}

static void
entity_gone(struct series_entity *n, void *arg)
{
	struct flow *f = arg;

	if (f->topology != NULL)
		topology_forget(f->topology, n);
	free(n->user);
}

static void
place_gone(struct subject *s, void *arg)
{
	struct flow *f = arg;

	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind->place_gone != NULL)
			f->active[i].kind->place_gone(s);
}

static bool
is_wanted(const struct flow *f, const struct series_entity *n,
    const struct series *s)
{
	const char *entity = n->origin->entity;

	/* What the toolkit says of itself and of others is left alone. */
	if (f->o.nonly == 0)
		return strcmp(entity, "aggregate") != 0 &&
		       strcmp(entity, "collector") != 0;
	for (size_t i = 0; i < f->o.nonly; i++)
		if (match_entity(f->o.only[i], n) &&
		    selector_metric(f->o.only[i],
			intern_span(f->o.names, s->name)))
			return true;
	return false;
}

/* The state of all analyses for one series, side by side. */
char *
flow_block(struct flow *f, const struct series_entity *n, struct series *s)
{
	if (s->user == NULL)
		s->user = f->block_bytes != 0 && is_wanted(f, n, s)
			      ? xcalloc(1, f->block_bytes)
			      : f->unwanted;
	return s->user;
}

struct owner *
flow_owner(struct flow *f, struct series_entity *n)
{
	struct owner *who = n->user;

	if (who != NULL)
		return who;
	n->user = who = xcalloc(1, sizeof(*who));
	who->node = flow_node(f, span_of(n->origin->host));
	who->feed = node_feed(who->node, span_of(n->origin->source));
	return who;
}

/* With many series in no order, waiting for memory is most of the cost. */
static void
ask_ahead(const struct flow *f, const struct series *s)
{
	const char *block = s->user;

	for (size_t i = 0; block != NULL && i < f->block_bytes; i += 64)
		__builtin_prefetch(block + i, 1);
}

static void
hand_out(struct flow *f, struct series_entity *n, struct owner *who,
    const uint32_t *touched, size_t ntouched)
{
	const struct series_stamp *st = series_last(n);
	struct point p = {.entity = n,
	    .node = who->node,
	    .feed = who->feed,
	    .ts = st->ts,
	    .interval = (double)st->interval};
	char *block;

	for (size_t i = 0; i < ntouched && i < AHEAD; i++)
		ask_ahead(f, &n->series[touched[i]]);
	for (size_t i = 0; i < ntouched; i++) {
		if (i + AHEAD < ntouched)
			ask_ahead(f, &n->series[touched[i + AHEAD]]);
		p.series = &n->series[touched[i]];
		if (p.series->state != SERIES_VALUE)
			continue;
		block = flow_block(f, n, p.series);
		if (block == f->unwanted)
			continue;
		p.name = series_shown(f->table, p.series);
		p.value = p.series->value;
		f->counts.values++;
		who->feed->values++;
		for (size_t k = 0; k < f->nactive; k++)
			f->active[k].kind->value(f->active[k].self, &p,
			    block + f->active[k].at);
	}
}

static void
hand_sketch(struct flow *f, const struct record *r, struct node *n)
{
	if (!span_is(r->entity, "aggregate") ||
	    !span_is(record_label(r, "stat"), "sketch"))
		return;
	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind->sketch != NULL)
			f->active[i].kind->sketch(f->active[i].self, r, n);
}

/* One that may have to go. */
struct leaver {
	struct series_entity *entity;
	double ts; /* of its newest sample; INFINITY: it is not silent */
	size_t order; /* of first appearance */
};

/* Who go first: the longest silent; then, since a fleet that is too large would
 * else lose each of its series before that one's next turn, the newest. */
static int
by_silence(const void *a, const void *b)
{
	const struct leaver *x = a, *y = b;

	if (x->ts != y->ts)
		return x->ts < y->ts ? -1 : 1;
	return (x->order < y->order) - (x->order > y->order);
}

/* Owned: all entities, *n of them, in the order they go. */
static struct leaver *
line_up(struct flow *f, size_t *n)
{
	struct series_entity *e = NULL;
	struct leaver *line;
	double now = -INFINITY, ts;
	size_t count = 0;

	for (const struct node *h = f->nodes; h != NULL; h = h->next)
		now = fmax(now, h->heard);
	while ((e = series_next(f->table, e)) != NULL)
		count++;
	line = xcalloc(count + 1, sizeof(*line));
	for (size_t i = 0; i < count; i++) {
		e = series_next(f->table, e);
		ts = series_last(e)->ts;
		if (ts >= now - flow_owner(f, e)->node->patience)
			ts = INFINITY;
		line[i] = (struct leaver){e, ts, i};
	}
	qsort(line, count, sizeof(*line), by_silence);
	*n = count;
	return line;
}

/* Makes room: those that have been silent longest go, many at once, but no
 * more than that: all of a sweep have been silent equally long. */
static void
evict(struct flow *f)
{
	size_t n, before = series_count(f->table);
	struct leaver *line = line_up(f, &n);

	for (size_t i = 0; i < n; i++) {
		series_drop(f->table, line[i].entity);
		if (before - series_count(f->table) > before / EVICT_SHARE)
			break;
	}
	free(line);
	f->counts.evicted += before - series_count(f->table);
	diag_limited(f->o.diag, DIAG_WARN, "evicted", NULL,
	    "%zu series forgotten: more than --max-series %zu",
	    before - series_count(f->table), f->o.max_series);
}

/* What stopped long ago without saying so. */
static void
look_through(struct flow *f)
{
	struct series_entity *n, *next;
	const struct owner *who;

	if (++f->looked < LOOK_SAMPLES + 2 * series_count(f->table))
		return;
	f->looked = 0;
	for (n = series_next(f->table, NULL); n != NULL; n = next) {
		next = series_next(f->table, n);
		who = n->user;
		if (who != NULL &&
		    series_last(n)->ts < who->node->heard - SILENT_SECONDS)
			series_drop(f->table, n);
	}
}

static void
take_sample(struct flow *f, const struct record *r)
{
	struct series_entity *n;
	const uint32_t *touched;
	struct owner *who;
	enum series_verdict v;
	size_t ntouched;

	v = series_feed(f->table, r, &n, &touched, &ntouched);
	if (v == SERIES_FULL) {
		evict(f);
		v = series_feed(f->table, r, &n, &touched, &ntouched);
	}
	if (v == SERIES_LATE || v == SERIES_DUPLICATE) {
		f->counts.late++;
		diag_limited(f->o.diag, DIAG_WARN, "late", NULL,
		    "%.*s/%.*s: a sample at %.3f came late or twice: "
		    "not analysed",
		    SPAN_ARG(r->entity), SPAN_ARG(r->id), r->ts);
		return;
	}
	if (v != SERIES_NEW && v != SERIES_MORE)
		return;
	who = flow_owner(f, n);
	if (f->topology != NULL)
		topology_see(f->topology, n);
	if (v == SERIES_NEW)
		who->feed->samples++;
	node_hear(who->node, series_last(n));
	/* The other sketches of that instant are still to come. */
	if (!who->feed->sweeps)
		flow_advance(f, who->node,
		    f->o.merge ? nextafter(series_last(n)->ts, 0)
			       : series_last(n)->ts);
	if (f->o.merge)
		hand_sketch(f, r, who->node);
	hand_out(f, n, who, touched, ntouched);
	look_through(f);
}

static void
take_event(struct flow *f, const struct record *r)
{
	const struct record_field *what = record_field(r, "event");
	struct series_entity *n;

	if (what == NULL || !span_is(what->text, "gone"))
		return;
	n = series_find(f->table, r->host, r->source, r->entity, r->id);
	if (n != NULL)
		series_drop(f->table, n);
}

void
flow_take(struct flow *f, const struct record *r)
{
	switch (r->kind) {
	case RECORD_SAMPLE:
		take_sample(f, r);
		break;
	case RECORD_SWEEP:
		flow_sweep(f, r);
		break;
	case RECORD_TICK:
		flow_tick(f, r);
		break;
	case RECORD_EVENT:
		take_event(f, r);
		break;
	default:
		break;
	}
}

static void
finish_series(struct flow *f, struct series_entity *n, struct series *s)
{
	const struct series_stamp *st = series_last(n);
	struct point p = {.entity = n,
	    .series = s,
	    .node = flow_owner(f, n)->node,
	    .name = series_shown(f->table, s),
	    .ts = st->ts,
	    .value = s->value,
	    .interval = (double)st->interval};
	char *block = s->user;

	if (block == NULL || block == f->unwanted || s->state != SERIES_VALUE)
		return;
	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind->finish != NULL)
			f->active[i].kind->finish(f->active[i].self, &p,
			    block + f->active[i].at);
}

void
flow_finish(struct flow *f)
{
	struct series_entity *n = NULL;

	while ((n = series_next(f->table, n)) != NULL)
		for (size_t i = 0; i < n->nseries; i++)
			finish_series(f, n, &n->series[i]);
	for (size_t k = 0; k < f->nactive; k++)
		if (f->active[k].kind->finished != NULL)
			f->active[k].kind->finished(f->active[k].self);
}

/* --- records of ours ------------------------------------------------------- */

struct frame *
flow_begin(struct flow *f, struct node *n, const char *host, double ts,
    enum record_kind kind, const char *entity, struct span id)
{
	struct frame *out = f->o.out;

	frame_origin(out, host, FLOW_SOURCE);
	frame_clock(out, ts, (double)NAN);
	frame_begin(out, kind, entity, id);
	if (n != NULL)
		n->told++;
	return out;
}

struct frame *
flow_begin_series(struct flow *f, const struct point *p, enum record_kind kind)
{
	const struct series_entity *n = p->entity;
	const char *key, *label;
	struct frame *out = flow_begin(f, p->node, n->origin->host, p->ts, kind,
	    n->origin->entity, span_of(n->id));

	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &label);
		frame_label(out, key, span_of(label));
	}
	frame_text(out, "metric", intern_span(f->o.names, p->name));
	frame_number(out, "value", p->value);
	return out;
}

void
flow_end(struct flow *f)
{
	frame_end(f->o.out);
}

void
flow_found(struct flow *f)
{
	f->counts.found++;
}

double
flow_metric(const struct flow *f, const struct series_entity *n,
    const char *name)
{
	uint32_t id = intern_find(f->o.names, span_of(name));
	const struct series *s = id != INTERN_NONE
				     ? series_metric(f->table, n, id)
				     : NULL;

	return s != NULL && s->state == SERIES_VALUE ? s->value : (double)NAN;
}

bool
flow_host_series(struct flow *f, const struct node *n, struct point *p)
{
	struct series_entity *e = NULL;

	while ((e = series_next(f->table, e)) != NULL) {
		if (e->nseries == 0 || strcmp(e->origin->host, n->host) != 0 ||
		    strcmp(e->origin->entity, "host") != 0)
			continue;
		p->entity = e;
		p->series = &e->series[0];
		return p->series->user != NULL &&
		       p->series->user != f->unwanted;
	}
	return false;
}

bool
flow_is_asked(const struct flow *f, const struct point *p)
{
	const struct metric *m;

	if (f->o.nonly != 0)
		return true; /* or it were not here */
	m = catalogue_find(span_of(p->entity->origin->entity),
	    intern_span(f->o.names, p->name));
	return m != NULL &&
	       (m->traits & (METRIC_FILLS | METRIC_SATURATES)) != 0;
}

void
flow_episode(struct flow *f, const struct point *p, const struct episode *e)
{
	char *block = p->series->user;

	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind->episode != NULL)
			f->active[i].kind->episode(f->active[i].self, p,
			    block + f->active[i].at, e);
}

struct topology *
flow_topology(const struct flow *f)
{
	return f->topology;
}

const struct flow_options *
flow_plan(const struct flow *f)
{
	return &f->o;
}

size_t
flow_series(const struct flow *f)
{
	return series_count(f->table);
}

struct flow_counts
flow_counts(const struct flow *f)
{
	return f->counts;
}

/* --- the whole --------------------------------------------------------------- */

struct flow *
flow_new(const struct flow_options *o)
{
	struct flow *f = xcalloc(1, sizeof(*f));
	struct series_options so = {.names = o->names,
	    .max_series = o->max_series,
	    .series_gone = series_gone,
	    .entity_gone = entity_gone,
	    .arg = f};

	f->o = *o;
	f->table = series_new(&so);
	f->hosts = map_new(NULL);
	f->common = -INFINITY;
	return f;
}

void
flow_free(struct flow *f)
{
	struct node *n, *next;

	if (f == NULL)
		return;
	topology_free(f->topology);
	f->topology = NULL;
	series_free(f->table);
	for (size_t i = 0; i < f->nactive; i++)
		f->active[i].kind->end(f->active[i].self);
	for (n = f->nodes; n != NULL; n = next) {
		next = n->next;
		node_free(n);
	}
	map_free(f->hosts, NULL);
	free(f);
}

static bool
is_active(const struct flow *f, const struct analysis *a)
{
	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind == a)
			return true;
	return false;
}

int
flow_ready(struct flow *f, struct nc_err *e)
{
	const struct analysis *a;

	for (size_t i = 0; i < f->nactive; i++) {
		if ((a = f->active[i].kind->needs) == NULL)
			continue;
		if (f->topology == NULL)
			f->topology = topology_new(place_gone, f);
		if (is_active(f, a))
			continue;
		if (flow_add(f, a, span_of(a->name), e) == -1)
			return -1;
		f->active[f->nactive - 1].quiet = true;
		a->quiet(f->active[f->nactive - 1].self);
	}
	return 0;
}

int
flow_add(struct flow *f, const struct analysis *a, struct span text,
    struct nc_err *e)
{
	struct active *to = &f->active[f->nactive];
	struct span rest, item, key, value;

	if (is_active(f, a))
		return err_set(e, 0, "%s: named twice", a->name);
	*to = (struct active){.kind = a,
	    .self = a->make(f),
	    .at = f->block_bytes};
	f->nactive++;
	f->block_bytes += (a->series_bytes + 15) / 16 * 16;
	str_cut(text, ',', &item, &rest);
	if (rest.len == 0 && item.len == text.len)
		return a->ready != NULL ? a->ready(to->self, e) : 0;
	while (str_item(&rest, ',', &item)) {
		if (!str_cut(item, '=', &key, &value))
			return err_set(e, 0, "%s: \"%.*s\": expected key=value",
			    a->name, SPAN_ARG(item));
		if (a->option(to->self, key, value, e) == -1)
			return err_where(e, "%s", a->name);
	}
	if (a->ready != NULL && a->ready(to->self, e) == -1)
		return err_where(e, "%s", a->name);
	return 0;
}
