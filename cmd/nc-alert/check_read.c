/* SPDX-License-Identifier: MIT */
/*
 * check_read: tests as they are written: series, labels, findings, what must
 * fire when; and findings as records.  Never evaluates a rule.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "check_priv.h"
#include "stream/json.h"

#define FAR_AHEAD 1e9 /* seconds: a forecast that stays the same */

static int
add_value(struct series_text *s, double v)
{
	if (s->count == CHECK_ROUNDS_MAX)
		return -1;
	if ((s->count & (s->count + 1)) == 0 || s->values == NULL)
		s->values = xreallocarray(s->values, 2 * (s->count + 1),
		    sizeof(*s->values));
	s->values[s->count++] = v;
	return 0;
}

/* One word of the notation: 5 5x3 5+2x3 5-2x3 _ _x3; xN: N more. */
static int
read_values(struct series_text *s, struct span word)
{
	struct span first, rest, by;
	uint64_t more = 0;
	double v = NAN, step = 0;
	size_t sign;

	if (str_cut(word, 'x', &first, &rest) &&
	    parse_unsigned(rest, CHECK_ROUNDS_MAX, &more, NULL) == -1)
		return -1;
	if (span_is(first, "_")) {
		if (more > 0) /* _x3 is three, not one and three more */
			more--;
	} else {
		for (sign = 1; sign < first.len; sign++)
			if ((first.p[sign] == '+' || first.p[sign] == '-') &&
			    first.p[sign - 1] != 'e')
				break;
		by = (struct span){first.p + sign,
		    first.len > sign ? first.len - sign : 0};
		first.len -= by.len;
		if (parse_number(first, &v, NULL) == -1 ||
		    (by.len > 0 && parse_number(by, &step, NULL) == -1))
			return -1;
	}
	for (uint64_t i = 0; i <= more; i++)
		if (add_value(s, v + step * (double)i) == -1)
			return -1;
	return 0;
}

/* ENTITY ID METRIC "VALUES" */
static int
read_row(struct run *r, struct config_cursor *c, struct series_text *s)
{
	struct span rest, word;
	const char *text;
	size_t at;

	if (config_text(c, "an entity", &s->entity) == -1 ||
	    config_text(c, "its id", &s->id) == -1 ||
	    config_text(c, "a metric", &s->metric) == -1)
		return -1;
	at = c->at;
	if (config_text(c, "values such as \"1 2x3 _\"", &text) == -1)
		return -1;
	rest = span_of(text);
	while (str_word(&rest, &word))
		if (read_values(s, word) == -1)
			return config_error(&r->co, c->node, at,
			    "cannot read '%.*s', expected 5, 5x3, 5+2x3 or _",
			    SPAN_ARG(word));
	return 0;
}

/* series ROW */
static int
read_series(struct run *r, struct config_cursor *c, struct test *t)
{
	t->series = xreallocarray(t->series, t->nseries + 1,
	    sizeof(*t->series));
	t->series[t->nseries] = (struct series_text){0};
	if (read_row(r, c, &t->series[t->nseries++]) == -1)
		return -1;
	return config_end(c);
}

/* found KIND ROW [confidence N] */
static int
read_found(struct run *r, struct config_cursor *c, struct test *t)
{
	struct found_text *f;
	const char *kind;

	if (config_text(c, "anomaly, full, change, forecast or cause", &kind) ==
	    -1)
		return -1;
	t->found = xreallocarray(t->found, t->nfound + 1, sizeof(*t->found));
	f = &t->found[t->nfound++];
	*f = (struct found_text){.kind = record_kind_of(span_of(kind)),
	    .confidence = 0.9};
	if (f->kind != RECORD_ANOMALY && f->kind != RECORD_FULL &&
	    f->kind != RECORD_CHANGE && f->kind != RECORD_FORECAST &&
	    f->kind != RECORD_CAUSE)
		return config_error(&r->co, c->node, 1,
		    "'%s' here, expected anomaly, full, change, forecast or"
		    " cause",
		    kind);
	if (read_row(r, c, &f->at) == -1)
		return -1;
	if (config_accept(c, "confidence") &&
	    config_number(c, "a number from 0 to 1", &f->confidence) == -1)
		return -1;
	return config_end(c);
}

static int
read_label(struct config_cursor *c, struct test *t)
{
	struct test_label l;

	if (config_text(c, "an entity", &l.entity) == -1 ||
	    config_text(c, "its id", &l.id) == -1 ||
	    config_text(c, "the name of a label", &l.key) == -1)
		return -1;
	config_accept(c, "=");
	if (config_text(c, "its value", &l.value) == -1)
		return -1;
	t->labels = xreallocarray(t->labels, t->nlabels + 1,
	    sizeof(*t->labels));
	t->labels[t->nlabels++] = l;
	return config_end(c);
}

