/* SPDX-License-Identifier: MIT */
/* history: a ring that grows by doubling up to HISTORY_ROWS rows. */
#include "history.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_ROWS 8u
#define MS 1000.0
/* Beyond it base is moved: 2^32 milliseconds are 49 days. */
#define SPAN_MOST (4000000.0 * MS)

void
history_init(struct history *h, unsigned width, unsigned most)
{
	*h = (struct history){.width = (unsigned short)width,
	    .most = (unsigned short)(most < HISTORY_ROWS ? most
							 : HISTORY_ROWS)};
}

void
history_free(struct history *h)
{
	free(h->ms);
	free(h->values);
	free(h->quality);
	*h = (struct history){0};
}

static unsigned
place(const struct history *h, int row)
{
	unsigned at = h->first + (unsigned)row;

	assert(row >= 0 && (unsigned)row < h->count);
	return at < h->rows ? at : at - h->rows;
}

/* By half, since most histories end up as long as the others. */
static void
grow(struct history *h)
{
	struct history to = *h;
	unsigned at;

	to.rows = (unsigned short)(h->rows == 0    ? FIRST_ROWS
				   : h->rows < 128 ? h->rows * 2u
						   : h->rows + 128u);
	if (to.rows > h->most)
		to.rows = h->most;
	to.first = 0;
	to.ms = xcalloc(to.rows, sizeof(*to.ms));
	to.quality = xcalloc(to.rows, sizeof(*to.quality));
	to.values = xcalloc((size_t)to.rows * to.width + 1, sizeof(float));
	for (unsigned i = 0; i < h->count; i++) {
		at = place(h, (int)i);
		to.ms[i] = h->ms[at];
		to.quality[i] = h->quality[at];
		if (h->width != 0)
			memcpy(to.values + i * h->width,
			    h->values + at * h->width,
			    h->width * sizeof(float));
	}
	free(h->ms);
	free(h->values);
	free(h->quality);
	*h = to;
}

static void
drop_oldest(struct history *h)
{
	h->first = (unsigned short)(h->first + 1u < h->rows ? h->first + 1u
							    : 0);
	h->count--;
}

/* So that ts can be told in milliseconds after base; rows too old for that
 * are dropped. */
static void
rebase(struct history *h, double ts)
{
	double base, ms;
	unsigned at;

	while (h->count != 0 && (ts - history_ts(h, 0)) * MS > SPAN_MOST)
		drop_oldest(h);
	/* Whole seconds: the same moment is the same number in all. */
	base = floor(
	    h->count != 0 && history_ts(h, 0) < ts ? history_ts(h, 0) : ts);
	for (int i = 0; i < (int)h->count; i++) {
		at = place(h, i);
		ms = ((double)h->ms[at] / MS + h->base - base) * MS;
		h->ms[at] = ms > 0 ? (uint32_t)lround(ms) : 0;
	}
	h->base = base;
	if (h->count == 0)
		h->first = 0;
}

void
history_begin(struct history *h, double ts, enum record_quality q)
{
	double ms;
	unsigned at;

	if (h->count == 0 || (ts - h->base) * MS > SPAN_MOST || ts < h->base)
		rebase(h, ts);
	if (h->count == h->rows && h->rows < h->most)
		grow(h);
	if (h->count == h->rows)
		drop_oldest(h);
	h->count++;
	at = place(h, (int)h->count - 1);
	ms = floor((ts - h->base) * MS + 0.5);
	h->ms[at] = ms > 0 ? (uint32_t)ms : 0;
	h->quality[at] = (unsigned char)q;
	for (unsigned i = 0; i < h->width; i++)
		h->values[at * h->width + i] = NAN;
}

void
history_set(struct history *h, unsigned metric, double value)
{
	assert(metric < h->width);
	if (fabs(value) > (double)FLT_MAX)
		value = copysign((double)FLT_MAX, value);
	h->values[place(h, (int)h->count - 1) * h->width + metric] = (float)
	    value;
}

void
history_worsen(struct history *h, enum record_quality q)
{
	unsigned char *now = &h->quality[place(h, (int)h->count - 1)];

	if (*now == RECORD_GOOD)
		*now = (unsigned char)q;
}

int
history_find(const struct history *h, double at)
{
	int low = 0, high = (int)h->count, middle;
	double ms = floor((at - h->base) * MS + 0.5);

	if (isnan(at))
		return high - 1;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (h->ms[place(h, middle)] <= ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

double
history_ts(const struct history *h, int row)
{
	return h->base + h->ms[place(h, row)] / MS;
}

float
history_value(const struct history *h, int row, unsigned metric)
{
	return h->values[place(h, row) * h->width + metric];
}

enum record_quality
history_quality(const struct history *h, int row)
{
	return (enum record_quality)h->quality[place(h, row)];
}
