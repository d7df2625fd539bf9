/* SPDX-License-Identifier: MIT */
/*
 * view_hosts: the columns of hosts, and what stands in them.  Reads nothing
 * but the model.
 */
#include "view.h"

#include <math.h>
#include <stdio.h>

enum column_of {
	COL_STATE,
	COL_HOST,
	COL_TROUBLE,
	COL_CPU,
	COL_USER,
	COL_SYSTEM,
	COL_WAIT,
	COL_STEAL,
	COL_GUEST,
	COL_LOAD,
	COL_CPUS,
	COL_MEM,
	COL_AVAILABLE,
	COL_TOTAL,
	COL_SWAP,
	COL_PSI_CPU,
	COL_PSI_MEMORY,
	COL_PSI_IO,
	COL_READ,
	COL_WRITTEN,
	COL_RECEIVED,
	COL_SENT,
	COL_VMS,
	COL_AGE,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "the worst first; S stale, L late, G gone", 1,
	0, FIGURE_COUNT, 0, 0, COLUMN_LEFT | COLUMN_WORST},
    [COL_HOST] = {"host", "HOST", "name of the host", 0, 0, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_TROUBLE] = {"alerts", "ALERTS", "alerts C W i, anomalies ~, filling F",
	6, 3, FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_CPU] = {"cpu", "CPU%", "processor time not idle nor waiting", 5, 1,
	FIGURE_PERCENT, 0.8, 0.95, 0},
    [COL_USER] = {"user", "USER%", "time in user programs", 5, 18,
	FIGURE_PERCENT, 0, 0, 0},
    [COL_SYSTEM] = {"system", "SYS%", "time in the kernel", 5, 19,
	FIGURE_PERCENT, 0.3, 0.6, 0},
    [COL_WAIT] = {"wait", "WAIT%", "idle with I/O outstanding", 5, 12,
	FIGURE_PERCENT, 0.2, 0.5, 0},
    [COL_STEAL] = {"steal", "STEAL", "taken away by a hypervisor, %", 5, 14,
	FIGURE_PERCENT, 0.05, 0.1, 0},
    [COL_GUEST] = {"guest", "GUEST", "time in guests, %", 5, 15, FIGURE_PERCENT,
	0, 0, 0},
    [COL_LOAD] = {"load", "LOAD", "load average over a minute", 5, 11,
	FIGURE_LOAD, 0, 0, 0},
    [COL_CPUS] = {"cpus", "CPUS", "logical processors", 4, 21, FIGURE_COUNT, 0,
	0, 0},
    [COL_MEM] = {"mem", "MEM%", "memory that cannot be had any more", 5, 2,
	FIGURE_PERCENT, 0.85, 0.95, 0},
    [COL_AVAILABLE] = {"avail", "AVAIL", "memory that can still be had, bytes",
	5, 16, FIGURE_BYTES, 0, 0, 0},
    [COL_TOTAL] = {"total", "TOTAL", "memory of the host, bytes", 5, 20,
	FIGURE_BYTES, 0, 0, 0},
    [COL_SWAP] = {"swap", "SWAP%", "swap space in use", 5, 17, FIGURE_PERCENT,
	0.2, 0.8, 0},
    [COL_PSI_CPU] = {"pcpu", "Pcpu", "time some task waited for cpu, %", 4, 10,
	FIGURE_SHARE, 0.2, 0.5, 0},
    [COL_PSI_MEMORY] = {"pmem", "Pmem", "time some task waited for memory, %",
	4, 9, FIGURE_SHARE, 0.05, 0.2, 0},
    [COL_PSI_IO] = {"pio", "Pio", "time some task waited for I/O, %", 4, 8,
	FIGURE_SHARE, 0.2, 0.5, 0},
    [COL_READ] = {"read", "READ", "disks, bytes read a second", 5, 6,
	FIGURE_BYTES, 0, 0, 0},
    [COL_WRITTEN] = {"write", "WRITE", "disks, bytes written a second", 5, 7,
	FIGURE_BYTES, 0, 0, 0},
    [COL_RECEIVED] = {"rx", "RX", "network, bytes received a second", 5, 4,
	FIGURE_BYTES, 0, 0, 0},
    [COL_SENT] = {"tx", "TX", "network, bytes sent a second", 5, 5,
	FIGURE_BYTES, 0, 0, 0},
    [COL_VMS] = {"vms", "VMS", "virtual machines", 4, 13, FIGURE_COUNT, 0, 0,
	0},
    [COL_AGE] = {"age", "AGE", "age of the numbers", 9, 0, FIGURE_SPAN, 0, 0,
	0},
};

/* Time in each mode; a mode the host never tells of counts nothing, one that
 * is not known now makes the whole unknown. */
struct cpu {
	double mode[HOST_CPU_GUEST_NICE + 1];
	double all; /* NAN: not known */
};

static void
cpu_read(struct cpu *c, const struct model *m, const struct subject *s)
{
	c->all = 0;
	for (unsigned i = HOST_CPU_USER; i <= HOST_CPU_GUEST_NICE; i++) {
		c->mode[i] = model_knows(s, (enum track)i)
				 ? model_read(m, s, (enum track)i).value
				 : 0;
		c->all += c->mode[i];
	}
	if (!(c->all > 0) || !model_knows(s, HOST_CPU_IDLE))
		c->all = NAN;
}

