/* SPDX-License-Identifier: MIT */
/*
 * cgroup: files of control groups to numbers.  One table says which file of
 * which tree holds what, for v2 and for v1; the rest is reading it.  Never
 * emits on its own, never follows a path out of the trees.
 */
#include "cgroup.h"

#include <sys/resource.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "scan.h"

/* Numbers that are seconds: files have them in other units. */
#define TIMES \
	(CG_BIT(CG_CPU) | CG_BIT(CG_CPU_USER) | CG_BIT(CG_CPU_SYSTEM) | \
	    CG_BIT(CG_THROTTLED))
/* memory.stat inactive_file: behind the numbers proper. */
#define INACTIVE_FILE CG_NUMBERS
_Static_assert(INACTIVE_FILE < KEYED_OUT, "keyed has room");

/* "No limit" of v1 is the largest page-aligned long, so anything that no
 * machine has. */
#define NO_LIMIT (UINT64_C(1) << 62)

/* Descriptors for a thousand containers, if they are to be had. */
#define DESCRIPTORS 32768

enum shape {
	NUMBER, /* one number, by per */
	LIMIT, /* the same, or "max" */
	KEYED, /* "key number" lines: keyed_rows[which] */
	CPU_MAX, /* "50000 100000" or "max 100000" */
	QUOTA, /* cpu.cfs_quota_us */
	PERIOD, /* cpu.cfs_period_us */
	IO_STAT, /* "8:0 rbytes=1 ..." */
	BLKIO, /* "8:0 Read 1" */
	PRESSURE /* "some ... total=1" */
};

struct file {
	enum cgroup_tree tree;
	const char *name;
	enum shape shape;
	unsigned first; /* number, or which of keyed_rows */
	double per; /* what is read is so many to one */
	uint64_t numbers; /* what it is read for */
};

static const struct keyed_row cpu_stat[] = {{"usage_usec", CG_CPU},
    {"user_usec", CG_CPU_USER}, {"system_usec", CG_CPU_SYSTEM},
    {"nr_periods", CG_PERIODS}, {"nr_throttled", CG_THROTTLED_PERIODS},
    {"throttled_usec", CG_THROTTLED}, {NULL, 0}};
static const struct keyed_row memory_stat[] = {{"anon", CG_MEM_ANON},
    {"file", CG_MEM_FILE}, {"kernel", CG_MEM_KERNEL}, {"shmem", CG_MEM_SHMEM},
    {"slab", CG_MEM_SLAB}, {"inactive_file", INACTIVE_FILE},
    {"pgfault", CG_FAULTS}, {"pgmajfault", CG_MAJOR_FAULTS}, {NULL, 0}};
static const struct keyed_row memory_events[] = {{"high", CG_HIGH_EVENTS},
    {"max", CG_MAX_EVENTS}, {"oom", CG_OOM}, {"oom_kill", CG_OOM_KILLS},
    {NULL, 0}};
static const struct keyed_row pids_events[] = {{"max", CG_PIDS_REFUSED},
    {NULL, 0}};
static const struct keyed_row v1_cpuacct[] = {{"user", CG_CPU_USER},
    {"system", CG_CPU_SYSTEM}, {NULL, 0}};
static const struct keyed_row v1_cpu[] = {{"nr_periods", CG_PERIODS},
    {"nr_throttled", CG_THROTTLED_PERIODS}, {"throttled_time", CG_THROTTLED},
    {NULL, 0}};
/* The "total_" ones have what the groups below hold as well, as v2 does. */
static const struct keyed_row v1_memory[] = {{"total_rss", CG_MEM_ANON},
    {"total_cache", CG_MEM_FILE}, {"total_shmem", CG_MEM_SHMEM},
    {"total_swap", CG_MEM_SWAP}, {"total_inactive_file", INACTIVE_FILE},
    {"total_pgfault", CG_FAULTS}, {"total_pgmajfault", CG_MAJOR_FAULTS},
    {NULL, 0}};
static const struct keyed_row v1_oom[] = {{"oom_kill", CG_OOM_KILLS},
    {NULL, 0}};

/* Those of v2 and those of v1: never both on one machine, but for pids. */
enum { K_CPU, K_MEMORY, K_EVENTS, K_PIDS, K_CPUACCT, K_OOM, K_MORE };
static const struct keyed_row *const rows_v2[CGROUP_KEYED] = {cpu_stat,
    memory_stat, memory_events, pids_events, NULL, NULL, NULL};
