/* SPDX-License-Identifier: MIT */
/* Unit tests of format: every unit, the edges between prefixes, columns. */
#include "metric/format.h"

#include <float.h>

#include "tap.h"

static char text[FORMAT_MAX];

static const char *
plain(double v, enum metric_unit unit)
{
	size_t len = format_value(text, v, unit, false);

	return len == strlen(text) ? text : "wrong length";
}

static const char *
rate(double v, enum metric_unit unit)
{
	format_value(text, v, unit, true);
	return text;
}

static const char *
fixed(size_t width, double v, enum metric_unit unit)
{
	size_t len = format_fixed(text, width, v, unit, false);

	return len == width && strlen(text) == width ? text : "wrong width";
}

static const char *
fixed_rate(size_t width, double v, enum metric_unit unit)
{
	format_fixed(text, width, v, unit, true);
	return text;
}

static const char *
duration(double v)
{
	format_duration(text, v);
	return text;
}

static void
test_bytes(void)
{
	SAME(plain(0, UNIT_BYTES), "0 B", "nothing");
	SAME(plain(512, UNIT_BYTES), "512 B", "bytes");
	SAME(plain(1023, UNIT_BYTES), "1023 B", "below the first prefix");
	SAME(plain(1024, UNIT_BYTES), "1 KiB", "no trailing zero");
	SAME(plain(1610612736.0, UNIT_BYTES), "1.5 GiB", "binary sizes");
	SAME(plain(1048575, UNIT_BYTES), "1 MiB", "not 1024 KiB");
	SAME(plain(-2048, UNIT_BYTES), "-2 KiB", "negative");
	SAME(plain(9e18, UNIT_BYTES), "7.8 EiB", "the last prefix");
	SAME(rate(12345678, UNIT_BYTES), "12.3 MB/s", "decimal rates");
	SAME(rate(999999, UNIT_BYTES), "1 MB/s", "not 1000 kB/s");
	SAME(rate(0, UNIT_BYTES), "0 B/s", "no rate");
	SAME(rate(0.5, UNIT_BYTES), "0.5 B/s", "half a byte a second");
}

static void
test_ratio(void)
{
	SAME(plain(0.37, UNIT_RATIO), "37 %", "percent for people");
	SAME(plain(1, UNIT_RATIO), "100 %", "all");
	SAME(plain(0.034, UNIT_RATIO), "3.4 %", "a little");
	SAME(plain(0.0004, UNIT_RATIO), "0.04 %", "very little");
	SAME(plain(0.00001, UNIT_RATIO), "<0.01 %", "not nothing");
	SAME(plain(0, UNIT_RATIO), "0 %", "nothing");
	SAME(rate(1.25, UNIT_SECONDS), "125 %", "seconds a second");
}

static void
test_time(void)
{
	SAME(plain(250, UNIT_SECONDS), "4m10s", "minutes");
	SAME(duration(0), "0s", "none");
	SAME(duration(0.85), "850ms", "milliseconds");
	SAME(duration(0.00012), "120us", "microseconds");
	SAME(duration(0.0000000042), "4.2ns", "nanoseconds");
	SAME(duration(0.0015), "1.5ms", "a decimal below ten");
	SAME(duration(0.9999), "1s", "not 1000ms");
	SAME(duration(12.34), "12.3s", "seconds");
	SAME(duration(59.96), "1m00s", "not 60s");
	SAME(duration(3599.7), "1h00m", "not 60m00s");
	SAME(duration(11220), "3h07m", "hours");
	SAME(duration(1051200), "12d04h", "days");
	SAME(duration(-90), "-1m30s", "the other way");
	SAME(duration(NAN), "-", "unknown");
	SAME(duration(1e300), "ever", "for ever");
	SAME(plain(1763800000, UNIT_TIMESTAMP), "2025-11-22T08:26:40Z",
	    "an instant");
	SAME(plain(1e300, UNIT_TIMESTAMP), "-", "no instant");
}

