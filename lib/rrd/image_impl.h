/* SPDX-License-Identifier: MIT */
/* image_impl: what the files of image share.  Nobody else includes it. */
#ifndef NC_RRD_IMAGE_IMPL_H
#define NC_RRD_IMAGE_IMPL_H

#include <sys/types.h>

/* The way to the format's structs that rrd.h itself points out. */
#define RRD_EXPORT_DEPRECATED
#include <rrd.h>

#include "base/buf.h"
#include "rrd/image.h"

/* Rows of one archive that wait for the commit: rows of consecutive slots
 * beginning at first. */
struct image_pending {
	double *rows; /* owned */
	size_t cap, count; /* rows */
	unsigned long first;
};

struct image_rra {
	enum image_cf cf;
	off_t offset; /* of its first row in the file */
	unsigned long due; /* rows, in the update in hand */
	struct image_pending pending;
};

struct image {
	int fd; /* -1: nothing is loaded */
	double unknown; /* librrd's own NAN, bit for bit */
	char *path; /* owned */
	char *head, *before; /* owned: the bytes; as they were on disk */
	size_t head_cap, head_len;
	size_t live_at; /* where the part begins that each update changes */
	bool whole; /* the part before live_at has changed too */
	bool updated;
	size_t nds, nrra;
	stat_head_t *stat; /* these point into head */
	ds_def_t *ds;
	rra_def_t *def;
	live_head_t *live;
	pdp_prep_t *pdp;
	cdp_prep_t *cdp;
	rra_ptr_t *ptr;
	struct image_rra *rra; /* owned, nrra_cap */
	size_t nrra_cap;
	double *fresh, *rate, *shown; /* owned, nds_cap; of an update */
	size_t nds_cap;
};

/* The text of each source's last value into the head. */
void image_last_values(struct image *im);
/* Adds a row (nds values are to be filled in) behind the last of rra. */
int image_push_row(struct image *im, size_t rra, double **row,
    struct nc_err *e);
int image_pwrite(struct image *im, const void *p, size_t len, off_t at,
    struct nc_err *e);
int image_pread(const struct image *im, void *p, size_t len, off_t at,
    struct nc_err *e);

#endif
