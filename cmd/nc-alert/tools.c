/* SPDX-License-Identifier: MIT */
/* tools: see tools.h.  Prints results, decides nothing. */
#include "tools.h"

#include <stdio.h>

#include "base/exitcode.h"
#include "check.h"

int
tool_test(const struct tool_options *o)
{
	struct check_options co = {.rules = o->config,
	    .defines = o->defines,
	    .diag = o->diag,
	    .coverage = o->coverage ? stdout : NULL,
	    .mutate = o->mutate};
	struct check_counts n = {0};
	int status = NC_EXIT_OK;

	if (o->coverage)
		printf("%-28s %-5s %-6s %-8s %-7s %s\n", "RULE", "LEVEL",
		    "FIRED", "CLEARED", "NODATA", "EXPECTED FIRING/OK");
	for (int i = 0; i < o->noperands; i++)
		if (check_file(o->operands[i], &co, &n) == -1)
			status = NC_EXIT_USAGE;
	if (o->coverage)
		printf("%u rules, %u levels, %u fired, %u cleared\n", n.rules,
		    n.levels, n.fired, n.cleared);
	printf("%u tests, %u expectations, %u failed\n", n.tests,
	    n.expectations, n.failed);
	if (o->mutate)
		printf("%u mutants, %u survived\n", n.mutants, n.survivors);
	if (status != NC_EXIT_OK)
		return status;
	if (n.failed > 0 || n.survivors > 0 ||
	    (o->coverage && n.fired < n.levels))
		return NC_EXIT_PARTIAL;
	return NC_EXIT_OK;
}
