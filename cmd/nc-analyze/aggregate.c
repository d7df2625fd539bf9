/* SPDX-License-Identifier: MIT */
/*
 * aggregate: many series over a window as few: averages, extremes, totals,
 * and quantiles from sketches that state their error.  Its options, and where
 * a value goes.  Never holds raw values.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agg.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "math/sketch.h"

#define WINDOW 300.0
#define MERGE_AHEAD 4
#define STATS (1u << AGG_AVG | 1u << AGG_MIN | 1u << AGG_MAX)
#define QUANTILES \
	(1u << AGG_P50 | 1u << AGG_P90 | 1u << AGG_P95 | 1u << AGG_P99)

const char *const agg_stat_names[AGG_STATS + 1] = {"avg", "min", "max", "sum",
    "count", "p50", "p90", "p95", "p99", "rate", NULL};

static void *
make(struct flow *f)
{
	struct agg *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->groups = map_new(NULL);
	a->common.open = a->common.newest = AGG_NO_PANE;
	a->common.partial = AGG_NO_PANE;
	a->by_host = true;
	a->window = WINDOW;
	a->stats = STATS;
	return a;
}

/* --- options --------------------------------------------------------------- */

static int
parse_by(struct agg *a, struct span rest, struct nc_err *e)
{
	struct span key;

	a->by_host = false;
	while (str_item(&rest, '+', &key)) {
		if (key.len == 0)
			return err_set(e, 0, "by: an empty name");
		if (span_is(key, "entity"))
			continue;
		if (span_is(key, "host")) {
			a->by_host = true;
			continue;
		}
		if (a->nkeys == AGG_KEYS_MAX)
			return err_set(e, 0, "by: more than %d names",
			    AGG_KEYS_MAX);
		if (span_is(key, "of") || span_is(key, "stat") ||
		    span_is(key, "window") || span_is(key, "metric"))
			return err_set(e, 0, "by: \"%.*s\" has a meaning here",
			    SPAN_ARG(key));
		a->keys[a->nkeys++] = xmemdup0(key.p, key.len);
	}
	return 0;
}

static int
parse_stats(struct agg *a, struct span rest, struct nc_err *e)
{
	struct span word;
	int stat;

	a->stats = 0;
	while (str_item(&rest, '+', &word)) {
		if (parse_choice(word, agg_stat_names, &stat, e) == -1)
			return -1;
		a->stats |= 1u << stat;
	}
	return 0;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	struct agg *a = self;

	if (span_is(key, "by"))
		return parse_by(a, value, e);
	if (span_is(key, "stat"))
		return parse_stats(a, value, e);
	if (span_is(key, "window"))
		return parse_duration(value, &a->window, e);
	if (span_is(key, "slide"))
		return parse_duration(value, &a->slide, e);
	return err_set(e, 0, "\"%.*s\": expected by, window, slide or stat",
	    SPAN_ARG(key));
}

/* "5m", "90s", "500ms": as short as it goes. */
static void
name_duration(char *to, size_t size, double seconds)
{
	static const struct {
		double seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (fmod(seconds, units[i].seconds) == 0) {
			snprintf(to, size, "%.0f%s", seconds / units[i].seconds,
			    units[i].unit);
			return;
		}
	}
	snprintf(to, size, "%.0fms", seconds * 1000);
}

static int
ready(void *self, struct nc_err *e)
{
	struct agg *a = self;
	double panes;

	if (a->slide == 0)
		a->slide = a->window;
	if (!(a->slide >= 0.001) || a->window < a->slide)
		return err_set(e, 0,
		    "window and slide: expected a slide of a "
		    "millisecond at least, within the window");
	panes = round(a->window / a->slide);
	if (fabs(panes * a->slide - a->window) > 1e-6 * a->slide)
		return err_set(e, 0,
		    "window and slide: expected a window of whole slides");
	if (panes > AGG_PANES_MAX)
		return err_set(e, 0, "window: more than %d slides",
		    AGG_PANES_MAX);
	a->npanes = (int64_t)panes;
	/* Sketches of several hosts come with the delay of the slowest. */
	a->ahead = flow_plan(a->flow)->merge ? MERGE_AHEAD : 1;
	if (flow_plan(a->flow)->emit_sketch && !a->by_host)
		return err_set(e, 0,
		    "by: expected host among the names, with --emit-sketch");
	a->quantiles = (a->stats & QUANTILES) != 0 ||
		       flow_plan(a->flow)->emit_sketch;
	if (a->quantiles)
		a->scratch = sketch_new(AGG_SKETCH_ERROR);
	name_duration(a->window_name, sizeof(a->window_name), a->window);
	name_duration(a->slide_name, sizeof(a->slide_name), a->slide);
	return 0;
}

