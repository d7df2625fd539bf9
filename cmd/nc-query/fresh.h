/* SPDX-License-Identifier: MIT */
/*
 * fresh: what was accepted is not yet in the files: the live writer is asked
 * for it; where there is none the journal is put in its place.
 */
#ifndef NC_QUERY_FRESH_H
#define NC_QUERY_FRESH_H

#include "query.h"

enum fresh {
	FRESH_ASKED, /* or there was nothing to do */
	FRESH_CHANGED, /* the journal went to the files, the roster with it */
	FRESH_STALE /* neither: *e says why */
};

enum fresh fresh_make(const char *dir, const struct query_match *matches,
    size_t n, struct nc_err *e);

#endif
