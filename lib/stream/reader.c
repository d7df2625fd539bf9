/* SPDX-License-Identifier: MIT */
/*
 * reader: lines from a descriptor or a file.  One buffer: what is left of a
 * line moves to its front, the next read(2) goes behind it; it grows to a
 * little more than the longest line and no further.  Following works as
 * tail -F does, woken by inotify(7), or by a timer where that is missing.
 */
#include "stream/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/record.h"

#define SKIP_READS 64 /* of a line too long, at a time */
#define READ_MIN ((size_t)32 * 1024)
#define BUFFER_FIRST ((size_t)104 * 1024) /* stays in a near cache */
#define BUFFER_MAX (READER_LINE_MAX + 2 * READ_MIN)
#define FOLLOW_MS 1000 /* for changes that inotify does not see (NFS) */

struct reader {
	int fd;
	char *path; /* of a file we opened, else NULL */
	char *name;
	bool regular;
	bool ended; /* nothing more will come from fd */
	bool skipping; /* inside a line that is too long */

	char *data; /* BUFFER_FIRST to BUFFER_MAX, and RECORD_PADDING */
	size_t cap, start, end;
	size_t scanned; /* no LF between start and here */

	bool follow;
	bool replaced; /* the path names another file now */
	int wake; /* inotify or timer, -1 when not following */
	int watch; /* of the file, in wake; -1: wake is a timer */
};

static void
set_buffer(struct reader *r, size_t cap)
{
	r->data = xreallocarray(r->data, cap + RECORD_PADDING, 1);
	memset(r->data + r->cap, 0, cap + RECORD_PADDING - r->cap);
	r->cap = cap;
}

static struct reader *
make(int fd, const char *name)
{
	struct reader *r = xcalloc(1, sizeof(*r));
	struct stat st;

	r->fd = fd;
	r->name = xstrdup(name);
	r->wake = r->watch = -1;
	r->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	set_buffer(r, BUFFER_FIRST);
	return r;
}

struct reader *
reader_open_fd(int fd, const char *name)
{
	return make(fd, name);
}

static void
watch_file(struct reader *r)
{
	if (r->watch != -1)
		r->watch = inotify_add_watch(r->wake, r->path,
		    IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB);
}

static void
start_timer(struct reader *r)
{
	struct itimerspec t = {{FOLLOW_MS / 1000, 0}, {FOLLOW_MS / 1000, 0}};

	r->wake = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (r->wake != -1)
		timerfd_settime(r->wake, 0, &t, NULL);
}

static void
start_following(struct reader *r)
{
	char *copy = xstrdup(r->path);
	int dir;

	r->follow = true;
	r->wake = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	dir = r->wake == -1 ? -1
			    : inotify_add_watch(r->wake, dirname(copy),
				  IN_CREATE | IN_MOVED_TO);
	free(copy);
	if (dir != -1) {
		r->watch = 0;
		watch_file(r);
	}
	if (r->watch != -1)
		return;
	if (r->wake != -1)
		close(r->wake);
	start_timer(r);
}

struct reader *
reader_open_file(const char *path, bool follow, struct nc_err *e)
{
	struct reader *r;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1) {
		err_sys(e, "%s", path);
		return NULL;
	}
	r = make(fd, path);
	r->path = xstrdup(path);
	if (follow && r->regular)
		start_following(r);
	return r;
}

void
reader_close(struct reader *r)
{
	if (r == NULL)
		return;
	if (r->path != NULL)
		close(r->fd);
	if (r->wake != -1)
		close(r->wake);
	free(r->path);
	free(r->name);
	free(r->data);
	free(r);
}

int
reader_fd(const struct reader *r)
{
	if (r->follow)
		return r->wake;
	return r->regular ? -1 : r->fd;
}

const char *
reader_name(const struct reader *r)
{
	return r->name;
}

bool
reader_pending(const struct reader *r)
{
	return memchr(r->data + r->scanned, '\n', r->end - r->scanned) != NULL;
}

/* Takes the next line that is whole.  False: there is none. */
static bool
take_line(struct reader *r, struct span *line, enum reader_status *status)
{
	const char *lf = memchr(r->data + r->scanned, '\n',
	    r->end - r->scanned);
	size_t len;

	if (lf == NULL) {
		r->scanned = r->end;
		if (r->end - r->start > READER_LINE_MAX)
			r->skipping = true;
		if (r->skipping)
			r->start = r->scanned = r->end = 0;
		return false;
	}
	len = (size_t)(lf - (r->data + r->start));
	*line = (struct span){r->data + r->start, len};
	*status = r->skipping || len > READER_LINE_MAX ? READER_LONG
						       : READER_LINE;
	r->skipping = false;
	r->start = r->scanned = (size_t)(lf + 1 - r->data);
	return true;
}

