/* SPDX-License-Identifier: MIT */
/*
 * view_guests: virtual machines and containers in one table, by what both
 * have.  What they are called where they differ is in their own views.  Reads
 * nothing but the model.
 */
#include <math.h>

#include "view.h"

enum column_of {
	COL_STATE,
	COL_NAME,
	COL_KIND,
	COL_TROUBLE,
	COL_HOST,
	COL_CPU,
	COL_GRAPH,
	COL_HELD,
	COL_MEM,
	COL_READ,
	COL_WRITTEN,
	COL_RECEIVED,
	COL_SENT,
	COL_AGE,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "the worst first; S stale, L late", 1, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT | COLUMN_WORST},
    [COL_NAME] = {"name", "GUEST", "name of the machine or container", 0, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_KIND] = {"kind", "KIND", "vm or container", 4, 4, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_TROUBLE] = {"alerts", "ALERTS", "alerts C W i, anomalies ~, filling F",
	6, 5, FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_HOST] = {"host", "HOST", "the host it runs on", 8, 6, FIGURE_COUNT, 0,
	0, COLUMN_LEFT},
    [COL_CPU] = {"cpu", "1CPU%", "of one processor, in use", 5, 1,
	FIGURE_PERCENT, 0, 0, 0},
    [COL_GRAPH] = {"trend", "CPU TREND", "CPU% of the last samples", 12, 12,
	FIGURE_PERCENT, 0, 0, COLUMN_GRAPH},
    [COL_HELD] = {"held", "HELD%",
	"processor wanted and not had: stolen, or over its limit", 5, 3,
	FIGURE_PERCENT, 0.05, 0.25, 0},
    [COL_MEM] = {"mem", "MEM", "memory it cannot give back", 5, 2, FIGURE_BYTES,
	0, 0, 0},
    [COL_READ] = {"read", "READ", "bytes read a second", 5, 7, FIGURE_BYTES, 0,
	0, 0},
    [COL_WRITTEN] = {"write", "WRITE", "bytes written a second", 5, 8,
	FIGURE_BYTES, 0, 0, 0},
    [COL_RECEIVED] = {"rx", "RX", "network, bytes received a second", 5, 9,
	FIGURE_BYTES, 0, 0, 0},
    [COL_SENT] = {"tx", "TX", "network, bytes sent a second", 5, 10,
	FIGURE_BYTES, 0, 0, 0},
    [COL_AGE] = {"age", "AGE", "age of the numbers", 9, 0, FIGURE_SPAN, 0, 0,
	0},
};

/* Both kinds of it; parts: the sum over the disks or interfaces of a VM. */
static const struct {
	enum track vm, box;
	bool vm_parts, box_parts;
} tracks[COL_COUNT] = {
    [COL_CPU] = {VM_CPU, BOX_CPU, false, false},
    [COL_READ] = {VDISK_READ, BOX_READ, true, false},
    [COL_WRITTEN] = {VDISK_WRITTEN, BOX_WRITTEN, true, false},
    [COL_RECEIVED] = {VNIC_RECEIVED, BOXNIC_RECEIVED, true, true},
    [COL_SENT] = {VNIC_SENT, BOXNIC_SENT, true, true},
};

static bool
is_vm(const struct thing *t)
{
	return t->kind == KIND_VM;
}

static double
value(const struct model *m, const struct thing *t, unsigned col,
    enum freshness *fresh)
{
	enum track what = is_vm(t) ? tracks[col].vm : tracks[col].box;
	struct answer r;
	double age;

	switch (col) {
	case COL_HELD:
		return is_vm(t)
			   ? vm_steal(m, t)
			   : model_read(m, t->subject, BOX_THROTTLED).value;
	case COL_MEM:
		return is_vm(t) ? vm_memory(m, t)
				: model_read(m, t->subject, BOX_MEM).value;
	case COL_AGE:
		model_thing_state(m, t, &age);
		return age;
	default:
		break;
	}
	r = (is_vm(t) ? tracks[col].vm_parts : tracks[col].box_parts)
		? model_parts(m, t, what)
		: model_read(m, t->subject, what);
	if (r.fresh > *fresh)
		*fresh = r.fresh;
	return r.value;
}

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	enum freshness fresh = FRESH;
	struct trouble t = thing_trouble(m, r->of.thing);
	double cpu;

	switch (column) {
	case COL_NAME:
	case COL_HOST:
		return 0;
	case COL_KIND:
		return is_vm(r->of.thing);
	case COL_TROUBLE:
		return trouble_key(&t);
	case COL_STATE:
		cpu = value(m, r->of.thing, COL_CPU, &fresh);
		return 10 * trouble_key(&t) + (isnan(cpu) ? 0 : cpu);
	case COL_GRAPH:
		column = COL_CPU;
		break;
	default:
		break;
	}
	return value(m, r->of.thing, column, &fresh);
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
	if (column == COL_KIND)
		out->text = is_vm(t) ? "vm" : "ctr";
	else if (column == COL_GRAPH)
		past_graph(m, t->subject, is_vm(t) ? VM_CPU : BOX_CPU, 1, out);
	else if (cells[column] == CELL_FRESH)
		out->value = value(m, t, column, &out->fresh);
}

static void
collect(struct ui *u, const struct model *m)
{
	collect_things(u, m, KIND_VM);
	collect_things(u, m, KIND_BOX);
}

const struct table guests_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = "no virtual machines, no containers",
};
