/* SPDX-License-Identifier: MIT */
/*
 * fleet: answers what expressions ask of an entity.  A number is given only
 * when it was read within three intervals; what is older is unknown, what was
 * never there is never.
 */
#include "fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet_priv.h"
#include "metric/catalogue.h"

/* Patience with a host that was never heard of. */
#define UNHEARD 900.0

struct subject *
fleet_expect(struct fleet *f, struct span host)
{
	return topology_expect(f->topology, host, span_of("host"), host);
}

struct subject *
fleet_subject_of(struct fleet *f, struct span host, struct span entity,
    struct span id)
{
	return topology_find(f->topology, host, entity, id);
}

const struct subject *
fleet_base(const struct fleet *f, const struct subject *s)
{
	return topology_base(f->topology, s);
}

static void
series_gone(struct series *s, void *arg)
{
	(void)arg;
	past_free(s->user);
	s->user = NULL;
}

static void
entity_gone(struct series_entity *n, void *arg)
{
	struct fleet *f = arg;

	topology_forget(f->topology, n);
}

static void
subject_gone(struct subject *s, void *arg)
{
	struct fleet *f = arg;

	if (f->subject_of == s)
		f->subject_of = NULL;
	findings_forget(f->findings, s);
	f->o.gone(s, f->o.arg);
}

/* --- preparing ----------------------------------------------------------- */

static void
want_past(struct fleet *f, uint32_t id, const struct expr_input *in)
{
	uint32_t n = f->nwants;

	if (id == INTERN_NONE)
		return;
	if (id >= n) {
		n = id + 64;
		f->wants = xreallocarray(f->wants, n, sizeof(*f->wants));
		memset(f->wants + f->nwants, 0,
		    (n - f->nwants) * sizeof(*f->wants));
		f->nwants = n;
	}
	past_want_add(&f->wants[id], in);
}

static uint32_t
other_name(struct intern *names, const char *metric)
{
	struct span s = span_of(metric);
	bool counter = metric_is_counter(s);
	struct buf b = {0};
	uint32_t id;

	if (!counter && !metric_is_rate(s))
		return INTERN_NONE;
	buf_add(&b, s.p, s.len - strlen(counter ? "_total" : "_per_second"));
	buf_adds(&b, counter ? "_per_second" : "_total");
	id = intern_id(names, buf_span(&b));
	buf_free(&b);
	return id;
}

/* One for each metric, however many rules ask for it. */
static size_t
find_ref(struct fleet *f, const char *metric)
{
	uint32_t id = intern_id(f->o.names, span_of(metric));

	for (size_t i = 0; i < f->nrefs; i++)
		if (f->refs[i].id == id)
			return i;
	f->refs = xreallocarray(f->refs, f->nrefs + 1, sizeof(*f->refs));
	f->refs[f->nrefs] = (struct ref){.id = id,
	    .other = other_name(f->o.names, metric)};
	return f->nrefs++;
}

void
fleet_prepare(struct fleet *f, struct expr *x)
{
	const struct expr_input *in;
	struct ref *ref;
	size_t at;

	for (size_t i = 0; (in = expr_input(x, i)) != NULL; i++) {
		if (in->metric == NULL)
			continue;
		at = find_ref(f, in->metric);
		ref = &f->refs[at];
		expr_bind(x, i, at);
		if (in->range > 0) {
			want_past(f, ref->id, in);
			want_past(f, ref->other, in);
		}
	}
}

/* --- taking in ----------------------------------------------------------- */

static void
add_points(struct fleet *f, struct series_entity *n, const uint32_t *touched,
    size_t ntouched)
{
	struct window_point p;
	struct series *s;

	for (size_t i = 0; i < ntouched; i++) {
		s = &n->series[touched[i]];
		if (s->name >= f->nwants ||
		    !past_is_wanted(&f->wants[s->name]) ||
		    s->state == SERIES_POOR)
			continue;
		if (s->user == NULL)
			s->user = past_new(&f->wants[s->name]);
		p = (struct window_point){.ts = series_read(n, s)->ts,
		    .value = s->value,
		    .raw = s->raw,
		    .restart = s->state == SERIES_RESET};
		past_add(s->user, &f->wants[s->name], p);
	}
}

