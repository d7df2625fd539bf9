/* SPDX-License-Identifier: MIT */
/*
 * gz: inflate with our own buffer, so that a plain file costs one copy, a cut
 * off one is an error, and bytes behind the last member as well.
 */
#include "base/gz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/afile.h"
#include "base/mem.h"

#define GZ_CHUNK 65536
/* Window of 32 KiB, gzip header and trailer. */
#define GZ_WINDOW (15 + 16)

struct gz_reader {
	char *name; /* owned */
	int fd;
	z_stream z;
	unsigned char *in; /* owned */
	bool started, compressed, in_member, end;
};

struct gz_writer {
	char *name; /* owned */
	int fd; /* borrowed */
	z_stream z;
	unsigned char *out; /* owned */
};

struct gz_reader *
gz_open(int fd, const char *name, struct nc_err *e)
{
	struct gz_reader *r = xcalloc(1, sizeof(*r));

	if (inflateInit2(&r->z, GZ_WINDOW) != Z_OK) {
		err_set(e, ENOMEM, "%s: cannot start inflate", name);
		close(fd);
		free(r);
		return NULL;
	}
	r->name = xstrdup(name);
	r->fd = fd;
	r->in = xmalloc(GZ_CHUNK);
	r->z.next_in = r->in;
	return r;
}

void
gz_close(struct gz_reader *r)
{
	if (r == NULL)
		return;
	inflateEnd(&r->z);
	close(r->fd);
	free(r->in);
	free(r->name);
	free(r);
}

bool
gz_is_compressed(const struct gz_reader *r)
{
	return r->compressed;
}

/* More bytes behind those still unread; sets end. */
static int
fill(struct gz_reader *r, struct nc_err *e)
{
	ssize_t n;

	memmove(r->in, r->z.next_in, r->z.avail_in);
	r->z.next_in = r->in;
	do
		n = read(r->fd, r->in + r->z.avail_in,
		    GZ_CHUNK - r->z.avail_in);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_sys(e, "%s: cannot read", r->name);
	r->end = n == 0;
	r->z.avail_in += (uInt)n;
	return 0;
}

/* The magic is two bytes, which a pipe may bring one by one. */
static int
start(struct gz_reader *r, struct nc_err *e)
{
	while (r->z.avail_in < 2 && !r->end)
		if (fill(r, e) == -1)
			return -1;
	r->compressed = r->z.avail_in >= 2 && r->in[0] == 0x1f &&
			r->in[1] == 0x8b;
	r->in_member = r->compressed;
	r->started = true;
	return 0;
}

static ssize_t
read_plain(struct gz_reader *r, void *to, size_t size, struct nc_err *e)
{
	size_t n = r->z.avail_in;

	if (n == 0) {
		if (!r->end && fill(r, e) == -1)
			return -1;
		n = r->z.avail_in;
	}
	if (n > size)
		n = size;
	memcpy(to, r->z.next_in, n);
	r->z.next_in += n;
	r->z.avail_in -= (uInt)n;
	return (ssize_t)n;
}

/* A member is over: another one begins, or the file ends. */
static int
next_member(struct gz_reader *r, struct nc_err *e)
{
	while (r->z.avail_in == 0 && !r->end)
		if (fill(r, e) == -1)
			return -1;
	if (r->z.avail_in == 0)
		return 0;
	if (inflateReset(&r->z) != Z_OK)
		return err_set(e, EINVAL, "%s: cannot restart inflate",
		    r->name);
	r->in_member = true;
	return 0;
}

/* One call of inflate; what it put out is counted by the caller even when
 * the data turns out to be bad behind it. */
static int
inflate_some(struct gz_reader *r, struct nc_err *e)
{
	int rc;

	if (r->z.avail_in == 0 && !r->end && fill(r, e) == -1)
		return -1;
	rc = inflate(&r->z, Z_NO_FLUSH);
	if (rc == Z_STREAM_END)
		r->in_member = false;
	else if (rc == Z_BUF_ERROR && r->end && r->z.avail_in == 0)
		return err_set(e, EBADMSG, "%s: cut off in the middle",
		    r->name);
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return err_set(e, EBADMSG, "%s: not valid gzip data: %s",
		    r->name, r->z.msg != NULL ? r->z.msg : "corrupt");
	return 0;
}

