/* SPDX-License-Identifier: MIT */
/*
 * analysis: what an analysis is to the stream: a word with options, a few
 * bytes of state a series, and functions called with values and with time.
 * It sees rates, never counters; it never reads, and writes through flow.
 */
#ifndef NC_ANALYZE_ANALYSIS_H
#define NC_ANALYZE_ANALYSIS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/pack.h"
#include "metric/series.h"

struct cause_evidence;
struct feed;
struct flow;
struct node;
struct subject;

/* One value of one series, in the order of its time. */
struct point {
	struct series_entity *entity;
	struct series *series;
	struct node *node; /* the host */
	struct feed *feed; /* the source; NULL while a state is loaded */
	uint32_t name; /* the rate's for a counter */
	double ts, value;
	double interval; /* seconds meant between values; NAN: not said */
};

/* An anomaly of a series begins, has got worse, or ends; or it changed. */
struct episode {
	enum {
		EPISODE_OPEN,
		EPISODE_UPDATE,
		EPISODE_CLOSE,
		EPISODE_CHANGE
	} told;
	double onset;
	double alarm; /* the greatest rarity so far: -log10 of p */
	/* Of what has no values: a host that is silent.  NULL: weigh them. */
	const struct cause_evidence *known;
};

struct analysis {
	const char *name; /* the word */
	bool standard; /* among those that run when none is named */
	/* One that must run as well, and stays silent unless it is named. */
	const struct analysis *needs;
	size_t series_bytes; /* of its state of each series, zero at first */
	void *(*make)(struct flow *f); /* owned: end() */
	/* One "key=value".  0, or -1 and *e. */
	int (*option)(void *self, struct span key, struct span value,
	    struct nc_err *e);
	/* Options are complete.  May be NULL. */
	int (*ready)(void *self, struct nc_err *e);
	void (*value)(void *self, const struct point *p, void *state);
	/* Input has ended: p is the last value.  NULL: says nothing then. */
	void (*finish)(void *self, const struct point *p, void *state);
	void (*finished)(void *self); /* all have; may be NULL */
	/* Of the analysis it needs.  May be NULL, as quiet may. */
	void (*episode)(void *self, const struct point *p, void *state,
	    const struct episode *e);
	void (*quiet)(void *self);
	/* With --merge: a sketch of another nc-analyze.  May be NULL. */
	void (*sketch)(void *self, const struct record *r, struct node *n);
	/* The time of a host has moved to node->now.  May be NULL. */
	void (*time)(void *self, struct node *node);
	/* The series goes; state is freed behind this. */
	void (*gone)(void *self, void *state);
	/* The topology forgets a subject: what hangs on it goes too. */
	void (*place_gone)(struct subject *s);
	void (*save)(void *self, struct buf *b);
	int (*load)(void *self, struct pack_in *u);
	/* State of one series; load after load() of the whole. */
	void (*save_series)(void *self, const void *state, struct buf *b);
	int (*load_series)(void *self, const struct point *p, void *state,
	    struct pack_in *u);
	void (*end)(void *self);
};

/* All there are; NULL past the last.  In the order they run. */
const struct analysis *analysis_at(size_t i);

extern const struct analysis analysis_aggregate, analysis_anomaly,
    analysis_change, analysis_trend, analysis_forecast, analysis_full,
    analysis_correlate, analysis_cause;

#endif