static const struct keyed_row *const rows_v1[CGROUP_KEYED] = {v1_cpu, v1_memory,
    NULL, pids_events, v1_cpuacct, v1_oom, NULL};

#define BITS2(a, b) (CG_BIT(a) | CG_BIT(b))
#define IO (BITS2(CG_IO_READ, CG_IO_WRITTEN) | BITS2(CG_IO_READS, CG_IO_WRITES))
#define IO_BYTES BITS2(CG_IO_READ, CG_IO_WRITTEN)
#define IO_REQUESTS BITS2(CG_IO_READS, CG_IO_WRITES)
#define MEMORY_STAT \
	(CG_BIT(CG_MEM_USED) | BITS2(CG_MEM_ANON, CG_MEM_FILE) | \
	    BITS2(CG_MEM_SHMEM, CG_FAULTS) | CG_BIT(CG_MAJOR_FAULTS))

static const struct file files_v2[] = {
    {CGT_CPU, "cpu.stat", KEYED, K_CPU, 1e6,
	TIMES | BITS2(CG_PERIODS, CG_THROTTLED_PERIODS)},
    {CGT_CPU, "cpu.max", CPU_MAX, CG_CPU_LIMIT, 1, CG_BIT(CG_CPU_LIMIT)},
    {CGT_MEMORY, "memory.current", NUMBER, CG_MEM_CURRENT, 1,
	BITS2(CG_MEM_USED, CG_MEM_CURRENT)},
    {CGT_MEMORY, "memory.peak", NUMBER, CG_MEM_PEAK, 1, CG_BIT(CG_MEM_PEAK)},
    {CGT_MEMORY, "memory.max", LIMIT, CG_MEM_LIMIT, 1, CG_BIT(CG_MEM_LIMIT)},
    {CGT_MEMORY, "memory.high", LIMIT, CG_MEM_HIGH, 1, CG_BIT(CG_MEM_HIGH)},
    {CGT_MEMORY, "memory.stat", KEYED, K_MEMORY, 1,
	MEMORY_STAT | BITS2(CG_MEM_KERNEL, CG_MEM_SLAB)},
    {CGT_MEMORY, "memory.swap.current", NUMBER, CG_MEM_SWAP, 1,
	CG_BIT(CG_MEM_SWAP)},
    {CGT_MEMORY, "memory.events", KEYED, K_EVENTS, 1,
	BITS2(CG_HIGH_EVENTS, CG_MAX_EVENTS) | BITS2(CG_OOM, CG_OOM_KILLS)},
    {CGT_BLKIO, "io.stat", IO_STAT, CG_IO_READ, 1, IO},
    {CGT_PIDS, "pids.current", NUMBER, CG_PIDS, 1, CG_BIT(CG_PIDS)},
    {CGT_PIDS, "pids.max", LIMIT, CG_PIDS_LIMIT, 1, CG_BIT(CG_PIDS_LIMIT)},
    {CGT_PIDS, "pids.events", KEYED, K_PIDS, 1, CG_BIT(CG_PIDS_REFUSED)},
};

