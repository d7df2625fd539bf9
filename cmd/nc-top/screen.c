/* SPDX-License-Identifier: MIT */
/*
 * screen: the frame around a view: the line that says what time it is and
 * how the fleet does, the view, the function bar.  Small screens lose the
 * frame first; the smallest keep one line of counts.
 */
#include "view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "glyph.h"

#define BAR_FROM 8 /* lines: below it the bar gives way to rows */
#define TINY_WIDTH 20
#define TINY_HEIGHT 2

struct tally {
	size_t hosts, late, stale, vms;
};

static struct tally
count(const struct model *m, bool vms)
{
	struct tally t = {0, 0, 0, 0};
	struct host *const *hosts;
	enum freshness f;
	double age;

	t.hosts = model_hosts(m, &hosts);
	for (size_t i = 0; i < t.hosts; i++) {
		f = model_host_state(m, hosts[i], &age);
		if (f == LATE)
			t.late++;
		else if (f != FRESH)
			t.stale++;
		if (vms)
			t.vms += model_count(m, hosts[i], KIND_VM);
	}
	return t;
}

double
moment(const struct model *m)
{
	double at = model_cursor(m);

	return isnan(at) ? model_now(m) : at;
}

const char *
clock_text(char *to, size_t size, double at, bool date)
{
	struct tm tm;
	time_t t;
	size_t n = 0;

	if (isnan(at) || fabs(at) > 1e11) {
		snprintf(to, size, "--:--:--");
		return to;
	}
	t = (time_t)floor(at);
	localtime_r(&t, &tm);
	if (date)
		n = strftime(to, size, "%Y-%m-%d ", &tm);
	strftime(to + n, size - n, "%H:%M:%S", &tm);
	return to;
}

/* "PAUSED -00:03:12": how far back, so that nobody takes it for now. */
static const char *
tag_text(char *to, size_t size, const struct model *m, const struct ui *u)
{
	double back = model_now(m) - model_cursor(m);
	unsigned s = back > 0 && back < 1e9 ? (unsigned)back : 0;

	switch (u->tag) {
	case TAG_LIVE:
		return " LIVE ";
	case TAG_ENDED:
		return " ENDED ";
	case TAG_AT:
		return " AT ";
	case TAG_REPLAY:
		snprintf(to, size,
		    u->speed >= 1e6 ? " REPLAY max " : " REPLAY %gx ",
		    u->speed);
		return to;
	case TAG_PAUSED:
		snprintf(to, size, " PAUSED -%02u:%02u:%02u ", s / 3600,
		    s / 60 % 60, s % 60);
		return to;
	}
	return "";
}

static void
add_count(struct grid *g, int *x, int end, size_t n, const char *what,
    unsigned role)
{
	char text[48];
	int need;

	if (n == 0)
		return;
	need = snprintf(text, sizeof(text), "  %zu %s", n, what);
	if (*x + need > end)
		return;
	*x += grid_puts(g, *x, 0, text, role);
}

/* " by cpu inverted" */
static const char *
order_text(char *to, size_t size, const struct ui *u)
{
	const struct table *t = u->view->table;

	*to = '\0';
	if (t != NULL && !t->ordered)
		snprintf(to, size, " by %s%s",
		    t->columns[ui_table_of(u)->sort].name,
		    ui_table_of(u)->invert ? " inverted" : "");
	return to;
}

static void
draw_head(struct grid *g, const struct model *m, const struct ui *u)
{
	struct tally t = count(m, true);
	struct trouble trouble = model_trouble(m);
	char tag[40], text[160], order[40];
	int x = 0, need, end = g->width;

	if (g->width >= 60)
		x = grid_puts(g, 0, 0, "nc-top ", ROLE_NAME);
	x += grid_puts(g, x, 0, tag_text(tag, sizeof(tag), m, u),
	    u->tag == TAG_LIVE ? ROLE_LIVE : ROLE_TAG);
	clock_text(text, sizeof(text), moment(m), g->width >= 60);
	x += 1 + grid_puts(g, x + 1, 0, text, ROLE_TEXT);
	/* What is wrong comes before what is there. */
	add_count(g, &x, end, trouble.crit, "crit", ROLE_CRIT);
	add_count(g, &x, end, trouble.warn, "warn", ROLE_WARN);
	add_count(g, &x, end, t.stale, "stale", ROLE_CRIT);
	add_count(g, &x, end, t.late, "late", ROLE_WARN);
	add_count(g, &x, end, u->bad, u->bad == 1 ? "bad line" : "bad lines",
	    ROLE_WARN);
	need = snprintf(text, sizeof(text), "%s%s%s%s", u->view->name,
	    u->scope.host != NULL && u->view->table != NULL ? " of " : "",
	    u->scope.host != NULL && u->view->table != NULL ? u->scope.host
							    : "",
	    order_text(order, sizeof(order), u));
	if (need >= (int)sizeof(text))
		need = (int)sizeof(text) - 1;
	if (u->filter != NULL) {
		add_count(g, &x, end, u->filtered, "filtered out", ROLE_TAG);
		add_count(g, &x, end, u->doubtful, "of them unknown", ROLE_TAG);
	}
	if (x + 2 + need <= end) {
		end -= need;
		grid_text(g, end, 0, need, span_of(text), ROLE_DIM, GRID_RIGHT);
		end -= 2;
	}
	add_count(g, &x, end, t.hosts, t.hosts == 1 ? "host" : "hosts",
	    ROLE_TEXT);
	add_count(g, &x, end, t.vms, t.vms == 1 ? "VM" : "VMs", ROLE_TEXT);
	add_count(g, &x, end, trouble.quiet, "quiet", ROLE_DIM);
}

