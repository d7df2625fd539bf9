/* SPDX-License-Identifier: MIT */
/* ui: commands, and the way from view to view. */
#include "ui.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view.h"

#define FROZEN_SECONDS 5.0
#define IDS_MAX 4096u

void
ui_init(struct ui *u, const struct theme *theme, bool interactive)
{
	const struct view *v;

	*u = (struct ui){.theme = theme, .interactive = interactive};
	for (unsigned n = 0; (v = view_at(n)) != NULL; n++)
		for (unsigned c = 0; v->table != NULL && c < v->table->count;
		     c++)
			if ((v->table->columns[c].flags & COLUMN_WORST) != 0)
				u->tables[n].sort = c;
	u->view = view_at(0);
	u->frozen = (double)-INFINITY;
	u->seek = NAN;
	u->page = 1;
}

void
ui_free(struct ui *u)
{
	for (unsigned i = 0; i < u->steps; i++)
		who_free(&u->trail[i].scope);
	who_free(&u->scope);
	free(u->rows.at);
	free(u->before.at);
	free(u->tagged.at);
	free(u->turned.at);
	for (unsigned i = 0; i < PROMPT_KINDS; i++)
		free(u->last[i]);
	chart_clear(&u->chart);
	filter_free(u->filter);
	buf_free(&u->typed);
	buf_free(&u->text);
	buf_free(&u->copy);
	manage_line_free(&u->order);
	manage_line_free(&u->after);
}

/* --- small things --------------------------------------------------------- */

bool
ids_has(const struct ids *s, uint64_t id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i] == id)
			return true;
	return false;
}

void
ids_turn(struct ids *s, uint64_t id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i] == id) {
			s->at[i] = s->at[--s->count];
			return;
		}
	if (s->count == IDS_MAX)
		return;
	if (s->count == s->cap) {
		s->cap = s->cap == 0 ? 16 : s->cap * 2;
		s->at = xreallocarray(s->at, s->cap, sizeof(*s->at));
	}
	s->at[s->count++] = id;
}

void
ui_say(struct ui *u, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(u->message, sizeof(u->message), format, ap);
	va_end(ap);
}

void
ui_show(struct ui *u, const char *text)
{
	buf_clear(&u->text);
	buf_adds(&u->text, text);
	u->panel = PANEL_TEXT;
	u->panel_at = 0;
	u->offered = false;
}

/* --- who ------------------------------------------------------------------ */

void
who_free(struct who *w)
{
	free(w->host);
	free(w->entity);
	free(w->id);
	*w = (struct who){0};
}

void
who_set(struct who *w, const char *host, const char *entity, const char *id)
{
	struct who now = {0};

	if (host != NULL) {
		now.host = xstrdup(host);
		now.entity = xstrdup(entity);
		now.id = xstrdup(id);
	}
	who_free(w);
	*w = now;
}

struct thing *
who_thing(const struct model *m, const struct who *w)
{
	return w->host == NULL ? NULL
			       : model_thing(m, w->host, w->entity, w->id);
}

bool
who_has(const struct who *w, const struct thing *t)
{
	const struct subject *s = t->subject;

	if (w->host == NULL)
		return true;
	if (strcmp(w->host, t->host->name) != 0)
		return false;
	if (strcmp(w->entity, "host") == 0)
		return true;
	for (; s != NULL; s = s->parent)
		if (strcmp(s->entity, w->entity) == 0 &&
		    strcmp(s->id, w->id) == 0)
			return true;
	return false;
}

/* --- the way -------------------------------------------------------------- */

struct ui_table *
ui_table(struct ui *u)
{
	return &u->tables[view_number(u->view)];
}

const struct ui_table *
ui_table_of(const struct ui *u)
{
	return &u->tables[view_number(u->view)];
}

static void
enter_view(struct ui *u, const struct view *v)
{
	u->view = v;
	u->selected = 0;
	u->top = u->line = 0;
	u->rows.count = u->before.count = 0;
	u->frozen = (double)-INFINITY;
	u->panel = PANEL_NONE;
}

void
ui_go(struct ui *u, const struct view *v, const struct who *scope)
{
	struct ui_step *step;

	if (u->steps == TRAIL_MAX) {
		who_free(&u->trail[0].scope);
		u->steps--;
		memmove(u->trail, u->trail + 1, u->steps * sizeof(*u->trail));
	}
	step = &u->trail[u->steps++];
	*step = (struct ui_step){u->view, u->selected, u->top, u->scope};
	u->scope = (struct who){0};
	if (scope != NULL)
		who_set(&u->scope, scope->host, scope->entity, scope->id);
	enter_view(u, v);
}

