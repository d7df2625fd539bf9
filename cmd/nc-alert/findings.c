/* SPDX-License-Identifier: MIT */
/*
 * findings: records of analyses into what rules ask for.  Never says that
 * nothing is wrong where nobody has looked.
 */
#include "findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "findings_priv.h"

static const struct {
	const char *name;
	enum expr_function function;
} analyses[] = {
    {"anomaly", EXPR_ANOMALY},
    {"forecast", EXPR_FORECAST},
    {"full", EXPR_FULL},
    {"change", EXPR_CHANGE},
    {"cause", EXPR_CAUSE},
};

/* A forecast is told each ten minutes when nothing else was asked for; three
 * times that it is believed, and an hour in any case. */
#define FORECAST_LEAST 3600.0

unsigned
findings_bit(enum expr_function f)
{
	return 1u << (f - EXPR_ANOMALY);
}

static const char *
text_of(const struct record *r, const char *key, struct span *to)
{
	const struct record_field *f = record_field(r, key);

	*to = f != NULL ? f->text : (struct span){NULL, 0};
	return to->p;
}

static double
number_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->number : (double)NAN;
}

/* --- sweeps -------------------------------------------------------------- */

static struct json *
array_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? json_parse(f->raw, NULL) : NULL;
}

static void
take_analyses(struct cover *c, const struct record *r)
{
	struct json *list = array_of(r, "analyses");
	const struct json *at;

	c->analyses = 0;
	for (size_t i = 0; (at = json_at(list, i, NULL)) != NULL; i++)
		for (size_t k = 0; k < sizeof(analyses) / sizeof(analyses[0]);
		     k++)
			if (span_is(json_text(at, (struct span){NULL, 0}),
				analyses[k].name))
				c->analyses |= findings_bit(
				    analyses[k].function);
	json_free(list);
}

/* The selectors of a sweep are the same each time: read once. */
static void
take_only(struct cover *c, const struct record *r)
{
	const struct record_field *f = record_field(r, "only");
	struct span raw = f != NULL ? f->raw : (struct span){NULL, 0};
	const struct json *at;
	struct json *list;

	if (c->only_text != NULL ? span_is(raw, c->only_text) : raw.len == 0)
		return;
	cover_clear(c);
	if (raw.len == 0 || (list = json_parse(raw, NULL)) == NULL)
		return;
	c->only_text = xmemdup0(raw.p, raw.len);
	c->only = xcalloc(json_count(list) + 1, sizeof(struct selector *));
	for (size_t i = 0; (at = json_at(list, i, NULL)) != NULL; i++) {
		c->only[c->nonly] = selector_parse(json_text(at, span_of("?")),
		    NULL);
		c->nonly += c->only[c->nonly] != NULL;
	}
	json_free(list);
}

static void
take_sweep(struct findings *f, const struct record *r)
{
	struct node *n = findings_node(f, r->host);
	double seq = number_of(r, "seq");
	struct cover *c;

	/* Rounds are counted from 0: this one has forgotten what was open. */
	if (seq <= n->seq)
		findings_forget_host(f, r->host);
	n->seq = seq;
	c = node_cover(n, record_label(r, "of"));
	c->ts = r->ts;
	c->interval = r->has & RECORD_HAS_INTERVAL ? r->interval : (double)NAN;
	take_analyses(c, r);
	take_only(c, r);
}

/* --- what was found ------------------------------------------------------ */

static void
take_anomaly(struct finding *x, const struct record *r)
{
	struct span state;

	text_of(r, "state", &state);
	if (span_is(state, "score"))
		return;
	x->open = !span_is(state, "close");
	x->score = number_of(r, "score");
}

static void
take_full(struct finding *x, const struct record *r)
{
	double when = number_of(r, "p50");

	x->full = true;
	x->when = isnan(when) ? (double)INFINITY : when;
	x->probability = number_of(r, "probability");
}

static void
take_change(struct finding *x, const struct record *r)
{
	x->changed = true;
	x->onset = number_of(r, "onset");
	x->delta = number_of(r, "delta");
	x->confidence = number_of(r, "confidence");
}

