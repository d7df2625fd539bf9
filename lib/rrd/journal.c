/* SPDX-License-Identifier: MIT */
/*
 * journal: segments of blocks.  A block is its length, its CRC-32C, then
 * rows; a row is entity, first column, count, ts, values, in the machine's
 * own byte order, as in the RRD files beside it.
 */
#include "rrd/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/buf.h"
#include "base/mem.h"
#include "rrd/sum.h"

#define SEGMENT_MAX ((uint64_t)32 << 20)
#define BLOCK_FILL (64u << 10) /* written when so much waits */
#define BLOCK_MAX (16u << 20)
#define COLUMNS_MAX 4096

static const char segment_magic[8] = "ncjrnl1\n";

struct block_head {
	uint32_t len, sum;
};

struct row_head {
	uint32_t entity;
	uint16_t first, count;
	double ts;
};

struct segment {
	uint32_t number, held;
};

struct journal {
	char *dir; /* owned: DIR/journal */
	int fd;
	struct buf block; /* begins with room for its head */
	uint64_t end; /* of the current segment, bytes */
	uint64_t total;
	bool dirty;
	struct segment *segments; /* oldest first, the current one last */
	size_t nsegments, cap;
};

static char *
segment_path(const char *dir, uint32_t number)
{
	return xasprintf("%s/%08x", dir, number);
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Numbers of the segments in DIR/journal, ascending.  Owned *list. */
static int
list_segments(const char *dir, uint32_t **list, size_t *count, struct nc_err *e)
{
	DIR *d = opendir(dir);
	struct dirent *ent;
	size_t cap = 0;
	char *end;

	*list = NULL;
	*count = 0;
	if (d == NULL)
		return errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	while ((ent = readdir(d)) != NULL) {
		unsigned long n = strtoul(ent->d_name, &end, 16);

		if (strlen(ent->d_name) != 8 || *end != '\0')
			continue;
		if (*count == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			*list = xreallocarray(*list, cap, sizeof(**list));
		}
		(*list)[(*count)++] = (uint32_t)n;
	}
	closedir(d);
	if (*count != 0)
		qsort(*list, *count, sizeof(**list), compare_numbers);
	return 0;
}

/* The rows of one sound block; false when they do not fill it. */
static bool
replay_block(const char *p, size_t len, journal_row_fn *fn, void *arg,
    struct journal_found *found)
{
	static const double none[1];
	struct row_head h;
	struct journal_row row;
	double *values = NULL;
	bool good = true;

	while (good && len != 0) {
		if (len < sizeof(h)) {
			good = false;
			break;
		}
		memcpy(&h, p, sizeof(h));
		p += sizeof(h);
		len -= sizeof(h);
		if (h.count > COLUMNS_MAX || h.first > COLUMNS_MAX ||
		    len < h.count * sizeof(double)) {
			good = false;
			break;
		}
		if (values == NULL)
			values = xcalloc(COLUMNS_MAX, sizeof(double));
		memcpy(values, p, h.count * sizeof(double));
		p += h.count * sizeof(double);
		len -= h.count * sizeof(double);
		row = (struct journal_row){h.entity, h.first, h.count, h.ts,
		    h.count != 0 ? values : none};
		fn(arg, &row);
		found->rows++;
	}
	free(values);
	return good;
}

static int
replay_segment(const char *path, journal_row_fn *fn, void *arg,
    struct journal_found *found, struct nc_err *e)
{
	struct buf b = {0};
	struct block_head h;
	size_t at = sizeof(segment_magic);

	if (afile_read(path, 2 * SEGMENT_MAX + BLOCK_MAX, &b, e) == -1) {
		buf_free(&b);
		return -1;
	}
	if (b.len < at || memcmp(b.data, segment_magic, at) != 0) {
		found->torn = found->torn || b.len < at;
		found->bad_blocks += b.len >= at;
		buf_free(&b);
		return 0;
	}
	while (b.len - at >= sizeof(h)) {
		memcpy(&h, b.data + at, sizeof(h));
		at += sizeof(h);
		if (h.len > BLOCK_MAX || h.len > b.len - at)
			break;
		if (sum_crc32c(0, b.data + at, h.len) != h.sum ||
		    !replay_block(b.data + at, h.len, fn, arg, found))
			found->bad_blocks++;
		at += h.len;
	}
	found->torn = found->torn || at != b.len;
	buf_free(&b);
	return 0;
}

int
journal_replay(const char *dir, journal_row_fn *fn, void *arg,
    struct journal_found *found, struct nc_err *e)
{
	char *folder = xasprintf("%s/journal", dir), *path;
	uint32_t *list;
	size_t count;
	int rc = list_segments(folder, &list, &count, e);

	*found = (struct journal_found){0};
	for (size_t i = 0; i < count && rc == 0; i++) {
		path = segment_path(folder, list[i]);
		rc = replay_segment(path, fn, arg, found, e);
		free(path);
	}
	free(list);
	free(folder);
	return rc;
}

bool
journal_has_rows(const char *dir)
{
	char *folder = xasprintf("%s/journal", dir), *path;
	uint32_t *list;
	size_t count;
	struct stat sb;
	bool has = false;

	if (list_segments(folder, &list, &count, NULL) == -1)
		has = true; /* unreadable: it may */
	for (size_t i = 0; i < count; i++) {
		path = segment_path(folder, list[i]);
		has = has || stat(path, &sb) == -1 ||
		      sb.st_size > (off_t)sizeof(segment_magic);
		free(path);
	}
	free(list);
	free(folder);
	return has;
}

static int
remove_segment(const char *folder, uint32_t number, struct nc_err *e)
{
	char *path = segment_path(folder, number);
	int rc = 0;

	if (unlink(path) == -1 && errno != ENOENT)
		rc = err_sys(e, "%s", path);
	free(path);
	return rc;
}

int
journal_clear(const char *dir, struct nc_err *e)
{
	char *folder = xasprintf("%s/journal", dir);
	uint32_t *list;
	size_t count;
	int rc = list_segments(folder, &list, &count, e);

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = remove_segment(folder, list[i], e);
	free(list);
	free(folder);
	return rc;
}

static int
begin_segment(struct journal *j, uint32_t number, struct nc_err *e)
{
	char *path = segment_path(j->dir, number);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
		0644),
	    rc = 0;

	if (fd == -1 ||
	    afile_write_fd(fd, segment_magic, sizeof(segment_magic), e) == -1) {
		rc = fd == -1 ? err_sys(e, "%s", path)
			      : err_where(e, "%s", path);
		if (fd != -1) {
			close(fd);
			unlink(path);
		}
		free(path);
		return rc;
	}
	free(path);
	if (j->fd != -1)
		close(j->fd);
	j->fd = fd;
	j->end = sizeof(segment_magic);
	if (j->nsegments == j->cap) {
		j->cap = j->cap == 0 ? 16 : j->cap * 2;
		j->segments = xreallocarray(j->segments, j->cap,
		    sizeof(*j->segments));
	}
	j->segments[j->nsegments++] = (struct segment){number, 0};
	return 0;
}

