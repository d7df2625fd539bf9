/* SPDX-License-Identifier: MIT */
/*
 * format: numbers as people read them.  Each text is made from a number that
 * is scaled to its prefix and a suffix; rounding that reaches the next prefix
 * takes it, so that nobody reads "1024 KiB".
 */
#include "metric/format.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

/* How a unit is written, and what its multiples are. */
struct style {
	const char *suffix;
	const char *const *prefixes; /* NULL: none */
	double base; /* from one prefix to the next */
	double factor; /* of the number before anything else */
	int decimals; /* at most, without a prefix */
};

#define PREFIXES_MAX 7

static const char *const binary[PREFIXES_MAX] = {"", "Ki", "Mi", "Gi", "Ti",
    "Pi", "Ei"};
static const char *const decimal[PREFIXES_MAX] = {"", "k", "M", "G", "T", "P",
    "E"};

/* 1 s = 1,000 ms = 1,000,000 us = 1,000,000,000 ns */
static const struct {
	double below, factor;
	const char *suffix;
} small_times[] = {{1e-6, 1e9, "ns"}, {1e-3, 1e6, "us"}, {0.9995, 1e3, "ms"}};

static struct style
style_of(enum metric_unit unit, bool rate)
{
	struct style s = {"", decimal, 1000, 1, 2};

	switch (unit) {
	case UNIT_BYTES:
		s.suffix = rate ? "B/s" : "B";
		s.decimals = rate ? 1 : 0;
		if (!rate) {
			s.prefixes = binary;
			s.base = 1024;
		}
		return s;
	case UNIT_RATIO:
	case UNIT_SECONDS: /* a rate: seconds a second are a share of one */
		return (struct style){rate && unit == UNIT_RATIO ? "%/s" : "%",
		    NULL, 1, 100, 2};
	case UNIT_CELSIUS:
		return (struct style){rate ? "C/s" : "C", NULL, 1, 1, 1};
	case UNIT_JOULES:
		s.suffix = rate ? "W" : "J";
		return s;
	case UNIT_HERTZ:
		s.suffix = rate ? "Hz/s" : "Hz";
		return s;
	case UNIT_VOLTS:
		s.suffix = rate ? "V/s" : "V";
		return s;
	case UNIT_AMPERES:
		s.suffix = rate ? "A/s" : "A";
		return s;
	case UNIT_WATTS:
		s.suffix = rate ? "W/s" : "W";
		return s;
	case UNIT_NONE:
	case UNIT_TIMESTAMP:
	case UNIT_BOOLEAN:
		s.suffix = rate ? "/s" : "";
		return s;
	}
	return s;
}

/* The number with that many decimals, without trailing zeros. */
static int
put_number(char *to, size_t size, double v, int decimals)
{
	int len = snprintf(to, size, "%.*f", decimals, v);

	if (decimals == 0 || len < 0 || (size_t)len >= size)
		return len;
	while (to[len - 1] == '0')
		len--;
	if (to[len - 1] == '.')
		len--;
	to[len] = '\0';
	return len;
}

/* Three digits that count, one decimal at most behind a prefix. */
static int
decimals_for(double v, int most)
{
	double a = fabs(v);

	if (a >= 99.95)
		return 0;
	if (a >= 0.995 && most > 1)
		return 1;
	return most;
}

/* Scales v to the prefix in which it has at most three digits or so. */
static size_t
scale(double *v, const struct style *s)
{
	size_t p = 0;
	double top = s->base - 0.5; /* rounds to the next prefix */

	if (s->prefixes == NULL)
		return 0;
	while (p + 1 < PREFIXES_MAX && fabs(*v) >= top) {
		*v /= s->base;
		p++;
	}
	return p;
}

