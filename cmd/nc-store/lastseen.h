/* SPDX-License-Identifier: MIT */
/*
 * lastseen: the last reading of every counter, kept from one run to the next
 * in DIR/last, so that a run of a single sample (cron) has rates too.
 */
#ifndef NC_STORE_LASTSEEN_H
#define NC_STORE_LASTSEEN_H

#include "base/err.h"
#include "base/intern.h"
#include "metric/series.h"

/* Feeds the table with what was kept.  0 also when there is nothing; -1: it
 * cannot be used, *e says why (counters begin anew). */
int lastseen_load(const char *dir, struct intern *names, struct series_table *t,
    struct nc_err *e);
int lastseen_save(const char *dir, const struct intern *names,
    const struct series_table *t, struct nc_err *e);

#endif
