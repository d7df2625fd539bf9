/* SPDX-License-Identifier: MIT */
/* Fuzz target: selectors.  What parses must match or not, and parse again. */
#include <stdint.h>
#include <stdlib.h>

#include "lang/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct record_label label = {{"name", 4}, {"web1", 4}};
	const struct selector_subject subject = {.host = {"hv07", 4},
	    .source = {"libvirt", 7},
	    .entity = {"vm", 2},
	    .id = {"0b1a", 4},
	    .labels = &label,
	    .nlabels = 1};
	struct span in = {(const char *)data, size};
	struct nc_err e = {0};
	struct selector *s, *again;

	if (size > 4096)
		return 0;
	if ((s = selector_parse(in, &e)) == NULL) {
		if (e.msg[0] == '\0')
			abort();
		return 0;
	}
	again = selector_parse(span_of(selector_text(s)), &e);
	if (again == NULL ||
	    selector_entity(s, &subject) != selector_entity(again, &subject))
		abort();
	selector_metric(s, (struct span){"cpu_seconds_total", 17});
	selector_free(again);
	selector_free(s);
	return 0;
}
