/* SPDX-License-Identifier: MIT */
/*
 * view_tree: what is part of what: hosts, their machines and containers, and
 * of those the processors, disks, interfaces and threads.  In order of
 * names, which stands still.  Reads nothing but the model.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "view.h"

enum column_of {
	COL_STATE,
	COL_NAME,
	COL_TROUBLE,
	COL_CPU,
	COL_STEAL,
	COL_MEM,
	COL_READ,
	COL_WRITTEN,
	COL_RECEIVED,
	COL_SENT,
	COL_AGE,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "S stale, L late", 1, 0, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_NAME] = {"name", "NAME", "+ can be unfolded, - folded", 0, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_TROUBLE] = {"alerts", "ALERTS", "alerts of it and its parts", 6, 3,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_CPU] = {"cpu", "CPU%", "of its processors, in use", 5, 1,
	FIGURE_PERCENT, 0.8, 0.95, 0},
    [COL_STEAL] = {"steal", "STEAL", "waits for a processor", 5, 8,
	FIGURE_PERCENT, 0.05, 0.2, 0},
    [COL_MEM] = {"mem", "MEM", "memory in use", 5, 2, FIGURE_BYTES, 0, 0, 0},
    [COL_READ] = {"read", "READ", "bytes read a second", 5, 4, FIGURE_BYTES, 0,
	0, 0},
    [COL_WRITTEN] = {"write", "WRITE", "bytes written a second", 5, 5,
	FIGURE_BYTES, 0, 0, 0},
    [COL_RECEIVED] = {"rx", "RX", "bytes received a second", 5, 6, FIGURE_BYTES,
	0, 0, 0},
    [COL_SENT] = {"tx", "TX", "bytes sent a second", 5, 7, FIGURE_BYTES, 0, 0,
	0},
    [COL_AGE] = {"age", "AGE", "age of the numbers", 9, 0, FIGURE_SPAN, 0, 0,
	0},
};

static double
host_value(const struct model *m, const struct host *h, unsigned col,
    enum freshness *fresh)
{
	static const enum track sums[COL_COUNT] = {
	    [COL_READ] = DISK_READ,
	    [COL_WRITTEN] = DISK_WRITTEN,
	    [COL_RECEIVED] = NIC_RECEIVED,
	    [COL_SENT] = NIC_SENT,
	};
	const struct subject *self = model_self(h);
	struct answer r;

	if (col == COL_CPU || col == COL_MEM || col == COL_STEAL)
		return self == NULL ? (double)NAN
		       : col == COL_CPU
			   ? host_busy(m, self)
			   : (col == COL_MEM ? host_memory(m, self)
					     : host_steal(m, self));
	r = model_sum(m, h, sums[col]);
	if (r.fresh > *fresh)
		*fresh = r.fresh;
	return r.value;
}

/* Which metric stands in a column, for things of a kind. */
static const struct {
	enum track_kind kind;
	unsigned col;
	enum track track;
	bool part; /* the sum over its parts */
} values[] = {
    {KIND_VM, COL_READ, VDISK_READ, true},
    {KIND_VM, COL_WRITTEN, VDISK_WRITTEN, true},
    {KIND_VM, COL_RECEIVED, VNIC_RECEIVED, true},
    {KIND_VM, COL_SENT, VNIC_SENT, true},
    {KIND_VCPU, COL_CPU, VCPU_CPU, false},
    {KIND_VCPU, COL_STEAL, VCPU_STEAL, false},
    {KIND_VDISK, COL_READ, VDISK_READ, false},
    {KIND_VDISK, COL_WRITTEN, VDISK_WRITTEN, false},
    {KIND_VNIC, COL_RECEIVED, VNIC_RECEIVED, false},
    {KIND_VNIC, COL_SENT, VNIC_SENT, false},
    {KIND_THREAD, COL_CPU, THREAD_CPU, false},
    {KIND_THREAD, COL_STEAL, THREAD_RUNQUEUE, false},
    {KIND_BOX, COL_CPU, BOX_CPU, false},
    {KIND_BOX, COL_MEM, BOX_MEM, false},
    {KIND_BOX, COL_READ, BOX_READ, false},
    {KIND_BOX, COL_WRITTEN, BOX_WRITTEN, false},
    {KIND_BOX, COL_RECEIVED, BOXNIC_RECEIVED, true},
    {KIND_BOX, COL_SENT, BOXNIC_SENT, true},
    {KIND_BOXNIC, COL_RECEIVED, BOXNIC_RECEIVED, false},
    {KIND_BOXNIC, COL_SENT, BOXNIC_SENT, false},
};

/* False: things of that kind have nothing in that column. */
static bool
thing_value(const struct model *m, const struct thing *t, unsigned col,
    struct shown *out)
{
	struct answer r;

	if (t->kind == KIND_VM && col <= COL_MEM) {
		out->value = col == COL_CPU   ? vm_share(m, t, VM_CPU)
			     : col == COL_MEM ? vm_memory(m, t)
					      : vm_steal(m, t);
		return true;
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i].kind != t->kind || values[i].col != col)
			continue;
		r = values[i].part ? model_parts(m, t, values[i].track)
				   : model_read(m, t->subject, values[i].track);
		out->value = r.value;
		if (r.fresh > out->fresh)
			out->fresh = r.fresh;
		return true;
	}
	return false;
}

