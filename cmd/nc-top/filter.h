/* SPDX-License-Identifier: MIT */
/*
 * filter: which rows are shown, in the expression language of alert rules,
 * so that what one sees is what one can alert on.  As of the cursor, from
 * the same numbers as the tables.
 */
#ifndef NC_TOP_FILTER_H
#define NC_TOP_FILTER_H

#include "base/buf.h"
#include "base/err.h"
#include "model.h"

struct filter;

/* NULL with "column N: what" in *e.  Owned: filter_free(). */
struct filter *filter_parse(struct span text, struct nc_err *e);
void filter_free(struct filter *f); /* NULL is fine */
const char *filter_text(const struct filter *f);
/* 1: it holds; 0: it does not; -1: what it asks for is not known.  s may be
 * NULL, n (what the row is about) too. */
int filter_holds(const struct filter *f, const struct model *m,
    const struct subject *s, const struct note *n);
/* The alert rule that fires when it holds. */
void filter_rule(const struct filter *f, const char *entity, struct buf *to);

#endif
