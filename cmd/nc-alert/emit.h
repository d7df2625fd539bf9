/* SPDX-License-Identifier: MIT */
/* emit: a change of an episode as an alert record. */
#ifndef NC_ALERT_EMIT_H
#define NC_ALERT_EMIT_H

#include "episode.h"
#include "fleet.h"
#include "stream/frame.h"

struct emit_change {
	const struct episode *episode;
	const struct subject *subject;
	const struct episode *root; /* what it is folded under; NULL: itself */
	const struct subject *root_subject;
	enum machine_change change;
	double flap_share;
	double now;
};

/* The record goes to the frame's sink; 0, or -1 when that failed. */
int emit_alert(struct frame *f, struct fleet *fleet,
    const struct emit_change *c);

/* One that is about no rule: a storm, a heartbeat. */
struct emit_notice {
	const char *alert, *host, *entity, *id, *text;
	enum machine_change change;
	enum severity severity;
	bool over;
	double start, now;
	uint32_t seq;
	struct span evidence; /* JSON, or empty */
};

int emit_notice(struct frame *f, const struct emit_notice *n);

#endif
