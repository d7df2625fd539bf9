/* SPDX-License-Identifier: MIT */
/* own: the records of nc-collect that belong to no source of it. */
#ifndef NC_COLLECT_OWN_H
#define NC_COLLECT_OWN_H

#include <stdint.h>

#include "base/diag.h"
#include "job.h"
#include "stream/frame.h"

#define OWN_NAME "nc-collect" /* source and id */

struct own_sample {
	double interval; /* of these samples */
	double started; /* epoch seconds */
	double late; /* of the last round */
	uint64_t records; /* written so far */
	struct job_totals totals;
};

/* All: on a frame whose origin and clock are set. */
void own_tick(struct frame *f, double interval);
void own_clock_step(struct frame *f, const char *host, double seconds);
/* Entity collector, with what the process costs. */
void own_sample(struct frame *f, const struct own_sample *s);
/* The answer to SIGUSR1. */
void own_report(struct diag *d, uint64_t records, const struct job_totals *t);

#endif
