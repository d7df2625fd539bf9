/* SPDX-License-Identifier: MIT */
/*
 * watch: containerd's Events/Subscribe (api/services/events/v1 and
 * api/events/task.proto of github.com/containerd/containerd).  The child
 * prints "what TAB space TAB id TAB status TAB seconds" lines on its pipe.
 */
#include "container/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "net/grpc.h"

#define METHOD "containerd.services.events.v1.Events/Subscribe"
#define MESSAGE_MAX (1u << 20)
#define HEARD_MAX (1u << 20)
#define AGAIN_NS (INT64_C(5) * 1000000000) /* between two children */

/* Numbers of fields in those messages. */
enum { FILTER = 1 };
enum { TIMESTAMP = 1, SPACE = 2, TOPIC = 3, EVENT = 4 };
enum { SECONDS = 1, NANOS = 2 };
enum { ANY_VALUE = 2 };
enum { TASK_CONTAINER = 1, TASK_ID = 2, TASK_STATUS = 4, TASK_AT = 5 };

struct watch {
	const char *socket;
	struct children *children;
	struct child *child;
	bool ended;
	int64_t next; /* mono ns: not before */
	struct buf heard;
};

/* --- in the child --------------------------------------------------------- */

static double
read_time(struct span message)
{
	struct grpc_field f;
	double t = 0;

	while (grpc_next(&message, &f) == 1)
		if (f.number == SECONDS)
			t += (double)f.value;
		else if (f.number == NANOS)
			t += (double)f.value / 1e9;
	return t;
}

struct task {
	struct span container, id;
	unsigned status;
	double at;
};

static struct task
read_task(struct span message, double at)
{
	struct task t = {.at = at};
	struct grpc_field f;

	while (grpc_next(&message, &f) == 1)
		switch (f.number) {
		case TASK_CONTAINER:
			t.container = f.bytes;
			break;
		case TASK_ID:
			t.id = f.bytes;
			break;
		case TASK_STATUS:
			t.status = (unsigned)f.value;
			break;
		case TASK_AT:
			t.at = read_time(f.bytes);
			break;
		default:
			break;
		}
	return t;
}

static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ')
			return false;
	return s.len != 0;
}

static struct span
any_value(struct span any)
{
	struct span value = {NULL, 0};
	struct grpc_field f;

	while (grpc_next(&any, &f) == 1)
		if (f.number == ANY_VALUE)
			value = f.bytes;
	return value;
}

/* One envelope.  Never the end: it is the parent that ends this. */
static int
hear(void *arg, struct span message)
{
	struct span space = {NULL, 0}, topic = {NULL, 0}, event = {NULL, 0};
	struct grpc_field f;
	struct task t;
	double at = 0;
	bool exits;

	(void)arg;
	while (grpc_next(&message, &f) == 1)
		if (f.number == TIMESTAMP)
			at = read_time(f.bytes);
		else if (f.number == SPACE)
			space = f.bytes;
		else if (f.number == TOPIC)
			topic = f.bytes;
		else if (f.number == EVENT)
			event = any_value(f.bytes);
	t = read_task(event, at);
	exits = span_is(topic, "/tasks/exit");
	/* Other processes than the first have an id of their own. */
	if (!(exits && span_equal(t.id, t.container)) &&
	    !span_is(topic, "/tasks/oom"))
		return 0;
	if (is_plain(space) && is_plain(t.container))
		printf("%s\t%.*s\t%.*s\t%u\t%.3f\n", exits ? "exit" : "oom",
		    SPAN_ARG(space), SPAN_ARG(t.container), t.status, t.at);
	return fflush(stdout) == 0 ? 0 : -1;
}

static int
listen_on(void *arg)
{
	const struct watch *w = arg;
	struct buf request = {NULL, 0, 0};
	struct grpc_call call = {w->socket, METHOD, NULL, {NULL, 0}, 0,
	    MESSAGE_MAX};

	grpc_put_text(&request, FILTER, span_of("topic==\"/tasks/exit\""));
	grpc_put_text(&request, FILTER, span_of("topic==\"/tasks/oom\""));
	call.request = buf_span(&request);
	grpc_listen(&call, hear, NULL, NULL);
	buf_free(&request);
	return 0;
}

/* --- in the parent -------------------------------------------------------- */

struct watch *
watch_new(const char *socket)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->socket = socket;
	w->children = children_new();
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	child_free(w->child);
	children_free(w->children);
	buf_free(&w->heard);
	free(w);
}

bool
watch_is_on(const struct watch *w)
{
	return w != NULL && w->child != NULL && !w->ended;
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct watch *w = arg;

	(void)c;
	(void)end;
	w->ended = true;
}

static void
start(struct watch *w)
{
	struct child_options o = {.run = listen_on,
	    .run_arg = w,
	    .on_end = on_end,
	    .arg = w};
	int64_t now = clock_mono_ns();

	if (w->child != NULL || now < w->next ||
	    children_stuck(w->children) > 0 || access(w->socket, W_OK) == -1)
		return;
	w->next = now + AGAIN_NS;
	w->ended = false;
	w->child = child_start(w->children, &o, NULL);
}

static bool
read_event(struct span line, struct watch_event *e)
{
	struct span what, status, at;
	double v;

	if (!str_cut(line, '\t', &what, &line) ||
	    !str_cut(line, '\t', &e->space, &line) ||
	    !str_cut(line, '\t', &e->id, &line) ||
	    !str_cut(line, '\t', &status, &at) ||
	    parse_number(status, &v, NULL) == -1 ||
	    parse_number(at, &e->at, NULL) == -1)
		return false;
	e->what = span_is(what, "exit") ? WATCH_EXIT : WATCH_OOM;
	e->status = (unsigned)v;
	return true;
}

/* Whole lines; half of one waits. */
static void
tell_lines(struct watch *w, watch_tell *tell, void *arg)
{
	const char *end = memrchr(w->heard.data, '\n', w->heard.len);
	struct span rest, line;
	struct watch_event e;

	if (end == NULL)
		return;
	rest = (struct span){w->heard.data, (size_t)(end - w->heard.data)};
	while (str_item(&rest, '\n', &line))
		if (read_event(line, &e))
			tell(arg, &e);
	buf_drop(&w->heard, (size_t)(end - w->heard.data) + 1);
}

void
watch_round(struct watch *w, watch_tell *tell, void *arg)
{
	char text[4096];
	ssize_t n;

	start(w);
	if (w->child == NULL)
		return;
	while ((n = read(child_out(w->child), text, sizeof(text))) > 0)
		if (w->heard.len < HEARD_MAX)
			buf_add(&w->heard, text, (size_t)n);
	if (w->heard.len != 0)
		tell_lines(w, tell, arg);
	children_tend(w->children, clock_mono_ns());
	if (n != 0 && !w->ended)
		return;
	buf_clear(&w->heard);
	child_free(w->child);
	w->child = NULL;
}