static void
go_back(struct ui *u)
{
	struct ui_step *step;

	if (u->steps == 0)
		return;
	step = &u->trail[--u->steps];
	who_free(&u->scope);
	u->scope = step->scope;
	enter_view(u, step->view);
	u->selected = step->selected;
	u->top = step->top;
}

/* By a digit or a name: a fresh start, over the whole fleet. */
static void
go_to(struct ui *u, const struct view *v)
{
	while (u->steps != 0)
		who_free(&u->trail[--u->steps].scope);
	who_free(&u->scope);
	enter_view(u, v);
}

static void
next_view(struct ui *u, bool back)
{
	unsigned n = 0, at = view_number(u->view);

	while (view_at(n) != NULL && view_at(n)->command != CMD_NONE)
		n++;
	if (at >= n)
		at = 0;
	go_to(u, view_at((at + (back ? n - 1 : 1)) % n));
}

/* The thing of a row, NULL: it has none, or it is gone. */
struct thing *
row_thing(const struct model *m, const struct row *r)
{
	const struct note *n;
	const struct subject *self;

	switch (r->item) {
	case ITEM_HOST:
		self = model_self(r->of.host);
		return self != NULL ? thing_of(self) : NULL;
	case ITEM_THING:
		return r->of.thing;
	case ITEM_MATTER:
		n = r->of.matter->now;
		return n == NULL ? NULL
				 : model_thing(m, n->host, n->entity, n->id);
	case ITEM_FEED:
		self = model_self(r->of.feed->host);
		return self != NULL ? thing_of(self) : NULL;
	}
	return NULL;
}

/* The row under the cursor, as it is now; NULL: none. */
static const struct row *
here_row(struct ui *u, struct model *m)
{
	if (u->view->table == NULL)
		return NULL;
	ui_arrange(u, m, (double)INFINITY * -1);
	return ui_row(u);
}

/* The thing one looks at: of the row, or of the view. */
static struct thing *
here_thing(struct ui *u, struct model *m)
{
	const struct row *r = here_row(u, m);

	if (r != NULL)
		return row_thing(m, r);
	return who_thing(m, &u->scope);
}

static void
go_thing(struct ui *u, const struct view *v, const struct thing *t)
{
	struct who who = {0};

	who_set(&who, t->host->name, t->subject->entity, t->subject->id);
	ui_go(u, v, &who);
	who_free(&who);
}

static void
detail(struct ui *u, struct model *m)
{
	struct thing *t = here_thing(u, m);

	if (t != NULL)
		go_thing(u, view_named(span_of("detail")), t);
	else
		ui_say(u, "nothing is known of it but that");
}

/* A host holds machines, else containers; anything else has a page. */
static void
enter(struct ui *u, struct model *m)
{
	const struct row *r = here_row(u, m);
	struct who who = {0};

	if (r == NULL)
		return;
	if (r->item != ITEM_HOST || u->view->command == CMD_VIEW_TREE) {
		detail(u, m);
		return;
	}
	who_set(&who, r->of.host->name, "host", r->of.host->name);
	if (model_count(m, r->of.host, KIND_VM) != 0)
		ui_go(u, view_of(CMD_VIEW_VMS), &who);
	else if (model_count(m, r->of.host, KIND_BOX) != 0)
		ui_go(u, view_of(CMD_VIEW_BOXES), &who);
	else
		detail(u, m);
	who_free(&who);
}

/* Of the host of what is under the cursor. */
static void
blame(struct ui *u, struct model *m)
{
	const struct row *r = here_row(u, m);
	const char *host = u->scope.host;
	struct who who = {0};
	struct thing *t;

	if (r != NULL && r->item == ITEM_HOST)
		host = r->of.host->name;
	else if (r != NULL && (t = row_thing(m, r)) != NULL)
		host = t->host->name;
	if (host == NULL) {
		ui_say(u, "no host here to ask of");
		return;
	}
	who_set(&who, host, "host", host);
	ui_go(u, view_named(span_of("blame")), &who);
	who_free(&who);
}

static void
fold(struct ui *u, struct model *m, bool folded)
{
	const struct row *r = here_row(u, m);
	int depth = r != NULL ? r->depth : 0;

	if (r == NULL)
		return;
	if (r->parts != 0 && r->folded != folded)
		ids_turn(&u->turned, r->id);
	else if (folded) { /* of what it is a part */
		while (r > u->rows.at && r->depth >= depth && depth != 0)
			r--;
		u->selected = r->id;
	}
}

