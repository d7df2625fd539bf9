/* SPDX-License-Identifier: MIT */
/*
 * mute: why nobody is told of an open episode: maintenance, a silence,
 * another episode that explains it, a storm.  Marks, never drops.  A label
 * that is missing on either side makes nobody mute anybody.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine_priv.h"

/* What selectors are asked about: the entity with the alert's labels. */
static struct selector_subject
describe(struct engine *g, const struct episode *ep)
{
	const struct rule *rule = ep->rule;
	struct selector_subject s = *fleet_subject(g->fleet,
	    ep->target->subject);
	size_t room = s.nlabels + rule->nlabels + 4, n = 0;

	if (room > g->labels_room) {
		g->labels_room = room * 2;
		g->labels = xreallocarray(g->labels, g->labels_room,
		    sizeof(*g->labels));
	}
	g->labels[n++] = (struct record_label){span_of("alert"),
	    span_of(rule->name)};
	g->labels[n++] = (struct record_label){span_of("severity"),
	    span_of(severity_name((enum severity)ep->severity))};
	g->labels[n++] = (struct record_label){span_of("fingerprint"),
	    span_of(ep->fingerprint)};
	g->labels[n++] = (struct record_label){span_of("episode"),
	    span_of(ep->id)};
	for (size_t i = 0; i < rule->nlabels; i++)
		g->labels[n++] = (struct record_label){span_of(
							   rule->labels[i].key),
		    span_of(rule->labels[i].value)};
	for (size_t i = 0; i < s.nlabels; i++) {
		bool ours = false;

		for (size_t k = 0; k < n; k++)
			ours = ours ||
			       span_equal(g->labels[k].key, s.labels[i].key);
		if (!ours)
			g->labels[n++] = s.labels[i];
	}
	s.labels = g->labels;
	s.nlabels = n;
	return s;
}

bool
mute_matches(struct engine *g, const struct selector *s,
    const struct episode *ep)
{
	struct selector_subject who = describe(g, ep);

	return selector_entity(s, &who);
}

static struct span
field(const struct selector_subject *s, const char *key)
{
	if (strcmp(key, "host") == 0)
		return s->host;
	if (strcmp(key, "entity") == 0)
		return s->entity;
	if (strcmp(key, "id") == 0)
		return s->id;
	if (strcmp(key, "source") == 0)
		return s->source;
	for (size_t i = 0; i < s->nlabels; i++)
		if (span_is(s->labels[i].key, key))
			return s->labels[i].value;
	return (struct span){NULL, 0};
}

/* The values of all keys; false when one is missing. */
static bool
key_of(const struct policy_inhibit *i, const struct selector_subject *s,
    struct buf *b)
{
	struct span value;

	buf_clear(b);
	for (size_t k = 0; k < i->nsame; k++) {
		value = field(s, i->same[k]);
		if (value.len == 0)
			return false;
		buf_add(b, value.p, value.len);
		buf_addc(b, '\0');
	}
	return true;
}

/* --- who explains whom ------------------------------------------------------ */

/*
 * Two tables an inhibition, by the keys: those that explain, and those that
 * do and could be explained themselves.  The latter explain only what could
 * not explain them: two that mute each other would be heard by nobody.
 */
static void
gather_host(struct engine *g, const struct host *h)
{
	const struct policy *p = &g->rules->policy;
	struct selector_subject who;
	struct buf key = {0};
	struct map *to;

	for (struct episode *ep = h->first; ep != NULL; ep = ep->next) {
		if (ep->over)
			continue;
		who = describe(g, ep);
		for (size_t i = 0; i < p->ninhibits; i++) {
			if (!selector_entity(p->inhibits[i].source, &who) ||
			    !key_of(&p->inhibits[i], &who, &key))
				continue;
			to = g->explain[2 * i +
					selector_entity(p->inhibits[i].target,
					    &who)];
			if (map_get(to, buf_span(&key)) == NULL)
				map_set(to, buf_span(&key), ep);
		}
	}
	buf_free(&key);
}

static void
gather(struct engine *g, const struct host *h)
{
	size_t n = 2 * g->rules->policy.ninhibits;
	uint32_t cursor = 0;
	void *other;

	if (n == 0)
		return;
	if (g->explain == NULL) {
		g->explain = xcalloc(n, sizeof(struct map *));
		for (size_t i = 0; i < n; i++)
			g->explain[i] = map_new(NULL);
	}
	for (size_t i = 0; i < n; i++)
		map_clear(g->explain[i], NULL);
	if (!g->wide) {
		gather_host(g, h);
		return;
	}
	while (map_next(g->hosts, &cursor, NULL, &other))
		gather_host(g, other);
}

