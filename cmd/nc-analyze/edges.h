/* SPDX-License-Identifier: MIT */
/*
 * edges: what a person wrote down about who depends on whom (--topology): a
 * line is "SELECTOR -> SELECTOR", what is on the left depends on what is on
 * the right.  Blank lines, and what follows a # after a blank, are nothing.
 */
#ifndef NC_ANALYZE_EDGES_H
#define NC_ANALYZE_EDGES_H

#include "base/diag.h"
#include "lang/selector.h"
#include "metric/series.h"

struct edges {
	struct selector **from, **on; /* owned */
	size_t n;
};

/* Faults are told with file and line; -1: there were some. */
int edges_read(struct edges *e, const char *path, struct diag *d);
void edges_free(struct edges *e);
bool edges_from(const struct edges *e, size_t i, const struct series_entity *n);
bool edges_on(const struct edges *e, size_t i, const struct series_entity *n);

#endif
