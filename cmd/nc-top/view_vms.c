/* SPDX-License-Identifier: MIT */
/*
 * view_vms: virtual machines: what they use of what they were given, what
 * they wait for, what their disks and networks carry.  Reads nothing but the
 * model.
 */
#include <math.h>
#include <stdio.h>

#include "view.h"

enum column_of {
	COL_STATE,
	COL_NAME,
	COL_TROUBLE,
	COL_HOST,
	COL_RUN,
	COL_CPU,
	COL_GRAPH,
	COL_STEAL,
	COL_VCPUS,
	COL_MEM,
	COL_ALLOCATED,
	COL_BALLOON,
	COL_READ,
	COL_WRITTEN,
	COL_READ_LATENCY,
	COL_WRITE_LATENCY,
	COL_READS,
	COL_WRITES,
	COL_RECEIVED,
	COL_SENT,
	COL_AGE,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "the worst first; S stale, L late", 1, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT | COLUMN_WORST},
    [COL_NAME] = {"name", "VM", "name of the machine", 0, 0, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_TROUBLE] = {"alerts", "ALERTS", "alerts C W i, anomalies ~, filling F",
	6, 4, FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_HOST] = {"host", "HOST", "the host it runs on", 8, 5, FIGURE_COUNT, 0,
	0, COLUMN_LEFT},
    [COL_RUN] = {"run", "RUN", "running, paused, ...", 4, 16, FIGURE_COUNT, 0,
	0, COLUMN_LEFT},
    [COL_CPU] = {"cpu", "CPU%", "of its processors, in use", 5, 1,
	FIGURE_PERCENT, 0.8, 0.95, 0},
    [COL_GRAPH] = {"trend", "CPU TREND", "CPU% of the last samples, to 100%",
	12, 13, FIGURE_PERCENT, 0, 0, COLUMN_GRAPH},
    [COL_STEAL] = {"steal", "STEAL", "waits for a processor, % of its own", 5,
	3, FIGURE_PERCENT, 0.05, 0.2, 0},
    [COL_VCPUS] = {"vcpus", "VCPU", "processors it was given", 4, 15,
	FIGURE_COUNT, 0, 0, 0},
    [COL_MEM] = {"mem", "MEM", "memory in use, as its guest says; else held", 5,
	2, FIGURE_BYTES, 0, 0, 0},
    [COL_ALLOCATED] = {"alloc", "ALLOC", "memory it may use now", 5, 10,
	FIGURE_BYTES, 0, 0, 0},
    [COL_BALLOON] = {"balloon", "BALL", "taken back by the balloon, bytes", 5,
	14, FIGURE_BYTES, 1, 0, 0},
    [COL_READ] = {"read", "READ", "disks, bytes read a second", 5, 6,
	FIGURE_BYTES, 0, 0, 0},
    [COL_WRITTEN] = {"write", "WRITE", "disks, bytes written a second", 5, 7,
	FIGURE_BYTES, 0, 0, 0},
    [COL_READ_LATENCY] = {"rlat", "RD ms", "a read takes, milliseconds", 5, 11,
	FIGURE_MILLI, 0.02, 0.1, 0},
    [COL_WRITE_LATENCY] = {"wlat", "WR ms", "a write takes, milliseconds", 5,
	12, FIGURE_MILLI, 0.02, 0.1, 0},
    [COL_READS] = {"reads", "RD/s", "reads a second", 5, 17, FIGURE_COUNT, 0, 0,
	0},
    [COL_WRITES] = {"writes", "WR/s", "writes a second", 5, 18, FIGURE_COUNT, 0,
	0, 0},
    [COL_RECEIVED] = {"rx", "RX", "network, bytes received a second", 5, 8,
	FIGURE_BYTES, 0, 0, 0},
    [COL_SENT] = {"tx", "TX", "network, bytes sent a second", 5, 9,
	FIGURE_BYTES, 0, 0, 0},
    [COL_AGE] = {"age", "AGE", "age of the numbers", 9, 0, FIGURE_SPAN, 0, 0,
	0},
};

static double
own(const struct model *m, const struct thing *t, enum track what)
{
	return model_read(m, t->subject, what).value;
}

/* Of what it was given; a machine that does not say how much has no share. */
double
vm_share(const struct model *m, const struct thing *t, enum track what)
{
	return own(m, t, what) / own(m, t, VM_VCPUS);
}

/* Time a processor was wanted and not had. */
double
vm_steal(const struct model *m, const struct thing *t)
{
	return vm_share(m, t,
	    model_knows(t->subject, VM_STEAL) ? VM_STEAL : VM_RUNQUEUE);
}

/* What the guest cannot give back; without its word, what it holds here. */
double
vm_memory(const struct model *m, const struct thing *t)
{
	double used = own(m, t, VM_GUEST_TOTAL) - own(m, t, VM_GUEST_USABLE);

	return isnan(used) || used < 0 ? own(m, t, VM_MEM_RSS) : used;
}

