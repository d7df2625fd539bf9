/* SPDX-License-Identifier: MIT */
/*
 * aside: what we and our children say on standard error while the screen is
 * ours, kept until it is not: a diagnostic must not be drawn into a frame.
 */
#ifndef NC_TOP_ASIDE_H
#define NC_TOP_ASIDE_H

struct aside;

/* NULL when standard error is no terminal, or on failure: nothing changes. */
struct aside *aside_start(void);
/* Says it all, after the screen is given back.  NULL is fine. */
void aside_end(struct aside *a);

#endif
