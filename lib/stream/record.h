/* SPDX-License-Identifier: MIT */
/*
 * record: one line of the record format, decoded.  The decoder is a strict
 * single pass over the bytes: no tree, no allocation a field.  It accepts
 * exactly the lines jansson accepts (RFC 8259, valid UTF-8, no NUL, depth at
 * most 32, duplicate keys: last wins), then checks what the record format
 * asks of known fields.  Never prints.
 */
#ifndef NC_STREAM_RECORD_H
#define NC_STREAM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/span.h"

/* Bytes behind a line that the decoder may read (never use). */
#define RECORD_PADDING 64

enum record_kind {
	RECORD_SAMPLE,
	RECORD_EVENT,
	RECORD_SWEEP,
	RECORD_GAP,
	RECORD_ERROR,
	RECORD_TICK,
	RECORD_ANOMALY,
	RECORD_CHANGE,
	RECORD_TREND,
	RECORD_FORECAST,
	RECORD_FULL,
	RECORD_CORRELATION,
	RECORD_CAUSE,
	RECORD_ALERT,
	RECORD_ACTION,
	RECORD_DELIVERY,
	RECORD_UNKNOWN /* valid JSON object of a kind or version we do not know */
};

enum record_quality {
	RECORD_GOOD, /* absent on the wire */
	RECORD_STALE,
	RECORD_PARTIAL,
	RECORD_ESTIMATED
};

/* Bits of record.has: which optional numbers the line carried. */
enum record_has {
	RECORD_HAS_TS = 1u << 0,
	RECORD_HAS_UP = 1u << 1,
	RECORD_HAS_INTERVAL = 1u << 2,
	RECORD_HAS_SINCE = 1u << 3,
	RECORD_HAS_AGE = 1u << 4,
	RECORD_NEWER_VERSION = 1u << 5 /* v > 1: pass unread, warn once */
};

struct record_label {
	struct span key;
	struct span value; /* unescaped */
};

struct record_value {
	uint32_t name; /* number in the decoder's intern table */
	double number; /* finite */
	struct span text; /* the digits as they stood on the line */
};

/* A top-level member that the struct below has no field for. */
struct record_field {
	struct span key; /* unescaped */
	struct span raw; /* JSON text */
	struct span text; /* unescaped when it is a string, else {NULL, 0} */
	double number; /* when it is a number, else NAN */
};

/*
 * All spans point into the line or into the decoder; they are valid until
 * the next decoder_line() on that decoder and while the line's bytes stay.
 */
struct record {
	enum record_kind kind;
	enum record_quality quality;
	unsigned has; /* enum record_has */
	double ts; /* epoch seconds */
	double up; /* CLOCK_BOOTTIME seconds of that host */
	double interval; /* seconds */
	double since; /* epoch seconds */
	double age; /* seconds, with RECORD_STALE */
	struct span kind_name, host, source, entity, id;
	const struct record_label *labels;
	size_t nlabels;
	const struct record_value *values; /* in line order, names unique */
	size_t nvalues;
	const struct record_field *fields; /* event, detail, seq, ... */
	size_t nfields;
	struct span line; /* without BOM, CR, LF */
	/*
	 * Dense number of this sequence of value names, 0 when not known: two
	 * records with the same non-zero layout have the same names in the
	 * same order.
	 */
	uint32_t layout;
	/*
	 * A word for the caller that belongs to this identity (host, source,
	 * entity, id and labels, all byte for byte): 0 at first, kept while
	 * the decoder remembers the identity, which it may cease to at any
	 * time.  NULL when this line is not remembered.
	 */
	uint64_t *hint;
};

struct decoder;

/* Borrows names, which several decoders may share.  Owned: decoder_free(). */
struct decoder *decoder_new(struct intern *names);
void decoder_free(struct decoder *d); /* NULL is fine */
/*
 * Decodes one line without its LF (a CR before it and a BOM at its front are
 * taken off).  line[len .. len + RECORD_PADDING - 1] must be readable.
 * Returns 0, or -1 with a reason when the line is bad: e->code is EBADMSG
 * when it is not JSON, EPROTO when it is but not a record; *r is untouched.
 */
int decoder_line(struct decoder *d, const char *line, size_t len,
    struct record *r, struct nc_err *e);

/* The member of that name among fields, or NULL. */
const struct record_field *record_field(const struct record *r,
    const char *key);
/* The label of that name, or {NULL, 0}. */
struct span record_label(const struct record *r, const char *key);
/* "sample", "event", ...; NULL for RECORD_UNKNOWN. */
const char *record_kind_name(enum record_kind kind);
enum record_kind record_kind_of(struct span name);

#endif