/* Seconds a request took in the mean; none made: not known. */
double
vm_latency(const struct model *m, const struct thing *t, bool write,
    enum freshness *fresh)
{
	struct answer time = model_parts(m, t,
	    write ? VDISK_WRITE_TIME : VDISK_READ_TIME);
	struct answer count = model_parts(m, t,
	    write ? VDISK_WRITES : VDISK_READS);

	if (count.fresh > *fresh)
		*fresh = count.fresh;
	return count.value > 0 ? time.value / count.value : (double)NAN;
}

static enum track
part_of(enum column_of col)
{
	switch (col) {
	case COL_READ:
		return VDISK_READ;
	case COL_WRITTEN:
		return VDISK_WRITTEN;
	case COL_READS:
		return VDISK_READS;
	case COL_WRITES:
		return VDISK_WRITES;
	case COL_RECEIVED:
		return VNIC_RECEIVED;
	default:
		return VNIC_SENT;
	}
}

static double
value(const struct model *m, const struct thing *t, enum column_of col,
    enum freshness *fresh)
{
	struct answer r;
	double age;

	switch (col) {
	case COL_CPU:
		return vm_share(m, t, VM_CPU);
	case COL_STEAL:
		return vm_steal(m, t);
	case COL_VCPUS:
		return own(m, t, VM_VCPUS);
	case COL_MEM:
		return vm_memory(m, t);
	case COL_ALLOCATED:
		return own(m, t, VM_MEM_ALLOCATED);
	case COL_BALLOON:
		return own(m, t, VM_MEM_MAX) - own(m, t, VM_MEM_ALLOCATED);
	case COL_READ_LATENCY:
	case COL_WRITE_LATENCY:
		return vm_latency(m, t, col == COL_WRITE_LATENCY, fresh);
	case COL_READ:
	case COL_WRITTEN:
	case COL_READS:
	case COL_WRITES:
	case COL_RECEIVED:
	case COL_SENT:
		r = model_parts(m, t, part_of(col));
		if (r.fresh > *fresh)
			*fresh = r.fresh;
		return r.value;
	case COL_AGE:
		model_thing_state(m, t, &age);
		return age;
	default:
		return NAN;
	}
}

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	enum freshness fresh = FRESH;
	struct trouble t;
	double cpu;

	switch (column) {
	case COL_NAME:
	case COL_HOST:
	case COL_RUN:
		return 0;
	case COL_TROUBLE:
		t = thing_trouble(m, r->of.thing);
		return trouble_key(&t);
	case COL_STATE: /* those with trouble, then the busiest */
		t = thing_trouble(m, r->of.thing);
		cpu = value(m, r->of.thing, COL_CPU, &fresh);
		return 10 * trouble_key(&t) + (isnan(cpu) ? 0 : cpu);
	case COL_GRAPH:
		column = COL_CPU;
		break;
	default:
		break;
	}
	return value(m, r->of.thing, (enum column_of)column, &fresh);
}

/* The numbers of virDomainState. */
const char *
vm_state_word(double state)
{
	static const char *const words[] = {"?", "run", "blkd", "paus", "down",
	    "off", "CRSH", "susp"};

	if (!(state >= 0) || state >= sizeof(words) / sizeof(words[0]))
		return "-";
	return words[(size_t)state];
}

/* A machine's own processors are the top. */
void
vm_trend(const struct model *m, const struct thing *t, struct shown *out)
{
	past_graph(m, t->subject, VM_CPU, own(m, t, VM_VCPUS), out);
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	static const enum cell_of cells[COL_COUNT] = {
	    [COL_STATE] = CELL_STATE,
	    [COL_NAME] = CELL_NAME,
	    [COL_HOST] = CELL_HOST,
	    [COL_TROUBLE] = CELL_TROUBLE,
	    [COL_AGE] = CELL_AGE,
	};
	const struct thing *t = r->of.thing;

	thing_cell(m, r, cells[column], out);
	if (column == COL_RUN)
		out->text = vm_state_word(own(m, t, VM_STATE));
	else if (column == COL_GRAPH)
		vm_trend(m, t, out);
	else if (cells[column] == CELL_FRESH)
		out->value = value(m, t, (enum column_of)column, &out->fresh);
}

/* Those of a kind that are there and part of what is looked at. */
void
collect_things(struct ui *u, const struct model *m, enum track_kind kind)
{
	struct host *const *hosts;
	size_t n = model_hosts(m, &hosts);
	const struct thing_list *l;
	double age;

	for (size_t i = 0; i < n; i++) {
		l = &hosts[i]->things[kind];
		for (size_t k = 0; k < l->count; k++)
			if (who_has(&u->scope, l->at[k]) &&
			    model_thing_state(m, l->at[k], &age) < GONE)
				rows_add(u, ITEM_THING, l->at[k],
				    l->at[k]->serial, thing_name(l->at[k]));
	}
}

static void
collect(struct ui *u, const struct model *m)
{
	collect_things(u, m, KIND_VM);
}

const struct table vms_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = "no virtual machines",
};
