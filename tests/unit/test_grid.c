/* SPDX-License-Identifier: MIT */
/* Unit tests of nc-top's grid, glyphs and text backend.  tool: nc-top */
#include "grid.h"

#include "glyph.h"
#include "tap.h"
#include "term_text.h"

/* The grid as text, in a static place. */
static const char *
shown(const struct grid *g)
{
	static char text[4096];
	struct buf b = {0};

	text_render(&b, g, NULL);
	snprintf(text, sizeof(text), "%s", b.data);
	buf_free(&b);
	return text;
}

static struct span
bytes(const char *s)
{
	return span_of(s);
}

static const char *
field(bool utf8, int width, const char *s, enum grid_align align)
{
	static char text[4096];
	struct grid g = {.utf8 = utf8};

	grid_resize(&g, 20, 1);
	grid_text(&g, 0, 0, width, bytes(s), ROLE_TEXT, align);
	grid_puts(&g, width, 0, "|", ROLE_TEXT);
	snprintf(text, sizeof(text), "%s", shown(&g));
	grid_free(&g);
	return text;
}

static void
test_text(void)
{
	SAME(field(true, 6, "abc", GRID_LEFT), "abc   |\n", "left");
	SAME(field(true, 6, "abc", GRID_RIGHT), "   abc|\n", "right");
	SAME(field(true, 3, "abc", GRID_LEFT), "abc|\n", "just fits");
	SAME(field(true, 3, "abcd", GRID_LEFT), "ab\xe2\x80\xa6|\n", "cut");
	SAME(field(false, 3, "abcd", GRID_LEFT), "ab~|\n", "cut in ASCII");
	SAME(field(true, 6, "a\033[2Jb", GRID_LEFT), "a?[2Jb|\n",
	    "an escape is no escape");
	SAME(field(true, 6,
		 "a\xff\xc3"
		 "b",
		 GRID_LEFT),
	    "a\xef\xbf\xbd"
	    "\xef\xbf\xbd"
	    "b  |\n",
	    "bytes that are not UTF-8");
	SAME(field(true, 6, "e\xcc\x81x", GRID_LEFT), "ex    |\n",
	    "combining marks take no cell");
	SAME(field(true, 6,
		 "a\xe2\x80\xae"
		 "b",
		 GRID_LEFT),
	    "a?b   |\n", "no bidirectional override");
	SAME(field(true, 4, "\xe6\x95\xb0\xe6\x8d\xae", GRID_LEFT),
	    "\xe6\x95\xb0\xe6\x8d\xae|\n", "wide characters");
	SAME(field(true, 3, "\xe6\x95\xb0\xe6\x8d\xae", GRID_LEFT),
	    "\xe6\x95\xb0\xe2\x80\xa6|\n", "a wide one is not cut in half");
	SAME(field(true, 2, "\xe6\x95\xb0\xe6\x8d\xae", GRID_LEFT),
	    "\xe2\x80\xa6 |\n", "no room for one");
	SAME(field(false, 4, "\xe6\x95\xb0x", GRID_LEFT), "?x  |\n",
	    "ASCII has one cell for it");
	SAME(field(true, 0, "abc", GRID_LEFT), "|\n", "no width");
}

static void
test_put(void)
{
	struct grid g = {.utf8 = true}, h = {.utf8 = true};

	grid_resize(&g, 4, 2);
	grid_put(&g, -1, 0, 'x', 0);
	grid_put(&g, 4, 0, 'x', 0);
	grid_put(&g, 0, 2, 'x', 0);
	SAME(shown(&g), "\n\n", "outside is clipped");
	grid_put(&g, 0, 0, 0x6570, 0);
	grid_put(&g, 1, 0, 'a', 0);
	SAME(shown(&g), " a\n\n", "half a wide character is none");
	grid_put(&g, 0, 0, 0x6570, 0);
	grid_put(&g, 0, 0, 'b', 0);
	SAME(shown(&g), "b\n\n", "nor is the other half");
	grid_put(&g, 3, 1, 0x6570, 0);
	SAME(shown(&g), "b\n   ?\n", "no wide one at the edge");
	grid_copy(&h, &g);
	OK(grid_equal(&g, &h), "a copy is equal");
	grid_select(&h, 1);
	OK(!grid_equal(&g, &h), "roles count");
	grid_resize(&h, 100000, -5);
	OK(h.width == GRID_MAX && h.height == 0, "sizes are bounded");
	grid_select(&h, 0);
	grid_free(&g);
	grid_free(&h);
}

static void
test_colors(void)
{
	struct grid g = {0};
	struct buf b = {0};

	grid_resize(&g, 6, 1);
	grid_puts(&g, 0, 0, "ab", ROLE_CRIT);
	text_render(&b, &g, theme_find("mono"));
	SAME(b.data, "\033[0;1;7mab\033[0m\n", "attributes of a theme");
	buf_clear(&b);
	text_render(&b, &g, theme_find("high-contrast"));
	OK(strstr(b.data, "\033[0;1;97;41mab\033[0;97;40m ") == b.data,
	    "bright colours, and the background of blanks");
	OK(theme_find("nosuch") == NULL, "no such theme");
	buf_free(&b);
	grid_free(&g);
}

int
main(void)
{
	int width;

	test_text();
	test_put();
	test_colors();
	OK(glyph_shown(0x85, true, &width) == '?' && width == 1, "C1");
	OK(glyph_shown(0x1f600, true, &width) == 0x1f600 && width == 2,
	    "emoji are wide");
	return tap_done();
}
