/* SPDX-License-Identifier: MIT */
/*
 * writer: whole lines to a descriptor.  Knows nothing of what is in a line;
 * never reorders, never drops, never tears one: what a short write(2) left
 * goes out before anything else.
 */
#include "stream/writer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define BATCH_BYTES ((size_t)64 * 1024)
#define BATCH_NS (10 * 1000 * 1000)
#define SECOND_NS (1000 * 1000 * 1000)

struct writer {
	int fd; /* borrowed */
	char *name;
	enum writer_mode mode;
	uint64_t lines;
	bool broken; /* error holds for ever */
	struct nc_err error;
	char *batch; /* BATCH_BYTES */
	size_t len;
	int64_t since; /* of the first line in batch */
	size_t torn; /* bytes written since the last LF */
};

/* The coarse clock ticks every 1 to 10 ms, which is near enough, at a
 * quarter of the price of the fine one. */
static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

struct writer *
writer_open(int fd, const char *name, enum writer_mode mode)
{
	struct writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->name = xstrdup(name);
	w->mode = mode;
	w->batch = xmalloc(BATCH_BYTES);
	return w;
}

/* Somebody made the descriptor non-blocking (it may be shared): wait. */
static int
wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, -1) == -1 && errno != EINTR ? -1 : 0;
}

static void
note_written(struct writer *w, const char *p, size_t len)
{
	const char *lf = memrchr(p, '\n', len);

	if (lf == NULL)
		w->torn += len;
	else
		w->torn = (size_t)(p + len - (lf + 1));
}

/* A full disk stopped us inside a line: take its beginning off again, if
 * nobody wrote behind it, so that the file still ends in a whole line. */
static void
mend_file(struct writer *w)
{
	struct stat st;
	off_t at, torn = (off_t)w->torn;

	if (torn == 0 || fstat(w->fd, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	at = lseek(w->fd, 0, SEEK_CUR);
	if (at == st.st_size && at >= torn && ftruncate(w->fd, at - torn) == 0)
		lseek(w->fd, at - torn, SEEK_SET);
}

static int
put(struct writer *w, const char *p, size_t len, struct nc_err *e)
{
	ssize_t n;

	while (len != 0) {
		n = write(w->fd, p, len);
		if (n > 0) {
			note_written(w, p, (size_t)n);
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (n == 0)
			errno = EIO;
		else if (errno == EINTR)
			continue;
		else if ((errno == EAGAIN || errno == EWOULDBLOCK) &&
			 wait_writable(w->fd) == 0)
			continue;
		err_sys(&w->error, "%s", w->name);
		w->broken = true;
		mend_file(w);
		if (e != NULL)
			*e = w->error;
		return -1;
	}
	return 0;
}

static int
refuse(const struct writer *w, struct nc_err *e)
{
	if (e != NULL)
		*e = w->error;
	return -1;
}

int
writer_flush(struct writer *w, struct nc_err *e)
{
	size_t len = w->len;

	if (w->broken)
		return refuse(w, e);
	if (len == 0)
		return 0;
	w->len = 0;
	return put(w, w->batch, len, e);
}

int
writer_turn(struct writer *w, enum writer_mode mode, struct nc_err *e)
{
	w->mode = mode;
	return writer_flush(w, e);
}

/* A line in two pieces (the second may be empty), which stay together. */
static int
gather(struct writer *w, struct span line, struct span tail, struct nc_err *e)
{
	size_t len = line.len + tail.len;
	int rc;

	if (w->len + len > BATCH_BYTES && writer_flush(w, e) == -1)
		return -1;
	if (len > BATCH_BYTES) {
		rc = put(w, line.p, line.len, e);
		return rc == 0 ? put(w, tail.p, tail.len, e) : rc;
	}
	if (w->len == 0)
		w->since = now_ns();
	memcpy(w->batch + w->len, line.p, line.len);
	memcpy(w->batch + w->len + line.len, tail.p, tail.len);
	w->len += len;
	if (w->mode == WRITER_LINES || now_ns() - w->since >= BATCH_NS)
		return writer_flush(w, e);
	return 0;
}

int
writer_line(struct writer *w, const char *line, size_t len, struct nc_err *e)
{
	int rc;

	assert(len != 0 && line[len - 1] == '\n');
	if (w->broken)
		return refuse(w, e);
	if (w->mode == WRITER_LINES)
		rc = put(w, line, len, e);
	else
		rc = gather(w, (struct span){line, len}, span_of(""), e);
	w->lines += rc == 0;
	return rc;
}

int
writer_forward(struct writer *w, struct span line, struct nc_err *e)
{
	int rc;

	if (w->broken)
		return refuse(w, e);
	rc = gather(w, line, span_of("\n"), e);
	w->lines += rc == 0;
	return rc;
}

uint64_t
writer_lines(const struct writer *w)
{
	return w->lines;
}

int
writer_close(struct writer *w, struct nc_err *e)
{
	int rc;

	if (w == NULL)
		return 0;
	rc = writer_flush(w, e);
	free(w->batch);
	free(w->name);
	free(w);
	return rc;
}
