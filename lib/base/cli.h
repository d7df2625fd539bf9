/* SPDX-License-Identifier: MIT */
/*
 * cli: options of a program from one table, which is also its --help; the
 * manners every program shares at start and end.  The table is what the
 * completions and man pages are tested against.
 */
#ifndef NC_BASE_CLI_H
#define NC_BASE_CLI_H

#include <stdbool.h>

#include "base/diag.h"

struct cli_option {
	int letter; /* 'i', or a value > 255 when there is no short form */
	const char *name; /* "interval" */
	const char *arg; /* "SECS"; NULL: takes none; "[WHEN]": may take one */
	const char *help; /* one line, lower case, no full stop */
};

struct cli {
	const char *prog; /* "nc-store" */
	const char *const *synopsis; /* without the program's name; NULL ends */
	const char *purpose; /* one line */
	const struct cli_option *options; /* ends with letter 0; -q -v -h -V
					     are added to every program */
	const char *const *operands; /* help lines behind options, or NULL */
	const char *const *examples; /* exactly two, without "$ " */
};

enum cli_more { CLI_END = -1, CLI_EXIT = -2 };

/* Before anything else: descriptors 0-2 open (on /dev/null if need be),
 * SIGPIPE back to its default. */
void cli_start(void);
/*
 * getopt_long(3) over the table.  Returns the letter, CLI_END when the
 * operands begin (*optind is getopt's), or CLI_EXIT when the program is to
 * end with *status: --help and --version were printed, or a usage error was
 * (one line naming the fault, one "try 'PROG --help'", status 2).  -q and -v
 * go to diag.
 */
int cli_next(const struct cli *c, struct diag *d, int argc, char **argv,
    int *status);
/* A usage error found by the program itself: prints as above, returns 2. */
int cli_usage(const struct cli *c, struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of the value of an option: "--keep: why". */
int cli_usage_value(const struct cli *c, struct diag *d, int letter,
    const char *why);
/* Standard output flushed and checked: status, or 3 with a line when it
 * could not be written. */
int cli_finish(struct diag *d, int status);

#endif
