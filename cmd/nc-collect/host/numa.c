/* SPDX-License-Identifier: MIT */
/*
 * numa: memory, allocations and huge pages of each NUMA node.  Node numbers
 * may be sparse.  The list is read again when `online` changes.
 */
#include "host/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "keyed.h"
#include "scan.h"

enum {
	N_TOTAL,
	N_FREE,
	N_FILE,
	N_ANON,
	N_SHARED,
	N_SLAB,
	N_DIRTY,
	N_HITS,
	N_MISSES,
	N_FOREIGN,
	N_INTERLEAVE,
	N_LOCAL,
	N_OTHER,
	N_COUNT
};

static const char *const names[N_COUNT] = {"mem_total_bytes", "mem_free_bytes",
    "mem_file_bytes", "mem_anon_bytes", "mem_shared_bytes", "mem_slab_bytes",
    "mem_dirty_bytes", "numa_hits_total", "numa_misses_total",
    "numa_foreign_total", "numa_interleave_hits_total", "numa_local_total",
    "numa_other_total"};

static const struct keyed_row mem_rows[] = {{"MemTotal", N_TOTAL},
    {"MemFree", N_FREE}, {"FilePages", N_FILE}, {"AnonPages", N_ANON},
    {"Shmem", N_SHARED}, {"Slab", N_SLAB}, {"Dirty", N_DIRTY}, {NULL, 0}};

static const struct keyed_row stat_rows[] = {{"numa_hit", N_HITS},
    {"numa_miss", N_MISSES}, {"numa_foreign", N_FOREIGN},
    {"interleave_hit", N_INTERLEAVE}, {"local_node", N_LOCAL},
    {"other_node", N_OTHER}, {NULL, 0}};

struct node {
	char id[16];
	char *meminfo_path, *numastat_path; /* owned */
	struct kept meminfo, numastat;
	struct pool pool;
};

struct numa {
	const char *names[N_COUNT + POOL_NAMES];
	struct keys keys;
	struct kept online;
	char listed[64]; /* `online` when the nodes were listed */
	struct node *nodes;
	size_t count;
	struct keyed mem, stat; /* one layout: the nodes' files are alike */
};

static void *
numa_open(struct host *h)
{
	struct numa *s = xcalloc(1, sizeof(*s));

	memcpy(s->names, names, sizeof(names));
	memcpy(s->names + N_COUNT, pool_names, sizeof(pool_names));
	keys_open(&s->keys, h->run, "host.numa", s->names,
	    N_COUNT + POOL_NAMES);
	s->online = KEPT("sys/devices/system/node/online");
	s->mem.rows = mem_rows;
	s->stat.rows = stat_rows;
	return s;
}

static void
forget(struct numa *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		kept_close(&s->nodes[i].meminfo);
		kept_close(&s->nodes[i].numastat);
		free(s->nodes[i].meminfo_path);
		free(s->nodes[i].numastat_path);
		pool_close(&s->nodes[i].pool);
	}
	free(s->nodes);
	s->nodes = NULL;
	s->count = 0;
}

static void
numa_close(void *state)
{
	struct numa *s = state;

	forget(s);
	kept_close(&s->online);
	free(s);
}

static void
add_node(struct host *h, const char *name, void *arg)
{
	struct numa *s = arg;
	struct node *n;
	uint64_t number;
	const char *rest;
	char folder[96];

	if ((rest = scan_prefix(name, "node")) == NULL ||
	    scan_u64(rest, &number) == NULL || strlen(name) >= sizeof(n->id))
		return;
	s->nodes = xreallocarray(s->nodes, s->count + 1, sizeof(*s->nodes));
	n = &s->nodes[s->count++];
	str_copy(n->id, sizeof(n->id), span_of(name));
	n->meminfo_path = xasprintf("sys/devices/system/node/%s/meminfo", name);
	n->numastat_path = xasprintf("sys/devices/system/node/%s/numastat",
	    name);
	n->meminfo = KEPT(n->meminfo_path);
	n->numastat = KEPT(n->numastat_path);
	snprintf(folder, sizeof(folder), "sys/devices/system/node/%s/hugepages",
	    name);
	pool_open(&n->pool, h, folder);
}

static void
relist(struct host *h, struct numa *s)
{
	struct span text = kept_read(&h->tree, &s->online);

	if (text.p == NULL || (s->count > 0 && strncmp(text.p, s->listed,
						   sizeof(s->listed) - 1) == 0))
		return;
	snprintf(s->listed, sizeof(s->listed), "%s", text.p);
	forget(s);
	host_list(h, "sys/devices/system/node", add_node, s);
}

/* "Node 0 MemTotal:  1024 kB": what stands before the key goes, so that the
 * lines are those of /proc/meminfo. */
static void
strip_prefix(char *text)
{
	char *from = text, *to = text;
	size_t len;

	while (*from != '\0') {
		if (strncmp(from, "Node ", 5) == 0) {
			from += 5;
			from += strspn(from, "0123456789 ");
		}
		len = (size_t)(scan_line(from) - from);
		memmove(to, from, len);
		to += len;
		from += len;
	}
	*to = '\0';
}

static void
put_numbers(struct host *h, struct numa *s, const struct keyed_numbers *n,
    uint64_t unit)
{
	unsigned i;

	for (i = 0; i < N_COUNT; i++)
		if (keyed_has(n, i))
			keys_u64(&s->keys, h->frame, i, n->v[i] * unit);
}

static bool
put_node(struct host *h, struct numa *s, struct node *n)
{
	struct keyed_numbers v;

	host_begin(h, "host.numa", n->id);
	if (kept_read(&h->tree, &n->meminfo).p != NULL) {
		strip_prefix(h->tree.text);
		keyed_lines(&s->mem, h->tree.text, &v);
		put_numbers(h, s, &v, 1024);
	}
	if (kept_read(&h->tree, &n->numastat).p != NULL) {
		keyed_lines(&s->stat, h->tree.text, &v);
		put_numbers(h, s, &v, 1);
	}
	pool_put(&n->pool, h, &s->keys, N_COUNT);
	return host_end(h);
}

static void
numa_parts(struct host *h, void *state)
{
	struct numa *s = state;
	size_t i;

	if (s->keys.on == 0)
		return;
	relist(h, s);
	for (i = 0; i < s->count; i++)
		if (!put_node(h, s, &s->nodes[i]))
			return;
}

const struct host_family host_numa = {"NUMA nodes", numa_open, numa_close, NULL,
    numa_parts};
