/* SPDX-License-Identifier: MIT */
/*
 * glyph: text from outside, one character at a time, and what of it may be
 * shown on a terminal.  Pure.
 */
#ifndef NC_TOP_GLYPH_H
#define NC_TOP_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Takes one character off the front of *s; a byte that is not UTF-8 counts
 * as U+FFFD.  False at the end. */
bool glyph_next(struct span *s, uint32_t *ch);
/*
 * The character that stands for ch on a screen, and its columns: 0 for marks
 * that combine (left out), 1, or 2.  Controls, bidirectional controls, line
 * separators, what is not assigned to characters, and without utf8 all that
 * is not ASCII: '?'.
 */
uint32_t glyph_shown(uint32_t ch, bool utf8, int *width);

#endif
