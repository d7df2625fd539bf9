/* SPDX-License-Identifier: MIT */
/*
 * group: see group.h.  libvirt makes a group for each machine; who starts QEMU
 * by hand has it in the group of a session, which says nothing of it.
 */
#include "qemu/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scan.h"

static bool
is_sub_group(const char *name)
{
	uint64_t n;
	const char *p;

	if (strcmp(name, "emulator") == 0 || strcmp(name, "libvirt") == 0)
		return true;
	return ((p = scan_prefix(name, "vcpu")) != NULL ||
		   (p = scan_prefix(name, "iothread")) != NULL) &&
	       (p = scan_u64(p, &n)) != NULL && *p == '\0';
}

/* libvirt puts the threads of a machine into groups below the machine's. */
static void
strip(char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) != NULL && slash != path &&
	       is_sub_group(slash + 1))
		*slash = '\0';
}

/* A group that is the machine's alone, not the whole session of somebody who
 * started QEMU by hand. */
static bool
is_own(struct tree *t, const char *mount, const char *path, uint64_t pid)
{
	const char *leaf = strrchr(path, '/');
	struct span text;
	uint64_t first;
	char *file;
	bool own = false;

	if (leaf == NULL || leaf[1] == '\0' || mount == NULL)
		return false;
	if (strstr(leaf, "qemu") != NULL ||
	    (leaf - path >= 11 && strncmp(leaf - 11, "/qemu.slice", 11) == 0))
		return true;
	file = xasprintf("%s%s/cgroup.procs", mount, path);
	text = tree_slurp(t, file, true);
	if (text.p != NULL && scan_u64(text.p, &first) != NULL)
		own = first == pid && *scan_line(text.p) == '\0';
	free(file);
	return own;
}

const char *
group_of(struct tree *t, struct cgroups *groups, uint64_t pid,
    char *path[CGT_COUNT])
{
	const char *own = NULL;
	struct span text;
	char file[48];
	size_t i;

	snprintf(file, sizeof(file), "proc/%llu/cgroup",
	    (unsigned long long)pid);
	text = tree_slurp(t, file, true);
	if (text.p == NULL) {
		memset(path, 0, CGT_COUNT * sizeof(*path));
		return NULL;
	}
	cgroup_paths(groups, text.p, path);
	for (i = 0; i < CGT_COUNT; i++) {
		if (path[i] == NULL)
			continue;
		strip(path[i]);
		/* It may have one of its own in some trees of v1 only. */
		if (!is_own(t, groups->mount[i], path[i], pid)) {
			free(path[i]);
			path[i] = NULL;
		} else if (own == NULL) {
			own = path[i];
		}
	}
	return own;
}
