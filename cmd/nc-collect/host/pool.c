/* SPDX-License-Identifier: MIT */
/*
 * pool: huge pages by size.  The folders are listed once: page sizes do not
 * come and go.  Emits bytes, since sizes differ.
 */
#include "host/pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "scan.h"

#define SIZE_NAMES(s) \
	"hugepages_" s "_bytes", "hugepages_" s "_free_bytes", \
	    "hugepages_" s "_surplus_bytes", "hugepages_" s "_reserved_bytes"

const char *const pool_names[POOL_NAMES] = {SIZE_NAMES("64k"), SIZE_NAMES("1m"),
    SIZE_NAMES("2m"), SIZE_NAMES("16m"), SIZE_NAMES("32m"), SIZE_NAMES("512m"),
    SIZE_NAMES("1g"), SIZE_NAMES("2g"), SIZE_NAMES("16g")};

static const uint64_t size_kib[POOL_SIZES] = {64, 1 << 10, 2 << 10, 16 << 10,
    32 << 10, 512 << 10, 1 << 20, 2 << 20, 16 << 20};

/* A node's pools have no reserved count: reservations are the host's. */
static const char *const files[POOL_FILES] = {"nr_hugepages", "free_hugepages",
    "surplus_hugepages", "resv_hugepages"};

struct find {
	struct pool *pool;
	const char *folder;
};

static void
find_size(struct host *h, const char *name, void *arg)
{
	const struct find *f = arg;
	const char *rest;
	uint64_t kib;
	size_t i, n;
	char *path;

	if ((rest = scan_prefix(name, "hugepages-")) == NULL ||
	    scan_u64(rest, &kib) == NULL)
		return;
	for (i = 0; i < POOL_SIZES && size_kib[i] != kib; i++)
		;
	for (n = 0; i < POOL_SIZES && n < POOL_FILES; n++) {
		path = xasprintf("%s/%s/%s", f->folder, name, files[n]);
		if (!tree_exists(&h->tree, path)) {
			free(path);
			continue;
		}
		f->pool->paths[i * POOL_FILES + n] = path;
		f->pool->files[i * POOL_FILES + n] = KEPT(path);
	}
}

void
pool_open(struct pool *p, struct host *h, const char *folder)
{
	struct find f = {p, folder};

	p->files = xcalloc(POOL_NAMES, sizeof(*p->files));
	p->paths = xcalloc(POOL_NAMES, sizeof(*p->paths));
	host_list(h, folder, find_size, &f);
}

void
pool_close(struct pool *p)
{
	size_t i;

	for (i = 0; i < POOL_NAMES; i++) {
		if (p->paths[i] != NULL)
			kept_close(&p->files[i]);
		free(p->paths[i]);
	}
	free(p->files);
	free(p->paths);
}

uint64_t
pool_put(struct pool *p, struct host *h, const struct keys *k, size_t first)
{
	uint64_t v[POOL_FILES], unpromised = 0;
	size_t i, n;

	for (i = 0; i < POOL_SIZES; i++) {
		memset(v, 0, sizeof(v));
		for (n = 0; n < POOL_FILES; n++) {
			if (p->paths[i * POOL_FILES + n] == NULL ||
			    !kept_u64(&h->tree, &p->files[i * POOL_FILES + n],
				&v[n]))
				continue;
			v[n] *= size_kib[i] * 1024;
			keys_u64(k, h->frame, first + i * POOL_FILES + n, v[n]);
			/* An empty pool has nothing more to say. */
			if (n == 0 && v[0] == 0)
				break;
		}
		unpromised += v[1] > v[3] ? v[1] - v[3] : 0;
	}
	return unpromised;
}
