/* SPDX-License-Identifier: MIT */
/*
 * agg_sketch: a pane of a group as records (--emit-sketch), a metric each,
 * and such records back into panes (--merge): what many hosts came to
 * together is told without their values, to the bit.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agg.h"
#include "base/map.h"
#include "base/mem.h"
#include "math/sketch.h"

/* Of the text of buckets in one record; what is more goes into the next. */
#define TEXT_BYTES 2000

/* --- out ------------------------------------------------------------------------ */

static void
begin(struct agg *a, struct agg_cell *c, int64_t pane, unsigned part)
{
	const struct agg_group *g = c->group;
	const char *metric = intern_str(flow_plan(a->flow)->names, c->name);
	struct buf id = {0};
	struct frame *f;

	buf_addf(&id, "%s/sketch/%s/%s", g->name, a->slide_name, metric);
	if (part != 0)
		buf_addf(&id, "/%u", part + 1);
	f = flow_begin(a->flow, g->shelf->node, g->shelf->node->host,
	    (double)(pane + 1) * a->slide, RECORD_SAMPLE, "aggregate",
	    buf_span(&id));
	frame_label(f, "of", span_of(g->entity));
	frame_label(f, "stat", span_of("sketch"));
	frame_label(f, "window", span_of(a->slide_name));
	frame_label(f, "metric", span_of(metric));
	for (size_t k = 0; k < a->nkeys; k++)
		frame_label(f, a->keys[k], span_of(g->values[k]));
	frame_interval(f, a->slide);
	if (!g->shelf->covered)
		frame_quality(f, RECORD_PARTIAL, (double)NAN);
	buf_free(&id);
}

void
agg_tell_sketch(struct agg *a, struct agg_cell *c, int64_t pane)
{
	const struct agg_pane *p = agg_pane(a, c, pane);
	struct frame *f = flow_plan(a->flow)->out;
	struct buf text = {0};
	uint32_t cursor = 0;

	for (unsigned part = 0;
	     p->n != 0 && sketch_put(p->sketch, &cursor, TEXT_BYTES, &text);
	     part++) {
		begin(a, c, pane, part);
		frame_text(f, "sketch", buf_span(&text));
		frame_number(f, "error", AGG_SKETCH_ERROR);
		/* The others have only buckets to add. */
		frame_value(f, "count", part == 0 ? p->n : 0);
		frame_value(f, "sum", part == 0 ? p->sum : 0);
		frame_value(f, "sum_of_means", part == 0 ? p->total : 0);
		frame_value(f, "min", p->low);
		frame_value(f, "max", p->high);
		frame_value(f, "of_counter", c->counter);
		flow_end(a->flow);
	}
	buf_free(&text);
}

/* --- back ----------------------------------------------------------------------- */

static double
value_of(const struct agg *a, const struct record *r, const char *name)
{
	uint32_t id = intern_find(flow_plan(a->flow)->names, span_of(name));

	for (size_t i = 0; i < r->nvalues; i++)
		if (r->values[i].name == id)
			return r->values[i].number;
	return (double)NAN;
}

/* The pane that it is of; false: it is none, but longer or shorter. */
static bool
find_pane(const struct agg *a, const struct record *r, int64_t *pane)
{
	*pane = (int64_t)round(r->ts / a->slide) - 1;
	return (r->has & RECORD_HAS_INTERVAL) != 0 &&
	       fabs(r->interval - a->slide) < 1e-3 &&
	       fabs(r->ts - (double)(*pane + 1) * a->slide) < 1e-3;
}

static struct agg_group *
group_of(struct agg *a, const struct record *r, struct node *n)
{
	struct buf key = {0};
	struct span of = record_label(r, "of"), value;
	struct agg_group *g;

	buf_add(&key, of.p, of.len);
	buf_addc(&key, '\0');
	if (a->by_host)
		buf_adds(&key, n->host);
	for (size_t i = 0; i < a->nkeys; i++) {
		value = record_label(r, a->keys[i]);
		buf_addc(&key, '\0');
		buf_add(&key, value.p, value.len);
	}
	if ((g = map_get(a->groups, buf_span(&key))) == NULL)
		g = agg_group_add(a, agg_shelf(a, a->by_host ? n : NULL),
		    buf_span(&key));
	buf_free(&key);
	return g;
}

static void
add(struct agg *a, struct agg_pane *p, const struct record *r,
    const struct sketch *s)
{
	double low = value_of(a, r, "min"), high = value_of(a, r, "max");

	p->low = p->n == 0 ? low : fmin(p->low, low);
	p->high = p->n == 0 ? high : fmax(p->high, high);
	if (p->n == 0 && a->quantiles)
		p->sketch = sketch_new(AGG_SKETCH_ERROR);
	p->n += value_of(a, r, "count");
	p->sum += value_of(a, r, "sum");
	p->total += value_of(a, r, "sum_of_means");
	if (a->quantiles)
		sketch_merge(p->sketch, s);
}

static void
refuse(struct agg *a, const struct record *r, const char *why)
{
	diag_limited(flow_plan(a->flow)->diag, DIAG_WARN, "sketch", NULL,
	    "%.*s: %s: not merged", SPAN_ARG(r->id), why);
}

static bool
read_sketch(const struct agg *a, const struct record *r, struct sketch *s)
{
	static const char *const needed[] = {"count", "sum", "sum_of_means",
	    "min", "max", "of_counter"};
	const struct record_field *text = record_field(r, "sketch");
	const struct record_field *error = record_field(r, "error");

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (isnan(value_of(a, r, needed[i])))
			return false;
	return text != NULL && error != NULL &&
	       error->number == AGG_SKETCH_ERROR &&
	       record_label(r, "of").len != 0 &&
	       record_label(r, "metric").len != 0 &&
	       sketch_take(s, text->text, value_of(a, r, "min"),
		   value_of(a, r, "max"));
}

void
agg_take_sketch(void *self, const struct record *r, struct node *n)
{
	struct agg *a = self;
	struct sketch *s = sketch_new(AGG_SKETCH_ERROR);
	struct span metric = record_label(r, "metric");
	struct agg_shelf *shelf;
	struct agg_cell *c;
	int64_t pane;

	if (!find_pane(a, r, &pane)) {
		refuse(a, r, "of another slide");
	} else if (!read_sketch(a, r, s)) {
		refuse(a, r, "not a sketch of 1 %");
	} else {
		c = agg_cell(a, group_of(a, r, n),
		    intern_id(flow_plan(a->flow)->names, metric),
		    value_of(a, r, "of_counter") != 0);
		shelf = c->group->shelf;
		if (shelf->open == AGG_NO_PANE)
			shelf->open = shelf->first = pane;
		if (pane < shelf->open) {
			refuse(a, r, "its window is over");
		} else {
			agg_close(a, shelf, pane - a->ahead);
			if (pane > shelf->newest)
				shelf->newest = pane;
			if (r->quality != RECORD_GOOD)
				shelf->partial = pane;
			add(a, agg_pane(a, c, pane), r, s);
		}
	}
	sketch_free(s);
}