static void
take_forecast(struct finding *x, const struct record *r)
{
	struct json *list = array_of(r, "p50");
	size_t n = json_count(list);

	if (n > 0 && n <= POINTS_MAX) {
		x->points = xreallocarray(x->points, n, sizeof(double));
		for (size_t i = 0; i < n; i++)
			x->points[i] = json_number(json_at(list, i, NULL),
			    (double)NAN);
		if (x->npoints > 0)
			x->gap = r->ts - x->forecast_ts;
		x->npoints = n;
		x->forecast_ts = r->ts;
		x->step = number_of(r, "step");
		x->error = number_of(r, "error");
	}
	json_free(list);
}

static void
take_cause(struct findings *f, const struct record *r)
{
	struct json *list = array_of(r, "suspects");
	const struct json *s;
	struct span state, incident, none = {NULL, 0};
	struct about *a;

	text_of(r, "state", &state);
	text_of(r, "incident", &incident);
	findings_end_incident(f, incident);
	for (size_t i = 0;
	     !span_is(state, "close") && (s = json_at(list, i, NULL)) != NULL;
	     i++) {
		a = findings_about(f, json_text(json_member(s, "host"), none),
		    json_text(json_member(s, "entity"), none),
		    json_text(json_member(s, "id"), none));
		about_suspect(a, incident,
		    json_number(json_member(s, "score"), 0));
	}
	json_free(list);
}

bool
findings_take(struct findings *f, const struct record *r)
{
	struct span metric;
	struct finding *x;

	if (r->kind == RECORD_SWEEP) {
		if (record_field(r, "analyses") == NULL)
			return false;
		take_sweep(f, r);
		return true;
	}
	if (r->kind == RECORD_CAUSE)
		take_cause(f, r);
	if (r->kind != RECORD_ANOMALY && r->kind != RECORD_FULL &&
	    r->kind != RECORD_CHANGE && r->kind != RECORD_FORECAST)
		return false;
	text_of(r, "metric", &metric);
	x = about_finding(findings_about(f, r->host, r->entity, r->id), metric);
	switch (r->kind) {
	case RECORD_ANOMALY:
		take_anomaly(x, r);
		break;
	case RECORD_FULL:
		take_full(x, r);
		break;
	case RECORD_CHANGE:
		take_change(x, r);
		break;
	default:
		take_forecast(x, r);
	}
	return false;
}

/* --- answers ------------------------------------------------------------- */

/* What is known of a series when nothing was told of it. */
enum covered {
	COVERED_NEVER, /* no sweep speaks of its source */
	COVERED_NOT, /* it was not looked at, or too long ago */
	COVERED
};

static bool
is_meant(const struct cover *c, const struct findings_question *q)
{
	if (c->only_text == NULL)
		return true;
	for (size_t i = 0; i < c->nonly; i++)
		if (selector_entity(c->only[i], q->who) &&
		    (q->metric == NULL ||
			selector_metric(c->only[i], span_of(q->metric))))
			return true;
	return false;
}

static enum covered
covered(const struct findings *f, enum expr_function function,
    const struct findings_question *q)
{
	const struct node *n = map_get(f->hosts, span_of(q->subject->host));
	enum covered best = COVERED_NEVER;
	const struct cover *c;
	double patience;

	for (c = n != NULL ? n->covers : NULL; c != NULL; c = c->next)
		for (size_t i = 0; i < q->subject->nsources; i++) {
			if (strcmp(q->subject->sources[i]->origin->source,
				c->source) != 0)
				continue;
			best = best == COVERED ? best : COVERED_NOT;
			patience = isnan(c->interval) ? q->patience
						      : 3 * c->interval;
			if (q->now - c->ts <= patience + 1e-6 &&
			    (c->analyses & findings_bit(function)) != 0 &&
			    is_meant(c, q))
				best = COVERED;
		}
	return best;
}

