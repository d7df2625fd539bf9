/* SPDX-License-Identifier: MIT */
/*
 * utf8: bytes that claim to be UTF-8: are they, which code points, how many
 * columns, and how they are shown so that a hostile name cannot drive a
 * terminal.  Knows no locale: the tables are the same everywhere.
 */
#ifndef NC_BASE_UTF8_H
#define NC_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define UTF8_BAD UINT32_MAX
#define UTF8_REPLACEMENT UINT32_C(0xfffd)

/* RFC 3629: shortest forms only, no surrogates, at most U+10FFFF. */
bool utf8_valid(struct span s);
/*
 * The code point at the front of s, which is not empty; returns how many
 * bytes it takes.  *cp is UTF8_BAD where no valid sequence begins; the bytes
 * taken then are the maximal subpart (Unicode 15, section 3.9), 1 to 3.
 */
size_t utf8_decode(struct span s, uint32_t *cp);
/* Writes 1 to 4 bytes; cp is a code point, not a surrogate. */
size_t utf8_encode(uint32_t cp, char to[4]);
/* Appends s with each maximal invalid subpart replaced by U+FFFD. */
void utf8_repair(struct buf *b, struct span s);
/* The longest front of s that is at most max bytes and cuts no character. */
struct span utf8_cut(struct span s, size_t max);

/*
 * May be sent to a terminal: not a control (C0, DEL, C1), not a line or
 * paragraph separator, not a bidirectional override or isolate, not a
 * surrogate, noncharacter or tag.
 */
bool utf8_printable(uint32_t cp);
/* Columns of one code point, 0, 1 or 2, as terminals have it: combining
 * marks, joiners and variation selectors 0; East Asian wide and emoji 2. */
int utf8_width(uint32_t cp);
/* Columns of s as utf8_escape() would show it. */
size_t utf8_columns(struct span s);
/*
 * Appends s safe for a terminal or a log line: what is printable stands as it
 * is, the rest as \n, \t, \r, \xNN (a byte) or \u{NNNN}.
 */
void utf8_escape(struct buf *b, struct span s);

#endif