/* What stands behind the last LF when no more can come. */
static bool
take_rest(struct reader *r, struct span *line, enum reader_status *status)
{
	*status = r->skipping ? READER_LONG : READER_PARTIAL;
	*line = (struct span){r->data + r->start, r->end - r->start};
	if (!r->skipping && line->len == 0)
		return false;
	r->skipping = false;
	r->start = r->scanned = r->end;
	return true;
}

static void
make_room(struct reader *r)
{
	size_t cap = r->cap;

	if (r->start != 0) {
		memmove(r->data, r->data + r->start, r->end - r->start);
		r->end -= r->start;
		r->scanned -= r->start;
		r->start = 0;
	}
	if (cap - r->end >= READ_MIN)
		return;
	cap *= 2;
	set_buffer(r, cap < BUFFER_MAX ? cap : BUFFER_MAX);
}

/* Is what we read still what the path names, and not cut? */
static bool
is_replaced(struct reader *r, bool *cut)
{
	struct stat ours, named;
	off_t at = lseek(r->fd, 0, SEEK_CUR);

	*cut = fstat(r->fd, &ours) == 0 && at > ours.st_size;
	if (stat(r->path, &named) == -1) /* between two files: wait */
		return false;
	return ours.st_dev != named.st_dev || ours.st_ino != named.st_ino;
}

static bool
open_successor(struct reader *r)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(r->fd);
	r->fd = fd;
	r->replaced = false;
	watch_file(r);
	return true;
}

enum more { MORE_BYTES, MORE_LATER, MORE_NEVER, MORE_FAILED };

/* At the end of a followed file. */
static enum more
at_end(struct reader *r)
{
	bool cut;

	if (r->replaced) /* read to its end again, after we knew */
		return MORE_NEVER;
	r->replaced = is_replaced(r, &cut);
	if (r->replaced)
		return MORE_BYTES;
	if (!cut)
		return MORE_LATER;
	lseek(r->fd, 0, SEEK_SET);
	return MORE_NEVER;
}

/* Before reading, so that what changes meanwhile wakes us again. */
static void
forget_wakes(struct reader *r)
{
	char events[4096];

	while (read(r->wake, events, sizeof(events)) > 0)
		;
}

static bool
is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static enum more
read_more(struct reader *r, struct nc_err *e)
{
	ssize_t n;

	if (r->follow)
		forget_wakes(r);
	else if (!r->regular && !is_ready(r->fd))
		return MORE_LATER;
	make_room(r);
	/* A regular file has nothing to poll: an interrupted read is repeated
	 * here. */
	do
		n = read(r->fd, r->data + r->end, r->cap - r->end);
	while (n == -1 && errno == EINTR && r->regular && !r->follow);
	if (n > 0) {
		r->end += (size_t)n;
		return MORE_BYTES;
	}
	if (n == 0)
		return r->follow ? at_end(r) : MORE_NEVER;
	if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)
		return MORE_LATER;
	err_sys(e, "%s", r->name);
	return MORE_FAILED;
}

/* The end of what fd has.  A cut file goes on from its start, a replaced one
 * with its successor, unless that has gone again. */
static void
end_of_file(struct reader *r)
{
	if (!r->follow)
		r->ended = true;
	else if (r->replaced && !open_successor(r))
		r->replaced = false;
}

enum reader_status
reader_next(struct reader *r, struct span *line, struct nc_err *e)
{
	enum reader_status status;
	int reads = 0;

	for (;;) {
		if (take_line(r, line, &status))
			return status;
		/* A line without an end: whoever waits has other things to do
		 * too.  A regular file has an end. */
		if (r->skipping && !r->regular && reads++ == SKIP_READS)
			return READER_WAIT;
		if (r->ended)
			return READER_END;
		switch (read_more(r, e)) {
		case MORE_BYTES:
			break;
		case MORE_LATER:
			return READER_WAIT;
		case MORE_NEVER:
			end_of_file(r);
			if (take_rest(r, line, &status))
				return status;
			break;
		case MORE_FAILED:
			return READER_FAILED;
		}
	}
}

bool
reader_wait(struct reader *r)
{
	struct pollfd p = {.fd = reader_fd(r), .events = POLLIN};

	return p.fd == -1 || poll(&p, 1, r->follow ? FOLLOW_MS : -1) != -1;
}
