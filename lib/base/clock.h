/* SPDX-License-Identifier: MIT */
/*
 * clock: what time it is, read from the kernel.  For main and for loops; the
 * modules that decide take time as a parameter.
 */
#ifndef NC_BASE_CLOCK_H
#define NC_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_S INT64_C(1000000000)

int64_t clock_real_ns(void); /* since the epoch; steps when it is set */
int64_t clock_mono_ns(void); /* never steps, stands still in suspend */
int64_t clock_boot_ns(void); /* the same, runs on in suspend */
int64_t clock_cpu_ns(void); /* user and system time of this process */
double clock_real(void); /* the same in seconds */
double clock_mono(void);
double clock_boot(void);

/* Seconds to ns, rounded; clamped to what int64_t holds (about 292 years).
 * NAN is 0. */
int64_t clock_ns(double seconds);

#endif
