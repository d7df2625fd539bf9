/* SPDX-License-Identifier: MIT */
/*
 * view_services: services of hosts, those that failed first.  Reads nothing
 * but the model.
 */
#include <math.h>

#include "view.h"

enum column_of {
	COL_STATE,
	COL_NAME,
	COL_TROUBLE,
	COL_HOST,
	COL_UP,
	COL_RESTARTS,
	COL_CPU,
	COL_MEM,
	COL_PIDS,
	COL_AGE,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "the worst first; S stale, L late", 1, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT | COLUMN_WORST},
    [COL_NAME] = {"name", "SERVICE", "name of the unit", 0, 0, FIGURE_COUNT, 0,
	0, COLUMN_LEFT},
    [COL_TROUBLE] = {"alerts", "ALERTS", "alerts C W i, anomalies ~, filling F",
	6, 4, FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_HOST] = {"host", "HOST", "the host it is on", 8, 2, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_UP] = {"up", "IS", "up, down or failed", 6, 1, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_RESTARTS] = {"restarts", "RST/m", "restarts a minute", 5, 5,
	FIGURE_LOAD, 0.01, 1, 0},
    [COL_CPU] = {"cpu", "CPU%", "of one processor", 5, 3, FIGURE_PERCENT, 0, 0,
	0},
    [COL_MEM] = {"mem", "MEM", "memory it uses", 5, 6, FIGURE_BYTES, 0, 0, 0},
    [COL_PIDS] = {"pids", "PIDS", "tasks in it", 4, 7, FIGURE_COUNT, 0, 0, 0},
    [COL_AGE] = {"age", "AGE", "age of the numbers", 9, 0, FIGURE_SPAN, 0, 0,
	0},
};

static double
value(const struct model *m, const struct thing *t, unsigned col)
{
	const struct subject *s = t->subject;
	double age;

	switch (col) {
	case COL_UP: /* failed, then down, then up */
		return model_read(m, s, SERVICE_FAILED).value > 0 ? 2
		       : model_read(m, s, SERVICE_UP).value > 0   ? 0
								  : 1;
	case COL_RESTARTS:
		return 60 * model_read(m, s, SERVICE_RESTARTS).value;
	case COL_CPU:
		return model_read(m, s, SERVICE_CPU).value;
	case COL_MEM:
		return model_read(m, s, SERVICE_MEM).value;
	case COL_PIDS:
		return model_read(m, s, SERVICE_PIDS).value;
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
	struct trouble t = thing_trouble(m, r->of.thing);

	switch (column) {
	case COL_NAME:
	case COL_HOST:
		return 0;
	case COL_TROUBLE:
		return trouble_key(&t);
	case COL_STATE:
		return 10 * trouble_key(&t) + value(m, r->of.thing, COL_UP);
	default:
		return value(m, r->of.thing, column);
	}
}

static void
show_up(const struct model *m, const struct thing *t, struct shown *out)
{
	const struct subject *s = t->subject;
	double up = model_read(m, s, SERVICE_UP).value;

	if (model_read(m, s, SERVICE_FAILED).value > 0) {
		out->text = "FAILED";
		out->role = ROLE_CRIT;
	} else if (isnan(up))
		out->text = "-";
	else {
		out->text = up > 0 ? "up" : "down";
		out->role = up > 0 ? ROLE_GOOD : ROLE_WARN;
	}
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	static const enum cell_of cells[COL_COUNT] = {
	    [COL_STATE] = CELL_STATE,
	    [COL_NAME] = CELL_NAME,
	    [COL_TROUBLE] = CELL_TROUBLE,
	    [COL_HOST] = CELL_HOST,
	    [COL_AGE] = CELL_AGE,
	};

	thing_cell(m, r, cells[column], out);
	if (column == COL_UP)
		show_up(m, r->of.thing, out);
	else if (cells[column] == CELL_FRESH)
		out->value = value(m, r->of.thing, column);
}

static void
collect(struct ui *u, const struct model *m)
{
	collect_things(u, m, KIND_SERVICE);
}

const struct table services_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = "no services",
};
