/* SPDX-License-Identifier: MIT */
/* parse_time: instants as people write them. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/parse.h"

/* 9999-12-31, the last day that has a name. */
#define EPOCH_MAX 253402300799.0

static bool
take_char(struct span *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

/* Exactly n digits. */
static bool
take_digits(struct span *s, size_t n, int *out)
{
	int v = 0;

	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	s->p += n;
	s->len -= n;
	*out = v;
	return true;
}

static bool
take_date(struct span *s, struct civil *c)
{
	return take_digits(s, 4, &c->year) && take_char(s, '-') &&
	       take_digits(s, 2, &c->month) && take_char(s, '-') &&
	       take_digits(s, 2, &c->day);
}

/* .250 */
static bool
take_fraction(struct span *s, double *fraction)
{
	double unit = 1;
	int digit, n = 0;

	while (take_digits(s, 1, &digit)) {
		if (++n > 9)
			return false;
		unit *= 10;
		*fraction = *fraction * 10 + digit;
	}
	*fraction /= unit;
	return n != 0;
}

/* 14:02[:05[.250]] */
static bool
take_clock(struct span *s, struct civil *c, double *fraction)
{
	if (!take_digits(s, 2, &c->hour) || !take_char(s, ':') ||
	    !take_digits(s, 2, &c->minute))
		return false;
	if (!take_char(s, ':'))
		return true;
	if (!take_digits(s, 2, &c->second))
		return false;
	return !take_char(s, '.') || take_fraction(s, fraction);
}

/* Z, +01:00; true with *said false when nothing stands there. */
static bool
take_offset(struct span *s, bool *said, int *offset)
{
	bool west;
	int h, m;

	*said = true;
	*offset = 0;
	if (take_char(s, 'Z'))
		return true;
	west = take_char(s, '-');
	if (!west && !take_char(s, '+')) {
		*said = false;
		return true;
	}
	if (!take_digits(s, 2, &h) || !take_char(s, ':') ||
	    !take_digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*offset = (h * 60 + m) * (west ? -60 : 60);
	return true;
}

/* A date with or without a clock, or a clock of today. */
static bool
civil_time(struct span s, double now, const struct zone *zone, double *epoch)
{
	struct civil c = {0};
	double fraction = 0;
	bool said = false;
	int offset = 0;

	if (s.len > 2 && s.p[2] == ':') {
		struct civil today = zone_civil(zone, (int64_t)now);

		c.year = today.year;
		c.month = today.month;
		c.day = today.day;
		if (!take_clock(&s, &c, &fraction))
			return false;
	} else {
		if (!take_date(&s, &c))
			return false;
		if ((take_char(&s, 'T') || take_char(&s, ' ')) &&
		    (!take_clock(&s, &c, &fraction) ||
			!take_offset(&s, &said, &offset)))
			return false;
	}
	if (s.len != 0 || !civil_valid(&c))
		return false;
	*epoch = (double)(said ? zone_epoch(NULL, &c) - offset
			       : zone_epoch(zone, &c)) +
		 fraction;
	return true;
}

/* -1h, +30m, @1763800000 */
static bool
signed_time(struct span s, double now, double *epoch)
{
	struct span rest = {s.p + 1, s.len - 1};
	double v;

	if (s.p[0] == '@') {
		if (rest.len == 0 || rest.p[0] < '0' || rest.p[0] > '9' ||
		    parse_number(rest, &v, NULL) == -1 || v > EPOCH_MAX)
			return false;
		*epoch = v;
		return true;
	}
	if (parse_duration(rest, &v, NULL) == -1)
		return false;
	*epoch = s.p[0] == '-' ? now - v : now + v;
	return true;
}

int
parse_time(struct span s, double now, const struct zone *zone, double *epoch,
    struct nc_err *e)
{
	double v;
	bool good;

	if (span_is(s, "now")) {
		v = now;
		good = true;
	} else if (s.len != 0 &&
		   (s.p[0] == '-' || s.p[0] == '+' || s.p[0] == '@'))
		good = signed_time(s, now, &v);
	else
		good = civil_time(s, now, zone, &v);
	if (!good)
		return err_set(e, EINVAL,
		    "bad time \"%.*s\": expected one like now, -1h, 14:02, "
		    "2026-11-22, 2026-11-22T14:02 or @1763800000",
		    (int)(s.len < 48 ? s.len : 48), s.len != 0 ? s.p : "");
	*epoch = v;
	return 0;
}
