/* SPDX-License-Identifier: MIT */
/*
 * track: which metrics the model keeps a history of, since a view draws
 * them.  The only file of nc-top that knows metric names.
 */
#ifndef NC_TOP_TRACK_H
#define NC_TOP_TRACK_H

#include <stdbool.h>

/* In the order of the table, grouped by entity. */
enum track {
	HOST_CPU_USER,
	HOST_CPU_NICE,
	HOST_CPU_SYSTEM,
	HOST_CPU_IDLE,
	HOST_CPU_IOWAIT,
	HOST_CPU_IRQ,
	HOST_CPU_SOFTIRQ,
	HOST_CPU_STEAL,
	HOST_CPU_GUEST,
	HOST_CPU_GUEST_NICE,
	HOST_CPUS,
	HOST_LOAD1,
	HOST_MEM_TOTAL,
	HOST_MEM_AVAILABLE,
	HOST_MEM_ALLOCATABLE,
	HOST_SWAP_TOTAL,
	HOST_SWAP_FREE,
	HOST_PSI_CPU,
	HOST_PSI_MEMORY,
	HOST_PSI_IO,
	DISK_READ,
	DISK_WRITTEN,
	NIC_RECEIVED,
	NIC_SENT,
	TRACK_COUNT
};

/* Entities the model keeps subjects of; others pass through uncounted. */
enum track_kind {
	KIND_HOST,
	KIND_DISK,
	KIND_NIC,
	KIND_VM,
	KIND_CONTAINER,
	KIND_COUNT
};

struct track_group {
	const char *entity;
	enum track first;
	unsigned count;
};

/* The kind of an entity, KIND_COUNT: one the model keeps nothing of. */
enum track_kind track_kind(const char *entity);
const struct track_group *track_group(enum track_kind kind);
/* The place within its group of a metric as on the wire; -1: not tracked. */
int track_index(const struct track_group *g, const char *name);
enum track_kind track_kind_of(enum track t);
/*
 * Whether a disk or interface of that name is part of its host's sum.  What
 * is layered on others (mapped devices, arrays, bonds, bridges, VLANs), leads
 * to guests or stays inside would count the same bytes twice.
 */
bool track_counts(enum track_kind kind, const char *name, bool layered);

#endif
