/* SPDX-License-Identifier: MIT */
/*
 * flow: records in, values and time to the analyses, their records out.
 * Decides in record time only; never reads a clock, never waits, never reads
 * or writes a descriptor.
 */
#ifndef NC_ANALYZE_FLOW_H
#define NC_ANALYZE_FLOW_H

#include "analysis.h"
#include "base/diag.h"
#include "lang/selector.h"
#include "edges.h"
#include "limit.h"
#include "metric/topology.h"
#include "stream/frame.h"

#define FLOW_SOURCE "nc-analyze"
#define FLOW_ANALYSES_MAX 8

/* A source of one host. */
struct feed {
	struct feed *next;
	char *source; /* owned */
	bool sweeps; /* says when a round ends */
	uint64_t samples, values; /* since its last sweep */
	uint64_t learning; /* of values: their normal is not known yet */
};

/* One host and its time, which never runs back. */
struct node {
	char *host; /* owned */
	struct node *next; /* in order of appearance */
	struct feed *feeds;
	double now; /* decided up to here; -INFINITY at first */
	double heard; /* ts of the newest sample; the same */
	double since; /* of samples without a hole up to heard */
	double patience; /* seconds without a sample that are a hole */
	double silent; /* last heard of, where that is told; 0: it is not */
	bool in_step; /* it was heard of when the others were */
	uint64_t rounds; /* sweeps of ours */
	uint64_t told; /* records of ours since the last */
	void *groups; /* the aggregates' */
	void *scene; /* cause's */
	void *loom; /* correlate's */
};

struct flow_options {
	struct intern *names; /* borrowed */
	struct diag *diag;
	struct frame *out; /* where records of ours go */
	struct selector **only; /* --only-series; none: all */
	size_t nonly;
	size_t max_series; /* 0: no limit */
	bool explain; /* --explain */
	bool all_pairs; /* --all-pairs */
	bool emit_sketch, merge; /* --emit-sketch, --merge */
	struct limit *limits; /* --full */
	size_t nlimits;
	const struct edges *edges; /* --topology */
};

struct flow_counts {
	uint64_t late, evicted, values;
	uint64_t found; /* that somebody should know of */
};

/* Owned: flow_free(). */
struct flow *flow_new(const struct flow_options *o);
void flow_free(struct flow *f); /* NULL is fine */
/* Adds an analysis; text is "word,key=value,...".  0, or -1 and *e. */
int flow_add(struct flow *f, const struct analysis *a, struct span text,
    struct nc_err *e);
/* All are added: those that they need, too.  0, or -1 and *e. */
int flow_ready(struct flow *f, struct nc_err *e);
void flow_take(struct flow *f, const struct record *r);
/* Input has ended, and is not to go on: what was asked for then is told. */
void flow_finish(struct flow *f);
size_t flow_series(const struct flow *f);
struct flow_counts flow_counts(const struct flow *f);

/* --- for analyses --- */

const struct flow_options *flow_plan(const struct flow *f);
/* Begins a record of ours at a host's time; flow_end() ends it. */
struct frame *flow_begin(struct flow *f, struct node *n, const char *host,
    double ts, enum record_kind kind, const char *entity, struct span id);
/* The same for a series: its entity with its labels, and the metric. */
struct frame *flow_begin_series(struct flow *f, const struct point *p,
    enum record_kind kind);
void flow_end(struct flow *f);
/* What has just been told is news (see -e). */
void flow_found(struct flow *f);
/* A metric of the entity by its name; NAN when there is none, or none of use. */
double flow_metric(const struct flow *f, const struct series_entity *n,
    const char *name);
/* A series of the host itself, into p's entity and series; false: none. */
bool flow_host_series(struct flow *f, const struct node *n, struct point *p);
/* Whether --only-series asks for it; else whether it can fill or saturate. */
bool flow_is_asked(const struct flow *f, const struct point *p);
/* To those that listen; called by the analysis that found it. */
void flow_episode(struct flow *f, const struct point *p,
    const struct episode *e);
/* What is part of what; only where an analysis needs another. */
struct topology *flow_topology(const struct flow *f);
/* Hosts in order of appearance. */
struct node *flow_nodes(const struct flow *f);
/* The host; made when there is none. */
struct node *flow_node(struct flow *f, struct span host);
/* The time all hosts have reached that were heard of lately. */
double flow_common_time(const struct flow *f);

/* --- state --- */

void flow_save(const struct flow *f, struct buf *b);
/* Into a flow that has taken nothing yet. */
int flow_load(struct flow *f, struct pack_in *u, struct nc_err *e);

#endif
