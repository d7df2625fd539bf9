/* SPDX-License-Identifier: MIT */
/*
 * cgroup: the numbers of one control group, the same whether the machine has
 * cgroup v2, v1, or both beside each other (hybrid: controllers on v1, and
 * pressure on an otherwise empty v2 tree).  Files are read through kept
 * descriptors, and only those the level asks for.  Never guesses: what a
 * kernel does not tell is not seen.
 */
#ifndef NC_COLLECT_CGROUP_H
#define NC_COLLECT_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keyed.h"
#include "keys.h"
#include "tree.h"

/* In the order of the container's rows in the catalogue. */
enum cgroup_number {
	CG_CPU,
	CG_CPU_USER,
	CG_CPU_SYSTEM,
	CG_PERIODS,
	CG_THROTTLED_PERIODS,
	CG_THROTTLED,
	CG_CPU_LIMIT,
	CG_MEM_USED,
	CG_MEM_CURRENT,
	CG_MEM_PEAK,
	CG_MEM_LIMIT,
	CG_MEM_HIGH,
	CG_MEM_ANON,
	CG_MEM_FILE,
	CG_MEM_KERNEL,
	CG_MEM_SHMEM,
	CG_MEM_SLAB,
	CG_MEM_SWAP,
	CG_FAULTS,
	CG_MAJOR_FAULTS,
	CG_HIGH_EVENTS,
	CG_MAX_EVENTS,
	CG_OOM,
	CG_OOM_KILLS,
	CG_HUGETLB,
	CG_IO_READ,
	CG_IO_WRITTEN,
	CG_IO_READS,
	CG_IO_WRITES,
	CG_PIDS,
	CG_PIDS_LIMIT,
	CG_PIDS_REFUSED,
	CG_PSI_CPU_SOME,
	CG_PSI_CPU_FULL,
	CG_PSI_MEM_SOME,
	CG_PSI_MEM_FULL,
	CG_PSI_IO_SOME,
	CG_PSI_IO_FULL,
	CG_NUMBERS
};

#define CG_BIT(n) (UINT64_C(1) << (n))

/* Trees of control groups.  On v2 all are one. */
enum cgroup_tree {
	CGT_CPU,
	CGT_CPUACCT,
	CGT_MEMORY,
	CGT_BLKIO,
	CGT_PIDS,
	CGT_HUGETLB,
	CGT_UNIFIED,
	CGT_SYSTEMD,
	CGT_COUNT
};

#define CGROUP_KEYED 7
#define CGROUP_SIZES 8 /* of huge pages */

/* What all control groups of a machine have in common. */
struct cgroups {
	bool v2; /* and nothing else */
	const char *mount[CGT_COUNT]; /* "sys/fs/cgroup/memory", NULL: none */
	struct keyed keyed[CGROUP_KEYED]; /* learnt layouts, by file */
	char sizes[CGROUP_SIZES][12]; /* "2MB" */
	size_t nsizes;
	unsigned stacked[3]; /* majors of device mapper, md, loop; 0: none */
	size_t kept, kept_max; /* descriptors */
};

struct cgroup; /* one control group */

struct cgroup_numbers {
	uint64_t seen; /* bit n: v[n] was told */
	double v[CG_NUMBERS];
};

static inline bool
cgroup_has(const struct cgroup_numbers *n, enum cgroup_number i)
{
	return (n->seen >> i & 1) != 0;
}

/* Looks where the trees are.  *c is zeroed first. */
void cgroups_open(struct cgroups *c, struct tree *t);
/* The tree that knows of every group: where to look for them. */
enum cgroup_tree cgroups_main(const struct cgroups *c);

/*
 * The group at path ("/machine.slice/x.scope") of each tree; a path of NULL:
 * it is not in that tree.  Only wanted numbers (CG_BIT) are read.  Borrows c
 * and t.  Owned: cgroup_free().
 */
struct cgroup *cgroup_new(struct cgroups *c, struct tree *t,
    const char *const path[CGT_COUNT], uint64_t wanted);
void cgroup_free(struct cgroup *g); /* NULL is fine */
/* false: nothing of it can be read any more, it is gone. */
bool cgroup_read(struct cgroup *g, struct cgroup_numbers *n);
/* Adds the numbers seen to the sample in hand. */
void cgroup_put(const struct cgroup_numbers *n, const struct keys *k,
    struct frame *f);

/*
 * The paths out of the text of /proc/PID/cgroup, NULL where it has none.
 * Owned results: cgroup_paths_free().
 */
void cgroup_paths(const struct cgroups *c, const char *text,
    char *path[CGT_COUNT]);
void cgroup_paths_free(char *path[CGT_COUNT]);

#endif
