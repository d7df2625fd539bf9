/* SPDX-License-Identifier: MIT */
/* import: rules of other programs, written down as ours. */
#ifndef NC_ALERT_IMPORT_H
#define NC_ALERT_IMPORT_H

#include "base/buf.h"
#include "base/map.h"
#include "names.h"

#define IMPORT_BYTES_MAX (16u << 20)

struct importer {
	const struct names *names;
	struct diag *diag;
	const char *path; /* of the file in hand */
	struct buf out; /* rules */
	struct map *taken; /* names of rules */
	bool quiet; /* only count */
	unsigned total, done; /* alerts */
	unsigned family_total,
	    family_done; /* about hosts and what runs there */
};

/* Each reads all of a file.  0, or -1 and *e: not such a file. */
int import_prometheus(struct importer *im, struct span text, struct nc_err *e);
int import_netdata(struct importer *im, struct span text, struct nc_err *e);

/*
 * One alert.  body is what stands behind "alert NAME on ", why comments to be
 * put before it; body NULL: it could not be translated, because of why.
 */
void import_alert(struct importer *im, const char *name, int line, bool family,
    const char *body, const char *why);
/* Appends 5m for 300. */
void import_time(struct buf *b, double seconds);
void import_number(struct buf *b, double v);
/* Appends text in quotes, as the grammar of rules has it. */
void import_quoted(struct buf *b, struct span text);

#endif