static const struct file files_v1[] = {
    {CGT_CPUACCT, "cpuacct.usage", NUMBER, CG_CPU, 1e9, CG_BIT(CG_CPU)},
    {CGT_CPUACCT, "cpuacct.stat", KEYED, K_CPUACCT, 1e2,
	BITS2(CG_CPU_USER, CG_CPU_SYSTEM)},
    {CGT_CPU, "cpu.stat", KEYED, K_CPU, 1e9,
	BITS2(CG_PERIODS, CG_THROTTLED_PERIODS) | CG_BIT(CG_THROTTLED)},
    {CGT_CPU, "cpu.cfs_quota_us", QUOTA, CG_CPU_LIMIT, 1, CG_BIT(CG_CPU_LIMIT)},
    {CGT_CPU, "cpu.cfs_period_us", PERIOD, CG_CPU_LIMIT, 1,
	CG_BIT(CG_CPU_LIMIT)},
    {CGT_MEMORY, "memory.usage_in_bytes", NUMBER, CG_MEM_CURRENT, 1,
	BITS2(CG_MEM_USED, CG_MEM_CURRENT)},
    {CGT_MEMORY, "memory.max_usage_in_bytes", NUMBER, CG_MEM_PEAK, 1,
	CG_BIT(CG_MEM_PEAK)},
    {CGT_MEMORY, "memory.limit_in_bytes", LIMIT, CG_MEM_LIMIT, 1,
	CG_BIT(CG_MEM_LIMIT)},
    {CGT_MEMORY, "memory.stat", KEYED, K_MEMORY, 1,
	MEMORY_STAT | CG_BIT(CG_MEM_SWAP)},
    {CGT_MEMORY, "memory.kmem.usage_in_bytes", NUMBER, CG_MEM_KERNEL, 1,
	CG_BIT(CG_MEM_KERNEL)},
    {CGT_MEMORY, "memory.failcnt", NUMBER, CG_MAX_EVENTS, 1,
	CG_BIT(CG_MAX_EVENTS)},
    {CGT_MEMORY, "memory.oom_control", KEYED, K_OOM, 1, CG_BIT(CG_OOM_KILLS)},
    {CGT_BLKIO, "blkio.throttle.io_service_bytes_recursive", BLKIO, CG_IO_READ,
	1, IO_BYTES},
    {CGT_BLKIO, "blkio.throttle.io_serviced_recursive", BLKIO, CG_IO_READS, 1,
	IO_REQUESTS},
    {CGT_PIDS, "pids.current", NUMBER, CG_PIDS, 1, CG_BIT(CG_PIDS)},
    {CGT_PIDS, "pids.max", LIMIT, CG_PIDS_LIMIT, 1, CG_BIT(CG_PIDS_LIMIT)},
    {CGT_PIDS, "pids.events", KEYED, K_PIDS, 1, CG_BIT(CG_PIDS_REFUSED)},
};

/* On v1 machines these are in the v2 tree beside, where there is one. */
static const struct file files_pressure[] = {
    {CGT_UNIFIED, "cpu.pressure", PRESSURE, CG_PSI_CPU_SOME, 1e6,
	BITS2(CG_PSI_CPU_SOME, CG_PSI_CPU_FULL)},
    {CGT_UNIFIED, "memory.pressure", PRESSURE, CG_PSI_MEM_SOME, 1e6,
	BITS2(CG_PSI_MEM_SOME, CG_PSI_MEM_FULL)},
    {CGT_UNIFIED, "io.pressure", PRESSURE, CG_PSI_IO_SOME, 1e6,
	BITS2(CG_PSI_IO_SOME, CG_PSI_IO_FULL)},
};

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define FILES_MAX (ROWS(files_v1) + ROWS(files_pressure) + CGROUP_SIZES)

struct open_file {
	const struct file *file; /* NULL: huge pages */
	struct kept kept; /* its path is owned */
};

struct cgroup {
	struct cgroups *all;
	struct tree *tree;
	struct open_file file[FILES_MAX];
	size_t nfiles;
	double quota, period; /* of v1, as last read; NAN: none */
};

/* "hugepages-2048kB" is "2MB" in the names of the controller's files. */
static void
add_size(void *arg, const char *name)
{
	struct cgroups *c = arg;
	const char *p;
	uint64_t kib;

	if (c->nsizes == CGROUP_SIZES ||
	    (p = scan_prefix(name, "hugepages-")) == NULL ||
	    scan_u64(p, &kib) == NULL)
		return;
	snprintf(c->sizes[c->nsizes++], sizeof(c->sizes[0]), "%u%s",
	    (unsigned)(kib >= 1 << 20   ? kib >> 20
		       : kib >= 1 << 10 ? kib >> 10
					: kib),
	    kib >= 1 << 20   ? "GB"
	    : kib >= 1 << 10 ? "MB"
			     : "KB");
}

/* "253 device-mapper": majors are given out at boot. */
static void
find_stacked(struct cgroups *c, struct tree *t)
{
	const char *p = tree_slurp(t, "proc/devices", true).p, *name;
	uint64_t major;

	c->stacked[1] = 9; /* md and loop: Documentation/admin-guide/devices */
	c->stacked[2] = 7;
	for (; p != NULL && *p != '\0'; p = scan_line(p))
		if ((name = scan_u64(p, &major)) != NULL &&
		    scan_prefix(name, " device-mapper\n") != NULL)
			c->stacked[0] = (unsigned)major;
}

