/* SPDX-License-Identifier: MIT */
/*
 * chart: what is to be drawn over time: one to four series, a span of it.
 * Where the model remembers nothing more, older points may be given from a
 * store.
 */
#ifndef NC_TOP_CHART_H
#define NC_TOP_CHART_H

#include "model.h"

#define CHART_SERIES 4u

struct chart_series {
	char *host, *entity, *id; /* owned */
	char *metric; /* owned; X_per_second for a counter */
	struct point *past; /* owned, older than the model's; by ts */
	size_t npast;
	double past_from, past_to; /* what was asked of the store, NAN: never */
	double past_step; /* and how fine */
	double past_gap; /* beyond that two of them are no neighbours */
};

enum chart_dots { DOTS_BLOCK, DOTS_BRAILLE, DOTS_ASCII };

struct chart {
	struct chart_series series[CHART_SERIES];
	unsigned count;
	double span; /* seconds from left to right */
	double pan; /* seconds the right edge is before the cursor */
	enum chart_dots dots;
};

void chart_clear(struct chart *c);
/* Adds a series; with four the first goes. */
void chart_add(struct chart *c, const struct thing *t, const char *metric);
/* Times as long, or as short; within ten seconds and a year. */
void chart_zoom(struct chart *c, bool in);
/* By a quarter of what is seen; never into the future. */
void chart_pan(struct chart *c, bool back);
/* What is seen: the moments of its edges. */
void chart_window(const struct chart *c, double now, double *from, double *to);
/*
 * Points of series i within (from, to], oldest first, at most max: those of
 * the store, then those of the model.  *gap: seconds beyond which two are no
 * neighbours.
 */
size_t chart_points(const struct chart *c, unsigned i, const struct model *m,
    double from, double to, struct point *out, size_t max, double *gap);
/* The metric the model follows under that name, TRACK_COUNT: none. */
enum track chart_track(enum track_kind kind, const char *metric);
/* What a thing is charted by when nobody says: its first metric. */
const char *chart_default(enum track_kind kind);

#endif
