/* SPDX-License-Identifier: MIT */
/* view_panels: help, made from the key table, and the choice of the order. */
#include "view.h"

#include "base/str.h"

#include <stdio.h>

#define KEYS_WIDTH 10

void
view_help(struct grid *g, int y, int end, const struct ui *u)
{
	const struct key_binding *b;

	grid_puts(g, 0, y++, "Keys; Esc leaves", ROLE_TITLE);
	for (unsigned n = (unsigned)u->panel_at;
	     y < end && (b = key_at(n)) != NULL; n++, y++) {
		grid_text(g, 0, y, KEYS_WIDTH, span_of(b->keys), ROLE_KEY,
		    GRID_LEFT);
		grid_puts(g, KEYS_WIDTH + 1, y, b->help, ROLE_TEXT);
	}
}

void
view_sort(struct grid *g, int y, int end, const struct ui *u)
{
	const struct table *t = u->view->table;
	size_t page = end > y + 1 ? (size_t)(end - y - 1) : 1;
	unsigned n = u->panel_at >= page ? (unsigned)(u->panel_at - page + 1)
					 : 0;
	bool chooses = u->panel == PANEL_SORT;

	grid_puts(g, 0, y++,
	    chooses ? "Order by; Enter chooses" : "Columns; Enter turns",
	    ROLE_TITLE);
	for (; y < end && t != NULL && n < t->count; n++, y++) {
		if (chooses ? n == ui_table_of(u)->sort : column_wanted(u, n))
			grid_puts(g, 0, y, "*", ROLE_SORTED);
		grid_text(g, 2, y, 8, span_of(t->columns[n].name), ROLE_KEY,
		    GRID_LEFT);
		grid_puts(g, 11, y, t->columns[n].help, ROLE_TEXT);
		if (n == u->panel_at)
			grid_select(g, y);
	}
}

void
view_text(struct grid *g, int y, int end, const struct ui *u)
{
	struct span rest = buf_span(&u->text), line;
	size_t n = 0;

	while (y < end && str_item(&rest, '\n', &line))
		if (n++ >= u->panel_at)
			grid_text(g, 0, y++, g->width, line, ROLE_TEXT,
			    GRID_LEFT);
}
