/* SPDX-License-Identifier: MIT */
/* past: see past.h. */
#include "past.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "stream/record.h"
#include "tool.h"
#include "view.h"

/* More is not seen on any screen. */
#define POINTS_WANTED 1000.0
#define POINTS_MAX 8192u

/* A value that means itself: quoted, and no wildcard in it. */
static void
put_value(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, "%s=\"", key);
	for (; *value != '\0'; value++) {
		if (strchr("*?[", *value) != NULL)
			buf_addf(b, "[%c]", *value);
		else {
			if (strchr("\"\\", *value) != NULL)
				buf_addc(b, '\\');
			buf_addc(b, *value);
		}
	}
	buf_addc(b, '"');
}

static char *
selector_of(const struct chart_series *s)
{
	struct buf b = {0};

	buf_addf(&b, "%s{", s->entity);
	put_value(&b, "host", s->host);
	buf_addc(&b, ',');
	put_value(&b, "id", s->id);
	buf_addf(&b, "}:%s", s->metric);
	buf_addc(&b, '\0');
	return b.data;
}

/* When what the model has of it begins; to when it has nothing. */
static double
remembered(const struct chart *c, unsigned i, const struct model *m,
    double from, double to, double *gap)
{
	struct chart_series bare = c->series[i];
	struct chart own = {.count = 1};
	struct point p[1];

	bare.npast = 0;
	own.series[0] = bare;
	return chart_points(&own, 0, m, from, to, p, 1, gap) != 0 ? p[0].ts
								  : to;
}

static void
put_arguments(struct past_question *q, const char *dir)
{
	size_t n = 0;

	q->text[0] = tool_path("nc-query");
	q->text[1] = xasprintf("@%.0f", floor(q->from));
	q->text[2] = xasprintf("@%.0f", ceil(q->to));
	q->argv[n++] = q->text[0];
	q->argv[n++] = "-q";
	q->argv[n++] = "-d";
	q->argv[n++] = dir;
	q->argv[n++] = "--from";
	q->argv[n++] = q->text[1];
	q->argv[n++] = "--to";
	q->argv[n++] = q->text[2];
	if (q->step > 1) {
		q->text[3] = xasprintf("%.0fs", q->step);
		q->argv[n++] = "--step";
		q->argv[n++] = q->text[3];
	}
	q->argv[n++] = q->text[4];
}

bool
past_ask(struct chart *c, const struct model *m, const char *dir,
    struct past_question *q)
{
	struct chart_series *s;
	double from, to, first, gap, step;

	chart_window(c, moment(m), &from, &to);
	if (isnan(from))
		return false;
	for (unsigned i = 0; i < c->count; i++) {
		s = &c->series[i];
		first = remembered(c, i, m, from, to, &gap);
		if (first - from <= (gap > 0 ? gap : 0))
			continue;
		step = floor(3 * c->span / POINTS_WANTED);
		/* Asked for, with a margin, and no coarser than is wanted. */
		if (s->past_from <= from && s->past_to >= first - 1 &&
		    s->past_step <= step + 1)
			continue;
		*q = (struct past_question){.host = xstrdup(s->host),
		    .entity = xstrdup(s->entity),
		    .id = xstrdup(s->id),
		    .metric = xstrdup(s->metric),
		    .from = from - c->span,
		    .to = first + c->span,
		    .step = step};
		q->text[4] = selector_of(s);
		put_arguments(q, dir);
		s->past_from = q->from;
		s->past_to = q->to;
		s->past_step = step;
		return true;
	}
	return false;
}

static int
by_time(const void *pa, const void *pb)
{
	const struct point *a = pa, *b = pb;

	return a->ts < b->ts ? -1 : a->ts > b->ts;
}

/* In order, and one of several sources at one moment. */
static void
settle(struct chart_series *s)
{
	double least = INFINITY;
	size_t n = 0;

	if (s->npast != 0)
		qsort(s->past, s->npast, sizeof(*s->past), by_time);
	for (size_t i = 0; i < s->npast; i++) {
		if (n != 0 && s->past[i].ts <= s->past[n - 1].ts)
			continue;
		if (n != 0 && s->past[i].ts - s->past[n - 1].ts < least)
			least = s->past[i].ts - s->past[n - 1].ts;
		s->past[n++] = s->past[i];
	}
	s->npast = n;
	s->past_gap = isinf(least) ? (double)NAN : 2.5 * least;
}

static void
read_points(struct chart_series *s, const char *text)
{
	struct intern *names = intern_new(0);
	struct decoder *d = decoder_new(names);
	struct buf b = {0};
	struct record r;
	char *line, *end;

	buf_adds(&b, text);
	buf_reserve(&b, RECORD_PADDING);
	s->past = xreallocarray(s->past, POINTS_MAX, sizeof(*s->past));
	s->npast = 0;
	for (line = b.data; line != NULL && line < b.data + b.len;
	     line = end + 1) {
		end = memchr(line, '\n', (size_t)(b.data + b.len - line));
		if (end == NULL || s->npast == POINTS_MAX)
			break;
		if (decoder_line(d, line, (size_t)(end - line), &r, NULL) ==
			0 &&
		    r.kind == RECORD_SAMPLE && r.nvalues == 1)
			s->past[s->npast++] = (struct point){r.ts,
			    r.values[0].number};
	}
	decoder_free(d);
	intern_free(names);
	buf_free(&b);
}

void
past_answer(struct chart *c, const struct past_question *q, const char *text)
{
	struct chart_series *s;

	for (unsigned i = 0; i < c->count; i++) {
		s = &c->series[i];
		if (strcmp(s->host, q->host) != 0 ||
		    strcmp(s->entity, q->entity) != 0 ||
		    strcmp(s->id, q->id) != 0 ||
		    strcmp(s->metric, q->metric) != 0)
			continue;
		read_points(s, text);
		settle(s);
	}
}

void
past_free(struct past_question *q)
{
	free(q->host);
	free(q->entity);
	free(q->id);
	free(q->metric);
	for (size_t i = 0; i < sizeof(q->text) / sizeof(q->text[0]); i++)
		free(q->text[i]);
	*q = (struct past_question){0};
}
