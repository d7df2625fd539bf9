/* SPDX-License-Identifier: MIT */
/*
 * machine: the states of one rule on one entity, from what its conditions
 * are at moments of record time.  Pure: no clock, no output.
 *
 * Time counts for "for" and "until ... for" only as far as it was observed:
 * from sample to sample, and a gap at most as long as a value is believed
 * (patience).  Only what is about time itself (absent, age) moves between.
 */
#ifndef NC_ALERT_MACHINE_H
#define NC_ALERT_MACHINE_H

#include <stdint.h>

#include "rules.h"

#define MACHINE_CALM (-1) /* no severity */

/* How long something has been true. */
struct machine_timer {
	double held; /* seconds of it observed */
	double last; /* when it was seen true last */
	bool running;
};

struct machine_level {
	struct machine_timer hold, clear;
	uint64_t bits; /* the last samples, newest lowest, 1: true */
	uint8_t nbits;
};

/* What is looked at each time stands together, before the levels: there are
 * many machines, and a line of the cache is what one costs. */
struct machine {
	double known[SEVERITIES]; /* when what decides it was; NAN: never */
	double start; /* of the episode */
	int8_t severity; /* of the open episode, MACHINE_CALM: none is open */
	int8_t was; /* before the latest change */
	int8_t nodata; /* severity that silence has raised */
	bool silent; /* what is to be done about silence was done */
	bool on[SEVERITIES];
	bool quiet; /* nothing is on, counted or timed: most are, always */
	struct machine_level levels[SEVERITIES];
};

/* What is seen at one moment. */
struct machine_view {
	double now, patience;
	double listening; /* since when without a gap, 0: always */
	bool fresh; /* there is a new sample */
	struct expr_value when[SEVERITIES], until[SEVERITIES];
};

enum machine_change {
	CHANGE_NONE,
	CHANGE_OPENED,
	CHANGE_SEVERITY,
	CHANGE_RESOLVED,
	CHANGE_REMOVED,
	CHANGE_NODATA,
	/* What a machine does not know of: made by those who look at many. */
	CHANGE_UPDATE,
	CHANGE_FLAPPING,
	CHANGE_STEADY,
	CHANGE_MUTED,
	CHANGE_UNMUTED,
	CHANGE_ACKED,
	CHANGE_UNACKED,
	CHANGE_STORM,
	CHANGE_HEARTBEAT
};

void machine_init(struct machine *m);
enum machine_change machine_step(struct machine *m, const struct rule *rule,
    const struct machine_view *v);
/* The entity is gone: CHANGE_REMOVED when an episode was open. */
enum machine_change machine_remove(struct machine *m);
/* A level is true, and not yet for as long as it must be. */
bool machine_pending(const struct machine *m, const struct rule *rule);

#endif
