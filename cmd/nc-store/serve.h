/* SPDX-License-Identifier: MIT */
/*
 * serve: DIR/flush.sock.  A reader writes one line for each entity it wants,
 * "HOST\tSOURCE\tENTITY\tID" with "%xx" for bytes that would be in the way,
 * or "*" for all, then an empty line; when their rows are in their files it
 * gets "ok\n", or "error TEXT\n".
 */
#ifndef NC_STORE_SERVE_H
#define NC_STORE_SERVE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"
#include "metric/store.h"

struct serve;

/* Borrows all but the path.  NULL: readers are on their own.  Owned. */
struct serve *serve_open(const char *dir, struct loop *l, struct store *s,
    struct nc_err *e);
/* True when a writer answers on the store's socket. */
bool serve_alive(const char *dir);
void serve_close(struct serve *v); /* NULL is fine; removes the socket */

#endif
