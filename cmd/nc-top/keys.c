/* SPDX-License-Identifier: MIT */
/*
 * keys: the table and how its key names are read.  Vim keys, function keys
 * and arrows hold at once, which is possible because nothing here kills.
 */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"

static const struct key_binding table[] = {
    {WHERE_ALL, "q F10 ^C", CMD_QUIT, "quit", "Quit", "leave"},
    {WHERE_ALL, "? F1", CMD_HELP, "help", "Help", "show or leave this help"},
    {WHERE_MAIN, "Space", CMD_PAUSE, "pause", "Pause",
	"stop time, or let it go on; records are still taken in"},
    {WHERE_MAIN, "L", CMD_LIVE, "live", "Live", "back to the present"},
    {WHERE_ROWS, "Enter", CMD_ENTER, "enter", "Into",
	"into what is under the cursor; Esc comes back"},
    {WHERE_DETAIL, "Enter", CMD_OVERLAY, "overlay", "Chart",
	"add the metric under the cursor to the chart"},
    {WHERE_SORT, "Enter", CMD_SORT_CHOOSE, "choose", "Choose",
	"order by the column under the cursor"},
    {WHERE_COLUMNS, "Enter x", CMD_COLUMN_TURN, "turn", "Turn",
	"show or hide the column under the cursor"},
    {WHERE_MAIN, "/ F3", CMD_SEARCH, "search", "Search",
	"to the next row whose name contains a text"},
    {WHERE_MAIN, "\\ F4", CMD_FILTER, "filter", "Filter",
	"only rows of which an expression holds, as in alert rules"},
    {WHERE_TABLE | WHERE_WALL, "s F6", CMD_SORT_MENU, "sort", "Sort",
	"choose the column that orders the rows"},
    {WHERE_TREE, "- h Left", CMD_FOLD, "fold", "Fold",
	"hide the parts of what is under the cursor"},
    {WHERE_TREE, "+ l Right", CMD_UNFOLD, "unfold", "Unfold",
	"show the parts of what is under the cursor"},
    {WHERE_CHART, "+", CMD_ZOOM_IN, "zoom-in", "In", "half the span of time"},
    {WHERE_CHART, "-", CMD_ZOOM_OUT, "zoom-out", "Out",
	"twice the span of time"},
    {WHERE_CHART, "h Left", CMD_PAN_BACK, "pan-back", "Back",
	"a quarter of the span back"},
    {WHERE_CHART, "l Right", CMD_PAN_ON, "pan-on", "On",
	"a quarter of the span on"},
    {WHERE_CHART, "d", CMD_DOTS, "dots", "Dots",
	"draw with blocks, braille dots or ASCII"},
    {WHERE_MAIN, "z", CMD_BLAME, "blame", "Blame",
	"who makes this host busy, who waits"},
    {WHERE_ROWS, "i", CMD_DETAIL, "detail", "Detail",
	"all that is known of what is under the cursor"},
    {WHERE_MAIN, "v F5", CMD_VIEW_TREE, "tree", "Tree",
	"hosts, their machines, and the parts of those"},
    {WHERE_ALL, ":", CMD_PROMPT, "prompt", "Command",
	"a command by its name; Tab completes it"},
    {WHERE_ROWS, "c", CMD_COLUMNS, "columns", "Columns",
	"choose the columns that are shown"},
    {WHERE_ROWS, "x Insert", CMD_TAG, "tag", NULL,
	"tag the row, or untag it; tagged rows are copied, exported, charted"},
    {WHERE_MAIN, "[ t", CMD_STEP_BACK, "back", NULL,
	"one sample back in time (pauses)"},
    {WHERE_MAIN, "] T", CMD_STEP_ON, "on", NULL, "one sample on in time"},
    {WHERE_MAIN, "{", CMD_LEAP_BACK, "leap-back", NULL,
	"ten samples back in time"},
    {WHERE_MAIN, "}", CMD_LEAP_ON, "leap-on", NULL, "ten samples on in time"},
    {WHERE_MAIN, "b", CMD_GO_TIME, "time", NULL,
	"to a moment: 14:02, -5m, 2026-11-22T14:02"},
    {WHERE_TABLE | WHERE_WALL, "<", CMD_SORT_LEFT, "sort-left", NULL,
	"order by the column to the left"},
    {WHERE_TABLE | WHERE_WALL, ">", CMD_SORT_RIGHT, "sort-right", NULL,
	"order by the column to the right"},
    {WHERE_TABLE, "I", CMD_SORT_INVERT, "invert", NULL, "turn the order round"},
    {WHERE_MAIN, "n", CMD_SEARCH_NEXT, "search-next", NULL,
	"to the next row that was searched for"},
    {WHERE_MAIN, "N", CMD_SEARCH_BACK, "search-back", NULL,
	"to the one before"},
    {WHERE_ALL, "k Up WheelUp", CMD_UP, "up", NULL, "one row up"},
    {WHERE_ALL, "j Down WheelDown", CMD_DOWN, "down", NULL, "one row down"},
    {WHERE_WALL, "h Left", CMD_LEFT, "left", NULL, "one cell to the left"},
    {WHERE_WALL, "l Right", CMD_RIGHT, "right", NULL, "one cell to the right"},
    {WHERE_ALL, "^B PgUp", CMD_PAGE_UP, "page-up", NULL, "one page up"},
    {WHERE_ALL, "^F PgDn", CMD_PAGE_DOWN, "page-down", NULL, "one page down"},
    {WHERE_ALL, "^U", CMD_HALF_UP, "half-up", NULL, "half a page up"},
    {WHERE_ALL, "^D", CMD_HALF_DOWN, "half-down", NULL, "half a page down"},
    {WHERE_ALL, "g Home", CMD_FIRST, "first", NULL, "to the first row"},
    {WHERE_ALL, "G End", CMD_LAST, "last", NULL, "to the last row"},
    {WHERE_MAIN, "1", CMD_VIEW_HOSTS, "hosts", NULL, "the hosts"},
    {WHERE_MAIN, "2", CMD_VIEW_VMS, "vms", NULL, "the virtual machines"},
    {WHERE_MAIN, "3", CMD_VIEW_BOXES, "containers", NULL, "the containers"},
    {WHERE_MAIN, "4", CMD_VIEW_ALERTS, "alerts", NULL,
	"what is the matter: alerts, anomalies, what will be full"},
    {WHERE_MAIN, "5", CMD_VIEW_CHART, "chart", NULL,
	"a chart of the rows tagged, or of the one under the cursor"},
    {WHERE_MAIN, "6", CMD_VIEW_WALL, "wall", NULL,
	"every virtual machine as one cell"},
    {WHERE_MAIN, "7", CMD_VIEW_PIPELINE, "pipeline", NULL,
	"how the numbers come here: sources, gaps, queues"},
    {WHERE_MAIN, "8", CMD_VIEW_SERVICES, "services", NULL,
	"the services of hosts"},
    {WHERE_MAIN, "9", CMD_VIEW_GUESTS, "guests", NULL,
	"virtual machines and containers together"},
    {WHERE_MAIN, "Tab", CMD_VIEW_NEXT, "next", NULL, "the next view"},
    {WHERE_MAIN, "BackTab", CMD_VIEW_PREVIOUS, "previous", NULL,
	"the view before"},
    {WHERE_ALL, "Esc", CMD_BACK, "escape", NULL,
	"leave the panel, or go back where one came from"},
    {WHERE_ALERTS, "w", CMD_WHY, "ask-why", "Why",
	"why it was told, or why not, as nc-alert says"},
    {WHERE_ALERTS, "H", CMD_HISTORY, "ask-history", NULL,
	"what was told of it of late"},
    {WHERE_ALERTS, "r", CMD_RULES, "ask-rules", "Rules",
	"the rules, and how many alerts of each are in which state"},
    {WHERE_ALERTS, "a", CMD_ACK, "ask-ack", "Ack",
	"somebody is on it: [for how long] [comment]"},
    {WHERE_ALERTS, "A", CMD_UNACK, "ask-unack", NULL, "nobody is on it"},
    {WHERE_ALERTS, "S", CMD_SILENCE, "ask-silence", "Silence",
	"nobody is to be told: for how long, and why"},
    {WHERE_ALERTS, "U", CMD_UNSILENCE, "ask-unsilence", NULL,
	"end the silence it is under"},
    {WHERE_ALERTS, "M", CMD_MAINTENANCE, "ask-maintenance", NULL,
	"the same, called maintenance"},
    {WHERE_TEXT, "y", CMD_DO, "do", NULL, "do what was shown (with --act)"},
    {WHERE_ROWS, "y", CMD_COPY, "copy", NULL,
	"the row as JSON into the clipboard, where the terminal can (OSC 52)"},
    {WHERE_MAIN, "e", CMD_EXPORT, "export", NULL,
	"write the view to a file: .ndjson, .csv or .txt"},
    {WHERE_MAIN, "E", CMD_PIPELINE, "show-pipeline", NULL,
	"show the pipeline that reproduces this view"},
    {WHERE_MAIN, "R", CMD_RULE, "rule", NULL,
	"show the alert rule for the filter"},
    {WHERE_MAIN, "W", CMD_SAVE, "save", NULL,
	"write theme, orders and columns to the configuration"},
    {WHERE_ALL, "m", CMD_MOUSE, "mouse", NULL,
	"take the mouse: wheel scrolls, click chooses; again: give it back"},
    {WHERE_MAIN, "C", CMD_THEME, "theme", NULL, "the next colour theme"},
    {WHERE_ALL, "^L", CMD_REDRAW, "redraw", NULL,
	"draw the whole screen again"},
    {WHERE_ALL, "^Z", CMD_SUSPEND, "suspend", NULL, "suspend; fg comes back"},
};

