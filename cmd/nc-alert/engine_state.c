/* SPDX-License-Identifier: MIT */
/*
 * engine_state: everything a restart must not lose, as bytes and back.  Rules
 * are found by their names: one that has changed keeps its episodes, one that
 * is no more has them ended as removed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine_priv.h"

#define RULES_MAX 1000000u
#define HOSTS_MAX 10000000u
#define TARGETS_MAX 100000000u
#define FEEDS_MAX 10000u
#define SILENCES_MAX 1000000u
#define NO_RULE UINT32_MAX

static void
put_text(struct buf *b, const char *text)
{
	struct span s = span_of(text != NULL ? text : "");

	pack_var(b, s.len);
	pack_bytes(b, s.p, s.len);
}

/* What the target before said: most say the same. */
struct saving {
	struct buf *b;
	double decided, looked;
};

/* --- machines --------------------------------------------------------------- */

enum level_flag {
	LEVEL_KNOWN_NOW = 1, /* at the last look */
	LEVEL_KNOWN = 2, /* else never */
	LEVEL_ON = 4,
	LEVEL_HOLD = 8,
	LEVEL_CLEAR = 16,
	LEVEL_BITS = 32,
	LEVEL_HOLD_NOW = 64, /* its last moment was the last look */
	LEVEL_CLEAR_NOW = 128
};

/* Nothing has happened, and everything was known at the last look. */
static bool
is_idle(const struct watch *w, const struct rule *rule, double looked)
{
	const struct machine *m = &w->machine;

	if (m->severity != MACHINE_CALM || m->nodata != MACHINE_CALM ||
	    m->silent || w->episode != NULL || w->flap != NULL)
		return false;
	for (int i = 0; i < SEVERITIES; i++)
		if (m->on[i] || m->levels[i].hold.running ||
		    m->levels[i].clear.running || m->levels[i].nbits != 0 ||
		    (rule->levels[i].when != NULL && m->known[i] != looked))
			return false;
	return true;
}

static void
save_timer(struct buf *b, const struct machine_timer *t, bool now)
{
	pack_f64(b, t->held);
	if (!now)
		pack_f64(b, t->last);
}

static void
load_timer(struct pack_in *u, struct machine_timer *t, bool now, double looked)
{
	t->running = true;
	t->held = pack_get_f64(u);
	t->last = now ? looked : pack_get_f64(u);
}

static void
save_level(struct buf *b, const struct machine *m, int i, double looked)
{
	const struct machine_level *l = &m->levels[i];
	unsigned flags = 0;

	if (m->known[i] == looked)
		flags |= LEVEL_KNOWN_NOW;
	else if (!isnan(m->known[i]))
		flags |= LEVEL_KNOWN;
	flags |= m->on[i] ? LEVEL_ON : 0;
	flags |= l->nbits != 0 ? LEVEL_BITS : 0;
	if (l->hold.running)
		flags |= LEVEL_HOLD |
			 (l->hold.last == looked ? LEVEL_HOLD_NOW : 0);
	if (l->clear.running)
		flags |= LEVEL_CLEAR |
			 (l->clear.last == looked ? LEVEL_CLEAR_NOW : 0);
	buf_addc(b, (char)flags);
	if (flags & LEVEL_KNOWN)
		pack_f64(b, m->known[i]);
	if (flags & LEVEL_HOLD)
		save_timer(b, &l->hold, flags & LEVEL_HOLD_NOW);
	if (flags & LEVEL_CLEAR)
		save_timer(b, &l->clear, flags & LEVEL_CLEAR_NOW);
	if (flags & LEVEL_BITS) {
		pack_var(b, l->nbits);
		pack_var(b, l->bits);
	}
}

static void
load_level(struct pack_in *u, struct machine *m, int i, double looked)
{
	struct machine_level *l = &m->levels[i];
	unsigned char flags;

	pack_get_bytes(u, &flags, 1);
	if (flags & LEVEL_KNOWN_NOW)
		m->known[i] = looked;
	if (flags & LEVEL_KNOWN)
		m->known[i] = pack_get_f64(u);
	m->on[i] = (flags & LEVEL_ON) != 0;
	if (flags & LEVEL_HOLD)
		load_timer(u, &l->hold, flags & LEVEL_HOLD_NOW, looked);
	if (flags & LEVEL_CLEAR)
		load_timer(u, &l->clear, flags & LEVEL_CLEAR_NOW, looked);
	if (flags & LEVEL_BITS) {
		l->nbits = (uint8_t)pack_get_var(u, 64);
		l->bits = pack_get_var(u, UINT64_MAX);
	}
}

