/* SPDX-License-Identifier: MIT */
/* disk: who a block device is, found out once when it is first seen. */
#ifndef NC_COLLECT_HOST_DISK_H
#define NC_COLLECT_HOST_DISK_H

#include "host/host.h"

#define DISK_NAME 40
#define DISK_ID 128
#define DISK_FIELDS 17

struct disk {
	unsigned major, minor;
	char name[DISK_NAME];
	/* Filled by disk_know(): empty where not known. */
	char identity[DISK_ID]; /* WWN, else serial, else mapper name */
	char model[64], serial[80], mapper[DISK_ID], slaves[200];
	bool partition, array, read_only_loop;
	char id[DISK_ID + DISK_NAME]; /* identity, or with the name behind */
	struct kept size, state, degraded, members, sync;
	char *paths[5]; /* owned: of the five */
	uint64_t bytes;
	bool has_size;
	double looked; /* host.up when an empty device was looked at */
	bool seen, known;
	uint64_t v[DISK_FIELDS]; /* as /proc/diskstats has them */
	size_t nv; /* older kernels have fewer */
};

void disk_know(struct host *h, struct disk *d);
void disk_free(struct disk *d);
/* Gives every disk its id; "/name" where an identity is shared. */
void disk_ids(struct disk *const *disks, size_t n);

#endif
