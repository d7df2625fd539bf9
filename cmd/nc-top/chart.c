/* SPDX-License-Identifier: MIT */
/* chart: which series, which span.  Pure but for memory. */
#include "chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SPAN_LEAST 10.0
#define SPAN_MOST (366 * 86400.0)

static void
series_free_one(struct chart_series *s)
{
	free(s->host);
	free(s->entity);
	free(s->id);
	free(s->metric);
	free(s->past);
	*s = (struct chart_series){0};
}

void
chart_clear(struct chart *c)
{
	for (unsigned i = 0; i < c->count; i++)
		series_free_one(&c->series[i]);
	c->count = 0;
	c->span = c->pan = 0;
}

void
chart_add(struct chart *c, const struct thing *t, const char *metric)
{
	struct chart_series *s;

	if (c->count == CHART_SERIES) {
		series_free_one(&c->series[0]);
		c->count--;
		memmove(c->series, c->series + 1, c->count * sizeof(*s));
	}
	s = &c->series[c->count++];
	*s = (struct chart_series){.host = xstrdup(t->host->name),
	    .entity = xstrdup(t->subject->entity),
	    .id = xstrdup(t->subject->id),
	    .metric = xstrdup(metric),
	    .past_from = NAN,
	    .past_to = NAN};
	if (!(c->span > 0))
		c->span = 600;
}

void
chart_zoom(struct chart *c, bool in)
{
	c->span *= in ? 0.5 : 2.0;
	if (c->span < SPAN_LEAST)
		c->span = SPAN_LEAST;
	if (c->span > SPAN_MOST)
		c->span = SPAN_MOST;
}

void
chart_pan(struct chart *c, bool back)
{
	c->pan += back ? c->span / 4 : -c->span / 4;
	if (c->pan < 0)
		c->pan = 0;
	if (c->pan > SPAN_MOST)
		c->pan = SPAN_MOST;
}

void
chart_window(const struct chart *c, double now, double *from, double *to)
{
	*to = now - c->pan;
	*from = *to - c->span;
}

enum track
chart_track(enum track_kind kind, const char *metric)
{
	const struct track_group *g = track_group(kind);
	int at = track_index(g, metric);

	return at == -1 ? TRACK_COUNT
			: (enum track)((unsigned)g->first + (unsigned)at);
}

const char *
chart_default(enum track_kind kind)
{
	static const char *const names[KIND_COUNT] = {
	    [KIND_HOST] = "load1",
	    [KIND_DISK] = "written_bytes_per_second",
	    [KIND_NIC] = "receive_bytes_per_second",
	    [KIND_FS] = "available_bytes",
	    [KIND_VM] = "cpu_seconds_per_second",
	    [KIND_VCPU] = "cpu_seconds_per_second",
	    [KIND_VDISK] = "written_bytes_per_second",
	    [KIND_VNIC] = "receive_bytes_per_second",
	    [KIND_THREAD] = "cpu_seconds_per_second",
	    [KIND_BOX] = "cpu_seconds_per_second",
	    [KIND_BOXNIC] = "receive_bytes_per_second",
	    [KIND_SERVICE] = "cpu_seconds_per_second",
	    [KIND_TOOL] = "lag_seconds",
	};

	return names[kind];
}

size_t
chart_points(const struct chart *c, unsigned i, const struct model *m,
    double from, double to, struct point *out, size_t max, double *gap)
{
	const struct chart_series *s = &c->series[i];
	const struct thing *t = model_thing(m, s->host, s->entity, s->id);
	enum track what;
	size_t n = 0, skip = 0, own = 0;
	double first = INFINITY;

	*gap = NAN;
	if (t != NULL &&
	    (what = chart_track(t->kind, s->metric)) != TRACK_COUNT) {
		own = model_points(m, t->subject, what, from, to, out, max,
		    gap);
		if (own != 0)
			first = out[0].ts;
	}
	while (skip < s->npast && s->past[skip].ts <= from)
		skip++;
	while (skip + n < s->npast && s->past[skip + n].ts < first &&
	       s->past[skip + n].ts <= to && n + own < max)
		n++;
	if (n != 0) {
		memmove(out + n, out, own * sizeof(*out));
		memcpy(out, s->past + skip, n * sizeof(*out));
		if (!(*gap >= s->past_gap))
			*gap = s->past_gap;
	}
	return n + own;
}