static void
save_machine(struct buf *b, const struct machine *m, double looked)
{
	bool opened = m->severity != MACHINE_CALM;

	pack_var(b, (uint64_t)(m->severity + 1) | (uint64_t)(m->was + 1) << 2 |
			(uint64_t)(m->nodata + 1) << 4 |
			(uint64_t)m->silent << 6);
	if (opened)
		pack_f64(b, m->start);
	for (int i = 0; i < SEVERITIES; i++)
		save_level(b, m, i, looked);
}

static void
load_machine(struct pack_in *u, struct machine *m, double looked)
{
	unsigned flags = (unsigned)pack_get_var(u, 127);

	m->severity = (int8_t)((int)(flags & 3) - 1);
	m->was = (int8_t)((int)(flags >> 2 & 3) - 1);
	m->nodata = (int8_t)((int)(flags >> 4 & 3) - 1);
	m->silent = (flags & 64) != 0;
	if (m->severity != MACHINE_CALM)
		m->start = pack_get_f64(u);
	for (int i = 0; i < SEVERITIES; i++)
		load_level(u, m, i, looked);
}

/* --- episodes ---------------------------------------------------------------- */

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* Ids are numbers of 64 bits; 0 stands for none. */
static void
put_id(struct buf *b, const char *id)
{
	uint64_t v = 0;

	for (; *id != '\0'; id++)
		v = v << 4 | (uint64_t)digit(*id);
	pack_u64(b, v);
}

