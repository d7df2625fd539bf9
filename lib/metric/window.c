/* SPDX-License-Identifier: MIT */
/*
 * window: a ring of readings, walked once a question.  Spans are short (some
 * dozens of readings), so nothing is kept up incrementally and no error can
 * gather.  Never reads a clock.
 */
#include "metric/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct window_point *
point(const struct window *w, uint32_t i)
{
	return &w->points[(w->first + i) & (w->cap - 1)];
}

void
window_free(struct window *w)
{
	free(w->points);
	*w = (struct window){0};
}

static void
grow(struct window *w)
{
	uint32_t cap = w->cap != 0 ? w->cap * 2 : 4;
	struct window_point *to = xmalloc(cap * sizeof(*to));

	for (uint32_t i = 0; i < w->count; i++)
		to[i] = *point(w, i);
	free(w->points);
	w->points = to;
	w->cap = cap;
	w->first = 0;
}

void
window_add(struct window *w, struct window_point p, double keep)
{
	if (w->count > 0 && point(w, w->count - 1)->ts >= p.ts) {
		*point(w, w->count - 1) = p;
		return;
	}
	/* One reading before the span stays: edges begin with it. */
	while (w->count > 1 && point(w, 1)->ts <= p.ts - keep) {
		w->first = (w->first + 1) & (w->cap - 1);
		w->count--;
	}
	if (w->count == WINDOW_POINTS_MAX) {
		w->lost = point(w, 0)->ts;
		w->first = (w->first + 1) & (w->cap - 1);
		w->count--;
	}
	if (w->count == w->cap)
		grow(w);
	w->count++;
	*point(w, w->count - 1) = p;
}

/* The readings of a span: *begin is the first, the result is behind the
 * last. */
static uint32_t
span(const struct window *w, double from, double to, uint32_t *begin)
{
	uint32_t end = w->count, first;

	while (end > 0 && point(w, end - 1)->ts > to)
		end--;
	for (first = end; first > 0 && point(w, first - 1)->ts > from;)
		first--;
	*begin = first;
	return end;
}

/* What is gathered over edges. */
static double
edges(const struct window *w, enum window_function f, uint32_t begin,
    uint32_t end)
{
	double increase = 0, seconds = 0, changes = 0, resets = 0;
	const struct window_point *a, *b;

	if (begin > 0)
		begin--;
	if (end < begin + 2)
		return NAN;
	if (f == WINDOW_DELTA)
		return point(w, end - 1)->raw - point(w, begin)->raw;
	for (uint32_t i = begin + 1; i < end; i++) {
		a = point(w, i - 1);
		b = point(w, i);
		if (b->raw != a->raw)
			changes++;
		if (b->restart || b->raw < a->raw) {
			resets++;
			continue;
		}
		increase += b->raw - a->raw;
		seconds += b->ts - a->ts;
	}
	switch (f) {
	case WINDOW_CHANGES:
		return changes;
	case WINDOW_RESETS:
		return resets;
	case WINDOW_INCREASE:
		return seconds > 0 ? increase : (double)NAN;
	default:
		return seconds > 0 ? increase / seconds : (double)NAN;
	}
}

/* The slope of the least squares line, about the means for precision. */
static double
slope(const struct window *w, uint32_t begin, uint32_t end)
{
	double n = 0, mean_t = 0, mean_v = 0, tt = 0, tv = 0, t;
	double t0 = begin < end ? point(w, begin)->ts : 0;

	for (uint32_t i = begin; i < end; i++)
		if (!isnan(point(w, i)->value)) {
			n++;
			mean_t += (point(w, i)->ts - t0 - mean_t) / n;
			mean_v += (point(w, i)->value - mean_v) / n;
		}
	for (uint32_t i = begin; i < end; i++)
		if (!isnan(point(w, i)->value)) {
			t = point(w, i)->ts - t0 - mean_t;
			tt += t * t;
			tv += t * (point(w, i)->value - mean_v);
		}
	return n >= 2 && tt > 0 ? tv / tt : (double)NAN;
}

/* Of the population, about the mean. */
static double
deviation(const struct window *w, double mean, double n, uint32_t begin,
    uint32_t end)
{
	double m2 = 0, d;

	for (uint32_t i = begin; i < end; i++)
		if (!isnan(point(w, i)->value)) {
			d = point(w, i)->value - mean;
			m2 += d * d;
		}
	return sqrt(m2 / n);
}

double
window_value(const struct window *w, enum window_function f, double from,
    double to)
{
	double n = 0, sum = 0, least = INFINITY, most = -INFINITY;
	double last = NAN, v;
	uint32_t begin, end = span(w, from, to, &begin);

	if (w->lost > from)
		return NAN;
	if (f == WINDOW_DERIV)
		return slope(w, begin, end);
	if (f != WINDOW_LAST && f >= WINDOW_INCREASE)
		return edges(w, f, begin, end);
	for (uint32_t i = begin; i < end; i++) {
		v = point(w, i)->value;
		if (isnan(v))
			continue;
		n++;
		sum += v;
		least = v < least ? v : least;
		most = v > most ? v : most;
		last = v;
	}
	if (f == WINDOW_COUNT)
		return n;
	if (n == 0)
		return NAN;
	switch (f) {
	case WINDOW_AVG:
		return sum / n;
	case WINDOW_MIN:
		return least;
	case WINDOW_MAX:
		return most;
	case WINDOW_SUM:
		return sum;
	case WINDOW_STDDEV:
		return deviation(w, sum / n, n, begin, end);
	default:
		return last;
	}
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
window_quantile(const struct window *w, double q, double from, double to)
{
	uint32_t begin, end = span(w, from, to, &begin);
	double *v, rank, low, result = NAN;
	size_t n = 0, i;

	if (w->lost > from || begin == end)
		return NAN;
	v = xmalloc((end - begin) * sizeof(*v));
	for (uint32_t k = begin; k < end; k++)
		if (!isnan(point(w, k)->value))
			v[n++] = point(w, k)->value;
	if (n > 0) {
		qsort(v, n, sizeof(*v), by_value);
		rank = q * (double)(n - 1);
		low = floor(rank);
		i = (size_t)low;
		result = v[i];
		if (i + 1 < n)
			result += (rank - low) * (v[i + 1] - v[i]);
	}
	free(v);
	return result;
}

void
window_save(const struct window *w, struct buf *b)
{
	const struct window_point *p;

	pack_f64(b, w->lost);
	pack_u64(b, w->count);
	for (uint32_t i = 0; i < w->count; i++) {
		p = point(w, i);
		pack_f64(b, p->ts);
		pack_f64(b, p->value);
		pack_f64(b, p->raw);
		pack_u64(b, p->restart);
	}
}

void
window_load(struct window *w, struct pack_in *u)
{
	uint64_t n;

	window_free(w);
	w->lost = pack_get_f64(u);
	n = pack_get_count(u, WINDOW_POINTS_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		if (w->count == w->cap)
			grow(w);
		*point(w,
		    w->count++) = (struct window_point){.ts = pack_get_f64(u),
		    .value = pack_get_f64(u),
		    .raw = pack_get_f64(u),
		    .restart = pack_get_count(u, 1) != 0};
	}
}
