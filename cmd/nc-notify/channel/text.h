/* SPDX-License-Identifier: MIT */
/*
 * text: words of a message made fit for where they go: shown safely, cut
 * where no character breaks, escaped for what would read them as more than
 * words.  Pure.
 */
#ifndef NC_NOTIFY_TEXT_H
#define NC_NOTIFY_TEXT_H

#include "base/buf.h"
#include "channel.h"

enum text_unit { TEXT_BYTES, TEXT_CHARS, TEXT_UTF16 };

/* Appends s with all that is not printable shown as utf8_escape() does;
 * line ends stay. */
void text_show(struct buf *b, struct span s);
size_t text_measure(struct span s, enum text_unit unit);
/* The longest front of at most max units that ends between characters as
 * people see them: not before a combining mark, not in a joined emoji. */
struct span text_front(struct span s, size_t max, enum text_unit unit);
/* Cut to max units, with an ellipsis for what is missing. */
void text_cut(struct buf *b, size_t max, enum text_unit unit);

/* text_show() and text_cut() of a message's title or text.  Owned by b. */
void text_title(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b);
void text_body(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b);
/* The title, and the text below it, as one. */
void text_whole(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b);

/* Appends s with a backslash before each byte of signs. */
void text_escape(struct buf *b, struct span s, const char *signs);
/* Appends s with something invisible behind each @: nobody is called. */
void text_no_mention(struct buf *b, struct span s);
/* Percent-encoded (RFC 3986, unreserved stay); a form's field, "&" before it
 * unless it is the first. */
void text_url(struct buf *b, struct span s);
void text_field(struct buf *b, const char *name, struct span value);
/* A word another side explains itself with; empty unless it is a plain one of
 * lower case letters, digits and underscores: nothing that could be a secret
 * said back. */
struct span text_word(struct span s);
/* "#rrggbb" for a message: how bad it is, or that it is over. */
const char *text_colour(const struct sending *s);
bool text_is_crit(const struct sending *s); /* and not over */

#endif
