/* SPDX-License-Identifier: MIT */
/*
 * deliver: takes what is in the spool to its channels: in order, again after
 * failures, each channel on its own.  One process a spool delivers; whoever
 * holds deliver.lock.  Never waits: it lives in the loop.
 */
#ifndef NC_NOTIFY_DELIVER_H
#define NC_NOTIFY_DELIVER_H

#include <stdint.h>

#include "base/diag.h"
#include "base/loop.h"
#include "receipt.h"
#include "settings.h"
#include "spool.h"

struct deliver;

struct deliver_counts {
	uint64_t sent, deferred, dead; /* results so far */
	uint64_t trouble; /* with the spool itself */
	double last_sent; /* wall time, 0: none yet */
};

/* All borrowed.  Owned: deliver_free(), which leaves what is under way to
 * whoever delivers next. */
struct deliver *deliver_new(struct loop *l, struct spool *sp,
    const struct settings *s, struct receipts *r, struct diag *d);
void deliver_free(struct deliver *d); /* NULL is fine */
/*
 * Begins, when nobody else does: takes the lock and looks at the spool.
 * True when we are the one who delivers.
 */
bool deliver_try(struct deliver *d);
bool deliver_holds(const struct deliver *d);
/* A committed item: deliver_new's own way of hearing of it is the trigger. */
void deliver_add(struct deliver *d, const char *name);
/* Nothing is under way and nothing could be begun now. */
bool deliver_idle(const struct deliver *d);
/* What waits only for more to come together goes now. */
void deliver_rush(struct deliver *d);
/* Something came, so that dead man's switches may be told; always: they are
 * told in any case. */
void deliver_alive(struct deliver *d, bool always);
/* Begin nothing more. */
void deliver_stop(struct deliver *d);
size_t deliver_flying(const struct deliver *d);
size_t deliver_waiting(const struct deliver *d); /* not delivered yet */
double deliver_oldest(const struct deliver *d); /* accepted; 0: none */
const struct deliver_counts *deliver_counts(const struct deliver *d);

#endif
