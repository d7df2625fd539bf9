/* SPDX-License-Identifier: MIT */
/* serve: a few clients at a time, each with a bounded request. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "rrd/flushline.h"

#define CLIENTS 16
#define REQUEST_MAX (64u << 20)
#define CLIENT_SECONDS 10 /* for all of it */
#define FINISHED '\n'

struct client {
	struct serve *v;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer; /* gives up, or tries again */
	struct buf in;
	bool asked; /* the request is complete */
	int64_t since;
};

struct serve {
	char *path; /* owned; short enough for a socket */
	int dirfd, fd;
	struct loop *loop;
	struct loop_fd *watch;
	struct store *store;
	struct client *clients[CLIENTS];
};

static void
client_end(struct client *c)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (c->v->clients[i] == c)
			c->v->clients[i] = NULL;
	loop_fd_remove(c->watch);
	loop_timer_remove(c->timer);
	close(c->fd);
	buf_free(&c->in);
	free(c);
}

static void
answer(struct client *c, const char *text)
{
	struct buf b = {0};

	buf_addf(&b, "%s\n", text);
	/* A few bytes into an empty socket: it takes them or is gone. */
	if (send(c->fd, b.data, b.len, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		errno = 0;
	buf_free(&b);
	client_end(c);
}

/* Every line of the request; a row still open asks for a little patience. */
static void
serve_request(struct client *c)
{
	double now = clock_mono(), wait, longest = 0;
	struct span rest = buf_span(&c->in), line;
	struct store *s = c->v->store;
	struct flushline f;
	struct nc_err e = {0};
	int rc = 0;

	while (rc == 0 && str_cut(rest, '\n', &line, &rest) && line.len != 0) {
		if (span_is(line, "*")) {
			rc = s->ops->flush(s, NULL, now, &wait, &e);
		} else if (flushline_parse(line, &f) == -1) {
			answer(c, "error request not understood");
			return;
		} else {
			rc = s->ops->flush(s, &f.key, now, &wait, &e);
			flushline_free(&f);
		}
		longest = wait > longest ? wait : longest;
	}
	if (rc == -1) {
		err_where(&e, "error");
		answer(c, e.msg);
	} else if (longest > 0) {
		loop_timer_set(c->timer,
		    loop_now(c->v->loop) + clock_ns(longest));
	} else {
		answer(c, "ok");
	}
}

static void
on_timer(struct loop *l, void *arg)
{
	struct client *c = arg;

	if (loop_now(l) - c->since > CLIENT_SECONDS * CLOCK_NS_PER_S)
		client_end(c);
	else if (c->asked)
		serve_request(c);
}

static void
on_client(struct loop *l, int fd, unsigned events, void *arg)
{
	struct client *c = arg;
	ssize_t n;

	(void)l;
	(void)events;
	n = recv(fd, buf_reserve(&c->in, 65536), 65536, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->asked || c->in.len > REQUEST_MAX) {
		client_end(c);
		return;
	}
	c->in.len += (size_t)n;
	if (c->in.data[c->in.len - 1] != FINISHED ||
	    (c->in.len > 1 && c->in.data[c->in.len - 2] != FINISHED))
		return;
	c->asked = true;
	serve_request(c);
}

static void
on_connect(struct loop *l, int fd, unsigned events, void *arg)
{
	struct serve *v = arg;
	struct client *c;
	size_t i = 0;
	int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (got == -1)
		return;
	while (i < CLIENTS && v->clients[i] != NULL)
		i++;
	if (i == CLIENTS) {
		close(got);
		return;
	}
	c = v->clients[i] = xcalloc(1, sizeof(*c));
	c->v = v;
	c->fd = got;
	c->since = loop_now(l);
	c->watch = loop_fd_add(l, got, LOOP_READ, on_client, c);
	c->timer = loop_timer_add(l,
	    c->since + (CLIENT_SECONDS + 1) * CLOCK_NS_PER_S, on_timer, c);
}

/* By way of the folder's descriptor: its name may be too long. */
static char *
short_path(const char *dir, int *dirfd, struct sockaddr_un *at)
{
	char *path;

	*dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	path = xasprintf("/proc/self/fd/%d/flush.sock", *dirfd);
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(at->sun_path, sizeof(at->sun_path), "%s", path);
	return path;
}

bool
serve_alive(const char *dir)
{
	struct sockaddr_un at;
	int dirfd, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive;

	free(short_path(dir, &dirfd, &at));
	alive = dirfd != -1 && fd != -1 &&
		connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
	if (fd != -1)
		close(fd);
	if (dirfd != -1)
		close(dirfd);
	return alive;
}

struct serve *
serve_open(const char *dir, struct loop *l, struct store *s, struct nc_err *e)
{
	struct serve *v = xcalloc(1, sizeof(*v));
	struct sockaddr_un at;

	v->loop = l;
	v->store = s;
	v->fd = -1;
	v->path = short_path(dir, &v->dirfd, &at);
	/* The lock is ours, so whose socket this was is gone. */
	unlink(v->path);
	v->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (v->fd == -1 ||
	    bind(v->fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(v->fd, CLIENTS) == -1) {
		err_sys(e, "%s/flush.sock", dir);
		serve_close(v);
		return NULL;
	}
	v->watch = loop_fd_add(l, v->fd, LOOP_READ, on_connect, v);
	return v;
}

void
serve_close(struct serve *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		if (v->clients[i] != NULL)
			client_end(v->clients[i]);
	loop_fd_remove(v->watch);
	if (v->fd != -1) {
		close(v->fd);
		unlink(v->path);
	}
	if (v->dirfd != -1)
		close(v->dirfd);
	free(v->path);
	free(v);
}
