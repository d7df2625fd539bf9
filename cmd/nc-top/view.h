/* SPDX-License-Identifier: MIT */
/*
 * view: pure functions from (model, ui, size) to cells.  No view includes a
 * terminal; the same code makes the screen, -b, and the tests' pictures.
 */
#ifndef NC_TOP_VIEW_H
#define NC_TOP_VIEW_H

#include "grid.h"
#include "model.h"
#include "ui.h"

/* The whole screen into g, whose size it takes. */
void screen_draw(struct grid *g, const struct model *m, const struct ui *u);
/* Lines that a screen holding everything would have. */
int screen_height(const struct model *m, const struct ui *u);
/* Rows of the table on a screen of that height. */
int screen_page(const struct ui *u, int height);

/* The parts: each draws between y and end (not drawn). */
void view_hosts(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u);
void view_help(struct grid *g, int y, int end, const struct ui *u);
void view_sort(struct grid *g, int y, int end, const struct ui *u);

/* Columns of the hosts table, for the sort commands. */
struct hosts_column {
	const char *name; /* "cpu" */
	const char *title; /* "CPU%" */
	const char *help;
};
const struct hosts_column *hosts_column(unsigned n); /* NULL at the end */
unsigned hosts_column_find(const char *name, size_t len); /* UINT_MAX: none */
/* What orders a host by that column, larger first; NAN: not known. */
double hosts_key(const struct model *m, const struct host *h, unsigned column);

#endif
