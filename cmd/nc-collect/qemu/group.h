/* SPDX-License-Identifier: MIT */
/* group: which control groups are a QEMU process's alone. */
#ifndef NC_COLLECT_QEMU_GROUP_H
#define NC_COLLECT_QEMU_GROUP_H

#include <stdint.h>

#include "cgroup.h"
#include "tree.h"

/*
 * Its paths by tree, owned: cgroup_paths_free(); NULL in trees where it has
 * none of its own.  Returns the first of them, borrowed, or NULL.
 */
const char *group_of(struct tree *t, struct cgroups *groups, uint64_t pid,
    char *path[CGT_COUNT]);

#endif
