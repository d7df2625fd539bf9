/* SPDX-License-Identifier: MIT */
/*
 * role: what a cell means.  Views speak in roles only; a theme turns a role
 * into colour and attributes, so that every meaning survives without colour.
 */
#ifndef NC_TOP_ROLE_H
#define NC_TOP_ROLE_H

#include <stdbool.h>

enum role {
	ROLE_TEXT,
	ROLE_DIM, /* rulers, units, things that may be overlooked */
	ROLE_TITLE, /* column titles */
	ROLE_SORTED, /* title of the column that orders the rows */
	ROLE_NAME, /* the subject of a row */
	ROLE_GOOD,
	ROLE_NOTICE,
	ROLE_WARN,
	ROLE_CRIT,
	ROLE_STALE, /* a number that is older than it should be */
	ROLE_LIVE, /* the time tag: numbers follow the clock */
	ROLE_TAG, /* the time tag: they do not */
	ROLE_KEY, /* function bar: the key */
	ROLE_BAR, /* function bar: what it does */
	ROLE_GRAPH,
	ROLE_COUNT
};

/* Added to a role: the row under the cursor. */
#define ROLE_SELECTED 0x80u

enum style_attr {
	STYLE_BOLD = 1u << 0,
	STYLE_DIM = 1u << 1,
	STYLE_REVERSE = 1u << 2,
	STYLE_UNDERLINE = 1u << 3
};

/* Colours are those of the 8-colour terminal, -1: the terminal's own; 8 and
 * above need 16 colours and fall back on colour - 8 with bold. */
struct style {
	signed char fg, bg;
	unsigned char attrs;
};

struct theme {
	const char *name;
	const char *help;
	struct style styles[ROLE_COUNT];
	struct style selected; /* replaces the style, attributes are added */
};

/* The theme of that name, or NULL.  theme_at: by number, NULL at the end. */
const struct theme *theme_find(const char *name);
const struct theme *theme_at(unsigned n);
/* The style of a cell's role byte. */
struct style theme_style(const struct theme *t, unsigned role);

#endif