static void
get_id(struct pack_in *u, char id[EPISODE_ID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t v = pack_get_u64(u);

	for (int i = 0; v != 0 && i < 16; i++)
		id[i] = hex[v >> (60 - 4 * i) & 15];
	id[v != 0 ? 16 : 0] = '\0';
}

static void
save_episode(const struct engine *g, struct buf *b, const struct episode *ep)
{
	bool own = strcmp(ep->incident, ep->id) == 0 &&
		   strcmp(ep->root, ep->fingerprint) == 0;

	pack_var(b, ep->target->place);
	pack_var(b, (uint64_t)(ep->rule - g->rules->list));
	pack_f64(b, ep->start);
	put_id(b, ep->fingerprint);
	put_id(b, ep->id);
	pack_var(b, own);
	if (!own) {
		put_id(b, ep->incident);
		put_id(b, ep->root);
	}
	pack_var(b, ep->seq);
	pack_var(b, (uint64_t)ep->severity);
	pack_var(b, (uint64_t)(ep->was + 1));
	pack_var(b, (uint64_t)ep->nodata | (uint64_t)ep->flapping << 1 |
			(uint64_t)ep->calm << 2 | (uint64_t)ep->stormy << 3 |
			(uint64_t)ep->acked << 4);
	if (ep->acked) {
		pack_f64(b, ep->ack_expires);
		put_text(b, ep->ack_author);
		put_text(b, ep->ack_reason);
	}
	pack_var(b, ep->nmuted);
	for (size_t i = 0; i < ep->nmuted; i++)
		put_text(b, ep->muted[i]);
}

static struct span
get_text(struct pack_in *u)
{
	size_t len = (size_t)pack_get_var(u, u->in.len);
	struct span s = {u->in.p, len};

	if (u->failed)
		return span_of("");
	u->in.p += len;
	u->in.len -= len;
	return s;
}

static char *
get_copy(struct pack_in *u)
{
	struct span s = get_text(u);

	return xmemdup0(s.len != 0 ? s.p : "", s.len);
}

static struct rule *
find_rule(struct engine *g, struct span name, uint32_t *number)
{
	for (uint32_t i = 0; i < g->rules->count; i++)
		if (span_is(name, g->rules->list[i].name)) {
			*number = i;
			return &g->rules->list[i];
		}
	*number = NO_RULE;
	return NULL;
}

static struct rule *
ghost_of(struct engine *g, struct span name)
{
	struct rule *rule;

	for (size_t i = 0; i < g->nghosts; i++)
		if (span_is(name, g->ghosts[i]->name))
			return g->ghosts[i];
	rule = xcalloc(1, sizeof(*rule));
	rule->name = xmemdup0(name.p, name.len);
	g->ghosts = xreallocarray(g->ghosts, g->nghosts + 1,
	    sizeof(struct rule *));
	g->ghosts[g->nghosts++] = rule;
	return rule;
}

/* The rules of the state: their numbers here, and their names. */
struct loading {
	struct pack_in *u;
	uint32_t *numbers;
	struct span *names;
	uint64_t nrules;
	double decided, looked; /* of the target before */
};

/* Whose it is; an episode without a watch is of a rule that is no more. */
static int
attach(struct engine *g, struct host *h, struct episode *ep,
    const struct loading *l, uint64_t place, uint64_t rule)
{
	uint32_t number;
	long k = -1;

	if (place >= h->ntargets || rule >= l->nrules)
		return -1;
	number = l->numbers[rule];
	ep->target = h->targets[place];
	if (number != NO_RULE)
		k = judge_place(ep->target, number);
	if (k == -1 || ep->target->watches[k] == NULL) {
		ep->rule = ghost_of(g, l->names[rule]);
		return 0;
	}
	ep->rule = &g->rules->list[number];
	ep->watch = ep->target->watches[k];
	if (ep->watch->episode != NULL)
		return -1;
	ep->watch->episode = ep;
	return 0;
}

static int
load_episode(struct engine *g, struct host *h, const struct loading *l)
{
	struct episode *ep = xcalloc(1, sizeof(*ep));
	struct pack_in *u = l->u;
	uint64_t place = pack_get_var(u, TARGETS_MAX);
	uint64_t rule = pack_get_var(u, RULES_MAX);
	struct span author, reason;
	uint64_t flags, n;
	char **muted;

	ep->start = pack_get_f64(u);
	get_id(u, ep->fingerprint);
	get_id(u, ep->id);
	if (pack_get_var(u, 1) == 0) {
		get_id(u, ep->incident);
		get_id(u, ep->root);
	} else {
		memcpy(ep->incident, ep->id, EPISODE_ID_SIZE);
		memcpy(ep->root, ep->fingerprint, EPISODE_ID_SIZE);
	}
	ep->seq = (uint32_t)pack_get_var(u, UINT32_MAX);
	ep->severity = (int8_t)pack_get_var(u, SEVERITIES - 1);
	ep->was = (int8_t)((int)pack_get_var(u, SEVERITIES) - 1);
	flags = pack_get_var(u, 31);
	ep->nodata = (flags & 1) != 0;
	ep->flapping = (flags & 2) != 0;
	ep->calm = (flags & 4) != 0;
	ep->stormy = (flags & 8) != 0;
	if ((flags & 16) != 0) {
		ep->ack_expires = pack_get_f64(u);
		author = get_text(u);
		reason = get_text(u);
		episode_ack(ep, author, reason, ep->ack_expires);
	}
	n = pack_get_var(u, u->in.len);
	muted = n > 0 ? xcalloc(n, sizeof(char *)) : NULL;
	for (uint64_t i = 0; i < n; i++)
		muted[i] = get_copy(u);
	episode_mute(ep, muted, n);
	if (u->failed || attach(g, h, ep, l, place, rule) == -1) {
		episode_free(ep);
		return -1;
	}
	round_link(h, ep);
	g->counts.firing++;
	return 0;
}

/* --- hosts -------------------------------------------------------------------- */

static void
save_target(const struct engine *g, const struct target *t, struct saving *v)
{
	size_t place = fleet_place(t->subject);
	struct buf *b = v->b;
	const struct rule *rule;
	bool same = t->decided == v->decided && t->looked == v->looked;

	pack_var(b, place != FLEET_NOWHERE ? place + 1 : 0);
	if (place == FLEET_NOWHERE) {
		put_text(b, t->subject->entity);
		put_text(b, t->subject->id);
	}
	pack_var(b, (uint64_t)same | (uint64_t)t->seen << 1);
	if (!same) {
		pack_f64(b, v->decided = t->decided);
		pack_f64(b, v->looked = t->looked);
	}
	pack_var(b, t->missed);
	pack_var(b, t->scope->count);
	for (size_t k = 0; k < t->scope->count; k++) {
		rule = &g->rules->list[t->scope->rules[k]];
		pack_var(b, t->scope->rules[k]);
		if (t->watches[k] == NULL) {
			pack_var(b, 0);
		} else if (is_idle(t->watches[k], rule, t->looked)) {
			pack_var(b, 1);
		} else {
			pack_var(b, 2);
			save_machine(b, &t->watches[k]->machine, t->looked);
			flap_save(t->watches[k]->flap, b);
		}
	}
}

/* A machine whose rule has lost the level it was on. */
static void
mend(struct machine *m, const struct rule *rule)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (rule->levels[i].when == NULL) {
			m->on[i] = false;
			m->known[i] = NAN;
		}
}

