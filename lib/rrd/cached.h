/* SPDX-License-Identifier: MIT */
/*
 * cached: rows through a running rrdcached instead of into the files: its
 * text protocol, in batches.  Never prints.
 */
#ifndef NC_RRD_CACHED_H
#define NC_RRD_CACHED_H

#include "base/err.h"

struct cached;
struct rrdstore;
struct slot;

/* 0 if where is "unix:PATH", a path, or HOST:PORT. */
int cached_check(const char *where, struct nc_err *e);
/* Connects to such a place.  Owned: cached_close(). */
struct cached *cached_open(const char *where, struct nc_err *e);
void cached_close(struct cached *c); /* NULL is fine */
/* The rows of a slot; the file is made if there is none. */
int cached_rows(struct cached *c, struct rrdstore *s, struct slot *p,
    struct nc_err *e);
/* Everything sent is taken: answers read; updates it refuses are said. */
int cached_flush(struct cached *c, struct rrdstore *s, struct nc_err *e);

#endif
