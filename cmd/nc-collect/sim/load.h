/* SPDX-License-Identifier: MIT */
/*
 * load: what kinds of guests there are and what they ask of a host.
 */
#ifndef NC_COLLECT_SIM_LOAD_H
#define NC_COLLECT_SIM_LOAD_H

#include "base/rng.h"

struct load_profile {
	const char *name;
	unsigned weight; /* of 100 guests */
	double base; /* share of its processors at night on a weekday */
	double day; /* how much more at the peak: 2 is three times base */
	double weekend; /* factor on Saturday and Sunday */
	double peak_hour; /* UTC */
	double ops; /* disk requests a busy processor second */
	double read_share; /* of them */
	double read_size, write_size; /* bytes a request */
	double net; /* bytes received a busy processor second */
	double net_out; /* sent per byte received */
	double memory; /* share in use */
	double nightly; /* share of its processors in its nightly hour */
};

unsigned load_draw_profile(struct rng *r);
const struct load_profile *load_profile(unsigned n);

#endif
