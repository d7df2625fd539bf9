/* SPDX-License-Identifier: MIT */
/* history: a ring that grows by doubling up to HISTORY_ROWS rows. */
#include "history.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define FIRST_ROWS 8u

void
history_init(struct history *h, unsigned width)
{
	*h = (struct history){.width = width};
}

void
history_free(struct history *h)
{
	free(h->ts);
	free(h->values);
	free(h->quality);
	*h = (struct history){0};
}

/* Only called while the ring has not wrapped: first is 0. */
static void
grow(struct history *h)
{
	unsigned rows = h->rows == 0 ? FIRST_ROWS : h->rows * 2;

	if (rows > HISTORY_ROWS)
		rows = HISTORY_ROWS;
	h->ts = xreallocarray(h->ts, rows, sizeof(*h->ts));
	h->quality = xreallocarray(h->quality, rows, sizeof(*h->quality));
	if (h->width != 0)
		h->values = xreallocarray(h->values, (size_t)rows * h->width,
		    sizeof(*h->values));
	h->rows = rows;
}

static unsigned
place(const struct history *h, int row)
{
	unsigned at = h->first + (unsigned)row;

	assert(row >= 0 && (unsigned)row < h->count);
	return at < h->rows ? at : at - h->rows;
}

void
history_begin(struct history *h, double ts, enum record_quality q)
{
	unsigned at;

	if (h->count == h->rows && h->rows < HISTORY_ROWS)
		grow(h);
	if (h->count == h->rows)
		h->first = h->first + 1 < h->rows ? h->first + 1 : 0;
	else
		h->count++;
	at = place(h, (int)h->count - 1);
	h->ts[at] = ts;
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

	if (isnan(at))
		return high - 1;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (history_ts(h, middle) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

double
history_ts(const struct history *h, int row)
{
	return h->ts[place(h, row)];
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
