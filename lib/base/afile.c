/* SPDX-License-Identifier: MIT */
/*
 * afile: replace by rename, with the fsyncs that make it last.  Never leaves
 * a half-written file under its real name.
 */
#include "base/afile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct afile {
	char *path, *temporary; /* owned; path without symbolic links */
	int fd;
};

/* The folder of path, up to its last slash. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xmemdup0(path, (size_t)(slash - path));
}

/*
 * Where the bytes really go: the end of the chain of links, which may not
 * exist yet (a link to nowhere is filled at its target).
 */
static char *
resolve(const char *path, struct nc_err *e)
{
	char target[PATH_MAX], *now = xstrdup(path), *folder, *next;
	ssize_t n;

	for (int hops = 0; hops < 40; hops++) {
		n = readlink(now, target, sizeof(target) - 1);
		if (n == -1)
			return now; /* not a link, or not there */
		target[n] = '\0';
		folder = folder_of(now);
		next = target[0] == '/' ? xstrdup(target)
					: xasprintf("%s/%s", folder, target);
		free(folder);
		free(now);
		now = next;
	}
	free(now);
	err_set(e, ELOOP, "%s: %s", path, strerror(ELOOP));
	return NULL;
}

/* Mode and owner of the file that is replaced; the owner as far as we may. */
static int
copy_mode(int fd, const char *path, mode_t mode)
{
	struct stat st, own;

	if (stat(path, &st) == -1)
		return fchmod(fd, mode);
	if (fstat(fd, &own) == 0 &&
	    (own.st_uid != st.st_uid || own.st_gid != st.st_gid) &&
	    fchown(fd, st.st_uid, st.st_gid) == -1 && errno != EPERM)
		return -1;
	return fchmod(fd, st.st_mode & 07777);
}

struct afile *
afile_begin(const char *path, mode_t mode, struct nc_err *e)
{
	struct afile *f;
	char *real;

	if ((real = resolve(path, e)) == NULL)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->path = real;
	f->temporary = xasprintf("%s.XXXXXX", real);
	if ((f->fd = mkostemp(f->temporary, O_CLOEXEC)) == -1) {
		err_sys(e, "cannot create %s", f->temporary);
		free(f->temporary);
		f->temporary = NULL;
		afile_abort(f);
		return NULL;
	}
	if (copy_mode(f->fd, f->path, mode) == -1) {
		err_sys(e, "cannot set the mode of %s", f->temporary);
		afile_abort(f);
		return NULL;
	}
	return f;
}

int
afile_fd(const struct afile *f)
{
	return f->fd;
}

int
afile_write_fd(int fd, const void *data, size_t len, struct nc_err *e)
{
	const char *p = data;
	ssize_t n;

	while (len != 0) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "cannot write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
afile_add(struct afile *f, struct span data, struct nc_err *e)
{
	if (afile_write_fd(f->fd, data.p, data.len, e) == -1)
		return err_where(e, "%s", f->path);
	return 0;
}

/* The rename lasts once the folder is on disk.  Some file systems cannot
 * fsync a folder and say EINVAL. */
static int
sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	free(folder);
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	if (rc == -1 && errno == EINVAL)
		rc = 0;
	close(fd);
	return rc;
}

static int
commit(struct afile *f, struct nc_err *e)
{
	int rc;

	if (fsync(f->fd) == -1)
		return err_sys(e, "cannot sync %s", f->temporary);
	rc = close(f->fd);
	f->fd = -1;
	if (rc == -1)
		return err_sys(e, "cannot write %s", f->temporary);
	if (rename(f->temporary, f->path) == -1)
		return err_sys(e, "cannot replace %s", f->path);
	free(f->temporary);
	f->temporary = NULL;
	if (sync_folder(f->path) == -1)
		return err_sys(e, "cannot sync the folder of %s", f->path);
	return 0;
}

int
afile_commit(struct afile *f, struct nc_err *e)
{
	int rc = commit(f, e);

	afile_abort(f);
	return rc;
}

/* Also the end of a file that is committed: there is nothing to remove. */
void
afile_abort(struct afile *f)
{
	if (f == NULL)
		return;
	if (f->fd != -1)
		close(f->fd);
	if (f->temporary != NULL)
		unlink(f->temporary);
	free(f->temporary);
	free(f->path);
	free(f);
}

int
afile_write(const char *path, struct span data, mode_t mode, struct nc_err *e)
{
	struct afile *f = afile_begin(path, mode, e);

	if (f == NULL)
		return -1;
	if (afile_add(f, data, e) == -1) {
		afile_abort(f);
		return -1;
	}
	return afile_commit(f, e);
}

static int
read_all(int fd, size_t max, struct buf *b, struct nc_err *e)
{
	size_t start = b->len, want;
	struct stat st;
	ssize_t n;

	/* Files of /proc say 0; others grow while they are read. */
	want = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (size_t)st.st_size
							  : 0;
	if (want > max)
		return err_set(e, EFBIG, "longer than %zu bytes", max);
	for (;;) {
		/* One byte more than is left shows that there is more. */
		size_t left = max - (b->len - start) + 1;
		size_t done = b->len - start;
		size_t some = want + 1 > done + 4096 ? want + 1 - done : 4096;

		if (some > left)
			some = left;
		n = read(fd, buf_reserve(b, some), some);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "cannot read");
		if (n == 0)
			return 0;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
		if (b->len - start > max)
			return err_set(e, EFBIG, "longer than %zu bytes", max);
	}
}

int
afile_read(const char *path, size_t max, struct buf *b, struct nc_err *e)
{
	size_t start = b->len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;

	if (fd == -1) {
		err_sys(e, "cannot open");
		return err_where(e, "%s", path);
	}
	rc = read_all(fd, max, b, e);
	close(fd);
	if (rc == -1) {
		b->len = start;
		if (b->data != NULL)
			b->data[start] = '\0';
		return err_where(e, "%s", path);
	}
	return 0;
}

int
afile_mkdir(const char *path, mode_t mode, struct nc_err *e)
{
	char *part = xstrdup(path);
	struct stat st;
	int rc = 0;

	for (char *p = part + (*part == '/'); rc == 0; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		bool last = *p == '\0';

		*p = '\0';
		if (*part != '\0' && mkdir(part, mode) == -1 &&
		    (stat(part, &st) == -1 || !S_ISDIR(st.st_mode))) {
			if (errno == 0 || errno == EEXIST)
				errno = ENOTDIR;
			rc = err_sys(e, "cannot create %s", part);
		}
		if (last)
			break;
		*p = '/';
	}
	free(part);
	return rc;
}
