/* SPDX-License-Identifier: MIT */
/* Unit tests of zone; the C library is the judge where it has an answer. */
#include "base/zone.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/zone_private.h"
#include "tap.h"

static const char *
format(const struct zone *z, double epoch, int decimals)
{
	static struct buf b;

	buf_clear(&b);
	zone_format(z, epoch, decimals, &b);
	buf_addc(&b, '\0');
	return b.data;
}

static bool
same_civil(const struct civil *c, const struct tm *tm)
{
	return c->year == tm->tm_year + 1900 && c->month == tm->tm_mon + 1 &&
	       c->day == tm->tm_mday && c->hour == tm->tm_hour &&
	       c->minute == tm->tm_min && c->second == tm->tm_sec &&
	       c->weekday == tm->tm_wday && c->offset == tm->tm_gmtoff;
}

static struct tm
to_tm(const struct civil *c)
{
	return (struct tm){.tm_year = c->year - 1900,
	    .tm_mon = c->month - 1,
	    .tm_mday = c->day,
	    .tm_hour = c->hour,
	    .tm_min = c->minute,
	    .tm_sec = c->second,
	    .tm_isdst = -1};
}

/* Every 27.4 hours from then until 2072, there and back. */
static void
judge(const char *name, time_t from)
{
	struct nc_err e;
	struct zone *z = zone_open(name, &e);
	unsigned there = 0, back = 0, names = 0;
	time_t t, again;
	struct tm tm;
	struct civil c;
	char what[80];

	if (z == NULL) {
		OK(0, e.msg);
		return;
	}
	setenv("TZ", name, 1);
	tzset();
	for (t = from; t < 3250000000LL; t += 98765) {
		localtime_r(&t, &tm);
		c = zone_civil(z, t);
		there += !same_civil(&c, &tm);
		names += strcmp(zone_abbreviation(z, t), tm.tm_zone) != 0;
		/* Ours is one of the instants that have this civil time. */
		again = zone_epoch(z, &c);
		tm = to_tm(&c);
		back += again != t &&
			(again > t || zone_offset(z, again) <= c.offset);
	}
	snprintf(what, sizeof(what), "%s: to civil as localtime(3)", name);
	OK(there == 0, what);
	snprintf(what, sizeof(what), "%s: names as localtime(3)", name);
	OK(names == 0, what);
	snprintf(what, sizeof(what), "%s: and back, the first of two", name);
	OK(back == 0, what);
	zone_free(z);
}

static void
test_judge(void)
{
	static const char *const rules[] = {"UTC", "CET-1CEST,M3.5.0,M10.5.0/3",
	    "EST5EDT,M3.2.0,M11.1.0", "<+0330>-3:30", "IST-5:30",
	    "AEST-10AEDT,M10.1.0,M4.1.0/3", "NZST-12NZDT,M9.5.0,M4.1.0/3",
	    "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "XXX3YYY2,J60/0,J300/5",
	    "AAA-1:15:30", "AAA3BBB2,59,300"};
	static const char *const files[] = {"Europe/Berlin", "America/New_York",
	    "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
	    "Africa/Casablanca", "Europe/Dublin", "America/Nuuk", "Asia/Gaza"};
	char path[128];
	unsigned found = 0;

	/* glibc knows no summer before 1971 when it goes by a rule. */
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		judge(rules[i], 31536000);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s",
		    files[i]);
		if (access(path, R_OK) == -1)
			continue;
		judge(files[i], -2147483648LL);
		found++;
	}
	if (found == 0)
		OK(1, "# SKIP no tz database here (package tzdata)");
}

static void
test_edges(void)
{
	struct nc_err e;
	struct zone *z = zone_open("CET-1CEST,M3.5.0,M10.5.0/3", &e);
	struct civil c = {2026, 3, 29, 2, 30, 0, 0, 0};

	/* 2026-03-29T02:30 does not exist: half an hour behind the gap. */
	SAME(format(z, (double)zone_epoch(z, &c), 0),
	    "2026-03-29T03:30:00+02:00", "skipped in spring");
	c = (struct civil){2026, 10, 25, 2, 30, 0, 0, 0};
	SAME(format(z, (double)zone_epoch(z, &c), 0),
	    "2026-10-25T02:30:00+02:00", "twice in autumn: the first");
	c = (struct civil){2026, 14, 32, 25, -1, 61, 0, 0};
	SAME(format(NULL, (double)zone_epoch(NULL, &c), 0),
	    "2027-03-05T01:00:01Z", "carried over");
	c = (struct civil){2026, -1, 1, 0, 0, 0, 0, 0};
	SAME(format(NULL, (double)zone_epoch(NULL, &c), 0),
	    "2025-11-01T00:00:00Z", "carried back");

	SAME(format(z, (double)zone_day(z, 1774751400, 0), 0),
	    "2026-03-29T00:00:00+01:00", "the day that has 23 hours");
	SAME(format(z, (double)zone_day(z, 1774751400, 1), 0),
	    "2026-03-30T00:00:00+02:00", "the day after it");
	SAME(format(z, (double)zone_day(z, 1774751400, -29), 0),
	    "2026-02-28T00:00:00+01:00", "days earlier, over a month");
	zone_free(z);
	/* Midnight itself is skipped: the day begins at one. */
	z = zone_open("<-03>3<-02>,M10.3.0/0,M2.3.0/0", &e);
	SAME(format(z, (double)zone_day(z, 1760889600, 0), 0),
	    "2025-10-19T01:00:00-02:00", "a day that begins at one");
	zone_free(z);
	zone_free(NULL);
}

