/* SPDX-License-Identifier: MIT */
/*
 * calendar: a set of weekdays and two times of the day, or two instants.
 * What decides is the civil time of an instant, never seconds since midnight:
 * days of 23 and 25 hours need no rule of their own.
 */
#include "lang/calendar.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/zone.h"

#define DAY 86400
#define EVERY_DAY 0x7fu

struct calendar {
	struct zone *zone; /* NULL: UTC */
	unsigned days; /* bit 0 is Sunday; 0: once */
	int from, to; /* seconds of the civil day, to <= from: the next day */
	double begin, end; /* once */
};

static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu",
    "fri", "sat"};

static int
day_of(struct span s)
{
	for (int i = 0; i < 7; i++)
		if (span_is(s, day_names[i]))
			return i;
	return -1;
}

/* day, tue, mon-fri; 0 when it is none of them. */
static unsigned
days_of(const char *word)
{
	const char *dash = strchr(word, '-');
	unsigned days = 0;
	int first, last;

	if (strcmp(word, "day") == 0)
		return EVERY_DAY;
	first = day_of(dash != NULL ? (struct span){word, (size_t)(dash - word)}
				    : span_of(word));
	last = dash != NULL ? day_of(span_of(dash + 1)) : first;
	if (first == -1 || last == -1)
		return 0;
	for (int i = first;; i = (i + 1) % 7) {
		days |= 1u << i;
		if (i == last)
			return days;
	}
}

/* 02:00, 24:00; -1 when it is no time of the day. */
static int
time_of_day(struct span s)
{
	int v = 0;

	if (s.len != 5 || s.p[2] != ':')
		return -1;
	for (int i = 0; i < 5; i++)
		if (i != 2 && (s.p[i] < '0' || s.p[i] > '9'))
			return -1;
	v = ((s.p[0] - '0') * 10 + s.p[1] - '0') * 60;
	if (s.p[3] > '5')
		return -1;
	v += (s.p[3] - '0') * 10 + s.p[4] - '0';
	return v <= 24 * 60 ? v * 60 : -1;
}

/* every DAYS HH:MM-HH:MM */
static int
read_every(struct config_cursor *c, struct calendar *k)
{
	const char *word, *dash;
	unsigned days;
	size_t at;

	for (;;) {
		at = c->at;
		if (config_text(c, "a day such as tue, mon-fri or day",
			&word) == -1)
			return -1;
		if ((days = days_of(word)) == 0)
			break;
		k->days |= days;
		config_accept(c, ",");
	}
	if (k->days == 0)
		return config_error(c->o, c->node, at,
		    "'%s' here, expected a day such as tue, mon-fri or day",
		    word);
	dash = strchr(word, '-');
	if (dash != NULL) {
		k->from = time_of_day(
		    (struct span){word, (size_t)(dash - word)});
		k->to = time_of_day(span_of(dash + 1));
	}
	if (dash == NULL || k->from == -1 || k->from == DAY || k->to == -1)
		return config_error(c->o, c->node, at,
		    "'%s' here, expected a time such as 02:00-04:00", word);
	return 0;
}

static int
read_zone(struct config_cursor *c, struct calendar *k)
{
	struct nc_err e = {0};
	const char *name;
	size_t at;

	if (!config_accept(c, "tz"))
		return 0;
	at = c->at;
	if (config_text(c, "a time zone such as \"Europe/Paris\"", &name) == -1)
		return -1;
	if ((k->zone = zone_open(name, &e)) == NULL)
		return config_error(c->o, c->node, at, "%s", e.msg);
	return 0;
}

static int
read_instant(struct config_cursor *c, size_t at, const struct calendar *k,
    double *to)
{
	struct nc_err e = {0};

	/* Only what names its own day: the file is no place for "now". */
	if (c->node->tokens[at].text[0] < '0' ||
	    strlen(c->node->tokens[at].text) < 10 ||
	    parse_time(span_of(c->node->tokens[at].text), 0, k->zone, to, &e) ==
		-1)
		return config_error(c->o, c->node, at,
		    "'%s' here, expected a time such as 2026-11-22T02:00",
		    c->node->tokens[at].text);
	return 0;
}

/* from TIME to TIME [tz ZONE]: the zone is known only behind them. */
static int
read_once(struct config_cursor *c, struct calendar *k)
{
	const char *word;
	size_t from = c->at, to;

	if (config_text(c, "a time such as 2026-11-22T02:00", &word) == -1 ||
	    config_expect(c, "to") == -1)
		return -1;
	to = c->at;
	if (config_text(c, "a time such as 2026-11-22T06:00", &word) == -1 ||
	    read_zone(c, k) == -1 ||
	    read_instant(c, from, k, &k->begin) == -1 ||
	    read_instant(c, to, k, &k->end) == -1)
		return -1;
	if (k->end <= k->begin)
		return config_error(c->o, c->node, to,
		    "it ends before it begins, expected a later time");
	return 0;
}

struct calendar *
calendar_read(struct config_cursor *c)
{
	struct calendar *k = xcalloc(1, sizeof(*k));
	int rc;

	if (config_accept(c, "every")) {
		rc = read_every(c, k);
		if (rc == 0)
			rc = read_zone(c, k);
	} else if ((rc = config_expect(c, "from")) == 0)
		rc = read_once(c, k);
	if (rc == 0)
		return k;
	calendar_free(k);
	return NULL;
}

void
calendar_free(struct calendar *k)
{
	if (k == NULL)
		return;
	zone_free(k->zone);
	free(k);
}

bool
calendar_covers(const struct calendar *k, double ts)
{
	struct civil t;
	int second, yesterday;

	if (k->days == 0)
		return ts >= k->begin && ts < k->end;
	if (!(fabs(ts) < 1e11))
		return false;
	t = zone_civil(k->zone, (int64_t)floor(ts));
	second = t.hour * 3600 + t.minute * 60 + t.second;
	yesterday = (t.weekday + 6) % 7;
	if (k->from < k->to)
		return (k->days >> t.weekday & 1) != 0 && second >= k->from &&
		       second < k->to;
	return ((k->days >> t.weekday & 1) != 0 && second >= k->from) ||
	       ((k->days >> yesterday & 1) != 0 && second < k->to);
}
