/* SPDX-License-Identifier: MIT */
/*
 * collector: one child, nc-collect or what unpacks a recording.  It is killed with us: its pipe breaks
 * when we die, however we die.
 */
#include "collector.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/child.h"
#include "base/exitcode.h"
#include "base/gz.h"
#include "base/mem.h"
#include "tool.h"

#define CHUNK ((size_t)64 << 10)

struct collector {
	struct children *children;
	struct child *child;
};

/* The child's output is our standard input from now on. */
static struct collector *
start(const struct child_options *o, struct nc_err *e)
{
	struct collector *c = xcalloc(1, sizeof(*c));
	int flags;

	c->children = children_new();
	c->child = child_start(c->children, o, e);
	if (c->child == NULL || dup2(child_out(c->child), STDIN_FILENO) == -1) {
		if (c->child != NULL)
			err_sys(e, "dup2");
		collector_end(c);
		return NULL;
	}
	if ((flags = fcntl(STDIN_FILENO, F_GETFL)) != -1)
		fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
	child_close(c->child, child_out(c->child));
	return c;
}

struct collector *
collector_start(double interval, bool two_rounds, struct nc_err *e)
{
	char every[32], *path = tool_path("nc-collect");
	const char *argv[] = {path, "-i", every, two_rounds ? "-n" : NULL, "2",
	    NULL};
	struct collector *c;

	snprintf(every, sizeof(every), "%dms",
	    (int)((two_rounds ? 1 : interval) * 1000));
	c = start(&(struct child_options){.argv = argv}, e);
	free(path);
	return c;
}

/* In the child: all of the file, unpacked. */
static int
unpack(void *arg)
{
	struct gz_reader *g = arg;
	char *chunk = xmalloc(CHUNK);
	struct nc_err e;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = gz_read(g, chunk, CHUNK, &e)) != 0)
		rc = n == -1
			 ? -1
			 : afile_write_fd(STDOUT_FILENO, chunk, (size_t)n, &e);
	free(chunk);
	return rc == 0 ? NC_EXIT_OK : NC_EXIT_FAILED;
}

struct collector *
collector_play(const char *path, struct nc_err *e)
{
	struct gz_reader *g;
	struct collector *c;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1) {
		err_sys(e, "%s", path);
		return NULL;
	}
	if ((g = gz_open(fd, path, e)) == NULL)
		return NULL;
	c = start(&(struct child_options){.run = unpack,
		      .run_arg = g,
		      .keep = &fd,
		      .nkeep = 1},
	    e);
	gz_close(g);
	return c;
}

void
collector_end(struct collector *c)
{
	if (c == NULL)
		return;
	child_free(c->child);
	children_free(c->children);
	free(c);
}
