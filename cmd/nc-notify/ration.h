/* SPDX-License-Identifier: MIT */
/*
 * ration: how many messages a lane may send: so many a time with a burst (a
 * token bucket), and so many a day.  Counted in wall time, so that it holds
 * from one process to the next.  Pure.
 */
#ifndef NC_NOTIFY_RATION_H
#define NC_NOTIFY_RATION_H

#include "channel.h"

struct ration {
	double tokens, at; /* what was left, when */
	double used, since; /* of the day that began then */
};

void ration_start(struct ration *r, const struct channel *c, double now);
/* Seconds until one may be sent, 0: now. */
double ration_wait(struct ration *r, const struct channel *c, double now);
void ration_use(struct ration *r, const struct channel *c, double now);
/* Whether it is the day's budget that is spent; whether the next message is
 * the last of it. */
bool ration_spent(const struct ration *r, const struct channel *c);
bool ration_last(const struct ration *r, const struct channel *c);

#endif
