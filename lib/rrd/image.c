/* SPDX-License-Identifier: MIT */
/*
 * image: loading the head of an RRD file, reading its rows, writing it back.
 * The order of writes is what keeps a file whole when the process is killed:
 * the old head to the undo file, new rows (they take the place of the oldest
 * ones), the new head.  Page cache writes of a killed process survive it in
 * the order they were made.
 */
#include "rrd/image.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "rrd/image_impl.h"
#include "rrd/sum.h"

/* A head beyond this is damage, not data: 4,096 sources in 16 archives. */
#define HEAD_MAX (8u << 20)
#define DS_MAX 4096
#define RRA_MAX 64
/* Rows of one archive held back before they are written on the way. */
#define PENDING_MAX 4096

struct undo_head {
	char magic[8];
	uint32_t sum; /* of everything behind it */
	uint32_t path_len;
	uint64_t at, len;
};

static const char undo_magic[8] = "ncundo1\n";

struct image *
image_new(void)
{
	struct image *im = xcalloc(1, sizeof(*im));
	volatile double zero = 0;

	im->fd = -1;
	im->unknown = zero / zero; /* its sign is the processor's */
	return im;
}

void
image_unload(struct image *im)
{
	if (im->fd != -1)
		close(im->fd);
	im->fd = -1;
	free(im->path);
	im->path = NULL;
	im->whole = im->updated = false;
	for (size_t i = 0; i < im->nrra_cap; i++)
		im->rra[i].pending.count = 0;
}

void
image_free(struct image *im)
{
	if (im == NULL)
		return;
	image_unload(im);
	for (size_t i = 0; i < im->nrra_cap; i++)
		free(im->rra[i].pending.rows);
	free(im->rra);
	free(im->head);
	free(im->before);
	free(im->fresh);
	free(im->rate);
	free(im->shown);
	free(im);
}

int
image_pread(const struct image *im, void *p, size_t len, off_t at,
    struct nc_err *e)
{
	char *to = p;
	ssize_t n;

