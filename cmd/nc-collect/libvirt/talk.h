/* SPDX-License-Identifier: MIT */
/*
 * talk: what a guest agent is asked in one go, in the thread of a call.  The
 * guest is nobody we trust: its agent may answer nonsense, slowly or never;
 * each answer has a deadline that the hypervisor keeps.  Never runs a
 * program in the guest unless `processes` was asked for.
 */
#ifndef NC_COLLECT_LIBVIRT_TALK_H
#define NC_COLLECT_LIBVIRT_TALK_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct talk {
	unsigned char uuid[VIR_UUID_BUFLEN];
	int timeout; /* whole seconds an answer may take */
	bool processes; /* run the one program that lists them */
	/* The answer. */
	virTypedParameterPtr params; /* owned: virDomainGetGuestInfo's */
	int nparams;
	double clock; /* guest's less ours, seconds; NAN: not said */
	struct buf said; /* by that program */
};

/* -1: the agent does not answer, or the machine is gone. */
int talk_ask(struct talk *t, virConnectPtr conn, struct nc_err *e);
void talk_free(struct talk *t); /* NULL is fine */

#endif
