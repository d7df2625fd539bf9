/* SPDX-License-Identifier: MIT */
/* emit: a change of an episode as an alert record. */
#ifndef NC_ALERT_EMIT_H
#define NC_ALERT_EMIT_H

#include "fleet.h"
#include "machine.h"
#include "stream/frame.h"

/* Hexadecimal digits of fingerprints and ids, with their NUL. */
#define EMIT_ID_SIZE 17

struct emit_change {
	const struct rule *rule;
	const struct subject *subject;
	const struct machine *machine;
	enum machine_change change;
	double now;
};

/* The record goes to the frame's sink; 0, or -1 when that failed. */
int emit_alert(struct frame *f, struct fleet *fleet,
    const struct emit_change *c);

#endif
