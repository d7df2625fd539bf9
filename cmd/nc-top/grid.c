/* SPDX-License-Identifier: MIT */
/*
 * grid: cells, and the one place where text from outside becomes cells.
 * Knows no terminal and no view.
 */
#include "grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "glyph.h"

void
grid_resize(struct grid *g, int width, int height)
{
	size_t n;

	width = width < 0 ? 0 : width > GRID_MAX ? GRID_MAX : width;
	height = height < 0 ? 0 : height > GRID_MAX ? GRID_MAX : height;
	if (g->width != width || g->height != height || g->cells == NULL) {
		n = (size_t)width * (size_t)height;
		g->cells = xreallocarray(g->cells, n != 0 ? n : 1,
		    sizeof(*g->cells));
		g->width = width;
		g->height = height;
	}
	grid_blank(g);
}

void
grid_free(struct grid *g)
{
	free(g->cells);
	*g = (struct grid){0};
}

void
grid_blank(struct grid *g)
{
	size_t n = (size_t)g->width * (size_t)g->height;

	for (size_t i = 0; i < n; i++)
		g->cells[i] = (struct cell){' ', ROLE_TEXT};
}

bool
grid_equal(const struct grid *a, const struct grid *b)
{
	size_t n = (size_t)a->width * (size_t)a->height;

	return a->width == b->width && a->height == b->height &&
	       (n == 0 ||
		   memcmp(a->cells, b->cells, n * sizeof(*a->cells)) == 0);
}

void
grid_copy(struct grid *to, const struct grid *from)
{
	size_t n = (size_t)from->width * (size_t)from->height;

	if (to->width != from->width || to->height != from->height ||
	    to->cells == NULL)
		grid_resize(to, from->width, from->height);
	to->utf8 = from->utf8;
	if (n != 0)
		memcpy(to->cells, from->cells, n * sizeof(*to->cells));
}

static inline struct cell *
cell_at(struct grid *g, int x, int y)
{
	return &g->cells[(size_t)y * (size_t)g->width + (size_t)x];
}

/* A wide character that loses one half becomes a blank as a whole. */
static void
unpair(struct grid *g, int x, int y)
{
	struct cell *c = cell_at(g, x, y);

	if (c->ch == 0 && x > 0)
		c[-1].ch = ' ';
	else if (x + 1 < g->width && c[1].ch == 0)
		c[1].ch = ' ';
}

void
grid_put(struct grid *g, int x, int y, uint32_t ch, unsigned role)
{
	int width;

	if (x < 0 || y < 0 || x >= g->width || y >= g->height)
		return;
	ch = glyph_shown(ch, g->utf8, &width);
	if (width == 2 && x + 1 >= g->width) {
		ch = '?';
		width = 1;
	}
	unpair(g, x, y);
	if (width == 2) {
		unpair(g, x + 1, y);
		*cell_at(g, x + 1, y) = (struct cell){0, GRID_ROLE(role)};
	}
	*cell_at(g, x, y) = (struct cell){ch & 0xffffffu, GRID_ROLE(role)};
}

void
grid_fill(struct grid *g, int x, int y, int n, uint32_t ch, unsigned role)
{
	for (int i = 0; i < n && x + i < g->width; i++)
		grid_put(g, x + i, y, ch, role);
}

void
grid_select(struct grid *g, int y)
{
	if (y < 0 || y >= g->height)
		return;
	for (int x = 0; x < g->width; x++)
		cell_at(g, x, y)->role |= ROLE_SELECTED;
}

int
grid_width(const struct grid *g, struct span text)
{
	int all = 0, width;
	uint32_t ch;

	while (glyph_next(&text, &ch)) {
		glyph_shown(ch, g->utf8, &width);
		all += width;
	}
	return all;
}

int
grid_text(struct grid *g, int x, int y, int width, struct span text,
    unsigned role, enum grid_align align)
{
	int full, room, used = 0, w;
	uint32_t ch;

	if (width <= 0)
		return 0;
	full = grid_width(g, text);
	room = full > width ? width - 1 : width;
	if (align == GRID_RIGHT && full < width) {
		used = width - full;
		grid_fill(g, x, y, used, ' ', role);
	}
	while (glyph_next(&text, &ch)) {
		ch = glyph_shown(ch, g->utf8, &w);
		if (w == 0)
			continue;
		if (used + w > room)
			break;
		grid_put(g, x + used, y, ch, role);
		used += w;
	}
	if (full > width) {
		grid_put(g, x + used, y, g->utf8 ? 0x2026 : '~', role);
		used++;
	}
	return used;
}

int
grid_puts(struct grid *g, int x, int y, const char *s, unsigned role)
{
	return grid_text(g, x, y, g->width - x, span_of(s), role, GRID_LEFT);
}
