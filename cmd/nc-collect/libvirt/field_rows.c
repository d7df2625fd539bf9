/* SPDX-License-Identifier: MIT */
/*
 * field_rows: which field of libvirt's bulk statistics is which metric of the
 * catalogue, in the order they are written.  A table, never code.  vcpu.wait
 * is time on the run queue, whatever others call it; vcpu.delay is what the
 * guest calls steal (virsh(1), domstats).
 */
#include "field_rows.h"

#define NS (-1e9) /* divided by: exact, as 1e-9 is not */
#define KIB 1024.0
#define MIB 1048576.0

#define VM(field, metric, scale) \
	{ \
		field, FIELD_NUMBER, PART_VM, NULL, metric, scale, 0 \
	}
#define SIGN(field, metric, scale, sign) \
	{ \
		field, FIELD_NUMBER, PART_VM, NULL, metric, scale, sign \
	}
#define TOLD(field, metric, scale) \
	{ \
		field, FIELD_TOLD, PART_VM, NULL, metric, scale, 0 \
	}
#define FACT(field, metric, fact) \
	{ \
		field, FIELD_FACT, PART_VM, NULL, metric, 1, fact \
	}
#define VCPU(field, metric, sum, scale) \
	{ \
		"vcpu.#." field, FIELD_NUMBER, PART_VCPU, metric, sum, scale, \
		    0 \
	}
#define DISK(field, metric, scale) \
	{ \
		"block.#." field, FIELD_NUMBER, PART_DISK, metric, NULL, \
		    scale, 0 \
	}
#define DISK_STATS(field, metric, scale) \
	{ \
		"block.#." field, FIELD_NUMBER, PART_DISK, metric, NULL, \
		    scale, SEEN_BLOCK_STATS \
	}
#define TIMED(field, metric, scale) DISK("timed_group.#." field, metric, scale)
#define LIMIT(field, metric) DISK("limits." field, metric, 1)
#define BINS(word, kind) \
	{"block.#.latency_histogram." word ".bin.#.start", FIELD_BIN, \
	    PART_DISK, NULL, NULL, 1, (kind) | BIN_START}, \
	    {"block.#.latency_histogram." word ".bin.#.value", FIELD_BIN, \
		PART_DISK, NULL, NULL, 1, kind}, \
	{ \
		"block.#.latency_histogram." word ".bin.count", FIELD_IGNORED, \
		    PART_DISK, NULL, NULL, 1, 0 \
	}
#define NIC(field, metric) \
	{ \
		"net.#." field, FIELD_NUMBER, PART_NIC, metric, NULL, 1, 0 \
	}
#define IGNORED(field, part) \
	{ \
		field, FIELD_IGNORED, part, NULL, NULL, 1, 0 \
	}

