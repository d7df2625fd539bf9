/* SPDX-License-Identifier: MIT */
/*
 * huge: huge page pools of the host by size, what a new virtual machine could
 * get (mem_allocatable_bytes: pages set aside are neither used nor free to
 * anybody else), and what page merging (KSM) saves.
 */
#include "host/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	K_ALLOCATABLE = POOL_NAMES,
	K_KSM_SHARED,
	K_KSM_SHARING,
	K_KSM_UNSHARED,
	K_KSM_VOLATILE,
	K_KSM_SCANS,
	K_KSM_SAVED,
	K_KSM_PROFIT,
	K_KSM_RUN,
	K_COUNT
};

static const char *const own_names[K_COUNT - POOL_NAMES] =
    {"mem_allocatable_bytes", "ksm_shared_bytes", "ksm_sharing_bytes",
	"ksm_unshared_bytes", "ksm_volatile_bytes", "ksm_full_scans_total",
	"ksm_saved_bytes", "ksm_profit_bytes", "ksm_running"};

enum {
	F_RUN,
	F_SHARED,
	F_SHARING,
	F_UNSHARED,
	F_VOLATILE,
	F_SCANS,
	F_PROFIT,
	F_COUNT
};

static const char *const ksm_files[F_COUNT] = {"sys/kernel/mm/ksm/run",
    "sys/kernel/mm/ksm/pages_shared", "sys/kernel/mm/ksm/pages_sharing",
    "sys/kernel/mm/ksm/pages_unshared", "sys/kernel/mm/ksm/pages_volatile",
    "sys/kernel/mm/ksm/full_scans", "sys/kernel/mm/ksm/general_profit"};

struct huge {
	const char *names[K_COUNT];
	struct keys keys;
	struct pool pool;
	struct kept ksm[F_COUNT];
};

static void *
huge_open(struct host *h)
{
	struct huge *g = xcalloc(1, sizeof(*g));
	size_t i;

	memcpy(g->names, pool_names, sizeof(pool_names));
	memcpy(g->names + POOL_NAMES, own_names, sizeof(own_names));
	keys_open(&g->keys, h->run, "host", g->names, K_COUNT);
	pool_open(&g->pool, h, "sys/kernel/mm/hugepages");
	for (i = 0; i < F_COUNT; i++)
		g->ksm[i] = KEPT(ksm_files[i]);
	return g;
}

static void
huge_close(void *state)
{
	struct huge *g = state;
	size_t i;

	pool_close(&g->pool);
	for (i = 0; i < F_COUNT; i++)
		kept_close(&g->ksm[i]);
	free(g);
}

static void
put_pages(struct host *h, struct huge *g, size_t file, size_t key)
{
	uint64_t v;

	if (keys_on(&g->keys, key) && kept_u64(&h->tree, &g->ksm[file], &v))
		keys_real(&g->keys, h->frame, key, (double)v * h->page);
}

/* What is saved: each page that shares costs nothing.  Where merging never
 * ran there is nothing but zeros to read: one file says so. */
static void
put_ksm(struct host *h, struct huge *g)
{
	uint64_t run, sharing = 0, scans;
	const char *p;

	if (!keys_on(&g->keys, K_KSM_RUN) ||
	    !kept_u64(&h->tree, &g->ksm[F_RUN], &run))
		return;
	keys_u64(&g->keys, h->frame, K_KSM_RUN, run == 1);
	if (run == 0 && !kept_u64(&h->tree, &g->ksm[F_SHARING], &sharing))
		return;
	if (run == 0 && sharing == 0) {
		keys_u64(&g->keys, h->frame, K_KSM_SAVED, 0);
		return;
	}
	put_pages(h, g, F_SHARED, K_KSM_SHARED);
	put_pages(h, g, F_SHARING, K_KSM_SHARING);
	put_pages(h, g, F_SHARING, K_KSM_SAVED);
	put_pages(h, g, F_UNSHARED, K_KSM_UNSHARED);
	put_pages(h, g, F_VOLATILE, K_KSM_VOLATILE);
	if (keys_on(&g->keys, K_KSM_SCANS) &&
	    kept_u64(&h->tree, &g->ksm[F_SCANS], &scans))
		keys_u64(&g->keys, h->frame, K_KSM_SCANS, scans);
	if (keys_on(&g->keys, K_KSM_PROFIT) &&
	    (p = kept_read(&h->tree, &g->ksm[F_PROFIT]).p) != NULL)
		keys_real(&g->keys, h->frame, K_KSM_PROFIT, strtod(p, NULL));
}

static void
huge_values(struct host *h, void *state)
{
	struct huge *g = state;
	uint64_t unpromised = pool_put(&g->pool, h, &g->keys, 0);

	if (h->has_available)
		keys_u64(&g->keys, h->frame, K_ALLOCATABLE,
		    h->available_bytes + unpromised);
	put_ksm(h, g);
}

const struct host_family host_huge = {"huge pages", huge_open, huge_close,
    huge_values, NULL};
