/* SPDX-License-Identifier: MIT */
/*
 * tick: timers at wall-clock multiples on monotonic deadlines.  The wall
 * clock is asked once a firing where the next multiple lies; a step of it can
 * neither hold up nor multiply firings.  Lateness is measured on the boot
 * clock, which knows of suspends and of nobody who sets clocks.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/tick.h"

struct loop_tick {
	struct tick tick;
	struct loop_timer *timer; /* owned */
	loop_tick_fn *fn;
	void *arg;
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

void
tick_start(struct tick *t, int64_t interval, const struct tick_clocks *now)
{
	*t = (struct tick){.interval = interval};
	t->slot = floor_div(now->real, interval) + 1;
	t->due_boot = now->boot + t->slot * interval - now->real;
	t->due_mono = now->mono + t->slot * interval - now->real;
	t->offset = now->real - now->boot;
}

void
tick_fire(struct tick *t, const struct tick_clocks *now, struct loop_round *r)
{
	int64_t late = now->boot - t->due_boot, offset, step, next;

	if (late < 0)
		late = 0;
	offset = now->real - now->boot;
	step = offset - t->offset;
	if (llabs(step) < CLOCK_NS_PER_S)
		step = 0;
	r->missed = (uint64_t)(late / t->interval);
	late %= t->interval;
	r->late = (double)late / 1e9;
	r->stepped = (double)step / 1e9;
	next = floor_div(now->real, t->interval) + 1;
	if (step != 0)
		r->scheduled = (double)(now->real - late) / 1e9;
	else {
		t->slot += (int64_t)r->missed;
		r->scheduled = (double)t->slot * ((double)t->interval / 1e9);
		/* A slewed clock may still be short of the multiple that has
		 * just fired. */
		if (next <= t->slot)
			next = t->slot + 1;
	}
	t->slot = next;
	t->due_boot = now->boot + next * t->interval - now->real;
	t->due_mono = now->mono + next * t->interval - now->real;
	t->offset = offset;
}

static struct tick_clocks
read_clocks(void)
{
	return (struct tick_clocks){clock_real_ns(), clock_mono_ns(),
	    clock_boot_ns()};
}

static void
on_timer(struct loop *l, void *arg)
{
	struct loop_tick *t = arg;
	struct tick_clocks now = read_clocks();
	struct loop_round round;

	tick_fire(&t->tick, &now, &round);
	loop_timer_set(t->timer, t->tick.due_mono);
	t->fn(l, &round, t->arg);
}

struct loop_tick *
loop_tick_add(struct loop *l, int64_t interval_ns, loop_tick_fn *fn, void *arg)
{
	struct loop_tick *t = xcalloc(1, sizeof(*t));
	struct tick_clocks now = read_clocks();

	t->fn = fn;
	t->arg = arg;
	tick_start(&t->tick, interval_ns, &now);
	t->timer = loop_timer_add(l, t->tick.due_mono, on_timer, t);
	return t;
}

void
loop_tick_remove(struct loop_tick *t)
{
	if (t == NULL)
		return;
	loop_timer_remove(t->timer);
	free(t);
}
