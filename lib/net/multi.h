/* SPDX-License-Identifier: MIT */
/*
 * multi: transfers side by side inside an event loop, none waiting for
 * another: libcurl says which sockets and which timer it waits for, the loop
 * waits, libcurl acts.  What is carried is http's and smtp's business.
 */
#ifndef NC_NET_MULTI_H
#define NC_NET_MULTI_H

#include "base/err.h"
#include "base/loop.h"

struct multi; /* connections, kept open between transfers */

/* Borrows the loop.  Owned: multi_free(), which ends what is under way without
 * a word. */
struct multi *multi_new(struct loop *l, struct nc_err *e);
void multi_free(struct multi *m); /* NULL is fine */
struct loop *multi_loop(const struct multi *m);

#endif
