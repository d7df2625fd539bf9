/* SPDX-License-Identifier: MIT */
/*
 * term_curses: the terminal through ncurses.  Only cells that changed are
 * handed over, in runs of one role; the library turns them into the fewest
 * bytes.  erase() and clear() are never called: a cleared screen costs eight
 * times the bytes of a changed one.
 */
#include "terminal.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "keys.h"

#define ESCAPE_MS 25

struct term {
	FILE *in, *out; /* owned, over duplicates */
	SCREEN *screen;
	WINDOW *keys; /* a pad, so that reading a key refreshes nothing */
	const struct theme *theme;
	bool color;
	struct grid shown; /* width 0: not known */
	wchar_t run[GRID_MAX + 1];
	struct buf restore;
	int click_x, click_y;
};

/* A colour the terminal has; *bold where brightness must stand in for it. */
static short
color_of(int want, attr_t *bold)
{
	if (want >= 8 && COLORS < 16) {
		*bold = A_BOLD;
		want -= 8;
	}
	return (short)(want < COLORS ? want : -1);
}

/* Pair r + 1 is role r; the one behind them is the selected row's. */
static void
pairs_set(struct term *t)
{
	attr_t bold;
	struct style s;

	if (!t->color)
		return;
	for (int r = 0; r <= ROLE_COUNT; r++) {
		s = r < ROLE_COUNT ? t->theme->styles[r] : t->theme->selected;
		init_pair((short)(r + 1), color_of(s.fg, &bold),
		    color_of(s.bg, &bold));
	}
}

static void
role_set(struct term *t, unsigned role)
{
	struct style s = theme_style(t->theme, role);
	attr_t attrs = A_NORMAL, bold = 0;
	short pair = 0;

	if ((s.attrs & STYLE_BOLD) != 0)
		attrs |= A_BOLD;
	if ((s.attrs & STYLE_DIM) != 0)
		attrs |= A_DIM;
	if ((s.attrs & STYLE_REVERSE) != 0)
		attrs |= A_REVERSE;
	if ((s.attrs & STYLE_UNDERLINE) != 0)
		attrs |= A_UNDERLINE;
	if (t->color && (s.fg != -1 || s.bg != -1)) {
		pair = (short)((role & ROLE_SELECTED) != 0
				   ? ROLE_COUNT + 1
				   : (int)(role & 0x1fu) + 1);
		color_of(s.fg, &bold);
	}
	attr_set(attrs | bold, pair, NULL);
}

static bool
has_capability(const char *capability)
{
	const char *s = tigetstr(capability);

	return s != NULL && s != (const char *)-1;
}

static void
restore_add(struct buf *b, const char *capability)
{
	if (has_capability(capability))
		buf_adds(b, tigetstr(capability));
}

/* Colours, keys and modes of a screen that is there. */
static void
set_up(struct term *t)
{
	raw();
	noecho();
	nonl();
	curs_set(0);
	leaveok(stdscr, TRUE);
	scrollok(stdscr, FALSE);
	set_escdelay(ESCAPE_MS);
	t->keys = newpad(1, 1);
	keypad(t->keys, TRUE);
	nodelay(t->keys, TRUE);
	t->color = t->color && has_colors() && start_color() == OK;
	if (t->color)
		use_default_colors();
	pairs_set(t);
	restore_add(&t->restore, "sgr0");
	restore_add(&t->restore, "rmkx");
	restore_add(&t->restore, "cnorm");
	restore_add(&t->restore, "rmcup");
	/* The mouse, should it have been taken (xterm's modes). */
	if (has_capability("kmous"))
		buf_adds(&t->restore,
		    "\033[?1000l\033[?1002l\033[?1003l\033[?1006l");
	if (t->restore.len == 0)
		buf_adds(&t->restore, "\r\n");
}

static const char *
term_name(void)
{
	const char *name = getenv("TERM");

	return name != NULL && *name != '\0' ? name : NULL;
}

static bool
can_address(void)
{
	return has_capability("cup");
}

struct term *
term_open(int in, int out, const struct theme *theme, bool color,
    struct nc_err *e)
{
	struct term *t;

