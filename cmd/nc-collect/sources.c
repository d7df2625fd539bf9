/* SPDX-License-Identifier: MIT */
/*
 * sources: the table of what nc-collect can collect from: one row a source,
 * in the order of --help.  Helpers that every source shares.  Never prints.
 */
#include "source.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Name of the row; its struct is source_NAME in a file of its own. */
#define SOURCES(X) X(host) X(libvirt) X(qemu) X(container) X(exec) X(sim)

#define SOURCE_DECLARE(name) extern const struct source source_##name;
#define SOURCE_ROW(name) &source_##name,

SOURCES(SOURCE_DECLARE)

static const struct source *const table[] = {SOURCES(SOURCE_ROW) NULL};

const struct source *const *
source_all(void)
{
	return table;
}

const struct source *
source_find(struct span name)
{
	size_t i;

	for (i = 0; table[i] != NULL; i++)
		if (span_is(name, table[i]->name))
			return table[i];
	return NULL;
}

void
source_begin(const struct source_run *run, struct frame *f, const char *entity,
    struct span id)
{
	frame_begin(f, RECORD_SAMPLE, entity, id);
	frame_interval(f, run->interval);
}

int
source_error(struct frame *f, const char *entity, struct span id,
    const char *code, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	frame_begin(f, RECORD_ERROR, entity, id);
	frame_text(f, "code", span_of(code));
	frame_text(f, "message", (struct span){text, (size_t)n});
	return frame_end(f);
}
