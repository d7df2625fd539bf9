/* SPDX-License-Identifier: MIT */
/*
 * memory: /proc/meminfo and /proc/vmstat: memory, swap, reclaim, OOM kills.
 * Lines a kernel does not have are not measured, never 0.
 */
#include "host/host.h"

#include <stdlib.h>

#include "base/mem.h"
#include "keyed.h"

enum {
	M_TOTAL,
	M_FREE,
	M_AVAILABLE,
	M_BUFFERS,
	M_CACHED,
	M_SWAP_TOTAL,
	M_SWAP_FREE,
	M_SWAP_CACHED,
	M_ACTIVE,
	M_INACTIVE,
	M_UNEVICTABLE,
	M_LOCKED,
	M_DIRTY,
	M_WRITEBACK,
	M_ANON,
	M_MAPPED,
	M_SHARED,
	M_SLAB,
	M_SLAB_RECLAIMABLE,
	M_SLAB_UNRECLAIMABLE,
	M_KERNEL_STACK,
	M_PAGE_TABLES,
	M_COMMIT_LIMIT,
	M_COMMITTED,
	M_PER_CPU,
	M_ANON_HUGE,
	M_HUGETLB,
	M_CORRUPTED,
	M_ZSWAP,
	M_ZSWAPPED,
	M_COUNT
};

static const char *const mem_names[M_COUNT] = {"mem_total_bytes",
    "mem_free_bytes", "mem_available_bytes", "mem_buffers_bytes",
    "mem_cached_bytes", "swap_total_bytes", "swap_free_bytes",
    "swap_cached_bytes", "mem_active_bytes", "mem_inactive_bytes",
    "mem_unevictable_bytes", "mem_locked_bytes", "mem_dirty_bytes",
    "mem_writeback_bytes", "mem_anon_bytes", "mem_mapped_bytes",
    "mem_shared_bytes", "mem_slab_bytes", "mem_slab_reclaimable_bytes",
    "mem_slab_unreclaimable_bytes", "mem_kernel_stack_bytes",
    "mem_page_tables_bytes", "mem_commit_limit_bytes", "mem_committed_bytes",
    "mem_per_cpu_bytes", "mem_anon_huge_bytes", "mem_hugetlb_bytes",
    "mem_corrupted_bytes", "mem_zswap_bytes", "mem_zswapped_bytes"};

static const struct keyed_row mem_rows[] = {{"MemTotal", M_TOTAL},
    {"MemFree", M_FREE}, {"MemAvailable", M_AVAILABLE}, {"Buffers", M_BUFFERS},
    {"Cached", M_CACHED}, {"SwapTotal", M_SWAP_TOTAL},
    {"SwapFree", M_SWAP_FREE}, {"SwapCached", M_SWAP_CACHED},
    {"Active", M_ACTIVE}, {"Inactive", M_INACTIVE},
    {"Unevictable", M_UNEVICTABLE}, {"Mlocked", M_LOCKED}, {"Dirty", M_DIRTY},
    {"Writeback", M_WRITEBACK}, {"AnonPages", M_ANON}, {"Mapped", M_MAPPED},
    {"Shmem", M_SHARED}, {"Slab", M_SLAB}, {"SReclaimable", M_SLAB_RECLAIMABLE},
    {"SUnreclaim", M_SLAB_UNRECLAIMABLE}, {"KernelStack", M_KERNEL_STACK},
    {"PageTables", M_PAGE_TABLES}, {"CommitLimit", M_COMMIT_LIMIT},
    {"Committed_AS", M_COMMITTED}, {"Percpu", M_PER_CPU},
    {"AnonHugePages", M_ANON_HUGE}, {"Hugetlb", M_HUGETLB},
    {"HardwareCorrupted", M_CORRUPTED}, {"Zswap", M_ZSWAP},
    {"Zswapped", M_ZSWAPPED}, {NULL, 0}};

enum {
	V_FAULTS,
	V_MAJOR,
	V_PAGED_IN,
	V_PAGED_OUT,
	V_SWAP_IN,
	V_SWAP_OUT,
	V_OOM,
	V_SCAN_KSWAPD,
	V_SCAN_DIRECT,
	V_STEAL_KSWAPD,
	V_STEAL_DIRECT,
	V_ALLOC_STALLS,
	V_COMPACT_STALLS,
	V_COMPACT_FAILS,
	V_REFAULTS_ANON,
	V_REFAULTS_FILE,
	V_NUMA_HINTS,
	V_NUMA_HINTS_LOCAL,
	V_NUMA_MIGRATED,
	V_THP_FAULTS,
	V_THP_FALLBACKS,
	V_THP_SPLITS,
	V_DROPPED,
	V_COUNT
};