/* Of the tagged rows, else of the one under the cursor, else what there is
 * already. */
static void
go_chart(struct ui *u, struct model *m)
{
	const struct row *r = here_row(u, m);
	const struct thing *t;
	bool tagged = false;
	size_t n = r != NULL ? u->rows.count : 0;

	for (size_t i = 0; i < n; i++)
		tagged |= ids_has(&u->tagged, u->rows.at[i].id);
	if (r != NULL)
		chart_clear(&u->chart);
	for (size_t i = 0; i < n; i++) {
		if (tagged ? !ids_has(&u->tagged, u->rows.at[i].id)
			   : &u->rows.at[i] != r)
			continue;
		if ((t = row_thing(m, &u->rows.at[i])) == NULL)
			continue;
		r = &u->rows.at[i];
		if (r->item == ITEM_MATTER &&
		    *r->of.matter->now->metric != '\0')
			chart_add(&u->chart, t, r->of.matter->now->metric);
		else
			chart_add(&u->chart, t, chart_default(t->kind));
		r = tagged ? r : &u->rows.at[i];
	}
	ui_go(u, view_of(CMD_VIEW_CHART), NULL);
}

static void
overlay(struct ui *u, struct model *m)
{
	struct thing *t = who_thing(m, &u->scope);
	char metric[256];

	if (t == NULL || !detail_metric(m, u, metric, sizeof(metric)))
		return;
	if (chart_track(t->kind, metric) == TRACK_COUNT)
		ui_say(u, "no history is kept of %s (-d DIR has one)", metric);
	chart_add(&u->chart, t, metric);
	ui_go(u, view_of(CMD_VIEW_CHART), NULL);
}

static void
tag(struct ui *u, struct model *m)
{
	const struct row *r = here_row(u, m);
	size_t at = r != NULL ? (size_t)(r - u->rows.at) : 0;

	if (r == NULL)
		return;
	ids_turn(&u->tagged, r->id);
	if (at + 1 < u->rows.count)
		u->selected = u->rows.at[at + 1].id;
}

static void
turn_column(struct ui *u)
{
	struct ui_table *t = ui_table(u);
	unsigned n = (unsigned)u->panel_at;
	uint64_t bit = UINT64_C(1) << n;

	if (u->view->table->columns[n].rank == 0)
		ui_say(u, "that one is always shown");
	else if (column_wanted(u, n)) {
		t->hidden |= bit;
		t->wanted &= ~bit;
	} else {
		t->hidden &= ~bit;
		t->wanted |= bit;
	}
}

unsigned
ui_where(const struct ui *u)
{
	switch (u->panel) {
	case PANEL_HELP:
		return WHERE_HELP;
	case PANEL_SORT:
		return WHERE_SORT;
	case PANEL_COLUMNS:
		return WHERE_COLUMNS;
	case PANEL_TEXT:
		return WHERE_TEXT;
	case PANEL_NONE:
		break;
	}
	return u->view->where;
}

static size_t
panel_rows(const struct ui *u)
{
	unsigned n = 0;

	if (u->panel == PANEL_TEXT) {
		for (size_t i = 0; i < u->text.len; i++)
			n += u->text.data[i] == '\n';
		return n;
	}
	if (u->panel != PANEL_HELP)
		return u->view->table != NULL ? u->view->table->count : 0;
	while (key_at(n) != NULL)
		n++;
	return n;
}

/* by rows, kept within 0..count-1 */
static size_t
moved(size_t at, long by, size_t count)
{
	if (count == 0 || (by < 0 && (size_t)-by > at))
		return 0;
	at = by < 0 ? at - (size_t)-by : at + (size_t)by;
	return at < count ? at : count - 1;
}

/* Of a view that is lines: the cursor moves, the page follows. */
static void
move_line(struct ui *u, const struct model *m, long by)
{
	size_t page = u->page > 0 ? (size_t)u->page + 1 : 1;

	u->line = moved(u->line, by, u->view->lines(m, u));
	if (u->line < u->top)
		u->top = u->line;
	if (u->line >= u->top + page)
		u->top = u->line - page + 1;
}

