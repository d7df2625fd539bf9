/* SPDX-License-Identifier: MIT */
/*
 * rrdstore: history in RRD files, one an entity and source: the writer behind
 * metric/store.h.  Below DIR: lock, roster, journal/, undo, and rrd/HOST/
 * ENTITY/SOURCE/ID.rrd.  Rows are kept together and written a few dozen at a
 * time; until then the journal has them.  Never prints.
 */
#ifndef NC_RRD_RRDSTORE_H
#define NC_RRD_RRDSTORE_H

#include "metric/store.h"
#include "rrd/keep.h"
#include "rrd/roster.h"

struct cached;

/* Labels of an entity are others than before. */
typedef void rrdstore_labels_fn(void *arg, const struct roster_entry *n,
    double ts, const struct record_label *old, size_t nold);

struct rrdstore_options {
	const char *dir;
	const char *who; /* "nc-store", for the lock */
	double lock_wait; /* seconds */
	/* As on the command line; NULL: what the store was last written with. */
	const char *keep;
	/* Entities kept only when they are named here: process, vm.thread,
	 * vm.job.  NULL ends. */
	const char *const *also;
	/* NULL for one that only puts the journal in its place. */
	const struct series_table *series;
	const struct intern *names;
	struct cached *daemon; /* write through rrdcached; NULL: do not */
	uint64_t cache_max; /* bytes of rows in memory; 0: 512 MiB */
	double free_min; /* share of the disk below which no file is made */
	store_say_fn *say;
	rrdstore_labels_fn *labels; /* may be NULL */
	void *arg; /* of both */
};

/*
 * Takes the lock, puts the journal's rows in their files.  NULL with code
 * EAGAIN when another writer has the store.  Everything in o is borrowed
 * until it is closed.
 */
struct store *rrdstore_open(const struct rrdstore_options *o, struct nc_err *e);
/* Bytes that all files have or are going to have. */
uint64_t rrdstore_estimate(const struct store *s);
/* Bytes the journal has written so far. */
uint64_t rrdstore_journal_bytes(const struct store *s);

/* Only when asked for. */
extern const char *const rrdstore_optional[];

#endif
