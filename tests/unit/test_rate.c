/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of rate: every trap that monitoring agents are known to have
 * stepped into, by name.
 */
#include "metric/rate.h"

#include "tap.h"

/* A good stamp: boot clock and start known, every 10 s. */
static struct series_stamp
stamp(double ts, double up, double since)
{
	return (struct series_stamp){.ts = ts,
	    .up = up,
	    .since = since,
	    .interval = 10};
}

/* Only a time and an interval. */
static struct series_stamp
bare(double ts)
{
	return stamp(ts, NAN, NAN);
}

static enum series_state
go(struct series_stamp from, struct series_stamp to, double old, double raw,
    double *rate)
{
	struct rate_edge e = rate_edge(&from, &to);
	bool held;

	return rate_of(&e, old, raw, false, rate, &held);
}

static void
test_divisor(void)
{
	double r;

	OK(go(bare(100), bare(110), 50, 150, &r) == SERIES_VALUE, "a rate");
	NEAR(r, 10, 0, "difference over time");
	/* collectd virt divides by the configured interval on a late read. */
	go(bare(100), bare(114), 0, 140, &r);
	NEAR(r, 10, 0, "a late read divides by the time that passed");
	go(stamp(100, 5, NAN), stamp(3710, 15, NAN), 0, 100, &r);
	NEAR(r, 10, 0, "clock set forward: the boot clock divides");
	go(stamp(3700, 5, NAN), stamp(110, 15, NAN), 0, 100, &r);
	NEAR(r, 10, 0, "clock set back: the boot clock divides");
	go(stamp(100, NAN, NAN), stamp(110, 15, NAN), 0, 100, &r);
	NEAR(r, 10, 0, "one boot clock alone is none");
	go(bare(1763800000.123), bare(1763800010.124), 0, 10.001, &r);
	NEAR(r, 1, 1e-6, "milliseconds count");
	OK(go(bare(100), bare(100), 0, 5, &r) == SERIES_GAP && isnan(r),
	    "no time passed: no rate, no division by zero");
	OK(go(bare(100), bare(100.0001), 0, 5, &r) == SERIES_GAP,
	    "less than a millisecond is no time");
	OK(go(stamp(100, 5, NAN), stamp(110, 5, NAN), 0, 5, &r) == SERIES_GAP,
	    "a boot clock that stands still gives no rate");
}

static void
test_reset(void)
{
	double r;

	OK(go(bare(100), bare(110), 4294967290.0, 10, &r) == SERIES_RESET &&
		isnan(r),
	    "a fall below 2^32 is a reset, not a wrap");
	OK(go(bare(100), bare(110), 18446744073709551000.0, 10, &r) ==
		SERIES_RESET,
	    "a fall below 2^64 is a reset, not a wrap");
	OK(go(bare(100), bare(110), 1000, 999, &r) == SERIES_RESET,
	    "a count that goes back by one has started again");
	OK(go(stamp(100, 500, NAN), stamp(110, 3, NAN), 10, 5000, &r) ==
		SERIES_RESET,
	    "reboot: up is smaller although the counter is larger");
	OK(go(stamp(100, 60, NAN), stamp(120, 59.9, NAN), 10, 5000, &r) ==
		SERIES_RESET,
	    "a host that crashes each minute: up only just smaller");
	OK(go(stamp(100, 500, 20), stamp(110, 510, 95), 10, 5000, &r) ==
		SERIES_RESET,
	    "since moved: a new QEMU whose counter passed the old one");
	OK(go(stamp(100, 500, 20), stamp(110, 510, 21.9), 10, 20, &r) ==
		SERIES_VALUE,
	    "since within 2 s is the same start");
	OK(go(stamp(100, 500, 20), stamp(110, 510, 17.9), 10, 20, &r) ==
		SERIES_RESET,
	    "since 2.1 s off is another start");
	OK(go(stamp(100, 500, 20), stamp(3710, 510, 3620), 10, 20, &r) ==
		SERIES_VALUE,
	    "clock set forward: since moves along, no reset");
	OK(go(stamp(3700, 500, 3620), stamp(110, 510, 20), 10, 20, &r) ==
		SERIES_VALUE,
	    "clock set back: since moves along, no reset");
	OK(go(stamp(100, NAN, 20), stamp(110, NAN, 105), 10, 20, &r) ==
		SERIES_RESET,
	    "since without a boot clock is compared as it is");
	OK(go(stamp(100, 500, NAN), stamp(110, 510, 95), 10, 20, &r) ==
		SERIES_VALUE,
	    "since in one reading only says nothing");
	OK(go(stamp(100, 500, 20), stamp(110, 510, 20), 20, 20, &r) ==
		    SERIES_VALUE &&
		r == 0,
	    "a counter that stands still is 0");
	OK(go(bare(100), bare(110), -1e308, 1e308, &r) == SERIES_RESET &&
		isnan(r),
	    "a difference beyond double is no rate");
}

