/* SPDX-License-Identifier: MIT */
/*
 * roster: which entities a store holds: identity, labels, interval, and which
 * metric is which data source of the file.  DIR/roster: one line an entity,
 * each with its own checksum, appended whole when something changes, the last
 * line of a number wins; written anew when most of it is history.  A crash
 * can cost the line being written, nothing else.  Never prints.
 */
#ifndef NC_RRD_ROSTER_H
#define NC_RRD_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "metric/store.h"

struct roster;

/* Everything is owned by the roster and changed through it only, but user. */
struct roster_entry {
	uint32_t number; /* known to the journal; never used again */
	unsigned long step; /* of the file */
	double interval; /* of the samples, NAN when not said */
	double first; /* time of the first sample */
	char *host, *source, *entity, *id;
	char *path; /* of the RRD, below the folder of files */
	struct record_label *labels; /* NUL-terminated strings */
	size_t nlabels;
	char **metrics; /* by data source */
	size_t nmetrics;
	void *user;
};

struct roster_found {
	uint64_t bad; /* lines whose checksum is wrong, or that make no sense */
	bool torn; /* the last line has no end: a crash while writing */
	bool absent; /* there was no file */
};

/* write: what is torn is cut off, and the file is made if need be; bad lines
 * are kept beside it as roster.bad.  Owned: roster_close(). */
struct roster *roster_open(const char *dir, bool write,
    struct roster_found *found, struct nc_err *e);
void roster_close(struct roster *r); /* NULL is fine */

struct roster_entry *roster_find(const struct roster *r,
    const struct store_key *key);
struct roster_entry *roster_number(const struct roster *r, uint32_t number);
/* In order of their number; NULL for the first, NULL at the end. */
struct roster_entry *roster_next(const struct roster *r,
    const struct roster_entry *after);
size_t roster_count(const struct roster *r);

/* A new entity, not written yet: roster_put() when it is complete. */
struct roster_entry *roster_add(struct roster *r, const struct store_key *key,
    unsigned long step);
/* Name of the next data source; written with the next put. */
void roster_add_metric(struct roster_entry *n, struct span metric);
void roster_set_labels(struct roster_entry *n,
    const struct record_label *labels, size_t count);
/* Appends the entry's line; seen by readers at once, durable after
 * roster_sync(). */
int roster_put(struct roster *r, struct roster_entry *n, struct nc_err *e);
/* Takes it out and frees it. */
int roster_drop(struct roster *r, struct roster_entry *n, struct nc_err *e);
int roster_sync(struct roster *r, struct nc_err *e);

/* The entry's line without its LF, appended to b; and back: -1 for a bad
 * line, 1 when it says that the number is gone.  For tests and fuzzing. */
struct buf;
void roster_format(const struct roster_entry *n, struct buf *b);
int roster_parse(struct span line, struct roster_entry *n);
void roster_entry_free(struct roster_entry *n);

#endif
