/* SPDX-License-Identifier: MIT */
/*
 * chart: a small picture of what an alert is about, drawn by nc-query in a
 * process of its own.  It never delays a message by more than its deadline,
 * and a message goes out without one rather than not.
 */
#ifndef NC_NOTIFY_CHART_H
#define NC_NOTIFY_CHART_H

#include "channel.h"

struct chart;

/* NULL when there is nothing to draw; else done is called once, with a PNG or
 * with nothing, and the chart is gone.  Owned until then. */
struct chart *chart_begin(const struct sending *s, const char *store,
    void (*done)(void *arg, struct span png), void *arg);
void chart_cancel(struct chart *c); /* done is not called */

#endif
