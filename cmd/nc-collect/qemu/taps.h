/* SPDX-License-Identifier: MIT */
/*
 * taps: the network interfaces of one QEMU process and their counters.  The
 * host's end is found by name or through the descriptor QEMU holds; counters
 * are read in QEMU's own network name space, without entering it.
 */
#ifndef NC_COLLECT_QEMU_TAPS_H
#define NC_COLLECT_QEMU_TAPS_H

#include "host/nic.h"
#include "qemu/command.h"
#include "tree.h"

struct tap {
	char name[16]; /* of the interface on the host */
	char mac[18]; /* the guest's, "" when not known */
	char bridge[16]; /* "" when none or not to be seen */
	bool direct; /* a macvtap: the guest's own interface on another */
};

struct taps {
	struct tap tap[COMMAND_NICS];
	size_t count;
	char space[40]; /* network name space: "net:[4026531840]" or "" */
	bool ours; /* it is the one /sys/class/net shows */
	double listed; /* tree.up at that time */
	bool known;
};

/* Finds them; cheap when that was less than a minute ago. */
void taps_find(struct taps *t, struct tree *tree, uint64_t pid,
    const struct command *c);

/* Counters by name space, read once a round however many ask. */
struct spaces;
struct spaces *spaces_new(void); /* owned: spaces_free() */
void spaces_free(struct spaces *s);
void spaces_round(struct spaces *s); /* what was read is old now */
/* NULL: no such interface there.  Borrowed until the next round. */
const struct nic *spaces_find(struct spaces *s, struct tree *tree, uint64_t pid,
    const char *space, const char *name);

#endif
