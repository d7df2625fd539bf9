/* SPDX-License-Identifier: MIT */
/*
 * series_state: a series table as bytes and back, so that a program that was
 * stopped goes on where it was: rates over the stop, clock steps, what was
 * refused as late.  The user pointers are the caller's to restore.
 */
#ifndef NC_METRIC_SERIES_STATE_H
#define NC_METRIC_SERIES_STATE_H

#include "base/err.h"
#include "base/pack.h"
#include "metric/series.h"

void series_save(const struct series_table *t, struct buf *b);
/* Into a table that is empty: same entities, same series, in their order. */
int series_load(struct series_table *t, struct pack_in *u, struct nc_err *e);

#endif
