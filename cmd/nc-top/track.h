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
	DISK_READS,
	DISK_WRITES,
	DISK_READ_TIME,
	DISK_WRITE_TIME,
	DISK_BUSY,
	NIC_RECEIVED,
	NIC_SENT,
	FS_SIZE,
	FS_AVAILABLE,
	VM_STATE,
	VM_VCPUS,
	VM_CPU,
	VM_STEAL,
	VM_RUNQUEUE,
	VM_MEM_ALLOCATED,
	VM_MEM_MAX,
	VM_MEM_RSS,
	VM_GUEST_TOTAL,
	VM_GUEST_USABLE,
	VM_STUCK,
	VCPU_CPU,
	VCPU_STEAL,
	VCPU_RUNQUEUE,
	VDISK_READ,
	VDISK_WRITTEN,
	VDISK_READS,
	VDISK_WRITES,
	VDISK_READ_TIME,
	VDISK_WRITE_TIME,
	VNIC_RECEIVED,
	VNIC_SENT,
	THREAD_CPU,
	THREAD_RUNQUEUE,
	THREAD_COUNT,
	BOX_CPU,
	BOX_CPU_LIMIT,
	BOX_THROTTLED,
	BOX_MEM,
	BOX_MEM_LIMIT,
	BOX_READ,
	BOX_WRITTEN,
	BOX_PIDS,
	BOX_OOM_KILLS,
	BOXNIC_RECEIVED,
	BOXNIC_SENT,
	SERVICE_UP,
	SERVICE_FAILED,
	SERVICE_RESTARTS,
	SERVICE_CPU,
	SERVICE_MEM,
	SERVICE_PIDS,
	TOOL_LINES,
	TOOL_BAD,
	TOOL_DROPS,
	TOOL_ERRORS,
	TOOL_LAG,
	TOOL_QUEUE,
	TOOL_OLDEST,
	TOOL_CPU,
	TOOL_RSS,
	TRACK_COUNT
};

/* Entities the model keeps subjects of; others pass through uncounted. */
enum track_kind {
	KIND_HOST,
	KIND_DISK,
	KIND_NIC,
	KIND_FS,
	KIND_VM,
	KIND_VCPU,
	KIND_VDISK,
	KIND_VNIC,
	KIND_THREAD,
	KIND_BOX, /* a container */
	KIND_BOXNIC,
	KIND_SERVICE,
	KIND_TOOL, /* a program of this suite */
	KIND_COUNT
};

struct track_group {
	const char *entity;
	enum track first;
	unsigned count;
	unsigned rows; /* of history: parts of machines have less */
};

/* The kind of an entity, KIND_COUNT: one the model keeps nothing of. */
enum track_kind track_kind(const char *entity);
const struct track_group *track_group(enum track_kind kind);
/* The place within its group of a metric as on the wire; -1: not tracked. */
int track_index(const struct track_group *g, const char *name);
enum track_kind track_kind_of(enum track t);
/* As on the wire. */
const char *track_name(enum track t);
/*
 * Whether a disk or interface of that name is part of its host's sum.  What
 * is layered on others (mapped devices, arrays, bonds, bridges, VLANs), leads
 * to guests or stays inside would count the same bytes twice.
 */
bool track_counts(enum track_kind kind, const char *name, bool layered);

#endif
