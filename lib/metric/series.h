/* SPDX-License-Identifier: MIT */
/*
 * series: every (host, source, entity, id, metric) a tool has seen, found in
 * constant time from a decoded record.  Frames of one sample are joined here,
 * late and repeated ones refused, clock steps bridged, counters turned into
 * rates (lib/metric/rate).  Never prints, never reads a clock.
 *
 * Series of an entity stand in one dense array and are known by their index
 * in it, which stays theirs while the entity lives; pointers to a series are
 * good until the next series_feed().
 */
#ifndef NC_METRIC_SERIES_H
#define NC_METRIC_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "stream/record.h"

struct series_table;
struct subject; /* metric/topology.h */

/* What a value may be used as; why there is none. */
enum series_state {
	SERIES_VALUE, /* value is a gauge or a rate: use it */
	SERIES_FIRST, /* first sample of a counter: no rate yet */
	SERIES_RESET, /* the counter started again: no rate over the edge */
	SERIES_GAP, /* too long since the last sample for a rate */
	SERIES_POOR /* of quality stale or partial: raw only, to be shown so */
};

/* One metric of one entity. */
struct series {
	double value; /* gauge or rate; NAN unless state is SERIES_VALUE */
	double raw; /* as on the wire; a small step back is held */
	void *user; /* the caller's; given to options.series_gone */
	uint32_t name; /* in the names table: as on the wire */
	uint16_t stamp; /* of raw: index into the entity's stamps */
	uint8_t state; /* enum series_state */
	bool counter;
};

/* When and how series were read; those read together share one. */
struct series_stamp {
	double ts; /* never runs back: previous + difference of up if need be */
	double up, since; /* NAN when not said */
	float interval; /* NAN when not said */
	float age; /* of values of quality stale, else 0 */
	float step; /* seconds the clock was set by just before, or 0 */
	uint16_t refs;
	uint8_t quality; /* enum record_quality */
	bool estimated; /* ts is not the record's: the clock was set back */
};

/* What many entities have in common. */
struct series_origin {
	const char *host, *source, *entity;
};

/* One (host, source, entity, id).  Only the user fields are the caller's. */
struct series_entity {
	const struct series_origin *origin;
	char *id; /* read only; NUL-terminated, the labels stand behind it */
	struct series *series; /* in order of first appearance */
	struct series_stamp *stamps;
	uint32_t *index; /* of names, once there are many series */
	void *user; /* given to options.entity_gone */
	struct subject *subject; /* topology's */
	struct series_entity *next, *prev; /* order of first appearance */
	double sample_ts; /* of the sample in hand, as on the wire */
	uint32_t number, version; /* who the record's hint means */
	uint32_t hash;
	uint32_t nseries;
	uint16_t nlabels;
	uint16_t nstamps, latest; /* stamp of the newest frame */
	uint16_t room; /* series that fit */
};

enum series_verdict {
	SERIES_NEW, /* a sample of a later ts has begun for this entity */
	SERIES_MORE, /* another frame of the sample in hand */
	SERIES_DUPLICATE, /* same ts again, nothing new in it: refused */
	SERIES_LATE, /* older than the last: refused */
	SERIES_FULL, /* max_series reached: refused, or in part */
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
void series_free(struct series_table *t); /* NULL is fine */
/*
 * Takes one record in.  For SERIES_NEW and SERIES_MORE, *entity is the
 * entity and (*touched)[0 .. *ntouched - 1] are the indices of the series
 * that this record set, in line order, valid until the next call.  Numbers
 * that the sample in hand already has are passed over.
 */
enum series_verdict series_feed(struct series_table *t, const struct record *r,
    struct series_entity **entity, const uint32_t **touched, size_t *ntouched);

/* NULL when there is none. */
struct series_entity *series_find(struct series_table *t, struct span host,
    struct span source, struct span entity, struct span id);
struct series *series_metric(const struct series_table *t,
    const struct series_entity *n, uint32_t name);
/* Drops one entity with its series (event "gone", eviction). */
void series_drop(struct series_table *t, struct series_entity *n);
/* The entity that has been silent longest; walks them all. */
struct series_entity *series_oldest(const struct series_table *t);
/* Entities in order of first appearance, NULL for the first; NULL ends. */
struct series_entity *series_next(const struct series_table *t,
    const struct series_entity *after);
size_t series_count(const struct series_table *t); /* series, all entities */
/* X_per_second for a counter X_total, else the name itself. */
uint32_t series_shown(const struct series_table *t, const struct series *s);

/* The latest value of a label, NULL when there is none. */
const char *series_label(const struct series_entity *n, const char *key);
/* Label number i, i < nlabels, in the order of the record. */
void series_label_at(const struct series_entity *n, size_t i, const char **key,
    const char **value);

/* The newest frame of the entity: its ts is that of the sample in hand. */
static inline const struct series_stamp *
series_last(const struct series_entity *n)
{
	return &n->stamps[n->latest];
}

/* When the number in a series was read. */
static inline const struct series_stamp *
series_read(const struct series_entity *n, const struct series *s)
{
	return &n->stamps[s->stamp];
}

/*
 * True when the number is of the sample in hand.  Frames of a split sample
 * have a stamp each: two stamps can be one sample.
 */
static inline bool
series_current(const struct series_entity *n, const struct series *s)
{
	return series_read(n, s)->ts == series_last(n)->ts;
}

#endif