static void
test_others(void)
{
	SAME(plain(NAN, UNIT_BYTES), "-", "unknown is not a number");
	SAME(plain(INFINITY, UNIT_NONE), "inf", "infinite");
	SAME(plain(7, UNIT_NONE), "7", "a count");
	SAME(plain(1.25, UNIT_NONE), "1.2", "a load");
	SAME(plain(0.03, UNIT_NONE), "0.03", "a small load");
	SAME(plain(123456, UNIT_NONE), "123k", "many");
	SAME(rate(12345, UNIT_NONE), "12.3k/s", "many a second");
	SAME(rate(7, UNIT_NONE), "7/s", "some a second");
	SAME(plain(54.25, UNIT_CELSIUS), "54.2 C", "temperature");
	SAME(rate(65.2, UNIT_JOULES), "65.2 W", "joules a second are watts");
	SAME(plain(3.4e9, UNIT_HERTZ), "3.4 GHz", "frequency");
	SAME(plain(12.06, UNIT_VOLTS), "12.1 V", "voltage");
	SAME(plain(1, UNIT_BOOLEAN), "yes", "true");
	SAME(plain(0, UNIT_BOOLEAN), "no", "false");
	OK(strlen(plain(DBL_MAX, UNIT_BYTES)) < FORMAT_MAX, "the largest");
	OK(strlen(plain(-DBL_MAX, UNIT_RATIO)) < FORMAT_MAX, "the least");
	format_metric(text, 2e6, span_of("read_bytes_per_second"));
	SAME(text, "2 MB/s", "by the name of a rate");
	format_metric(text, 2097152, span_of("mem_rss_bytes"));
	SAME(text, "2 MiB", "by the name of a gauge");
}

static void
test_fixed(void)
{
	SAME(fixed(4, 1610612736.0, UNIT_BYTES), "1.5G", "size in 4");
	SAME(fixed(6, 1610612736.0, UNIT_BYTES), "  1.5G", "size in 6");
	SAME(fixed(4, 1023 * 1024.0, UNIT_BYTES), "1.0M", "1023K has 5");
	SAME(fixed(5, 1023 * 1024.0, UNIT_BYTES), "1023K", "fits 5");
	SAME(fixed(4, 0, UNIT_BYTES), "   0", "nothing");
	SAME(fixed(4, 0.37, UNIT_RATIO), " 37%", "percent, no decimal");
	SAME(fixed(5, 0.374, UNIT_RATIO), "37.4%", "percent, a decimal");
	SAME(fixed(4, 1, UNIT_RATIO), "100%", "all");
	SAME(fixed(4, 64, UNIT_RATIO), "++++", "cannot fit: no wrong number");
	SAME(fixed(5, 64, UNIT_RATIO), "6400%", "64 processors");
	SAME(fixed(5, 250, UNIT_SECONDS), "4m10s", "duration in 5");
	SAME(fixed(4, 250, UNIT_SECONDS), "4m10", "duration in 4");
	SAME(fixed(4, 750, UNIT_SECONDS), " 12m", "cut to the minute");
	SAME(fixed(4, 0.85, UNIT_SECONDS), "0.8s", "milliseconds in 4");
	SAME(fixed(4, 12.34, UNIT_SECONDS), " 12s", "seconds in 4");
	SAME(fixed(4, 1051200, UNIT_SECONDS), " 12d", "days in 4");
	SAME(fixed(5, NAN, UNIT_BYTES), "    -", "unknown");
	SAME(fixed(4, -5 * 1048576.0, UNIT_BYTES), " -5M", "negative");
	SAME(fixed_rate(4, 12345678, UNIT_BYTES), " 12M", "rate in 4");
	SAME(fixed_rate(5, 12345678, UNIT_BYTES), "12.3M", "rate in 5");
	SAME(fixed_rate(4, 999.9, UNIT_BYTES), "1.0K", "rounds up a prefix");
	SAME(fixed_rate(5, 1.25, UNIT_SECONDS), " 125%", "cpu");
	SAME(fixed(5, 1, UNIT_BOOLEAN), "  yes", "true");
	SAME(fixed(5, 1763800000, UNIT_TIMESTAMP), "08:26", "an instant");
	SAME(fixed(4, DBL_MAX, UNIT_BYTES), "++++", "the largest");
}

int
main(void)
{
	test_bytes();
	test_ratio();
	test_time();
	test_others();
	test_fixed();
	return tap_done();
}
