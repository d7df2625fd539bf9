/* SPDX-License-Identifier: MIT */
/*
 * guard: a small process that outlives us for a moment and puts the terminal
 * back, should we die without doing so: crash, SIGKILL, no memory.
 */
#ifndef NC_TOP_GUARD_H
#define NC_TOP_GUARD_H

#include <stddef.h>
#include <termios.h>

#include "base/child.h"

struct guard;

/* Borrows children.  tty: the terminal; was: its modes before we came;
 * restore: bytes to send to it.  NULL when it cannot be had: we go without.
 * Owned: guard_end(). */
struct guard *guard_start(struct children *cs, int tty,
    const struct termios *was, const char *restore, size_t len);
/* Whether the terminal is in our state now. */
void guard_tell(struct guard *g, int ours);
/* All is well: it goes.  NULL is fine. */
void guard_end(struct guard *g);

#endif
