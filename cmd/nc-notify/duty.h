/* SPDX-License-Identifier: MIT */
/*
 * duty: who is told when nobody says that they have seen it (an escalation),
 * and whose turn it is (a rota).  Both stand where a channel may stand.  Pure.
 */
#ifndef NC_NOTIFY_DUTY_H
#define NC_NOTIFY_DUTY_H

#include "base/zone.h"
#include "route.h"

struct duty_step {
	double after; /* seconds since it was accepted */
	bool unless_acked;
	route_set to;
};

struct escalation {
	struct duty_step *steps; /* owned; at least one, by time */
	size_t nsteps;
	double repeat; /* seconds, of the last step again; 0: never */
	unsigned repeats_max;
};

struct duty_turn {
	size_t channel; /* of the settings */
	double length; /* seconds of civil time */
};

struct rota {
	struct duty_turn *turns; /* owned; at least one */
	size_t nturns;
	double start; /* as if its civil time were UTC */
	struct zone *zone; /* owned; NULL: UTC */
};

/* The number of steps that are done by then, repeats counted; *next: when the
 * next one is due, INFINITY when none is. */
unsigned escalation_due(const struct escalation *x, double seconds, bool acked,
    double *next);
/* The step, repeats being the last one again. */
const struct duty_step *escalation_step(const struct escalation *x, unsigned n);
void escalation_free(struct escalation *x); /* NULL is fine */

/* Whose turn it is. */
size_t rota_on_duty(const struct rota *r, double epoch);
/* The moment of a civil clock in that zone, as if it were UTC. */
double rota_civil(const struct zone *z, double epoch);
void rota_free(struct rota *r); /* NULL is fine */

#endif