static ssize_t
read_inflated(struct gz_reader *r, void *to, size_t size, struct nc_err *e)
{
	if (size > GZ_CHUNK)
		size = GZ_CHUNK;
	r->z.next_out = to;
	r->z.avail_out = (uInt)size;
	while (r->z.avail_out == size) {
		if (!r->in_member && next_member(r, e) == -1)
			return -1;
		if (!r->in_member)
			return 0;
		if (inflate_some(r, e) == -1 && r->z.avail_out == size)
			return -1;
	}
	return (ssize_t)(size - r->z.avail_out);
}

ssize_t
gz_read(struct gz_reader *r, void *to, size_t size, struct nc_err *e)
{
	if (size == 0 || (!r->started && start(r, e) == -1))
		return size == 0 ? 0 : -1;
	return r->compressed ? read_inflated(r, to, size, e)
			     : read_plain(r, to, size, e);
}

struct gz_writer *
gz_create(int fd, const char *name, struct nc_err *e)
{
	struct gz_writer *w = xcalloc(1, sizeof(*w));

	if (deflateInit2(&w->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZ_WINDOW, 8,
		Z_DEFAULT_STRATEGY) != Z_OK) {
		err_set(e, ENOMEM, "%s: cannot start deflate", name);
		free(w);
		return NULL;
	}
	w->name = xstrdup(name);
	w->fd = fd;
	w->out = xmalloc(GZ_CHUNK);
	return w;
}

void
gz_abort(struct gz_writer *w)
{
	if (w == NULL)
		return;
	deflateEnd(&w->z);
	free(w->out);
	free(w->name);
	free(w);
}

/* Until the input is used up, or with Z_FINISH until all is out. */
static int
pump(struct gz_writer *w, int flush, struct nc_err *e)
{
	int rc;

	do {
		w->z.next_out = w->out;
		w->z.avail_out = GZ_CHUNK;
		rc = deflate(&w->z, flush);
		if (afile_write_fd(w->fd, w->out, GZ_CHUNK - w->z.avail_out,
			e) == -1)
			return err_where(e, "%s", w->name);
	} while (flush == Z_FINISH ? rc != Z_STREAM_END : w->z.avail_in != 0);
	return 0;
}

int
gz_write(struct gz_writer *w, const void *p, size_t len, struct nc_err *e)
{
	/* zlib's pointer is not const, though it only reads. */
	union {
		const void *in;
		unsigned char *out;
	} from = {p};
	size_t n;

	for (; len != 0; len -= n, from.out += n) {
		n = len < GZ_CHUNK ? len : GZ_CHUNK;
		w->z.next_in = from.out;
		w->z.avail_in = (uInt)n;
		if (pump(w, Z_NO_FLUSH, e) == -1)
			return -1;
	}
	return 0;
}

int
gz_finish(struct gz_writer *w, struct nc_err *e)
{
	int rc;

	w->z.next_in = w->out;
	w->z.avail_in = 0;
	rc = pump(w, Z_FINISH, e);
	gz_abort(w);
	return rc;
}

static int
copy(int from, const char *path, struct gz_writer *w, struct nc_err *e)
{
	char *chunk = xmalloc(GZ_CHUNK);
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read(from, chunk, GZ_CHUNK)) != 0) {
		if (n == -1 && errno != EINTR)
			rc = err_sys(e, "%s: cannot read", path);
		else if (n > 0)
			rc = gz_write(w, chunk, (size_t)n, e);
	}
	free(chunk);
	return rc;
}

static int
compress_to(int from, const char *path, const char *target, mode_t mode,
    struct nc_err *e)
{
	struct afile *f = afile_begin(target, mode, e);
	struct gz_writer *w;

	if (f == NULL)
		return -1;
	if ((w = gz_create(afile_fd(f), target, e)) == NULL)
		goto fail;
	if (copy(from, path, w, e) == -1) {
		gz_abort(w);
		goto fail;
	}
	if (gz_finish(w, e) == -1)
		goto fail;
	return afile_commit(f, e);
fail:
	afile_abort(f);
	return -1;
}

int
gz_compress_file(const char *path, struct nc_err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	char *target;
	struct stat st;

	if (fd == -1)
		return err_sys(e, "cannot open %s", path);
	if (fstat(fd, &st) == -1)
		st.st_mode = 0600;
	target = xasprintf("%s.gz", path);
	rc = compress_to(fd, path, target, st.st_mode & 07777, e);
	close(fd);
	free(target);
	if (rc == 0 && unlink(path) == -1)
		return err_sys(e, "cannot remove %s", path);
	return rc;
}
