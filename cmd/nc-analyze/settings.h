/* SPDX-License-Identifier: MIT */
/*
 * settings: a configuration of nc-analyze as the words its command line would
 * have: "NAME [VALUE]" is the option --NAME, "analysis WORD { KEY VALUE ... }"
 * an analysis.  Faults are reported with file, line and column.
 */
#ifndef NC_ANALYZE_SETTINGS_H
#define NC_ANALYZE_SETTINGS_H

#include <stddef.h>

#include "base/cli.h"

struct setting {
	int letter; /* of the option; 0: an analysis */
	char *value; /* owned; NULL: the option takes none */
};

struct settings {
	struct setting *list; /* owned */
	size_t n;
};

/* 0, or -1 after what is wrong was said. */
int settings_read(struct settings *s, const char *path,
    const struct cli_option *options, struct diag *d);
void settings_free(struct settings *s);

#endif
