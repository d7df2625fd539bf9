/* SPDX-License-Identifier: MIT */
/* track: the table of tracked metrics, by their names on the wire. */
#include "track.h"

#include <string.h>

#include "base/str.h"
#include "history.h"

/* Of parts there are many, and few look at their past. */
#define PART_ROWS 120u

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
    [DISK_READS] = "reads_total",
    [DISK_WRITES] = "writes_total",
    [DISK_READ_TIME] = "read_seconds_total",
    [DISK_WRITE_TIME] = "write_seconds_total",
    [DISK_BUSY] = "busy_seconds_total",
    [NIC_RECEIVED] = "receive_bytes_total",
    [NIC_SENT] = "transmit_bytes_total",
    [FS_SIZE] = "size_bytes",
    [FS_AVAILABLE] = "available_bytes",
    [VM_STATE] = "state",
    [VM_VCPUS] = "vcpus",
    [VM_CPU] = "cpu_seconds_total",
    [VM_STEAL] = "steal_seconds_total",
    [VM_RUNQUEUE] = "runqueue_seconds_total",
    [VM_MEM_ALLOCATED] = "mem_allocated_bytes",
    [VM_MEM_MAX] = "mem_max_bytes",
    [VM_MEM_RSS] = "mem_rss_bytes",
    [VM_GUEST_TOTAL] = "mem_guest_total_bytes",
    [VM_GUEST_USABLE] = "mem_guest_usable_bytes",
    [VM_STUCK] = "stuck",
    [VCPU_CPU] = "cpu_seconds_total",
    [VCPU_STEAL] = "steal_seconds_total",
    [VCPU_RUNQUEUE] = "runqueue_seconds_total",
    [VDISK_READ] = "read_bytes_total",
    [VDISK_WRITTEN] = "written_bytes_total",
    [VDISK_READS] = "reads_total",
    [VDISK_WRITES] = "writes_total",
    [VDISK_READ_TIME] = "read_seconds_total",
    [VDISK_WRITE_TIME] = "write_seconds_total",
    [VNIC_RECEIVED] = "receive_bytes_total",
    [VNIC_SENT] = "transmit_bytes_total",
    [THREAD_CPU] = "cpu_seconds_total",
    [THREAD_RUNQUEUE] = "runqueue_seconds_total",
    [THREAD_COUNT] = "threads",
    [BOX_CPU] = "cpu_seconds_total",
    [BOX_CPU_LIMIT] = "cpu_limit",
    [BOX_THROTTLED] = "throttled_seconds_total",
    [BOX_MEM] = "mem_used_bytes",
    [BOX_MEM_LIMIT] = "mem_limit_bytes",
    [BOX_READ] = "io_read_bytes_total",
    [BOX_WRITTEN] = "io_written_bytes_total",
    [BOX_PIDS] = "pids",
    [BOX_OOM_KILLS] = "oom_kills_total",
    [BOXNIC_RECEIVED] = "receive_bytes_total",
    [BOXNIC_SENT] = "transmit_bytes_total",
    [SERVICE_UP] = "up",
    [SERVICE_FAILED] = "failed",
    [SERVICE_RESTARTS] = "restarts_total",
    [SERVICE_CPU] = "cpu_seconds_total",
    [SERVICE_MEM] = "mem_current_bytes",
    [SERVICE_PIDS] = "pids",
    [TOOL_LINES] = "lines_total",
    [TOOL_BAD] = "bad_lines_total",
    [TOOL_DROPS] = "drops_total",
    [TOOL_ERRORS] = "errors_total",
    [TOOL_LAG] = "lag_seconds",
    [TOOL_QUEUE] = "queue_depth",
    [TOOL_OLDEST] = "oldest_age_seconds",
    [TOOL_CPU] = "cpu_seconds_total",
    [TOOL_RSS] = "mem_rss_bytes",
};

#define GROUP(entity, first, end, rows) \
	{ \
		entity, first, (end) - (first), rows \
	}

static const struct track_group groups[KIND_COUNT] = {
    [KIND_HOST] = GROUP("host", HOST_CPU_USER, DISK_READ, HISTORY_ROWS),
    [KIND_DISK] = GROUP("host.disk", DISK_READ, NIC_RECEIVED, HISTORY_ROWS),
    [KIND_NIC] = GROUP("host.nic", NIC_RECEIVED, FS_SIZE, HISTORY_ROWS),
    [KIND_FS] = GROUP("host.fs", FS_SIZE, VM_STATE, HISTORY_ROWS),
    [KIND_VM] = GROUP("vm", VM_STATE, VCPU_CPU, HISTORY_ROWS),
    [KIND_VCPU] = GROUP("vm.vcpu", VCPU_CPU, VDISK_READ, PART_ROWS),
    [KIND_VDISK] = GROUP("vm.disk", VDISK_READ, VNIC_RECEIVED, HISTORY_ROWS),
    [KIND_VNIC] = GROUP("vm.nic", VNIC_RECEIVED, THREAD_CPU, HISTORY_ROWS),
    [KIND_THREAD] = GROUP("vm.thread", THREAD_CPU, BOX_CPU, PART_ROWS),
    [KIND_BOX] = GROUP("container", BOX_CPU, BOXNIC_RECEIVED, HISTORY_ROWS),
    [KIND_BOXNIC] = GROUP("container.nic", BOXNIC_RECEIVED, SERVICE_UP,
	PART_ROWS),
    [KIND_SERVICE] = GROUP("service", SERVICE_UP, TOOL_LINES, PART_ROWS),
    [KIND_TOOL] = GROUP("collector", TOOL_LINES, TRACK_COUNT, PART_ROWS),
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

const char *
track_name(enum track t)
{
	return names[t];
}

/* X_per_second is what X_total has become in a store. */
static bool
is_rate_of(const char *name, const char *counter)
{
	struct span n = span_of(name), c = span_of(counter);

	if (!str_ends(n, "_per_second") || !str_ends(c, "_total"))
		return false;
	n.len -= strlen("_per_second");
	c.len -= strlen("_total");
	return span_equal(n, c);
}

int
track_index(const struct track_group *g, const char *name)
{
	for (unsigned i = 0; i < g->count; i++)
		if (strcmp(names[g->first + i], name) == 0 ||
		    is_rate_of(name, names[g->first + i]))
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
