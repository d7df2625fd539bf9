/* SPDX-License-Identifier: MIT */
/*
 * program: a program run for a message, without a shell: what it is to be
 * told is on its standard input, never among its arguments.
 */
#ifndef NC_NOTIFY_PROGRAM_H
#define NC_NOTIFY_PROGRAM_H

#include "channel.h"

struct program {
	const char *const *argv; /* NULL ends; borrowed for the call */
	struct buf input; /* taken */
	/* The verdict of an exit status; NULL: 0 sent, 75 again (EX_TEMPFAIL
	 * of sysexits.h), all else for good.  What ends it from outside is
	 * tried again. */
	enum verdict (*judge)(int status);
};

void program_send(struct sending *s, struct program *p);
void program_cancel(struct sending *s);
/* For render: the arguments in a line, then the input. */
void program_render(const struct program *p, struct buf *b);

#endif