struct subject *
fleet_sample(struct fleet *f, const struct record *r)
{
	enum series_verdict verdict;
	struct series_entity *n;
	const uint32_t *touched;
	struct subject *s;
	size_t ntouched;

	f->epoch++;
	f->subject_of = NULL; /* even a late sample brings its labels */
	verdict = series_feed(f->table, r, &n, &touched, &ntouched);
	if (verdict != SERIES_NEW && verdict != SERIES_MORE)
		return NULL;
	s = topology_see(f->topology, n);
	if (f->nwants > 0)
		add_points(f, n, touched, ntouched);
	return s;
}

bool
fleet_finding(struct fleet *f, const struct record *r)
{
	return findings_take(f->findings, r);
}

struct series_entity *
fleet_find(struct fleet *f, const struct record *r)
{
	return series_find(f->table, r->host, r->source, r->entity, r->id);
}

void
fleet_drop(struct fleet *f, struct series_entity *n)
{
	f->epoch++;
	f->subject_of = NULL;
	series_drop(f->table, n);
}

void
fleet_now(struct fleet *f, double now, double listening)
{
	if (f->now != now)
		f->epoch++;
	f->listening = listening;
	f->now = now;
}

/* --- answering ----------------------------------------------------------- */

double
fleet_heard(const struct subject *s)
{
	double heard = 0;

	for (size_t i = 0; i < s->nsources; i++)
		heard = fmax(heard, series_last(s->sources[i])->ts);
	return heard;
}

static double
patience(const struct fleet *f, const struct series_stamp *st)
{
	if (isnan(st->interval) && !isnan(f->o.interval))
		return 3 * f->o.interval;
	return series_patience(st);
}

double
fleet_patience(const struct fleet *f, const struct subject *s)
{
	if (s->nsources == 0)
		return isnan(f->o.interval) ? UNHEARD : 3 * f->o.interval;
	return patience(f, series_last(s->sources[0]));
}

static const struct subject *
ancestor(const struct subject *s, const char *scope)
{
	while (s != NULL && scope != NULL && strcmp(s->entity, scope) != 0)
		s = s->parent;
	return s;
}

/* The reading to be believed, by either name.  *wire: the name it has. */
static bool
read_metric(const struct fleet *f, const struct subject *s,
    const struct ref *ref, struct reading *out)
{
	if (!topology_read(f->table, s, ref->id, f->now, out) &&
	    (ref->other == INTERN_NONE ||
		!topology_read(f->table, s, ref->other, f->now, out)))
		return false;
	if (!isnan(f->o.interval) && out->series->state != SERIES_POOR)
		out->fresh = out->age <=
			     patience(f, series_read(out->entity, out->series));
	return true;
}

/* The same; several rules ask for one metric of one entity in a row. */
static bool
read_once(struct fleet *f, const struct subject *s, struct ref *ref)
{
	if (ref->at != s || ref->epoch != f->epoch) {
		ref->any = read_metric(f, s, ref, &ref->reading);
		ref->at = s;
		ref->epoch = f->epoch;
	}
	return ref->any;
}

static double
window_of(const struct reading *rd, const struct expr_input *in, double now)
{
	static const enum window_function functions[] =
	    {[EXPR_LAST] = WINDOW_LAST,
		[EXPR_AVG] = WINDOW_AVG,
		[EXPR_MIN] = WINDOW_MIN,
		[EXPR_MAX] = WINDOW_MAX,
		[EXPR_SUM] = WINDOW_SUM,
		[EXPR_COUNT] = WINDOW_COUNT,
		[EXPR_STDDEV] = WINDOW_STDDEV,
		[EXPR_RATE] = WINDOW_RATE,
		[EXPR_INCREASE] = WINDOW_INCREASE,
		[EXPR_DELTA] = WINDOW_DELTA,
		[EXPR_DERIV] = WINDOW_DERIV,
		[EXPR_CHANGES] = WINDOW_CHANGES,
		[EXPR_RESETS] = WINDOW_RESETS};
	const struct past *past = rd->series->user;
	enum window_function fn;

	if (past == NULL)
		return NAN;
	if (in->function == EXPR_QUANTILE)
		return window_quantile(&past->window, in->quantile,
		    now - in->range, now);
	fn = functions[in->function];
	/* What is a rate already has a mean. */
	if (fn == WINDOW_RATE && !rd->series->counter)
		fn = WINDOW_AVG;
	return window_value(&past->window, fn, now - in->range, now);
}

