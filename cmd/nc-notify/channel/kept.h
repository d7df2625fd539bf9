/* SPDX-License-Identifier: MIT */
/*
 * kept: a line that a channel wants to find again, as of a thread: which
 * message of another side began it.  Files below the spool; to lose one costs
 * a thread its beginning and nothing else.
 */
#ifndef NC_NOTIFY_KEPT_H
#define NC_NOTIFY_KEPT_H

#include "channel.h"

/* Appends what is kept for the thread of the message; nothing, if so. */
void kept_read(const struct sending *s, struct buf *b);
/* One line, in place of what was there. */
void kept_write(const struct sending *s, struct span line);

#endif
