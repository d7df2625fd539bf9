/* SPDX-License-Identifier: MIT */
/*
 * cached: rrdcached's protocol (rrdcached(1)): lines; BATCH takes updates
 * without an answer each, "." ends it, and then the answer has one line for
 * each update that was refused.
 */
#include "rrd/cached.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/buf.h"
#include "base/mem.h"
#include "rrd/rrdstore_impl.h"
#include "stream/number.h"

#define ANSWER_SECONDS 30
#define BATCH_BYTES (256u << 10)

struct cached {
	int fd;
	char *where; /* owned */
	struct buf in; /* read, not used yet */
	struct buf out; /* of the batch in hand; empty: none is open */
};

static int
connect_unix(const char *path, struct nc_err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(e, 0, "%s: path too long", path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		err_sys(e, "%s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

static int
connect_inet(const char *where, struct nc_err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
	char *host = xstrdup(where), *port = strrchr(host, ':');
	int fd = -1, rc;

	*port++ = '\0';
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		free(host);
		return err_set(e, 0, "%s: %s", where, gai_strerror(rc));
	}
	for (a = list; a != NULL && fd == -1; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
		if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
			err_sys(e, "%s", where);
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	free(host);
	return fd;
}

int
cached_check(const char *where, struct nc_err *e)
{
	if (where[0] != '/' && strchr(where, ':') == NULL)
		return err_set(e, 0, "\"%s\": expected unix:PATH or HOST:PORT",
		    where);
	return 0;
}

struct cached *
cached_open(const char *where, struct nc_err *e)
{
	struct timeval patience = {ANSWER_SECONDS, 0};
	struct cached *c;
	int fd;

	if (cached_check(where, e) == -1)
		return NULL;
	if (strncmp(where, "unix:", 5) == 0)
		fd = connect_unix(where + 5, e);
	else if (where[0] == '/')
		fd = connect_unix(where, e);
	else
		fd = connect_inet(where, e);
	if (fd == -1)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	c = xcalloc(1, sizeof(*c));
	c->fd = fd;
	c->where = xstrdup(where);
	return c;
}

void
cached_close(struct cached *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c->where);
	free(c);
}

static int
send_all(struct cached *c, struct nc_err *e)
{
	const char *p = c->out.data;
	size_t len = c->out.len;
	ssize_t n;

	while (len != 0) {
		n = send(c->fd, p, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "%s", c->where);
		p += n;
		len -= (size_t)n;
	}
	buf_clear(&c->out);
	return 0;
}

/* One line of an answer into b (no LF). */
static int
read_line(struct cached *c, struct buf *b, struct nc_err *e)
{
	const char *lf;
	ssize_t n;

	buf_clear(b);
	while (c->in.len == 0 ||
	       (lf = memchr(c->in.data, '\n', c->in.len)) == NULL) {
		n = recv(c->fd, buf_reserve(&c->in, 4096), 4096, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "%s", c->where);
		if (n == 0)
			return err_set(e, EPIPE, "%s: closed", c->where);
		c->in.len += (size_t)n;
	}
	buf_add(b, c->in.data, (size_t)(lf - c->in.data));
	buf_drop(&c->in, b->len + 1);
	return 0;
}

/* "N text", then N more lines; the last of them into *e when N > 0. */
static int
read_answer(struct cached *c, struct nc_err *e)
{
	struct buf line = {0};
	long n, left;

	if (read_line(c, &line, e) == -1)
		goto bad;
	n = strtol(line.data, NULL, 10);
	if (n != 0)
		err_set(e, 0, "%s: %s", c->where, line.data);
	for (left = n; left > 0; left--) {
		if (read_line(c, &line, e) == -1)
			goto bad;
		err_set(e, 0, "%s: %s", c->where, line.data);
	}
	buf_free(&line);
	return n == 0 ? 0 : -1;
bad:
	buf_free(&line);
	return -1;
}

int
cached_flush(struct cached *c, struct rrdstore *s, struct nc_err *e)
{
	struct nc_err why = {0};

	if (c->out.len == 0)
		return 0;
	buf_adds(&c->out, ".\n");
	/* The answer to BATCH itself, then that to its updates. */
	if (send_all(c, e) == -1 || read_answer(c, e) == -1)
		return -1;
	if (read_answer(c, &why) == 0)
		return 0;
	if (why.code != 0) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	/* An update it will not have: not later than what it holds. */
	rrdstore_say(s, "rrdcached", "%s", why.msg);
	return 0;
}

/* The daemon writes what it holds of one file, if it knows it. */
static int
ask_flush(struct cached *c, struct rrdstore *s, const char *path,
    struct nc_err *e)
{
	struct nc_err why = {0};

	if (cached_flush(c, s, e) == -1)
		return -1;
	buf_addf(&c->out, "FLUSH %s\n", path);
	if (send_all(c, e) == -1)
		return -1;
	if (read_answer(c, &why) == -1 && why.code != 0) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	return 0;
}

static void
add_row(struct buf *b, const double *row, size_t n)
{
	char text[NUMBER_TEXT];

	buf_addf(b, " %.6f", row[0]);
	for (size_t i = 1; i <= n; i++) {
		buf_addc(b, ':');
		if (isnan(row[i]))
			buf_addc(b, 'U');
		else
			buf_add(b, text, number_format(row[i], text));
	}
}

int
cached_rows(struct cached *c, struct rrdstore *s, struct slot *p,
    struct nc_err *e)
{
	char *path = slot_path(s, p->entry);
	bool checked = p->checked;
	size_t sources;
	int rc = 0;

	/* The head is ours to change only while the daemon holds no rows. */
	if (!checked)
		rc = ask_flush(c, s, path, e);
	if (rc == -1 || (rc = slot_prepare(s, p, path, e)) == -1)
		goto out;
	/* The rest of the sources are spares. */
	sources = image_ds_count(s->image);
	if (!checked && (rc = image_commit(s->image, s->undo, e)) == -1)
		goto out;
	if (c->out.len == 0)
		buf_adds(&c->out, "BATCH\n");
	for (uint32_t i = 0; i < p->nrows; i++) {
		const double *row = p->rows + (size_t)i * p->width;

		if (i % 16 == 0)
			buf_addf(&c->out, "%sUPDATE %s", i != 0 ? "\n" : "",
			    path);
		add_row(&c->out, row, p->entry->nmetrics);
		for (size_t k = p->entry->nmetrics; k < sources; k++)
			buf_adds(&c->out, ":U");
	}
	buf_addc(&c->out, '\n');
	if (c->out.len >= BATCH_BYTES)
		rc = cached_flush(c, s, e);
out:
	image_unload(s->image);
	free(path);
	return rc;
}