static void
find_room(struct cgroups *c)
{
	struct rlimit limit;

	/* A soft limit of 1,024 is for programs that use select(2). */
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	if (limit.rlim_cur < DESCRIPTORS && limit.rlim_max > limit.rlim_cur) {
		limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max
							      : DESCRIPTORS;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	c->kept_max = (size_t)(limit.rlim_cur < DESCRIPTORS ? limit.rlim_cur
							    : DESCRIPTORS) /
		      2;
}

void
cgroups_open(struct cgroups *c, struct tree *t)
{
	static const char *const v1[CGT_COUNT] = {"sys/fs/cgroup/cpu",
	    "sys/fs/cgroup/cpuacct", "sys/fs/cgroup/memory",
	    "sys/fs/cgroup/blkio", "sys/fs/cgroup/pids",
	    "sys/fs/cgroup/hugetlb", "sys/fs/cgroup/unified",
	    "sys/fs/cgroup/systemd"};
	size_t i;

	memset(c, 0, sizeof(*c));
	c->v2 = tree_exists(t, "sys/fs/cgroup/cgroup.controllers");
	for (i = 0; i < CGT_COUNT; i++)
		if (c->v2)
			c->mount[i] = "sys/fs/cgroup";
		else if (tree_exists(t, v1[i]))
			c->mount[i] = v1[i];
	for (i = 0; i < CGROUP_KEYED; i++) {
		c->keyed[i].rows = c->v2 ? rows_v2[i] : rows_v1[i];
		/* cpu.stat is longer where the controller is on. */
		c->keyed[i].whole = true;
	}
	tree_list(t, "sys/kernel/mm/hugepages", add_size, c);
	find_stacked(c, t);
	find_room(c);
}

enum cgroup_tree
cgroups_main(const struct cgroups *c)
{
	static const enum cgroup_tree order[] = {CGT_MEMORY, CGT_CPU, CGT_PIDS,
	    CGT_BLKIO, CGT_CPUACCT, CGT_SYSTEMD, CGT_UNIFIED};
	size_t i;

	for (i = 0; i < ROWS(order); i++)
		if (c->mount[order[i]] != NULL)
			return order[i];
	return CGT_UNIFIED;
}

static void
add_file(struct cgroup *g, enum cgroup_tree tree, const char *const *path,
    const char *name, const struct file *file)
{
	struct open_file *o;

	if (g->all->mount[tree] == NULL || path[tree] == NULL ||
	    g->nfiles == FILES_MAX)
		return;
	o = &g->file[g->nfiles++];
	o->file = file;
	o->kept = KEPT(xasprintf("%s%s/%s", g->all->mount[tree],
	    strcmp(path[tree], "/") == 0 ? "" : path[tree], name));
}

static void
add_files(struct cgroup *g, const char *const *path, const struct file *files,
    size_t count, uint64_t wanted)
{
	size_t i;

	for (i = 0; i < count; i++)
		if ((files[i].numbers & wanted) != 0)
			add_file(g, files[i].tree, path, files[i].name,
			    &files[i]);
}

struct cgroup *
cgroup_new(struct cgroups *c, struct tree *t, const char *const path[CGT_COUNT],
    uint64_t wanted)
{
	struct cgroup *g = xcalloc(1, sizeof(*g));
	char name[48];
	size_t i;

	g->all = c;
	g->tree = t;
	g->quota = g->period = NAN;
	if (c->v2)
		add_files(g, path, files_v2, ROWS(files_v2), wanted);
	else
		add_files(g, path, files_v1, ROWS(files_v1), wanted);
	add_files(g, path, files_pressure, ROWS(files_pressure), wanted);
	for (i = 0; i < c->nsizes && (wanted & CG_BIT(CG_HUGETLB)) != 0; i++) {
		snprintf(name, sizeof(name), "hugetlb.%s.%s", c->sizes[i],
		    c->v2 ? "current" : "usage_in_bytes");
		add_file(g, CGT_HUGETLB, path, name, NULL);
	}
	return g;
}

void
cgroup_free(struct cgroup *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->nfiles; i++) {
		if (g->file[i].kept.fd != -1)
			g->all->kept--;
		kept_close(&g->file[i].kept);
		free((char *)(uintptr_t)g->file[i].kept.path);
	}
	free(g);
}

static void
see(struct cgroup_numbers *n, unsigned number, double v)
{
	n->v[number] = v;
	n->seen |= CG_BIT(number);
}

static void
take_keyed(struct cgroups *c, const struct file *f, const char *text,
    struct cgroup_numbers *n, double *inactive)
{
	struct keyed_numbers k;
	unsigned i;