static double
cpu_share(const struct model *m, const struct subject *s, enum column_of col)
{
	struct cpu c;
	double part = NAN;

	cpu_read(&c, m, s);
	switch (col) {
	case COL_CPU:
		part = c.all - c.mode[HOST_CPU_IDLE] - c.mode[HOST_CPU_IOWAIT];
		break;
	case COL_USER:
		part = c.mode[HOST_CPU_USER] + c.mode[HOST_CPU_NICE];
		break;
	case COL_SYSTEM:
		part = c.mode[HOST_CPU_SYSTEM] + c.mode[HOST_CPU_IRQ] +
		       c.mode[HOST_CPU_SOFTIRQ];
		break;
	case COL_WAIT:
		part = c.mode[HOST_CPU_IOWAIT];
		break;
	case COL_STEAL:
		part = c.mode[HOST_CPU_STEAL];
		break;
	case COL_GUEST:
		part = c.mode[HOST_CPU_GUEST] + c.mode[HOST_CPU_GUEST_NICE];
		break;
	default:
		break;
	}
	return part / c.all;
}

/* Free huge pages can be had as well, by a machine: never "used". */
static enum track
mem_left(const struct subject *s)
{
	return model_knows(s, HOST_MEM_ALLOCATABLE) ? HOST_MEM_ALLOCATABLE
						    : HOST_MEM_AVAILABLE;
}

static double
used_share(const struct model *m, const struct subject *s, enum track total,
    enum track left)
{
	double all = model_read(m, s, total).value;

	if (all == 0) /* no swap: none of it is used */
		return 0;
	return 1 - model_read(m, s, left).value / all;
}

/* Of the host's own sample. */
static double
own_value(const struct model *m, const struct subject *s, enum column_of col)
{
	switch (col) {
	case COL_CPU:
	case COL_USER:
	case COL_SYSTEM:
	case COL_WAIT:
	case COL_STEAL:
	case COL_GUEST:
		return cpu_share(m, s, col);
	case COL_LOAD:
		return model_read(m, s, HOST_LOAD1).value;
	case COL_CPUS:
		return model_read(m, s, HOST_CPUS).value;
	case COL_MEM:
		return used_share(m, s, HOST_MEM_TOTAL, mem_left(s));
	case COL_AVAILABLE:
		return model_read(m, s, mem_left(s)).value;
	case COL_TOTAL:
		return model_read(m, s, HOST_MEM_TOTAL).value;
	case COL_SWAP:
		return used_share(m, s, HOST_SWAP_TOTAL, HOST_SWAP_FREE);
	case COL_PSI_CPU:
		return model_read(m, s, HOST_PSI_CPU).value;
	case COL_PSI_MEMORY:
		return model_read(m, s, HOST_PSI_MEMORY).value;
	case COL_PSI_IO:
		return model_read(m, s, HOST_PSI_IO).value;
	default:
		return NAN;
	}
}

double
host_busy(const struct model *m, const struct subject *s)
{
	return cpu_share(m, s, COL_CPU);
}

double
host_steal(const struct model *m, const struct subject *s)
{
	return cpu_share(m, s, COL_STEAL);
}

double
host_memory(const struct model *m, const struct subject *s)
{
	return model_read(m, s, HOST_MEM_TOTAL).value -
	       model_read(m, s, mem_left(s)).value;
}

/* *fresh is made worse when the number is older than its host's state says:
 * one of two sources may be late alone. */
static double
value(const struct model *m, const struct host *h, enum column_of col,
    enum freshness *fresh)
{
	const struct subject *self = model_self(h);
	struct answer r;
	double age;

	switch (col) {
	case COL_AGE:
		model_host_state(m, h, &age);
		return age;
	case COL_VMS:
		return (double)model_count(m, h, KIND_VM);
	case COL_READ:
		r = model_sum(m, h, DISK_READ);
		break;
	case COL_WRITTEN:
		r = model_sum(m, h, DISK_WRITTEN);
		break;
	case COL_RECEIVED:
		r = model_sum(m, h, NIC_RECEIVED);
		break;
	case COL_SENT:
		r = model_sum(m, h, NIC_SENT);
		break;
	default:
		if (self == NULL)
			return NAN;
		return own_value(m, self, col);
	}
	if (r.fresh > *fresh)
		*fresh = r.fresh;
	return r.value;
}

static struct trouble
trouble_of(const struct model *m, struct host *h)
{
	const struct place *p = model_host_place(m, h);

	return p != NULL ? p->all : (struct trouble){0};
}

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	enum freshness fresh = FRESH;
	struct trouble t;
	double cpu;

	if (column == COL_HOST)
		return 0;
	if (column == COL_TROUBLE) {
		t = trouble_of(m, r->of.host);
		return trouble_key(&t);
	}
	if (column == COL_STATE) { /* those with trouble, then the busiest */
		t = trouble_of(m, r->of.host);
		cpu = value(m, r->of.host, COL_CPU, &fresh);
		return 10 * trouble_key(&t) + (isnan(cpu) ? 0 : cpu);
	}
	return value(m, r->of.host, (enum column_of)column, &fresh);
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	struct host *h = r->of.host;
	struct trouble t;
	double age;

	out->fresh = model_host_state(m, h, &age);
	switch (column) {
	case COL_STATE:
		out->text = state_letter(out->fresh);
		out->role = state_role(out->fresh);
		break;
	case COL_HOST:
		out->text = h->name;
		out->role = out->fresh == FRESH ? ROLE_NAME : ROLE_STALE;
		break;
	case COL_TROUBLE:
		t = trouble_of(m, h);
		out->role = trouble_text(out->room, sizeof(out->room), &t);
		out->text = out->room;
		break;
	case COL_AGE:
		age_text(out, h, model_self(h), age);
		break;
	default:
		out->value = value(m, h, (enum column_of)column, &out->fresh);
	}
}

static void
collect(struct ui *u, const struct model *m)
{
	struct host *const *hosts;
	size_t n = model_hosts(m, &hosts);

	for (size_t i = 0; i < n; i++)
		rows_add(u, ITEM_HOST, hosts[i], hosts[i]->serial,
		    hosts[i]->name);
}

const struct table hosts_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
};