static void
test_format(void)
{
	struct nc_err e;
	struct zone *z = zone_open("<-0930>9:30", &e);

	SAME(format(NULL, 1763800000.123, 3), "2025-11-22T08:26:40.123Z",
	    "milliseconds");
	SAME(format(NULL, 1763800000.9996, 3), "2025-11-22T08:26:41.000Z",
	    "rounded up into the next second");
	SAME(format(NULL, 1763800000.5, 0), "2025-11-22T08:26:40Z",
	    "half to even");
	SAME(format(z, 1763800000, 0), "2025-11-21T22:56:40-09:30",
	    "west, with minutes");
	SAME(format(NULL, -0.25, 2), "1969-12-31T23:59:59.75Z",
	    "before the epoch");
	SAME(format(NULL, (double)NAN, 0), "-", "not a number");
	SAME(format(NULL, 1e300, 0), "-", "no such year");
	SAME(format(NULL, -1e300, 0), "-", "nor such");
	SAME(zone_abbreviation(NULL, 0), "UTC", "no zone is UTC");
	zone_free(z);
}

static void
test_valid(void)
{
	static const struct {
		struct civil c;
		bool valid;
	} t[] = {
	    {{2024, 2, 29, 23, 59, 59, 0, 0}, true},
	    {{2023, 2, 29, 0, 0, 0, 0, 0}, false},
	    {{1900, 2, 29, 0, 0, 0, 0, 0}, false},
	    {{2000, 2, 29, 0, 0, 0, 0, 0}, true},
	    {{2026, 4, 31, 0, 0, 0, 0, 0}, false},
	    {{2026, 12, 31, 0, 0, 60, 0, 0}, false},
	    {{2026, 12, 31, 24, 0, 0, 0, 0}, false},
	    {{2026, 12, 0, 0, 0, 0, 0, 0}, false},
	    {{2026, 12, 1, 0, -1, 0, 0, 0}, false},
	    {{10000, 1, 1, 0, 0, 0, 0, 0}, false},
	};
	int good = 1;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		good &= civil_valid(&t[i].c) == t[i].valid;
	OK(good, "valid dates and times");
}

static void
test_open(void)
{
	static const char *const bad[] = {"Nowhere/City", "../../etc/passwd",
	    "Europe/../../../etc/passwd", ".hidden", "CET", "CET-1CEST",
	    "CET-25", "C-1", "CET-1CEST,M13.1.0,M10.5.0", "CET-1CEST,M3.5.0",
	    "CET-1CEST,M3.5.0,M10.5.0x", "CET-1CEST,M3.5.7,M10.5.0",
	    "CET-1CEST,J0,J5", "CET-1CEST,366,1",
	    "CET-1CEST,M3.5.0/168,M10.5.0", "<+1>-1", "<+01-1", "CET1:60",
	    "CET1:1:60", "CET-1CEST-X,J1,J2", "CET-1C,J1,J2", "CET-1CEST,X,J2",
	    ":/nonexistent", "/dev/null"};
	struct nc_err e;
	struct zone *z;
	unsigned opened = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* "CET" is a file of the database, where there is one. */
		if (strcmp(bad[i], "CET") == 0 &&
		    access("/usr/share/zoneinfo/CET", R_OK) == 0)
			continue;
		if ((z = zone_open(bad[i], &e)) != NULL) {
			printf("# %s\n", bad[i]);
			opened++;
		}
		zone_free(z);
	}
	OK(opened == 0, "no such zones");
	zone_open("Nowhere/City", &e);
	SAME(e.msg, "unknown time zone \"Nowhere/City\"", "says so");
	OK((z = zone_open(NULL, &e)) != NULL, "the machine's own");
	zone_free(z);
	OK((z = zone_open("", &e)) != NULL && zone_offset(z, 0) == 0,
	    "empty is UTC");
	zone_free(z);
	OK((z = zone_open(":UTC", &e)) != NULL && zone_offset(z, 0) == 0,
	    "a colon is taken off");
	zone_free(z);
}

/* A version 1 file, made by hand: two types, two changes. */
static void
test_load(void)
{
	static const char head[] = "TZif\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0"
				   "\0\0\0\0"
				   "\0\0\0\0"
				   "\0\0\0\2"
				   "\0\0\0\2"
				   "\0\0\0\10"
				   "\0\0\3\350"
				   "\0\0\7\320"
				   "\1\0"
				   "\0\0\16\20\0\0"
				   "\0\0\34\40\1\4"
				   "AAA\0"
				   "BBB";
	struct span file = {head, sizeof(head)};
	struct zone z = {0};
	char copy[sizeof(head)];
	unsigned taken = 0;
	int64_t at;

	OK(zone_load(file, &z) == 0 && z.n == 2 && !z.has_rule, "version 1");
	OK(zone_offset(&z, 999) == 3600 && zone_offset(&z, 1000) == 7200 &&
		zone_offset(&z, 1999) == 7200 && zone_offset(&z, 2000) == 3600,
	    "its changes");
	SAME(zone_abbreviation(&z, 1500), "BBB", "its names");
	free(z.at);
	free(z.kind);
	free(z.types);
	/* Cut off anywhere, and with any byte made large. */
	for (size_t i = 0; i < sizeof(head); i++) {
		struct zone *w = calloc(1, sizeof(*w));

		taken += zone_load((struct span){head, i}, w) == 0;
		zone_free(w);
		w = calloc(1, sizeof(*w));
		memcpy(copy, head, sizeof(head));
		copy[i] = (char)0xff;
		if (zone_load((struct span){copy, sizeof(copy)}, w) == 0)
			for (at = 0; at < 3000; at += 500)
				zone_offset(w, at);
		zone_free(w);
	}
	OK(taken == 0, "a file cut off is none");
}

int
main(void)
{
	test_judge();
	test_edges();
	test_format();
	test_valid();
	test_open();
	test_load();
	return tap_done();
}