static void
host_cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	struct host *h = r->of.host;
	const struct place *p = model_host_place(m, h);
	double age;

	out->fresh = model_host_state(m, h, &age);
	switch (column) {
	case COL_STATE:
		out->text = state_letter(out->fresh);
		out->role = state_role(out->fresh);
		break;
	case COL_NAME:
		snprintf(out->room, sizeof(out->room), "%c %s",
		    r->folded ? '+' : '-', h->name);
		out->text = out->room;
		out->role = ROLE_NAME;
		break;
	case COL_TROUBLE:
		out->text = "";
		if (p != NULL) {
			out->role = trouble_text(out->room, sizeof(out->room),
			    &p->all);
			out->text = out->room;
		}
		break;
	case COL_AGE:
		age_text(out, h, model_self(h), age);
		break;
	default:
		out->value = host_value(m, h, column, &out->fresh);
	}
}

static const char *
kind_word(enum track_kind kind)
{
	static const char *const words[KIND_COUNT] = {
	    [KIND_VCPU] = "cpu ",
	    [KIND_VDISK] = "disk ",
	    [KIND_VNIC] = "nic ",
	    [KIND_THREAD] = "thr ",
	    [KIND_BOXNIC] = "nic ",
	};

	return words[kind] != NULL ? words[kind] : "";
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	static const enum cell_of cells[COL_COUNT] = {
	    [COL_STATE] = CELL_STATE,
	    [COL_NAME] = CELL_NAME,
	    [COL_TROUBLE] = CELL_TROUBLE,
	    [COL_AGE] = CELL_AGE,
	};

	if (r->item == ITEM_HOST) {
		host_cell(m, r, column, out);
		return;
	}
	thing_cell(m, r, cells[column], out);
	if (column == COL_NAME) {
		snprintf(out->room, sizeof(out->room), "%s%s%s",
		    r->parts == 0 ? "  "
		    : r->folded   ? "+ "
				  : "- ",
		    kind_word(r->of.thing->kind), r->name);
		out->text = out->room;
		if (r->parts == 0 && out->fresh == FRESH)
			out->role = ROLE_TEXT;
	} else if (cells[column] == CELL_FRESH &&
		   !thing_value(m, r->of.thing, column, out))
		out->text = "";
}

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	(void)m, (void)r, (void)column;
	return 0;
}

static int
by_name(const void *pa, const void *pb)
{
	const struct thing *a = *(struct thing *const *)pa;
	const struct thing *b = *(struct thing *const *)pb;
	int n;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	n = str_natural(span_of(thing_name(a)), span_of(thing_name(b)));
	return n != 0 ? n : a->serial < b->serial ? -1 : 1;
}

/* Adds those of list that are there, in order; calls itself for parts. */
static void
add_things(struct ui *u, const struct model *m, struct thing **list, size_t n,
    int depth)
{
	struct thing *parts[256];
	struct thing *t;
	struct row *r;
	size_t count;
	double age;

	if (n > 1)
		qsort(list, n, sizeof(*list), by_name);
	for (size_t i = 0; i < n; i++) {
		if (model_thing_state(m, list[i], &age) >= GONE)
			continue;
		count = 0;
		for (const struct subject *s = list[i]->subject->child;
		     s != NULL && depth == 2; s = s->sibling)
			if ((t = thing_of(s)) != NULL &&
			    count < sizeof(parts) / sizeof(parts[0]))
				parts[count++] = t;
		r = rows_add(u, ITEM_THING, list[i], list[i]->serial,
		    thing_name(list[i]));
		r->depth = depth;
		r->parts = (unsigned)count;
		r->folded = !ui_is_turned(u, r->id);
		if (count != 0 && !r->folded)
			add_things(u, m, parts, count, depth + 2);
	}
}

static void
collect(struct ui *u, const struct model *m)
{
	struct host *const *hosts;
	size_t n = model_hosts(m, &hosts), room, count;
	const struct thing_list *l;
	struct thing **list;
	struct row *r;

	for (size_t i = 0; i < n; i++) {
		if (u->scope.host != NULL &&
		    strcmp(u->scope.host, hosts[i]->name) != 0)
			continue;
		r = rows_add(u, ITEM_HOST, hosts[i], hosts[i]->serial,
		    hosts[i]->name);
		/* Hosts are open, machines are folded, until turned. */
		r->folded = ui_is_turned(u, r->id);
		room = hosts[i]->things[KIND_VM].count +
		       hosts[i]->things[KIND_BOX].count;
		r->parts = (unsigned)room;
		if (r->folded || room == 0)
			continue;
		list = xreallocarray(NULL, room, sizeof(*list));
		count = 0;
		for (enum track_kind k = KIND_VM; k <= KIND_BOX; k++) {
			l = &hosts[i]->things[k];
			for (size_t v = 0; v < l->count; v++)
				if (k == KIND_VM || k == KIND_BOX)
					list[count++] = l->at[v];
		}
		add_things(u, m, list, count, 2);
		free(list);
	}
}

const struct table tree_table = {
    .columns = columns,
    .count = COL_COUNT,
    .ordered = true,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = NULL,
};