/* --- values ---------------------------------------------------------------- */

static int64_t
pane_of(const struct agg *a, double ts)
{
	return (int64_t)floor(ts / a->slide);
}

static void
add(const struct agg *a, struct agg_pane *p, double v)
{
	if (p->n == 0) {
		p->low = p->high = v;
		if (a->quantiles)
			p->sketch = sketch_new(AGG_SKETCH_ERROR);
	}
	p->n++;
	p->sum += v;
	p->low = v < p->low ? v : p->low;
	p->high = v > p->high ? v : p->high;
	if (a->quantiles)
		sketch_add(p->sketch, v);
}

/* Where the series belongs; again when its labels are others. */
static void
put(struct agg *a, const struct point *p, struct agg_part *part)
{
	struct agg_cell *c = agg_cell(a, agg_group(a, p), p->name,
	    p->series->counter);

	part->version = p->entity->version;
	if (part->cell == c)
		return;
	if (part->cell != NULL) {
		agg_settle(a, part);
		agg_leave(part);
	}
	part->serial = a->serials++;
	agg_join(c, part);
}

static void
value(void *self, const struct point *p, void *state)
{
	struct agg *a = self;
	struct agg_part *part = state;
	struct agg_shelf *s;
	int64_t pane = pane_of(a, p->ts);

	if (flow_plan(a->flow)->merge)
		return; /* sketches alone */
	if (part->cell == NULL || part->version != p->entity->version)
		put(a, p, part);
	s = part->cell->group->shelf;
	if (s->open == AGG_NO_PANE)
		s->open = pane;
	if (pane < s->open)
		return; /* of another source, later than its sweep: told */
	agg_close(a, s, pane - 1);
	if (pane > s->newest)
		s->newest = pane;
	if (part->pane != pane) {
		agg_settle(a, part);
		part->pane = pane;
	}
	part->sum += p->value;
	part->n++;
	add(a, agg_pane(a, part->cell, pane), p->value);
}

/* Who sends sketches is known a slide after the first of them has come. */
static void
close_by_time(struct agg *a, struct agg_shelf *s, double now)
{
	int64_t pane = pane_of(a, now);

	if (!flow_plan(a->flow)->merge || pane > s->first + 1)
		agg_close(a, s, pane);
}

static void
move_time(void *self, struct node *n)
{
	struct agg *a = self;

	if (!a->by_host)
		close_by_time(a, &a->common, flow_common_time(a->flow));
	else if (n->groups != NULL)
		close_by_time(a, n->groups, n->now);
}

static void
gone(void *self, void *state)
{
	struct agg_part *part = state;

	if (part->cell == NULL)
		return;
	agg_settle(self, part);
	agg_leave(part);
}

static void
free_shelf(struct agg *a, struct agg_shelf *s)
{
	struct agg_group *g, *next;

	for (g = s->groups; g != NULL; g = next) {
		next = g->next;
		agg_group_free(a, g);
	}
}

static void
end(void *self)
{
	struct agg *a = self;

	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next) {
		if (n->groups != NULL)
			free_shelf(a, n->groups);
		free(n->groups);
	}
	free_shelf(a, &a->common);
	map_free(a->groups, NULL);
	for (size_t i = 0; i < a->nkeys; i++)
		free(a->keys[i]);
	sketch_free(a->scratch);
	free(a);
}

const struct analysis analysis_aggregate = {
    .name = "aggregate",
    .series_bytes = sizeof(struct agg_part),
    .make = make,
    .option = option,
    .ready = ready,
    .value = value,
    .sketch = agg_take_sketch,
    .time = move_time,
    .gone = gone,
    .save = agg_save,
    .load = agg_load,
    .save_series = agg_save_series,
    .load_series = agg_load_series,
    .end = end,
};
