/* SPDX-License-Identifier: MIT */
/*
 * agg_window: a pane ends when the time of its shelf has passed it; the
 * window that ends with it is told, a sample a group and statistic.  What
 * had no value is not told at all.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agg.h"
#include "base/mem.h"
#include "math/sketch.h"

static const double quantiles[AGG_STATS] = {
    [AGG_P50] = 0.5,
    [AGG_P90] = 0.9,
    [AGG_P95] = 0.95,
    [AGG_P99] = 0.99,
};

/* The mean of a series in the pane it was in becomes part of the total. */
void
agg_settle(const struct agg *a, struct agg_part *part)
{
	if (part->n > 0)
		agg_pane(a, part->cell, part->pane)->total += part->sum /
							      part->n;
	part->sum = part->n = 0;
}

static void
pane_clear(struct agg_pane *p)
{
	sketch_free(p->sketch);
	*p = (struct agg_pane){0};
}

/* What one metric of a group came to in the window that ends with pane. */
static bool
sum_up(struct agg *a, struct agg_cell *c, int64_t pane, double out[AGG_STATS])
{
	double n = 0, sum = 0, total = 0, low = INFINITY, high = -INFINITY;
	struct agg_pane *p;
	unsigned panes = 0;

	if (a->quantiles)
		sketch_clear(a->scratch);
	for (int64_t i = pane - a->npanes + 1; i <= pane; i++) {
		p = agg_pane(a, c, i);
		if (p->n == 0)
			continue;
		panes++;
		n += p->n;
		sum += p->sum;
		total += p->total;
		low = fmin(low, p->low);
		high = fmax(high, p->high);
		if (a->quantiles)
			sketch_merge(a->scratch, p->sketch);
	}
	if (n == 0)
		return false;
	out[AGG_AVG] = fmin(fmax(sum / n, low), high);
	out[AGG_MIN] = low;
	out[AGG_MAX] = high;
	out[AGG_COUNT] = n;
	out[AGG_SUM] = total / panes;
	out[AGG_RATE] = c->counter ? out[AGG_SUM] : (double)NAN;
	for (int i = AGG_P50; i <= AGG_P99; i++)
		out[i] = a->quantiles
			     ? sketch_quantile(a->scratch, quantiles[i])
			     : (double)NAN;
	return true;
}

static bool
covers(const struct agg *a, const struct node *n, double end)
{
	return n->since <= end - a->window && n->heard >= end - n->patience;
}

/* Whether the samples cover the window: else what it says is partial. */
static bool
is_covered(const struct agg *a, const struct agg_shelf *s, double end)
{
	const struct node *n;

	if (s->node != NULL)
		return covers(a, s->node, end);
	for (n = flow_nodes(a->flow); n != NULL; n = n->next)
		if (n->heard >= end - a->window && !covers(a, n, end))
			return false;
	return true;
}

static void
tell(struct agg *a, const struct agg_group *g, int64_t pane, int stat,
    double (*sums)[AGG_STATS], const struct agg_cell *const *cells, size_t n)
{
	struct node *node = g->shelf->node;
	struct buf id = {0};
	struct frame *f = NULL;

	for (size_t i = 0; i < n; i++) {
		if (isnan(sums[i][stat]))
			continue;
		if (f == NULL) {
			buf_addf(&id, "%s/%s/%s", g->name, agg_stat_names[stat],
			    a->window_name);
			f = flow_begin(a->flow, node,
			    node != NULL ? node->host : "*",
			    (double)(pane + 1) * a->slide, RECORD_SAMPLE,
			    "aggregate", buf_span(&id));
			frame_label(f, "of", span_of(g->entity));
			frame_label(f, "stat", span_of(agg_stat_names[stat]));
			frame_label(f, "window", span_of(a->window_name));
			for (size_t k = 0; k < a->nkeys; k++)
				frame_label(f, a->keys[k],
				    span_of(g->values[k]));
			frame_interval(f, a->slide);
			if (!g->shelf->covered)
				frame_quality(f, RECORD_PARTIAL, (double)NAN);
		}
		frame_value(f,
		    intern_str(flow_plan(a->flow)->names, cells[i]->name),
		    sums[i][stat]);
	}
	if (f != NULL)
		flow_end(a->flow);
	buf_free(&id);
}

/* Values of panes that are still to end. */
static bool
has_more(const struct agg *a, struct agg_cell *c, int64_t pane)
{
	for (int64_t i = 1; i <= a->ahead; i++)
		if (agg_pane(a, c, pane + i)->n != 0)
			return true;
	return false;
}

/* False when the group has had no value for a window and no series. */
static bool
close_group(struct agg *a, struct agg_group *g, int64_t pane)
{
	struct agg_cell **at = &g->cells, *c;
	const struct agg_cell **cells;
	double(*sums)[AGG_STATS];
	size_t n = 0, room = 0;

	for (c = g->cells; c != NULL; c = c->next)
		room++;
	cells = xcalloc(room + 1, sizeof(*cells));
	sums = xcalloc(room + 1, sizeof(*sums));
	while ((c = *at) != NULL) {
		for (struct agg_part *p = c->first; p != NULL; p = p->next)
			if (p->pane == pane)
				agg_settle(a, p);
		if (flow_plan(a->flow)->emit_sketch)
			agg_tell_sketch(a, c, pane);
		if (sum_up(a, c, pane, sums[n])) {
			cells[n++] = c;
		} else if (c->first == NULL && !has_more(a, c, pane)) {
			*at = c->next;
			agg_cell_free(a, c);
			continue;
		}
		/* The place of what comes after the next pane. */
		pane_clear(agg_pane(a, c, pane - a->npanes + 1));
		at = &c->next;
	}
	for (int stat = 0;
	     stat < AGG_STATS && n != 0 && !flow_plan(a->flow)->emit_sketch;
	     stat++)
		if ((a->stats & 1u << stat) != 0)
			tell(a, g, pane, stat, sums, cells, n);
	free(cells);
	free(sums);
	return g->cells != NULL;
}

static void
close_pane(struct agg *a, struct agg_shelf *s)
{
	struct agg_group **at = &s->groups, *g;

	s->covered = s->partial <= s->open - a->npanes &&
		     is_covered(a, s, (double)(s->open + 1) * a->slide);
	s->last = NULL;
	while ((g = *at) != NULL) {
		if (close_group(a, g, s->open)) {
			s->last = g;
			at = &g->next;
		} else {
			*at = g->next;
			agg_group_free(a, g);
		}
	}
	s->open++;
}

/* After a silence longer than a window nothing is left in any pane. */
static void
skip(struct agg *a, struct agg_shelf *s, int64_t to)
{
	for (struct agg_group *g = s->groups; g != NULL; g = g->next)
		for (struct agg_cell *c = g->cells; c != NULL; c = c->next)
			for (size_t i = 0; i < agg_ring(a); i++)
				pane_clear(&c->panes[i]);
	s->open = to;
}

void
agg_close(struct agg *a, struct agg_shelf *s, int64_t upto)
{
	if (s->open == AGG_NO_PANE)
		return;
	while (s->open < upto && s->open < s->newest + a->npanes)
		close_pane(a, s);
	if (s->open < upto)
		skip(a, s, upto);
}
