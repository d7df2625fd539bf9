/* SPDX-License-Identifier: MIT */
/* track: the table of tracked metrics, by their names on the wire. */
#include "track.h"

#include <string.h>

static const char *const names[TRACK_COUNT] = {
    [HOST_CPU_USER] = "cpu_user_seconds_total",
    [HOST_CPU_NICE] = "cpu_nice_seconds_total",
    [HOST_CPU_SYSTEM] = "cpu_system_seconds_total",
    [HOST_CPU_IDLE] = "cpu_idle_seconds_total",
    [HOST_CPU_IOWAIT] = "cpu_iowait_seconds_total",
    [HOST_CPU_IRQ] = "cpu_irq_seconds_total",
    [HOST_CPU_SOFTIRQ] = "cpu_softirq_seconds_total",
    [HOST_CPU_STEAL] = "cpu_steal_seconds_total",
    [HOST_CPU_GUEST] = "cpu_guest_seconds_total",
    [HOST_CPU_GUEST_NICE] = "cpu_guest_nice_seconds_total",
    [HOST_CPUS] = "cpus",
    [HOST_LOAD1] = "load1",
    [HOST_MEM_TOTAL] = "mem_total_bytes",
    [HOST_MEM_AVAILABLE] = "mem_available_bytes",
    [HOST_MEM_ALLOCATABLE] = "mem_allocatable_bytes",
    [HOST_SWAP_TOTAL] = "swap_total_bytes",
    [HOST_SWAP_FREE] = "swap_free_bytes",
    [HOST_PSI_CPU] = "psi_cpu_some_seconds_total",
    [HOST_PSI_MEMORY] = "psi_mem_some_seconds_total",
    [HOST_PSI_IO] = "psi_io_some_seconds_total",
    [DISK_READ] = "read_bytes_total",
    [DISK_WRITTEN] = "written_bytes_total",
    [NIC_RECEIVED] = "receive_bytes_total",
    [NIC_SENT] = "transmit_bytes_total",
};

static const struct track_group groups[KIND_COUNT] = {
    [KIND_HOST] = {"host", HOST_CPU_USER, DISK_READ - HOST_CPU_USER},
    [KIND_DISK] = {"host.disk", DISK_READ, NIC_RECEIVED - DISK_READ},
    [KIND_NIC] = {"host.nic", NIC_RECEIVED, TRACK_COUNT - NIC_RECEIVED},
    /* Counted, though nothing of them is drawn yet. */
    [KIND_VM] = {"vm", TRACK_COUNT, 0},
    [KIND_CONTAINER] = {"container", TRACK_COUNT, 0},
};

enum track_kind
track_kind(const char *entity)
{
	unsigned k;

	for (k = 0; k < KIND_COUNT; k++)
		if (strcmp(groups[k].entity, entity) == 0)
			break;
	return (enum track_kind)k;
}

const struct track_group *
track_group(enum track_kind kind)
{
	return &groups[kind];
}

enum track_kind
track_kind_of(enum track t)
{
	unsigned k;

	for (k = 0; k < KIND_COUNT; k++)
		if (t >= groups[k].first &&
		    t - groups[k].first < groups[k].count)
			break;
	return (enum track_kind)k;
}

int
track_index(const struct track_group *g, const char *name)
{
	for (unsigned i = 0; i < g->count; i++)
		if (strcmp(names[g->first + i], name) == 0)
			return (int)i;
	return -1;
}

static bool
begins_with_one(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strncmp(s, *words, strlen(*words)) == 0)
			return true;
	return false;
}

bool
track_counts(enum track_kind kind, const char *name, bool layered)
{
	/* For sources that give no labels. */
	static const char *const disks[] = {"dm-", "md", "loop", "zram", "ram",
	    "bcache", NULL};
	static const char *const nics[] = {"virbr", "docker", "veth", "tap",
	    "vnet", "tun", "wg", "bond", "br-", "team", "dummy", NULL};

	if (kind == KIND_DISK)
		return !layered && !begins_with_one(name, disks);
	if (kind == KIND_NIC)
		return !layered && strcmp(name, "lo") != 0 &&
		       !begins_with_one(name, nics);
	return true;
}
