/* SPDX-License-Identifier: MIT */
/*
 * exec: any program, which is given the alert record as one line on its
 * standard input.  No shell; its arguments are those of the configuration, so
 * nothing of an alert can become an option.  0 is sent, 75 (EX_TEMPFAIL of
 * sysexits.h) and whatever ended it from outside is tried again, any other
 * status is for good.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "kinds.h"
#include "program.h"

/* The records of the message, a line each. */
static void
make(const struct sending *s, const char ***argv, struct program *p)
{
	const struct channel *c = s->channel;

	*argv = xcalloc(c->ntargets + 1, sizeof(**argv));
	for (size_t i = 0; i < c->ntargets; i++)
		(*argv)[i] = c->targets[i];
	*p = (struct program){.argv = *argv};
	for (size_t i = 0; i < s->nalerts; i++) {
		buf_add(&p->input, s->alerts[i].line.p, s->alerts[i].line.len);
		buf_addc(&p->input, '\n');
	}
}

static void
exec_send(struct sending *s)
{
	const char **argv;
	struct program p;

	make(s, &argv, &p);
	program_send(s, &p);
	free(argv);
}

static int
exec_render(const struct sending *s, struct buf *b, struct nc_err *e)
{
	const char **argv;
	struct program p;

	(void)e;
	make(s, &argv, &p);
	program_render(&p, b);
	buf_free(&p.input);
	free(argv);
	return 0;
}

static int
exec_check(const struct channel *c, struct nc_err *e)
{
	if (c->ntargets == 0)
		return err_set(e, 0, "expected a program");
	/* Kept free, so that they can come to mean fields of an alert. */
	for (size_t i = 0; i < c->ntargets; i++)
		if (strpbrk(c->targets[i], "{}") != NULL)
			return err_set(e, 0,
			    "\"%s\": braces are reserved; the alert is on the "
			    "program's standard input",
			    c->targets[i]);
	return 0;
}

const struct channel_kind kind_exec = {
    .name = "exec",
    .targets = "a program and its arguments",
    .at_once = 4,
    .each = true,
    .check = exec_check,
    .send = exec_send,
    .cancel = program_cancel,
    .render = exec_render,
};