static void
move(struct ui *u, const struct model *m, long by, double mono)
{
	const struct row *r;

	if (u->panel != PANEL_NONE) {
		u->panel_at = moved(u->panel_at, by, panel_rows(u));
		return;
	}
	if (u->view->table == NULL) {
		if (u->view->lines != NULL)
			move_line(u, m, by);
		return;
	}
	if (u->rows.count == 0)
		return;
	u->frozen = mono + FROZEN_SECONDS;
	if (u->view->command == CMD_VIEW_WALL && labs(by) == 1) {
		u->selected = wall_move(u, (int)by);
		return;
	}
	r = ui_row(u);
	u->selected = u->rows
			  .at[moved(r != NULL ? (size_t)(r - u->rows.at) : 0,
			      by, u->rows.count)]
			  .id;
}

/* Along the cells of the wall. */
static void
move_across(struct ui *u, int by, double mono)
{
	const struct row *r = ui_row(u);

	u->frozen = mono + FROZEN_SECONDS;
	if (u->rows.count != 0)
		u->selected =
		    u->rows
			.at[moved(r != NULL ? (size_t)(r - u->rows.at) : 0, by,
			    u->rows.count)]
			.id;
}

static void
sort_by(struct ui *u, unsigned column)
{
	struct ui_table *t = ui_table(u);

	if (t->sort != column)
		for (size_t i = 0; i < u->rows.count; i++)
			u->rows.at[i].key = NAN;
	t->sort = column;
	u->frozen = (double)-INFINITY;
}

static void
sort_step(struct ui *u, int by)
{
	unsigned n = u->view->table->count;

	sort_by(u, (ui_table(u)->sort + n + (unsigned)by) % n);
}

void
ui_live(struct ui *u, struct model *m)
{
	u->tag = u->ended ? TAG_ENDED : u->speed > 0 ? TAG_REPLAY : TAG_LIVE;
	model_set_cursor(m, NAN);
}

static double
here(const struct model *m)
{
	return isnan(model_cursor(m)) ? model_now(m) : model_cursor(m);
}

static void
step(struct ui *u, struct model *m, bool back, int times)
{
	double at = here(m);

	if (isnan(at))
		return;
	while (times-- > 0)
		at = model_step(m, at, back);
	model_set_cursor(m, at);
	u->tag = TAG_PAUSED;
}

static void
pause(struct ui *u, struct model *m)
{
	if (u->tag == TAG_PAUSED)
		ui_live(u, m);
	else if (!isnan(model_now(m))) {
		u->tag = TAG_PAUSED;
		model_set_cursor(m, model_now(m));
	}
}

static void
panel(struct ui *u, enum ui_panel p)
{
	u->panel = u->panel == p ? PANEL_NONE : p;
	u->panel_at = p == PANEL_SORT ? ui_table(u)->sort : 0;
	if (u->view->table == NULL && p != PANEL_HELP && p != PANEL_TEXT)
		u->panel = PANEL_NONE;
}

static void
next_theme(struct ui *u)
{
	unsigned n = 0;

	while (theme_at(n) != u->theme)
		n++;
	u->theme = theme_at(n + 1) != NULL ? theme_at(n + 1) : theme_at(0);
	ui_say(u, "theme %s", u->theme->name);
	u->redraw = true;
}

/* Commands that only look at something else; false: not one of them. */
static bool
go_command(struct ui *u, struct model *m, enum command c)
{
	switch (c) {
	case CMD_VIEW_NEXT:
	case CMD_VIEW_PREVIOUS:
		next_view(u, c == CMD_VIEW_PREVIOUS);
		break;
	case CMD_ENTER:
		enter(u, m);
		break;
	case CMD_DETAIL:
		detail(u, m);
		break;
	case CMD_BLAME:
		blame(u, m);
		break;
	case CMD_VIEW_CHART:
		go_chart(u, m);
		break;
	case CMD_OVERLAY:
		overlay(u, m);
		break;
	case CMD_VIEW_HOSTS:
	case CMD_VIEW_VMS:
	case CMD_VIEW_BOXES:
	case CMD_VIEW_ALERTS:
	case CMD_VIEW_WALL:
	case CMD_VIEW_PIPELINE:
	case CMD_VIEW_SERVICES:
	case CMD_VIEW_GUESTS:
	case CMD_VIEW_TREE:
		go_to(u, view_of(c));
		break;
	case CMD_FOLD:
	case CMD_UNFOLD:
		fold(u, m, c == CMD_FOLD);
		break;
	case CMD_ZOOM_IN:
	case CMD_ZOOM_OUT:
		chart_zoom(&u->chart, c == CMD_ZOOM_IN);
		break;
	case CMD_PAN_BACK:
	case CMD_PAN_ON:
		chart_pan(&u->chart, c == CMD_PAN_BACK);
		break;
	case CMD_DOTS:
		u->chart.dots = (enum chart_dots)(
		    (u->chart.dots + 1) % (DOTS_ASCII + 1));
		break;
	default:
		return false;
	}
	return true;
}

