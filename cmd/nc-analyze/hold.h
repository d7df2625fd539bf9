/* SPDX-License-Identifier: MIT */
/*
 * hold: records held back for a while in record time (--lateness), so that
 * those that come late are analysed in their order.  Of two of one instant
 * the order is that of what they are and say, not of arrival.  A host waits
 * for nobody but itself.  Never reads a clock; what it holds is bounded.
 */
#ifndef NC_ANALYZE_HOLD_H
#define NC_ANALYZE_HOLD_H

#include "base/intern.h"
#include "base/pack.h"
#include "stream/record.h"

struct hold;

/* What is let go, in order; the record is good during the call. */
typedef void hold_take(void *arg, const struct record *r);

/* Owned: hold_free().  Borrows names, the decoders' table. */
struct hold *hold_new(double lateness, struct intern *names, hold_take *take,
    void *arg);
void hold_free(struct hold *h); /* NULL is fine */
void hold_record(struct hold *h, const struct record *r);
/* Lets all of it go: the input has ended. */
void hold_release(struct hold *h);

void hold_save(const struct hold *h, struct buf *b);
/* Into a new one of the same lateness. */
bool hold_load(struct hold *h, struct pack_in *u);

#endif
