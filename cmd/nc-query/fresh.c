/* SPDX-License-Identifier: MIT */
/* fresh: DIR/flush.sock first, the lock second. */
#include "fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rrd/flushline.h"
#include "rrd/journal.h"
#include "rrd/rrdstore.h"

#define ASK_SECONDS 1.0

static int
connect_writer(const char *dir)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	/* The folder's own name may be too long for a socket. */
	int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (dirfd == -1)
		return -1;
	snprintf(at.sun_path, sizeof(at.sun_path),
	    "/proc/self/fd/%d/flush.sock", dirfd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == -1) {
		close(fd);
		fd = -1;
	}
	close(dirfd);
	return fd;
}

/* All of out, then all of the answer, by the deadline; -1: it did not. */
static int
converse(int fd, const struct buf *out, struct buf *in, double deadline)
{
	struct pollfd p = {.fd = fd};
	size_t sent = 0;
	ssize_t n;
	double left;

	for (;;) {
		left = deadline - clock_mono();
		p.events = sent < out->len ? POLLIN | POLLOUT : POLLIN;
		if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) == 0)
			return -1;
		if ((p.revents & POLLOUT) != 0 && sent < out->len) {
			n = send(fd, out->data + sent, out->len - sent,
			    MSG_NOSIGNAL);
			if (n == -1 && errno != EAGAIN && errno != EINTR)
				return -1;
			sent += n > 0 ? (size_t)n : 0;
		}
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) == 0)
			continue;
		n = recv(fd, buf_reserve(in, 512), 512, 0);
		if (n == 0)
			return 0;
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		in->len += n > 0 ? (size_t)n : 0;
	}
}

static enum fresh
ask(int fd, const struct query_match *matches, size_t n, struct nc_err *e)
{
	struct buf out = {0}, in = {0};
	struct store_key key;
	enum fresh rc = FRESH_STALE;

	for (size_t i = 0; i < n; i++) {
		key = (struct store_key){matches[i].entity->host,
		    matches[i].entity->source, matches[i].entity->entity,
		    matches[i].entity->id};
		flushline_format(&key, &out);
	}
	buf_addc(&out, '\n');
	if (converse(fd, &out, &in, clock_mono() + ASK_SECONDS) == -1)
		err_set(e, 0, "the writer does not answer");
	else if (in.len == 3 && memcmp(in.data, "ok\n", 3) == 0)
		rc = FRESH_ASKED;
	else
		err_set(e, 0, "the writer says: %.*s",
		    (int)(in.len > 0 ? in.len - 1 : 0),
		    in.data != NULL ? in.data : "");
	buf_free(&out);
	buf_free(&in);
	return rc;
}

enum fresh
fresh_make(const char *dir, const struct query_match *matches, size_t n,
    struct nc_err *e)
{
	struct rrdstore_options o = {
	    .dir = dir,
	    .who = "nc-query",
	};
	struct store *s;
	enum fresh rc;
	int fd = connect_writer(dir);

	if (fd != -1) {
		rc = n == 0 ? FRESH_ASKED : ask(fd, matches, n, e);
		close(fd);
		return rc;
	}
	if (!journal_has_rows(dir))
		return FRESH_ASKED;
	if ((s = rrdstore_open(&o, e)) == NULL)
		return FRESH_STALE;
	return s->ops->close(s, e) == -1 ? FRESH_STALE : FRESH_CHANGED;
}