static void
test_gap(void)
{
	struct series_stamp a = bare(100), b;
	double r;

	OK(go(a, bare(125), 0, 100, &r) == SERIES_VALUE,
	    "2.5 intervals are no gap");
	OK(go(a, bare(125.1), 0, 100, &r) == SERIES_GAP && isnan(r),
	    "more than 2.5 intervals are a gap: no average over a hole");
	OK(go(a, bare(130), 100, 5, &r) == SERIES_RESET,
	    "a reset inside a gap is called a reset");
	OK(go(stamp(100, 5, NAN), stamp(3700, 15, NAN), 0, 1, &r) ==
		SERIES_VALUE,
	    "a clock step is not a gap");
	OK(go(stamp(100, 5, NAN), stamp(110, 3605, NAN), 0, 1, &r) ==
		SERIES_GAP,
	    "a hole hidden by a clock set back is a gap");
	b = bare(150);
	b.interval = 60;
	OK(go(a, b, 0, 100, &r) == SERIES_VALUE &&
		go(b, bare(200), 0, 100, &r) == SERIES_VALUE,
	    "when the interval changes the longer one counts");
	a.interval = NAN;
	b = a;
	b.ts = 1000;
	OK(go(a, b, 0, 100, &r) == SERIES_VALUE,
	    "without an interval 15 minutes are bridged");
	b.ts = 1000.5;
	OK(go(a, b, 0, 100, &r) == SERIES_GAP, "and no longer");
}

static void
test_slip(void)
{
	struct series_stamp a = bare(100), b = bare(110);
	struct rate_edge e = rate_edge(&a, &b);
	double r;
	bool held;

	OK(rate_of(&e, 4000, 3998.5, true, &r, &held) == SERIES_VALUE &&
		r == 0 && held,
	    "idle seconds that slip back are held");
	OK(rate_of(&e, 4000, 3997, true, &r, &held) == SERIES_RESET && !held,
	    "3 s back is a processor that was plugged");
	OK(rate_of(&e, 4000, 3998.5, false, &r, &held) == SERIES_RESET,
	    "only seconds slip");
	OK(rate_of(&e, 2.5, 0.1, true, &r, &held) == SERIES_RESET,
	    "a young process that started again did not slip");
	b.ts = 200;
	e = rate_edge(&a, &b);
	OK(rate_of(&e, 4000, 3999, true, &r, &held) == SERIES_GAP && held,
	    "a slip over a gap is held, and has no rate");
}

static void
test_quality(void)
{
	struct series_stamp a = bare(100), b = bare(110);
	double r;

	b.quality = RECORD_ESTIMATED;
	OK(go(a, b, 0, 100, &r) == SERIES_FIRST && isnan(r),
	    "no rate from a measured to an estimated number");
	a.quality = RECORD_ESTIMATED;
	OK(go(a, b, 0, 100, &r) == SERIES_VALUE,
	    "estimates have rates among themselves");
}

int
main(void)
{
	test_divisor();
	test_reset();
	test_gap();
	test_slip();
	test_quality();
	return tap_done();
}
