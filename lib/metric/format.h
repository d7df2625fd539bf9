/* SPDX-License-Identifier: MIT */
/*
 * format: numbers as people read them, by unit: 1.5 GiB, 37 %, 12.3 MB/s,
 * 4m10s.  Ratios become percent here and nowhere else.  Sizes are binary,
 * rates decimal, as everywhere in networks and storage.  Pure functions; no
 * locale.
 */
#ifndef NC_METRIC_FORMAT_H
#define NC_METRIC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "metric/catalogue.h"

#define FORMAT_MAX 32 /* room that any text below needs */

/* "-" for NAN.  rate: the value is per second. */
size_t format_value(char to[FORMAT_MAX], double v, enum metric_unit unit,
    bool rate);
/* By the name of a metric or of a rate. */
size_t format_metric(char to[FORMAT_MAX], double v, struct span name);
/*
 * Exactly width columns (4 to 12), right-aligned, as many digits as fit:
 * "1.5G", " 37%", "4m10".  A number that cannot fit is a row of '+'.
 */
size_t format_fixed(char to[FORMAT_MAX], size_t width, double v,
    enum metric_unit unit, bool rate);
/* "850ms", "12.3s", "4m10s", "3h07m", "12d4h". */
size_t format_duration(char to[FORMAT_MAX], double seconds);

#endif
