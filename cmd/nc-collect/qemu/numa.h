/* SPDX-License-Identifier: MIT */
/*
 * numa: on which nodes of the host the memory of a process lies.  The kernel
 * walks all of that memory to tell it, so it is asked once a minute and only
 * at level diagnostic.
 */
#ifndef NC_COLLECT_QEMU_NUMA_H
#define NC_COLLECT_QEMU_NUMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

#define NUMA_NODES 64
#define NUMA_SECONDS 60

struct numa_node {
	unsigned node;
	uint64_t bytes, huge; /* huge: of those in static huge pages */
};

struct numa {
	struct numa_node list[NUMA_NODES]; /* by node number */
	size_t count;
};

/* The text of /proc/PID/numa_maps. */
void numa_parse(struct numa *n, const char *text);
/* false: not to be had. */
bool numa_read(struct numa *n, struct tree *t, uint64_t pid);

#endif
