/* SPDX-License-Identifier: MIT */
/*
 * keys: which of a reader's metrics the level asks for.  Never guesses: a
 * name that the catalogue does not know is our bug.
 */
#include "keys.h"

#include <assert.h>

void
keys_open(struct keys *k, const struct source_run *run, const char *entity,
    const char *const *names, size_t count)
{
	const struct metric *m;
	size_t i;

	assert(count <= KEYS_MAX);
	k->names = names;
	k->on = 0;
	for (i = 0; i < count; i++) {
		if (names[i] == NULL)
			continue;
		m = catalogue_find(span_of(entity), span_of(names[i]));
		assert(m != NULL);
		if (source_wants(run, m->level))
			k->on |= UINT64_C(1) << i;
	}
}