/* What a history says, NAN when it is too young. */
static double
history_of(const struct fleet *f, const struct reading *rd,
    const struct expr_input *in)
{
	struct past *past = rd->series->user;
	struct history_line line;
	struct history *h;

	if (past == NULL || (h = past_history(past, in)) == NULL)
		return NAN;
	switch (in->function) {
	case EXPR_OFFSET:
		return history_then(h, f->now - in->range,
		    patience(f, series_read(rd->entity, rd->series)));
	case EXPR_BASELINE_HOUR:
		return history_habit(h, f->now, 86400);
	case EXPR_BASELINE_WEEKHOUR:
		return history_habit(h, f->now, 604800);
	default:
		if (!history_line(h, f->now, &line))
			return NAN;
		return in->function == EXPR_LEVEL   ? line.level
		       : in->function == EXPR_SLOPE ? line.slope
						    : line.certainty;
	}
}

/* Seconds since when one that was never heard of is waited for. */
static double
waited(const struct fleet *f, const struct subject *s)
{
	double since = f->o.since(s, f->o.arg);

	return isnan(since) ? (double)INFINITY : f->now - since;
}

/* About the entity or the metric being there at all. */
static enum expr_found
presence(const struct fleet *f, const struct subject *s,
    const struct expr_input *in, const struct reading *rd, double *value)
{
	double age = INFINITY, limit = in->range;

	if (rd != NULL)
		age = rd->age;
	else if (in->metric == NULL && s->nsources > 0)
		age = f->now - fleet_heard(s);
	else if (in->metric == NULL && in->function != EXPR_AGE &&
		 f->o.since != NULL)
		age = waited(f, s);
	if (limit == 0)
		limit = rd != NULL
			    ? patience(f, series_read(rd->entity, rd->series))
			    : fleet_patience(f, s);
	if (in->function == EXPR_AGE) {
		if (isinf(age))
			return EXPR_NEVER;
		*value = fmax(age, 0);
		return EXPR_FOUND;
	}
	/* Nobody listened for so long: it may have spoken. */
	if (age > limit && f->now - f->listening <= limit)
		return EXPR_UNKNOWN;
	*value = (age <= limit) == (in->function == EXPR_PRESENT);
	return EXPR_FOUND;
}

/* What nc-analyze has found. */
static enum expr_found
ask_findings(struct fleet *f, const struct subject *s,
    const struct expr_input *in, double *value)
{
	const struct ref *ref = in->metric != NULL ? &f->refs[in->user] : NULL;
	struct findings_question q = {.subject = s,
	    .who = fleet_subject(f, s),
	    .metric = in->metric,
	    .now = f->now,
	    .patience = fleet_patience(f, s)};

	if (ref != NULL && ref->other != INTERN_NONE)
		q.other = intern_str(f->o.names, ref->other);
	return findings_answer(f->findings, in, &q, value);
}

