/* SPDX-License-Identifier: MIT */
/* tools: the words about rules themselves: test, replay, import. */
#ifndef NC_ALERT_TOOLS_H
#define NC_ALERT_TOOLS_H

#include <stdbool.h>

#include "base/diag.h"

/* All borrowed. */
struct tool_options {
	const char *config; /* NULL: none was named */
	const char *const *defines; /* NULL ends */
	struct diag *diag;
	bool coverage, mutate; /* of test */
	bool stats; /* of replay */
	const char *diff; /* of replay: other rules, NULL: none */
	const char *names; /* of import: a table of names, NULL: ours */
	char *const *operands; /* behind the word */
	int noperands;
};

/* Each a status. */
int tool_test(const struct tool_options *o);
int tool_replay(const struct tool_options *o); /* replay.c */
int tool_import(const struct tool_options *o); /* import.c */

#endif
