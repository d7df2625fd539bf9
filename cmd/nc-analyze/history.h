/* SPDX-License-Identifier: MIT */
/*
 * history: what a series was, at equal steps and in bounded memory: means
 * over a step that doubles whenever there is no more room.  Short holes are
 * bridged by a straight line, a long one begins the history anew.
 */
#ifndef NC_ANALYZE_HISTORY_H
#define NC_ANALYZE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

#define HISTORY_ROOM 1024

struct history {
	double step; /* seconds; 0: nothing yet */
	int64_t now; /* the step that is being filled: its number since 1970 */
	double sum, count; /* of it */
	uint32_t n;
	double base; /* the first value: what y counts from */
	float y[HISTORY_ROOM]; /* steps before it, oldest first */
};

/* Owned: free(3). */
struct history *history_new(void);
/* interval: seconds meant between values, NAN when not known.  True when a
 * step has been completed by this value: at once where a step is one value. */
bool history_add(struct history *h, double ts, double value, double interval);
/* Forgets all but the last n completed steps. */
void history_keep(struct history *h, uint32_t n);
static inline double
history_at(const struct history *h, uint32_t i)
{
	return h->base + (double)h->y[i];
}
/* All n of them; owned: free(3). */
double *history_values(const struct history *h);
/* Where the last completed step ends. */
double history_end(const struct history *h);
/* Steps of the seasons that a series of this step may have and has been long
 * enough to show: the day and the week; of days the week and the year; of
 * weeks the year.  0 where not. */
void history_seasons(const struct history *h, size_t *one, size_t *other);

void history_save(const struct history *h, struct buf *b);
bool history_load(struct history *h, struct pack_in *u);

#endif
