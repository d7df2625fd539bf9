/* SPDX-License-Identifier: MIT */
/*
 * note: a record that is no sample, kept: what happened, what is the matter,
 * what is foreseen.  One block of memory, its texts and its line inside.
 */
#ifndef NC_TOP_NOTE_H
#define NC_TOP_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "stream/record.h"

enum note_state {
	NOTE_POINT, /* happened at ts, has no end */
	NOTE_PENDING,
	NOTE_OPEN,
	NOTE_CLOSED
};

enum severity { SEVERITY_NONE, SEVERITY_INFO, SEVERITY_WARN, SEVERITY_CRIT };

enum note_flag {
	NOTE_ACKED = 1u << 0,
	NOTE_MUTED = 1u << 1,
	NOTE_NODATA = 1u << 2
};

/* What a record does not say is NAN, or "". */
struct note {
	double ts;
	double onset; /* start of an alert, onset of an analysis */
	double value, limit;
	double expected, low, high; /* of an anomaly */
	double soon, likely, late; /* of full: p10, p50, p90, epoch */
	double probability, step;
	const float *band; /* of a forecast: p50, low, high; nband each */
	unsigned nband;
	enum record_kind kind;
	enum note_state state;
	enum severity severity;
	unsigned flags; /* enum note_flag */
	const char *host, *source, *entity, *id;
	const char *name; /* what people call the entity */
	const char *what; /* rule, event, reason, code, incident, channel */
	const char *metric; /* of an analysis; what a rule asked for first */
	const char *unit; /* of value and limit */
	const char *text; /* for people */
	const char *key; /* alerts: fingerprint and episode */
	const char *line; /* the record, NUL-terminated */
	size_t size; /* of the whole block */
};

/* NULL for kinds that are not kept.  Owned: free(). */
struct note *note_new(const struct record *r);
/* "C", "W", "i", ".": letters stand without colour as well. */
const char *severity_letter(enum severity s);
const char *severity_name(enum severity s);

#endif
