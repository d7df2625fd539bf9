/* SPDX-License-Identifier: MIT */
/*
 * catalogue_rows: how the rows of the catalogue are written down, one file a
 * family of entities (catalogue_host.c, catalogue_vm.c, ...).  A new metric is
 * one row; a new family is one file, one line here and one in
 * catalogue_families.c.  Private to the catalogue and its generator.
 */
#ifndef NC_METRIC_CATALOGUE_ROWS_H
#define NC_METRIC_CATALOGUE_ROWS_H

#include <stdint.h>

#include "metric/catalogue.h"

/* Rows of one entity stand together, in the order of the entities. */
struct catalogue_family {
	const struct metric_entity *entities;
	size_t nentities;
	const struct metric *metrics;
	size_t nmetrics;
};

#define CATALOGUE_FAMILY(e, m) \
	{ \
		e, sizeof(e) / sizeof((e)[0]), m, sizeof(m) / sizeof((m)[0]) \
	}

/*
 * A row: entity, name, unit and level without their prefixes, traits, where
 * the number comes from, one line of help (a capital, no full stop).
 * LOW and HIGH name the good side of a metric that has one.  A counter is
 * never negative and need not say so.
 */
#define COUNTER(e, n, unit, level, traits, from, help) \
	{ \
		e, n, METRIC_COUNTER, UNIT_##unit, LEVEL_##level, \
		    METRIC_UNSIGNED | (traits), NULL, from, help \
	}
#define GAUGE(e, n, unit, level, traits, from, help) \
	{ \
		e, n, METRIC_GAUGE, UNIT_##unit, LEVEL_##level, traits, NULL, \
		    from, help \
	}
/* A gauge whose upper bound is the metric limit of the same entity. */
#define BOUNDED(e, n, unit, level, traits, limit, from, help) \
	{ \
		e, n, METRIC_GAUGE, UNIT_##unit, LEVEL_##level, traits, limit, \
		    from, help \
	}
/* Traits for the rows. */
#define LOW METRIC_LOW_IS_GOOD
#define HIGH METRIC_HIGH_IS_GOOD
#define FILLS METRIC_FILLS
#define SATURATES METRIC_SATURATES
#define POSITIVE METRIC_UNSIGNED

extern const struct catalogue_family catalogue_host;
extern const struct catalogue_family catalogue_vm;
extern const struct catalogue_family catalogue_container;
extern const struct catalogue_family catalogue_other;

/* All families in the order of the manual; NULL ends. */
extern const struct catalogue_family *const catalogue_families[];

/* FNV-1a (Fowler, Noll, Vo), a NUL between the two: the index's hash. */
static inline uint32_t
catalogue_hash(struct span entity, struct span name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < entity.len; i++)
		h = (h ^ (unsigned char)entity.p[i]) * 16777619u;
	h *= 16777619u;
	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h;
}

#endif
