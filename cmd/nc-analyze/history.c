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
/* A season counts when it has been seen so many times. */
#define SEEN 2.5

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
		h->sum = h->y[h->n - 1] +
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
	h->y[h->n++] = v;
	h->now++;
}

/* The step in hand is complete; up to step `to` there was nothing. */
static void
complete(struct history *h, int64_t to, double value)
{
	double last = h->sum / h->count;
	int64_t hole = to - h->now - 1;

	push(h, last);
	h->sum = h->count = 0;
	if (hole > HOLE) {
		h->n = 0;
		h->now = to;
		return;
	}
	for (int64_t i = 1; i <= hole; i++)
		push(h, last + (value - last) * (double)i / (double)(hole + 1));
}

bool
history_add(struct history *h, double ts, double value, double interval)
{
	bool done = false;
	int64_t at;

	if (h->step == 0) {
		h->step = isnan(interval) ? STEP_UNKNOWN
					  : fmax(interval, STEP_LEAST);
		h->now = (int64_t)floor(ts / h->step);
	}
	at = (int64_t)floor(ts / h->step);
	/* Room for this step and a bridge to it. */
	while (at > h->now && h->n + HOLE + 1 > HISTORY_ROOM &&
	       h->step * 2 <= STEP_MOST) {
		double_step(h);
		at = (int64_t)floor(ts / h->step);
	}
	if (h->n + HOLE + 1 > HISTORY_ROOM)
		history_keep(h, HISTORY_ROOM - HISTORY_ROOM / 4);
	if (at > h->now && h->count > 0) {
		complete(h, at, value);
		done = true;
	} else if (at > h->now) {
		h->now = at;
	}
	h->sum += value;
	h->count++;
	return done;
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
		       (double)h->n >= SEEN * steps
		   ? (size_t)steps
		   : 0;
}

void
history_seasons(const struct history *h, size_t *day, size_t *week)
{
	*day = season(h, DAY);
	*week = *day != 0 ? season(h, WEEK) : 0;
}

void
history_save(const struct history *h, struct buf *b)
{
	pack_f64(b, h->step);
	pack_u64(b, (uint64_t)h->now);
	pack_f64(b, h->sum);
	pack_f64(b, h->count);
	pack_u64(b, h->n);
	for (uint32_t i = 0; i < h->n; i++)
		pack_f64(b, h->y[i]);
}

bool
history_load(struct history *h, struct pack_in *u)
{
	h->step = pack_get_f64(u);
	h->now = (int64_t)pack_get_u64(u);
	h->sum = pack_get_f64(u);
	h->count = pack_get_f64(u);
	h->n = (uint32_t)pack_get_count(u, HISTORY_ROOM);
	for (uint32_t i = 0; i < h->n; i++)
		h->y[i] = pack_get_f64(u);
	return !u->failed;
}
