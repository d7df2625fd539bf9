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

#include "base/mem.h"
#include "engine_priv.h"

/* Complete sweeps an entity is missing from before it is gone. */
#define MISSED_SWEEPS 2
/* Rounds without a word, after which a source is silent. */
#define SILENT_ROUNDS 3.0

/* Intervals between ticks that are a gap in listening. */
#define GAP_TICKS 5

/*
 * What is gone stays known for a while: a rerun of the same input must not
 * take it for new.
 */
static void
bury(struct engine *g, struct host *h, const struct series_entity *n)
{
	struct tomb *tomb = xcalloc(1, sizeof(*tomb));
	struct buf key = {0};
	struct span first;
	uint32_t cursor = 0;

	tomb->ts = series_last(n)->ts;
	h->buried = fmax(h->buried, tomb->ts);
	engine_tomb_key(&key, span_of(n->origin->host),
	    span_of(n->origin->source), span_of(n->origin->entity),
	    span_of(n->id));
	free(map_set(g->tombs, buf_span(&key), tomb));
	buf_free(&key);
	if (map_count(g->tombs) > TOMBS_MAX &&
	    map_next(g->tombs, &cursor, &first, NULL))
		free(map_delete(g->tombs, first));
}

void
engine_tomb_key(struct buf *key, struct span host, struct span source,
    struct span entity, struct span id)
{
	const struct span parts[] = {host, source, entity, id};

	for (size_t i = 0; i < 4; i++) {
		buf_add(key, parts[i].p, parts[i].len);
		buf_addc(key, '\0');
	}
}

/* A sample of what has been gone since. */
static bool
is_buried(const struct engine *g, const struct host *h, const struct record *r)
{
	const struct tomb *tomb;
	struct buf key = {0};

	if (r->ts > h->buried)
		return false;
	engine_tomb_key(&key, r->host, r->source, r->entity, r->id);
	tomb = map_get(g->tombs, buf_span(&key));
	buf_free(&key);
	return tomb != NULL && r->ts <= tomb->ts &&
	       fleet_find(g->fleet, r) == NULL;
}

/* Ends an entity, and says so while it can still be described. */
static void
end_entity(struct engine *g, struct host *h, struct series_entity *n)
{
	struct subject *s = n->subject;

	if (s != NULL && s->user != NULL && s->nsources == 1) {
		judge_remove(g, s->user);
		round_end(g, h);
	}
	bury(g, h, n);
	fleet_drop(g->fleet, n);
}

/* --- rounds -------------------------------------------------------------- */

/* Closes the holes that entities left when they went. */
void
engine_tidy(struct host *h)
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

/*
 * The source that decides when a target is looked at; NULL: it has none.  The
 * first that still speaks, as of its host's time: with libvirt gone silent a
 * machine is judged in the rounds of what goes on telling of it.
 */
static const char *
fed_by(const struct target *t)
{
	const struct subject *s = t->subject;
	const struct series_stamp *last;

	for (size_t i = 0; i < s->nsources; i++) {
		last = series_last(s->sources[i]);
		if (!(t->host->now - last->ts >
			SILENT_ROUNDS * (double)last->interval))
			return s->sources[i]->origin->source;
	}
	return s->nsources > 0 ? s->sources[0]->origin->source : NULL;
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
			judge_decide(g, t);
	}
	round_end(g, h);
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
			end_entity(g, h, n);
	}
	engine_tidy(h);
}

static double
swept(const struct engine *g, const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->nvalues; i++)
		if (strcmp(intern_str(g->names, r->values[i].name), name) == 0)
			return r->values[i].number;
	return 0;
}

struct host *
engine_host(struct engine *g, struct span name)
{
	struct host *h = map_get(g->hosts, name);

	if (h == NULL) {
		h = xcalloc(1, sizeof(*h));
		h->name = xmemdup0(name.p, name.len);
		map_set(g->hosts, name, h);
	}
	return h;
}

struct feed *
engine_feed(struct host *h, struct span source)
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
	if (h->now == 0)
		h->since = ts;
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

	if (feed->sweeps || !feed->open || r->ts <= feed->end)
		return false;
	if (isnan(interval))
		interval = g->rules->interval;
	/* Of the beginning: the end moves with what comes, and might for ever. */
	if (!isnan(interval) &&
	    r->ts >= feed->begin + interval + g->rules->lateness)
		return true;
	n = fleet_find(g->fleet, r);
	return n != NULL && series_last(n)->ts >= feed->begin;
}

