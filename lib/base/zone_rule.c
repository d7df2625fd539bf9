/* SPDX-License-Identifier: MIT */
/*
 * zone_rule: POSIX TZ strings (POSIX.1-2017, section 8.3) with the extended
 * hours of RFC 8536, section 3.3.1.
 */
#include "base/zone_private.h"

static bool
take_char(struct span *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_quotable(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-';
}

/* CET or <+03>. */
static bool
take_name(struct span *s, char name[ZONE_NAME_MAX])
{
	bool quoted = take_char(s, '<');
	size_t n = 0;

	while (n < s->len && n < ZONE_NAME_MAX - 1 &&
	       (quoted ? is_quotable(s->p[n]) : is_alpha(s->p[n]))) {
		name[n] = s->p[n];
		n++;
	}
	name[n] = '\0';
	s->p += n;
	s->len -= n;
	return n >= 3 && (!quoted || take_char(s, '>'));
}

static bool
take_number(struct span *s, int max, int *out)
{
	int v = 0;
	size_t n = 0;

	while (n < s->len && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (s->p[n++] - '0');
	s->p += n;
	s->len -= n;
	*out = v;
	return n != 0 && v <= max;
}

/* [-+]h[:m[:s]] in seconds. */
static bool
take_time(struct span *s, int max_hours, int *out)
{
	bool negative = take_char(s, '-');
	int h, m = 0, sec = 0;

	if (!negative)
		take_char(s, '+');
	if (!take_number(s, max_hours, &h))
		return false;
	if (take_char(s, ':') && !take_number(s, 59, &m))
		return false;
	if (m != 0 || (s->len != 0 && s->p[0] == ':'))
		if (take_char(s, ':') && !take_number(s, 59, &sec))
			return false;
	*out = (h * 60 + m) * 60 + sec;
	if (negative)
		*out = -*out;
	return true;
}

static bool
take_change(struct span *s, struct zone_change *c)
{
	*c = (struct zone_change){.time = 2 * 3600};
	if (!take_char(s, ','))
		return false;
	if (take_char(s, 'M')) {
		c->kind = ZONE_MONTH_WEEK;
		if (!take_number(s, 12, &c->month) || c->month == 0 ||
		    !take_char(s, '.') || !take_number(s, 5, &c->week) ||
		    c->week == 0 || !take_char(s, '.') ||
		    !take_number(s, 6, &c->day))
			return false;
	} else if (take_char(s, 'J')) {
		c->kind = ZONE_JULIAN;
		if (!take_number(s, 365, &c->day) || c->day == 0)
			return false;
	} else {
		c->kind = ZONE_DAY;
		if (!take_number(s, 365, &c->day))
			return false;
	}
	return !take_char(s, '/') || take_time(s, 167, &c->time);
}

int
zone_rule_parse(struct span s, struct zone_rule *rule)
{
	struct zone_rule r = {0};
	int west;

	/* POSIX counts offsets to the west. */
	if (!take_name(&s, r.standard.name) || !take_time(&s, 24, &west))
		return -1;
	r.standard.offset = -west;
	if (s.len != 0) {
		r.has_summer = true;
		if (!take_name(&s, r.summer.name))
			return -1;
		r.summer.offset = r.standard.offset + 3600;
		if (s.len != 0 && s.p[0] != ',') {
			if (!take_time(&s, 24, &west))
				return -1;
			r.summer.offset = -west;
		}
		/* Without dates POSIX leaves them open: not a rule to us. */
		if (!take_change(&s, &r.start) || !take_change(&s, &r.end))
			return -1;
	}
	if (s.len != 0)
		return -1;
	*rule = r;
	return 0;
}
