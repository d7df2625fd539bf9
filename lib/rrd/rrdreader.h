/* SPDX-License-Identifier: MIT */
/*
 * rrdreader: the reader behind metric/store.h for a folder of rrdstore: it
 * looks at roster and files, takes no lock, changes nothing.  Never prints.
 */
#ifndef NC_RRD_RRDREADER_H
#define NC_RRD_RRDREADER_H

#include "metric/store.h"

struct rrdreader_found {
	uint64_t bad; /* damaged lines of the roster */
};

/* NULL with code ENOENT: there is no store.  Owned: r->ops->close(). */
struct store_reader *rrdreader_open(const char *dir,
    struct rrdreader_found *found, struct nc_err *e);
/* The file an entity is in, and the name of a metric in it.  Owned. */
char *rrdreader_path(const struct store_reader *r,
    const struct store_entity *n);
/* -1: the file cannot be read, or has no such source yet (ENODATA). */
int rrdreader_source(struct store_reader *r, const struct store_entity *n,
    size_t metric, char name[20], struct nc_err *e);

#endif
