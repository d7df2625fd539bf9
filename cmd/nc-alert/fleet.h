/* SPDX-License-Identifier: MIT */
/*
 * fleet: what has been heard of every entity, as expressions ask for it: the
 * series, their windows, what is part of what.  Time is the caller's.
 */
#ifndef NC_ALERT_FLEET_H
#define NC_ALERT_FLEET_H

#include "base/pack.h"
#include "lang/expr.h"
#include "metric/series.h"
#include "metric/topology.h"

struct fleet;

struct fleet_options {
	struct intern *names; /* borrowed */
	double interval; /* where records do not say it; NAN: not known */
	/* A subject is about to go; its user word is the caller's. */
	void (*gone)(struct subject *s, void *arg);
	/* Since when one that was never heard of is waited for; NAN: it is
	 * not. */
	double (*since)(const struct subject *s, void *arg);
	void *arg;
};

/* Owned: fleet_free(), which calls gone for those that are left. */
struct fleet *fleet_new(const struct fleet_options *o);
void fleet_free(struct fleet *f); /* NULL is fine */
/* Makes ready for an expression that will be evaluated. */
void fleet_prepare(struct fleet *f, struct expr *x);
/* Takes a sample in.  Its subject, NULL when nothing is new in it. */
struct subject *fleet_sample(struct fleet *f, const struct record *r);
/* Takes in what an analysis found, any other record is passed over.  True when
 * it was a sweep of one. */
bool fleet_finding(struct fleet *f, const struct record *r);
/* The one described, NULL when it is not known. */
struct series_entity *fleet_find(struct fleet *f, const struct record *r);
void fleet_drop(struct fleet *f, struct series_entity *n);
/* The host of that name, which stays whether it is heard of or not. */
struct subject *fleet_expect(struct fleet *f, struct span host);
struct subject *fleet_subject_of(struct fleet *f, struct span host,
    struct span entity, struct span id);
/* What it lies on, NULL when that is not known. */
const struct subject *fleet_base(const struct fleet *f,
    const struct subject *s);
/* Series and their windows as bytes, and back into one that is empty. */
void fleet_save(const struct fleet *f, struct buf *b);
int fleet_load(struct fleet *f, struct pack_in *u, struct nc_err *e);
/* The place of a subject in what fleet_save() has just written, and who has
 * it after fleet_load(); NULL: nobody. */
#define FLEET_NOWHERE SIZE_MAX
size_t fleet_place(const struct subject *s);
struct subject *fleet_at(const struct fleet *f, size_t place);
/* What is evaluated is as of now (record time of the host in question);
 * listening: since when without a gap, 0: always. */
void fleet_now(struct fleet *f, double now, double listening);
/* To evaluate with; at is a struct subject. */
const struct expr_env *fleet_env(const struct fleet *f);
const struct selector_subject *fleet_subject(struct fleet *f,
    const struct subject *s);

/* When the subject was heard last; 0: never. */
double fleet_heard(const struct subject *s);
/* Seconds after which it counts as silent. */
double fleet_patience(const struct fleet *f, const struct subject *s);

#endif
