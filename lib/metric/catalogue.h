/* SPDX-License-Identifier: MIT */
/*
 * catalogue: every entity and metric we emit: name, type, unit, help, level,
 * source field, and what analysts need to know (bounds, better low or high).
 * Metrics that are not in it are typed by their suffix.  Pure tables.
 */
#ifndef NC_METRIC_CATALOGUE_H
#define NC_METRIC_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_INFO };

enum metric_unit {
	UNIT_NONE,
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_RATIO,
	UNIT_CELSIUS,
	UNIT_JOULES,
	UNIT_HERTZ,
	UNIT_VOLTS,
	UNIT_AMPERES,
	UNIT_WATTS,
	UNIT_TIMESTAMP,
	UNIT_BOOLEAN
};

/* Detail levels, each containing the ones before. */
enum metric_level {
	LEVEL_BASIC,
	LEVEL_STANDARD,
	LEVEL_DETAILED,
	LEVEL_DIAGNOSTIC
};

enum metric_trait {
	METRIC_FILLS = 1u << 0, /* free or used space: can run full */
	METRIC_SATURATES = 1u << 1, /* a ratio whose 1 means: no more */
	METRIC_LOW_IS_GOOD = 1u << 2,
	METRIC_HIGH_IS_GOOD = 1u << 3,
	METRIC_UNSIGNED = 1u << 4 /* never below 0 */
};

struct metric {
	const char *entity; /* "host.disk" */
	const char *name; /* "read_bytes_total" */
	enum metric_type type;
	enum metric_unit unit;
	enum metric_level level;
	unsigned traits;
	const char *limit; /* sibling metric that is its upper bound, or NULL */
	const char *from; /* source field: "/proc/diskstats field 3" */
	const char *help; /* one line */
};

struct metric_entity {
	const char *name;
	const char *parent; /* containment, NULL for roots */
	const char *id; /* what the id is made of */
	const char *help;
};

/*
 * Row i of all, NULL past the last: families, their entities (parents first),
 * then the metrics as their family orders them.
 */
const struct metric *catalogue_metric(size_t i);
const struct metric_entity *catalogue_entity_at(size_t i);
/* NULL when it is not ours.  name may be X_per_second of a counter. */
const struct metric *catalogue_find(struct span entity, struct span name);
const struct metric_entity *catalogue_entity(struct span entity);
/* By suffix, for any name: what a metric is without asking the table. */
bool metric_is_counter(struct span name);
bool metric_is_rate(struct span name); /* X_per_second */
/* The unit before any _total or _per_second; UNIT_NONE for counts. */
enum metric_unit metric_unit_of(struct span name);
/* snake_case, the record format's suffix rules; why may be NULL. */
bool metric_name_valid(struct span name, const char **why);
const char *metric_type_name(enum metric_type type);
const char *metric_unit_name(enum metric_unit unit); /* "" for none */
const char *metric_level_name(enum metric_level level);

#endif
