/* SPDX-License-Identifier: MIT */
/*
 * ui: what the person at the screen has chosen: the view, its order, the row
 * under the cursor, whether time stands still.  Commands change it, views
 * only read it.
 */
#ifndef NC_TOP_UI_H
#define NC_TOP_UI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "keys.h"
#include "model.h"
#include "role.h"

enum ui_tag {
	TAG_LIVE, /* numbers follow the clock */
	TAG_PAUSED, /* time stands still, records are taken in */
	TAG_ENDED, /* no more records will come */
	TAG_AT /* a frame of a recording, or of a moment asked for */
};

enum ui_panel { PANEL_NONE, PANEL_HELP, PANEL_SORT };

/* Rows of hosts in the order shown. */
struct ui_rows {
	struct ui_row {
		const struct host *host;
		int rank; /* orders before the key does, smallest first */
		double key; /* smoothed, largest first; NAN: not known */
	} * at; /* owned */
	size_t count, cap;
};

struct ui {
	enum ui_tag tag;
	bool ended; /* the input: what LIVE turns into */
	enum ui_panel panel;
	unsigned sort; /* column */
	bool invert;
	bool interactive; /* has a cursor and a function bar */
	double frozen; /* monotonic: the order stands still until then */
	struct ui_rows rows;
	const struct host *selected; /* follows the subject, not the row */
	size_t top; /* first row shown */
	size_t panel_at; /* row of the panel */
	const struct theme *theme;
	int page; /* rows on the screen, as last drawn */
	size_t bad; /* lines of the input */
	bool quit, redraw, suspend; /* for the loop */
};

void ui_init(struct ui *u, const struct theme *theme, bool interactive);
void ui_free(struct ui *u);
/* Where a key holds now. */
unsigned ui_where(const struct ui *u);
/* Does what a command says; mono is the monotonic clock. */
void ui_command(struct ui *u, struct model *m, enum command c, double mono);
/*
 * "sort cpu; help": commands by name, those of the key table and
 * "sort COLUMN".  Returns 0, or -1 with the word it does not know.
 */
int ui_script(struct ui *u, struct model *m, const char *script,
    struct nc_err *e);
/* Takes up new hosts, orders the rows anew unless the order is frozen, and
 * keeps the cursor on its host.  Before each drawing. */
void ui_arrange(struct ui *u, const struct model *m, double mono);

#endif
