/* SPDX-License-Identifier: MIT */
/* rrdstore_impl: what the files of rrdstore share. */
#ifndef NC_RRD_RRDSTORE_IMPL_H
#define NC_RRD_RRDSTORE_IMPL_H

#include "base/lock.h"
#include "rrd/image.h"
#include "rrd/journal.h"
#include "rrd/rrdstore.h"

#define ROWS_FLUSH 60 /* rows that are written together */
#define ROWS_MAX 75 /* and at once, when they come faster than expected */
#define FLUSH_SECONDS 600
#define WHEEL 1024 /* seconds, more than FLUSH_SECONDS */

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

struct rrdstore {
	struct store base;
	struct rrdstore_options o;
	char *dir, *files; /* owned; DIR and DIR/rrd */
	struct keep keep;
	struct lock *lock;
	struct roster *roster;
	struct journal *journal;
	struct image *image;
	int undo, dirfd;
	struct slot nobody; /* whoever gets no file */
	struct slot *wheel[WHEEL];
	int64_t wheel_at; /* second of `now` that was tended last; 0: none */
	double synced; /* when the journal was, monotonic */
	double newest; /* record time */
	uint64_t cached; /* bytes of rows */
	double space_checked;
	bool space_low;
	struct nc_err failed; /* msg empty: fine so far */
};

void rrdstore_say(struct rrdstore *s, const char *sort, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void rrdstore_free(struct rrdstore *s);
/* Enters files into the roster that it does not know. */
int rrdstore_rescue(struct rrdstore *s, struct nc_err *e);
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
