/* SPDX-License-Identifier: MIT */
/*
 * tick: when the next wall-clock multiple of an interval is due, as pure
 * arithmetic; loop_tick_add() is made of it.
 */
#ifndef NC_BASE_TICK_H
#define NC_BASE_TICK_H

#include <stdint.h>

#include "base/loop.h"

/* All ns, read at one instant. */
struct tick_clocks {
	int64_t real, mono, boot;
};

struct tick {
	int64_t interval;
	int64_t slot; /* the multiple that is due next */
	int64_t due_mono, due_boot;
	int64_t offset; /* real - boot at the last firing */
};

/* The first firing is the first multiple after now. */
void tick_start(struct tick *t, int64_t interval,
    const struct tick_clocks *now);
/* It fires now: what is to be told, and the next due_mono. */
void tick_fire(struct tick *t, const struct tick_clocks *now,
    struct loop_round *r);

#endif