/* The panel, or where one went. */
static void
leave(struct ui *u)
{
	if (u->panel == PANEL_NONE)
		go_back(u);
	u->panel = PANEL_NONE;
	u->offered = false;
	u->frozen = (double)-INFINITY;
}

void
ui_command(struct ui *u, struct model *m, enum command c, double mono)
{
	if (go_command(u, m, c) || act_command(u, m, c) ||
	    deed_command(u, m, c))
		return;
	switch (c) {
	case CMD_UP:
		move(u, m, -1, mono);
		break;
	case CMD_DOWN:
		move(u, m, 1, mono);
		break;
	case CMD_PAGE_UP:
		move(u, m, -u->page, mono);
		break;
	case CMD_PAGE_DOWN:
		move(u, m, u->page, mono);
		break;
	case CMD_HALF_UP:
		move(u, m, -(u->page + 1) / 2, mono);
		break;
	case CMD_HALF_DOWN:
		move(u, m, (u->page + 1) / 2, mono);
		break;
	case CMD_FIRST:
		move(u, m, -(long)INT_MAX, mono);
		break;
	case CMD_LAST:
		move(u, m, INT_MAX, mono);
		break;
	case CMD_BACK:
		leave(u);
		break;
	case CMD_SORT_MENU:
		panel(u, PANEL_SORT);
		break;
	case CMD_SORT_CHOOSE:
		sort_by(u, (unsigned)u->panel_at);
		u->panel = PANEL_NONE;
		break;
	case CMD_SORT_LEFT:
		sort_step(u, -1);
		break;
	case CMD_SORT_RIGHT:
		sort_step(u, 1);
		break;
	case CMD_SORT_INVERT:
		ui_table(u)->invert = !ui_table(u)->invert;
		u->frozen = (double)-INFINITY;
		break;
	case CMD_PAUSE:
		pause(u, m);
		break;
	case CMD_STEP_BACK:
	case CMD_LEAP_BACK:
		step(u, m, true, c == CMD_STEP_BACK ? 1 : 10);
		break;
	case CMD_STEP_ON:
	case CMD_LEAP_ON:
		step(u, m, false, c == CMD_STEP_ON ? 1 : 10);
		break;
	case CMD_LIVE:
		ui_live(u, m);
		break;
	case CMD_HELP:
		panel(u, PANEL_HELP);
		break;
	case CMD_THEME:
		next_theme(u);
		break;
	case CMD_REDRAW:
		u->redraw = true;
		break;
	case CMD_SUSPEND:
		u->suspend = true;
		break;
	case CMD_QUIT:
		u->quit = true;
		break;
	case CMD_LEFT:
	case CMD_RIGHT:
		move_across(u, c == CMD_LEFT ? -1 : 1, mono);
		break;
	case CMD_TAG:
		tag(u, m);
		break;
	case CMD_COLUMNS:
		panel(u, PANEL_COLUMNS);
		break;
	case CMD_COLUMN_TURN:
		turn_column(u);
		break;
	case CMD_SEARCH:
		ui_ask(u, PROMPT_SEARCH, "");
		break;
	case CMD_FILTER:
		ui_ask(u, PROMPT_FILTER,
		    u->filter != NULL ? filter_text(u->filter) : "");
		break;
	case CMD_PROMPT:
		ui_ask(u, PROMPT_COMMAND, "");
		break;
	case CMD_GO_TIME:
		ui_ask(u, PROMPT_TIME, "");
		break;
	case CMD_SEARCH_NEXT:
	case CMD_SEARCH_BACK:
		ui_search(u, m, c == CMD_SEARCH_BACK, mono);
		break;
	case CMD_MOUSE:
		u->mouse = !u->mouse;
		ui_say(u, u->mouse ? "the mouse is taken; m gives it back"
				   : "the mouse is yours");
		u->redraw = true;
		break;
	default:
		break;
	}
}

void
ui_click(struct ui *u, int x, int y)
{
	size_t row = u->top + (size_t)(y - 2);

	(void)x;
	/* A line for what time it is, a line of titles. */
	if (u->panel == PANEL_NONE && y >= 2 && u->view->table != NULL &&
	    u->view->draw == NULL && row < u->rows.count)
		u->selected = u->rows.at[row].id;
}