static int
load_watch(struct engine *g, struct target *t, const struct loading *l)
{
	const uint32_t *numbers = l->numbers;
	struct pack_in *u = l->u;
	uint64_t rule, how;
	struct machine m;
	struct flap *flap = NULL;
	struct watch *w;
	long k = -1;

	rule = pack_get_var(u, l->nrules - 1);
	how = pack_get_var(u, 2);
	if (u->failed)
		return -1;
	machine_init(&m);
	if (how == 2) {
		load_machine(u, &m, t->looked);
		flap = flap_load(u);
	}
	if (numbers[rule] != NO_RULE)
		k = judge_place(t, numbers[rule]);
	if (how == 0 || k == -1 || u->failed || t->watches[k] != NULL) {
		free(flap);
		return u->failed ? -1 : 0;
	}
	w = judge_watch(t, (size_t)k);
	for (int i = 0; i < SEVERITIES && how == 1; i++)
		m.known[i] = t->looked;
	mend(&m, &g->rules->list[numbers[rule]]);
	w->machine = m;
	w->flap = flap;
	return 0;
}

/* One that is heard of, or one that was only expected. */
static struct subject *
load_subject(struct engine *g, const struct host *h, struct pack_in *u)
{
	uint64_t place = pack_get_var(u, TARGETS_MAX);
	struct span entity, id;
	struct subject *s;

	if (place != 0)
		return fleet_at(g->fleet, place - 1);
	entity = get_text(u);
	id = get_text(u);
	s = fleet_subject_of(g->fleet, span_of(h->name), entity, id);
	if (s == NULL && span_is(entity, "host") && span_is(id, h->name))
		s = fleet_expect(g->fleet, id);
	return s;
}

static int
load_target(struct engine *g, struct host *h, struct loading *l)
{
	struct subject *s = load_subject(g, h, l->u);
	struct target *t;
	uint64_t n, flags;

	if (l->u->failed || s == NULL || s->user != NULL ||
	    strcmp(s->host, h->name) != 0)
		return -1;
	t = judge_target(g, h, s);
	flags = pack_get_var(l->u, 3);
	if ((flags & 1) == 0) {
		l->decided = pack_get_f64(l->u);
		l->looked = pack_get_f64(l->u);
	}
	t->decided = l->decided;
	t->looked = l->looked;
	t->seen = (flags & 2) != 0;
	t->missed = (unsigned)pack_get_var(l->u, 1000);
	n = l->nrules != 0 ? pack_get_var(l->u, l->nrules) : 0;
	for (uint64_t i = 0; i < n; i++)
		if (load_watch(g, t, l) == -1)
			return -1;
	return l->u->failed ? -1 : 0;
}

static void
save_host(const struct engine *g, struct host *h, struct saving *v)
{
	struct buf *b = v->b;
	const struct episode *ep;
	const struct feed *f;
	uint64_t n = 0;

	put_text(b, h->name);
	pack_f64(b, h->now);
	pack_f64(b, h->since);
	pack_f64(b, h->buried);
	pack_f64(b, h->ticked);
	pack_f64(b, h->listening);
	pack_u64(b, h->windows);
	for (f = h->feeds; f != NULL; f = f->next)
		n++;
	pack_var(b, n);
	for (f = h->feeds; f != NULL; f = f->next) {
		put_text(b, f->source);
		pack_var(b, f->sweeps);
		pack_var(b, f->open);
		pack_f64(b, f->begin);
		pack_f64(b, f->end);
		pack_f64(b, f->interval);
	}
	engine_tidy(h);
	pack_var(b, h->ntargets);
	for (size_t i = 0; i < h->ntargets; i++)
		save_target(g, h->targets[i], v);
	n = 0;
	for (ep = h->first; ep != NULL; ep = ep->next)
		n++;
	pack_var(b, n);
	for (ep = h->first; ep != NULL; ep = ep->next)
		save_episode(g, b, ep);
}

