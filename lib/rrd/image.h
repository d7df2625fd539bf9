/* SPDX-License-Identifier: MIT */
/*
 * image: the head of one RRD file in memory: open, look, change, write back.
 * It knows the file format (version 3 and 4, GAUGE with AVERAGE, MIN, MAX:
 * what nc-store creates) and nothing of names, stores, or time of day.  An
 * image is used for one file after another; its memory is kept.  Never
 * prints.
 */
#ifndef NC_RRD_IMAGE_H
#define NC_RRD_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum image_cf { IMAGE_AVERAGE, IMAGE_MIN, IMAGE_MAX, IMAGE_OTHER };

struct image_archive {
	enum image_cf cf;
	unsigned long rows;
	unsigned long pdps; /* primary points a row */
	double xff; /* unknown share above which a row is unknown */
};

struct image;

/* Owned: image_free(). */
struct image *image_new(void);
void image_free(struct image *im); /* NULL is fine */

/* Reads the head of the file; what was loaded before is forgotten.  After
 * -1 nothing is loaded. */
int image_load(struct image *im, const char *path, bool write,
    struct nc_err *e);
void image_unload(struct image *im);

unsigned long image_step(const struct image *im);
size_t image_ds_count(const struct image *im);
size_t image_archive_count(const struct image *im);
struct image_archive image_archive(const struct image *im, size_t rra);
double image_last(const struct image *im);
unsigned long image_heartbeat(const struct image *im);
/* Until the next load. */
const char *image_ds_name(const struct image *im, size_t ds);
/* Time of the newest and of the oldest row of an archive (its end). */
int64_t image_newest(const struct image *im, size_t rra);
int64_t image_oldest(const struct image *im, size_t rra);

/* Changes the head in memory; image_commit() writes it. */
void image_rename_ds(struct image *im, size_t ds, const char *name, double min);
void image_set_heartbeat(struct image *im, unsigned long seconds);

/*
 * One update: the value of each data source at ts, NAN for unknown.  ts must
 * be later than image_last().  Rows of archives may reach the disk at once
 * when there are very many; the head only with image_commit().
 */
int image_update(struct image *im, double ts, const double *values, size_t n,
    struct nc_err *e);
/*
 * Writes what changed, rows first, the head last.  Before the first byte
 * the old head goes to undo (a descriptor, -1: none), so that a process
 * killed in the middle of it leaves something to go back to.
 */
int image_commit(struct image *im, int undo, struct nc_err *e);
/* Puts back what the undo file holds, if it holds something whole. */
int image_undo(int undo, struct nc_err *e);

/*
 * Reads the rows of one archive that end at from, from + res, ... to (both
 * multiples of the archive's resolution); out has room for their count times
 * the number of data sources.  What the archive does not hold is NAN.
 * Returns 1 instead of 0 when a writer changed the file meanwhile: load
 * again.
 */
int image_read(struct image *im, size_t rra, int64_t from, int64_t to,
    double *out, struct nc_err *e);
/*
 * Copies state and rows of old, which has fewer data sources and the same
 * step and archives, into im.  im must be committed afterwards.
 */
int image_copy(struct image *im, struct image *old, struct nc_err *e);

#endif
