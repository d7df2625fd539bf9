/* SPDX-License-Identifier: MIT */
/* Fuzz target: configuration text.  Trouble is always reported; a tree's
 * tokens always have a place. */
#include <stdint.h>
#include <stdlib.h>

#include "lang/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count(void *arg, const char *where, const char *what)
{
	if (where[0] == '\0' || what[0] == '\0')
		abort();
	++*(unsigned *)arg;
}

static void
walk(const struct config_node *n)
{
	for (; n != NULL; n = n->next) {
		if (n->ntokens == 0)
			abort();
		for (size_t i = 0; i < n->ntokens; i++)
			if (n->tokens[i].line < 1 || n->tokens[i].column < 1 ||
			    strlen(n->tokens[i].text) != n->tokens[i].len)
				abort();
		walk(n->children);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned reports = 0;
	struct config_options o = {.report = count, .arg = &reports};
	struct span in = {(const char *)data, size};
	struct config *c;

	/* Files of this machine are no part of the input. */
	if (size > 65536 || memmem(data, size, "include", 7) != NULL)
		return 0;
	c = config_parse(in, "fuzz", &o);
	if ((c == NULL) != (reports != 0))
		abort();
	if (c != NULL)
		walk(config_first(c));
	config_free(c);
	return 0;
}
