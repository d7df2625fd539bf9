/* SPDX-License-Identifier: MIT */
/*
 * daylog: what is no number: events, alerts, label changes, one file a day
 * (UTC, of the record) below DIR/log, compressed when the day is over.  The
 * lines are the records as they came.  Never prints.
 */
#ifndef NC_STORE_DAYLOG_H
#define NC_STORE_DAYLOG_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct daylog;

/* Borrows dir.  keep: seconds a day is kept; 0: for ever.  Owned. */
struct daylog *daylog_open(const char *dir, double keep);
/* One line without its LF, of the day of ts; in memory until the write. */
int daylog_add(struct daylog *g, double ts, struct span line, struct nc_err *e);
/* To the kernel, and with sync to the disk. */
int daylog_write(struct daylog *g, int sync, struct nc_err *e);
/* Compresses days that are over, drops old ones. */
int daylog_tidy(struct daylog *g, struct nc_err *e);
int daylog_close(struct daylog *g, struct nc_err *e); /* frees in any case */

#endif
