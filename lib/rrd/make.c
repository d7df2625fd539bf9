/* SPDX-License-Identifier: MIT */
/* make: creation, the part of writing that is left to librrd itself. */
#include "rrd/make.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rrd/librrd.h"
#include "rrd/naming.h"

static const char *const cf_names[] =
    {[IMAGE_AVERAGE] = "AVERAGE", [IMAGE_MIN] = "MIN", [IMAGE_MAX] = "MAX"};

static char *
source_text(const struct make *m, size_t i)
{
	char name[NAMING_DS_SIZE];
	double min = (double)NAN;

	m->source(m->arg, i, name, &min);
	return xasprintf("DS:%s:GAUGE:%lu:%s:U", name, m->heartbeat,
	    isnan(min) ? "U" : "0");
}

/*
 * On disk and out of the page cache before it is used: fresh pages of a file
 * written in one go sit in large folios, of which a later store of a few
 * bytes would dirty the whole.
 */
static int
settle(const char *path, struct nc_err *e)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), rc = 0;

	if (fd == -1)
		return err_sys(e, "%s", path);
	if (fdatasync(fd) == -1)
		rc = err_sys(e, "%s", path);
	else
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return rc;
}

static void
free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
}

static int
create_raw(const char *path, const struct make *m, int argc, const char **argv,
    struct nc_err *e)
{
	struct librrd rrd;

	if (librrd_load(&rrd, e) == -1)
		return -1;
	rrd.clear_error();
	errno = 0;
	if (rrd.create(path, m->step, (time_t)m->start, argc, argv) != 0)
		return err_set(e, errno, "%s", rrd.get_error());
	return 0;
}

static int
create(const char *path, const struct make *m, char **archives, size_t n,
    struct nc_err *e)
{
	size_t argc = m->sources + n;
	const char **argv = xcalloc(argc, sizeof(*argv));
	char **sources = xcalloc(m->sources, sizeof(*sources));
	int rc;

	for (size_t i = 0; i < m->sources; i++)
		argv[i] = sources[i] = source_text(m, i);
	for (size_t i = 0; i < n; i++)
		argv[m->sources + i] = archives[i];
	rc = create_raw(path, m, (int)argc, argv, e);
	if (rc == 0)
		rc = settle(path, e);
	if (rc == -1)
		unlink(path);
	free_texts(sources, m->sources);
	free(sources);
	free(argv);
	return rc;
}

int
make_file(const char *path, const struct make *m, struct nc_err *e)
{
	struct keep_archive a[KEEP_ARCHIVES];
	char *texts[KEEP_ARCHIVES], *temp = xasprintf("%s~", path);
	size_t n = keep_archives(m->keep, m->step, a);
	int rc;

	for (size_t i = 0; i < n; i++)
		texts[i] = xasprintf("RRA:%s:0.5:%lu:%lu", a[i].cf, a[i].pdps,
		    a[i].rows);
	rc = create(temp, m, texts, n, e);
	if (rc == 0 && rename(temp, path) == -1) {
		rc = err_sys(e, "%s", path);
		unlink(temp);
	}
	free_texts(texts, n);
	free(temp);
	return rc;
}

int
make_wider(const char *path, struct image *old, const struct make *m,
    struct nc_err *e)
{
	size_t n = image_archive_count(old);
	char **texts = xcalloc(n, sizeof(*texts));
	char *temp = xasprintf("%s~", path);
	struct image *im = image_new();
	struct image_archive a;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		a = image_archive(old, i);
		if (a.cf == IMAGE_OTHER)
			rc = err_set(e, 0, "%s: not one of our files", path);
		else
			texts[i] = xasprintf("RRA:%s:%.10g:%lu:%lu",
			    cf_names[a.cf], a.xff, a.pdps, a.rows);
	}
	if (rc == 0)
		rc = create(temp, m, texts, n, e);
	if (rc == 0 &&
	    (image_load(im, temp, true, e) == -1 ||
		image_copy(im, old, e) == -1 || image_commit(im, -1, e) == -1 ||
		settle(temp, e) == -1))
		rc = -1;
	if (rc == 0 && rename(temp, path) == -1)
		rc = err_sys(e, "%s", path);
	if (rc == -1)
		unlink(temp);
	image_free(im);
	free_texts(texts, n);
	free(texts);
	free(temp);
	return rc;
}
