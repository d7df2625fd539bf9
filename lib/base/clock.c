/* SPDX-License-Identifier: MIT */
/* clock: the kernel's clocks as numbers. */
#include "base/clock.h"

#include <math.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * CLOCK_NS_PER_S + t.tv_nsec;
}

int64_t
clock_real_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_boot_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

int64_t
clock_cpu_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

double
clock_real(void)
{
	return (double)clock_real_ns() / 1e9;
}

double
clock_mono(void)
{
	return (double)clock_mono_ns() / 1e9;
}

double
clock_boot(void)
{
	return (double)clock_boot_ns() / 1e9;
}

int64_t
clock_ns(double seconds)
{
	double ns = rint(seconds * 1e9);

	if (isnan(ns))
		return 0;
	/* 2^63, the first double that does not fit. */
	if (ns >= 9223372036854775808.0)
		return INT64_MAX;
	if (ns <= -9223372036854775808.0)
		return INT64_MIN;
	return (int64_t)ns;
}