static const struct {
	const char *name;
	uint32_t key;
} names[] = {
    {"Up", KEYC_UP},
    {"Down", KEYC_DOWN},
    {"Left", KEYC_LEFT},
    {"Right", KEYC_RIGHT},
    {"PgUp", KEYC_PAGE_UP},
    {"PgDn", KEYC_PAGE_DOWN},
    {"Home", KEYC_HOME},
    {"End", KEYC_END},
    {"Enter", '\r'},
    {"Esc", KEYC_ESCAPE},
    {"Tab", '\t'},
    {"BackTab", KEYC_BACK_TAB},
    {"Space", ' '},
    {"Insert", KEYC_INSERT},
    {"WheelUp", KEYC_WHEEL_UP},
    {"WheelDown", KEYC_WHEEL_DOWN},
};

const struct key_binding *
key_at(unsigned n)
{
	return n < sizeof(table) / sizeof(table[0]) ? &table[n] : NULL;
}

static bool
next_word(struct span *rest, struct span *word)
{
	const char *blank;

	if (rest->len == 0)
		return false;
	blank = memchr(rest->p, ' ', rest->len);
	word->p = rest->p;
	word->len = blank != NULL ? (size_t)(blank - rest->p) : rest->len;
	rest->p += word->len;
	rest->len -= word->len;
	while (rest->len != 0 && *rest->p == ' ') {
		rest->p++;
		rest->len--;
	}
	return true;
}

