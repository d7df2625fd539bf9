/* SPDX-License-Identifier: MIT */
/* replay: rounds fed from a recording instead of a hypervisor. */
#ifndef NC_COLLECT_LIBVIRT_REPLAY_H
#define NC_COLLECT_LIBVIRT_REPLAY_H

#include "source.h"

/* The options are sound; -1 and *e else. */
int replay_check(const struct source_run *run, struct nc_err *e);
/* A child's whole life: struct source's serve(). */
int replay_serve(const struct source_run *run, struct source_port *port,
    struct frame *f, struct nc_err *e);

#endif
