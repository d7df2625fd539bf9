/* SPDX-License-Identifier: MIT */
/* errand: see errand.h. */
#include "errand.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"

#define TEXT_MAX ((size_t)1024 * 1024)
#define PATIENCE_NS (20 * CLOCK_NS_PER_S) /* ssh(1) takes its time */

struct stream {
	struct loop_fd *watch;
	int fd;
	struct buf text;
	bool cut;
};

struct errand {
	struct loop *loop;
	struct loop_timer *tend;
	struct children *children;
	struct child *child;
	struct stream out, err;
	errand_done *done;
	void *arg;
};

static void
take(struct stream *s)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(s->fd, bytes, sizeof(bytes))) > 0) {
		if (s->text.len + (size_t)n <= TEXT_MAX)
			buf_add(&s->text, bytes, (size_t)n);
		else
			s->cut = true;
	}
	if (n == 0) {
		loop_fd_remove(s->watch);
		s->watch = NULL;
	}
}

static void
on_stream(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l, (void)fd, (void)events;
	take(arg);
}

static void
drop(struct errand *e)
{
	loop_fd_remove(e->out.watch);
	loop_fd_remove(e->err.watch);
	e->out.watch = e->err.watch = NULL;
	child_free(e->child);
	e->child = NULL;
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct errand *e = arg;
	struct buf text = {0};
	bool well = end->exec_errno == 0 && end->status == 0;
	char how[100];

	(void)c;
	if (e->out.watch != NULL)
		take(&e->out);
	if (e->err.watch != NULL)
		take(&e->err);
	buf_add(&text, e->out.text.data, e->out.text.len);
	if (e->out.cut || e->err.cut)
		buf_adds(&text, "(and more)\n");
	buf_add(&text, e->err.text.data, e->err.text.len);
	if (!well) {
		child_describe(end, how, sizeof(how));
		buf_addf(&text, "(%s)\n", how);
	}
	buf_addc(&text, '\0');
	drop(e);
	e->done(e->arg, text.data, well);
	buf_free(&text);
}

static void
tend(struct loop *l, void *arg)
{
	struct errand *e = arg;
	int64_t next = children_tend(e->children, loop_now(l));

	loop_timer_set(e->tend, next == INT64_MAX ? LOOP_NEVER : next);
}

static void
on_child(struct loop *l, int signo, void *arg)
{
	(void)signo;
	tend(l, arg);
}

struct errand *
errand_new(struct loop *l)
{
	struct errand *e = xcalloc(1, sizeof(*e));

	e->loop = l;
	e->children = children_new();
	e->tend = loop_timer_add(l, LOOP_NEVER, tend, e);
	loop_signal(l, SIGCHLD, on_child, e);
	return e;
}

void
errand_free(struct errand *e)
{
	if (e == NULL)
		return;
	drop(e);
	loop_signal(e->loop, SIGCHLD, NULL, NULL);
	loop_timer_remove(e->tend);
	children_free(e->children);
	buf_free(&e->out.text);
	buf_free(&e->err.text);
	free(e);
}

static void
watch(struct errand *e, struct stream *s, int fd)
{
	buf_clear(&s->text);
	s->cut = false;
	s->fd = fd;
	s->watch = loop_fd_add(e->loop, fd, LOOP_READ, on_stream, s);
}

int
errand_run(struct errand *e, const char *const *argv, errand_done *done,
    void *arg, struct nc_err *err)
{
	int64_t deadline = clock_mono_ns() + PATIENCE_NS;

	drop(e);
	e->done = done;
	e->arg = arg;
	e->child = child_start(e->children,
	    &(struct child_options){.argv = argv,
		.pipe_err = true,
		.deadline_ns = deadline,
		.on_end = on_end,
		.arg = e},
	    err);
	if (e->child == NULL)
		return -1;
	watch(e, &e->out, child_out(e->child));
	watch(e, &e->err, child_err(e->child));
	loop_timer_set(e->tend, deadline);
	return 0;
}

bool
errand_busy(const struct errand *e)
{
	return e->child != NULL;
}

bool
errand_wait(const char *const *argv, struct buf *text)
{
	struct children *all = children_new();
	int64_t until = clock_mono_ns() + PATIENCE_NS, left;
	struct nc_err e;
	struct child *c;
	struct pollfd p;
	char bytes[4096];
	ssize_t n = 1;

	c = child_start(all, &(struct child_options){.argv = argv}, &e);
	while (c != NULL && n != 0 && (left = until - clock_mono_ns()) > 0) {
		p = (struct pollfd){child_out(c), POLLIN, 0};
		poll(&p, 1, (int)(left / 1000000) + 1);
		while ((n = read(child_out(c), bytes, sizeof(bytes))) > 0)
			if (text->len + (size_t)n <= TEXT_MAX)
				buf_add(text, bytes, (size_t)n);
	}
	child_free(c);
	children_free(all);
	return n == 0;
}
