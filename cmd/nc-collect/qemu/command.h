/* SPDX-License-Identifier: MIT */
/*
 * command: what a QEMU process says of its machine on its command line:
 * name, UUID, size, and which interface has which address.  Reads memory
 * only; a command line is hostile text like any other.
 */
#ifndef NC_COLLECT_QEMU_COMMAND_H
#define NC_COLLECT_QEMU_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define COMMAND_NICS 32
#define COMMAND_DEVICES 16

struct command_nic {
	char id[64]; /* of the netdev: joins it with its device */
	char name[16]; /* of the tap, "" when only its descriptor is told */
	char mac[18]; /* lower case, "" when QEMU chose it */
	int fd; /* descriptor of the tap in the QEMU process, -1: none told */
};

struct command {
	char uuid[37]; /* lower case, "" when there is none */
	char name[256]; /* "" when there is none */
	uint64_t mem_bytes; /* 0: not told */
	unsigned vcpus, vcpus_max; /* 0: not told */
	struct command_nic nic[COMMAND_NICS];
	size_t nnics;
	/* Of the host, given to it whole: "0000:3b:02.1". */
	char device[COMMAND_DEVICES][16];
	size_t ndevices;
};

/* The text of /proc/PID/cmdline; false: that is no machine of QEMU's. */
bool command_parse(struct span text, struct command *c);

#endif
