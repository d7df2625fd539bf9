/* SPDX-License-Identifier: MIT */
/* emit: a guest as read becomes records.  Never talks to libvirt. */
#ifndef NC_COLLECT_LIBVIRT_EMIT_H
#define NC_COLLECT_LIBVIRT_EMIT_H

#include "field.h"
#include "identity.h"
#include "source.h"

/* What is known of how a VM can be talked to; NAN where not known. */
struct emit_control {
	double stuck, seconds, answer_age;
};

struct emit {
	const struct source_run *run;
	const struct fields *fields;
	struct frame *frame;
	double ts, up; /* of the round; up is NAN of another machine */
	struct buf id; /* room for ids of parts */
};

/* All records of one domain.  0, or -1: nobody reads. */
int emit_guest(struct emit *e, const struct guest *g, const struct identity *i,
    const struct emit_control *control);
void emit_free(struct emit *e);
/* The beginning of a sample of it, or of a part of it. */
void emit_vm_begin(struct emit *e, int state, int reason,
    const struct identity *i);
void emit_part(struct emit *e, const struct identity *i, const char *entity,
    struct span part);

/* "running", "paused"; NULL where libvirt has no such number. */
const char *emit_state(int state);
const char *emit_reason(int state, int reason);

#endif
