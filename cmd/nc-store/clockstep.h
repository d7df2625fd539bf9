/* SPDX-License-Identifier: MIT */
/*
 * clockstep: that a host's clock was set is told once, although each of its
 * entities meets it, and not at all when a record has said so.  Never
 * prints.
 */
#ifndef NC_STORE_CLOCKSTEP_H
#define NC_STORE_CLOCKSTEP_H

#include <stdbool.h>

#include "base/span.h"

struct clockstep;

struct clockstep *clockstep_new(void); /* owned */
void clockstep_free(struct clockstep *c); /* NULL is fine */
/*
 * The clock of a host was set by so many seconds (NAN: not said), ts is what
 * it showed then.  True when that is news.
 */
bool clockstep_note(struct clockstep *c, struct span host, double ts,
    double seconds);

#endif
