/* SPDX-License-Identifier: MIT */
/* Unit tests of window: spans, edges, restarts, what is kept. */
#include "metric/window.h"

#include "tap.h"

static void
add(struct window *w, double ts, double value, bool restart)
{
	window_add(w, (struct window_point){ts, value, value, restart}, 60);
}

static void
means(void)
{
	struct window w = {0};
	double from = 100, to = 160;

	NEAR(window_value(&w, WINDOW_AVG, from, to), (double)NAN, 0, "empty");
	NEAR(window_value(&w, WINDOW_COUNT, from, to), 0, 0, "none counted");
	add(&w, 100, 1000, false); /* at from: outside */
	add(&w, 110, 4, false);
	add(&w, 120, 1, false);
	window_add(&w, (struct window_point){130, (double)NAN, 7, false}, 60);
	add(&w, 140, 3, false);
	add(&w, 160, 8, false);
	NEAR(window_value(&w, WINDOW_AVG, from, to), 4, 1e-12, "avg");
	NEAR(window_value(&w, WINDOW_MIN, from, to), 1, 0, "min");
	NEAR(window_value(&w, WINDOW_MAX, from, to), 8, 0, "max");
	NEAR(window_value(&w, WINDOW_SUM, from, to), 16, 0, "sum");
	NEAR(window_value(&w, WINDOW_COUNT, from, to), 4, 0, "count");
	NEAR(window_value(&w, WINDOW_LAST, from, to), 8, 0, "last");
	NEAR(window_value(&w, WINDOW_LAST, from, 139), 1, 0, "last before");
	NEAR(window_value(&w, WINDOW_STDDEV, from, to), sqrt(6.5), 1e-12,
	    "stddev");
	NEAR(window_quantile(&w, 0.5, from, to), 3.5, 1e-12, "median");
	NEAR(window_quantile(&w, 0.99, from, to), 7.88, 1e-9, "p99");
	NEAR(window_quantile(&w, 0.5, 130, 139), (double)NAN, 0, "no values");
	add(&w, 160, 5, false);
	NEAR(window_value(&w, WINDOW_LAST, from, to), 5, 0,
	    "the same ts takes its place");
	window_free(&w);
}

static void
counters(void)
{
	struct window w = {0};

	add(&w, 100, 10, false);
	NEAR(window_value(&w, WINDOW_RATE, 100, 160), (double)NAN, 0,
	    "one reading is no rate");
	add(&w, 110, 20, false);
	add(&w, 120, 40, false);
	add(&w, 130, 5, false); /* back: started again */
	add(&w, 140, 8, false);
	add(&w, 150, 18, true); /* said so by its start */
	add(&w, 160, 20, false);
	NEAR(window_value(&w, WINDOW_INCREASE, 100, 160), 35, 1e-12,
	    "increase leaves restarts out");
	NEAR(window_value(&w, WINDOW_RATE, 100, 160), 35.0 / 40, 1e-12,
	    "and the rate their seconds");
	NEAR(window_value(&w, WINDOW_RESETS, 100, 160), 2, 0, "resets");
	NEAR(window_value(&w, WINDOW_CHANGES, 100, 160), 6, 0, "changes");
	NEAR(window_value(&w, WINDOW_DELTA, 105, 125), 30, 0,
	    "edges begin before the span");
	NEAR(window_value(&w, WINDOW_INCREASE, 110, 120), 20, 0, "one edge");
	window_free(&w);
}

static void
slopes(void)
{
	struct window w = {0};

	for (int i = 0; i < 7; i++)
		add(&w, 1763800000 + 10 * i, 100 - 2 * i, false);
	NEAR(window_value(&w, WINDOW_DERIV, 1763799999, 1763800060), -0.2,
	    1e-12, "deriv");
	NEAR(window_value(&w, WINDOW_DERIV, 1763800055, 1763800060),
	    (double)NAN, 0, "no slope of one");
	window_free(&w);
}

static void
memory(void)
{
	struct window w = {0};

	for (int i = 0; i < 1000; i++)
		add(&w, 10.0 * i, i, false);
	OK(w.count == 7, "60 s and the reading before");
	NEAR(window_value(&w, WINDOW_INCREASE, 9930, 9990), 6, 0,
	    "the whole span");
	window_free(&w);
	for (uint32_t i = 0; i < WINDOW_POINTS_MAX + 2; i++)
		window_add(&w, (struct window_point){i, i, i, false}, 1e9);
	OK(w.count == WINDOW_POINTS_MAX, "bounded");
	NEAR(window_value(&w, WINDOW_COUNT, 0, 1e9), (double)NAN, 0,
	    "what was let go is not known");
	NEAR(window_value(&w, WINDOW_COUNT, 1, 1e9), WINDOW_POINTS_MAX, 0,
	    "what is left is");
	window_free(&w);
}

int
main(void)
{
	means();
	counters();
	slopes();
	memory();
	return tap_done();
}
