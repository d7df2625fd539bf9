/* SPDX-License-Identifier: MIT */
/*
 * model: the fleet as the records told it: hosts, what is on them, latest
 * values, and enough history to look at any of the last HISTORY_ROWS
 * samples.  Everything it answers is as of its cursor: the present, or a
 * moment in the past.  Reads no clock, draws nothing.
 *
 * Subjects, their parts and the order of belief among sources are those of
 * metric/topology; each source's view of a subject has its own history here.
 */
#ifndef NC_TOP_MODEL_H
#define NC_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"
#include "history.h"
#include "metric/topology.h"
#include "stream/record.h"
#include "track.h"

enum freshness {
	FRESH,
	LATE, /* two rounds missed */
	STALE, /* three or more */
	GONE, /* its source made its round without it */
	NEVER /* not there at the cursor time */
};

/* The rounds of one source on one host. */
struct feed {
	char *source; /* owned */
	struct history rounds; /* width 0: when each round ended */
	double interval; /* shortest of its samples, NAN: not said */
	unsigned sweeps;
	struct feed *next;
};

/* One source's view of a subject: the user word of its series entity. */
struct observer {
	struct host *host;
	struct feed *feed;
	enum track_kind kind;
	struct history history;
	uint32_t seen; /* bits: metrics of the kind it ever told */
};

struct subject_list {
	struct subject **at; /* in order of first appearance */
	size_t count, cap;
};

struct host {
	char *name; /* owned */
	struct feed *feeds;
	struct subject_list subjects[KIND_COUNT];
	double newest; /* latest ts of any of its records, NAN: none */
	double ahead; /* seconds its clock is ahead of ours, 0: not */
};

struct model;

struct answer {
	double value; /* NAN: not known */
	enum freshness fresh;
	bool poor; /* of another quality than good */
};

/* Borrows names.  Owned: model_free(). */
struct model *model_new(struct intern *names, size_t max_series);
void model_free(struct model *m);
/* Takes one record in.  arrived: our wall clock then, NAN when the records
 * are a recording. */
void model_feed(struct model *m, const struct record *r, double arrived);

/* What is now: the clock ages are measured by. */
void model_set_now(struct model *m, double now);
double model_now(const struct model *m);
/* NAN: the present. */
void model_set_cursor(struct model *m, double at);
double model_cursor(const struct model *m);
/* Latest ts of any record, NAN: none yet. */
double model_newest(const struct model *m);
/* The moment of the sample of any host before (back) or after at; at itself
 * when there is none.  This is how time is walked. */
double model_step(const struct model *m, double at, bool back);

/* Hosts in order of their names. */
size_t model_hosts(const struct model *m, struct host *const **hosts);
/* The host's own subject, or NULL. */
const struct subject *model_self(const struct host *h);
/* As of the cursor. */
struct answer model_read(const struct model *m, const struct subject *s,
    enum track t);
/* Whether any source ever told it of the subject. */
bool model_knows(const struct subject *s, enum track t);
/* The sum over the host's subjects of t's kind; not known when one that is
 * there does not know its part. */
struct answer model_sum(const struct model *m, const struct host *h,
    enum track t);
/* How many subjects of a kind the host has at the cursor. */
size_t model_count(const struct model *m, const struct host *h,
    enum track_kind kind);
/* Of the host's own subject, else of its newest round; age in seconds (NAN:
 * nothing ever). */
enum freshness model_host_state(const struct model *m, const struct host *h,
    double *age);
/* Seconds between the samples of the host's own subject; NAN: not known. */
double model_interval(const struct host *h);
/* Whether a round has ended at ts, and other sources as quick as the
 * quickest are still about to end theirs. */
bool model_awaits(const struct model *m, double ts);
/* How fresh one source's view of a subject is. */
enum freshness model_observed(const struct model *m,
    const struct series_entity *n);
struct series_table *model_series(const struct model *m);
struct intern *model_names(const struct model *m);

#endif
