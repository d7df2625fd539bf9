/* SPDX-License-Identifier: MIT */
/*
 * lock: one writer at a time, by a lock file of its own beside the data (a
 * data file that is renamed over cannot carry its lock).  Held until freed or
 * until the process is gone, however it ended.
 */
#ifndef NC_BASE_LOCK_H
#define NC_BASE_LOCK_H

#include "base/err.h"

struct lock;

/*
 * Waits at most wait_seconds (0: not at all).  who, "nc-store", is written
 * into the file with our pid for whoever finds it taken.  NULL with code
 * EAGAIN: "PATH: held by nc-store (pid 812)".  Owned: lock_free().
 */
struct lock *lock_take(const char *path, const char *who, double wait_seconds,
    struct nc_err *e);
void lock_free(struct lock *l); /* lets it go; NULL is fine */

#endif
