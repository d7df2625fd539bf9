/* SPDX-License-Identifier: MIT */
/*
 * slot: one entity of an open rrdstore: its rows that are not in its file
 * yet, which column is whose, when it is to be written.  Private to rrdstore.
 */
#ifndef NC_RRD_SLOT_H
#define NC_RRD_SLOT_H

#include "metric/store.h"
#include "rrd/roster.h"

struct rrdstore;

/* Rows written at once when they come faster than expected; about 60 are
 * written together otherwise (rrdstore_rows.c, enqueue()). */
#define SLOT_ROWS 75

/* An entity and its rows that are not in its file. */
struct slot {
	struct roster_entry *entry;
	struct series_entity *live; /* NULL: not seen by this process */
	double *rows; /* owned: ts, then a value a column */
	uint32_t width, nrows, cap;
	uint16_t *column; /* owned: by index of the series */
	uint32_t ncolumn, version;
	double last; /* time of the newest row, here or in the file; 0 */
	double sample_ts; /* the sample it came from */
	double arrived, due; /* monotonic */
	struct slot *next; /* in its bucket of the wheel */
	uint32_t segment;
	bool queued, holds;
	bool checked; /* names in the file are known to be right */
	bool late_said;
};

/* The slot of an entry, made if need be. */
struct slot *slot_of(struct rrdstore *s, struct roster_entry *n);
void slot_free(struct slot *p); /* NULL is fine */
/* A row at the end of p (or the last one again when ts is its time). */
double *slot_row(struct rrdstore *s, struct slot *p, double ts);
/* Rows to their file, or to rrdcached. */
int slot_write(struct rrdstore *s, struct slot *p, struct nc_err *e);
/* Loads the file of p, made or mended if need be, ready for its rows. */
int slot_prepare(struct rrdstore *s, struct slot *p, const char *path,
    struct nc_err *e);
/* Absolute path of an entry's file.  Owned. */
char *slot_path(const struct rrdstore *s, const struct roster_entry *n);
/* Metrics a file has room for when it is made for so many. */
size_t slot_sources(size_t metrics);
enum store_taken slot_append(struct store *s, struct series_entity *n,
    const uint32_t *touched, size_t ntouched, bool more, double now,
    struct nc_err *e);

#endif
