/* SPDX-License-Identifier: MIT */
/*
 * agent: guest agents, where `agent` is on: asked behind each round on a
 * connection of its own, so that nothing else waits for a guest.  Private to
 * the source.
 */
#ifndef NC_COLLECT_LIBVIRT_AGENT_H
#define NC_COLLECT_LIBVIRT_AGENT_H

#include "libvirt/live.h"

/* -1: an option of it makes no sense. */
int agent_open(struct live *l, struct nc_err *e);
/* Behind a round: true when its end is to wait for answers. */
bool agent_round(struct hyper *h);
/* Whether c was the agents', which have done with it then. */
bool agent_answer(struct hyper *h, struct call *c);
void agent_close(struct hyper *h);

/* agent_tell.c: what one said, as records.  NULL: it did not answer. */
void agent_tell(struct hyper *h, const struct domain *d, const struct call *c);
void agent_tell_silent(struct hyper *h, const struct domain *d);

#endif
