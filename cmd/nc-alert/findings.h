/* SPDX-License-Identifier: MIT */
/*
 * findings: what nc-analyze says of the fleet, as rules ask for it.  That
 * nothing was found is known only where it has looked: its sweeps say of
 * which source, by which analyses, at which series.
 */
#ifndef NC_ALERT_FINDINGS_H
#define NC_ALERT_FINDINGS_H

#include "base/pack.h"
#include "lang/expr.h"
#include "metric/topology.h"

struct findings;

/* Who is asked about, and when. */
struct findings_question {
	const struct subject *subject;
	const struct selector_subject *who;
	const char *metric, *other; /* its names, NULL: none */
	double now, patience; /* seconds a sweep is believed */
};

struct findings *findings_new(void); /* owned: findings_free() */
void findings_free(struct findings *f); /* NULL is fine */
/* Any record: those that are no analysis are passed over.  True when it was
 * a sweep of an analysis. */
bool findings_take(struct findings *f, const struct record *r);
/* The entity is gone. */
void findings_forget(struct findings *f, const struct subject *s);
enum expr_found findings_answer(const struct findings *f,
    const struct expr_input *in, const struct findings_question *q,
    double *value);

void findings_save(const struct findings *f, struct buf *b);
/* Into an empty one. */
int findings_load(struct findings *f, struct pack_in *u, struct nc_err *e);

#endif
