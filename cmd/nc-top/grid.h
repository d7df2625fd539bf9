/* SPDX-License-Identifier: MIT */
/*
 * grid: a screen as data: rows of cells {character, role}.  Views draw into
 * a grid and know no terminal; a backend shows it.  All text from outside
 * passes grid_text(): control bytes, bidirectional controls and broken UTF-8
 * become '?', marks of no width are left out, wide characters take two cells
 * and are never cut in half.  Drawing outside the grid is clipped.
 */
#ifndef NC_TOP_GRID_H
#define NC_TOP_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "role.h"

#define GRID_MAX 1000 /* columns, and rows */
#define GRID_ROLE(role) ((unsigned)(role)&0xffu)

/* ch 0: the right half of a wide character. */
struct cell {
	uint32_t ch : 24;
	uint32_t role : 8;
};

struct grid {
	int width, height;
	bool utf8; /* may hold more than ASCII */
	struct cell *cells; /* owned, width * height */
};

enum grid_align { GRID_LEFT, GRID_RIGHT };

/* Zero-initialised is a valid grid of no size.  Sizes are clipped to
 * 0..GRID_MAX; the content is blank afterwards. */
void grid_resize(struct grid *g, int width, int height);
void grid_free(struct grid *g);
void grid_blank(struct grid *g);
bool grid_equal(const struct grid *a, const struct grid *b);
/* Makes *to the same as *from. */
void grid_copy(struct grid *to, const struct grid *from);

void grid_put(struct grid *g, int x, int y, uint32_t ch, unsigned role);
void grid_fill(struct grid *g, int x, int y, int n, uint32_t ch, unsigned role);
/* Adds bits to, or sets, the roles of n cells. */
void grid_select(struct grid *g, int y);
/*
 * Text in a field of width columns, cut with an ellipsis when it is longer.
 * Returns the columns drawn (the field's width when right-aligned).
 */
int grid_text(struct grid *g, int x, int y, int width, struct span text,
    unsigned role, enum grid_align align);
/* The same for text of our own, left-aligned, up to the right edge. */
int grid_puts(struct grid *g, int x, int y, const char *s, unsigned role);
/* Columns that text takes when it is drawn on g. */
int grid_width(const struct grid *g, struct span text);

#endif
