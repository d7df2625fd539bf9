/* SPDX-License-Identifier: MIT */
/*
 * domstats: what `virsh domstats --raw` prints, read again: for ssh, replay,
 * fixtures, and to make a fleet of a few recorded domains.
 */
#ifndef NC_COLLECT_LIBVIRT_DOMSTATS_H
#define NC_COLLECT_LIBVIRT_DOMSTATS_H

#include "base/err.h"
#include "emit.h"
#include "field.h"

struct domstats; /* a recording in memory */

/* path "-": the standard input of nc-collect.  Owned: domstats_close(). */
struct domstats *domstats_open(const char *path, struct nc_err *e);
void domstats_close(struct domstats *d); /* NULL is fine */
/* The text as it stands; copied.  Owned: domstats_close(). */
struct domstats *domstats_text(struct span text);
/*
 * The next domain into *g, until the next call.  1, 0 at the end, or -1: the
 * text is not of virsh, *e says where.
 */
int domstats_next(struct domstats *d, struct fields *f, struct guest *g,
    struct nc_err *e);
void domstats_rewind(struct domstats *d);
bool domstats_is_empty(const struct domstats *d); /* no byte of it */

#endif
