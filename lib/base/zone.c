/* SPDX-License-Identifier: MIT */
/*
 * zone: civil time by a zone's table and rule.  The calendar is Hinnant's
 * "chrono-compatible low-level date algorithms": proleptic Gregorian, no
 * loops, no tables.
 */
#include "base/zone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/zone_private.h"

#define DAY 86400
#define ZONE_FILE_MAX 262144
#define ZONE_FOLDER "/usr/share/zoneinfo/"

/* Of the years 1 to 9999, give or take any offset. */
#define EPOCH_MIN (-62135596800.0)
#define EPOCH_MAX 253402300799.0

static const struct zone_type utc = {0, "UTC"};

/* From days to dates and back. */

int64_t
zone_days(int64_t year, int64_t month, int64_t day)
{
	int64_t era, year_of_era, day_of_year, day_of_era;

	/* Months out of range are carried over. */
	month--;
	year += month / 12 - (month % 12 < 0);
	month = month % 12 + (month % 12 < 0 ? 12 : 0) + 1;
	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
		     day_of_year;
	return era * 146097 + day_of_era - 719468 + day - 1;
}

static void
set_date(struct civil *c, int64_t days)
{
	int64_t era, day_of_era, year_of_era, day_of_year, month;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			  day_of_era / 146096) /
		      365;
	day_of_year = day_of_era -
		      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	c->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	c->month = (int)(month < 10 ? month + 3 : month - 9);
	c->year = (int)(year_of_era + era * 400 + (c->month <= 2));
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int
weekday(int64_t days)
{
	/* 1970-01-01 was a Thursday. */
	int64_t w = (days + 4) % 7;

	return (int)(w < 0 ? w + 7 : w);
}

