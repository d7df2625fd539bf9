/* SPDX-License-Identifier: MIT */
/*
 * engine: who has to be looked at when.  Hosts have a clock each, that never
 * runs back and that no other host's records move.  Decides in order of
 * appearance, so that the same input gives the same output.
 */
#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "emit.h"
#include "fleet.h"
#include "machine.h"

/* Complete sweeps an entity is missing from before it is gone. */
#define MISSED_SWEEPS 2

/* One source of one host. */
struct feed {
	struct feed *next;
	char *source;
	bool sweeps; /* it sends them */
	bool open; /* samples have come since it was decided last */
	double begin, end; /* ts of the first and the last of them */
	double interval; /* NAN: not said */
};

struct host {
	char *name;
	double now; /* 0: nothing heard */
	struct feed *feeds;
	struct target **targets; /* in order of appearance; NULL: gone */
	size_t ntargets, room;
};

/* One subject: what stands behind its user word. */
struct target {
	struct host *host;
	struct subject *subject;
	size_t place; /* in host->targets */
	double decided; /* newest sample that was looked at */
	unsigned missed; /* complete sweeps in a row */
	bool seen; /* since the last sweep */
	const struct scope *scope;
	struct machine *machines[]; /* by rule, NULL: not looked at yet */
};

/* The rules that may look at an entity of one name. */
struct scope {
	size_t count;
	uint32_t rules[]; /* their numbers, rising */
};

struct engine {
	struct rules *rules;
	struct intern *names;
	struct frame *out;
	struct fleet *fleet;
	struct map *hosts;
	struct map *scopes; /* by the name of the entity */
	struct engine_counts counts;
	int failed; /* the sink's */
};

/* --- one entity ---------------------------------------------------------- */

static void
tell(struct engine *g, struct target *t, const struct rule *rule,
    const struct machine *m, enum machine_change change)
{
	struct emit_change c = {.rule = rule,
	    .subject = t->subject,
	    .machine = m,
	    .change = change,
	    .now = t->host->now};

	if (change == CHANGE_NONE)
		return;
	if (m->severity == MACHINE_CALM) {
		g->counts.ended++;
		g->counts.firing--;
	} else if (m->seq == 0) {
		g->counts.opened++;
		g->counts.firing++;
	}
	if (emit_alert(g->out, g->fleet, &c) == -1)
		g->failed = -1;
}

/* No rule looks at it any more, or it is gone. */
static void
remove_machine(struct engine *g, struct target *t, size_t i)
{
	struct machine *m = t->machines[i];

	if (m == NULL)
		return;
	tell(g, t, &g->rules->list[i], m, machine_remove(m));
	free(m);
	t->machines[i] = NULL;
}

/* Made at the first entity of that name, for all. */
static const struct scope *
scope_of(struct engine *g, const char *entity)
{
	struct selector_subject bare = {.entity = span_of(entity)};
	struct scope *scope = map_get(g->scopes, bare.entity);

	if (scope != NULL)
		return scope;
	scope = xcalloc(1,
	    sizeof(*scope) + g->rules->count * sizeof(scope->rules[0]));
	for (uint32_t i = 0; i < g->rules->count; i++)
		if (!g->rules->list[i].plain ||
		    selector_entity(g->rules->list[i].scope, &bare))
			scope->rules[scope->count++] = i;
	map_set(g->scopes, bare.entity, scope);
	return scope;
}

static bool
in_scope(struct engine *g, const struct rule *rule, const struct subject *s)
{
	return rule->plain ||
	       selector_entity(rule->scope, fleet_subject(g->fleet, s));
}

static void
decide_rule(struct engine *g, struct target *t, size_t i,
    struct machine_view *v)
{
	const struct rule *rule = &g->rules->list[i];
	const struct expr_env *env = fleet_env(g->fleet);
	struct machine *m = t->machines[i];

	struct expr_value gate = {1, 1};

	if (m == NULL) {
		m = t->machines[i] = xmalloc(sizeof(*m));
		machine_init(m);
	}
	if (rule->gate != NULL)
		gate = expr_eval(rule->gate, env, t->subject);
	for (int k = 0; k < SEVERITIES; k++) {
		if (rule->levels[k].when != NULL)
			v->when[k] = expr_eval(rule->levels[k].when, env,
			    t->subject);
		/* It is for getting worse, not for staying so. */
		if (k > m->severity)
			v->when[k] = expr_both(v->when[k], gate);
		if (rule->levels[k].until != NULL)
			v->until[k] = expr_eval(rule->levels[k].until, env,
			    t->subject);
	}
	tell(g, t, rule, m, machine_step(m, rule, v));
}

static void
decide_target(struct engine *g, struct target *t)
{
	double heard = fleet_heard(t->subject);
	struct machine_view v = {.now = t->host->now,
	    .patience = fleet_patience(g->fleet, t->subject),
	    .fresh = heard > t->decided};
	size_t i;

	t->decided = heard;
	fleet_now(g->fleet, t->host->now);
	for (size_t k = 0; k < t->scope->count; k++) {
		i = t->scope->rules[k];
		if (in_scope(g, &g->rules->list[i], t->subject))
			decide_rule(g, t, i, &v);
		else
			remove_machine(g, t, i);
	}
}

