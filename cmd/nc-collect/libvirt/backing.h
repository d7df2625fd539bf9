/* SPDX-License-Identifier: MIT */
/*
 * backing: what of this host lies behind a guest on it: the block device
 * under a disk's file, the process and when it began.  May block (a file on
 * a dead server): for the thread of a call only.
 */
#ifndef NC_COLLECT_LIBVIRT_BACKING_H
#define NC_COLLECT_LIBVIRT_BACKING_H

#include "libvirt/identity.h"

/* Adds the label `backing`, the id of a host.disk, where there is one. */
void backing_find(struct identity *i);
/* Sets `since` when the process of the guest can be found. */
void backing_since(struct identity *i);

#endif
