/* SPDX-License-Identifier: MIT */
/*
 * sim: the simulated fleet inside: hypervisors with virtual machines, their
 * load, what goes wrong with them, and the records they would print.
 *	fleet.c   draws the machines from the seed
 *	load.c    moves the fleet one step on
 *	fault.c   reads the scenario, plans faults, writes the ground truth
 *	emit.c    prints records
 *	sim.c     is the source
 * It knows the names of the catalogue and nothing of any program.
 */
#ifndef NC_COLLECT_SIM_SIM_H
#define NC_COLLECT_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "source.h"

#define SIM_DISKS 2 /* of a host; at most, of a VM */
#define SIM_FS 2
#define SIM_ID 64

/* Noise that wanders: a first-order autoregressive process each. */
enum sim_noise { NOISE_CPU, NOISE_IO, NOISE_NET, NOISE_MEM, NOISE_COUNT };

struct sim_vdisk {
	char id[SIM_ID]; /* UUID/vda */
	const char *target;
	unsigned backing; /* which disk of the host */
	double capacity, allocation; /* bytes */
	double read_ops, write_ops, read_size, write_size; /* asked for, a s */
	double reads, writes, flushes, read_bytes, written_bytes;
	double read_seconds, write_seconds, flush_seconds;
};

struct sim_vnic {
	char id[SIM_ID]; /* UUID/MAC */
	double rx, tx; /* bytes a second, asked for */
	double rx_bytes, tx_bytes, rx_packets, tx_packets, rx_drops, tx_drops;
};

struct sim_vm {
	char uuid[37];
	char name[24];
	const char *tenant, *os;
	unsigned profile;
	unsigned vcpus;
	unsigned host; /* where it runs */
	bool on;
	bool pinned; /* part of a fault: left alone otherwise */
	double back; /* when a VM that is off starts again */
	double since;
	double memory; /* bytes */
	double base, peak_hour; /* share of its processors; hour of day */
	double burst_until, burst;
	double noise[NOISE_COUNT];
	struct rng random;
	/* Faults in force. */
	double hog, leak, io_boost; /* 0..1, 0..1, factor */
	/* What it asks for now, and has had. */
	double demand; /* processors */
	double used; /* share of memory */
	double cpu, user, system, steal, runqueue; /* seconds */
	double rss, swap_in, swap_out, major, minor;
	unsigned ndisks;
	struct sim_vdisk disks[SIM_DISKS];
	struct sim_vnic nic;
};

struct sim_disk {
	char id[SIM_ID];
	const char *name, *model;
	double max_ops, max_bytes; /* a second */
	double busy; /* share of the last step */
	double reads, writes, read_bytes, written_bytes;
	double read_seconds, write_seconds, busy_seconds, queue_seconds;
};

struct sim_fs {
	const char *mount, *device, *type;
	double size, used; /* bytes */
	double before_fault; /* used when a fault began to fill it */
	double fill; /* 0, or how far a fault has filled the rest */
	double files, files_free;
};

struct sim_host {
	char name[24];
	unsigned cpus;
	double memory; /* bytes */
	double since;
	bool silent;
	double loss; /* share of packets lost */
	double noise;
	struct rng random;
	double demand, used; /* processors, of the last step */
	double load[3];
	double user, system, idle, iowait, irq, softirq, guest; /* seconds */
	double contexts, forks, interrupts;
	double psi_cpu, psi_io, psi_io_full, psi_mem; /* seconds */
	double free_memory, cached;
	double rx_bytes, tx_bytes, rx_packets, tx_packets, rx_drops, tx_drops;
	struct sim_disk disks[SIM_DISKS];
	struct sim_fs fs[SIM_FS];
	unsigned *vms; /* owned: its VMs, in order of number */
	unsigned nvms;
	uint64_t entities, samples; /* of the round */
};

enum sim_fault_kind {
	FAULT_CPU_HOG,
	FAULT_MEMORY_LEAK,
	FAULT_DISK_FILL,
	FAULT_NOISY_NEIGHBOUR,
	FAULT_PACKET_LOSS,
	FAULT_SILENT_HOST,
	FAULT_KINDS
};

struct sim_fault {
	enum sim_fault_kind kind;
	unsigned host, vm; /* vm: number in the fleet */
	double at, length; /* seconds from the start of the run */
	double strength;
	bool running;
};

struct sim_event {
	unsigned host, vm;
	const char *event, *detail; /* literals */
};

struct sim {
	uint64_t seed;
	unsigned nhosts, nvms; /* nvms in all */
	struct sim_host *hosts;
	struct sim_vm *vms;
	double churn; /* 1: as in a usual week; 0: none */
	struct sim_fault *faults;
	size_t nfaults;
	double start, ts; /* of the run; of the last step; NAN before it */
	double fleet_noise;
	struct rng random;
	struct sim_event *events; /* of the step in hand */
	size_t nevents;
	char run[32]; /* names this run in sweeps */
	uint64_t seq;
	uint64_t levels[8]; /* which metrics the level asks for: emit.c */
};

static inline double
sim_between(struct rng *r, double low, double high)
{
	return low + (high - low) * rng_uniform(r);
}

static inline unsigned
sim_below(struct rng *r, unsigned n)
{
	return (unsigned)rng_below(r, n);
}

/* fleet.c: draws hosts and VMs as they are at ts. */
void fleet_build(struct sim *s, unsigned hosts, unsigned vms, double ts);
void fleet_free(struct sim *s);
/* Moves a VM to a host's list (its lists are in order of number). */
void fleet_move(struct sim *s, unsigned vm, unsigned to);
void fleet_event(struct sim *s, unsigned host, unsigned vm, const char *event,
    const char *detail);

/* fault.c */
int fault_read(struct sim *s, const char *path, struct diag *d,
    struct nc_err *e);
/* Draws n faults within span seconds. */
void fault_draw(struct sim *s, unsigned n, double span);
/* Puts the faults of this instant in force. */
void fault_apply(struct sim *s, double ts);
/* The ground truth, an event record a fault, into a file, whole or not. */
int fault_truth(const struct sim *s, const char *path, struct nc_err *e);
const char *fault_name(enum sim_fault_kind kind);

/* load.c: one step to ts; the first only sets the scene. */
void load_step(struct sim *s, double ts);

/* emit.c */
void emit_open(struct sim *s, enum metric_level level);
/* Everything one host prints in a round, its sweep last; -1: nobody reads. */
int emit_host(struct sim *s, struct sim_host *h, const struct source_run *run,
    const struct source_round *round, struct frame *f);

#endif