static const char *const vm_names[V_COUNT] = {"page_faults_total",
    "major_page_faults_total", "paged_in_bytes_total", "paged_out_bytes_total",
    "swap_in_bytes_total", "swap_out_bytes_total", "oom_kills_total",
    "reclaim_kswapd_scanned_bytes_total", "reclaim_direct_scanned_bytes_total",
    "reclaim_kswapd_stolen_bytes_total", "reclaim_direct_stolen_bytes_total",
    "allocation_stalls_total", "compaction_stalls_total",
    "compaction_failures_total", "refaults_anon_total", "refaults_file_total",
    "numa_hint_faults_total", "numa_hint_faults_local_total",
    "numa_migrated_bytes_total", "huge_page_faults_total",
    "huge_page_fallbacks_total", "huge_page_splits_total",
    "page_cache_drops_total"};

/* workingset_refault was one number until 5.9 split it; until 4.8 the scan
 * counters were kept by zone. */
static const struct keyed_row vm_rows[] = {{"pgfault", V_FAULTS},
    {"pgmajfault", V_MAJOR}, {"pgpgin", V_PAGED_IN}, {"pgpgout", V_PAGED_OUT},
    {"pswpin", V_SWAP_IN}, {"pswpout", V_SWAP_OUT}, {"oom_kill", V_OOM},
    {"pgscan_kswapd", V_SCAN_KSWAPD}, {"pgscan_direct", V_SCAN_DIRECT},
    {"pgsteal_kswapd", V_STEAL_KSWAPD}, {"pgsteal_direct", V_STEAL_DIRECT},
    {"allocstall*", V_ALLOC_STALLS}, {"compact_stall", V_COMPACT_STALLS},
    {"compact_fail", V_COMPACT_FAILS},
    {"workingset_refault_anon", V_REFAULTS_ANON},
    {"workingset_refault_file", V_REFAULTS_FILE},
    {"numa_hint_faults", V_NUMA_HINTS},
    {"numa_hint_faults_local", V_NUMA_HINTS_LOCAL},
    {"numa_pages_migrated", V_NUMA_MIGRATED}, {"thp_fault_alloc", V_THP_FAULTS},
    {"thp_fault_fallback", V_THP_FALLBACKS}, {"thp_split_page", V_THP_SPLITS},
    {"drop_pagecache", V_DROPPED}, {NULL, 0}};

struct memory {
	struct keys mem_keys, vm_keys;
	struct kept meminfo, vmstat;
	struct keyed mem, vm;
};

static void *
memory_open(struct host *h)
{
	struct memory *m = xcalloc(1, sizeof(*m));

	keys_open(&m->mem_keys, h->run, "host", mem_names, M_COUNT);
	keys_open(&m->vm_keys, h->run, "host", vm_names, V_COUNT);
	m->meminfo = KEPT("proc/meminfo");
	m->vmstat = KEPT("proc/vmstat");
	m->mem.rows = mem_rows;
	m->vm.rows = vm_rows;
	return m;
}

static void
memory_close(void *state)
{
	struct memory *m = state;

	kept_close(&m->meminfo);
	kept_close(&m->vmstat);
	free(m);
}

static void
put_meminfo(struct host *h, struct memory *m)
{
	struct span s = kept_read(&h->tree, &m->meminfo);
	struct keyed_numbers n;
	unsigned i;

	if (s.p == NULL)
		return;
	keyed_lines(&m->mem, s.p, &n);
	for (i = 0; i < M_COUNT; i++)
		if (keyed_has(&n, i))
			keys_u64(&m->mem_keys, h->frame, i, n.v[i] * 1024);
	h->has_available = keyed_has(&n, M_AVAILABLE);
	if (h->has_available)
		h->available_bytes = n.v[M_AVAILABLE] * 1024;
}

static double
vm_scale(const struct host *h, unsigned i)
{
	switch (i) {
	case V_PAGED_IN:
	case V_PAGED_OUT:
		return 1024; /* the two the kernel counts in KiB */
	case V_SWAP_IN:
	case V_SWAP_OUT:
	case V_SCAN_KSWAPD:
	case V_SCAN_DIRECT:
	case V_STEAL_KSWAPD:
	case V_STEAL_DIRECT:
	case V_NUMA_MIGRATED:
		return h->page;
	default:
		return 1;
	}
}

static void
put_vmstat(struct host *h, struct memory *m)
{
	struct span s = kept_read(&h->tree, &m->vmstat);
	struct keyed_numbers n;
	unsigned i;

	if (s.p == NULL)
		return;
	keyed_lines(&m->vm, s.p, &n);
	for (i = 0; i < V_COUNT; i++)
		if (keyed_has(&n, i))
			keys_real(&m->vm_keys, h->frame, i,
			    (double)n.v[i] * vm_scale(h, i));
}

static void
memory_values(struct host *h, void *state)
{
	struct memory *m = state;

	if (m->mem_keys.on != 0)
		put_meminfo(h, m);
	if (m->vm_keys.on != 0)
		put_vmstat(h, m);
}

const struct host_family host_memory = {"memory", memory_open, memory_close,
    memory_values, NULL};
