/* SPDX-License-Identifier: MIT */
/*
 * pool: the huge page pools of one folder (the whole host's or one NUMA
 * node's), a size each.  The sizes are those of the architectures KVM runs
 * on; a size outside this list is not described by the catalogue and left out.
 */
#ifndef NC_COLLECT_HOST_POOL_H
#define NC_COLLECT_HOST_POOL_H

#include "host/host.h"

#define POOL_SIZES 9
#define POOL_FILES 4
/* Names in pool_names: of a size: all, free, surplus, reserved. */
#define POOL_NAMES (POOL_SIZES * POOL_FILES)

extern const char *const pool_names[POOL_NAMES];

struct pool {
	struct kept *files; /* POOL_NAMES of them, path NULL: not there */
	char **paths;
};

/* folder: "sys/kernel/mm/hugepages" */
void pool_open(struct pool *p, struct host *h, const char *folder);
void pool_close(struct pool *p);
/* Adds the values; returns the bytes free and promised to nobody. */
uint64_t pool_put(struct pool *p, struct host *h, const struct keys *k,
    size_t first);

#endif
