/* SPDX-License-Identifier: MIT */
/*
 * collector: one child, nc-collect.  It is killed with us: its pipe breaks
 * when we die, however we die.
 */
#include "collector.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "tool.h"

struct collector {
	struct children *children;
	struct child *child;
};

struct collector *
collector_start(double interval, bool two_rounds, struct nc_err *e)
{
	char every[32], *path = tool_path("nc-collect");
	const char *argv[] = {path, "-i", every, two_rounds ? "-n" : NULL, "2",
	    NULL};
	struct collector *c = xcalloc(1, sizeof(*c));
	int flags;

	snprintf(every, sizeof(every), "%dms",
	    (int)((two_rounds ? 1 : interval) * 1000));
	c->children = children_new();
	c->child = child_start(c->children,
	    &(struct child_options){.argv = argv}, e);
	free(path);
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

void
collector_end(struct collector *c)
{
	if (c == NULL)
		return;
	child_free(c->child);
	children_free(c->children);
	free(c);
}
