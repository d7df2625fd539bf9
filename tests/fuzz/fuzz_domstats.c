/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what virsh domstats --raw prints.  Whatever comes, what is
 * made of it is whole records.
 * tool: nc-collect
 */
#include <stdint.h>
#include <stdlib.h>

#include "libvirt/domstats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
check(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (len < 2 || line[len - 1] != '\n' || len > FRAME_LINE_MAX)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source_run run = {.name = "libvirt",
	    .host = "h",
	    .root = "",
	    .level = LEVEL_DIAGNOSTIC,
	    .interval = 10};
	struct frame *f = frame_new(check, NULL);
	struct fields *fields = fields_new(run.level);
	struct emit e = {&run, fields, f, 1000, 500, {0}};
	struct domstats *d = domstats_text(
	    (struct span){(const char *)data, size});
	struct guest g = {0};
	struct identity *i;
	struct nc_err err;

	frame_clock(f, 1000, 500);
	while (domstats_next(d, fields, &g, &err) == 1) {
		i = identity_new(g.name, g.name);
		emit_guest(&e, &g, i, NULL);
		identity_free(i);
	}
	domstats_close(d);
	guest_free(&g);
	emit_free(&e);
	fields_free(fields);
	frame_free(f);
	return 0;
}
