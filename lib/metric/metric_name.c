/* SPDX-License-Identifier: MIT */
/*
 * metric_name: what the name of a metric says about it, and which names are
 * fit to be emitted.  The suffixes are those of OpenMetrics with base units
 * only.  Pure functions of their arguments.
 */
#include "metric/catalogue.h"

#define NAME_MAX_LEN 100

static const struct {
	enum metric_unit unit;
	const char *name;
} units[] = {
    {UNIT_NONE, ""},
    {UNIT_BYTES, "bytes"},
    {UNIT_SECONDS, "seconds"},
    {UNIT_RATIO, "ratio"},
    {UNIT_CELSIUS, "celsius"},
    {UNIT_JOULES, "joules"},
    {UNIT_HERTZ, "hertz"},
    {UNIT_VOLTS, "volts"},
    {UNIT_AMPERES, "amperes"},
    {UNIT_WATTS, "watts"},
    {UNIT_TIMESTAMP, "timestamp_seconds"},
    {UNIT_BOOLEAN, "boolean"},
};

/* Units that a name must not end in: percent, and multiples of base units. */
static const char *const foreign_units[] = {"percent", "pct", "milliseconds",
    "microseconds", "nanoseconds", "ms", "us", "ns", "minutes", "hours", "days",
    "kilobytes", "megabytes", "gigabytes", "kibibytes", "mebibytes",
    "gibibytes", "kb", "mb", "gb", "kib", "mib", "gib", "sectors", "khz", "mhz",
    "ghz", "millivolts", "millicelsius", "milliamperes", "milliwatts",
    "microjoules", "fahrenheit"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* True when name is word, or ends in "_word". */
static bool
ends_in(struct span name, const char *word)
{
	size_t len = strlen(word);

	if (name.len < len || memcmp(name.p + name.len - len, word, len) != 0)
		return false;
	return name.len == len || name.p[name.len - len - 1] == '_';
}

static struct span
without(struct span name, const char *word)
{
	size_t len = strlen(word) + 1;

	if (name.len > len && ends_in(name, word))
		name.len -= len;
	return name;
}

/* The name before _total or _per_second. */
static struct span
stem_of(struct span name)
{
	return without(without(name, "total"), "per_second");
}

bool
metric_is_counter(struct span name)
{
	return name.len > 6 && ends_in(name, "total");
}

bool
metric_is_rate(struct span name)
{
	return name.len > 11 && ends_in(name, "per_second");
}

enum metric_unit
metric_unit_of(struct span name)
{
	struct span stem = stem_of(name);

	if (ends_in(stem, "timestamp_seconds"))
		return UNIT_TIMESTAMP;
	for (size_t i = 0; i < COUNT(units); i++)
		if (units[i].unit != UNIT_NONE &&
		    units[i].unit != UNIT_BOOLEAN &&
		    ends_in(stem, units[i].name))
			return units[i].unit;
	return UNIT_NONE;
}

static bool
invalid(const char **why, const char *reason)
{
	if (why != NULL)
		*why = reason;
	return false;
}

static bool
is_snake_case(struct span name)
{
	bool word = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (c == '_') {
			if (!word)
				return false;
			word = false;
		} else if ((c >= 'a' && c <= 'z') ||
			   (c >= '0' && c <= '9' && i != 0)) {
			word = true;
		} else {
			return false;
		}
	}
	return word;
}

bool
metric_name_valid(struct span name, const char **why)
{
	struct span stem;

	if (name.len > NAME_MAX_LEN)
		return invalid(why, "longer than 100 bytes");
	if (!is_snake_case(name))
		return invalid(why, "not snake_case");
	if (span_is(name, "total") || span_is(name, "per_second"))
		return invalid(why, "nothing before the suffix");
	stem = stem_of(name);
	if (metric_is_counter(name) && metric_is_rate(without(name, "total")))
		return invalid(why, "a rate cannot be a counter");
	if (metric_is_counter(without(name, "per_second")) &&
	    metric_is_rate(name))
		return invalid(why, "the rate of X_total is X_per_second");
	if (ends_in(stem, "total"))
		return invalid(why, "_total twice");
	for (size_t i = 0; i < COUNT(foreign_units); i++)
		if (ends_in(stem, foreign_units[i]))
			return invalid(why, "not a base unit");
	if (stem.len != name.len && metric_unit_of(name) == UNIT_TIMESTAMP)
		return invalid(why, "a timestamp does not count");
	return true;
}

const char *
metric_type_name(enum metric_type type)
{
	switch (type) {
	case METRIC_GAUGE:
		return "gauge";
	case METRIC_COUNTER:
		return "counter";
	case METRIC_INFO:
		return "info";
	}
	return "";
}

const char *
metric_unit_name(enum metric_unit unit)
{
	for (size_t i = 0; i < COUNT(units); i++)
		if (units[i].unit == unit)
			return units[i].name;
	return "";
}

const char *
metric_level_name(enum metric_level level)
{
	switch (level) {
	case LEVEL_BASIC:
		return "basic";
	case LEVEL_STANDARD:
		return "standard";
	case LEVEL_DETAILED:
		return "detailed";
	case LEVEL_DIAGNOSTIC:
		return "diagnostic";
	}
	return "";
}
