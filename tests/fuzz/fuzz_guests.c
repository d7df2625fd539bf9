/* SPDX-License-Identifier: MIT */
/*
 * What guests and their daemons may say of themselves, on any bytes: command
 * lines of QEMU, names of control groups and threads, messages of protocol
 * buffers.  The first byte says which.
 * tool: nc-collect
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cgroup.h"
#include "container/container.h"
#include "net/grpc.h"
#include "qemu/command.h"
#include "qemu/threads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
command(struct span text)
{
	struct command c;
	size_t i;

	if (!command_parse(text, &c))
		return;
	if (c.nnics > COMMAND_NICS || c.vcpus_max < c.vcpus)
		abort();
	for (i = 0; i < c.nnics; i++)
		if (strlen(c.nic[i].mac) >= sizeof(c.nic[i].mac))
			abort();
}

static void
names(const char *text)
{
	struct kind k;
	unsigned vcpu;

	if (kind_of(text, &k) && (k.runtime == NULL || *k.id == '\0'))
		abort();
	thread_classify(text, false, &vcpu);
}

static void
paths(const char *text)
{
	struct cgroups c = {.v2 = *text == '0'};
	char *path[CGT_COUNT];
	size_t i;

	cgroup_paths(&c, text, path);
	for (i = 0; i < CGT_COUNT; i++)
		if (path[i] != NULL && path[i][0] != '/')
			abort();
	cgroup_paths_free(path);
}

static void
message(struct span text, unsigned depth)
{
	struct grpc_field f;

	while (grpc_next(&text, &f) == 1)
		if (f.bytes.p != NULL && depth < 8)
			message(f.bytes, depth + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = xmemdup0((const char *)data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		command((struct span){text, size - 1});
		break;
	case 1:
		names(text);
		break;
	case 2:
		paths(text);
		break;
	default:
		message((struct span){text, size - 1}, 0);
	}
	free(text);
	return 0;
}
