/* SPDX-License-Identifier: MIT */
/* term_text: a grid as lines of text; with a theme, with colours (SGR). */
#ifndef NC_TOP_TERM_TEXT_H
#define NC_TOP_TERM_TEXT_H

#include "base/buf.h"
#include "grid.h"

/* Blanks at the end of a line are left out.  theme NULL: no escapes. */
void text_render(struct buf *to, const struct grid *g,
    const struct theme *theme);

#endif
