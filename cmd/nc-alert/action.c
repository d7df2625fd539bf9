/* SPDX-License-Identifier: MIT */
/*
 * action: what operators have decided, as records: ack, unack, silence,
 * maintenance, unsilence.  Each counts from the moment it is read on.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine_priv.h"

static struct span
text_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->text : (struct span){NULL, 0};
}

static double
number_of(const struct record *r, const char *key, double otherwise)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL && !isnan(f->number) ? f->number : otherwise;
}

static struct episode *
find_episode(struct engine *g, struct span id)
{
	uint32_t cursor = 0;
	void *h;

	while (id.len > 0 && map_next(g->hosts, &cursor, NULL, &h))
		for (struct episode *ep = ((struct host *)h)->first; ep != NULL;
		     ep = ep->next)
			if (span_is(id, ep->id))
				return ep;
	return NULL;
}

static void
take_ack(struct engine *g, const struct record *r, bool on)
{
	struct episode *ep = find_episode(g, text_of(r, "episode"));

	if (ep == NULL || ep->over || (!on && !ep->acked))
		return;
	if (on)
		episode_ack(ep, text_of(r, "author"), text_of(r, "reason"),
		    number_of(r, "expires", INFINITY));
	ep->acked = on;
	round_tell(g, ep, on ? CHANGE_ACKED : CHANGE_UNACKED);
}

void
silence_free(struct silence *s)
{
	free(s->id);
	free(s->text);
	free(s->author);
	free(s->reason);
	selector_free(s->selector);
}

static char *
copy(struct span s)
{
	return xmemdup0(s.len != 0 ? s.p : "", s.len);
}

static struct silence *
find_silence(struct engine *g, struct span id)
{
	for (size_t i = 0; i < g->nsilences; i++)
		if (span_is(id, g->silences[i].id))
			return &g->silences[i];
	return NULL;
}

/* Those that ended before everything that is known now. */
static void
forget_silences(struct engine *g)
{
	double oldest = INFINITY;
	uint32_t cursor = 0;
	size_t to = 0;
	void *h;

	while (map_next(g->hosts, &cursor, NULL, &h))
		oldest = fmin(oldest, ((struct host *)h)->now);
	for (size_t i = 0; i < g->nsilences; i++)
		if (!isinf(oldest) && g->silences[i].expires < oldest)
			silence_free(&g->silences[i]);
		else
			g->silences[to++] = g->silences[i];
	g->nsilences = to;
}

int
engine_silence(struct engine *g, const struct record *r)
{
	struct span id = text_of(r, "silence"), text = text_of(r, "selector");
	double expires = number_of(r, "expires", NAN);
	struct silence s = {.ts = r->ts, .expires = expires};
	struct nc_err e;

	if (isnan(expires) || text.len == 0 || id.len == 0 ||
	    find_silence(g, id) != NULL)
		return -1;
	if ((s.selector = selector_parse(text, &e)) == NULL)
		return -1;
	forget_silences(g);
	s.maintenance = span_is(text_of(r, "action"), "maintenance");
	s.id = copy(id);
	s.text = copy(text);
	s.author = copy(text_of(r, "author"));
	s.reason = copy(text_of(r, "reason"));
	g->silences = xreallocarray(g->silences, g->nsilences + 1,
	    sizeof(*g->silences));
	g->silences[g->nsilences++] = s;
	return 0;
}

static int
drop_silence(struct engine *g, struct span id)
{
	struct silence *s = find_silence(g, id);

	if (s == NULL)
		return -1;
	silence_free(s);
	g->nsilences--;
	memmove(s, s + 1,
	    (g->nsilences - (size_t)(s - g->silences)) * sizeof(*s));
	return 0;
}

/* Everybody is looked at anew, at the time each host has. */
static void
look_anew(struct engine *g)
{
	uint32_t cursor = 0;
	void *h;

	while (map_next(g->hosts, &cursor, NULL, &h)) {
		mute_refresh(g, h);
		mute_tell(g, h);
	}
}

void
action_take(struct engine *g, const struct record *r)
{
	struct span action = text_of(r, "action");

	if (span_is(action, "ack"))
		take_ack(g, r, true);
	else if (span_is(action, "unack"))
		take_ack(g, r, false);
	else if (span_is(action, "silence") || span_is(action, "maintenance")) {
		if (engine_silence(g, r) == 0)
			look_anew(g);
	} else if (span_is(action, "unsilence") &&
		   drop_silence(g, text_of(r, "silence")) == 0)
		look_anew(g);
}