	keyed_lines(&c->keyed[f->first], text, &k);
	for (i = 0; i < CG_NUMBERS; i++)
		if (keyed_has(&k, i))
			see(n, i,
			    (TIMES >> i & 1) != 0 ? (double)k.v[i] / f->per
						  : (double)k.v[i]);
	if (keyed_has(&k, INACTIVE_FILE))
		*inactive = (double)k.v[INACTIVE_FILE];
}

/*
 * Requests to a stack of devices (LVM on RAID on disks) are counted on every
 * floor.  So each kind of device is summed on its own and the largest sum is
 * taken: at least what was asked for, and not the sum of all floors.
 */
struct floors {
	double v[4][4];
	bool seen[4];
};

static size_t
floor_of(const struct cgroups *c, uint64_t major)
{
	size_t i;

	for (i = 0; i < ROWS(c->stacked); i++)
		if (c->stacked[i] != 0 && c->stacked[i] == major)
			return i + 1;
	return 0;
}

static void
see_floors(const struct floors *fl, unsigned first, struct cgroup_numbers *n)
{
	size_t i, j;
	double most;

	for (j = 0; j < 4; j++) {
		if (!fl->seen[j])
			continue;
		for (most = 0, i = 0; i < 4; i++)
			if (fl->v[i][j] > most)
				most = fl->v[i][j];
		see(n, first + (unsigned)j, most);
	}
}

static void
take_io(const struct cgroups *c, const char *p, struct cgroup_numbers *n)
{
	static const char *const names[] = {"rbytes=", "wbytes=", "rios=",
	    "wios="};
	struct floors fl = {.seen = {true, true, true, true}};
	const char *rest, *word;
	uint64_t major, v;
	size_t i, at;

	/* A group without any I/O has an empty file: that is 0. */
	for (; *p != '\0'; p = scan_line(p)) {
		if ((rest = scan_u64(p, &major)) == NULL || *rest != ':')
			continue;
		at = floor_of(c, major);
		for (word = rest + scan_word(rest);
		     *(word = scan_blank(word)) != '\0' && *word != '\n';
		     word += scan_word(word))
			for (i = 0; i < ROWS(names); i++)
				if ((rest = scan_prefix(word, names[i])) !=
					NULL &&
				    scan_u64(rest, &v) != NULL)
					fl.v[at][i] += (double)v;
	}
	see_floors(&fl, CG_IO_READ, n);
}

/*
 * Since Linux 6.10 the throttling that keeps these numbers sleeps until a
 * limit is set: a file without devices says nothing, not 0.
 */
static void
take_blkio(const struct cgroups *c, const char *p, unsigned first,
    struct cgroup_numbers *n)
{
	struct floors fl = {.seen = {false}};
	const char *rest, *number;
	uint64_t major, v;
	size_t i;

	for (; *p != '\0'; p = scan_line(p)) {
		if ((rest = scan_u64(p, &major)) == NULL || *rest != ':')
			continue;
		rest = scan_blank(rest + scan_word(rest));
		if ((number = scan_prefix(rest, "Read ")) != NULL)
			i = 0;
		else if ((number = scan_prefix(rest, "Write ")) != NULL)
			i = 1;
		else
			continue;
		if (scan_u64(number, &v) == NULL)
			continue;
		fl.v[floor_of(c, major)][i] += (double)v;
		fl.seen[i] = true;
	}
	see_floors(&fl, first, n);
}

static void
take_pressure(const struct file *f, const char *p, struct cgroup_numbers *n)
{
	const char *total;
	unsigned number;
	uint64_t v;

	for (; *p != '\0'; p = scan_line(p)) {
		if (scan_prefix(p, "some ") != NULL)
			number = f->first;
		else if (scan_prefix(p, "full ") != NULL)
			number = f->first + 1;
		else
			continue;
		total = strstr(p, "total=");
		if (total != NULL && scan_u64(total + 6, &v) != NULL)
			see(n, number, (double)v / f->per);
	}
}

static void
take_limit(const char *p, unsigned number, struct cgroup_numbers *n)
{
	uint64_t v;

	if (scan_u64(p, &v) != NULL && v < NO_LIMIT)
		see(n, number, (double)v);
}

static void
take(struct cgroup *g, const struct file *f, const char *text,
    struct cgroup_numbers *n, double *inactive)
{
	const char *rest;
	uint64_t v, period;
	int64_t quota;

