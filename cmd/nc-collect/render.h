/* SPDX-License-Identifier: MIT */
/*
 * render: decoded records as text for other readers: one metric a line
 * (--flat), the Prometheus text format (--prometheus), a table for people
 * (-H).  A renderer appends to a buffer; it never writes to a descriptor.
 */
#ifndef NC_COLLECT_RENDER_H
#define NC_COLLECT_RENDER_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/intern.h"
#include "stream/record.h"

/*
 * TS HOST SOURCE ENTITY ID METRIC VALUE [KEY=VALUE...], one line a value,
 * fields parted by one space; space, tab, newline and backslash within a
 * field are written as in /proc/mounts (\040 \011 \012 \134); an empty field
 * is "-".  What is no sample becomes a line that begins with "# ".
 */
void flat_record(struct buf *out, const struct intern *names,
    const struct record *r);

/* Gathers one sweep, families together as the text format asks. */
struct prometheus;
struct prometheus *prometheus_new(const struct intern *names,
    struct diag *diag); /* owned: prometheus_free(); borrows both */
void prometheus_free(struct prometheus *p); /* NULL is fine */
void prometheus_record(struct prometheus *p, const struct record *r);
/* Appends all that was gathered and forgets it.  Returns how many metrics
 * could not be shown because their names are not legal there. */
size_t prometheus_print(struct prometheus *p, struct buf *out);

/* Each record as a paragraph: what it is about, then its values with units
 * people read. */
void table_record(struct buf *out, const struct intern *names,
    const struct record *r);

#endif
