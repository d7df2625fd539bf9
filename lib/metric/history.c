/* SPDX-License-Identifier: MIT */
/*
 * history: see the header.  The line is fitted to whole steps only: it stays
 * the same while a step goes on, and is then fitted anew, so that asking for
 * it at every round of ten thousand series costs little.
 */
#include "metric/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/trend.h"

#define LINE_STEPS 64
#define LINE_LEAST 8
#define THEN_STEPS 256
#define HOUR 3600.0
#define HABIT_LEAST 3
#define HABIT_MOST 64 /* seasons looked at */
#define POINTS_MAX 4096 /* that a state file may hold */

static double
step_of(const struct history *h)
{
	switch (h->kind) {
	case HISTORY_LINE:
		return h->range / LINE_STEPS;
	case HISTORY_THEN:
		return h->range / THEN_STEPS;
	default:
		return HOUR;
	}
}

static int64_t
number_of(const struct history *h, double ts)
{
	return (int64_t)floor(ts / step_of(h));
}

void
history_free(struct history *h)
{
	free(h->points);
	h->points = NULL;
	h->count = h->room = 0;
}

/* Lets go of what is older than anybody asks for, but only now and then: a
 * quarter of the room is moved at once. */
static void
forget(struct history *h, double ts)
{
	double keep = h->range + 2 * step_of(h);
	uint32_t old = 0;

	while (old < h->count && h->points[old].ts < ts - keep)
		old++;
	/* What it was then may have been told long before. */
	if (h->kind == HISTORY_THEN && old > 0)
		old--;
	if (old == 0 || (old < h->count && old < h->room / 4))
		return;
	h->count -= old;
	memmove(h->points, h->points + old, h->count * sizeof(*h->points));
}

void
history_add(struct history *h, double ts, double value)
{
	struct history_point *last;

	if (!isfinite(value) || !isfinite(ts))
		return;
	if (number_of(h, ts) < h->fitted)
		h->has_fit = false; /* late, into what was thought whole */
	last = h->count > 0 ? &h->points[h->count - 1] : NULL;
	if (last != NULL && number_of(h, last->ts) > number_of(h, ts))
		return;
	if (last != NULL && number_of(h, last->ts) == number_of(h, ts)) {
		last->n++;
		if (h->kind == HISTORY_THEN) {
			last->ts = ts;
			last->value = value;
			return;
		}
		last->ts += (ts - last->ts) / last->n;
		last->value += (value - last->value) / last->n;
		return;
	}
	if (h->count == h->room) {
		forget(h, ts);
		if (h->count == h->room) {
			h->room = h->room != 0 ? 2 * h->room : 8;
			h->points = xreallocarray(h->points, h->room,
			    sizeof(*h->points));
		}
	}
	h->points[h->count++] = (struct history_point){ts, value, 1};
}

double
history_then(const struct history *h, double ts, double patience)
{
	uint32_t i = h->count;

	while (i > 0 && h->points[i - 1].ts > ts)
		i--;
	if (i == 0 || ts - h->points[i - 1].ts > fmax(patience, 2 * step_of(h)))
		return NAN;
	return h->points[i - 1].value;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
history_habit(const struct history *h, double now, double season)
{
	double means[HABIT_MOST];
	int64_t hour = (int64_t)floor(now / HOUR), back;
	int64_t hours = (int64_t)(season / HOUR);
	size_t n = 0;

	for (uint32_t i = h->count; i > 0 && n < HABIT_MOST; i--) {
		back = hour - number_of(h, h->points[i - 1].ts);
		if ((double)back * HOUR > h->range)
			break;
		if (back > 0 && back % hours == 0)
			means[n++] = h->points[i - 1].value;
	}
	if (n < HABIT_LEAST)
		return NAN;
	qsort(means, n, sizeof(*means), by_value);
	return n % 2 != 0 ? means[n / 2]
			  : (means[n / 2 - 1] + means[n / 2]) / 2;
}

/* Fits the points of the whole steps before step number end. */
static void
fit(struct history *h, int64_t end)
{
	double x[LINE_STEPS], y[LINE_STEPS];
	struct trend t;
	size_t n = 0;
	int64_t at;

	h->fitted = end;
	h->has_fit = true;
	h->has_line = false;
	for (uint32_t i = 0; i < h->count; i++) {
		at = number_of(h, h->points[i].ts);
		if (at >= end || at < end - LINE_STEPS || n == LINE_STEPS)
			continue;
		if (n == 0)
			h->origin = h->points[i].ts;
		x[n] = h->points[i].ts - h->origin;
		y[n++] = h->points[i].value;
	}
	if (n < LINE_LEAST || x[n - 1] < h->range / 4 ||
	    trend_fit(x, y, n, &t) == -1)
		return;
	h->has_line = true;
	h->slope = t.slope;
	h->intercept = t.intercept;
	h->certainty = 1 - t.p;
}

bool
history_line(struct history *h, double now, struct history_line *line)
{
	int64_t end = number_of(h, now);

	if (!h->has_fit || h->fitted != end)
		fit(h, end);
	if (!h->has_line)
		return false;
	line->level = h->intercept + h->slope * (now - h->origin);
	line->slope = h->slope;
	line->certainty = h->certainty;
	return true;
}

void
history_save(const struct history *h, struct buf *b)
{
	pack_u64(b, h->count);
	for (uint32_t i = 0; i < h->count; i++) {
		pack_f64(b, h->points[i].ts);
		pack_f64(b, h->points[i].value);
		pack_u64(b, h->points[i].n);
	}
}

void
history_load(struct history *h, struct pack_in *u)
{
	uint64_t n = pack_get_count(u, POINTS_MAX);

	history_free(h);
	h->has_fit = false;
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		struct history_point p;

		p.ts = pack_get_f64(u);
		p.value = pack_get_f64(u);
		p.n = (uint32_t)pack_get_count(u, UINT32_MAX);
		if (h->count == h->room) {
			h->room = h->room != 0 ? 2 * h->room : 8;
			h->points = xreallocarray(h->points, h->room,
			    sizeof(*h->points));
		}
		h->points[h->count++] = p;
	}
}
