/* SPDX-License-Identifier: MIT */
/*
 * daemon: containerd's Containers/Get (api/services/containers/v1 of
 * github.com/containerd/containerd), put by a child with a deadline.  The
 * child prints "space TAB id TAB image TAB name" lines on its pipe.
 */
#include "container/daemon.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/grpc.h"

#define METHOD "containerd.services.containers.v1.Containers/Get"
#define CALL_SECONDS 1.0
#define ALL_SECONDS 5 /* then the child is killed */
#define ANSWER_MAX (4u << 20)
#define OUTPUT_MAX (1u << 20)
#define WANT_MAX (256u << 10) /* bytes of names: some thousand containers */

/* Numbers of fields in those messages. */
enum { GET_ID = 1, GET_CONTAINER = 1, LABELS = 2, IMAGE = 3 };
enum { KEY = 1, VALUE = 2 };

struct daemon_ask {
	const char *socket;
	struct children *children;
	struct child *child;
	bool ended;
	struct buf want; /* "space TAB id LF" */
	struct buf asked; /* what the child under way was given */
	struct buf said;
};

struct daemon_ask *
daemon_new(const char *socket)
{
	struct daemon_ask *d = xcalloc(1, sizeof(*d));

	d->socket = socket;
	d->children = children_new();
	return d;
}

void
daemon_free(struct daemon_ask *d)
{
	if (d == NULL)
		return;
	child_free(d->child);
	children_free(d->children);
	buf_free(&d->want);
	buf_free(&d->asked);
	buf_free(&d->said);
	free(d);
}

void
daemon_want(struct daemon_ask *d, const char *space, const char *id)
{
	if (d->want.len < WANT_MAX)
		buf_addf(&d->want, "%s\t%s\n", space, id);
}

/* A label: a message of key and value. */
static void
take_label(struct span message, struct span *name)
{
	struct span key = {NULL, 0}, value = {NULL, 0};
	struct grpc_field f;

	while (grpc_next(&message, &f) == 1)
		if (f.number == KEY)
			key = f.bytes;
		else if (f.number == VALUE)
			value = f.bytes;
	if (span_is(key, "nerdctl/name"))
		*name = value;
}

static bool
is_plain(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

static void
print_answer(struct span space, struct span id, struct span answer)
{
	struct span image = {NULL, 0}, name = {NULL, 0}, container;
	struct grpc_field f;

	while (grpc_next(&answer, &f) == 1) {
		if (f.number != GET_CONTAINER)
			continue;
		container = f.bytes;
		while (grpc_next(&container, &f) == 1)
			if (f.number == IMAGE)
				image = f.bytes;
			else if (f.number == LABELS)
				take_label(f.bytes, &name);
	}
	if (is_plain(image) && is_plain(name))
		printf("%.*s\t%.*s\t%.*s\t%.*s\n", SPAN_ARG(space),
		    SPAN_ARG(id), SPAN_ARG(image), SPAN_ARG(name));
}

/* In the child. */
static int
ask_all(void *arg)
{
	struct daemon_ask *d = arg;
	struct span rest = buf_span(&d->asked), line, space, id;
	struct grpc_call call = {d->socket, METHOD, NULL, {NULL, 0},
	    CALL_SECONDS, ANSWER_MAX};
	struct buf request = {NULL, 0, 0}, answer = {NULL, 0, 0};
	char *header;

	while (str_item(&rest, '\n', &line)) {
		if (!str_cut(line, '\t', &space, &id))
			continue;
		header = xasprintf("containerd-namespace: %.*s",
		    SPAN_ARG(space));
		buf_clear(&request);
		grpc_put_text(&request, GET_ID, id);
		call.header = header;
		call.request = buf_span(&request);
		if (grpc_ask(&call, &answer, NULL) == 0)
			print_answer(space, id, buf_span(&answer));
		free(header);
	}
	buf_free(&request);
	buf_free(&answer);
	return fflush(stdout) != 0;
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct daemon_ask *d = arg;

	(void)c;
	(void)end;
	d->ended = true;
}

static void
start(struct daemon_ask *d)
{
	struct child_options o = {.run = ask_all,
	    .run_arg = d,
	    .on_end = on_end,
	    .arg = d};
	struct buf swap = d->asked;

	if (d->child != NULL || d->want.len == 0 ||
	    children_stuck(d->children) > 0)
		return;
	if (access(d->socket, W_OK) == -1) {
		buf_clear(&d->want); /* none here, or not for us */
		return;
	}
	d->asked = d->want;
	d->want = swap;
	buf_clear(&d->want);
	buf_clear(&d->said);
	d->ended = false;
	o.deadline_ns = clock_mono_ns() + ALL_SECONDS * INT64_C(1000000000);
	d->child = child_start(d->children, &o, NULL);
}

/* true: its pipe is closed. */
static bool
drain(struct daemon_ask *d)
{
	char text[4096];
	ssize_t n;

	while ((n = read(child_out(d->child), text, sizeof(text))) > 0)
		if (d->said.len < OUTPUT_MAX)
			buf_add(&d->said, text, (size_t)n);
	return n == 0;
}

static void
tell_all(struct daemon_ask *d, daemon_tell *tell, void *arg)
{
	struct span rest = buf_span(&d->said), line, space, id, image, name;

	while (str_item(&rest, '\n', &line))
		if (str_cut(line, '\t', &space, &line) &&
		    str_cut(line, '\t', &id, &line) &&
		    str_cut(line, '\t', &image, &name))
			tell(arg, space, id, image, name);
}

void
daemon_round(struct daemon_ask *d, double wait, daemon_tell *tell, void *arg)
{
	double until = clock_mono() + wait, left;
	struct pollfd pfd;
	bool closed;

	start(d);
	if (d->child == NULL)
		return;
	while (!(closed = drain(d)) && (left = until - clock_mono()) > 0) {
		pfd = (struct pollfd){child_out(d->child), POLLIN, 0};
		poll(&pfd, 1, (int)(left * 1e3) + 1);
	}
	children_tend(d->children, clock_mono_ns());
	if (!closed && !d->ended)
		return;
	tell_all(d, tell, arg);
	child_free(d->child);
	d->child = NULL;
}
