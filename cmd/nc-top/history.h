/* SPDX-License-Identifier: MIT */
/*
 * history: the last samples of one entity as one source saw it: a ring of
 * rows {ts, quality, one float a tracked metric}.  A metric absent from a
 * sample is NAN in its row: not measured, never the value before it.
 */
#ifndef NC_TOP_HISTORY_H
#define NC_TOP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "stream/record.h"

#define HISTORY_ROWS 600u

struct history {
	double base; /* moments are seconds after it */
	float *values; /* all arrays owned, a ring from first; rows * width */
	uint32_t *ms; /* milliseconds after base */
	unsigned char *quality; /* enum record_quality, the worst of a row */
	unsigned short rows, first, count, most;
	unsigned short width; /* metrics a row */
};

/* At most most rows, up to HISTORY_ROWS. */
void history_init(struct history *h, unsigned width, unsigned most);
void history_free(struct history *h);
/* A new row, all unknown; the oldest goes when there are as many as may. */
void history_begin(struct history *h, double ts, enum record_quality q);
/* In the newest row. */
void history_set(struct history *h, unsigned metric, double value);
void history_worsen(struct history *h, enum record_quality q);
/* Number (0: oldest) of the newest row with ts <= at (NAN: the newest);
 * -1 when there is none. */
int history_find(const struct history *h, double at);
double history_ts(const struct history *h, int row);
float history_value(const struct history *h, int row, unsigned metric);
enum record_quality history_quality(const struct history *h, int row);

#endif
