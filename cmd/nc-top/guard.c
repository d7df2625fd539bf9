/* SPDX-License-Identifier: MIT */
/*
 * guard: holds the reading end of a pipe whose other end dies with us.  A
 * handler in the dying process could do less: none runs on SIGKILL, and in a
 * crash little may be called.
 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"

struct guard {
	struct child *child;
	int tty;
	struct termios was;
	const char *restore;
	size_t len;
};

static int
watch(void *arg)
{
	const struct guard *g = arg;
	char ours = 1, c;
	ssize_t n;

	/* Children die with their parent; this one is there for after. */
	prctl(PR_SET_PDEATHSIG, 0);
	/* We are not the terminal's foreground group, and it must not stop
	 * us; nor may the signal that ends our parent. */
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	while (
	    (n = read(STDIN_FILENO, &c, 1)) == 1 || (n == -1 && errno == EINTR))
		if (n == 1)
			ours = c;
	if (ours == 0)
		return 0;
	tcsetattr(g->tty, TCSANOW, &g->was);
	return write(g->tty, g->restore, g->len) == -1;
}

struct guard *
guard_start(struct children *cs, int tty, const struct termios *was,
    const char *restore, size_t len)
{
	struct guard *g = xcalloc(1, sizeof(*g));
	struct nc_err e;

	g->tty = tty;
	g->was = *was;
	g->restore = restore;
	g->len = len;
	g->child = child_start(cs,
	    &(struct child_options){.run = watch,
		.run_arg = g,
		.pipe_in = true,
		.keep = &g->tty,
		.nkeep = 1},
	    &e);
	if (g->child == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

void
guard_tell(struct guard *g, int ours)
{
	char c = (char)ours;

	/* If it is gone there is nobody to tell. */
	if (g != NULL && write(child_in(g->child), &c, 1) == -1)
		return;
}

void
guard_end(struct guard *g)
{
	if (g == NULL)
		return;
	guard_tell(g, 0);
	child_free(g->child);
	free(g);
}
