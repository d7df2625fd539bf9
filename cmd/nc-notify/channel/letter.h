/* SPDX-License-Identifier: MIT */
/*
 * letter: a message as a mail, headers and all.  Its Message-ID is made of the
 * message's id: one that comes twice can be told.  All of a thread refer to
 * one root, which nobody needs to have seen.  Pure.
 */
#ifndef NC_NOTIFY_LETTER_H
#define NC_NOTIFY_LETTER_H

#include "channel.h"

struct letter {
	const char *from, *to; /* bare addresses */
	bool html; /* text first, and the same as HTML */
	struct span picture; /* PNG, in the HTML; or empty */
};

void letter_write(const struct sending *s, const struct letter *l,
    struct buf *b);

#endif
