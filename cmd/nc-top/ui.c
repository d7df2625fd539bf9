/* SPDX-License-Identifier: MIT */
/*
 * ui: commands, and the order of rows.  The order follows smoothed values so
 * that rows do not dance, ties go by name, and while the cursor moves it
 * stands still: a row must not slip away under a finger.
 */
#include "ui.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view.h"

#define FROZEN_SECONDS 5.0
#define SMOOTHING 0.5 /* part of the new value in the key */

void
ui_init(struct ui *u, const struct theme *theme, bool interactive)
{
	*u = (struct ui){.theme = theme, .interactive = interactive};
	u->sort = hosts_column_find("state", 5);
	u->frozen = -INFINITY;
	u->page = 1;
}

void
ui_free(struct ui *u)
{
	free(u->rows.at);
}

unsigned
ui_where(const struct ui *u)
{
	switch (u->panel) {
	case PANEL_HELP:
		return WHERE_HELP;
	case PANEL_SORT:
		return WHERE_SORT;
	case PANEL_NONE:
		break;
	}
	return WHERE_HOSTS;
}

static size_t
panel_rows(const struct ui *u)
{
	unsigned n = 0;

	if (u->panel == PANEL_HELP)
		while (key_at(n) != NULL)
			n++;
	else
		while (hosts_column(n) != NULL)
			n++;
	return n;
}

static size_t
row_of(const struct ui *u, const struct host *h)
{
	size_t i;

	for (i = 0; i < u->rows.count; i++)
		if (u->rows.at[i].host == h)
			return i;
	return 0;
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
	if (u->panel != PANEL_NONE) {
		u->panel_at = moved(u->panel_at, by, panel_rows(u));
		return;
	}
	if (u->rows.count == 0)
		return;
	u->frozen = mono + FROZEN_SECONDS;
	u->selected =
	    u->rows.at[moved(row_of(u, u->selected), by, u->rows.count)].host;
}

static void
sort_by(struct ui *u, unsigned column)
{
	if (u->sort != column)
		for (size_t i = 0; i < u->rows.count; i++)
			u->rows.at[i].key = NAN;
	u->sort = column;
	u->frozen = -INFINITY;
}

static void
sort_step(struct ui *u, int by)
{
	unsigned n = 0;

	while (hosts_column(n) != NULL)
		n++;
	sort_by(u, (u->sort + n + (unsigned)by) % n);
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
	u->panel_at = p == PANEL_SORT ? u->sort : 0;
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
		u->panel = PANEL_NONE;
		u->frozen = -INFINITY;
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
		u->invert = !u->invert;
		u->frozen = -INFINITY;
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
	case CMD_VIEW_HOSTS:
	case CMD_VIEW_NEXT: /* there is one view so far */
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
		column = hosts_column_find(word.p, word.len);
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

static void
take_up(struct ui *u, const struct model *m)
{
	struct host *const *hosts;
	size_t n = model_hosts(m, &hosts), i, j;

	if (n == u->rows.count)
		return;
	if (n > u->rows.cap) {
		u->rows.cap = n * 2;
		u->rows.at = xreallocarray(u->rows.at, u->rows.cap,
		    sizeof(*u->rows.at));
	}
	/* Hosts are never taken back: what is new is what has no row yet. */
	for (i = 0; i < n && u->rows.count < n; i++) {
		for (j = 0; j < u->rows.count; j++)
			if (u->rows.at[j].host == hosts[i])
				break;
		if (j == u->rows.count)
			u->rows.at[u->rows.count++] = (struct ui_row){hosts[i],
			    0, NAN};
	}
}

/* Largest first, what is not known last, ties by name. */
static int
compare(const void *pa, const void *pb)
{
	const struct ui_row *a = pa, *b = pb;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (isnan(a->key) != isnan(b->key))
		return isnan(a->key) ? 1 : -1;
	if (a->key > b->key)
		return -1;
	if (a->key < b->key)
		return 1;
	return strcmp(a->host->name, b->host->name);
}

static void
scroll(struct ui *u)
{
	size_t page = u->page > 0 ? (size_t)u->page : 1;
	size_t at = row_of(u, u->selected);

	if (u->interactive && at < u->top)
		u->top = at;
	if (u->interactive && at >= u->top + page)
		u->top = at - page + 1;
	if (u->top + page > u->rows.count)
		u->top = u->rows.count > page ? u->rows.count - page : 0;
}

/*
 * By state, the worst are first.  By any other column, what is stale stands
 * below what is not, since its place is a guess.
 */
static int
rank_of(const struct ui *u, enum freshness state)
{
	if (u->sort == hosts_column_find("state", 5))
		return -(int)state;
	return state >= STALE;
}

void
ui_arrange(struct ui *u, const struct model *m, double mono)
{
	struct ui_row *r, swap;
	double key, age;
	size_t n;

	take_up(u, m);
	n = u->rows.count;
	if (mono >= u->frozen || u->selected == NULL) {
		for (size_t i = 0; i < n; i++) {
			r = &u->rows.at[i];
			key = hosts_key(m, r->host, u->sort);
			r->rank = rank_of(u,
			    model_host_state(m, r->host, &age));
			r->key = isnan(key) || isnan(r->key)
				     ? key
				     : r->key + SMOOTHING * (key - r->key);
		}
		if (n > 1)
			qsort(u->rows.at, n, sizeof(*u->rows.at), compare);
		for (size_t i = 0; u->invert && i < n / 2; i++) {
			swap = u->rows.at[i];
			u->rows.at[i] = u->rows.at[n - 1 - i];
			u->rows.at[n - 1 - i] = swap;
		}
	}
	if (u->selected == NULL && n != 0)
		u->selected = u->rows.at[0].host;
	scroll(u);
}
