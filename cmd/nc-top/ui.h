/* SPDX-License-Identifier: MIT */
/*
 * ui: what the person at the screen has chosen: the view, its order, the row
 * under the cursor, what time it is.  Commands change it, views only read it.
 */
#ifndef NC_TOP_UI_H
#define NC_TOP_UI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"
#include "chart.h"
#include "filter.h"
#include "keys.h"
#include "manage.h"
#include "model.h"
#include "role.h"

struct sources;
struct view;

enum ui_tag {
	TAG_LIVE, /* numbers follow the clock */
	TAG_PAUSED, /* time stands still, records are taken in */
	TAG_ENDED, /* no more records will come */
	TAG_AT, /* a frame of a recording, or of a moment asked for */
	TAG_REPLAY /* a recording is played */
};

enum ui_panel {
	PANEL_NONE,
	PANEL_HELP,
	PANEL_SORT,
	PANEL_COLUMNS,
	PANEL_TEXT /* what a command has to say, in lines */
};

/* What is being typed. */
enum ui_prompt {
	PROMPT_NONE,
	PROMPT_SEARCH,
	PROMPT_FILTER,
	PROMPT_COMMAND,
	PROMPT_TIME
};

#define PROMPT_KINDS 5u

enum item { ITEM_HOST, ITEM_THING, ITEM_MATTER, ITEM_FEED };

/* One row of a table.  What it points to is good until a record is fed. */
struct row {
	uint64_t id; /* whose it is, for ever */
	enum item item;
	union {
		struct host *host;
		struct thing *thing;
		struct matter *matter;
		struct feed *feed;
	} of;
	int depth; /* in a tree */
	unsigned parts; /* of it, in a tree */
	bool folded;
	int rank; /* orders before the key does, smallest first */
	double key; /* smoothed, largest first; NAN: not known */
	const char *name; /* breaks ties; borrowed like of */
	size_t was; /* place before, SIZE_MAX: new */
};

struct rows {
	struct row *at; /* owned */
	size_t count, cap;
};

#define VIEWS_MAX 16u
#define TRAIL_MAX 16u

/* How a view's table is shown. */
struct ui_table {
	unsigned sort; /* column */
	bool invert, touched;
	uint64_t hidden, wanted; /* columns: bits, beside their own wish */
};

/* Who, by name: what was dropped from the model is not found again. */
struct who {
	char *host, *entity, *id; /* owned; NULL host: nobody */
};

/* A step on the way to where one is. */
struct ui_step {
	const struct view *view;
	uint64_t selected;
	size_t top;
	struct who scope;
};

/* A set of row ids. */
struct ids {
	uint64_t *at; /* owned */
	size_t count, cap;
};

struct ui {
	enum ui_tag tag;
	bool ended; /* the input: what LIVE turns into */
	enum ui_panel panel;
	const struct view *view;
	struct ui_table tables[VIEWS_MAX]; /* by number of the view */
	struct who scope; /* the view shows what is part of it, or it */
	struct ui_step trail[TRAIL_MAX];
	unsigned steps;
	bool interactive; /* has a cursor and a function bar */
	double frozen; /* monotonic: the order stands still until then */
	struct rows rows, before;
	struct ids tagged, turned; /* rows; turned: folded or unfolded */
	struct chart chart;
	struct filter *filter; /* NULL: all rows */
	size_t filtered, doubtful; /* rows left out; not known either way */
	enum ui_prompt prompt;
	struct buf typed; /* what has been typed */
	char *last[PROMPT_KINDS]; /* owned: what was entered before */
	struct buf text; /* of PANEL_TEXT */
	uint64_t selected; /* row id, 0: none; follows the subject */
	size_t top; /* first row shown, or first line */
	size_t line; /* under the cursor, of a view without rows */
	size_t panel_at; /* row of the panel */
	int width; /* columns, as last drawn */
	const struct theme *theme;
	int page; /* rows on the screen, as last drawn */
	size_t bad; /* lines of the input */
	unsigned skipped; /* frames a slow terminal did not take */
	const struct zone *zone; /* borrowed: civil times typed; NULL: UTC */
	const char *origin; /* borrowed: where records come from, for E */
	double speed; /* of a replay; 0: none */
	double seek; /* its clock is to be put forward to there; NAN: not */
	struct buf copy; /* for the clipboard, taken by the loop */
	const struct sources *sources; /* borrowed; NULL: not by ssh */
	bool act; /* --act: what changes alerts may be done */
	struct manage_line order; /* to be run by the loop; empty: nothing */
	struct manage_line after; /* what order was the rehearsal of */
	bool offered; /* the text shown asks whether after is to be done */
	bool mouse;
	const char *later; /* borrowed: the rest of a script, NULL: none */
	char message[160]; /* what a command has to say, "" nothing */
	bool sealed; /* nothing may be written: a test's */
	bool quit, redraw, suspend; /* for the loop */
};

