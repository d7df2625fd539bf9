/* SPDX-License-Identifier: MIT */
/*
 * flap: how often one rule on one entity has changed its mind lately.  Pure.
 * Beside what decides (so many changes in such a time) it knows the share of
 * changes among the last 21 looks as Nagios weighs them, to compare with.
 */
#ifndef NC_ALERT_FLAP_H
#define NC_ALERT_FLAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "policy.h"

#define FLAP_LOOKS 21

struct flap {
	uint64_t looks; /* two bits each, the newest lowest */
	uint32_t count; /* of times, at most their room */
	uint32_t room;
	double times[]; /* of the latest changes, oldest first */
};

/* A change at now; *f may be NULL and may move.  True when there have been as
 * many as the policy says within its time.  Owned: free(). */
bool flap_change(struct flap **f, const struct policy_flap *p, double now);
/* What was seen: 0 calm, else 1 + severity.  f may be NULL. */
void flap_look(struct flap *f, unsigned state);
/* When the latest change was; 0: never.  f may be NULL. */
double flap_last(const struct flap *f);
/* Forgets the changes, not the looks. */
void flap_calm(struct flap *f);
/*
 * The weighted share, 0 to 1: each of the 20 edges between 21 looks counts
 * 0.8 (oldest) to 1.2 (newest), by Nagios Core's documentation, "Detection
 * and Handling of State Flapping".
 */
double flap_share(const struct flap *f);
void flap_save(const struct flap *f, struct buf *b);
struct flap *flap_load(struct pack_in *u); /* NULL: there was none */

#endif