const struct field_row field_rows[] = {
    FACT("state.state", "state", FACT_STATE),
    FACT("state.reason", NULL, FACT_REASON),

    VM("vcpu.current", "vcpus", 1),
    VM("vcpu.maximum", "vcpus_max", 1),
    VM("cpu.time", "cpu_seconds_total", NS),
    VM("cpu.user", "cpu_user_seconds_total", NS),
    VM("cpu.system", "cpu_system_seconds_total", NS),
    VCPU("wait", "runqueue_seconds_total", "runqueue_seconds_total", NS),
    VCPU("delay", "steal_seconds_total", "steal_seconds_total", NS),
    VM("cpu.haltpoll.success.time", "haltpoll_success_seconds_total", NS),
    VM("cpu.haltpoll.fail.time", "haltpoll_fail_seconds_total", NS),

    SIGN("balloon.current", "mem_allocated_bytes", KIB, SEEN_BALLOON),
    VM("balloon.maximum", "mem_max_bytes", KIB),
    SIGN("balloon.rss", "mem_rss_bytes", KIB, SEEN_BALLOON_RSS),
    TOLD("balloon.available", "mem_guest_total_bytes", KIB),
    TOLD("balloon.unused", "mem_guest_free_bytes", KIB),
    TOLD("balloon.usable", "mem_guest_usable_bytes", KIB),
    TOLD("balloon.disk_caches", "mem_guest_cache_bytes", KIB),
    TOLD("balloon.swap_in", "mem_guest_swap_in_bytes_total", KIB),
    TOLD("balloon.swap_out", "mem_guest_swap_out_bytes_total", KIB),
    TOLD("balloon.major_fault", "mem_guest_major_faults_total", 1),
    TOLD("balloon.minor_fault", "mem_guest_minor_faults_total", 1),
    TOLD("balloon.hugetlb_pgalloc", "hugetlb_alloc_total", 1),
    TOLD("balloon.hugetlb_pgfail", "hugetlb_fail_total", 1),
    FACT("balloon.last-update", NULL, FACT_UPDATED),

    VM("cpu.cache.monitor.#.bank.#.bytes", "llc_occupancy_bytes", 1),
    VM("memory.bandwidth.monitor.#.node.#.bytes.total",
	"mem_bandwidth_bytes_total", 1),
    VM("memory.bandwidth.monitor.#.node.#.bytes.local",
	"mem_bandwidth_local_bytes_total", 1),

    VCPU("exits.sum", "kvm_exits_total", "kvm_exits_total", 1),
    VCPU("halt_exits.sum", NULL, "kvm_halt_exits_total", 1),
    VCPU("io_exits.sum", NULL, "kvm_io_exits_total", 1),
    VCPU("mmio_exits.sum", NULL, "kvm_mmio_exits_total", 1),
    VCPU("irq_exits.sum", NULL, "kvm_irq_exits_total", 1),
    VCPU("irq_injections.sum", NULL, "kvm_irq_injections_total", 1),
    VCPU("hypercalls.sum", NULL, "kvm_hypercalls_total", 1),
    VCPU("insn_emulation.sum", NULL, "kvm_insn_emulations_total", 1),
    VCPU("nested_run.sum", NULL, "kvm_nested_runs_total", 1),
    VCPU("preemption_reported.sum", NULL, "kvm_preemptions_total", 1),
    VCPU("tlb_flush.sum", NULL, "kvm_tlb_flushes_total", 1),
    VM("vm.remote_tlb_flush.sum", "kvm_remote_tlb_flushes_total", 1),
    VCPU("halt_poll_success_ns.sum", NULL,
	"kvm_halt_poll_success_seconds_total", NS),
    VCPU("halt_poll_fail_ns.sum", NULL, "kvm_halt_poll_fail_seconds_total", NS),
    VCPU("halt_wait_ns.sum", NULL, "kvm_halt_wait_seconds_total", NS),
    VM("vm.pages_4k.cur", "kvm_pages_4k", 1),
    VM("vm.pages_2m.cur", "kvm_pages_2m", 1),
    VM("vm.pages_1g.cur", "kvm_pages_1g", 1),
    VM("vm.nx_lpage_splits.cur", "kvm_nx_splits", 1),

    VM("cpu.energy.monitor.#.core_energy", "energy_joules_total", 1),
    VM("cpu.energy.monitor.#.pkg.#.core_energy", "energy_joules_total", 1),
    VM("perf.cpu_cycles", "perf_cycles_total", 1),
    VM("perf.instructions", "perf_instructions_total", 1),
    VM("perf.cache_references", "perf_llc_references_total", 1),
    VM("perf.cache_misses", "perf_llc_misses_total", 1),
    VM("perf.branch_instructions", "perf_branches_total", 1),
    VM("perf.branch_misses", "perf_branch_misses_total", 1),
    VM("perf.page_faults", "perf_page_faults_total", 1),
    VM("perf.context_switches", "perf_context_switches_total", 1),
    VM("perf.cpu_migrations", "perf_cpu_migrations_total", 1),
    VM("perf.task_clock", "perf_task_clock_seconds_total", NS),
    VM("perf.cpu_clock", "perf_cpu_clock_seconds_total", NS),
    VM("perf.ref_cpu_cycles", "perf_ref_cycles_total", 1),
    VM("perf.bus_cycles", "perf_bus_cycles_total", 1),
    VM("perf.stalled_cycles_frontend", "perf_stalled_frontend_cycles_total", 1),
    VM("perf.stalled_cycles_backend", "perf_stalled_backend_cycles_total", 1),
    VM("perf.page_faults_min", "perf_minor_faults_total", 1),
    VM("perf.page_faults_maj", "perf_major_faults_total", 1),
    VM("perf.alignment_faults", "perf_alignment_faults_total", 1),
    VM("perf.emulation_faults", "perf_emulation_faults_total", 1),
    VM("perf.cmt", "perf_llc_occupancy_bytes", 1),
    VM("perf.mbmt", "perf_mem_bandwidth_bytes_total", 1),
    VM("perf.mbml", "perf_mem_bandwidth_local_bytes_total", 1),

    VCPU("state", "state", NULL, 1),
    VCPU("halted", "halted", NULL, 1),
    VCPU("time", "cpu_seconds_total", NULL, NS),

    {"block.#.name", FIELD_NAME, PART_DISK, NULL, NULL, 1, 0},
    {"block.#.path", FIELD_PATH, PART_DISK, NULL, NULL, 1, 0},
    {"block.#.backingIndex", FIELD_LAYER, PART_DISK, NULL, NULL, 1, 0},
    DISK_STATS("rd.reqs", "reads_total", 1),
    DISK("wr.reqs", "writes_total", 1),
    DISK("fl.reqs", "flushes_total", 1),
    DISK("rd.bytes", "read_bytes_total", 1),
    DISK("wr.bytes", "written_bytes_total", 1),
    DISK("rd.times", "read_seconds_total", NS),
    DISK("wr.times", "write_seconds_total", NS),
    DISK("fl.times", "flush_seconds_total", NS),
    DISK("errors", "errors_total", 1),
    DISK("allocation", "allocation_bytes", 1),
    DISK("capacity", "capacity_bytes", 1),
    DISK("physical", "physical_bytes", 1),
    DISK("threshold", "threshold_bytes", 1),
    TIMED("rd_latency_avg", "read_latency_avg_seconds", NS),
    TIMED("rd_latency_max", "read_latency_max_seconds", NS),
    TIMED("wr_latency_avg", "write_latency_avg_seconds", NS),
    TIMED("wr_latency_max", "write_latency_max_seconds", NS),
    TIMED("flush_latency_avg", "flush_latency_avg_seconds", NS),
    TIMED("flush_latency_max", "flush_latency_max_seconds", NS),
    TIMED("rd_latency_min", "read_latency_min_seconds", NS),
    TIMED("wr_latency_min", "write_latency_min_seconds", NS),
    TIMED("flush_latency_min", "flush_latency_min_seconds", NS),
    TIMED("zone_append_latency_min", "zone_append_latency_min_seconds", NS),
    TIMED("zone_append_latency_avg", "zone_append_latency_avg_seconds", NS),
    TIMED("zone_append_latency_max", "zone_append_latency_max_seconds", NS),
    TIMED("zone_append_queue_depth_avg", "zone_append_queue_depth", 1),
    TIMED("rd_queue_depth_avg", "read_queue_depth", 1),
    TIMED("wr_queue_depth_avg", "write_queue_depth", 1),
    IGNORED("block.#.timed_group.#.interval_length", PART_DISK),
    LIMIT("request_alignment", "request_alignment_bytes"),
    LIMIT("discard_max", "discard_max_bytes"),
    LIMIT("discard_alignment", "discard_alignment_bytes"),
    LIMIT("write_zeroes_max", "write_zeroes_max_bytes"),
    LIMIT("write_zeroes_alignment", "write_zeroes_alignment_bytes"),
    LIMIT("transfer_optimal", "transfer_optimal_bytes"),
    LIMIT("transfer_max", "transfer_max_bytes"),
    LIMIT("transfer_hw_max", "transfer_hw_max_bytes"),
    LIMIT("iov_max", "iov_max"),
    LIMIT("iov_hw_max", "iov_hw_max"),
    LIMIT("memory_alignment_minimal", "memory_alignment_bytes"),
    LIMIT("memory_alignment_optimal", "memory_alignment_optimal_bytes"),
    BINS("read", BIN_READ),
    BINS("write", BIN_WRITE),
    BINS("flush", BIN_FLUSH),
    BINS("zone_append", BIN_ZONE_APPEND),

    {"net.#.name", FIELD_NAME, PART_NIC, NULL, NULL, 1, 0},
    NIC("rx.bytes", "receive_bytes_total"),
    NIC("tx.bytes", "transmit_bytes_total"),
    NIC("rx.pkts", "receive_packets_total"),
    NIC("tx.pkts", "transmit_packets_total"),
    NIC("rx.errs", "receive_errors_total"),
    NIC("tx.errs", "transmit_errors_total"),
    NIC("rx.drop", "receive_drops_total"),
    NIC("tx.drop", "transmit_drops_total"),

    FACT("dirtyrate.calc_status", NULL, FACT_DIRTY_STATUS),
    FACT("dirtyrate.calc_start_time", NULL, FACT_DIRTY_START),
    FACT("dirtyrate.calc_period", NULL, FACT_DIRTY_PERIOD),
    FACT("dirtyrate.megabytes_per_second", NULL, FACT_DIRTY_RATE),
    IGNORED("dirtyrate.calc_mode", PART_VM),

    /* How many there are follows from what is there. */
    IGNORED("net.count", PART_VM),
    {"block.count", FIELD_NUMBER, PART_VM, NULL, NULL, 1, SEEN_BLOCK},
    IGNORED("iothread.count", PART_VM),
    IGNORED("cpu.cache.monitor.count", PART_VM),
    IGNORED("cpu.cache.monitor.#.bank.count", PART_VM),
    IGNORED("cpu.cache.monitor.#.bank.#.id", PART_VM),
    IGNORED("memory.bandwidth.monitor.count", PART_VM),
    IGNORED("memory.bandwidth.monitor.#.node.count", PART_VM),
    IGNORED("memory.bandwidth.monitor.#.node.#.id", PART_VM),
    IGNORED("cpu.energy.monitor.count", PART_VM),
    IGNORED("block.#.timed_group.count", PART_DISK),
};

const size_t field_rows_count = sizeof(field_rows) / sizeof(field_rows[0]);
