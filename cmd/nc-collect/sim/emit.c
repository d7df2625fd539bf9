/* SPDX-License-Identifier: MIT */
/*
 * emit: the records of the simulated fleet, in the shape that the sources
 * host and libvirt give theirs.  The catalogue says at which level of detail
 * a metric is printed.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "sim/sim.h"

enum table { T_HOST, T_HOST_DISK, T_HOST_FS, T_HOST_NIC, T_VM, T_DISK, T_NIC };

static const struct {
	const char *entity;
	const char *const *names; /* NULL ends */
} tables[] = {
    [T_HOST] = {"host",
	(const char *const[]){"cpus", "cpu_user_seconds_total",
	    "cpu_system_seconds_total", "cpu_idle_seconds_total",
	    "cpu_iowait_seconds_total", "cpu_irq_seconds_total",
	    "cpu_softirq_seconds_total", "cpu_guest_seconds_total", "load1",
	    "load5", "load15", "context_switches_total", "forks_total",
	    "interrupts_total", "uptime_seconds", "mem_total_bytes",
	    "mem_free_bytes", "mem_available_bytes", "mem_cached_bytes",
	    "swap_total_bytes", "swap_free_bytes", "psi_cpu_some_seconds_total",
	    "psi_mem_some_seconds_total", "psi_mem_full_seconds_total",
	    "psi_io_some_seconds_total", "psi_io_full_seconds_total", NULL}},
    [T_HOST_DISK] = {"host.disk",
	(const char *const[]){"reads_total", "read_bytes_total",
	    "read_seconds_total", "writes_total", "written_bytes_total",
	    "write_seconds_total", "busy_seconds_total", "queue_seconds_total",
	    "size_bytes", NULL}},
    [T_HOST_FS] = {"host.fs",
	(const char *const[]){"size_bytes", "free_bytes", "available_bytes",
	    "used_ratio", "free_ratio", "inodes", "inodes_free", "read_only",
	    "stuck", NULL}},
    [T_HOST_NIC] = {"host.nic",
	(const char *const[]){"receive_bytes_total", "receive_packets_total",
	    "receive_errors_total", "receive_drops_total",
	    "transmit_bytes_total", "transmit_packets_total",
	    "transmit_errors_total", "transmit_drops_total", "up",
	    "speed_bytes_per_second", NULL}},
    [T_VM] = {"vm",
	(const char *const[]){"state", "start_timestamp_seconds", "stuck",
	    "vcpus", "cpu_seconds_total", "cpu_user_seconds_total",
	    "cpu_system_seconds_total", "runqueue_seconds_total",
	    "steal_seconds_total", "mem_allocated_bytes", "mem_max_bytes",
	    "mem_rss_bytes", "mem_guest_total_bytes", "mem_guest_free_bytes",
	    "mem_guest_usable_bytes", "mem_guest_cache_bytes",
	    "mem_guest_swap_in_bytes_total", "mem_guest_swap_out_bytes_total",
	    "mem_guest_major_faults_total", "mem_guest_minor_faults_total",
	    NULL}},
    [T_DISK] = {"vm.disk",
	(const char *const[]){"reads_total", "writes_total", "flushes_total",
	    "read_bytes_total", "written_bytes_total", "read_seconds_total",
	    "write_seconds_total", "flush_seconds_total", "allocation_bytes",
	    "capacity_bytes", "physical_bytes", NULL}},
    [T_NIC] = {"vm.nic",
	(const char *const[]){"receive_bytes_total", "transmit_bytes_total",
	    "receive_packets_total", "transmit_packets_total",
	    "receive_errors_total", "transmit_errors_total",
	    "receive_drops_total", "transmit_drops_total", NULL}},
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

_Static_assert(sizeof(tables) / sizeof(tables[0]) <= 8, "struct sim.levels");

void
emit_open(struct sim *s, enum metric_level level)
{
	for (size_t t = 0; t < TABLES; t++)
		for (size_t i = 0; tables[t].names[i] != NULL; i++) {
			const struct metric
			    *m = catalogue_find(span_of(tables[t].entity),
				span_of(tables[t].names[i]));

			assert(m != NULL);
			if (m->level <= level)
				s->levels[t] |= UINT64_C(1) << i;
		}
}

/* One record being printed. */
struct out {
	const struct sim *s;
	struct sim_host *h;
	const struct source_run *run;
	struct frame *f;
};

static void
begin(struct out *o, enum table t, const char *id)
{
	source_begin(o->run, o->f, tables[t].entity, span_of(id));
}

/* v in the order of the table's names. */
static int
end(struct out *o, enum table t, const double *v)
{
	uint64_t on = o->s->levels[t];

	for (size_t i = 0; tables[t].names[i] != NULL; i++)
		if ((on >> i & 1) != 0) {
			frame_value(o->f, tables[t].names[i], v[i]);
			o->h->samples += isfinite(v[i]) != 0;
		}
	o->h->entities++;
	return frame_end(o->f);
}

/* Microseconds and whole things, as kernels and hypervisors count. */
static double
seconds(double v)
{
	return floor(v * 1e6) / 1e6;
}

static int
emit_host_disk(struct out *o, const struct sim_disk *d)
{
	const double v[] = {floor(d->reads), floor(d->read_bytes),
	    seconds(d->read_seconds), floor(d->writes), floor(d->written_bytes),
	    seconds(d->write_seconds), seconds(d->busy_seconds),
	    seconds(d->queue_seconds), 3840755982336};

	begin(o, T_HOST_DISK, d->id);
	frame_since(o->f, o->h->since);
	frame_label(o->f, "name", span_of(d->name));
	frame_label(o->f, "model", span_of(d->model));
	return end(o, T_HOST_DISK, v);
}

static int
emit_fs(struct out *o, const struct sim_fs *fs)
{
	double free_bytes = floor((fs->size - fs->used) / 4096) * 4096;
	const double v[] = {fs->size, free_bytes, free_bytes,
	    round((1 - free_bytes / fs->size) * 1e6) / 1e6,
	    round(free_bytes / fs->size * 1e6) / 1e6, fs->files,
	    floor(fs->files_free), 0, 0};

	begin(o, T_HOST_FS, fs->mount);
	frame_label(o->f, "device", span_of(fs->device));
	frame_label(o->f, "fstype", span_of(fs->type));
	return end(o, T_HOST_FS, v);
}

static int
emit_host_nic(struct out *o, const char *name, double speed)
{
	const struct sim_host *h = o->h;
	const double v[] = {floor(h->rx_bytes), floor(h->rx_packets), 0,
	    floor(h->rx_drops), floor(h->tx_bytes), floor(h->tx_packets), 0,
	    floor(h->tx_drops), 1, speed};

	begin(o, T_HOST_NIC, name);
	frame_since(o->f, h->since);
	return end(o, T_HOST_NIC, v);
}

static int
emit_host_self(struct out *o, double ts)
{
	const struct sim_host *h = o->h;
	const double v[] = {h->cpus, seconds(h->user), seconds(h->system),
	    seconds(h->idle), seconds(h->iowait), seconds(h->irq),
	    seconds(h->softirq), seconds(h->guest),
	    round(h->load[0] * 100) / 100, round(h->load[1] * 100) / 100,
	    round(h->load[2] * 100) / 100, floor(h->contexts), floor(h->forks),
	    floor(h->interrupts), round(ts - h->since), h->memory,
	    floor(h->free_memory), floor(h->free_memory + .9 * h->cached),
	    floor(h->cached), 8589934592, 8589934592, seconds(h->psi_cpu),
	    seconds(h->psi_mem), seconds(h->psi_mem * .4), seconds(h->psi_io),
	    seconds(h->psi_io_full)};

	begin(o, T_HOST, h->name);
	frame_since(o->f, h->since);
	return end(o, T_HOST, v);
}

static int
emit_vdisk(struct out *o, const struct sim_vm *v, const struct sim_vdisk *d)
{
	const struct sim_disk *hd = &o->h->disks[d->backing];
	const double w[] = {floor(d->reads), floor(d->writes),
	    floor(d->flushes), floor(d->read_bytes), floor(d->written_bytes),
	    seconds(d->read_seconds), seconds(d->write_seconds),
	    seconds(d->flush_seconds), floor(d->allocation), d->capacity,
	    floor(d->allocation / 65536) * 65536};

	begin(o, T_DISK, d->id);
	frame_since(o->f, v->since);
	frame_label(o->f, "vm", span_of(v->name));
	frame_label(o->f, "target", span_of(d->target));
	frame_label(o->f, "backing", span_of(hd->id));
	return end(o, T_DISK, w);
}

static int
emit_vnic(struct out *o, const struct sim_vm *v)
{
	const struct sim_vnic *n = &v->nic;
	const double w[] = {floor(n->rx_bytes), floor(n->tx_bytes),
	    floor(n->rx_packets), floor(n->tx_packets), 0, 0,
	    floor(n->rx_drops), floor(n->tx_drops)};

	begin(o, T_NIC, n->id);
	frame_since(o->f, v->since);
	frame_label(o->f, "vm", span_of(v->name));
	frame_label(o->f, "bridge", span_of("br0"));
	return end(o, T_NIC, w);
}

static int
emit_vm(struct out *o, const struct sim_vm *v)
{
	double total = floor(v->memory * .985);
	double usable = floor(total * (1 - v->used));
	const double w[] = {1, v->since, 0, v->vcpus, seconds(v->cpu),
	    seconds(v->user), seconds(v->system), seconds(v->runqueue),
	    seconds(v->steal), v->memory, v->memory, floor(v->rss), total,
	    floor(usable * .6), usable, floor(usable * .4),
	    floor(v->swap_in / 4096) * 4096, floor(v->swap_out / 4096) * 4096,
	    floor(v->major), floor(v->minor)};

	begin(o, T_VM, v->uuid);
	frame_since(o->f, v->since);
	frame_label(o->f, "name", span_of(v->name));
	frame_label(o->f, "state", span_of("running"));
	frame_label(o->f, "tenant", span_of(v->tenant));
	frame_label(o->f, "os", span_of(v->os));
	if (end(o, T_VM, w) == -1)
		return -1;
	for (unsigned i = 0; i < v->ndisks; i++)
		if (emit_vdisk(o, v, &v->disks[i]) == -1)
			return -1;
	return emit_vnic(o, v);
}

static int
emit_events(struct out *o)
{
	const struct sim *s = o->s;

	for (size_t i = 0; i < s->nevents; i++) {
		const struct sim_event *e = &s->events[i];
		const struct sim_vm *v = &s->vms[e->vm];

		if (&s->hosts[e->host] != o->h)
			continue;
		frame_begin(o->f, RECORD_EVENT, "vm", span_of(v->uuid));
		frame_label(o->f, "name", span_of(v->name));
		frame_text(o->f, "event", span_of(e->event));
		frame_text(o->f, "detail", span_of(e->detail));
		if (frame_end(o->f) == -1)
			return -1;
	}
	return 0;
}

static int
emit_sweep(struct out *o)
{
	char boot[48];

	snprintf(boot, sizeof(boot), "%s-%.0f", o->h->name, o->h->since);
	frame_begin(o->f, RECORD_SWEEP, "", (struct span){NULL, 0});
	frame_interval(o->f, o->run->interval);
	frame_text(o->f, "boot", span_of(boot));
	frame_text(o->f, "run", span_of(o->s->run));
	frame_number(o->f, "seq", (double)o->s->seq);
	frame_value(o->f, "took_seconds", 0);
	frame_value_u64(o->f, "entities", o->h->entities);
	frame_value_u64(o->f, "samples", o->h->samples);
	frame_value(o->f, "timeouts", 0);
	frame_value(o->f, "skipped", 0);
	frame_value(o->f, "late_seconds", 0);
	return frame_end(o->f);
}

int
emit_host(struct sim *s, struct sim_host *h, const struct source_run *run,
    const struct source_round *round, struct frame *f)
{
	struct out o = {.s = s, .h = h, .run = run, .f = f};

	if (h->silent)
		return 0;
	h->entities = h->samples = 0;
	frame_origin(f, h->name, run->name);
	frame_clock(f, round->ts, round->ts - h->since);
	if (emit_host_self(&o, round->ts) == -1)
		return -1;
	for (unsigned i = 0; i < SIM_DISKS; i++)
		if (emit_host_disk(&o, &h->disks[i]) == -1)
			return -1;
	for (unsigned i = 0; i < SIM_FS; i++)
		if (emit_fs(&o, &h->fs[i]) == -1)
			return -1;
	if (emit_host_nic(&o, "eno1", 3.125e9) == -1 ||
	    emit_host_nic(&o, "br0", NAN) == -1)
		return -1;
	for (unsigned i = 0; i < h->nvms; i++)
		if (s->vms[h->vms[i]].on &&
		    emit_vm(&o, &s->vms[h->vms[i]]) == -1)
			return -1;
	if (emit_events(&o) == -1)
		return -1;
	return emit_sweep(&o);
}
