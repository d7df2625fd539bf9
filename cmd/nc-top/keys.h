/* SPDX-License-Identifier: MIT */
/*
 * keys: one table of {where it holds, keys, command, help}: dispatch, the
 * help screen, the function bar, --keys and the manual all come from it.
 */
#ifndef NC_TOP_KEYS_H
#define NC_TOP_KEYS_H

#include <stdint.h>

#include "base/buf.h"

/* Keys that are not characters, as the terminal backend reports them. */
enum key {
	KEYC_NONE = 0,
	KEYC_ESCAPE = 27,
	KEYC_SPECIAL = 0x200000, /* above all characters */
	KEYC_UP,
	KEYC_DOWN,
	KEYC_LEFT,
	KEYC_RIGHT,
	KEYC_PAGE_UP,
	KEYC_PAGE_DOWN,
	KEYC_HOME,
	KEYC_END,
	KEYC_BACK_TAB,
	KEYC_BACKSPACE,
	KEYC_INSERT,
	KEYC_WHEEL_UP,
	KEYC_WHEEL_DOWN,
	KEYC_CLICK, /* where: term_click() */
	KEYC_F0 = 0x200100 /* KEYC_F0 + n: function key n */
};

enum command {
	CMD_NONE,
	CMD_UP,
	CMD_DOWN,
	CMD_PAGE_UP,
	CMD_PAGE_DOWN,
	CMD_HALF_UP,
	CMD_HALF_DOWN,
	CMD_FIRST,
	CMD_LAST,
	CMD_BACK,
	CMD_LEFT,
	CMD_RIGHT,
	CMD_VIEW_HOSTS,
	CMD_VIEW_VMS,
	CMD_VIEW_BOXES,
	CMD_VIEW_ALERTS,
	CMD_VIEW_CHART,
	CMD_VIEW_WALL,
	CMD_VIEW_PIPELINE,
	CMD_VIEW_SERVICES,
	CMD_VIEW_GUESTS,
	CMD_VIEW_TREE,
	CMD_VIEW_NEXT,
	CMD_VIEW_PREVIOUS,
	CMD_DETAIL,
	CMD_BLAME,
	CMD_ENTER,
	CMD_FOLD,
	CMD_UNFOLD,
	CMD_ZOOM_IN,
	CMD_ZOOM_OUT,
	CMD_PAN_BACK,
	CMD_PAN_ON,
	CMD_DOTS,
	CMD_OVERLAY,
	CMD_SEARCH,
	CMD_SEARCH_NEXT,
	CMD_SEARCH_BACK,
	CMD_FILTER,
	CMD_PROMPT,
	CMD_TAG,
	CMD_COLUMNS,
	CMD_COLUMN_TURN,
	CMD_GO_TIME,
	CMD_COPY,
	CMD_EXPORT,
	CMD_PIPELINE,
	CMD_RULE,
	CMD_SAVE,
	CMD_WHY,
	CMD_HISTORY,
	CMD_RULES,
	CMD_ACK,
	CMD_UNACK,
	CMD_SILENCE,
	CMD_UNSILENCE,
	CMD_MAINTENANCE,
	CMD_DO,
	CMD_MOUSE,
	CMD_SORT_MENU,
	CMD_SORT_LEFT,
	CMD_SORT_RIGHT,
	CMD_SORT_INVERT,
	CMD_SORT_CHOOSE,
	CMD_PAUSE,
	CMD_STEP_BACK,
	CMD_STEP_ON,
	CMD_LEAP_BACK,
	CMD_LEAP_ON,
	CMD_LIVE,
	CMD_THEME,
	CMD_REDRAW,
	CMD_SUSPEND,
	CMD_HELP,
	CMD_QUIT
};

/* Where a key holds: bits, one a view, and modes above them. */
enum key_where {
	WHERE_HOSTS = 1u << 0,
	WHERE_VMS = 1u << 1,
	WHERE_BOXES = 1u << 2,
	WHERE_ALERTS = 1u << 3,
	WHERE_CHART = 1u << 4,
	WHERE_WALL = 1u << 5,
	WHERE_PIPELINE = 1u << 6,
	WHERE_SERVICES = 1u << 7,
	WHERE_TREE = 1u << 8,
	WHERE_DETAIL = 1u << 9,
	WHERE_BLAME = 1u << 10,
	WHERE_GUESTS = 1u << 11,
	WHERE_HELP = 1u << 16,
	WHERE_SORT = 1u << 17,
	WHERE_COLUMNS = 1u << 18,
	WHERE_TEXT = 1u << 19,
	/* views made of rows, of which one can choose the order */
	WHERE_TABLE = WHERE_HOSTS | WHERE_VMS | WHERE_BOXES | WHERE_ALERTS |
		      WHERE_PIPELINE | WHERE_SERVICES | WHERE_GUESTS,
	WHERE_ROWS = WHERE_TABLE | WHERE_WALL | WHERE_TREE,
	WHERE_MAIN = 0xffff, /* everything that is not a panel */
	WHERE_ALL = 0x7fffffff
};

struct key_binding {
	unsigned where; /* enum key_where */
	const char *keys; /* "k Up": names, blank between them */
	enum command command;
	const char *name; /* what -x calls it */
	const char *bar; /* word on the function bar, NULL: not there */
	const char *help;
};

const struct key_binding *key_at(unsigned n); /* NULL at the end */
/* The command of a key in that place, CMD_NONE when it has none. */
enum command key_command(unsigned where, uint32_t key);
/* The command called so, CMD_NONE when there is none. */
enum command key_named(const char *name, size_t len);
/* The first of a binding's key names, as shown on the bar.  Returns its
 * length. */
size_t key_first(const struct key_binding *b, const char **name);
/* The whole table as text: keys, help, name; tabs between, a line each. */
void key_print(struct buf *to);

#endif
