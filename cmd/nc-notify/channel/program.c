/* SPDX-License-Identifier: MIT */
/*
 * program: a process and an environment of its own; what it writes to its
 * standard error is told with its status.  Its standard output goes nowhere.
 */
#include "program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define TRY_AGAIN 75
#define SAID_MAX 160u /* bytes of its standard error that are kept */

struct run {
	struct sending *s;
	struct child *child;
	struct loop_fd *in, *out, *err;
	struct buf input;
	size_t written;
	enum verdict (*judge)(int status);
	struct buf said;
};

static void
run_free(struct run *r)
{
	loop_fd_remove(r->in);
	loop_fd_remove(r->out);
	loop_fd_remove(r->err);
	child_free(r->child);
	buf_free(&r->said);
	secret_wipe(&r->input);
	free(r);
}

static void
on_input(struct loop *l, int fd, unsigned events, void *arg)
{
	struct run *r = arg;
	ssize_t n = 0;

	(void)l;
	(void)events;
	if (r->written < r->input.len)
		n = write(fd, r->input.data + r->written,
		    r->input.len - r->written);
	if (n > 0)
		r->written += (size_t)n;
	/* A program need not read it: its status is what counts. */
	if ((n == -1 && errno != EAGAIN && errno != EINTR) ||
	    r->written == r->input.len) {
		loop_fd_remove(r->in);
		r->in = NULL;
		child_close(r->child, fd);
	}
}

/* What it says is read to the end, so that it never waits for us. */
static void
drain(struct run *r, int fd, struct loop_fd **watch, struct buf *keep)
{
	char piece[4096];
	ssize_t n;
	size_t room;

	n = read(fd, piece, sizeof(piece));
	if (n > 0 && keep != NULL) {
		room = SAID_MAX - keep->len;
		buf_add(keep, piece, (size_t)n < room ? (size_t)n : room);
	}
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
		loop_fd_remove(*watch);
		*watch = NULL;
		child_close(r->child, fd);
	}
}

static void
on_output(struct loop *l, int fd, unsigned events, void *arg)
{
	struct run *r = arg;

	(void)l;
	(void)events;
	drain(r, fd, &r->out, NULL);
}

static void
on_error(struct loop *l, int fd, unsigned events, void *arg)
{
	struct run *r = arg;

	(void)l;
	(void)events;
	drain(r, fd, &r->err, &r->said);
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct run *r = arg;
	struct sending *s = r->s;
	struct outcome o = {.verdict = VERDICT_RETRY};
	char how[80];
	struct buf text = {0};

	if (child_err(c) != -1)
		drain(r, child_err(c), &r->err, &r->said);
	child_describe(end, how, sizeof(how));
	buf_adds(&text, how);
	if (!end->timed_out && !end->lost && end->exec_errno == 0 &&
	    WIFEXITED(end->status)) {
		o.code = WEXITSTATUS(end->status);
		o.verdict = r->judge(WEXITSTATUS(end->status));
	} else {
		o.maybe = end->exec_errno == 0;
	}
	if (r->said.len != 0)
		buf_addf(&text, ": %.*s", SPAN_ARG(buf_span(&r->said)));
	o.message = o.verdict == VERDICT_SENT ? NULL : text.data;
	run_free(r);
	s->done(s, &o);
	buf_free(&text);
}

/* An environment of its own: what it may need to find things, and what it
 * cannot read in the record. */
static char **
environment(const struct sending *s)
{
	const char *path = getenv("PATH"), *home = getenv("HOME");
	char **env = xcalloc(9, sizeof(*env));
	size_t n = 0;

	env[n++] = xasprintf("PATH=%s", path != NULL ? path : "/usr/bin:/bin");
	if (home != NULL)
		env[n++] = xasprintf("HOME=%s", home);
	env[n++] = xstrdup("LANG=C.UTF-8");
	env[n++] = xasprintf("NC_CHANNEL=%s", s->channel->name);
	env[n++] = xasprintf("NC_EVENT_ID=%.*s", SPAN_ARG(s->alert->event_id));
	env[n++] = xasprintf("NC_ATTEMPT=%u", s->attempt);
	env[n++] = xasprintf("NC_AGAIN=%d", s->again);
	env[n++] = xasprintf("NC_LATE_SECONDS=%.0f", s->late);
	return env;
}

static enum verdict
usual(int status)
{
	if (status == 0)
		return VERDICT_SENT;
	return status == TRY_AGAIN ? VERDICT_RETRY : VERDICT_DEAD;
}

void
program_send(struct sending *s, struct program *p)
{
	struct run *r = xcalloc(1, sizeof(*r));
	char **env = environment(s);
	struct child_options o = {.argv = p->argv,
	    .envp = (const char *const *)env,
	    .pipe_in = true,
	    .pipe_err = true,
	    .deadline_ns = clock_mono_ns() + clock_ns(s->channel->timeout),
	    .on_end = on_end,
	    .arg = r};
	struct nc_err e = {0};
	struct loop *l = s->means->loop;

	r->s = s;
	r->input = p->input;
	p->input = (struct buf){0};
	r->judge = p->judge != NULL ? p->judge : usual;
	s->state = r;
	r->child = child_start(s->means->children, &o, &e);
	for (size_t i = 0; env[i] != NULL; i++)
		free(env[i]);
	free(env);
	if (r->child == NULL) {
		run_free(r);
		s->done(s, &(struct outcome){.verdict = VERDICT_RETRY,
			       .message = e.msg});
		return;
	}
	r->in = loop_fd_add(l, child_in(r->child), LOOP_WRITE, on_input, r);
	r->out = loop_fd_add(l, child_out(r->child), LOOP_READ, on_output, r);
	r->err = loop_fd_add(l, child_err(r->child), LOOP_READ, on_error, r);
	s->means->tend(s->means->arg);
}

void
program_cancel(struct sending *s)
{
	run_free(s->state);
}

void
program_render(const struct program *p, struct buf *b)
{
	for (size_t i = 0; p->argv[i] != NULL; i++)
		buf_addf(b, "%s%s", i == 0 ? "" : " ", p->argv[i]);
	buf_addc(b, '\n');
	buf_add(b, p->input.data, p->input.len);
}
