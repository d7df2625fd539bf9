/* SPDX-License-Identifier: MIT */
/* field_rows: the table of fields, private to field.c. */
#ifndef NC_COLLECT_LIBVIRT_FIELD_ROWS_H
#define NC_COLLECT_LIBVIRT_FIELD_ROWS_H

#include "field.h"

enum field_kind {
	FIELD_NUMBER, /* detail: enum field_seen it is a sign of */
	FIELD_TOLD, /* the same, by the guest's balloon driver */
	FIELD_FACT, /* detail: enum field_fact */
	FIELD_NAME,
	FIELD_PATH,
	FIELD_LAYER,
	FIELD_BIN, /* detail: enum field_bin */
	FIELD_IGNORED /* says nothing that others do not say */
};

enum field_fact {
	FACT_STATE,
	FACT_REASON,
	FACT_UPDATED,
	FACT_DIRTY_STATUS,
	FACT_DIRTY_START,
	FACT_DIRTY_PERIOD,
	FACT_DIRTY_RATE
};

enum field_bin {
	BIN_READ,
	BIN_WRITE,
	BIN_FLUSH,
	BIN_ZONE_APPEND,
	BIN_KIND = 3,
	BIN_START = 4 /* else its count */
};

struct field_row {
	const char *field; /* numbers as "#" */
	enum field_kind kind;
	enum field_part part;
	const char *unit; /* metric of the unit, or NULL */
	const char *vm; /* metric of the VM it is added to, or NULL */
	double scale; /* below 0: divided by the opposite */
	unsigned detail;
};

extern const struct field_row field_rows[];
extern const size_t field_rows_count;

#endif
