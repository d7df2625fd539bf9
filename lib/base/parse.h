/* SPDX-License-Identifier: MIT */
/*
 * parse: the one way numbers, durations, sizes and times are read from words
 * of people (options, configuration, expressions).  The whole span must
 * match: no blanks, no trailing junk, no locale.  Results are written on
 * success only; errors name the word and what was expected.
 */
#ifndef NC_BASE_PARSE_H
#define NC_BASE_PARSE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/zone.h"

/* [-+]digits within [min, max]. */
int parse_integer(struct span s, int64_t min, int64_t max, int64_t *out,
    struct nc_err *e);
/* Decimal digits only, at most max. */
int parse_unsigned(struct span s, uint64_t max, uint64_t *out,
    struct nc_err *e);
/* [-+]digits[.digits][e[-+]digits], finite, correctly rounded; no hex, inf,
 * nan, no bare point. */
int parse_number(struct span s, double *out, struct nc_err *e);
/* Seconds from 500ms 10s 5m 2h 7d 4w; a bare number is seconds; fractions
 * are fine (1.5h), signs are not.  At most 100 years. */
int parse_duration(struct span s, double *seconds, struct nc_err *e);
/* Bytes from 4096 64K 10GiB: K M G T P, all powers of 1024, with or without
 * iB; kB MB GB TB PB are powers of 1000; B alone is one. */
int parse_size(struct span s, uint64_t *bytes, struct nc_err *e);
/*
 * Epoch seconds from: now · -1h (that long before now) · +30m (after) ·
 * 2026-11-22 (its first instant) · 2026-11-22T14:02[:05[.250]] with an
 * optional Z or +01:00 (also a blank for the T) · 14:02[:05] (of the civil day
 * of now) · @1763800000[.5].  Civil times are of the zone (NULL: UTC) where
 * they do not say their offset.
 */
int parse_time(struct span s, double now, const struct zone *zone,
    double *epoch, struct nc_err *e);
/* The place of s in words (NULL ends); the error lists them all. */
int parse_choice(struct span s, const char *const *words, int *out,
    struct nc_err *e);

#endif
