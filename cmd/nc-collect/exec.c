/* SPDX-License-Identifier: MIT */
/*
 * exec: any program that prints our records, one a line, on its standard
 * output.  Without `stream` it is started each round and must end by itself;
 * with it, it runs as long as we do and prints when it likes.  No shell is
 * between: arguments are passed as they are.  Running, watching and judging
 * its lines is the supervisor's and adopt's business.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Whether execvp(3) would find something to run. */
static int
find_program(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char *file;
	int rc = -1;

	if (strchr(name, '/') != NULL)
		return access(name, X_OK);
	for (errno = ENOENT; rc == -1 && path != NULL; path = end) {
		end = strchrnul(path, ':');
		file = xasprintf("%.*s/%s", (int)(end - path), path, name);
		rc = access(file, X_OK);
		free(file);
		if (*end++ == '\0')
			break;
	}
	return rc;
}

static void
exec_doctor(const struct source_run *run, source_tell *tell, void *arg)
{
	struct source_finding f = {.why = NULL};
	char *what, *mend;
	int error;

	if (find_program(run->target) == 0)
		return;
	error = errno;
	f.why = strerror(error);
	what = xasprintf("the program %s cannot be run", run->target);
	mend = xasprintf("chmod +x %s", run->target);
	f.what = what;
	f.mend = error == EACCES ? mend : NULL;
	tell(arg, &f);
	free(what);
	free(mend);
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
    .doctor = exec_doctor,
    .program = exec_program,
};
