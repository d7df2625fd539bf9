/* SPDX-License-Identifier: MIT */
/* doctor: asks each source what it cannot see, why, and what mends it. */
#ifndef NC_COLLECT_DOCTOR_H
#define NC_COLLECT_DOCTOR_H

#include "supervisor.h"

/* Prints the findings; the number of them. */
unsigned doctor(const struct plan *plan, struct diag *diag);

#endif
