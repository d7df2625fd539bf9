/* SPDX-License-Identifier: MIT */
/* history: steps are whole multiples of their length since 1970, so that two
 * of one length are one of twice the length, whenever it began. */
#include "history.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define STEP_LEAST 10.0
#define STEP_UNKNOWN 60.0
/* Beyond this the oldest go instead: three weeks of hours. */
#define STEP_MOST 3600.0
/* Steps without a value that are bridged. */
#define HOLE 8
#define DAY 86400.0
#define WEEK (7 * DAY)
#define YEAR (52 * WEEK)
/* A season counts when it has been seen once and so many steps more. */
#define SEEN_MORE 3

struct history *
history_new(void)
{
	return xcalloc(1, sizeof(struct history));
}

void
history_keep(struct history *h, uint32_t n)
{
	if (n >= h->n)
		return;
	memmove(h->y, h->y + (h->n - n), n * sizeof(h->y[0]));
	h->n = n;
}

static int64_t
half(int64_t step)
{
	return (step - (step & 1)) / 2;
}

/* Two steps become one; the first and last may be without their other half. */
static void
double_step(struct history *h)
{
	int64_t first = h->now - h->n;
	uint32_t from = (uint32_t)(first & 1), n = 0;

	for (uint32_t i = from; i + 1 < h->n; i += 2)
		h->y[n++] = (h->y[i] + h->y[i + 1]) / 2;
	/* The step before the one in hand is its first half. */
	if ((h->now & 1) != 0 && h->n != 0) {
		h->sum = history_at(h, h->n - 1) +
			 (h->count > 0 ? h->sum / h->count : 0);
		h->count = h->count > 0 ? 2 : 1;
	}
	h->n = n;
	h->now = half(h->now);
	h->step *= 2;
}

static void
push(struct history *h, double v)
{
	if (h->n == HISTORY_ROOM && h->step * 2 > STEP_MOST)
		history_keep(h, HISTORY_ROOM - HISTORY_ROOM / 4);
	h->y[h->n++] = (float)(v - h->base);
	h->now++;
}

/* The step in hand is complete. */
static void
complete(struct history *h)
{
	push(h, h->sum / h->count);
	h->sum = h->count = 0;
}

/* There was nothing up to step `to`, which begins with value. */
static void
bridge(struct history *h, int64_t to, double value)
{
	int64_t hole = to - h->now;
	double last;

	if (h->n == 0 || hole > HOLE) {
		h->n = 0;
		h->now = to;
		return;
	}
	last = history_at(h, h->n - 1);
	for (int64_t i = 1; i <= hole; i++)
		push(h, last + (value - last) * (double)i / (double)(hole + 1));
}

static int64_t
begin(struct history *h, double ts, double value, double interval)
{
	if (h->step == 0) {
		h->step = isnan(interval) ? STEP_UNKNOWN
					  : fmax(interval, STEP_LEAST);
		h->base = value;
		h->now = (int64_t)floor(ts / h->step);
	}
	return (int64_t)floor(ts / h->step);
}

bool
history_add(struct history *h, double ts, double value, double interval)
{
	bool done = false;
	int64_t at = begin(h, ts, value, interval);

	/* Room for this step and a bridge to it. */
	while (at > h->now && h->n + HOLE + 2 > HISTORY_ROOM &&
	       h->step * 2 <= STEP_MOST) {
		double_step(h);
		at = (int64_t)floor(ts / h->step);
	}
	if (h->n + HOLE + 2 > HISTORY_ROOM)
		history_keep(h, HISTORY_ROOM - HISTORY_ROOM / 4);
	if (at < h->now && h->n != 0) {
		/* Of two in a step that should be one, the later. */
		h->y[h->n - 1] = (float)(value - h->base);
		return false;
	}
	if (at > h->now && h->count > 0) {
		complete(h);
		done = true;
	}
	if (at > h->now)
		bridge(h, at, value);
	h->sum += value;
	h->count++;
	if (!(interval >= h->step))
		return done;
	complete(h);
	return true;
}

double *
history_values(const struct history *h)
{
	double *v = xcalloc((size_t)h->n + 1, sizeof(*v));

	for (uint32_t i = 0; i < h->n; i++)
		v[i] = history_at(h, i);
	return v;
}

double
history_end(const struct history *h)
{
	return (double)h->now * h->step;
}

static size_t
season(const struct history *h, double seconds)
{
	double steps = seconds / h->step;

	return fmod(seconds, h->step) == 0 && steps >= 4 &&
		       (double)h->n >= steps + SEEN_MORE
		   ? (size_t)steps
		   : 0;
}

void
history_seasons(const struct history *h, size_t *one, size_t *other)
{
	static const double length[] = {DAY, WEEK, YEAR};
	size_t i = 0;

	while (i < 2 && length[i] < 4 * h->step)
		i++;
	*one = season(h, length[i]);
	*other = *one != 0 && i < 2 ? season(h, length[i + 1]) : 0;
}

void
history_save(const struct history *h, struct buf *b)
{
	pack_f64(b, h->step);
	pack_u64(b, (uint64_t)h->now);
	pack_f64(b, h->sum);
	pack_f64(b, h->count);
	pack_f64(b, h->base);
	pack_u64(b, h->n);
	for (uint32_t i = 0; i < h->n; i++)
		pack_f64(b, (double)h->y[i]);
}

bool
history_load(struct history *h, struct pack_in *u)
{
	h->step = pack_get_f64(u);
	h->now = (int64_t)pack_get_u64(u);
	h->sum = pack_get_f64(u);
	h->count = pack_get_f64(u);
	h->base = pack_get_f64(u);
	h->n = (uint32_t)pack_get_count(u, HISTORY_ROOM);
	for (uint32_t i = 0; i < h->n; i++)
		h->y[i] = (float)pack_get_f64(u);
	return !u->failed;
}
