/* SPDX-License-Identifier: MIT */
/*
 * view_boxes: containers: what they use of what they may.  Reads nothing but
 * the model.
 */
#include <math.h>

#include "view.h"

enum column_of {
	COL_STATE,
	COL_NAME,
	COL_TROUBLE,
	COL_HOST,
	COL_IMAGE,
	COL_CPU,
	COL_GRAPH,
	COL_LIMIT,
	COL_THROTTLED,
	COL_MEM,
	COL_MEM_SHARE,
	COL_MEM_LIMIT,
	COL_READ,
	COL_WRITTEN,
	COL_RECEIVED,
	COL_SENT,
	COL_PIDS,
	COL_OOM,
	COL_AGE,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "the worst first; S stale, L late", 1, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT | COLUMN_WORST},
    [COL_NAME] = {"name", "CONTAINER", "name of the container", 0, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_TROUBLE] = {"alerts", "ALERTS", "alerts C W i, anomalies ~, filling F",
	6, 4, FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_HOST] = {"host", "HOST", "the host it runs on", 8, 6, FIGURE_COUNT, 0,
	0, COLUMN_LEFT},
    [COL_IMAGE] = {"image", "IMAGE", "what it was made of", 20, 14,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_CPU] = {"cpu", "CPU%", "of one processor, in use", 5, 1,
	FIGURE_PERCENT, 0, 0, 0},
    [COL_GRAPH] = {"trend", "CPU TREND",
	"CPU of the last samples, to its limit", 12, 13, FIGURE_PERCENT, 0, 0,
	COLUMN_GRAPH},
    [COL_LIMIT] = {"limit", "OF", "processors it may use", 4, 12, FIGURE_LOAD,
	0, 0, 0},
    [COL_THROTTLED] = {"throttled", "THROT",
	"held back by its limit, % of time", 5, 5, FIGURE_PERCENT, 0.05, 0.25,
	0},
    [COL_MEM] = {"mem", "MEM", "memory it cannot give back", 5, 2, FIGURE_BYTES,
	0, 0, 0},
    [COL_MEM_SHARE] = {"share", "MEM%", "of its limit", 5, 3, FIGURE_PERCENT,
	0.85, 0.95, 0},
    [COL_MEM_LIMIT] = {"memlimit", "LIMIT", "memory it may use", 5, 15,
	FIGURE_BYTES, 0, 0, 0},
    [COL_READ] = {"read", "READ", "bytes read a second", 5, 7, FIGURE_BYTES, 0,
	0, 0},
    [COL_WRITTEN] = {"write", "WRITE", "bytes written a second", 5, 8,
	FIGURE_BYTES, 0, 0, 0},
    [COL_RECEIVED] = {"rx", "RX", "network, bytes received a second", 5, 9,
	FIGURE_BYTES, 0, 0, 0},
    [COL_SENT] = {"tx", "TX", "network, bytes sent a second", 5, 10,
	FIGURE_BYTES, 0, 0, 0},
    [COL_PIDS] = {"pids", "PIDS", "tasks in it", 4, 11, FIGURE_COUNT, 0, 0, 0},
    [COL_OOM] = {"oom", "OOM/s", "killed for memory, a second", 5, 16,
	FIGURE_LOAD, 0.001, 0.01, 0},
    [COL_AGE] = {"age", "AGE", "age of the numbers", 9, 0, FIGURE_SPAN, 0, 0,
	0},
};

static const enum track tracks[COL_COUNT] = {
    [COL_CPU] = BOX_CPU,
    [COL_LIMIT] = BOX_CPU_LIMIT,
    [COL_THROTTLED] = BOX_THROTTLED,
    [COL_MEM] = BOX_MEM,
    [COL_MEM_LIMIT] = BOX_MEM_LIMIT,
    [COL_READ] = BOX_READ,
    [COL_WRITTEN] = BOX_WRITTEN,
    [COL_PIDS] = BOX_PIDS,
    [COL_OOM] = BOX_OOM_KILLS,
    [COL_RECEIVED] = BOXNIC_RECEIVED,
    [COL_SENT] = BOXNIC_SENT,
};

static double
value(const struct model *m, const struct thing *t, unsigned col,
    enum freshness *fresh)
{
	struct answer r;
	double age;

	switch (col) {
	case COL_MEM_SHARE:
		return model_read(m, t->subject, BOX_MEM).value /
		       model_read(m, t->subject, BOX_MEM_LIMIT).value;
	case COL_AGE:
		model_thing_state(m, t, &age);
		return age;
	case COL_RECEIVED:
	case COL_SENT:
		r = model_parts(m, t, tracks[col]);
		break;
	default:
		r = model_read(m, t->subject, tracks[col]);
		break;
	}
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
	case COL_IMAGE:
		return 0;
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

/* It may use; one, when it is not said. */
static double
processors(const struct model *m, const struct subject *s)
{
	double limit = model_read(m, s, BOX_CPU_LIMIT).value;

	return limit > 0 ? limit : 1;
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
	const struct subject *s = r->of.thing->subject;

	thing_cell(m, r, cells[column], out);
	if (column == COL_IMAGE) {
		out->text = topology_label(s, "image");
		if (out->text == NULL)
			out->text = "-";
	} else if (column == COL_GRAPH)
		past_graph(m, s, BOX_CPU, processors(m, s), out);
	else if (cells[column] == CELL_FRESH)
		out->value = value(m, r->of.thing, column, &out->fresh);
}

static void
collect(struct ui *u, const struct model *m)
{
	collect_things(u, m, KIND_BOX);
}

const struct table boxes_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = "no containers",
};
