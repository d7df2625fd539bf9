/* SPDX-License-Identifier: MIT */
/*
 * vf: virtual functions of network cards that a machine was given whole
 * (SR-IOV): its interface is on no bridge of the host, but the card counts
 * for each function.
 */
#ifndef NC_COLLECT_QEMU_VF_H
#define NC_COLLECT_QEMU_VF_H

#include "host/nic.h"
#include "qemu/command.h"
#include "tree.h"

struct vf {
	const char *address; /* on the PCI bus, of the command line */
	char card[NIC_NAME]; /* the interface of the whole card */
	unsigned number; /* among its functions */
};

struct vfs {
	struct vf list[COMMAND_DEVICES];
	size_t count;
	bool known;
};

/* Which of the devices are such functions; looked up once.  Borrows c. */
void vfs_find(struct vfs *v, struct tree *t, const struct command *c);

struct vf_reader; /* asks the kernel */
struct vf_reader *vf_reader_new(void); /* owned: vf_reader_free() */
void vf_reader_free(struct vf_reader *r); /* NULL is fine */
/* Counters and address; false: the card does not count for it. */
bool vf_read(struct vf_reader *r, const struct vf *v, struct nic *to);

#endif
