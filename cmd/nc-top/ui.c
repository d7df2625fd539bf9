/* SPDX-License-Identifier: MIT */
/* ui: commands, and the way from view to view. */
#include "ui.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view.h"

#define FROZEN_SECONDS 5.0

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
	u->top = 0;
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

/* What a host holds most of: machines, else containers. */
static void
enter(struct ui *u, struct model *m)
{
	struct who who = {0};
	const struct row *r;

	ui_arrange(u, m, (double)-INFINITY);
	if ((r = ui_row(u)) == NULL)
		return;
	if (r->item == ITEM_HOST) {
		who_set(&who, r->of.host->name, "host", r->of.host->name);
		ui_go(u, view_of(CMD_VIEW_VMS), &who);
		who_free(&who);
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
	case PANEL_NONE:
		break;
	}
	return u->view->where;
}

static size_t
panel_rows(const struct ui *u)
{
	unsigned n = 0;

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

static void
move(struct ui *u, long by, double mono)
{
	const struct row *r;

	if (u->panel != PANEL_NONE) {
		u->panel_at = moved(u->panel_at, by, panel_rows(u));
		return;
	}
	if (u->rows.count == 0)
		return;
	u->frozen = mono + FROZEN_SECONDS;
	r = ui_row(u);
	u->selected = u->rows
			  .at[moved(r != NULL ? (size_t)(r - u->rows.at) : 0,
			      by, u->rows.count)]
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

static void
go_live(struct ui *u, struct model *m)
{
	u->tag = u->ended ? TAG_ENDED : TAG_LIVE;
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
		go_live(u, m);
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
}

static void
next_theme(struct ui *u)
{
	unsigned n = 0;

	while (theme_at(n) != u->theme)
		n++;
	u->theme = theme_at(n + 1) != NULL ? theme_at(n + 1) : theme_at(0);
	u->redraw = true;
}

void
ui_command(struct ui *u, struct model *m, enum command c, double mono)
{
	switch (c) {
	case CMD_UP:
		move(u, -1, mono);
		break;
	case CMD_DOWN:
		move(u, 1, mono);
		break;
	case CMD_PAGE_UP:
		move(u, -u->page, mono);
		break;
	case CMD_PAGE_DOWN:
		move(u, u->page, mono);
		break;
	case CMD_HALF_UP:
		move(u, -(u->page + 1) / 2, mono);
		break;
	case CMD_HALF_DOWN:
		move(u, (u->page + 1) / 2, mono);
		break;
	case CMD_FIRST:
		move(u, -(long)INT_MAX, mono);
		break;
	case CMD_LAST:
		move(u, INT_MAX, mono);
		break;
	case CMD_BACK:
		if (u->panel == PANEL_NONE && mono >= u->frozen)
			go_back(u);
		u->panel = PANEL_NONE;
		u->frozen = (double)-INFINITY;
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
		go_live(u, m);
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
	case CMD_VIEW_NEXT:
	case CMD_VIEW_PREVIOUS:
		next_view(u, c == CMD_VIEW_PREVIOUS);
		break;
	case CMD_ENTER:
		enter(u, m);
		break;
	case CMD_VIEW_HOSTS:
	case CMD_VIEW_VMS:
		go_to(u, view_of(c));
		break;
	case CMD_NONE:
		break;
	}
}

static struct span
trimmed(const char *p, size_t len)
{
	while (len != 0 && (*p == ' ' || *p == '\t')) {
		p++;
		len--;
	}
	while (len != 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	return (struct span){p, len};
}

static int
ui_do(struct ui *u, struct model *m, struct span s, struct nc_err *e)
{
	struct span word;
	enum command c;
	unsigned column;

	if (s.len > 5 && memcmp(s.p, "sort ", 5) == 0) {
		word = trimmed(s.p + 5, s.len - 5);
		column = u->view->table != NULL
			     ? column_find(u->view->table, word)
			     : UINT_MAX;
		if (column == UINT_MAX)
			return err_set(e, 0, "no column called '%.*s'",
			    SPAN_ARG(word));
		sort_by(u, column);
		return 0;
	}
	if ((c = key_named(s.p, s.len)) == CMD_NONE)
		return err_set(e, 0, "no command called '%.*s'", SPAN_ARG(s));
	ui_command(u, m, c, 0);
	return 0;
}

int
ui_script(struct ui *u, struct model *m, const char *script, struct nc_err *e)
{
	const char *end;
	struct span s;

	for (;; script = end + 1) {
		end = script + strcspn(script, ";");
		s = trimmed(script, (size_t)(end - script));
		if (s.len != 0 && ui_do(u, m, s, e) == -1)
			return -1;
		if (*end == '\0')
			return 0;
	}
}