static int
load_host(struct engine *g, struct loading *l)
{
	struct pack_in *u = l->u;
	struct span name = get_text(u);
	struct host *h = engine_host(g, name);
	struct feed *f;
	uint64_t n;

	h->now = pack_get_f64(u);
	h->since = pack_get_f64(u);
	h->buried = pack_get_f64(u);
	h->ticked = pack_get_f64(u);
	h->listening = pack_get_f64(u);
	h->windows = pack_get_u64(u);
	n = pack_get_var(u, FEEDS_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		f = engine_feed(h, get_text(u));
		f->sweeps = pack_get_var(u, 1) != 0;
		f->open = pack_get_var(u, 1) != 0;
		f->begin = pack_get_f64(u);
		f->end = pack_get_f64(u);
		f->interval = pack_get_f64(u);
	}
	n = pack_get_var(u, TARGETS_MAX);
	for (uint64_t i = 0; i < n; i++)
		if (load_target(g, h, l) == -1)
			return -1;
	n = pack_get_var(u, TARGETS_MAX);
	for (uint64_t i = 0; i < n; i++)
		if (load_episode(g, h, l) == -1)
			return -1;
	return u->failed ? -1 : 0;
}

/* --- what is common ------------------------------------------------------------ */

static void
save_storm(const struct engine *g, struct buf *b)
{
	const struct storm *st = &g->storm;
	uint32_t hosts = st->by_host != NULL ? map_count(st->by_host) : 0;

	pack_var(b, st->count);
	for (unsigned i = 0; i < st->count; i++) {
		pack_f64(b, st->ring[i].ts);
		put_text(b, st->ring[i].rule->name);
		put_text(b, st->ring[i].host);
		put_id(b, st->ring[i].fingerprint);
	}
	pack_var(b, st->on);
	if (!st->on)
		return;
	pack_f64(b, st->start);
	put_text(b, st->host);
	pack_var(b, st->seq);
	pack_var(b, st->members);
	for (uint32_t i = 0; i < g->rules->count; i++)
		pack_var(b, st->by_rule[i]);
	pack_var(b, hosts);
	for (uint32_t i = 0; i < hosts; i++) {
		put_text(b, map_key(st->by_host, i).p);
		pack_var(b, (uintptr_t)*map_value(st->by_host, i));
	}
	pack_var(b, st->nfirst);
	for (unsigned i = 0; i < st->nfirst; i++)
		put_id(b, st->first[i]);
}

static void
load_member(struct engine *g, struct pack_in *u)
{
	struct storm *st = &g->storm;
	struct storm_member m = {.ts = pack_get_f64(u)};
	struct span rule = get_text(u);
	uint32_t number;

	if ((m.rule = find_rule(g, rule, &number)) == NULL)
		m.rule = ghost_of(g, rule);
	m.host = get_copy(u);
	get_id(u, m.fingerprint);
	if (u->failed || st->count >= g->rules->policy.storm) {
		free(m.host);
		return;
	}
	if (st->ring == NULL)
		st->ring = xcalloc(g->rules->policy.storm, sizeof(*st->ring));
	st->ring[st->count++] = m;
}

static void
load_storm(struct engine *g, const struct loading *l)
{
	struct pack_in *u = l->u;
	struct storm *st = &g->storm;
	uint64_t n = pack_get_var(u, u->in.len), count;
	struct span name;

	for (uint64_t i = 0; i < n && !u->failed; i++)
		load_member(g, u);
	st->on = pack_get_var(u, 1) != 0;
	if (!st->on)
		return;
	st->start = pack_get_f64(u);
	st->host = get_copy(u);
	st->seq = (uint32_t)pack_get_var(u, UINT32_MAX);
	st->members = pack_get_var(u, UINT64_MAX);
	st->by_rule = xcalloc(g->rules->count + 1, sizeof(uint32_t));
	st->by_host = map_new(NULL);
	for (uint64_t i = 0; i < l->nrules; i++) {
		count = pack_get_var(u, UINT32_MAX);
		if (l->numbers[i] != NO_RULE)
			st->by_rule[l->numbers[i]] = (uint32_t)count;
	}
	n = pack_get_var(u, HOSTS_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		name = get_text(u);
		count = pack_get_var(u, UINT32_MAX);
		if (!u->failed)
			map_set(st->by_host, name, (void *)(uintptr_t)count);
	}
	st->nfirst = (unsigned)pack_get_var(u, 10);
	for (unsigned i = 0; i < st->nfirst; i++)
		get_id(u, st->first[i]);
}

static void
save_silences(const struct engine *g, struct buf *b)
{
	pack_var(b, g->nsilences);
	for (size_t i = 0; i < g->nsilences; i++) {
		const struct silence *s = &g->silences[i];

		put_text(b, s->id);
		put_text(b, s->text);
		put_text(b, s->author);
		put_text(b, s->reason);
		pack_f64(b, s->ts);
		pack_f64(b, s->expires);
		pack_var(b, s->maintenance);
	}
}

