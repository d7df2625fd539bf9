/* SPDX-License-Identifier: MIT */
/* Unit tests of history: steps, lines, habits, what it was, bytes and back. */
#include "metric/history.h"

#include "tap.h"

#define DAY 86400.0
#define T0 (20000 * DAY)

static void
lines(void)
{
	struct history h = {.kind = HISTORY_LINE, .range = 6400};
	struct history_line line = {0}, again;
	struct buf b = {0};
	struct history back = {.kind = HISTORY_LINE, .range = 6400};
	struct pack_in u;

	/* A reading each 50 s, a step is 100 s: it falls by 2 a second, and
	 * one in nine is wild. */
	for (int i = 0; i < 20; i++)
		history_add(&h, T0 + 50 * i, 1e6 - 100 * i);
	OK(!history_line(&h, T0 + 1000, &line), "ten points are too short");
	for (int i = 20; i < 400; i++)
		history_add(&h, T0 + 50 * i,
		    1e6 - 100 * i + (i % 9 == 0 ? 5e5 : 0));
	OK(history_line(&h, T0 + 20000, &line), "a line");
	NEAR(line.slope, -2, 0.05, "slope, whatever is wild");
	NEAR(line.level, 1e6 - 40000, 2000, "level now");
	OK(line.certainty > 0.999, "certain");
	OK(h.count < 140, "in bounded memory");

	/* It stays the same within a step, and after being kept. */
	history_add(&h, T0 + 20010, 5);
	history_save(&h, &b);
	u = (struct pack_in){.in = buf_span(&b)};
	history_load(&back, &u);
	OK(!u.failed && u.in.len == 0, "all read back");
	OK(history_line(&h, T0 + 20050, &line) &&
		history_line(&back, T0 + 20050, &again),
	    "both have a line");
	NEAR(again.level, line.level, 0, "the same level");
	NEAR(again.slope, line.slope, 0, "the same slope");
	/* Late, into a step that was thought whole. */
	history_add(&h, T0 + 20150, 1e6);
	history_line(&h, T0 + 20300, &line);
	history_add(&h, T0 + 20299, 1e6);
	OK(!h.has_fit, "fitted anew");
	u = (struct pack_in){.in = {b.data, b.len - 3}};
	history_load(&back, &u);
	OK(u.failed, "cut short");
	history_free(&h);
	history_free(&back);
	buf_free(&b);
}

static void
then(void)
{
	struct history h = {.kind = HISTORY_THEN, .range = 3600};

	NEAR(history_then(&h, T0, 60), (double)NAN, 0, "nothing yet");
	for (int i = 0; i <= 1000; i++)
		history_add(&h, T0 + 10 * i, i);
	/* A step is 14 s: the last of each is kept. */
	NEAR(history_then(&h, T0 + 10000 - 3600, 30), 640, 1, "an hour ago");
	NEAR(history_then(&h, T0 + 20000, 30), (double)NAN, 0,
	    "not what is older than two steps");
	NEAR(history_then(&h, T0 + 20000, 10001), 1000, 0,
	    "unless it is believed so long");
	OK(h.count < 600, "in bounded memory");
	history_free(&h);
}

static void
habits(void)
{
	struct history h = {.kind = HISTORY_HABIT, .range = 7 * DAY};

	/* Busy at 9, wild on one day, a reading each ten minutes. */
	for (int d = 0; d < 9; d++)
		for (int m = 0; m < 1440; m += 10) {
			double v = m / 60 == 9 ? 90 + d : 10;

			if (d == 5)
				v = 1000;
			if (d == 2)
				NEAR(history_habit(&h, T0 + d * DAY + m * 60,
					 DAY),
				    (double)NAN, 0, "two days are no habit");
			history_add(&h, T0 + d * DAY + m * 60, v);
		}
	/* Days 2 to 8 at nine: 92 93 94 1000 96 97 98. */
	NEAR(history_habit(&h, T0 + 9 * DAY + 9 * 3600 + 1, DAY), 96, 0,
	    "the middle one");
	NEAR(history_habit(&h, T0 + 9 * DAY + 3 * 3600, DAY), 10, 0,
	    "at another hour");
	NEAR(history_habit(&h, T0 + 9 * DAY + 3 * 3600, 7 * DAY), (double)NAN,
	    0, "one week is no habit");
	/* The hour in hand has no part in it. */
	history_add(&h, T0 + 9 * DAY + 9 * 3600, 5e9);
	NEAR(history_habit(&h, T0 + 9 * DAY + 9 * 3600 + 9, DAY), 96, 0,
	    "not of itself");
	history_free(&h);
}

int
main(void)
{
	lines();
	then();
	habits();
	return tap_done();
}
