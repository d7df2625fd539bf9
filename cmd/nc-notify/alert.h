/* SPDX-License-Identifier: MIT */
/*
 * alert: an alert record as nc-notify sees it: who, what, how bad, and the
 * ids everything else hangs on.  Never allocates, never prints.
 */
#ifndef NC_NOTIFY_ALERT_H
#define NC_NOTIFY_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "stream/record.h"

#define ALERT_ID_MAX 64 /* bytes of an id: hex digits */

/* All borrowed from the record. */
struct alert {
	double ts, start;
	double value, limit; /* NaN: not told */
	uint32_t seq;
	bool ended; /* resolved: the episode is over */
	bool follow; /* news for those who know of it, and for nobody else */
	bool branch; /* of an incident whose root is another */
	bool silent; /* pending or muted: for no channel */
	struct span host, entity, id;
	struct span name, fingerprint, episode, event_id;
	struct span state, change, severity, text, runbook;
	struct span unit, incident; /* or empty */
	struct span flags; /* as JSON, or empty */
	const struct record_label *labels;
	size_t nlabels;
	struct span line;
};

/* -1 with a reason when it lacks what an alert must have. */
int alert_read(const struct record *r, struct alert *a, struct nc_err *e);
/* A field by the name a rule uses (severity, host, ..., else a label); empty
 * when there is none. */
struct span alert_field(const struct alert *a, struct span name);
/* A copy that borrows nothing but the block that is returned, owned: free. */
char *alert_copy(const struct alert *a, struct alert *to);
bool alert_flag(const struct alert *a, struct span word);
/*
 * Appends it in one line for people: "crit disk-full on hv07 host.fs /var:
 * TEXT", what is no longer so with "resolved" before it; late, in seconds, is
 * told from a minute on.  Not escaped.
 */
void alert_line(const struct alert *a, double late, struct buf *b);

#endif