static struct target *
target_new(struct engine *g, struct host *h, struct subject *s)
{
	struct target *t = xcalloc(1,
	    sizeof(*t) + g->rules->count * sizeof(t->machines[0]));

	t->host = h;
	t->subject = s;
	t->scope = scope_of(g, s->entity);
	t->place = h->ntargets;
	if (h->ntargets == h->room) {
		h->room = h->room != 0 ? 2 * h->room : 16;
		h->targets = xreallocarray(h->targets, h->room,
		    sizeof(struct target *));
	}
	h->targets[h->ntargets++] = t;
	s->user = t;
	return t;
}

/* The fleet lets go of a subject. */
static void
subject_gone(struct subject *s, void *arg)
{
	struct engine *g = arg;
	struct target *t = s->user;

	if (t == NULL)
		return;
	for (size_t i = 0; i < g->rules->count; i++)
		free(t->machines[i]);
	t->host->targets[t->place] = NULL;
	s->user = NULL;
	free(t);
}

/* Ends an entity, and says so while it can still be described. */
static void
end_entity(struct engine *g, struct series_entity *n)
{
	struct subject *s = n->subject;

	if (s != NULL && s->user != NULL && s->nsources == 1) {
		fleet_now(g->fleet, ((struct target *)s->user)->host->now);
		for (size_t i = 0; i < g->rules->count; i++)
			remove_machine(g, s->user, i);
	}
	fleet_drop(g->fleet, n);
}

/* --- rounds -------------------------------------------------------------- */

/* Closes the holes that entities left when they went. */
static void
tidy(struct host *h)
{
	size_t to = 0;

	for (size_t i = 0; i < h->ntargets; i++)
		if (h->targets[i] != NULL) {
			h->targets[to] = h->targets[i];
			h->targets[to]->place = to;
			to++;
		}
	h->ntargets = to;
}

/* The source that decides when a target is looked at; NULL: it has none. */
static const char *
fed_by(const struct target *t)
{
	return t->subject->nsources > 0 ? t->subject->sources[0]->origin->source
					: NULL;
}

static void
decide_feed(struct engine *g, struct host *h, struct feed *feed)
{
	struct target *t;
	const char *source;

	feed->open = false;
	for (size_t i = 0; i < h->ntargets; i++) {
		if ((t = h->targets[i]) == NULL)
			continue;
		source = fed_by(t);
		if (source != NULL && strcmp(source, feed->source) == 0)
			decide_target(g, t);
	}
}

/* Entities that a source has ceased to speak of, although its sweeps were
 * complete, are gone.  A host is silent, never gone. */
static void
count_missed(struct engine *g, struct host *h, const struct feed *feed)
{
	struct series_entity *n;
	struct target *t;

	for (size_t i = 0; i < h->ntargets; i++) {
		if ((t = h->targets[i]) == NULL)
			continue;
		n = t->subject->nsources > 0 ? t->subject->sources[0] : NULL;
		if (n == NULL || strcmp(n->origin->source, feed->source) != 0 ||
		    strcmp(t->subject->entity, "host") == 0)
			continue;
		t->missed = t->seen ? 0 : t->missed + 1;
		t->seen = false;
		if (t->missed >= MISSED_SWEEPS &&
		    !(h->now - series_last(n)->ts <=
			1.5 * (double)series_last(n)->interval))
			end_entity(g, n);
	}
	tidy(h);
}

static double
swept(const struct engine *g, const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->nvalues; i++)
		if (strcmp(intern_str(g->names, r->values[i].name), name) == 0)
			return r->values[i].number;
	return 0;
}

static struct host *
host_of(struct engine *g, struct span name)
{
	struct host *h = map_get(g->hosts, name);

	if (h == NULL) {
		h = xcalloc(1, sizeof(*h));
		h->name = xmemdup0(name.p, name.len);
		map_set(g->hosts, name, h);
	}
	return h;
}

static struct feed *
feed_of(struct host *h, struct span source)
{
	struct feed **f;

	for (f = &h->feeds; *f != NULL; f = &(*f)->next)
		if (span_is(source, (*f)->source))
			return *f;
	*f = xcalloc(1, sizeof(**f));
	(*f)->source = xmemdup0(source.p, source.len);
	(*f)->interval = NAN;
	return *f;
}

static void
move_clock(struct host *h, double ts)
{
	if (ts > h->now)
		h->now = ts;
}

/* --- records ------------------------------------------------------------- */

/* A sample begins a new round of a source that tells no end of them. */
static bool
begins_round(struct engine *g, const struct feed *feed, const struct record *r)
{
	const struct series_entity *n;
	double interval = feed->interval;

	if (feed->sweeps || !feed->open ||
	    r->ts <= feed->end + g->rules->lateness)
		return false;
	if (isnan(interval))
		interval = g->rules->interval;
	if (!isnan(interval) && r->ts >= feed->begin + interval)
		return true;
	n = fleet_find(g->fleet, r);
	return n != NULL && series_last(n)->ts >= feed->begin;
}