static enum expr_found
get_input(void *arg, void *at, const struct expr_input *in, double *value)
{
	struct fleet *f = arg;
	const struct subject *s = ancestor(at, in->scope);
	const struct reading *rd = NULL;
	struct ref *ref;

	if (s == NULL)
		return EXPR_NEVER;
	if (expr_is_analysis(in))
		return ask_findings(f, s, in, value);
	if (in->function == EXPR_NOW) {
		*value = f->now;
		return EXPR_FOUND;
	}
	if (in->metric != NULL) {
		ref = &f->refs[in->user];
		if (read_once(f, s, ref))
			rd = &ref->reading;
	}
	if (in->function >= EXPR_AGE)
		return presence(f, s, in, rd, value);
	if (rd == NULL)
		return EXPR_NEVER;
	if (in->range > 0) {
		if (!rd->fresh && in->function != EXPR_COUNT)
			return EXPR_UNKNOWN;
		*value = past_kind(in) == -1 ? window_of(rd, in, f->now)
					     : history_of(f, rd, in);
		return isnan(*value) ? EXPR_UNKNOWN : EXPR_FOUND;
	}
	if (rd->fresh && in->function == EXPR_RAW) {
		*value = rd->series->raw;
		return EXPR_FOUND;
	}
	if (!rd->fresh || rd->series->state != SERIES_VALUE)
		return EXPR_UNKNOWN;
	*value = rd->series->value;
	return EXPR_FOUND;
}

/* All labels of all sources, the first one's where they differ. */
static size_t
gather_labels(struct fleet *f, const struct subject *s)
{
	const char *key, *value;
	size_t count = 0;

	for (size_t i = 0; i < s->nsources; i++)
		for (size_t k = 0; k < s->sources[i]->nlabels; k++) {
			series_label_at(s->sources[i], k, &key, &value);
			if (i > 0 && topology_label(s, key) != value)
				continue;
			if (count == f->labels_room) {
				f->labels_room = count != 0 ? count * 2 : 8;
				f->labels = xreallocarray(f->labels,
				    f->labels_room, sizeof(*f->labels));
			}
			f->labels[count++] = (struct record_label){span_of(key),
			    span_of(value)};
		}
	return count;
}

const struct selector_subject *
fleet_subject(struct fleet *f, const struct subject *s)
{
	if (f->subject_of == s)
		return &f->subject;
	f->subject = (struct selector_subject){.host = span_of(s->host),
	    .entity = span_of(s->entity),
	    .id = span_of(s->id)};
	if (s->nsources > 0)
		f->subject.source = span_of(s->sources[0]->origin->source);
	f->subject.nlabels = gather_labels(f, s);
	f->subject.labels = f->labels;
	f->subject_of = s;
	return &f->subject;
}

static const struct selector_subject *
get_subject(void *arg, void *at)
{
	return fleet_subject(arg, at);
}

/* The subject behind at in a walk of all that is below top. */
static struct subject *
next_below(const struct subject *top, struct subject *at)
{
	if (at->child != NULL)
		return at->child;
	while (at != top && at->sibling == NULL)
		at = at->parent;
	return at != top ? at->sibling : NULL;
}

static void *
get_part(void *arg, void *at, const struct selector *over, void *after)
{
	struct subject *s = after != NULL ? after : at;

	while ((s = next_below(at, s)) != NULL)
		if (s->nsources > 0 &&
		    selector_entity(over, fleet_subject(arg, s)))
			return s;
	return NULL;
}

const struct expr_env *
fleet_env(const struct fleet *f)
{
	return &f->env;
}

struct fleet *
fleet_new(const struct fleet_options *o)
{
	struct fleet *f = xcalloc(1, sizeof(*f));
	struct series_options so = {.names = o->names,
	    .series_gone = series_gone,
	    .entity_gone = entity_gone,
	    .arg = f};

	f->o = *o;
	f->findings = findings_new();
	f->table = series_new(&so);
	f->topology = topology_new(subject_gone, f);
	f->env = (struct expr_env){.arg = f,
	    .input = get_input,
	    .subject = get_subject,
	    .part = get_part};
	return f;
}

void
fleet_free(struct fleet *f)
{
	if (f == NULL)
		return;
	topology_free(f->topology);
	f->topology = NULL;
	series_free(f->table);
	free(f->refs);
	for (uint32_t i = 0; i < f->nwants; i++)
		past_want_free(&f->wants[i]);
	free(f->wants);
	findings_free(f->findings);
	free(f->labels);
	free(f->places);
	free(f);
}
