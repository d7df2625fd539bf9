/* SPDX-License-Identifier: MIT */
/*
 * theme: roles to colours and attributes.  No theme relies on colour alone:
 * with colours off, what matters still differs in attributes, and views put
 * a letter beside it.  Tables only.
 */
#include "role.h"

#include <stddef.h>
#include <string.h>

#define B STYLE_BOLD
#define D STYLE_DIM
#define R STYLE_REVERSE
#define U STYLE_UNDERLINE

static const struct theme themes[] = {
    {"dark", "for dark terminals (the default)",
	{
	    [ROLE_TEXT] = {-1, -1, 0},
	    [ROLE_DIM] = {-1, -1, D},
	    [ROLE_TITLE] = {6, -1, 0},
	    [ROLE_SORTED] = {6, -1, B | U},
	    [ROLE_NAME] = {-1, -1, B},
	    [ROLE_GOOD] = {2, -1, 0},
	    [ROLE_NOTICE] = {6, -1, 0},
	    [ROLE_WARN] = {3, -1, B},
	    [ROLE_CRIT] = {1, -1, R | B},
	    [ROLE_STALE] = {-1, -1, D},
	    [ROLE_LIVE] = {2, -1, R},
	    [ROLE_TAG] = {3, -1, R | B},
	    [ROLE_KEY] = {-1, -1, B},
	    [ROLE_BAR] = {6, -1, 0},
	    [ROLE_GRAPH] = {4, -1, 0},
	},
	{-1, -1, R}},
    {"light", "for light terminals",
	{
	    [ROLE_TEXT] = {-1, -1, 0},
	    [ROLE_DIM] = {-1, -1, D},
	    [ROLE_TITLE] = {4, -1, 0},
	    [ROLE_SORTED] = {4, -1, B | U},
	    [ROLE_NAME] = {-1, -1, B},
	    [ROLE_GOOD] = {2, -1, 0},
	    [ROLE_NOTICE] = {4, -1, 0},
	    [ROLE_WARN] = {5, -1, B},
	    [ROLE_CRIT] = {1, -1, R | B},
	    [ROLE_STALE] = {-1, -1, D},
	    [ROLE_LIVE] = {2, -1, R},
	    [ROLE_TAG] = {5, -1, R | B},
	    [ROLE_KEY] = {-1, -1, B},
	    [ROLE_BAR] = {4, -1, 0},
	    [ROLE_GRAPH] = {4, -1, 0},
	},
	{-1, -1, R}},
    {"mono", "no colour, attributes only",
	{
	    [ROLE_TEXT] = {-1, -1, 0},
	    [ROLE_DIM] = {-1, -1, D},
	    [ROLE_TITLE] = {-1, -1, U},
	    [ROLE_SORTED] = {-1, -1, U | B},
	    [ROLE_NAME] = {-1, -1, B},
	    [ROLE_GOOD] = {-1, -1, 0},
	    [ROLE_NOTICE] = {-1, -1, U},
	    [ROLE_WARN] = {-1, -1, B},
	    [ROLE_CRIT] = {-1, -1, R | B},
	    [ROLE_STALE] = {-1, -1, D},
	    [ROLE_LIVE] = {-1, -1, R},
	    [ROLE_TAG] = {-1, -1, R | B},
	    [ROLE_KEY] = {-1, -1, B},
	    [ROLE_BAR] = {-1, -1, 0},
	    [ROLE_GRAPH] = {-1, -1, 0},
	},
	{-1, -1, R}},
    {"high-contrast", "bright on black, nothing dim",
	{
	    [ROLE_TEXT] = {15, 0, 0},
	    [ROLE_DIM] = {7, 0, 0},
	    [ROLE_TITLE] = {14, 0, B},
	    [ROLE_SORTED] = {14, 0, B | U},
	    [ROLE_NAME] = {15, 0, B},
	    [ROLE_GOOD] = {10, 0, B},
	    [ROLE_NOTICE] = {14, 0, B},
	    [ROLE_WARN] = {11, 0, B},
	    [ROLE_CRIT] = {15, 1, B},
	    [ROLE_STALE] = {7, 0, U},
	    [ROLE_LIVE] = {0, 10, 0},
	    [ROLE_TAG] = {0, 11, B},
	    [ROLE_KEY] = {11, 0, B},
	    [ROLE_BAR] = {15, 0, 0},
	    [ROLE_GRAPH] = {14, 0, 0},
	},
	{0, 15, 0}},
    /* Blue against orange and yellow: told apart by nearly all eyes. */
    {"colorblind", "blue and yellow instead of green and red",
	{
	    [ROLE_TEXT] = {-1, -1, 0},
	    [ROLE_DIM] = {-1, -1, D},
	    [ROLE_TITLE] = {6, -1, 0},
	    [ROLE_SORTED] = {6, -1, B | U},
	    [ROLE_NAME] = {-1, -1, B},
	    [ROLE_GOOD] = {4, -1, 0},
	    [ROLE_NOTICE] = {6, -1, 0},
	    [ROLE_WARN] = {3, -1, B},
	    [ROLE_CRIT] = {3, -1, R | B},
	    [ROLE_STALE] = {-1, -1, D},
	    [ROLE_LIVE] = {4, -1, R},
	    [ROLE_TAG] = {3, -1, R | B},
	    [ROLE_KEY] = {-1, -1, B},
	    [ROLE_BAR] = {6, -1, 0},
	    [ROLE_GRAPH] = {4, -1, 0},
	},
	{-1, -1, R}},
};

const struct theme *
theme_at(unsigned n)
{
	return n < sizeof(themes) / sizeof(themes[0]) ? &themes[n] : NULL;
}

const struct theme *
theme_find(const char *name)
{
	const struct theme *t;

	for (unsigned n = 0; (t = theme_at(n)) != NULL; n++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

struct style
theme_style(const struct theme *t, unsigned role)
{
	struct style s = t->styles[role & 0x1f];

	if ((role & ROLE_SELECTED) == 0)
		return s;
	s.attrs = (unsigned char)(t->selected.attrs |
				  (s.attrs & (STYLE_BOLD | STYLE_UNDERLINE)));
	s.fg = t->selected.fg;
	s.bg = t->selected.bg;
	return s;
}
