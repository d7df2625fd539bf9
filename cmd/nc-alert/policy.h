/* SPDX-License-Identifier: MIT */
/*
 * policy: what is written beside the rules: who mutes whom, when nobody is to
 * be told, which hosts must be there, how much is a storm.  Parsed and
 * checked here; what follows from it is for the engine.
 */
#ifndef NC_ALERT_POLICY_H
#define NC_ALERT_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "lang/calendar.h"
#include "lang/config.h"
#include "lang/selector.h"

/* "inhibit TARGET by SOURCE same KEYS", "depend TARGET on SOURCE same KEYS".
 * Both selectors may ask for the labels alert and severity. */
struct policy_inhibit {
	bool depend; /* how it is called */
	struct selector *target, *source;
	char **same; /* each must be there, and be equal */
	size_t nsame;
	bool same_host;
};

struct policy_maintenance {
	char *name;
	struct calendar **when;
	size_t nwhen;
	struct selector *match; /* NULL: everything */
};

/* Of one rule, or of all that do not say it. */
struct policy_flap {
	bool set, off;
	unsigned changes; /* opened or resolved so often ... */
	double within; /* ... in so many seconds */
	double clear; /* it is over after so many without any */
};

struct policy {
	struct policy_inhibit *inhibits;
	size_t ninhibits;
	struct policy_maintenance *maintenances;
	size_t nmaintenances;
	char **expected; /* hosts */
	size_t nexpected;
	struct policy_flap flap;
	unsigned storm; /* episodes opened ... 0: never a storm */
	double storm_within; /* ... in so many seconds */
	double heartbeat; /* seconds; 0: none */
	double incident; /* seconds between causes and what they cause */
};

void policy_init(struct policy *p);
void policy_free(struct policy *p);
/*
 * A statement of a file.  1: it was one of these, 0: it is none, -1: it was
 * one, and trouble was reported.
 */
int policy_statement(struct policy *p, struct config_cursor *c);
/* "flap off" and "flap N in TIME [clear TIME]", the word itself passed. */
int policy_flap(struct config_cursor *c, struct policy_flap *flap);

#endif
