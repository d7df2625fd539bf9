/* SPDX-License-Identifier: MIT */
/*
 * replay: the clock of a recording that is played: it begins with its first
 * record, goes so many times as fast as ours, stands while it is paused, and
 * can be put forward.  Pure: our clock is a parameter, in seconds.
 */
#ifndef NC_TOP_REPLAY_H
#define NC_TOP_REPLAY_H

#include <stdbool.h>

struct replay {
	double speed; /* 0: nothing is played */
	double ts, mono; /* at that moment of ours it was that */
	bool begun, stands;
};

void replay_begin(struct replay *p, double ts, double mono);
/* What time it is in the recording; NAN before its first record. */
double replay_now(const struct replay *p, double mono);
/* All three from now on. */
void replay_stand(struct replay *p, bool stands, double mono);
void replay_speed(struct replay *p, double speed, double mono);
void replay_seek(struct replay *p, double ts, double mono);
/* Our moment at which ts is reached; INFINITY while it stands. */
double replay_due(const struct replay *p, double ts);

#endif
