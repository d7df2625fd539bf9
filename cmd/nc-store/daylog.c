/* SPDX-License-Identifier: MIT */
/* daylog: at most one file open, that of the newest line. */
#include "daylog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/buf.h"
#include "base/gz.h"
#include "base/mem.h"
#include "base/zone.h"

#define DAY 86400
#define FILL (64u << 10)
#define NAME "YYYY-MM-DD.ndjson"

struct daylog {
	char *folder; /* owned: DIR/log */
	double keep;
	int64_t day; /* of fd and buf; -1: none */
	int64_t newest; /* day */
	int fd;
	bool dirty;
	struct buf buf;
};

struct daylog *
daylog_open(const char *dir, double keep)
{
	struct daylog *g = xcalloc(1, sizeof(*g));

	g->folder = xasprintf("%s/log", dir);
	g->keep = keep;
	g->day = g->newest = -1;
	g->fd = -1;
	return g;
}

static char *
day_path(const struct daylog *g, int64_t day)
{
	struct civil c = zone_civil(NULL, day * DAY);

	return xasprintf("%s/%04d-%02d-%02d.ndjson", g->folder, c.year, c.month,
	    c.day);
}

/* Half a line that a crash left is ended, so that it spoils no other. */
static int
end_line(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	if (end <= 0 || pread(fd, &last, 1, end - 1) != 1 || last == '\n')
		return 0;
	return write(fd, "\n", 1) == 1 ? 0 : -1;
}

static int
open_day(struct daylog *g, int64_t day, struct nc_err *e)
{
	char *path;
	int rc = 0;

	if (daylog_write(g, 1, e) == -1 ||
	    afile_mkdir(g->folder, 0755, e) == -1)
		return -1;
	if (g->fd != -1)
		close(g->fd);
	path = day_path(g, day);
	g->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (g->fd == -1 || end_line(g->fd) == -1)
		rc = err_sys(e, "%s", path);
	free(path);
	g->day = rc == 0 ? day : -1;
	return rc;
}

int
daylog_add(struct daylog *g, double ts, struct span line, struct nc_err *e)
{
	int64_t day = ts >= 0 && ts < 1e11 ? (int64_t)floor(ts / DAY) : 0;

	if (day != g->day && open_day(g, day, e) == -1)
		return -1;
	if (day > g->newest) {
		g->newest = day;
		if (daylog_tidy(g, e) == -1)
			return -1;
	}
	buf_add(&g->buf, line.p, line.len);
	buf_addc(&g->buf, '\n');
	return g->buf.len >= FILL ? daylog_write(g, 0, e) : 0;
}

int
daylog_write(struct daylog *g, int sync, struct nc_err *e)
{
	off_t end;

	if (g->fd == -1)
		return 0;
	if (g->buf.len != 0) {
		end = lseek(g->fd, 0, SEEK_END);
		if (afile_write_fd(g->fd, g->buf.data, g->buf.len, e) == -1) {
			/* All or nothing: it is tried again. */
			if (end != -1 && ftruncate(g->fd, end) == -1)
				err_sys(e, "truncate");
			return err_where(e, "%s", g->folder);
		}
		buf_clear(&g->buf);
		g->dirty = true;
	}
	if (sync && g->dirty) {
		if (fdatasync(g->fd) == -1)
			return err_sys(e, "%s", g->folder);
		g->dirty = false;
	}
	return 0;
}

/* The day in a name, -1 when it is none of ours; *gz: it is compressed. */
static int64_t
day_of(const char *name, bool *gz)
{
	struct civil c = {0};
	int end = 0;

	if (sscanf(name, "%4d-%2d-%2d.ndjson%n", &c.year, &c.month, &c.day,
		&end) != 3 ||
	    end != (int)strlen(NAME) || !civil_valid(&c))
		return -1;
	*gz = strcmp(name + end, ".gz") == 0;
	if (!*gz && name[end] != '\0')
		return -1;
	return zone_epoch(NULL, &c) / DAY;
}

static int
tidy_one(struct daylog *g, const char *name, struct nc_err *e)
{
	bool gz;
	int64_t day = day_of(name, &gz);
	char *path, *packed;
	int rc = 0;

	if (day == -1 || day >= g->newest)
		return 0;
	path = xasprintf("%s/%s", g->folder, name);
	if (g->keep > 0 && (double)(g->newest - day) * DAY > g->keep) {
		if (unlink(path) == -1)
			rc = err_sys(e, "%s", path);
	} else if (!gz && day != g->day) {
		/* Late lines of a day already packed stay beside it. */
		packed = xasprintf("%s.gz", path);
		if (access(packed, F_OK) == -1)
			rc = gz_compress_file(path, e);
		free(packed);
	}
	free(path);
	return rc;
}

int
daylog_tidy(struct daylog *g, struct nc_err *e)
{
	DIR *d = opendir(g->folder);
	struct dirent *ent;
	int rc = 0;

	if (d == NULL)
		return errno == ENOENT ? 0 : err_sys(e, "%s", g->folder);
	while (rc == 0 && (ent = readdir(d)) != NULL)
		rc = tidy_one(g, ent->d_name, e);
	closedir(d);
	return rc;
}

int
daylog_close(struct daylog *g, struct nc_err *e)
{
	int rc;

	if (g == NULL)
		return 0;
	rc = daylog_write(g, 1, e);
	if (g->fd != -1)
		close(g->fd);
	buf_free(&g->buf);
	free(g->folder);
	free(g);
	return rc;
}
