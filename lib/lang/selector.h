/* SPDX-License-Identifier: MIT */
/*
 * selector: which series are meant.  ENTITY[{label OP value,...}][:metric,...]
 * with ENTITY and metrics as globs; OP is = (glob), != (not that glob), =~
 * and !~ (POSIX extended regular expression, unanchored).  "host", "id" and
 * "source" are usable as labels.  A label that is absent equals nothing but
 * the empty pattern, so != and !~ hold for it.  A value is a bare word or a
 * double-quoted string.  Never prints.
 *
 *	vm{name=web*,host=hv0?}:cpu_seconds_total
 *	host.fs{fstype!~"^(tmpfs|overlay)$"}
 */
#ifndef NC_LANG_SELECTOR_H
#define NC_LANG_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"
#include "stream/record.h"

struct selector; /* immutable once parsed */

/* What is being asked about.  All borrowed for the call. */
struct selector_subject {
	struct span host, source, entity, id;
	const struct record_label *labels;
	size_t nlabels;
};

/*
 * Parses all of text.  NULL with "column N: what, expected what" in *e when
 * it is not a selector.  Owned: selector_free().
 */
struct selector *selector_parse(struct span text, struct nc_err *e);
void selector_free(struct selector *s); /* NULL is fine */

/* True when the entity and every label condition hold. */
bool selector_entity(const struct selector *s,
    const struct selector_subject *subject);
/*
 * True when the metric is asked for; without a metric list every one is.  A
 * counter's name and its rate's (X_total, X_per_second) are one metric.
 */
bool selector_metric(const struct selector *s, struct span name);
/* True when it names metrics. */
bool selector_has_metrics(const struct selector *s);
/* As parsed; borrowed, as long as the selector. */
const char *selector_text(const struct selector *s);

/* The subject of a record. */
struct selector_subject selector_of_record(const struct record *r);

#endif
