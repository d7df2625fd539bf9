/* SPDX-License-Identifier: MIT */
/*
 * joint: the metrics of one thing judged together (anomaly,joint=1): how
 * unusual they are on average, watched as a series of its own, so that many
 * small oddities at once are one finding.
 */
#ifndef NC_ANALYZE_JOINT_H
#define NC_ANALYZE_JOINT_H

#include "flow.h"
#include "math/detector.h"
#include "norm.h"

struct joints;
struct joint; /* of one thing; each of its series refers to it */

struct joints_options {
	struct flow *flow;
	struct norms *norms; /* borrowed */
	double rarity; /* that is told, -log10 */
	bool scores; /* tell each score */
};

struct joints *joints_new(const struct joints_options *o); /* joints_free() */
void joints_free(struct joints *j); /* NULL is fine */
/* A series of p's entity has been scored; *at is its reference. */
void joints_add(struct joints *j, const struct point *p, struct joint **at,
    double score);
/* The samples of a host are complete. */
void joints_time(struct joints *j, struct node *n);
/* The series goes. */
void joints_leave(struct joints *j, struct joint *at);

void joints_save(const struct joints *j, struct buf *b);
int joints_load(struct joints *j, struct pack_in *u);
void joints_save_ref(const struct joint *at, struct buf *b);
int joints_load_ref(struct joints *j, const struct point *p, struct joint **at,
    struct pack_in *u);

#endif