	switch (f->shape) {
	case NUMBER:
		if (scan_u64(text, &v) != NULL)
			see(n, f->first, (double)v / f->per);
		break;
	case LIMIT:
		take_limit(text, f->first, n);
		break;
	case KEYED:
		take_keyed(g->all, f, text, n, inactive);
		break;
	case CPU_MAX:
		if ((rest = scan_u64(text, &v)) != NULL &&
		    scan_u64(rest, &period) != NULL && period > 0)
			see(n, f->first, (double)v / (double)period);
		break;
	case QUOTA:
		if (scan_i64(text, &quota) != NULL && quota > 0)
			g->quota = (double)quota;
		break;
	case PERIOD:
		if (scan_u64(text, &period) != NULL && period > 0)
			g->period = (double)period;
		break;
	case IO_STAT:
		take_io(g->all, text, n);
		break;
	case BLKIO:
		take_blkio(g->all, text, f->first, n);
		break;
	case PRESSURE:
		take_pressure(f, text, n);
		break;
	}
}

/* As many descriptors are kept as there is room for. */
static const char *
read_file(struct cgroup *g, struct open_file *o)
{
	const char *text;
	int before = o->kept.fd;

	text = kept_read(g->tree, &o->kept).p;
	if (before == -1 && o->kept.fd != -1) {
		if (g->all->kept >= g->all->kept_max)
			kept_close(&o->kept);
		else
			g->all->kept++;
	} else if (before != -1 && o->kept.fd == -1) {
		g->all->kept--;
	}
	return text;
}

bool
cgroup_read(struct cgroup *g, struct cgroup_numbers *n)
{
	double inactive = NAN, huge = 0, used;
	bool alive = false, has_huge = false;
	const char *text;
	uint64_t v;
	size_t i;

	n->seen = 0;
	g->quota = g->period = NAN;
	for (i = 0; i < g->nfiles; i++) {
		if ((text = read_file(g, &g->file[i])) == NULL)
			continue;
		alive = true;
		if (g->file[i].file != NULL) {
			take(g, g->file[i].file, text, n, &inactive);
		} else if (scan_u64(text, &v) != NULL) {
			huge += (double)v;
			has_huge = true;
		}
	}
	if (has_huge)
		see(n, CG_HUGETLB, huge);
	if (isfinite(g->quota) && isfinite(g->period))
		see(n, CG_CPU_LIMIT, g->quota / g->period);
	if (cgroup_has(n, CG_MEM_CURRENT) && isfinite(inactive)) {
		used = n->v[CG_MEM_CURRENT] - inactive;
		see(n, CG_MEM_USED, used > 0 ? used : 0);
	}
	return alive;
}

void
cgroup_put(const struct cgroup_numbers *n, const struct keys *k,
    struct frame *f)
{
	uint64_t left = n->seen & k->on;
	unsigned i;

	for (; left != 0; left &= left - 1) {
		i = (unsigned)__builtin_ctzll(left);
		frame_value(f, k->names[i], n->v[i]);
	}
}

/* One line of /proc/PID/cgroup: "4:memory,pids:/path", "0::/path". */
static void
take_path(const struct cgroups *c, struct span line, char *path[CGT_COUNT])
{
	static const char *const names[CGT_COUNT] = {"cpu", "cpuacct", "memory",
	    "blkio", "pids", "hugetlb", "", "name=systemd"};
	struct span number, list, rest, name;
	size_t i;

	if (!str_cut(line, ':', &number, &rest) ||
	    !str_cut(rest, ':', &list, &rest) || !str_starts(rest, "/") ||
	    str_starts(rest, "/.."))
		return;
	while (str_item(&list, ',', &name))
		for (i = 0; i < CGT_COUNT; i++)
			if (path[i] == NULL && (span_is(name, names[i]) ||
						   (c->v2 && name.len == 0)))
				path[i] = xmemdup0(rest.p, rest.len);
}

void
cgroup_paths(const struct cgroups *c, const char *text, char *path[CGT_COUNT])
{
	struct span rest = span_of(text), line;

	memset(path, 0, CGT_COUNT * sizeof(*path));
	while (str_item(&rest, '\n', &line))
		take_path(c, line, path);
}

void
cgroup_paths_free(char *path[CGT_COUNT])
{
	size_t i;

	for (i = 0; i < CGT_COUNT; i++) {
		free(path[i]);
		path[i] = NULL;
	}
}