static size_t
put_timestamp(char to[FORMAT_MAX], double v, bool brief)
{
	time_t t = (time_t)v;
	struct tm tm;

	if (fabs(v) > 1e11 || gmtime_r(&t, &tm) == NULL)
		return (size_t)snprintf(to, FORMAT_MAX, "-");
	return brief ? strftime(to, FORMAT_MAX, "%H:%M", &tm)
		     : strftime(to, FORMAT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

size_t
format_duration(char to[FORMAT_MAX], double seconds)
{
	const char *sign = seconds < 0 ? "-" : "";
	double s = fabs(seconds);
	unsigned long n;
	char number[FORMAT_MAX / 2];

	if (isnan(s))
		return (size_t)snprintf(to, FORMAT_MAX, "-");
	if (s > 1e11)
		return (size_t)snprintf(to, FORMAT_MAX, "%sever", sign);
	for (size_t i = 0; s > 0 && i < 3; i++)
		if (s < small_times[i].below) {
			s *= small_times[i].factor;
			put_number(number, sizeof(number), s,
			    s >= 9.95 ? 0 : 1);
			return (size_t)snprintf(to, FORMAT_MAX, "%s%s%s", sign,
			    number, small_times[i].suffix);
		}
	if (s < 59.95) {
		put_number(number, sizeof(number), s, 1);
		return (size_t)snprintf(to, FORMAT_MAX, "%s%ss", sign, number);
	}
	n = (unsigned long)(s + 0.5);
	if (n < 3600)
		return (size_t)snprintf(to, FORMAT_MAX, "%s%lum%02lus", sign,
		    n / 60, n % 60);
	if (n < 86400)
		return (size_t)snprintf(to, FORMAT_MAX, "%s%luh%02lum", sign,
		    n / 3600, n % 3600 / 60);
	return (size_t)snprintf(to, FORMAT_MAX, "%s%lud%02luh", sign, n / 86400,
	    n % 86400 / 3600);
}

/* What is no plain number: true when the text is made. */
static bool
put_special(char to[FORMAT_MAX], double v, enum metric_unit unit, bool rate,
    bool brief, size_t *len)
{
	*len = 0;
	if (isnan(v))
		*len = (size_t)snprintf(to, FORMAT_MAX, "-");
	else if (isinf(v))
		*len = (size_t)snprintf(to, FORMAT_MAX, v < 0 ? "-inf" : "inf");
	else if (rate)
		return false;
	else if (unit == UNIT_SECONDS)
		*len = format_duration(to, v);
	else if (unit == UNIT_TIMESTAMP)
		*len = put_timestamp(to, v, brief);
	else if (unit == UNIT_BOOLEAN && v == 0)
		*len = (size_t)snprintf(to, FORMAT_MAX, "no");
	else if (unit == UNIT_BOOLEAN && v == 1)
		*len = (size_t)snprintf(to, FORMAT_MAX, "yes");
	return *len != 0;
}

size_t
format_value(char to[FORMAT_MAX], double v, enum metric_unit unit, bool rate)
{
	struct style s = style_of(unit, rate);
	const char *space, *small = "";
	char number[FORMAT_MAX / 2];
	size_t len, p;

	if (put_special(to, v, unit, rate, false, &len))
		return len;
	v *= s.factor;
	p = scale(&v, &s);
	if (fabs(v) >= 1e12)
		return (size_t)snprintf(to, FORMAT_MAX, "%.3g%s%s", v,
		    s.prefixes != NULL ? s.prefixes[p] : "", s.suffix);
	if (v != 0 && p == 0 && fabs(v) < 0.005 && s.decimals == 2) {
		small = v < 0 ? ">-" : "<";
		v = 0.01;
	}
	put_number(number, sizeof(number), v,
	    decimals_for(v, p != 0 ? 1 : s.decimals));
	space = s.suffix[0] == '\0' || s.suffix[0] == '/' ? "" : " ";
	return (size_t)snprintf(to, FORMAT_MAX, "%s%s%s%s%s", small, number,
	    space, s.prefixes != NULL ? s.prefixes[p] : "", s.suffix);
}

size_t
format_metric(char to[FORMAT_MAX], double v, struct span name)
{
	return format_value(to, v, metric_unit_of(name), metric_is_rate(name));
}

/* --- columns ------------------------------------------------------------- */

/* Puts text into exactly width columns, on the right; '+' if it is longer. */
static size_t
put_right(char to[FORMAT_MAX], size_t width, const char *text)
{
	size_t len = strlen(text);

	if (len > width) {
		memset(to, '+', width);
	} else {
		memset(to, ' ', width - len);
		memcpy(to + width - len, text, len);
	}
	to[width] = '\0';
	return width;
}

/* A duration cut to the columns: 4m10s, 4m10, 4m. */
static void
cut_duration(char text[FORMAT_MAX], size_t width, double seconds)
{
	size_t len = format_duration(text, seconds), digits;

	if (len <= width || fabs(seconds) >= 1e11)
		return;
	if (fabs(seconds) < 59.95) {
		snprintf(text, FORMAT_MAX, "%.*fs",
		    fabs(seconds) < 0.9995 ? 1 : 0, seconds);
		return;
	}
	text[--len] = '\0';
	if (len <= width)
		return;
	digits = len;
	while (digits > 0 && text[digits - 1] >= '0' && text[digits - 1] <= '9')
		digits--;
	text[digits] = '\0';
}

/* One letter for the prefix; the unit is the column's business. */
static void
put_scaled(char text[FORMAT_MAX], size_t width, double v, const struct style *s)
{
	const char *mark = s->suffix[0] == '%' ? "%" : "";
	size_t p = scale(&v, s);
	char prefix[2] = "";
	int decimals;

	for (;; v /= s->base, p++) {
		if (s->prefixes != NULL)
			prefix[0] = s->prefixes[p][0];
		if (prefix[0] == 'k')
			prefix[0] = 'K';
		decimals = p != 0 || s->decimals != 0 ? 1 : 0;
		decimals = fabs(v) >= 99.95 ? 0 : decimals;
		for (; decimals >= 0; decimals--) {
			int len = snprintf(text, FORMAT_MAX, "%.*f%s%s",
			    decimals, v, prefix, mark);

			if (len > 0 && (size_t)len <= width)
				return;
		}
		if (s->prefixes == NULL || p + 1 >= PREFIXES_MAX)
			return;
	}
}

size_t
format_fixed(char to[FORMAT_MAX], size_t width, double v, enum metric_unit unit,
    bool rate)
{
	struct style s = style_of(unit, rate);
	char text[FORMAT_MAX];
	size_t len;

	if (width > FORMAT_MAX - 1)
		width = FORMAT_MAX - 1;
	if (!put_special(text, v, unit, rate, true, &len))
		put_scaled(text, width, v * s.factor, &s);
	else if (unit == UNIT_SECONDS && isfinite(v))
		cut_duration(text, width, v);
	return put_right(to, width, text);
}