	if (term_name() == NULL) {
		err_set(e, 0, "TERM is not set (-b prints text)");
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->theme = theme;
	t->color = color;
	t->in = fdopen(dup(in), "r");
	t->out = fdopen(dup(out), "w");
	if (t->in != NULL && t->out != NULL)
		t->screen = newterm(NULL, t->out, t->in);
	if (t->screen == NULL || !can_address()) {
		err_set(e, 0, "terminal type '%s' %s (-b prints text)",
		    term_name(),
		    t->screen == NULL ? "is not known"
				      : "cannot move its cursor");
		term_close(t);
		return NULL;
	}
	set_up(t);
	return t;
}

void
term_close(struct term *t)
{
	if (t == NULL)
		return;
	if (t->screen != NULL) {
		if (t->keys != NULL)
			delwin(t->keys);
		endwin();
		delscreen(t->screen);
	}
	if (t->in != NULL)
		fclose(t->in);
	if (t->out != NULL)
		fclose(t->out);
	grid_free(&t->shown);
	buf_free(&t->restore);
	free(t);
}

void
term_theme(struct term *t, const struct theme *theme)
{
	t->theme = theme;
	pairs_set(t);
}

void
term_size(struct term *t, int *width, int *height)
{
	struct winsize w;

	if (ioctl(fileno(t->out), TIOCGWINSZ, &w) == 0 && w.ws_col != 0 &&
	    w.ws_row != 0 && (w.ws_row != LINES || w.ws_col != COLS)) {
		resizeterm(w.ws_row, w.ws_col);
		term_forget(t);
	}
	*width = COLS;
	*height = LINES;
}

void
term_forget(struct term *t)
{
	grid_resize(&t->shown, 0, 0);
	clearok(curscr, TRUE);
}

static bool
same(const struct cell *a, const struct cell *b)
{
	return a->ch == b->ch && a->role == b->role;
}

/* Hands over cells from..to-1 of a row, which begin and end whole. */
static void
put_span(struct term *t, int y, int from, int to, const struct cell *c)
{
	int n, x;

	while (from < to) {
		n = 0;
		for (x = from; x < to && c[x].role == c[from].role; x++)
			if (c[x].ch != 0)
				t->run[n++] = (wchar_t)c[x].ch;
		role_set(t, c[from].role);
		mvaddnwstr(y, from, t->run, n);
		from = x;
	}
}

/* Runs of changed cells; a short run of equal ones between two does not end
 * a run, and a wide character is changed as a whole. */
static void
put_row(struct term *t, int y, const struct cell *c, const struct cell *was,
    int width)
{
	int x = 0, from;

	while (x < width) {
		while (x < width && was != NULL && same(&c[x], &was[x]))
			x++;
		if (x == width)
			return;
		while (x > 0 && c[x].ch == 0)
			x--;
		from = x;
		while (x < width &&
		       (was == NULL || !same(&c[x], &was[x]) || c[x].ch == 0))
			x++;
		put_span(t, y, from, x, c);
	}
}

void
term_draw(struct term *t, const struct grid *g)
{
	bool known = t->shown.width == g->width && t->shown.height == g->height;
	size_t at;

	for (int y = 0; y < g->height && y < LINES; y++) {
		at = (size_t)y * (size_t)g->width;
		put_row(t, y, g->cells + at, known ? t->shown.cells + at : NULL,
		    g->width < COLS ? g->width : COLS);
	}
	refresh();
	grid_copy(&t->shown, g);
}

void
term_send(struct term *t, struct span bytes)
{
	fwrite(bytes.p, 1, bytes.len, t->out);
	fflush(t->out);
}

void
term_mouse(struct term *t, bool on)
{
	(void)t;
	mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0,
	    NULL);
	mouseinterval(0);
}

void
term_click(const struct term *t, int *x, int *y)
{
	*x = t->click_x;
	*y = t->click_y;
}

static uint32_t
mouse_key(struct term *t)
{
	MEVENT e;

	if (getmouse(&e) != OK)
		return KEYC_SPECIAL;
	if ((e.bstate & BUTTON4_PRESSED) != 0)
		return KEYC_WHEEL_UP;
	if ((e.bstate & BUTTON5_PRESSED) != 0)
		return KEYC_WHEEL_DOWN;
	t->click_x = e.x;
	t->click_y = e.y;
	return KEYC_CLICK;
}

static uint32_t
special(struct term *t, wint_t key)
{
	static const struct {
		wint_t curses;
		uint32_t ours;
	} keys[] = {
	    {KEY_UP, KEYC_UP},
	    {KEY_DOWN, KEYC_DOWN},
	    {KEY_LEFT, KEYC_LEFT},
	    {KEY_RIGHT, KEYC_RIGHT},
	    {KEY_PPAGE, KEYC_PAGE_UP},
	    {KEY_NPAGE, KEYC_PAGE_DOWN},
	    {KEY_HOME, KEYC_HOME},
	    {KEY_END, KEYC_END},
	    {KEY_BTAB, KEYC_BACK_TAB},
	    {KEY_ENTER, '\r'},
	    {KEY_BACKSPACE, KEYC_BACKSPACE},
	    {KEY_IC, KEYC_INSERT},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == key)
			return keys[i].ours;
	if (key == KEY_MOUSE)
		return mouse_key(t);
	if (key >= KEY_F(1) && key <= KEY_F(12))
		return KEYC_F0 + (key - KEY_F0);
	return KEYC_SPECIAL; /* a key, but none of ours */
}

uint32_t
term_key(struct term *t)
{
	wint_t key;
	int rc = wget_wch(t->keys, &key);

	if (rc == ERR)
		return KEYC_NONE;
	if (rc == KEY_CODE_YES)
		return special(t, key);
	return key != 0 ? (uint32_t)key : KEYC_SPECIAL;
}

void
term_leave(struct term *t)
{
	(void)t;
	endwin();
}

void
term_enter(struct term *t)
{
	reset_prog_mode();
	curs_set(0);
	term_forget(t);
}

const char *
term_restore(const struct term *t, size_t *len)
{
	*len = t->restore.len;
	return t->restore.data;
}
