/* SPDX-License-Identifier: MIT */
/*
 * image_rows: the rows of archives: read a range of them, copy all of them
 * into a wider file.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rrd/image_impl.h"

/* True if another process changed the head since it was loaded. */
static int
has_moved(struct image *im, struct nc_err *e)
{
	live_head_t now;

	if (image_pread(im, &now, sizeof(now), (off_t)im->live_at, e) == -1)
		return -1;
	return now.last_up != im->live->last_up ||
	       now.last_up_usec != im->live->last_up_usec;
}

int
image_read(struct image *im, size_t rra, int64_t from, int64_t to, double *out,
    struct nc_err *e)
{
	int64_t res = (int64_t)(im->stat->pdp_step * im->def[rra].pdp_cnt);
	int64_t newest = image_newest(im, rra), oldest = image_oldest(im, rra);
	unsigned long rows = im->def[rra].row_cnt, slot, back;
	size_t width = im->nds * sizeof(double), n;

	assert(from % res == 0 && to % res == 0);
	while (from <= to) {
		if (from < oldest || from > newest) {
			for (size_t i = 0; i < im->nds; i++)
				*out++ = NAN;
			from += res;
			continue;
		}
		back = (unsigned long)((newest - from) / res);
		slot = (im->ptr[rra].cur_row + rows - back) % rows;
		n = (size_t)(((to < newest ? to : newest) - from) / res) + 1;
		if (n > rows - slot)
			n = rows - slot;
		if (image_pread(im, out, n * width,
			im->rra[rra].offset + (off_t)(slot * width), e) == -1)
			return -1;
		out += n * im->nds;
		from += (int64_t)n * res;
	}
	return has_moved(im, e);
}

/* One archive's rows, in pieces, into the wider rows of im. */
static int
copy_rows(struct image *im, struct image *old, size_t rra, struct nc_err *e)
{
	unsigned long rows = im->def[rra].row_cnt, at, n;
	size_t piece = 512;
	double *from = xcalloc(piece * old->nds, sizeof(double));
	double *to = xcalloc(piece * im->nds, sizeof(double));
	int rc = 0;

	for (at = 0; at < rows && rc == 0; at += n) {
		n = rows - at < piece ? rows - at : piece;
		rc = image_pread(old, from, n * old->nds * sizeof(double),
		    old->rra[rra].offset +
			(off_t)(at * old->nds * sizeof(double)),
		    e);
		for (size_t i = 0; i < n * im->nds; i++) {
			size_t ds = i % im->nds;

			to[i] = ds < old->nds
				    ? from[i / im->nds * old->nds + ds]
				    : (double)NAN;
		}
		if (rc == 0)
			rc = image_pwrite(im, to, n * im->nds * sizeof(double),
			    im->rra[rra].offset +
				(off_t)(at * im->nds * sizeof(double)),
			    e);
	}
	free(from);
	free(to);
	return rc;
}

int
image_copy(struct image *im, struct image *old, struct nc_err *e)
{
	if (im->nds < old->nds || im->nrra != old->nrra ||
	    im->stat->pdp_step != old->stat->pdp_step)
		return err_set(e, 0, "%s: archives differ", im->path);
	for (size_t i = 0; i < im->nrra; i++)
		if (im->def[i].row_cnt != old->def[i].row_cnt ||
		    im->def[i].pdp_cnt != old->def[i].pdp_cnt)
			return err_set(e, 0, "%s: archives differ", im->path);
	*im->live = *old->live;
	memcpy(im->ds, old->ds, old->nds * sizeof(*old->ds));
	memcpy(im->pdp, old->pdp, old->nds * sizeof(*old->pdp));
	/* The unknown time of a new source is that of the step in hand. */
	for (size_t i = old->nds; i < im->nds; i++)
		im->pdp[i].scratch[PDP_unkn_sec_cnt].u_cnt =
		    (unsigned long)(old->live->last_up %
				    (time_t)old->stat->pdp_step);
	for (size_t i = 0; i < im->nrra; i++) {
		memcpy(im->cdp + i * im->nds, old->cdp + i * old->nds,
		    old->nds * sizeof(*old->cdp));
		for (size_t j = old->nds; j < im->nds; j++)
			im->cdp[i * im->nds + j]
			    .scratch[CDP_unkn_pdp_cnt]
			    .u_cnt =
			    (unsigned long)(old->live->last_up /
					    (time_t)old->stat->pdp_step %
					    (time_t)im->def[i].pdp_cnt);
		im->ptr[i] = old->ptr[i];
		if (copy_rows(im, old, i, e) == -1)
			return -1;
	}
	im->whole = true;
	return 0;
}
