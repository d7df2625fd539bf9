/* SPDX-License-Identifier: MIT */
/*
 * supervisor: keeps time for all jobs: when rounds begin, what was missed,
 * when it is over; the records that belong to no source (tick, clock_step,
 * the sample of nc-collect itself).
 */
#ifndef NC_COLLECT_SUPERVISOR_H
#define NC_COLLECT_SUPERVISOR_H

#include "base/diag.h"
#include "base/intern.h"
#include "output.h"
#include "plan.h"

/* Borrows all.  Runs until the end of the plan, a signal, or the output's
 * end.  Returns an exit status; *signo is the signal that ended it, or 0. */
int supervisor_run(const struct plan *plan, struct output *out,
    struct intern *names, struct diag *diag, int *signo);

#endif
