/* SPDX-License-Identifier: MIT */
/*
 * term_text: the backend of -b and of the tests: no escape leaves it unless
 * colours were asked for.
 */
#include "term_text.h"

#include "base/utf8.h"

static void
style_add(struct buf *to, struct style s)
{
	static const struct {
		unsigned attr;
		char code;
	} attrs[] = {{STYLE_BOLD, '1'}, {STYLE_DIM, '2'},
	    {STYLE_UNDERLINE, '4'}, {STYLE_REVERSE, '7'}};

	buf_adds(to, "\033[0");
	for (unsigned i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if ((s.attrs & attrs[i].attr) != 0)
			buf_addf(to, ";%c", attrs[i].code);
	if (s.fg >= 0)
		buf_addf(to, ";%d", (s.fg < 8 ? 30 : 82) + s.fg);
	if (s.bg >= 0)
		buf_addf(to, ";%d", (s.bg < 8 ? 40 : 92) + s.bg);
	buf_addc(to, 'm');
}

static bool
is_plain(struct style s)
{
	return s.attrs == 0 && s.fg < 0 && s.bg < 0;
}

static void
line_add(struct buf *to, const struct cell *c, int n, const struct theme *theme)
{
	unsigned role = ROLE_TEXT;
	char bytes[4];
	int end = n;

	while (end > 0 && c[end - 1].ch == ' ' &&
	       (theme == NULL || is_plain(theme_style(theme, c[end - 1].role))))
		end--;
	for (int x = 0; x < end; x++) {
		if (c[x].ch == 0)
			continue;
		if (theme != NULL && c[x].role != role) {
			role = c[x].role;
			style_add(to, theme_style(theme, role));
		}
		buf_add(to, bytes, utf8_encode(c[x].ch, bytes));
	}
	if (role != ROLE_TEXT)
		buf_adds(to, "\033[0m");
	buf_addc(to, '\n');
}

void
text_render(struct buf *to, const struct grid *g, const struct theme *theme)
{
	for (int y = 0; y < g->height; y++)
		line_add(to, g->cells + (size_t)y * (size_t)g->width, g->width,
		    theme);
}
