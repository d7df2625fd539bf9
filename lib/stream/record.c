/* SPDX-License-Identifier: MIT */
/* record: names of kinds, and finding members of a decoded record. */
#include "stream/record.h"

static const char *const names[] = {"sample", "event", "sweep", "gap", "error",
    "tick", "anomaly", "change", "trend", "forecast", "full", "correlation",
    "cause", "alert", "action", "delivery"};

const char *
record_kind_name(enum record_kind kind)
{
	return kind < RECORD_UNKNOWN ? names[kind] : NULL;
}

enum record_kind
record_kind_of(struct span name)
{
	for (unsigned i = 0; i < RECORD_UNKNOWN; i++) {
		if (span_is(name, names[i]))
			return (enum record_kind)i;
	}
	return RECORD_UNKNOWN;
}

const struct record_field *
record_field(const struct record *r, const char *key)
{
	struct span want = span_of(key);

	for (size_t i = 0; i < r->nfields; i++) {
		if (span_equal(r->fields[i].key, want))
			return &r->fields[i];
	}
	return NULL;
}

struct span
record_label(const struct record *r, const char *key)
{
	struct span want = span_of(key);

	for (size_t i = 0; i < r->nlabels; i++) {
		if (span_equal(r->labels[i].key, want))
			return r->labels[i].value;
	}
	return (struct span){NULL, 0};
}
