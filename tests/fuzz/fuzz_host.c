/* SPDX-License-Identifier: MIT */
/*
 * The parsers of the source host on any bytes: the first says which.  The
 * kernel is trusted, a recorded tree is not.
 * tool: nc-collect
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/fs.h"
#include "keyed.h"
#include "host/nic.h"
#include "host/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct keyed_row lines[] = {{"MemTotal", 0}, {"allocstall*", 1},
    {NULL, 0}};
static const struct keyed_row pairs[] = {{"Tcp:RetransSegs", 0},
    {"Udp:NoPorts", 1}, {NULL, 0}};

/* Twice: what was learnt from the whole is then held against a half. */
static void
keyed(const char *text, size_t len, int in_pairs)
{
	struct keyed k = {.rows = in_pairs ? pairs : lines};
	char *half = xmemdup0(text, len / 2);
	struct keyed_numbers n;

	(in_pairs ? keyed_pairs : keyed_lines)(&k, text, &n);
	(in_pairs ? keyed_pairs : keyed_lines)(&k, half, &n);
	(in_pairs ? keyed_pairs : keyed_lines)(&k, text, &n);
	free(half);
}

static void
mounts(const char *text)
{
	struct fs_mount *list;
	size_t i, n = fs_list(text, text[0] == 'a', &list);

	for (i = 0; i < n; i++)
		fs_mount_free(&list[i]);
	free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nics n = {NULL, 0, 0};
	struct process_stat s;
	char *text;

	if (size == 0)
		return 0;
	text = xmemdup0((const char *)data + 1, size - 1);
	switch (data[0] % 6) {
	case 0:
	case 1:
		keyed(text, size - 1, data[0] % 6 == 1);
		break;
	case 2:
		process_parse(text, &s);
		break;
	case 3:
		mounts(text);
		break;
	case 4:
		nics_proc(&n, text);
		break;
	default:
		nics_netlink(&n, text, size - 1);
		break;
	}
	free(n.list);
	free(text);
	return 0;
}