/* Context keys; those that do not fit any more are left out. */
static void
draw_bar(struct grid *g, int y, const struct ui *u)
{
	const struct key_binding *b;
	const char *key;
	int x = 0, need;
	size_t len;

	for (unsigned n = 0; (b = key_at(n)) != NULL; n++) {
		if (b->bar == NULL || (b->where & ui_where(u)) == 0)
			continue;
		if (b->command == CMD_LIVE && u->tag != TAG_PAUSED)
			continue;
		len = key_first(b, &key);
		need = (int)len + 1 + (int)strlen(b->bar);
		if (x + need > g->width)
			break;
		x += grid_text(g, x, y, (int)len, (struct span){key, len},
		    ROLE_KEY, GRID_LEFT);
		x++;
		x += grid_puts(g, x, y, b->bar, ROLE_BAR) + 2;
	}
}

/* What is being typed; its end is what is seen when it is long. */
static void
draw_prompt(struct grid *g, int y, const struct ui *u)
{
	static const char *const words[PROMPT_KINDS] = {"", "/",
	    "filter: ", ":", "go to (14:02, -5m): "};
	struct span text = buf_span(&u->typed);
	int x = grid_puts(g, 0, y, words[u->prompt], ROLE_KEY);
	uint32_t ch;

	while (grid_width(g, text) > g->width - x - 1 && glyph_next(&text, &ch))
		continue;
	x += grid_text(g, x, y, g->width - x - 1, text, ROLE_TEXT, GRID_LEFT);
	grid_put(g, x, y, ' ', ROLE_LIVE);
}

/* "2S 1L 5ok", and what time it is not when it is not now. */
static void
draw_tiny(struct grid *g, const struct model *m, const struct ui *u)
{
	struct tally t = count(m, false);
	char text[48];
	int x = 0;

	if (u->tag != TAG_LIVE)
		x += grid_puts(g, 0, 0,
		    u->tag == TAG_PAUSED  ? "P "
		    : u->tag == TAG_ENDED ? "E "
					  : "",
		    ROLE_TAG);
	if (t.stale != 0) {
		snprintf(text, sizeof(text), "%zuS", t.stale);
		x += grid_puts(g, x, 0, text, ROLE_CRIT) + 1;
	}
	if (t.late != 0) {
		snprintf(text, sizeof(text), "%zuL", t.late);
		x += grid_puts(g, x, 0, text, ROLE_WARN) + 1;
	}
	snprintf(text, sizeof(text), "%zuok", t.hosts - t.late - t.stale);
	x += grid_puts(g, x, 0, text, ROLE_GOOD) + 1;
	clock_text(text, sizeof(text), moment(m), false);
	if (x + (int)strlen(text) <= g->width)
		grid_puts(g, g->width - (int)strlen(text), 0, text, ROLE_TEXT);
}

int
screen_page(const struct ui *u, int height)
{
	int page = height - 2;

	if (u->interactive && height >= BAR_FROM)
		page--;
	return page < 1 ? 1 : page;
}

int
screen_height(const struct model *m, const struct ui *u)
{
	size_t rows = u->view->lines != NULL ? u->view->lines(m, u)
					     : u->rows.count;
	const struct key_binding *b;

	if (u->panel == PANEL_HELP)
		for (rows = 0; (b = key_at((unsigned)rows)) != NULL;)
			rows++;
	else if (u->panel == PANEL_TEXT)
		rows = 20;
	else if (u->panel != PANEL_NONE)
		rows = u->view->table != NULL ? u->view->table->count : 0;
	if (rows == 0)
		rows = 1;
	return rows + 2 < GRID_MAX ? (int)rows + 2 : GRID_MAX;
}

void
screen_draw(struct grid *g, const struct model *m, const struct ui *u)
{
	int end = g->height;

	grid_blank(g);
	if (g->width == 0 || g->height == 0)
		return;
	if (g->width <= TINY_WIDTH || g->height <= TINY_HEIGHT) {
		draw_tiny(g, m, u);
		return;
	}
	draw_head(g, m, u);
	if (u->prompt != PROMPT_NONE)
		draw_prompt(g, --end, u);
	else if (u->message[0] != '\0')
		grid_text(g, 0, --end, g->width, span_of(u->message), ROLE_TAG,
		    GRID_LEFT);
	else if (u->interactive && g->height >= BAR_FROM)
		draw_bar(g, --end, u);
	if (u->panel == PANEL_HELP)
		view_help(g, 1, end, u);
	else if (u->panel == PANEL_TEXT)
		view_text(g, 1, end, u);
	else if (u->panel != PANEL_NONE)
		view_sort(g, 1, end, u);
	else if (u->view->draw != NULL)
		u->view->draw(g, 1, end, m, u);
	else
		table_draw(g, 1, end, m, u);
}