static void
clear_block(struct journal *j)
{
	static const struct block_head none;

	buf_clear(&j->block);
	buf_add(&j->block, &none, sizeof(none));
}

struct journal *
journal_open(const char *dir, struct nc_err *e)
{
	struct journal *j = xcalloc(1, sizeof(*j));
	uint32_t *list = NULL, number = 1;
	size_t count = 0;

	j->dir = xasprintf("%s/journal", dir);
	j->fd = -1;
	clear_block(j);
	if (afile_mkdir(j->dir, 0755, e) == -1 ||
	    list_segments(j->dir, &list, &count, e) == -1)
		goto bad;
	if (count != 0)
		number = list[count - 1] + 1;
	free(list);
	if (begin_segment(j, number, e) == -1)
		goto bad;
	return j;
bad:
	journal_close(j);
	return NULL;
}

int
journal_add(struct journal *j, const struct journal_row *row, struct nc_err *e)
{
	struct row_head h = {row->entity, row->first, row->count, row->ts};

	if (j->block.len >= BLOCK_FILL && journal_write(j, e) == -1)
		return -1;
	buf_add(&j->block, &h, sizeof(h));
	buf_add(&j->block, row->values, row->count * sizeof(double));
	return 0;
}

int
journal_write(struct journal *j, struct nc_err *e)
{
	struct block_head h;

	if (j->block.len == sizeof(h))
		return 0;
	h.len = (uint32_t)(j->block.len - sizeof(h));
	h.sum = sum_crc32c(0, j->block.data + sizeof(h), h.len);
	memcpy(j->block.data, &h, sizeof(h));
	if (afile_write_fd(j->fd, j->block.data, j->block.len, e) == -1) {
		/* What follows must not stand behind half a block. */
		if (ftruncate(j->fd, (off_t)j->end) == -1)
			err_sys(e, "truncate");
		return err_where(e, "%s", j->dir);
	}
	j->end += j->block.len;
	j->total += j->block.len;
	j->dirty = true;
	clear_block(j);
	/* Only when the old one is safe, so that all but the last are. */
	if (j->end < SEGMENT_MAX)
		return 0;
	if (journal_sync(j, e) == -1)
		return -1;
	return begin_segment(j, journal_segment(j) + 1, e);
}

int
journal_sync(struct journal *j, struct nc_err *e)
{
	if (journal_write(j, e) == -1)
		return -1;
	if (!j->dirty)
		return 0;
	if (fdatasync(j->fd) == -1)
		return err_sys(e, "%s", j->dir);
	j->dirty = false;
	return 0;
}

uint32_t
journal_segment(const struct journal *j)
{
	return j->segments[j->nsegments - 1].number;
}

static struct segment *
find_segment(struct journal *j, uint32_t number)
{
	for (size_t i = j->nsegments; i-- > 0;)
		if (j->segments[i].number == number)
			return &j->segments[i];
	return NULL;
}

void
journal_hold(struct journal *j, uint32_t segment)
{
	struct segment *s = find_segment(j, segment);

	if (s != NULL)
		s->held++;
}

void
journal_release(struct journal *j, uint32_t segment)
{
	struct segment *s = find_segment(j, segment);

	if (s != NULL && s->held != 0)
		s->held--;
}

bool
journal_can_trim(const struct journal *j)
{
	return j->nsegments > 1 && j->segments[0].held == 0;
}

int
journal_trim(struct journal *j, struct nc_err *e)
{
	size_t n = 0;

	while (n + 1 < j->nsegments && j->segments[n].held == 0) {
		if (remove_segment(j->dir, j->segments[n].number, e) == -1)
			return -1;
		n++;
	}
	j->nsegments -= n;
	memmove(j->segments, j->segments + n,
	    j->nsegments * sizeof(*j->segments));
	return 0;
}

uint64_t
journal_bytes(const struct journal *j)
{
	return j->total;
}

void
journal_close(struct journal *j)
{
	bool held = false;

	if (j == NULL)
		return;
	for (size_t i = 0; i < j->nsegments; i++)
		held = held || j->segments[i].held != 0;
	for (size_t i = 0; i < j->nsegments && !held; i++)
		remove_segment(j->dir, j->segments[i].number, NULL);
	if (j->fd != -1)
		close(j->fd);
	buf_free(&j->block);
	free(j->segments);
	free(j->dir);
	free(j);
}
