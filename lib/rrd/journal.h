/* SPDX-License-Identifier: MIT */
/*
 * journal: rows that are accepted but not in their files yet, so that neither
 * a killed process nor a lost machine loses more than a second of them.
 * Numbered segments below DIR/journal, appended to in checked blocks; a
 * segment goes when none of its rows is needed any more.  Never prints.
 */
#ifndef NC_RRD_JOURNAL_H
#define NC_RRD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct journal;

/* A row, or the part of one from column first on. */
struct journal_row {
	uint32_t entity; /* number in the roster */
	uint16_t first, count;
	double ts;
	const double *values; /* NAN: unknown; borrowed for the call */
};

struct journal_found {
	uint64_t rows, bad_blocks;
	bool torn; /* ends within a block: a crash while writing */
};

typedef void journal_row_fn(void *arg, const struct journal_row *row);

/* Hands every row there is to fn, in the order they were added; nothing is
 * removed.  0 when there is no journal. */
int journal_replay(const char *dir, journal_row_fn *fn, void *arg,
    struct journal_found *found, struct nc_err *e);
/* True when there may be rows to replay. */
bool journal_has_rows(const char *dir);
/* Removes all segments: their rows are in their files. */
int journal_clear(const char *dir, struct nc_err *e);

/* Begins a new segment behind all there are.  Owned: journal_close(). */
struct journal *journal_open(const char *dir, struct nc_err *e);
/* Into memory; written by journal_write(), or when much has come together. */
int journal_add(struct journal *j, const struct journal_row *row,
    struct nc_err *e);
/* To the kernel: a killed process does not lose it. */
int journal_write(struct journal *j, struct nc_err *e);
/* To the disk, if there is anything new. */
int journal_sync(struct journal *j, struct nc_err *e);
/*
 * The segment that rows added now go to; begins a new one when the current
 * one is long.  A row's owner holds it from the first row not yet in its file
 * until that is written.
 */
uint32_t journal_segment(const struct journal *j);
void journal_hold(struct journal *j, uint32_t segment);
void journal_release(struct journal *j, uint32_t segment);
/* True when old segments could go, after the files have been synced. */
bool journal_can_trim(const struct journal *j);
int journal_trim(struct journal *j, struct nc_err *e);
uint64_t journal_bytes(const struct journal *j); /* written so far */
/* Empty when nothing is held: then no segment stays. */
void journal_close(struct journal *j); /* NULL is fine */

#endif
