/* SPDX-License-Identifier: MIT */
/*
 * prom: an alert as Prometheus and Alertmanager have it: labels that identify
 * it, annotations that explain it.  Pure.
 */
#ifndef NC_NOTIFY_PROM_H
#define NC_NOTIFY_PROM_H

#include "channel.h"
#include "stream/json.h"

/* Owned.  severity replaces the alert's own where it is not empty. */
struct json *prom_labels(const struct alert *a, struct span severity);
struct json *prom_annotations(const struct alert *a);
/* "2026-11-22T14:02:05.000Z"; owned. */
struct json *prom_time(double ts);
/* When it began, as far as is known. */
double prom_start(const struct alert *a);

#endif