static int
load_silences(struct engine *g, struct pack_in *u, struct nc_err *e)
{
	uint64_t n = pack_get_var(u, SILENCES_MAX);
	struct silence s;

	for (uint64_t i = 0; i < n && !u->failed; i++) {
		s = (struct silence){.id = get_copy(u)};
		s.text = get_copy(u);
		s.author = get_copy(u);
		s.reason = get_copy(u);
		s.ts = pack_get_f64(u);
		s.expires = pack_get_f64(u);
		s.maintenance = pack_get_var(u, 1) != 0;
		s.selector = selector_parse(span_of(s.text), e);
		if (s.selector == NULL || u->failed) {
			silence_free(&s);
			return -1;
		}
		g->silences = xreallocarray(g->silences, g->nsilences + 1,
		    sizeof(*g->silences));
		g->silences[g->nsilences++] = s;
	}
	return 0;
}

static void
save_tombs(const struct engine *g, struct buf *b)
{
	uint32_t cursor = 0;
	struct span key;
	void *tomb;

	pack_var(b, map_count(g->tombs));
	while (map_next(g->tombs, &cursor, &key, &tomb)) {
		pack_var(b, key.len);
		pack_bytes(b, key.p, key.len);
		pack_f64(b, ((struct tomb *)tomb)->ts);
	}
}

static void
load_tombs(struct engine *g, struct pack_in *u)
{
	uint64_t n = pack_get_var(u, TOMBS_MAX);
	struct tomb *tomb;
	struct span key;

	for (uint64_t i = 0; i < n; i++) {
		key = get_text(u);
		tomb = xcalloc(1, sizeof(*tomb));
		tomb->ts = pack_get_f64(u);
		if (u->failed || key.len == 0) {
			free(tomb);
			return;
		}
		free(map_set(g->tombs, key, tomb));
	}
}

static void
save_told(const struct engine *g, struct buf *b)
{
	uint64_t from = g->ntold > TOLD_MAX ? g->ntold - TOLD_MAX : 0;

	pack_var(b, g->ntold - from);
	for (uint64_t i = from; i < g->ntold; i++)
		put_text(b, g->told[i % TOLD_MAX]);
}

void
engine_save(const struct engine *g, struct buf *b)
{
	struct saving v = {.b = b};
	uint32_t cursor = 0;
	void *h;

	pack_var(b, g->rules->count);
	for (size_t i = 0; i < g->rules->count; i++)
		put_text(b, g->rules->list[i].name);
	fleet_save(g->fleet, b);
	pack_var(b, map_count(g->hosts));
	while (map_next(g->hosts, &cursor, NULL, &h))
		save_host(g, h, &v);
	save_silences(g, b);
	save_storm(g, b);
	save_tombs(g, b);
	pack_f64(b, g->beat);
	pack_var(b, g->beats);
	save_told(g, b);
}

static int
load_rest(struct engine *g, struct loading *l, struct nc_err *e)
{
	struct pack_in *u = l->u;
	uint64_t n = pack_get_var(u, HOSTS_MAX);
	struct span line;

	for (uint64_t i = 0; i < n; i++)
		if (load_host(g, l) == -1)
			return err_set(e, 0, "hosts: nonsense");
	if (load_silences(g, u, e) == -1)
		return -1;
	load_storm(g, l);
	load_tombs(g, u);
	g->beat = pack_get_f64(u);
	g->beats = (uint32_t)pack_get_var(u, UINT32_MAX);
	n = pack_get_var(u, TOLD_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		line = get_text(u);
		engine_told(g, line.p, line.len);
	}
	return u->failed ? err_set(e, 0, "cut off, or nonsense") : 0;
}

int
engine_load(struct engine *g, struct pack_in *u, struct nc_err *e)
{
	struct loading l = {.u = u, .nrules = pack_get_var(u, RULES_MAX)};
	int rc;

	l.numbers = xcalloc(l.nrules + 1, sizeof(*l.numbers));
	l.names = xcalloc(l.nrules + 1, sizeof(*l.names));
	for (uint64_t i = 0; i < l.nrules && !u->failed; i++) {
		l.names[i] = get_text(u);
		find_rule(g, l.names[i], &l.numbers[i]);
	}
	rc = fleet_load(g->fleet, u, e);
	if (rc == 0 && (rc = load_rest(g, &l, e)) == 0)
		engine_start(g);
	free(l.numbers);
	free(l.names);
	return rc;
}