static struct civil
split(int64_t local)
{
	int64_t days = floor_div(local, DAY);
	int rest = (int)(local - days * DAY);
	struct civil c = {.hour = rest / 3600,
	    .minute = rest / 60 % 60,
	    .second = rest % 60};

	set_date(&c, days);
	c.weekday = weekday(days);
	return c;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_length(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

bool
civil_valid(const struct civil *c)
{
	return c->year >= 1 && c->year <= 9999 && c->month >= 1 &&
	       c->month <= 12 && c->day >= 1 &&
	       c->day <= month_length(c->year, c->month) && c->hour >= 0 &&
	       c->hour <= 23 && c->minute >= 0 && c->minute <= 59 &&
	       c->second >= 0 && c->second <= 59;
}

/* What holds at an instant. */

/* Local seconds of the change in that year, in the time before it. */
static int64_t
change_time(const struct zone_change *c, int year)
{
	int64_t first, days;
	int length;

	if (c->kind == ZONE_MONTH_WEEK) {
		first = zone_days(year, c->month, 1);
		days = (c->day - weekday(first) + 7) % 7 + 7 * (c->week - 1);
		length = month_length(year, c->month);
		if (days >= length)
			days -= 7;
		days += first;
	} else {
		days = zone_days(year, 1, 1) + c->day;
		/* Jn counts from 1 and never counts February 29. */
		if (c->kind == ZONE_JULIAN)
			days -= !(is_leap(year) && c->day > 59);
	}
	return days * DAY + c->time;
}

static const struct zone_type *
type_by_rule(const struct zone_rule *r, int64_t epoch)
{
	int64_t start, end;
	int year;
	bool summer;

	if (!r->has_summer)
		return &r->standard;
	year = split(epoch + r->standard.offset).year;
	start = change_time(&r->start, year) - r->standard.offset;
	end = change_time(&r->end, year) - r->summer.offset;
	/* South of the equator summer spans the new year. */
	summer = start < end ? epoch >= start && epoch < end
			     : epoch >= start || epoch < end;
	return summer ? &r->summer : &r->standard;
}

static const struct zone_type *
type_at(const struct zone *z, int64_t epoch)
{
	size_t low = 0, high, mid;

	if (z == NULL)
		return &utc;
	if (z->has_rule && (z->n == 0 || epoch >= z->at[z->n - 1]))
		return type_by_rule(&z->rule, epoch);
	if (z->n == 0 || epoch < z->at[0])
		return &z->types[0];
	for (high = z->n; high - low > 1;) {
		mid = low + (high - low) / 2;
		if (z->at[mid] <= epoch)
			low = mid;
		else
			high = mid;
	}
	return &z->types[z->kind[low]];
}

int
zone_offset(const struct zone *z, int64_t epoch)
{
	return type_at(z, epoch)->offset;
}

const char *
zone_abbreviation(const struct zone *z, int64_t epoch)
{
	return type_at(z, epoch)->name;
}

struct civil
zone_civil(const struct zone *z, int64_t epoch)
{
	int offset = zone_offset(z, epoch);
	struct civil c = split(epoch + offset);

	c.offset = offset;
	return c;
}

int64_t
zone_epoch(const struct zone *z, const struct civil *c)
{
	int64_t local = zone_days(c->year, c->month, c->day) * DAY +
			(int64_t)c->hour * 3600 + (int64_t)c->minute * 60 +
			c->second;
	/* No zone changes twice within two days. */
	int before = zone_offset(z, local - DAY);
	int after = zone_offset(z, local + DAY);

	if (zone_offset(z, local - before) == before)
		return local - before;
	if (zone_offset(z, local - after) == after)
		return local - after;
	return local - before;
}

int64_t
zone_day(const struct zone *z, int64_t epoch, int days)
{
	struct civil c = zone_civil(z, epoch);

	c.day += days;
	c.hour = c.minute = c.second = 0;
	return zone_epoch(z, &c);
}

void
zone_format(const struct zone *z, double epoch, int decimals, struct buf *b)
{
	int64_t scale = 1, scaled, seconds, fraction;
	struct civil c;
	int offset;

	if (!(epoch > EPOCH_MIN + DAY && epoch < EPOCH_MAX - DAY)) {
		buf_addc(b, '-');
		return;
	}
	for (int i = 0; i < decimals; i++)
		scale *= 10;
	fraction = 0;
	seconds = (int64_t)floor(epoch);
	if (decimals != 0) {
		scaled = (int64_t)rint(
		    (epoch - (double)seconds) * (double)scale);
		seconds += scaled / scale;
		fraction = scaled % scale;
	} else
		seconds = (int64_t)rint(epoch);
	c = zone_civil(z, seconds);
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
	    c.hour, c.minute, c.second);
	if (decimals != 0)
		buf_addf(b, ".%0*lld", decimals, (long long)fraction);
	if (c.offset == 0) {
		buf_addc(b, 'Z');
		return;
	}
	offset = abs(c.offset) / 60;
	buf_addf(b, "%c%02d:%02d", c.offset < 0 ? '-' : '+', offset / 60,
	    offset % 60);
}

/* Making one. */

static bool
is_safe_name(const char *name)
{
	return name[0] != '/' && name[0] != '.' && strstr(name, "/.") == NULL &&
	       strlen(name) < 128;
}

static int
read_zone(const char *path, struct zone *z, struct nc_err *e)
{
	struct buf file = {0};
	int rc = afile_read(path, ZONE_FILE_MAX, &file, e);

	if (rc == 0 && (rc = zone_load(buf_span(&file), z)) == -1)
		err_set(e, EINVAL, "%s: not a time zone file", path);
	buf_free(&file);
	return rc;
}

static int
find_zone(const char *name, struct zone *z, struct nc_err *e)
{
	struct nc_err why = {0};
	char *path;
	int rc;

	if (name == NULL) {
		rc = read_zone("/etc/localtime", z, &why);
		if (rc == -1 && why.code != ENOENT)
			return err_set(e, why.code, "%s", why.msg);
		name = rc == 0 ? NULL : "UTC0";
	}
	if (name == NULL)
		return 0;
	if (*name == ':')
		name++;
	if (*name == '\0' || strcmp(name, "UTC") == 0)
		name = "UTC0";
	if (name[0] == '/')
		return read_zone(name, z, e);
	if (zone_rule_parse(span_of(name), &z->rule) == 0) {
		z->has_rule = true;
		return 0;
	}
	if (!is_safe_name(name))
		return err_set(e, EINVAL, "unknown time zone \"%.64s\"", name);
	path = xasprintf(ZONE_FOLDER "%s", name);
	rc = read_zone(path, z, &why);
	free(path);
	if (rc == 0)
		return 0;
	if (why.code == ENOENT)
		return err_set(e, EINVAL, "unknown time zone \"%.64s\"", name);
	return err_set(e, why.code, "%s", why.msg);
}

struct zone *
zone_open(const char *name, struct nc_err *e)
{
	struct zone *z = xcalloc(1, sizeof(*z));

	if (find_zone(name, z, e) == -1) {
		zone_free(z);
		return NULL;
	}
	return z;
}

void
zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->at);
	free(z->kind);
	free(z->types);
	free(z);
}