/* at TIME RULE ENTITY ID info|warn|crit|ok */
static int
read_want(struct run *r, struct config_cursor *c, struct test *t)
{
	struct expectation w = {.node = c->node};
	bool known = false;
	size_t rule_at;

	if (config_duration(c, "a time such as 5m", &w.at) == -1)
		return -1;
	rule_at = c->at;
	if (config_text(c, "the name of a rule", &w.rule) == -1 ||
	    config_text(c, "an entity", &w.entity) == -1 ||
	    config_text(c, "its id", &w.id) == -1)
		return -1;
	for (size_t i = 0; i < r->rules.count; i++)
		known = known || strcmp(r->rules.list[i].name, w.rule) == 0;
	if (!known)
		return config_error(&r->co, c->node, rule_at, "no rule '%s'",
		    w.rule);
	if (config_text(c, "info, warn, crit or ok", &w.state) == -1)
		return -1;
	if (strcmp(w.state, "ok") != 0 && strcmp(w.state, "info") != 0 &&
	    strcmp(w.state, "warn") != 0 && strcmp(w.state, "crit") != 0)
		return config_error(&r->co, c->node, c->at - 1,
		    "'%s' here, expected info, warn, crit or ok", w.state);
	t->wants = xreallocarray(t->wants, t->nwants + 1, sizeof(*t->wants));
	t->wants[t->nwants++] = w;
	return config_end(c);
}

int
check_read_clause(struct run *r, const struct config_node *node, struct test *t)
{
	struct config_cursor c = {&r->co, node, 0};

	if (config_accept(&c, "series"))
		return read_series(r, &c, t);
	if (config_accept(&c, "label"))
		return read_label(&c, t);
	if (config_accept(&c, "found"))
		return read_found(r, &c, t);
	if (config_accept(&c, "at"))
		return read_want(r, &c, t);
	if (config_accept(&c, "every")) {
		if (config_duration(&c, "a time such as 1m", &t->every) == -1)
			return -1;
		if (t->every <= 0)
			return config_error(&r->co, node, 1,
			    "expected more than 0");
		return config_end(&c);
	}
	return config_error(&r->co, node, 0,
	    "unknown word '%s', expected every, series, label, found or at",
	    node->tokens[0].text);
}

const char *
check_host_of(const struct series_text *s)
{
	return strcmp(s->entity, "host") == 0 ? s->id : CHECK_HOST;
}

void
check_test_free(struct test *t)
{
	for (size_t i = 0; i < t->nseries; i++)
		free(t->series[i].values);
	for (size_t i = 0; i < t->nfound; i++)
		free(t->found[i].at.values);
	free(t->series);
	free(t->found);
	free(t->labels);
	free(t->wants);
}

/* --- what nc-analyze is made to say -------------------------------------- */

static void
put_when(struct frame *f, const char *key, double when)
{
	if (isnan(when))
		frame_text(f, key, span_of("never"));
	else
		frame_number(f, key, when);
}

static void
put_suspect(struct frame *f, const struct found_text *x, double score)
{
	struct json *list = json_new(JSON_KIND_ARRAY);
	struct json *s = json_new(JSON_KIND_OBJECT);
	struct buf b = {0};

	json_set(s, "host", json_new_text(span_of(check_host_of(&x->at))));
	json_set(s, "entity", json_new_text(span_of(x->at.entity)));
	json_set(s, "id", json_new_text(span_of(x->at.id)));
	json_set(s, "score", json_new_number(isnan(score) ? 0 : score));
	json_append(list, s);
	json_dump(list, &b);
	json_free(list);
	frame_text(f, "incident", span_of(x->at.id));
	frame_raw(f, "suspects", buf_span(&b));
	buf_free(&b);
}

/* v NAN: it is over. */
static void
say_found(struct frame *f, const struct found_text *x, double now, double v)
{
	char points[80];
	int n;

	frame_begin(f, x->kind, x->at.entity, span_of(x->at.id));
	if (strcmp(x->at.metric, "-") != 0)
		frame_text(f, "metric", span_of(x->at.metric));
	if (x->kind == RECORD_ANOMALY || x->kind == RECORD_CAUSE)
		frame_text(f, "state", span_of(isnan(v) ? "close" : "open"));
	switch (x->kind) {
	case RECORD_ANOMALY:
		frame_number(f, "score", isnan(v) ? 0 : v);
		break;
	case RECORD_FULL:
		frame_number(f, "probability", x->confidence);
		put_when(f, "p50", now + v);
		break;
	case RECORD_CHANGE:
		frame_number(f, "onset", now);
		frame_number(f, "delta", v);
		frame_number(f, "confidence", x->confidence);
		break;
	case RECORD_CAUSE:
		put_suspect(f, x, v);
		break;
	default:
		frame_number(f, "step", FAR_AHEAD);
		frame_number(f, "error", 1 - x->confidence);
		n = snprintf(points, sizeof(points), "[%.17g,%.17g]", v, v);
		frame_raw(f, "p50", (struct span){points, (size_t)n});
	}
	frame_end(f);
}

void
check_play_found(struct run *r, struct test *t, size_t round, const char *host)
{
	double now = CHECK_BASE + t->every * (double)round, v;
	struct found_text *x;

	frame_origin(r->records, host, "nc-analyze");
	for (x = t->found; x < t->found + t->nfound; x++) {
		if (strcmp(check_host_of(&x->at), host) != 0)
			continue;
		v = round < x->at.count ? x->at.values[round] : (double)NAN;
		if (!isnan(v))
			say_found(r->records, x, now, v);
		else if (x->open && x->kind != RECORD_CHANGE &&
			 x->kind != RECORD_FORECAST)
			say_found(r->records, x, now, v);
		x->open = !isnan(v);
	}
	frame_begin(r->records, RECORD_SWEEP, "", (struct span){NULL, 0});
	frame_label(r->records, "of", span_of("test"));
	frame_interval(r->records, t->every);
	frame_number(r->records, "seq", (double)round);
	frame_raw(r->records, "analyses",
	    span_of(
		"[\"anomaly\",\"full\",\"change\",\"forecast\",\"cause\"]"));
	frame_end(r->records);
}