/* --- one episode ------------------------------------------------------------ */

struct reasons {
	char **list;
	size_t n;
};

static void
add_reason(struct reasons *r, char *text)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->list[i], text) == 0) {
			free(text);
			return;
		}
	r->list = xreallocarray(r->list, r->n + 1, sizeof(char *));
	r->list[r->n++] = text;
}

static void
add_inhibits(struct engine *g, const struct episode *ep,
    const struct selector_subject *who, struct reasons *r)
{
	const struct policy *p = &g->rules->policy;
	const struct policy_inhibit *in;
	const struct episode *by;
	struct buf key = {0};

	for (size_t i = 0; i < p->ninhibits; i++) {
		in = &p->inhibits[i];
		if (!selector_entity(in->target, who) || !key_of(in, who, &key))
			continue;
		by = map_get(g->explain[2 * i], buf_span(&key));
		if (by == NULL && !selector_entity(in->source, who))
			by = map_get(g->explain[2 * i + 1], buf_span(&key));
		if (by != NULL && by != ep)
			add_reason(r, xasprintf("%s:%s/%s",
					  in->depend ? "depend" : "inhibit",
					  by->rule->name, by->fingerprint));
	}
	buf_free(&key);
}

static bool
is_now(const struct policy_maintenance *m, double now)
{
	for (size_t i = 0; i < m->nwhen; i++)
		if (calendar_covers(m->when[i], now))
			return true;
	return false;
}

static struct reasons
reasons_of(struct engine *g, const struct host *h, const struct episode *ep)
{
	const struct policy *p = &g->rules->policy;
	struct selector_subject who = describe(g, ep);
	const struct silence *s;
	struct reasons r = {0};

	for (size_t i = 0; i < p->nmaintenances; i++)
		if ((p->maintenances[i].match == NULL ||
			selector_entity(p->maintenances[i].match, &who)) &&
		    is_now(&p->maintenances[i], h->now))
			add_reason(&r, xasprintf("maintenance:%s",
					   p->maintenances[i].name));
	for (size_t i = 0; i < g->nsilences; i++) {
		s = &g->silences[i];
		if (h->now < s->expires && selector_entity(s->selector, &who))
			add_reason(&r,
			    xasprintf("%s:%s",
				s->maintenance ? "maintenance" : "silence",
				s->id));
	}
	if (p->ninhibits > 0)
		add_inhibits(g, ep, &who, &r);
	if (ep->stormy)
		add_reason(&r, xstrdup("storm"));
	return r;
}

/* Any number that is another one when others are: of change, not of who. */
uint64_t
mute_windows(const struct engine *g, const struct host *h)
{
	const struct policy *p = &g->rules->policy;
	uint64_t windows = 0;

	for (size_t i = 0; i < p->nmaintenances; i++)
		if (is_now(&p->maintenances[i], h->now))
			windows ^= (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return windows;
}

void
mute_refresh(struct engine *g, struct host *h)
{
	struct reasons r;
	bool was;

	h->again = INFINITY;
	for (size_t i = 0; i < g->nsilences; i++)
		if (g->silences[i].expires > h->now)
			h->again = fmin(h->again, g->silences[i].expires);
	if (h->first == NULL)
		return;
	gather(g, h);
	for (struct episode *ep = h->first; ep != NULL; ep = ep->next) {
		if (ep->over)
			continue;
		r = reasons_of(g, h, ep);
		was = ep->nmuted > 0;
		if (was && r.n == 0 && ep->nmuted > 0) {
			free(ep->unmuted_of);
			ep->unmuted_of = xstrdup(ep->muted[0]);
		}
		episode_mute(ep, r.list, r.n);
		if (ep->seq > 0 && was != (r.n > 0))
			ep->turned = !ep->turned;
	}
	h->dirty = false;
}

void
mute_tell(struct engine *g, struct host *h)
{
	for (struct episode *ep = h->first; ep != NULL; ep = ep->next) {
		if (!ep->turned || ep->over)
			continue;
		ep->turned = false;
		round_tell(g, ep,
		    ep->nmuted > 0 ? CHANGE_MUTED : CHANGE_UNMUTED);
	}
}
