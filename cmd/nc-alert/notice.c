/* SPDX-License-Identifier: MIT */
/*
 * notice: what is said of all rules together.  A storm: so many episodes in
 * so short a time that they are told as one; each is recorded all the same.
 * A heartbeat: a record each so many seconds, for whoever waits for it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "emit.h"
#include "engine_priv.h"

/* --- storm ----------------------------------------------------------------- */

static void
member_free(struct storm_member *m)
{
	free(m->host);
}

static void
count_member(struct engine *g, const struct storm_member *m)
{
	struct storm *st = &g->storm;
	struct span host = span_of(m->host);
	uintptr_t n = (uintptr_t)map_get(st->by_host, host);

	st->members++;
	if (m->rule >= g->rules->list &&
	    m->rule < g->rules->list + g->rules->count)
		st->by_rule[m->rule - g->rules->list]++;
	map_set(st->by_host, host, (void *)(n + 1));
	if (st->nfirst < 10)
		memcpy(st->first[st->nfirst++], m->fingerprint,
		    EPISODE_ID_SIZE);
}

/* "12 a, 7 b, ...": the five largest; equal ones as they stand. */
static void
add_counts(struct engine *g, struct buf *b, bool rules)
{
	const struct storm *st = &g->storm;
	uint32_t n = rules ? (uint32_t)g->rules->count : map_count(st->by_host);
	uint64_t last = UINT64_MAX, best, count;
	uint32_t last_at = 0, at = 0;

	for (int k = 0; k < 5; k++) {
		best = 0;
		for (uint32_t i = 0; i < n; i++) {
			count = rules ? st->by_rule[i]
				      : (uintptr_t)*map_value(st->by_host, i);
			if (count > best &&
			    (count < last || (count == last && i > last_at))) {
				best = count;
				at = i;
			}
		}
		if (best == 0)
			return;
		buf_addf(b, "%s%s %llu", k == 0 ? "" : ", ",
		    rules ? g->rules->list[at].name
			  : map_key(st->by_host, at).p,
		    (unsigned long long)best);
		last = best;
		last_at = at;
	}
}

static void
tell_storm(struct engine *g, double now, bool over)
{
	struct storm *st = &g->storm;
	struct buf text = {0}, first = {0};
	struct emit_notice n = {.alert = "storm",
	    .host = st->host,
	    .entity = "collector",
	    .id = "nc-alert",
	    .change = over ? CHANGE_RESOLVED : CHANGE_STORM,
	    .severity = SEVERITY_CRIT,
	    .over = over,
	    .start = st->start,
	    .now = fmax(now, st->start),
	    .seq = st->seq++};

	buf_addf(&text,
	    "%llu alerts %s a storm; rules: ", (unsigned long long)st->members,
	    over ? "were" : "are");
	add_counts(g, &text, true);
	buf_adds(&text, "; hosts: ");
	add_counts(g, &text, false);
	n.text = text.data;
	buf_addc(&first, '[');
	for (unsigned i = 0; i < st->nfirst; i++)
		buf_addf(&first, "%s\"%s\"", i == 0 ? "" : ",", st->first[i]);
	buf_addc(&first, ']');
	n.evidence = buf_span(&first);
	if (emit_notice(g->out, &n) == -1)
		g->failed = -1;
	buf_free(&text);
	buf_free(&first);
}

static void
begin_storm(struct engine *g, const struct host *h)
{
	struct storm *st = &g->storm;

	st->on = true;
	st->start = h->now;
	st->seq = 0;
	st->members = 0;
	st->nfirst = 0;
	free(st->host);
	st->host = xstrdup(h->name);
	if (st->by_host == NULL)
		st->by_host = map_new(NULL);
	map_clear(st->by_host, NULL);
	if (st->by_rule == NULL)
		st->by_rule = xcalloc(g->rules->count + 1, sizeof(uint32_t));
	memset(st->by_rule, 0, g->rules->count * sizeof(uint32_t));
	for (unsigned i = 0; i < st->count; i++)
		count_member(g, &st->ring[i]);
	tell_storm(g, h->now, false);
}

void
storm_opened(struct engine *g, struct episode *ep)
{
	const struct policy *p = &g->rules->policy;
	const struct host *h = ep->target->host;
	struct storm *st = &g->storm;
	struct storm_member *m;

	if (p->storm == 0)
		return;
	if (st->ring == NULL)
		st->ring = xcalloc(p->storm, sizeof(*st->ring));
	if (st->count == p->storm) {
		member_free(&st->ring[0]);
		memmove(st->ring, st->ring + 1,
		    --st->count * sizeof(*st->ring));
	}
	m = &st->ring[st->count++];
	*m = (struct storm_member){.ts = h->now,
	    .rule = ep->rule,
	    .host = xstrdup(h->name)};
	memcpy(m->fingerprint, ep->fingerprint, EPISODE_ID_SIZE);
	if (st->on)
		count_member(g, m);
	else if (st->count == p->storm &&
		 h->now - st->ring[0].ts < p->storm_within)
		begin_storm(g, h);
	ep->stormy = st->on;
}

void
storm_pass(struct engine *g, struct host *h)
{
	const struct policy *p = &g->rules->policy;
	struct storm *st = &g->storm;
	uint32_t cursor = 0;
	void *other;

	if (!st->on ||
	    (p->storm != 0 && st->count > 0 &&
		h->now - st->ring[st->count - 1].ts < p->storm_within))
		return;
	st->on = false;
	tell_storm(g, h->now, true);
	while (map_next(g->hosts, &cursor, NULL, &other)) {
		struct host *o = other;

		for (struct episode *ep = o->first; ep != NULL; ep = ep->next)
			ep->stormy = false;
		mute_refresh(g, o);
		mute_tell(g, o);
	}
}

void
storm_free(struct engine *g)
{
	for (unsigned i = 0; i < g->storm.count; i++)
		member_free(&g->storm.ring[i]);
	free(g->storm.ring);
	free(g->storm.host);
	free(g->storm.by_rule);
	map_free(g->storm.by_host, NULL);
}

/* --- heartbeat ------------------------------------------------------------- */

/* By the clock of the host that was heard of first. */
void
heartbeat_pass(struct engine *g, struct host *h)
{
	double every = g->rules->policy.heartbeat;
	struct emit_notice n = {.alert = "heartbeat",
	    .entity = "collector",
	    .id = "nc-alert",
	    .text = "alerts are judged",
	    .change = CHANGE_HEARTBEAT,
	    .severity = SEVERITY_INFO,
	    .now = h->now,
	    .start = h->since,
	    .host = h->name};

	if (every <= 0 || *map_value(g->hosts, 0) != h || h->now == 0 ||
	    h->now < g->beat + every)
		return;
	g->beat = h->now;
	n.seq = g->beats++;
	if (emit_notice(g->out, &n) == -1)
		g->failed = -1;
}
