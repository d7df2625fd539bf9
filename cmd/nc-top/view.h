/* SPDX-License-Identifier: MIT */
/*
 * view: pure functions from (model, ui, size) to cells.  No view includes a
 * terminal; the same code makes the screen, -b, and the tests' pictures.
 * Most views are tables: what their rows are, their columns, and what stands
 * in a cell; table.c and rows.c do the rest for all of them.
 */
#ifndef NC_TOP_VIEW_H
#define NC_TOP_VIEW_H

#include "base/buf.h"
#include "figure.h"
#include "grid.h"
#include "metric/format.h"
#include "model.h"
#include "ui.h"

/* One word in the corner of eyes: at most this many values of the past. */
#define GRAPH_MAX 32u

struct column {
	const char *name; /* "cpu": for sort and columns commands */
	const char *title; /* "CPU%" */
	const char *help;
	int width; /* 0: takes what is over, and never leaves */
	int rank; /* order of leaving: the highest goes first, 0 never */
	enum figure_form form;
	double notice, warn; /* from here on it is drawn so; 0: never */
	unsigned flags; /* enum column_flag */
};

enum column_flag {
	COLUMN_LEFT = 1u << 0, /* text: left-aligned, ordered by name */
	COLUMN_GRAPH = 1u << 1, /* a line of the last values */
	COLUMN_HIDDEN = 1u << 2, /* only when asked for */
	COLUMN_WORST = 1u << 3, /* the default order: rank before key */
	COLUMN_REST = 1u << 4 /* takes what the name leaves over */
};

/* What stands in a cell. */
struct shown {
	double value; /* drawn by the column's form unless there is text */
	enum freshness fresh;
	unsigned role; /* ROLE_COUNT: by value and freshness */
	const char *text; /* NULL: value; may point to room */
	char room[128];
	float graph[GRAPH_MAX]; /* NAN: not known then */
	unsigned graphs;
};

struct table {
	const struct column *columns; /* count of them */
	unsigned count;
	bool ordered; /* collect() gives the order: a tree */
	/* Adds rows with rows_add(). */
	void (*collect)(struct ui *u, const struct model *m);
	void (*cell)(const struct model *m, const struct row *r,
	    unsigned column, struct shown *out);
	/* What orders a row by a column, larger first; NAN: not known. */
	double (
	    *key)(const struct model *m, const struct row *r, unsigned column);
	const char *empty; /* said when there is no row */
};

struct view {
	const char *name; /* "vms": for :name */
	const char *title;
	unsigned where; /* enum key_where */
	enum command command; /* that goes there */
	const struct table *table; /* NULL: no rows */
	/* NULL: the table as table_draw() does it. */
	void (*draw)(struct grid *g, int y, int end, const struct model *m,
	    const struct ui *u);
	/* Lines it would fill, NULL: as many as rows and a title. */
	size_t (*lines)(const struct model *m, const struct ui *u);
};

/* The table of views; NULL at the end. */
const struct view *view_at(unsigned n);
const struct view *view_named(struct span name);
const struct view *view_of(enum command c);
unsigned view_number(const struct view *v);

/* The whole screen into g, whose size it takes. */
void screen_draw(struct grid *g, const struct model *m, const struct ui *u);
/* Lines that a screen holding everything would have. */
int screen_height(const struct model *m, const struct ui *u);
/* Rows of the table on a screen of that height. */
int screen_page(const struct ui *u, int height);

/* A table between y and end (not drawn). */
void table_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
unsigned column_find(const struct table *t, struct span name); /* UINT_MAX */
/* Whether the person wants it, if it fits. */
bool column_wanted(const struct ui *u, unsigned column);

/* The panels over a view. */
void view_help(struct grid *g, int y, int end, const struct ui *u);
void view_sort(struct grid *g, int y, int end, const struct ui *u);

/* For cells and rows of several views. */
/* "2C1W~": what is the matter, worst first; "" when nothing is.  Returns the
 * role it is drawn in. */
unsigned trouble_text(char *to, size_t size, const struct trouble *t);
double trouble_key(const struct trouble *t);
/* "." "L" "S" "G" "?" */
const char *state_letter(enum freshness f);
unsigned state_role(enum freshness f);
/* The last values before the cursor as columns of eight heights; max is the
 * top, NAN or 0: the largest of them. */
void graph_draw(struct grid *g, int x, int y, int width, const struct shown *s,
    unsigned role);
/* Local time "2026-11-22 14:02:11", without the date when it is not wanted. */
const char *clock_text(char *to, size_t size, double at, bool date);
/* The moment the numbers are of. */
double moment(const struct model *m);

/* A short word for the age of numbers read each interval seconds. */
void age_text(struct shown *out, const struct host *h, const struct subject *s,
    double age);
/* What the columns of several tables have in common. */
enum cell_of {
	CELL_FRESH, /* only how fresh it is */
	CELL_STATE,
	CELL_NAME,
	CELL_HOST,
	CELL_TROUBLE,
	CELL_AGE
};
void thing_cell(const struct model *m, const struct row *r, enum cell_of c,
    struct shown *out);
struct trouble thing_trouble(const struct model *m, struct thing *t);
/* The last values as parts of a whole, which is the top: one scale for all
 * rows. */
void past_graph(const struct model *m, const struct subject *s, enum track t,
    double whole, struct shown *out);
/* A value in the unit of what the note is about. */
void note_value(const struct note *n, double v, char to[FORMAT_MAX]);
void note_text(const struct note *n, double now, char *to, size_t size);
/* Adds a row for each thing of a kind that is there and in scope. */
void collect_things(struct ui *u, const struct model *m, enum track_kind kind);

/* Of a virtual machine, shares of its own processors; NAN: not known. */
double vm_share(const struct model *m, const struct thing *t, enum track what);
double vm_steal(const struct model *m, const struct thing *t);
double vm_memory(const struct model *m, const struct thing *t);
double vm_latency(const struct model *m, const struct thing *t, bool write,
    enum freshness *fresh);
const char *vm_state_word(double state);
void vm_trend(const struct model *m, const struct thing *t, struct shown *out);

/* Of a host, shares of its processors; memory that cannot be had, bytes. */
double host_busy(const struct model *m, const struct subject *s);
double host_steal(const struct model *m, const struct subject *s);
double host_memory(const struct model *m, const struct subject *s);

/* Views that are no tables, or draw more than one. */
void wall_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
size_t wall_lines(const struct model *m, const struct ui *u);
/* The cell that many lines below the one under the cursor. */
uint64_t wall_move(const struct ui *u, int lines);
void pipeline_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
void blame_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
size_t blame_lines(const struct model *m, const struct ui *u);
void chart_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
size_t chart_lines(const struct model *m, const struct ui *u);
void detail_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
size_t detail_lines(const struct model *m, const struct ui *u);
/* The metric on the line under the cursor of a detail page. */
bool detail_metric(const struct model *m, const struct ui *u, char *to,
    size_t size);
void view_text(struct grid *g, int y, int end, const struct ui *u);

extern const struct table hosts_table, vms_table, boxes_table, guests_table,
    services_table, alerts_table, pipeline_table, tree_table, wall_table;

#endif
