/* SPDX-License-Identifier: MIT */
/*
 * flow_time: hosts and their record time.  A sweep or a tick moves it, and a
 * sample of a source that has no sweeps; it never runs back.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "flow_priv.h"
#include "metric/rate.h"

/* Intervals after which a silent host no longer holds up the others. */
#define PATIENCE 3.0
/* Of a selector in our sweep. */
#define ONLY_MAX 256

struct feed *
node_feed(struct node *n, struct span source)
{
	struct feed **at = &n->feeds;

	while (*at != NULL && !span_is(source, (*at)->source))
		at = &(*at)->next;
	if (*at == NULL) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->source = xmemdup0(source.p, source.len);
	}
	return *at;
}

void
node_free(struct node *n)
{
	struct feed *feed, *next;

	for (feed = n->feeds; feed != NULL; feed = next) {
		next = feed->next;
		free(feed->source);
		free(feed);
	}
	free(n->host);
	free(n);
}

struct node *
flow_node(struct flow *f, struct span host)
{
	struct node *n = map_get(f->hosts, host);

	if (n != NULL)
		return n;
	n = xcalloc(1, sizeof(*n));
	n->host = xmemdup0(host.p, host.len);
	n->now = n->heard = n->since = -INFINITY;
	n->patience = RATE_GAP_UNKNOWN;
	map_set(f->hosts, host, n);
	if (f->last != NULL)
		f->last->next = n;
	else
		f->nodes = n;
	f->last = n;
	f->slowest = NULL;
	return n;
}

struct node *
flow_nodes(const struct flow *f)
{
	return f->nodes;
}

void
node_hear(struct node *n, const struct series_stamp *st)
{
	double interval = (double)st->interval;

	if (st->ts <= n->heard)
		return;
	n->patience = isnan(interval) ? RATE_GAP_UNKNOWN : PATIENCE * interval;
	/* The first value stands for the interval before it. */
	if (st->ts - n->heard > n->patience)
		n->since = isnan(interval) ? st->ts : st->ts - interval;
	n->heard = st->ts;
}

static bool
is_lost(const struct node *n, double now)
{
	return !(n->heard >= now - n->patience);
}

/* The slowest of those heard of lately; when all are silent, ticks alone move
 * time. */
static void
find_common(struct flow *f, double now)
{
	double newest = now;
	struct node *n;

	for (n = f->nodes; n != NULL; n = n->next)
		newest = fmax(newest, n->now);
	f->slowest = NULL;
	for (n = f->nodes; n != NULL; n = n->next)
		if (!is_lost(n, newest) &&
		    (f->slowest == NULL || n->now < f->slowest->now))
			f->slowest = n;
	f->common = fmax(f->common,
	    f->slowest != NULL ? f->slowest->now : newest);
}

double
flow_common_time(const struct flow *f)
{
	return f->common;
}

void
flow_advance(struct flow *f, struct node *n, double to)
{
	if (!(to > n->now))
		return;
	n->now = to;
	if (f->slowest == NULL || f->slowest == n || is_lost(f->slowest, to))
		find_common(f, to);
	for (size_t i = 0; i < f->nactive; i++)
		if (f->active[i].kind->time != NULL)
			f->active[i].kind->time(f->active[i].self, n);
}

/* ["anomaly","full"] */
static void
tell_analyses(struct flow *f)
{
	struct buf b = {0};

	for (size_t i = 0; i < f->nactive; i++)
		if (!f->active[i].quiet)
			buf_addf(&b, "%c\"%s\"", b.len == 0 ? '[' : ',',
			    f->active[i].kind->name);
	buf_addc(&b, ']');
	frame_raw(f->o.out, "analyses", buf_span(&b));
	buf_free(&b);
}

static void
tell_only(struct flow *f)
{
	struct buf b = {0};

	for (size_t i = 0; i < f->o.nonly; i++) {
		buf_addc(&b, i == 0 ? '[' : ',');
		frame_quote(&b, span_of(selector_text(f->o.only[i])), ONLY_MAX);
	}
	buf_addc(&b, ']');
	if (f->o.nonly != 0)
		frame_raw(f->o.out, "only", buf_span(&b));
	buf_free(&b);
}

/* The end of a round of ours: what it covered. */
static void
tell_sweep(struct flow *f, struct node *n, struct feed *feed,
    const struct record *r)
{
	struct frame *out;

	frame_origin(f->o.out, n->host, FLOW_SOURCE);
	frame_clock(f->o.out, r->ts,
	    (r->has & RECORD_HAS_UP) != 0 ? r->up : (double)NAN);
	frame_begin(f->o.out, RECORD_SWEEP, "", (struct span){0});
	out = f->o.out;
	frame_label(out, "of", span_of(feed->source));
	if ((r->has & RECORD_HAS_INTERVAL) != 0)
		frame_interval(out, r->interval);
	frame_number(out, "seq", (double)n->rounds++);
	if (f->nactive != 0)
		tell_analyses(f);
	tell_only(f);
	frame_value_u64(out, "samples", feed->samples);
	frame_value_u64(out, "values", feed->values);
	frame_value_u64(out, "learning", feed->learning);
	frame_value_u64(out, "series", series_count(f->table));
	frame_value_u64(out, "records", n->told);
	frame_end(out);
	feed->samples = feed->values = feed->learning = 0;
	n->told = 0;
}

void
flow_sweep(struct flow *f, const struct record *r)
{
	struct node *n;
	struct feed *feed;

	/* Those of another nc-analyze before us are no round of a source. */
	if (r->host.len == 0 ||
	    (span_is(r->source, FLOW_SOURCE) && !f->o.merge) ||
	    (r->has & RECORD_HAS_TS) == 0)
		return;
	n = flow_node(f, r->host);
	feed = node_feed(n, r->source);
	feed->sweeps = true;
	flow_advance(f, n, r->ts);
	tell_sweep(f, n, feed, r);
}

void
flow_tick(struct flow *f, const struct record *r)
{
	struct node *n;
	double to = r->ts;

	if ((r->has & RECORD_HAS_TS) == 0)
		return;
	if (r->host.len != 0) {
		flow_advance(f, flow_node(f, r->host), to);
		return;
	}
	for (n = f->nodes; n != NULL; n = n->next)
		flow_advance(f, n, to);
}