static bool
is_of(const struct finding *x, const struct findings_question *q)
{
	if (q->metric == NULL)
		return true;
	return strcmp(x->metric, q->metric) == 0 ||
	       (q->other != NULL && strcmp(x->metric, q->other) == 0);
}

/* The joint one, or else the greatest of those open; 0: none is. */
static double
anomaly(const struct about *a, const struct findings_question *q)
{
	double most = 0;

	for (size_t i = 0; a != NULL && i < a->nfindings; i++) {
		const struct finding *x = &a->findings[i];

		if (!x->open || !is_of(x, q))
			continue;
		if (q->metric == NULL && *x->metric == '\0')
			return x->score;
		most = fmax(most, x->score);
	}
	return most;
}

/* The one that will be soonest. */
static double
full(const struct about *a, const struct findings_question *q, bool confidence)
{
	double soonest = INFINITY, probability = 0;

	for (size_t i = 0; a != NULL && i < a->nfindings; i++) {
		const struct finding *x = &a->findings[i];

		if (!x->full || !is_of(x, q) || !(x->when < soonest))
			continue;
		soonest = x->when;
		probability = x->probability;
	}
	return confidence ? probability : fmax(0, soonest - q->now);
}

static bool
change(const struct about *a, const struct findings_question *q, double range,
    bool confidence, double *value)
{
	for (size_t i = 0; a != NULL && i < a->nfindings; i++) {
		const struct finding *x = &a->findings[i];

		if (!x->changed || !is_of(x, q) || x->onset < q->now - range)
			continue;
		*value = confidence ? x->confidence : x->delta;
		return true;
	}
	return false;
}

/* What was forecast for that time, between its points. */
static double
forecast(const struct about *a, const struct findings_question *q, double ahead,
    bool confidence)
{
	double at, part;
	size_t k;

	for (size_t i = 0; a != NULL && i < a->nfindings; i++) {
		const struct finding *x = &a->findings[i];

		if (x->npoints == 0 || !is_of(x, q))
			continue;
		if (q->now - x->forecast_ts > fmax(FORECAST_LEAST, 3 * x->gap))
			return NAN;
		/* 1: exact; 0: no better than that nothing moves. */
		if (confidence)
			return fmax(0, 1 - x->error);
		at = (q->now + ahead - x->forecast_ts) / x->step - 1;
		if (!(at <= (double)(x->npoints - 1) + 1e-9))
			return NAN;
		k = at > 0 ? (size_t)at : 0;
		part = at > 0 ? at - (double)k : 0;
		return x->points[k] +
		       (k + 1 < x->npoints
			       ? part * (x->points[k + 1] - x->points[k])
			       : 0);
	}
	return NAN;
}

static double
cause(const struct about *a)
{
	double most = 0;

	for (size_t i = 0; a != NULL && i < a->nsuspects; i++)
		most = fmax(most, a->suspects[i].score);
	return most;
}

enum expr_found
findings_answer(const struct findings *f, const struct expr_input *in,
    const struct findings_question *q, double *value)
{
	bool confidence = in->function == EXPR_CONFIDENCE, told = false;
	enum expr_function what = confidence ? in->of : in->function;
	const struct about *a = findings_find(f, q->subject);
	enum covered c = covered(f, what, q);

	*value = 0;
	switch (what) {
	case EXPR_ANOMALY:
		*value = anomaly(a, q);
		told = *value > 0;
		break;
	case EXPR_FULL:
		*value = full(a, q, confidence);
		told = isfinite(*value) && !confidence;
		break;
	case EXPR_CHANGE:
		/* It has happened, whoever looks on now. */
		if (change(a, q, in->range, confidence, value))
			return EXPR_FOUND;
		break;
	case EXPR_FORECAST:
		*value = forecast(a, q, in->range, confidence);
		break;
	default:
		*value = cause(a);
		told = *value > 0;
	}
	/* Of a source without sweeps only what is open is known. */
	if (c == COVERED || (c == COVERED_NEVER && told))
		return isnan(*value) ? EXPR_UNKNOWN : EXPR_FOUND;
	return EXPR_UNKNOWN;
}