static void
take_sample(struct engine *g, const struct record *r)
{
	struct host *h = host_of(g, r->host);
	struct feed *feed = feed_of(h, r->source);
	struct subject *s;
	struct target *t;

	if (begins_round(g, feed, r)) {
		move_clock(h, feed->end);
		decide_feed(g, h, feed);
	}
	if ((s = fleet_sample(g->fleet, r)) == NULL)
		return;
	t = s->user != NULL ? s->user : target_new(g, h, s);
	t->seen = true;
	if (!feed->open)
		feed->begin = feed->end = r->ts;
	feed->open = true;
	feed->end = fmax(feed->end, r->ts);
	feed->interval = r->has & RECORD_HAS_INTERVAL ? r->interval
						      : (double)NAN;
}

static void
take_sweep(struct engine *g, const struct record *r)
{
	struct host *h = host_of(g, r->host);
	struct feed *feed = feed_of(h, r->source);

	feed->sweeps = true;
	move_clock(h, fmax(r->ts, feed->open ? feed->end : 0));
	if (swept(g, r, "timeouts") == 0 && swept(g, r, "skipped") == 0)
		count_missed(g, h, feed);
	decide_feed(g, h, feed);
}

static void
take_event(struct engine *g, const struct record *r)
{
	const struct record_field *event = record_field(r, "event");
	struct series_entity *n;
	struct host *h;

	if (event == NULL || !span_is(event->text, "gone") ||
	    (n = fleet_find(g->fleet, r)) == NULL)
		return;
	h = host_of(g, r->host);
	move_clock(h, r->ts);
	end_entity(g, n);
	tidy(h);
}

/* A source in the middle of a round is not disturbed, unless it is stuck. */
static bool
is_busy(const struct host *h, const char *source)
{
	const struct feed *f;
	double interval;

	for (f = h->feeds; f != NULL; f = f->next) {
		if (strcmp(f->source, source) != 0)
			continue;
		interval = isnan(f->interval) ? 10 : f->interval;
		return f->open && f->sweeps && h->now < f->begin + 3 * interval;
	}
	return false;
}

static void
tick_host(struct engine *g, struct host *h, double ts)
{
	struct target *t;
	struct feed *f;
	const char *source;

	for (f = h->feeds; f != NULL; f = f->next)
		if (f->open && !f->sweeps &&
		    ts >= f->end + g->rules->lateness) {
			move_clock(h, f->end);
			decide_feed(g, h, f);
		}
	move_clock(h, ts);
	for (size_t i = 0; i < h->ntargets; i++) {
		if ((t = h->targets[i]) == NULL)
			continue;
		source = fed_by(t);
		if (source != NULL && !is_busy(h, source))
			decide_target(g, t);
	}
}

static void
take_tick(struct engine *g, const struct record *r)
{
	uint32_t cursor = 0;
	void *h;

	g->counts.ticks++;
	if (r->host.len > 0) {
		tick_host(g, host_of(g, r->host), r->ts);
		return;
	}
	while (map_next(g->hosts, &cursor, NULL, &h))
		tick_host(g, h, r->ts);
}

int
engine_take(struct engine *g, const struct record *r)
{
	if (r->has & RECORD_NEWER_VERSION)
		return 0;
	if (fleet_finding(g->fleet, r)) {
		g->counts.analyses++;
		return 0;
	}
	switch (r->kind) {
	case RECORD_SAMPLE:
		take_sample(g, r);
		break;
	case RECORD_SWEEP:
		take_sweep(g, r);
		break;
	case RECORD_EVENT:
		take_event(g, r);
		break;
	case RECORD_TICK:
		take_tick(g, r);
		break;
	default:
		break;
	}
	return g->failed;
}

const struct engine_counts *
engine_counts(const struct engine *g)
{
	return &g->counts;
}

static void
prepare(struct expr *x, void *arg)
{
	fleet_prepare(arg, x);
}

struct engine *
engine_new(struct rules *rules, struct intern *names, struct frame *out)
{
	struct engine *g = xcalloc(1, sizeof(*g));
	struct fleet_options o = {.names = names,
	    .interval = rules->interval,
	    .gone = subject_gone,
	    .arg = g};

	g->rules = rules;
	g->names = names;
	g->out = out;
	g->fleet = fleet_new(&o);
	g->hosts = map_new(NULL);
	g->scopes = map_new(NULL);
	rules_each(rules, prepare, g->fleet);
	return g;
}

static void
host_free(void *p)
{
	struct host *h = p;
	struct feed *f, *next;

	for (f = h->feeds; f != NULL; f = next) {
		next = f->next;
		free(f->source);
		free(f);
	}
	free(h->targets);
	free(h->name);
	free(h);
}

void
engine_free(struct engine *g)
{
	if (g == NULL)
		return;
	fleet_free(g->fleet);
	map_free(g->hosts, host_free);
	map_free(g->scopes, free);
	free(g);
}