	while (len != 0) {
		n = pread(im->fd, to, len, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "%s", im->path);
		if (n == 0)
			return err_set(e, 0, "%s: damaged: file too short",
			    im->path);
		to += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_all(int fd, const char *from, size_t len, off_t at)
{
	ssize_t n;

	while (len != 0) {
		n = pwrite(fd, from, len, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		from += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int
image_pwrite(struct image *im, const void *p, size_t len, off_t at,
    struct nc_err *e)
{
	if (write_all(im->fd, p, len, at) == -1)
		return err_sys(e, "%s", im->path);
	return 0;
}

static enum image_cf
cf_of(const char *name)
{
	if (strncmp(name, "AVERAGE", CF_NAM_SIZE) == 0)
		return IMAGE_AVERAGE;
	if (strncmp(name, "MIN", CF_NAM_SIZE) == 0)
		return IMAGE_MIN;
	if (strncmp(name, "MAX", CF_NAM_SIZE) == 0)
		return IMAGE_MAX;
	return IMAGE_OTHER;
}

static size_t
head_size(size_t nds, size_t nrra)
{
	return sizeof(stat_head_t) + nds * sizeof(ds_def_t) +
	       nrra * sizeof(rra_def_t) + sizeof(live_head_t) +
	       nds * sizeof(pdp_prep_t) + nds * nrra * sizeof(cdp_prep_t) +
	       nrra * sizeof(rra_ptr_t);
}

/* The counts of the first block, or -1: not a file we know. */
static int
check_start(const struct image *im, const stat_head_t *st, struct nc_err *e)
{
	if (memcmp(st->cookie, "RRD", 4) != 0)
		return err_set(e, 0, "%s: not an RRD file", im->path);
	if (st->float_cookie != FLOAT_COOKIE ||
	    (memcmp(st->version, "0003", 5) != 0 &&
		memcmp(st->version, "0004", 5) != 0))
		return err_set(e, 0,
		    "%s: an RRD of another machine type or version", im->path);
	if (st->ds_cnt == 0 || st->ds_cnt > DS_MAX || st->rra_cnt == 0 ||
	    st->rra_cnt > RRA_MAX || st->pdp_step == 0 ||
	    st->pdp_step > INT32_MAX ||
	    head_size(st->ds_cnt, st->rra_cnt) > HEAD_MAX)
		return err_set(e, 0, "%s: damaged: impossible counts",
		    im->path);
	return 0;
}

static void
size_image(struct image *im)
{
	size_t len = head_size(im->nds, im->nrra);

	if (len > im->head_cap) {
		im->head = xreallocarray(im->head, len, 1);
		im->before = xreallocarray(im->before, len, 1);
		im->head_cap = len;
	}
	if (im->nds > im->nds_cap) {
		im->fresh = xreallocarray(im->fresh, im->nds, sizeof(double));
		im->rate = xreallocarray(im->rate, im->nds, sizeof(double));
		im->shown = xreallocarray(im->shown, im->nds, sizeof(double));
		im->nds_cap = im->nds;
	}
	if (im->nrra > im->nrra_cap) {
		im->rra = xreallocarray(im->rra, im->nrra, sizeof(*im->rra));
		memset(im->rra + im->nrra_cap, 0,
		    (im->nrra - im->nrra_cap) * sizeof(*im->rra));
		im->nrra_cap = im->nrra;
	}
	im->head_len = len;
}

/* Pointers into the bytes; x86-64 and its like only (see check_start). */
static void
point(struct image *im)
{
	char *p = im->head;

	im->stat = (void *)p;
	im->ds = (void *)(p += sizeof(stat_head_t));
	im->def = (void *)(p += im->nds * sizeof(ds_def_t));
	im->live = (void *)(p += im->nrra * sizeof(rra_def_t));
	im->live_at = (size_t)(p - im->head);
	im->pdp = (void *)(p += sizeof(live_head_t));
	im->cdp = (void *)(p += im->nds * sizeof(pdp_prep_t));
	im->ptr = (void *)(p + im->nds * im->nrra * sizeof(cdp_prep_t));
}

/* Every count and name in range, and the file as long as they say. */
static int
check_rest(struct image *im, struct nc_err *e)
{
	off_t at = (off_t)im->head_len;
	struct stat sb;
	const rra_def_t *d;

	for (size_t i = 0; i < im->nds; i++)
		if (memchr(im->ds[i].ds_nam, '\0', DS_NAM_SIZE) == NULL ||
		    strncmp(im->ds[i].dst, "GAUGE", DST_SIZE) != 0)
			goto bad;
	for (size_t i = 0; i < im->nrra; i++) {
		d = &im->def[i];
		if (d->row_cnt == 0 || d->row_cnt > INT32_MAX ||
		    d->pdp_cnt == 0 || d->pdp_cnt > INT32_MAX ||
		    im->ptr[i].cur_row >= d->row_cnt)
			goto bad;
		im->rra[i].cf = cf_of(d->cf_nam);
		im->rra[i].offset = at;
		im->rra[i].pending.count = 0;
		at += (off_t)(d->row_cnt * im->nds * sizeof(double));
	}
	if (im->live->last_up < 0 || im->live->last_up_usec < 0 ||
	    im->live->last_up_usec > 999999)
		goto bad;
	if (fstat(im->fd, &sb) == -1)
		return err_sys(e, "%s", im->path);
	if (sb.st_size != at)
		return err_set(e, 0, "%s: damaged: %lld bytes, not %lld",
		    im->path, (long long)sb.st_size, (long long)at);
	return 0;
bad:
	return err_set(e, 0, "%s: damaged head, or not one of ours", im->path);
}

int
image_load(struct image *im, const char *path, bool write, struct nc_err *e)
{
	stat_head_t st;

	image_unload(im);
	im->path = xstrdup(path);
	im->fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (im->fd == -1) {
		err_sys(e, "%s", path);
		goto bad;
	}
	/*
	 * Read ahead, the rows would come into the page cache in large folios,
	 * and a small write to one dirties all of it.
	 */
	posix_fadvise(im->fd, 0, 0, POSIX_FADV_RANDOM);
	if (image_pread(im, &st, sizeof(st), 0, e) == -1 ||
	    check_start(im, &st, e) == -1)
		goto bad;
	im->nds = st.ds_cnt;
	im->nrra = st.rra_cnt;
	size_image(im);
	if (image_pread(im, im->head, im->head_len, 0, e) == -1)
		goto bad;
	point(im);
	if (check_rest(im, e) == -1)
		goto bad;
	if (write)
		memcpy(im->before, im->head, im->head_len);
	for (size_t i = 0; i < im->nds; i++)
		im->shown[i] = NAN;
	return 0;
bad:
	image_unload(im);
	return -1;
}

unsigned long
image_step(const struct image *im)
{
	return im->stat->pdp_step;
}

size_t
image_ds_count(const struct image *im)
{
	return im->nds;
}

size_t
image_archive_count(const struct image *im)
{
	return im->nrra;
}

struct image_archive
image_archive(const struct image *im, size_t rra)
{
	const rra_def_t *d = &im->def[rra];

	return (struct image_archive){im->rra[rra].cf, d->row_cnt, d->pdp_cnt,
	    d->par[RRA_cdp_xff_val].u_val};
}

double
image_last(const struct image *im)
{
	return (double)im->live->last_up + (double)im->live->last_up_usec / 1e6;
}

unsigned long
image_heartbeat(const struct image *im)
{
	return im->ds[0].par[DS_mrhb_cnt].u_cnt;
}

const char *
image_ds_name(const struct image *im, size_t ds)
{
	return im->ds[ds].ds_nam;
}

int64_t
image_newest(const struct image *im, size_t rra)
{
	int64_t res = (int64_t)(im->stat->pdp_step * im->def[rra].pdp_cnt);

	return im->live->last_up - im->live->last_up % res;
}

int64_t
image_oldest(const struct image *im, size_t rra)
{
	int64_t res = (int64_t)(im->stat->pdp_step * im->def[rra].pdp_cnt);

	return image_newest(im, rra) -
	       ((int64_t)im->def[rra].row_cnt - 1) * res;
}

void
image_rename_ds(struct image *im, size_t ds, const char *name, double min)
{
	assert(strlen(name) < DS_NAM_SIZE);
	memset(im->ds[ds].ds_nam, 0, DS_NAM_SIZE);
	memcpy(im->ds[ds].ds_nam, name, strlen(name));
	im->ds[ds].par[DS_min_val].u_val = min;
	im->whole = true;
}

void
image_set_heartbeat(struct image *im, unsigned long seconds)
{
	for (size_t i = 0; i < im->nds; i++)
		im->ds[i].par[DS_mrhb_cnt].u_cnt = seconds;
	im->whole = true;
}

/* The rows held back of one archive, in one or two pieces of its ring. */
static int
write_pending(struct image *im, size_t rra, struct nc_err *e)
{
	struct image_pending *p = &im->rra[rra].pending;
	size_t width = im->nds * sizeof(double), done = 0, n;
	unsigned long slot = p->first, rows = im->def[rra].row_cnt;

	while (done < p->count) {
		n = p->count - done;
		if (n > rows - slot)
			n = rows - slot;
		if (image_pwrite(im, p->rows + done * im->nds, n * width,
			im->rra[rra].offset + (off_t)(slot * width), e) == -1)
			return -1;
		done += n;
		slot = 0;
	}
	p->count = 0;
	return 0;
}

int
image_push_row(struct image *im, size_t rra, double **row, struct nc_err *e)
{
	struct image_pending *p = &im->rra[rra].pending;
	unsigned long rows = im->def[rra].row_cnt;
	size_t need;

	if ((p->count == rows || p->count == PENDING_MAX) &&
	    write_pending(im, rra, e) == -1)
		return -1;
	if (++im->ptr[rra].cur_row >= rows)
		im->ptr[rra].cur_row = 0;
	if (p->count == 0)
		p->first = im->ptr[rra].cur_row;
	need = (p->count + 1) * im->nds;
	if (need > p->cap) {
		p->cap = need < 64 ? 128 : need * 2;
		p->rows = xreallocarray(p->rows, p->cap, sizeof(double));
	}
	*row = p->rows + p->count * im->nds;
	p->count++;
	return 0;
}

static int
save_undo(const struct image *im, int undo, size_t at, struct nc_err *e)
{
	struct undo_head h = {.at = at, .len = im->head_len - at};
	size_t path_len = strlen(im->path);
	struct buf b = {0};
	int rc;

	memcpy(h.magic, undo_magic, sizeof(h.magic));
	h.path_len = (uint32_t)path_len;
	buf_add(&b, &h, sizeof(h));
	buf_add(&b, im->path, path_len);
	buf_add(&b, im->before + at, im->head_len - at);
	h.sum = sum_crc32c(0, b.data + 12, b.len - 12);
	memcpy(b.data + 8, &h.sum, sizeof(h.sum));
	if ((rc = write_all(undo, b.data, b.len, 0)) == -1)
		err_sys(e, "undo file");
	buf_free(&b);
	return rc;
}

int
image_commit(struct image *im, int undo, struct nc_err *e)
{
	size_t at = im->whole ? 0 : im->live_at;

	if (im->updated)
		image_last_values(im);
	if (undo != -1 && save_undo(im, undo, at, e) == -1)
		return -1;
	for (size_t i = 0; i < im->nrra; i++)
		if (write_pending(im, i, e) == -1)
			return -1;
	if (image_pwrite(im, im->head + at, im->head_len - at, (off_t)at, e) ==
	    -1)
		return -1;
	memcpy(im->before, im->head, im->head_len);
	im->whole = im->updated = false;
	return 0;
}

int
image_undo(int undo, struct nc_err *e)
{
	struct undo_head h;
	struct stat sb;
	char *data = NULL, *path = NULL;
	int fd = -1, rc = -1;

	if (fstat(undo, &sb) == -1)
		return err_sys(e, "undo file");
	if (sb.st_size < (off_t)sizeof(h) || sb.st_size > HEAD_MAX + 8192)
		return 0;
	data = xmalloc((size_t)sb.st_size);
	if (pread(undo, data, (size_t)sb.st_size, 0) != sb.st_size) {
		err_set(e, 0, "undo file: short read");
		goto out;
	}
	memcpy(&h, data, sizeof(h));
	rc = 0;
	/* Torn, or empty: the file it speaks of has not been touched yet. */
	if (memcmp(h.magic, undo_magic, sizeof(h.magic)) != 0 ||
	    h.path_len > 4096 || h.len > HEAD_MAX || h.at > HEAD_MAX ||
	    sizeof(h) + h.path_len + h.len > (size_t)sb.st_size ||
	    sum_crc32c(0, data + 12, sizeof(h) - 12 + h.path_len + h.len) !=
		h.sum)
		goto out;
	path = xmemdup0(data + sizeof(h), h.path_len);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1) {
		if (errno == ENOENT) /* expired since */
			goto out;
		rc = err_sys(e, "%s", path);
		goto out;
	}
	if (write_all(fd, data + sizeof(h) + h.path_len, h.len, (off_t)h.at) ==
	    -1)
		rc = err_sys(e, "%s", path);
out:
	if (fd != -1)
		close(fd);
	free(path);
	free(data);
	return rc;
}
