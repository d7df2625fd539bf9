/* SPDX-License-Identifier: MIT */
/*
 * numa: see numa.h.  A line is a mapping: "N0=2 N1=5" are pages on nodes, in
 * pages of kernelpagesize_kB, and "huge" says that they are static huge ones
 * (numa(7)).
 */
#include "qemu/numa.h"

#include <stdio.h>
#include <string.h>

#include "scan.h"

static struct numa_node *
node_of(struct numa *n, uint64_t node)
{
	size_t i, k;

	for (i = 0; i < n->count && n->list[i].node < node; i++)
		continue;
	if (i < n->count && n->list[i].node == node)
		return &n->list[i];
	if (n->count == NUMA_NODES || node > UINT32_MAX)
		return NULL;
	for (k = n->count++; k > i; k--)
		n->list[k] = n->list[k - 1];
	n->list[i] = (struct numa_node){.node = (unsigned)node};
	return &n->list[i];
}

static void
parse_line(struct numa *n, const char *line, uint64_t page)
{
	bool huge = false;
	uint64_t node, pages;
	struct numa_node *one;
	const char *p, *next;
	size_t len;

	for (p = line; (len = scan_word(p)) != 0; p = scan_blank(p + len))
		huge = huge || (len == 4 && memcmp(p, "huge", 4) == 0);
	for (p = line; (len = scan_word(p)) != 0; p = scan_blank(p + len)) {
		if (*p != 'N' || (next = scan_u64(p + 1, &node)) == NULL ||
		    *next != '=' || scan_u64(next + 1, &pages) == NULL ||
		    (one = node_of(n, node)) == NULL)
			continue;
		one->bytes += pages * page;
		one->huge += huge ? pages * page : 0;
	}
}

void
numa_parse(struct numa *n, const char *text)
{
	static const char size[] = "kernelpagesize_kB=";
	const char *line, *end, *p;
	uint64_t kib;

	n->count = 0;
	for (line = text; *line != '\0'; line = end) {
		end = scan_line(line);
		p = strstr(line, size);
		if (p != NULL && p < end &&
		    scan_u64(p + sizeof(size) - 1, &kib) != NULL)
			parse_line(n, line, kib * 1024);
	}
}

bool
numa_read(struct numa *n, struct tree *t, uint64_t pid)
{
	char path[48];
	const char *text;

	snprintf(path, sizeof(path), "proc/%llu/numa_maps",
	    (unsigned long long)pid);
	text = tree_slurp(t, path, true).p;
	if (text != NULL)
		numa_parse(n, text);
	return text != NULL;
}
