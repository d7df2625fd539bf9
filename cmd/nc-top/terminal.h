/* SPDX-License-Identifier: MIT */
/*
 * terminal: a grid on a terminal, and keys from it.  The only module that knows
 * there is a terminal library.
 */
#ifndef NC_TOP_TERMINAL_H
#define NC_TOP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "grid.h"
#include "role.h"

struct term;

/*
 * Draws on out, reads keys from in; borrows both and theme.  Signals that
 * must not be the library's are to be taken before.  Owned: term_close().
 */
struct term *term_open(int in, int out, const struct theme *theme, bool color,
    struct nc_err *e);
/* Puts the terminal back as it was.  NULL is fine. */
void term_close(struct term *t);
void term_theme(struct term *t, const struct theme *theme);
/* What the size is now; to be asked again after SIGWINCH. */
void term_size(struct term *t, int *width, int *height);
/* Shows g by writing what differs from what is shown, at once. */
void term_draw(struct term *t, const struct grid *g);
/* Sends bytes as they are, between two drawings. */
void term_send(struct term *t, struct span bytes);
/* Takes the mouse, or gives it back. */
void term_mouse(struct term *t, bool on);
/* Where the last KEYC_CLICK was. */
void term_click(const struct term *t, int *x, int *y);
/* Forgets what is shown: the next term_draw() draws everything. */
void term_forget(struct term *t);
/* The next key, KEYC_NONE when there is none waiting. */
uint32_t term_key(struct term *t);
/* Gives the terminal back for a while, and takes it again. */
void term_leave(struct term *t);
void term_enter(struct term *t);
/* The bytes that bring a terminal left behind in our state back to its own.
 * Valid until term_close(). */
const char *term_restore(const struct term *t, size_t *len);

#endif
