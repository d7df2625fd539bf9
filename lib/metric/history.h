/* SPDX-License-Identifier: MIT */
/*
 * history: what one series was like over hours to weeks, in bounded memory:
 * a point for each step of record time, aligned to multiples of the step, so
 * that the same readings make the same points whenever it was begun.  Never
 * reads a clock.
 */
#ifndef NC_METRIC_HISTORY_H
#define NC_METRIC_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

/* What it is kept for decides how long a step is. */
enum history_kind {
	HISTORY_LINE, /* means of 64 steps: a robust line through them */
	HISTORY_THEN, /* the last reading of 256 steps: what it was */
	HISTORY_HABIT /* means of hours: what it usually is */
};

struct history_point {
	double ts, value; /* of a mean: the mean ts */
	uint32_t n; /* readings in it */
};

struct history_line {
	double level; /* of the line, at the time asked for */
	double slope; /* a second */
	double certainty; /* 1 - p of there being no trend */
};

/* Zero-initialised but for kind and range is a valid, empty history. */
struct history {
	enum history_kind kind;
	double range; /* seconds it reaches back */
	struct history_point *points; /* oldest first; owned */
	uint32_t count, room;
	/* The line of the points before step "fitted". */
	int64_t fitted;
	bool has_fit, has_line;
	double slope, intercept, certainty; /* about "origin" */
	double origin;
};

void history_free(struct history *h);
/* A reading that is not older than the newest. */
void history_add(struct history *h, double ts, double value);
/* The reading that was the latest at ts; NAN when there was none within two
 * steps, or within patience seconds if that is longer. */
double history_then(const struct history *h, double ts, double patience);
/*
 * The median of the means of the hours like that of now, of days (season
 * 86400) or weeks (604800) before; NAN when there are less than three.
 */
double history_habit(const struct history *h, double now, double season);
/* The line through the whole steps before now (Theil and Sen's); false when
 * there are less than 8 points or they cover less than a quarter of range. */
bool history_line(struct history *h, double now, struct history_line *line);

void history_save(const struct history *h, struct buf *b);
/* Into one with kind and range set.  u->failed tells of trouble. */
void history_load(struct history *h, struct pack_in *u);

#endif
