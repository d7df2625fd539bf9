/* SPDX-License-Identifier: MIT */
/*
 * view_wall: every virtual machine as one cell, by host: 500 of them on one
 * small screen.  The height of a cell is the chosen metric; a letter instead
 * is an alert, or a number that is old.  Reads nothing but the model.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "view.h"

enum column_of {
	COL_NAME,
	COL_CPU,
	COL_STEAL,
	COL_MEM,
	COL_LATENCY,
	COL_COUNT
};

/* Not drawn as columns: what a cell can show.  warn is the top of a cell. */
static const struct column columns[COL_COUNT] = {
    [COL_NAME] = {"name", "VM", "nothing but alerts", 0, 0, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_CPU] = {"cpu", "CPU%", "of its processors, in use; to 100%", 5, 1,
	FIGURE_PERCENT, 0, 1, COLUMN_WORST},
    [COL_STEAL] = {"steal", "STEAL", "waits for a processor; to 50%", 5, 1,
	FIGURE_PERCENT, 0, 0.5, 0},
    [COL_MEM] = {"mem", "MEM%", "memory in use, of what it may; to 100%", 5, 1,
	FIGURE_PERCENT, 0, 1, 0},
    [COL_LATENCY] = {"latency", "ms", "a write takes, to 100 ms", 5, 1,
	FIGURE_MILLI, 0, 0.1, 0},
};

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	const struct thing *t = r->of.thing;
	enum freshness fresh = FRESH;

	switch (column) {
	case COL_CPU:
		return vm_share(m, t, VM_CPU);
	case COL_STEAL:
		return vm_steal(m, t);
	case COL_MEM:
		return vm_memory(m, t) /
		       model_read(m, t->subject, VM_MEM_ALLOCATED).value;
	case COL_LATENCY:
		return vm_latency(m, t, true, &fresh);
	default:
		return NAN;
	}
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	thing_cell(m, r, CELL_FRESH, out);
	out->value = key(m, r, column);
}

static int
by_name(const void *pa, const void *pb)
{
	const struct thing *a = *(struct thing *const *)pa;
	const struct thing *b = *(struct thing *const *)pb;
	int n = str_natural(span_of(thing_name(a)), span_of(thing_name(b)));

	return n != 0 ? n : a->serial < b->serial ? -1 : 1;
}

/* By host, then by name: each has its place. */
static void
collect(struct ui *u, const struct model *m)
{
	struct host *const *hosts;
	size_t n = model_hosts(m, &hosts);
	const struct thing_list *l;
	struct thing **list;
	double age;

	for (size_t i = 0; i < n; i++) {
		l = &hosts[i]->things[KIND_VM];
		if (l->count == 0)
			continue;
		list = xreallocarray(NULL, l->count, sizeof(*list));
		memcpy(list, l->at, l->count * sizeof(*list));
		qsort(list, l->count, sizeof(*list), by_name);
		for (size_t k = 0; k < l->count; k++)
			if (who_has(&u->scope, list[k]) &&
			    model_thing_state(m, list[k], &age) < GONE)
				rows_add(u, ITEM_THING, list[k],
				    list[k]->serial, thing_name(list[k]));
		free(list);
	}
}

/* Where cells stand; walks over them in order. */
struct walk {
	const struct ui *u;
	const struct grid *g; /* widths of names; NULL: ASCII */
	int width; /* of the screen */
	size_t i; /* row */
	int x, y; /* of row i */
	int label_x; /* -1: no host begins here */
};

#define LABEL_MOST 16
#define INDENT 2

static int
label_width(const struct walk *w, const char *host)
{
	int n = w->g != NULL ? grid_width(w->g, span_of(host))
			     : (int)strlen(host);

	return n < LABEL_MOST ? n : LABEL_MOST;
}

/* False behind the last.  A host that fits on no rest of a line begins a
 * new one; what is longer than a line goes on below, indented. */
static bool
walk_next(struct walk *w)
{
	const struct rows *l = &w->u->rows;
	const struct host *h;
	size_t n;
	int need;

	w->i = w->i == SIZE_MAX ? 0 : w->i + 1;
	if (w->i >= l->count)
		return false;
	w->label_x = -1;
	h = l->at[w->i].of.thing->host;
	if (w->i != 0 && l->at[w->i - 1].of.thing->host == h) {
		if (++w->x >= w->width) {
			w->x = INDENT;
			w->y++;
		}
		return true;
	}
	for (n = w->i; n < l->count && l->at[n].of.thing->host == h; n++)
		continue;
	need = label_width(w, h->name) + 1 + (int)(n - w->i);
	w->x = w->i == 0 ? 0 : w->x + 3;
	if (w->i != 0 && (w->x + need > w->width)) {
		w->x = 0;
		w->y++;
	}
	w->label_x = w->x;
	w->x += label_width(w, h->name) + 1;
	if (w->x >= w->width) {
		w->x = INDENT;
		w->y++;
	}
	return true;
}

