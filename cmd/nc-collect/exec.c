/* SPDX-License-Identifier: MIT */
/*
 * exec: any program that prints our records, one a line, on its standard
 * output.  Without `stream` it is started each round and must end by itself;
 * with it, it runs as long as we do and prints when it likes.  No shell is
 * between: arguments are passed as they are.  Running, watching and judging
 * its lines is the supervisor's and adopt's business.
 */
#include "source.h"

#include <stdlib.h>

#include "base/mem.h"

static char **
exec_program(const struct source_run *run, struct nc_err *e)
{
	char **argv;
	const char *arg;
	size_t n = 0, i;

	if (run->target == NULL) {
		err_set(e, 0, "no program is named");
		return NULL;
	}
	while (source_get_nth(run, "arg", n) != NULL)
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = xstrdup(run->target);
	for (i = 0; i < n; i++) {
		arg = source_get_nth(run, "arg", i);
		argv[i + 1] = xstrdup(arg);
	}
	return argv;
}

static const struct source_option options[] = {
    {.name = "arg",
	.arg = "TEXT",
	.help = "an argument of the program; say it once for each",
	.many = true},
    {.name = "stream",
	.fallback = "no",
	.help = "the program runs on and prints at its own pace"},
    {.name = NULL},
};

const struct source source_exec = {
    .name = "exec",
    .help = "any program that prints records",
    .target = "PROGRAM",
    .options = options,
    .flags = SOURCE_BLOCKS,
    .program = exec_program,
};
