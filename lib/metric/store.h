/* SPDX-License-Identifier: MIT */
/*
 * store: the one small interface through which nc-store writes history and
 * nc-query reads it, whatever keeps it.  A store is a struct whose first
 * member is struct store (or struct store_reader); its own open function
 * returns it.  Never prints: what an operator should know goes to say().
 */
#ifndef NC_METRIC_STORE_H
#define NC_METRIC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "metric/series.h"
#include "stream/record.h"

/* sort: a literal that groups like messages.  Borrowed for the call. */
typedef void store_say_fn(void *arg, const char *sort, const char *message);

struct store_key {
	struct span host, source, entity, id;
};

struct store_counts {
	uint64_t rows, values; /* accepted */
	uint64_t late; /* rows refused: not later than what is stored */
	uint64_t refused; /* rows of entities that may not have a file */
	uint64_t flushed; /* rows written to their place */
	uint64_t failed; /* entities that could not be written */
	uint64_t waiting; /* rows accepted, safe, not in their place yet */
	uint64_t entities, bytes; /* of the whole store, bytes on disk */
};

enum store_taken {
	STORE_TAKEN,
	STORE_REFUSED, /* counted, said; go on */
	STORE_FAILED = -1 /* nothing can be kept any more: *e says why */
};

struct store {
	const struct store_ops *ops;
	struct store_counts counts;
};

struct store_ops {
	/*
	 * One frame that series_feed() found new (more: another frame of the
	 * sample in hand).  now: monotonic seconds.
	 */
	enum store_taken (*append)(struct store *s, struct series_entity *n,
	    const uint32_t *touched, size_t ntouched, bool more, double now,
	    struct nc_err *e);
	/*
	 * What is due: accepted rows made safe (at most a second old), rows
	 * written to their place.  Call it when no input waits, at the latest
	 * every second.
	 */
	int (*tend)(struct store *s, double now, struct nc_err *e);
	/*
	 * Makes all rows of an entity visible to readers (key NULL: of all).
	 * *wait: seconds until frames that may belong to the row in hand
	 * cannot come any more, 0 when it is done.
	 */
	int (*flush)(struct store *s, const struct store_key *key, double now,
	    double *wait, struct nc_err *e);
	/* The series table drops this entity; called from entity_gone. */
	void (*forget)(struct store *s, struct series_entity *n);
	/* Drops what has been silent for so long before the newest record. */
	int (*expire)(struct store *s, double seconds, struct nc_err *e);
	/* Flushes and frees in any case. */
	int (*close)(struct store *s, struct nc_err *e);
};

/* An entity a reader found; borrowed until the reader is closed.  All its
 * strings have a NUL behind them. */
struct store_entity {
	struct span host, source, entity, id;
	const struct record_label *labels;
	size_t nlabels;
	const char *const *metrics; /* counters as rates: X_per_second */
	size_t nmetrics;
	double interval; /* between samples; NAN when not said */
};

enum store_stat { STORE_AVG, STORE_MIN, STORE_MAX, STORE_LAST };

struct store_range {
	double from, to; /* points that end in (from, to] */
	double step; /* 0: as fine as there is for all of it */
	/* This is a piece of a range that begins here (NAN: it is not): the
	 * same archive is to be read for all of it. */
	double since;
	enum store_stat stat;
};

/*
 * Points of one entity at first, first + step, ...: values[i * width + j] is
 * metric j of point i, NAN for unknown; width may be more or less than the
 * number of metrics (what is beyond it is unknown).  The memory is used again by the next
 * read into it; store_points_free() ends it.
 */
struct store_points {
	int64_t first;
	int64_t step; /* seconds */
	size_t count, width;
	double *values;
	size_t cap;
};

struct store_reader {
	const struct store_reader_ops *ops;
};

struct store_reader_ops {
	/* Entities in order of host, entity, id, source: NULL for the first,
	 * NULL at the end. */
	const struct store_entity *(
	    *next)(struct store_reader *r, const struct store_entity *after);
	/* -1: this entity cannot be read (corrupt, no file yet with code
	 * ENOENT); others may be. */
	int (*read)(struct store_reader *r, const struct store_entity *n,
	    const struct store_range *range, struct store_points *points,
	    struct nc_err *e);
	/* First and last time there is something; -1 as above. */
	int (*extent)(struct store_reader *r, const struct store_entity *n,
	    double *first, double *last, struct nc_err *e);
	void (*close)(struct store_reader *r);
};

void store_points_free(struct store_points *p);

#endif