void ui_init(struct ui *u, const struct theme *theme, bool interactive);
void ui_free(struct ui *u);
/* Where a key holds now. */
unsigned ui_where(const struct ui *u);
/* Takes a key: a character of what is being typed, else a command. */
void ui_key(struct ui *u, struct model *m, uint32_t key, double mono);
/* The mouse chose a cell of the screen. */
void ui_click(struct ui *u, int x, int y);
/* Does what a command says; mono is the monotonic clock. */
void ui_command(struct ui *u, struct model *m, enum command c, double mono);
/*
 * "vms; sort cpu; help": commands by name, those of the key table and those
 * with a word behind them.  What is about something that is not there yet
 * waits for it; script is borrowed until then.  Returns 0, or -1 with the
 * word it does not know.
 */
int ui_script(struct ui *u, struct model *m, const char *script,
    struct nc_err *e);
/* Goes on with a script that waits for what is not there yet. */
void ui_resume(struct ui *u, struct model *m);
/* Takes up what is there, orders the rows anew unless the order is frozen,
 * and keeps the cursor on its subject.  Before each drawing. */
void ui_arrange(struct ui *u, struct model *m, double mono);

/* The choices of the view in hand. */
struct ui_table *ui_table(struct ui *u);
const struct ui_table *ui_table_of(const struct ui *u);
/* The row under the cursor, NULL: none. */
const struct row *ui_row(const struct ui *u);
/* Whether an id is in a set; puts it there, or takes it away. */
bool ids_has(const struct ids *s, uint64_t id);
void ids_turn(struct ids *s, uint64_t id);
/* Whether a row of a tree is folded otherwise than rows of its kind are. */
static inline bool
ui_is_turned(const struct ui *u, uint64_t id)
{
	return ids_has(&u->turned, id);
}
/* Says something on the last line until the next key. */
void ui_say(struct ui *u, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Shows text in a panel; borrowed for the call. */
void ui_show(struct ui *u, const char *text);
/* Begins to type, with a text to begin with. */
void ui_ask(struct ui *u, enum ui_prompt p, const char *text);
/* To the next row, or the one before, whose name has what was searched. */
bool ui_search(struct ui *u, struct model *m, bool back, double mono);
/* Writing, showing, copying; false: not one of those commands. */
bool act_command(struct ui *u, struct model *m, enum command c);
/* Appends what the view shows as records. */
void act_records(struct buf *to, struct ui *u, struct model *m);
/* The same by a word with words behind it: "export FILE". */
int act_words(struct ui *u, struct model *m, struct span word, struct span rest,
    struct nc_err *e);
/* The alert in hand: what to ask, and what to do about it; false: not one of
 * those commands. */
bool deed_command(struct ui *u, struct model *m, enum command c);
/* The same by a word: "ack FP 2h"; 1: not one of those. */
int deed_words(struct ui *u, struct span word, struct span rest,
    struct nc_err *e);
/* What the program said that the loop ran for order, shown. */
void deed_told(struct ui *u, const char *text, bool well);
/* The thing of a row, NULL: it has none. */
struct thing *row_thing(const struct model *m, const struct row *r);
/* "10", "10x", "0.5", "max". */
int ui_set_speed(struct ui *u, struct span word, struct nc_err *e);
/* To the present. */
void ui_live(struct ui *u, struct model *m);
/* To the moment a text names; -1: why in *e. */
int ui_go_time(struct ui *u, struct model *m, struct span text,
    struct nc_err *e);
/* One command with its words: "sort cpu".  -1: why in *e. */
int ui_do(struct ui *u, struct model *m, struct span s, struct nc_err *e);
/* Goes to a view; the way back is remembered. */
void ui_go(struct ui *u, const struct view *v, const struct who *scope);

/* For collect(): one more row. */
struct row *rows_add(struct ui *u, enum item item, void *of, uint32_t serial,
    const char *name);

void who_set(struct who *w, const char *host, const char *entity,
    const char *id);
void who_free(struct who *w);
/* NULL when it is nobody, or gone. */
struct thing *who_thing(const struct model *m, const struct who *w);
/* Whether a thing is w, or part of it; everything is part of nobody. */
bool who_has(const struct who *w, const struct thing *t);

#endif