static uint32_t
key_of(struct span name)
{
	if (name.len == 1)
		return (unsigned char)name.p[0];
	if (name.len == 2 && name.p[0] == '^')
		return (unsigned char)name.p[1] & 0x1fu;
	if (name.len >= 2 && name.p[0] == 'F')
		return KEYC_F0 + (uint32_t)strtoul(name.p + 1, NULL, 10);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i].name))
			return names[i].key;
	return KEYC_NONE;
}

enum command
key_command(unsigned where, uint32_t key)
{
	const struct key_binding *b;
	struct span rest, word;

	if (key == '\n') /* what some terminals send for Enter */
		key = '\r';
	for (unsigned n = 0; (b = key_at(n)) != NULL; n++) {
		if ((b->where & where) == 0)
			continue;
		rest = span_of(b->keys);
		while (next_word(&rest, &word))
			if (key_of(word) == key)
				return b->command;
	}
	return CMD_NONE;
}

enum command
key_named(const char *name, size_t len)
{
	const struct key_binding *b;

	for (unsigned n = 0; (b = key_at(n)) != NULL; n++)
		if (span_is((struct span){name, len}, b->name))
			return b->command;
	return CMD_NONE;
}

size_t
key_first(const struct key_binding *b, const char **name)
{
	struct span rest = span_of(b->keys), word = {NULL, 0};

	next_word(&rest, &word);
	*name = word.p;
	return word.len;
}

void
key_print(struct buf *to)
{
	const struct key_binding *b;

	for (unsigned n = 0; (b = key_at(n)) != NULL; n++)
		buf_addf(to, "%s\t%s\t%s\n", b->keys, b->help, b->name);
}