static void
draw_one(struct grid *g, const struct walk *w, int y, const struct model *m)
{
	static const char ascii[] = "_.-:=+*#";
	const struct row *r = &w->u->rows.at[w->i];
	unsigned column = ui_table_of(w->u)->sort, role = ROLE_GRAPH;
	struct trouble t = thing_trouble(m, r->of.thing);
	double v = key(m, r, column), age;
	enum freshness f = model_thing_state(m, r->of.thing, &age);
	int step = isnan(v) ? 0 : (int)(v / columns[column].warn * 8);
	uint32_t ch;

	step = step < 0 ? 0 : step > 7 ? 7 : step;
	ch = g->utf8 ? 0x2581u + (uint32_t)step
		     : (uint32_t)(unsigned char)ascii[step];
	if (isnan(v) || column == COL_NAME)
		ch = g->utf8 ? 0xb7 : '.';
	if (f != FRESH) {
		ch = (unsigned char)*state_letter(f);
		role = ROLE_STALE;
	}
	if (t.crit != 0 || t.warn != 0) {
		ch = t.crit != 0 ? 'C' : 'W';
		role = t.crit != 0 ? ROLE_CRIT : ROLE_WARN;
	}
	if (w->u->interactive && r->id == w->u->selected)
		role |= ROLE_SELECTED;
	grid_put(g, w->x, y, ch, role);
}

/* "web1 on hv01  CPU 97.0% steal 0.1% ...  2C" */
static void
draw_foot(struct grid *g, int y, const struct model *m, const struct ui *u)
{
	const struct row *r = ui_row(u);
	unsigned column = ui_table_of(u)->sort;
	char cpu[FIGURE_SIZE], steal[FIGURE_SIZE], mem[FIGURE_SIZE];
	char trouble[32], text[80];
	struct trouble t;
	int x;

	if (r == NULL || !u->interactive) {
		snprintf(text, sizeof(text),
		    "%zu machines; a cell is %s; C W alerts, S L old",
		    u->rows.count, columns[column].help);
		grid_puts(g, 0, y, text, ROLE_DIM);
		return;
	}
	t = thing_trouble(m, r->of.thing);
	trouble_text(trouble, sizeof(trouble), &t);
	snprintf(text, sizeof(text), "  CPU %s%%  steal %s%%  mem %s  %s",
	    figure(cpu, FIGURE_PERCENT, key(m, r, COL_CPU)),
	    figure(steal, FIGURE_PERCENT, key(m, r, COL_STEAL)),
	    figure(mem, FIGURE_BYTES, vm_memory(m, r->of.thing)), trouble);
	x = grid_text(g, 0, y, 24, span_of(r->name), ROLE_NAME, GRID_LEFT);
	x += grid_puts(g, x, y, " on ", ROLE_DIM);
	x += grid_text(g, x, y, 16, span_of(r->of.thing->host->name), ROLE_TEXT,
	    GRID_LEFT);
	grid_puts(g, x, y, text, ROLE_TEXT);
}

void
wall_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	struct walk w = {u, g, g->width, SIZE_MAX, 0, 0, -1};
	int top = 0, at;

	if (u->rows.count == 0) {
		grid_puts(g, 0, y, "no virtual machines", ROLE_DIM);
		return;
	}
	end--; /* the foot */
	/* The line of the cursor is on the screen. */
	while (u->interactive && walk_next(&w))
		if (u->rows.at[w.i].id == u->selected && w.y >= end - y)
			top = w.y - (end - y) + 1;
	w = (struct walk){u, g, g->width, SIZE_MAX, 0, 0, -1};
	while (walk_next(&w)) {
		at = y + w.y - top;
		if (w.label_x != -1 && at >= y && at < end)
			grid_text(g, w.label_x, at, LABEL_MOST,
			    span_of(u->rows.at[w.i].of.thing->host->name),
			    ROLE_NAME, GRID_LEFT);
		if (at >= y && at < end)
			draw_one(g, &w, at, m);
	}
	draw_foot(g, end, m, u);
}

size_t
wall_lines(const struct model *m, const struct ui *u)
{
	struct walk w = {u, NULL, u->width, SIZE_MAX, 0, 0, -1};

	(void)m;
	while (walk_next(&w))
		continue;
	return (size_t)w.y + 1;
}

uint64_t
wall_move(const struct ui *u, int lines)
{
	struct walk w = {u, NULL, u->width, SIZE_MAX, 0, 0, -1};
	int x = 0, y = 0, best = INT32_MAX, far;
	uint64_t found = u->selected;

	while (walk_next(&w))
		if (u->rows.at[w.i].id == u->selected) {
			x = w.x;
			y = w.y;
		}
	w = (struct walk){u, NULL, u->width, SIZE_MAX, 0, 0, -1};
	while (walk_next(&w)) {
		far = abs(w.x - x);
		if (w.y == y + lines && far < best) {
			best = far;
			found = u->rows.at[w.i].id;
		}
	}
	return found;
}

const struct table wall_table = {
    .columns = columns,
    .count = COL_COUNT,
    .ordered = true,
    .collect = collect,
    .cell = cell,
    .key = key,
};
