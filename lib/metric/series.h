/* SPDX-License-Identifier: MIT */
/*
 * series: every (host, source, entity, id, metric) a tool has seen, found in
 * constant time from a decoded record, with counters turned into rates.  The
 * one module in which a counter becomes a rate.  Frames of one sample are
 * joined here.  Never prints, never reads a clock.
 */
#ifndef NC_METRIC_SERIES_H
#define NC_METRIC_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/intern.h"
#include "stream/record.h"

struct series_table;

/* What a value may be used as; why a rate is not there. */
enum series_state {
	SERIES_VALUE, /* value is a gauge or a rate: use it */
	SERIES_FIRST, /* first sample of a counter: no rate yet */
	SERIES_RESET, /* the counter started again: no rate over the edge */
	SERIES_GAP /* the distance to the last sample is too long for a rate */
};

/* One metric of one entity.  Lives until its entity is dropped. */
struct series {
	uint32_t name; /* in the names table: as on the wire */
	uint32_t shown; /* X_per_second for a counter X_total, else name */
	bool counter;
	enum series_state state;
	double value; /* gauge, or rate when state is SERIES_VALUE */
	double raw; /* as on the wire */
	double ts; /* of raw */
	void *user; /* the caller's; freed through options.series_gone */
};

/* One (host, source, entity, id). */
struct series_entity {
	const char *host, *source, *entity, *id; /* borrowed */
	const struct record_label *labels; /* latest; NUL-terminated strings */
	size_t nlabels;
	double ts, up, interval, since; /* latest; NAN when not said */
	enum record_quality quality;
	struct series **series; /* in order of first appearance */
	size_t nseries;
	void *user;
};

enum series_verdict {
	SERIES_NEW, /* a sample of a later ts has begun for this entity */
	SERIES_MORE, /* another frame of the sample in hand */
	SERIES_DUPLICATE, /* same ts again with the same names: refused */
	SERIES_LATE, /* older than the last: refused */
	SERIES_FULL, /* --max-series reached: refused */
	SERIES_NOT_SAMPLE /* nothing to do with series */
};

struct series_options {
	struct intern *names; /* borrowed, the decoders' table */
	size_t max_series; /* 0: no limit */
	void (*series_gone)(struct series *s, void *arg);
	void (*entity_gone)(struct series_entity *n, void *arg);
	void *arg;
};

/* Owned: series_free(). */
struct series_table *series_new(const struct series_options *o);
void series_free(struct series_table *t);
/*
 * Takes one record in.  For SERIES_NEW and SERIES_MORE, *entity is the
 * entity and *touched, *ntouched the series that this record set, in line
 * order, valid until the next call.
 */
enum series_verdict series_feed(struct series_table *t, const struct record *r,
    struct series_entity **entity, struct series *const **touched,
    size_t *ntouched);
struct series_entity *series_find(struct series_table *t, const char *host,
    const char *source, const char *entity, const char *id);
/* Drops one entity with its series (event "gone", eviction). */
void series_drop(struct series_table *t, struct series_entity *n);
/* Entities in order of first appearance; NULL at the end. */
struct series_entity *series_next(struct series_table *t,
    struct series_entity *after);
size_t series_count(const struct series_table *t);

#endif