static void
take_sample(struct engine *g, const struct record *r)
{
	struct host *h = engine_host(g, r->host);
	struct feed *feed = engine_feed(h, r->source);
	struct subject *s;
	struct target *t;

	if (is_buried(g, h, r))
		return;
	if (begins_round(g, feed, r)) {
		move_clock(h, feed->end);
		decide_feed(g, h, feed);
	}
	if ((s = fleet_sample(g->fleet, r)) == NULL)
		return;
	t = s->user != NULL ? s->user : judge_target(g, h, s);
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
	struct host *h = engine_host(g, r->host);
	struct feed *feed = engine_feed(h, r->source);

	feed->sweeps = true;
	move_clock(h, fmax(r->ts, feed->open ? feed->end : 0));
	/* A source that fails has seen nothing: that is not that it is gone. */
	if (swept(g, r, "timeouts") == 0 && swept(g, r, "failures") == 0 &&
	    swept(g, r, "skipped") == 0)
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
	    (n = fleet_find(g->fleet, r)) == NULL ||
	    r->ts < series_last(n)->ts) /* it has come again since */
		return;
	h = engine_host(g, r->host);
	move_clock(h, r->ts);
	end_entity(g, h, n);
	engine_tidy(h);
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
		if (source != NULL ? !is_busy(h, source) : t->expected)
			judge_decide(g, t);
	}
	round_end(g, h);
}

/*
 * Ticks of all hosts that say their interval and stay away for longer: nobody
 * listened.  What came meanwhile was not heard, and is not to be called
 * silence.  Those of one host come from its collector, which may run from
 * cron: their gaps are nobody's.
 */
static void
note_gap(struct host *h, const struct record *r)
{
	if ((r->has & RECORD_HAS_INTERVAL) != 0 && h->ticked != 0 &&
	    r->ts - h->ticked > GAP_TICKS * r->interval)
		h->listening = r->ts;
	h->ticked = r->ts;
}

static void
take_tick(struct engine *g, const struct record *r)
{
	uint32_t cursor = 0;
	void *h;

	g->counts.ticks++;
	if (r->host.len > 0) {
		tick_host(g, engine_host(g, r->host), r->ts);
		return;
	}
	while (map_next(g->hosts, &cursor, NULL, &h)) {
		note_gap(h, r);
		tick_host(g, h, r->ts);
	}
}

/* --- the beginning ---------------------------------------------------------- */

static double
expected_since(const struct subject *s, void *arg)
{
	const struct target *t = s->user;

	(void)arg;
	return t != NULL && t->expected ? t->host->since : (double)NAN;
}

/* Hosts that must be there, and episodes of rules that are no more. */
void
engine_start(struct engine *g)
{
	const struct policy *p = &g->rules->policy;
	struct subject *s;
	struct target *t;
	struct span name;

	g->started = true;
	for (size_t i = 0; i < p->nexpected; i++) {
		name = span_of(p->expected[i]);
		s = fleet_expect(g->fleet, name);
		t = s->user != NULL ? s->user
				    : judge_target(g, engine_host(g, name), s);
		t->expected = true;
	}
	for (size_t i = 0; i < p->ninhibits; i++)
		g->wide = g->wide || !p->inhibits[i].same_host;
	if (g->nghosts > 0)
		round_ghosts(g);
}

int
engine_take(struct engine *g, const struct record *r)
{
	if (!g->started)
		engine_start(g);
	if (r->has & RECORD_NEWER_VERSION)
		return 0;
	if (fleet_finding(g->fleet, r)) {
		g->counts.analyses++;
		return 0;
	}
	switch (r->kind) {
	case RECORD_SAMPLE:
		g->counts.samples++;
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
	case RECORD_ACTION:
		action_take(g, r);
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

void
engine_told(struct engine *g, const char *line, size_t len)
{
	size_t at = g->ntold % TOLD_MAX;

	if (g->told == NULL)
		g->told = xcalloc(TOLD_MAX, sizeof(char *));
	free(g->told[at]);
	g->told[at] = xmemdup0(line, len);
	g->ntold++;
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
	    .gone = judge_subject_gone,
	    .since = expected_since,
	    .arg = g};

	g->rules = rules;
	g->names = names;
	g->out = out;
	g->fleet = fleet_new(&o);
	g->hosts = map_new(NULL);
	g->scopes = map_new(NULL);
	g->tombs = map_new(NULL);
	rules_each(rules, prepare, g->fleet);
	return g;
}

static void
host_free(void *p)
{
	struct host *h = p;
	struct episode *ep, *after;
	struct feed *f, *next;

	/* Those that are left are of rules that are no more. */
	for (ep = h->first; ep != NULL; ep = after) {
		after = ep->next;
		episode_free(ep);
	}
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
	map_free(g->tombs, free);
	storm_free(g);
	for (size_t i = 0; i < g->nsilences; i++)
		silence_free(&g->silences[i]);
	free(g->silences);
	for (size_t i = 0;
	     g->explain != NULL && i < 2 * g->rules->policy.ninhibits; i++)
		map_free(g->explain[i], NULL);
	free(g->explain);
	for (size_t i = 0; g->told != NULL && i < TOLD_MAX; i++)
		free(g->told[i]);
	free(g->told);
	for (size_t i = 0; i < g->nghosts; i++) {
		free(g->ghosts[i]->name);
		free(g->ghosts[i]);
	}
	free(g->ghosts);
	free(g->labels);
	free(g->changes);
	free(g);
}
