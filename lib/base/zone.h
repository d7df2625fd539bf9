/* SPDX-License-Identifier: MIT */
/*
 * zone: civil time in a time zone, without the TZ of the process: the zone is
 * a value, read from the system's tz database or from a POSIX TZ string.
 */
#ifndef NC_BASE_ZONE_H
#define NC_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct zone; /* opaque; immutable once made */

struct civil {
	int year; /* 1 .. 9999 */
	int month; /* 1 .. 12 */
	int day; /* 1 .. 31 */
	int hour, minute, second;
	int weekday; /* 0 is Sunday; not read by zone_epoch() */
	int offset; /* seconds east of UTC; not read by zone_epoch() */
};

/*
 * name: "UTC", "Europe/Berlin", a path after ":", or a POSIX TZ string
 * ("CET-1CEST,M3.5.0,M10.5.0/3").  NULL: /etc/localtime, UTC when there is
 * none; "" is UTC.  The value of TZ goes in as it is.  Owned: zone_free().
 */
struct zone *zone_open(const char *name, struct nc_err *e);
void zone_free(struct zone *z); /* NULL is fine */

/* Everywhere below: zone NULL is UTC. */
int zone_offset(const struct zone *z, int64_t epoch); /* seconds east */
/* "CEST"; borrowed, valid as long as the zone. */
const char *zone_abbreviation(const struct zone *z, int64_t epoch);
struct civil zone_civil(const struct zone *z, int64_t epoch);
/*
 * Fields out of range are carried over (day 32, hour -1).  A time that occurs
 * twice is the first; one that a spring forward skips is as far behind the
 * gap as it was into it, as mktime(3) has it.
 */
int64_t zone_epoch(const struct zone *z, const struct civil *c);
/* The first instant of the civil day of epoch, days later or earlier. */
int64_t zone_day(const struct zone *z, int64_t epoch, int days);

/* Appends 2026-11-22T14:02:05.123+01:00, rounded to 0 to 9 decimals; UTC has
 * Z.  What is not a time of the years 1 to 9999 is "-". */
void zone_format(const struct zone *z, double epoch, int decimals,
    struct buf *b);
bool civil_valid(const struct civil *c); /* ranges and days of the month */

#endif
