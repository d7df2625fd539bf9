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

#include "annals.h"
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

/* What a sweep says of its round. */
enum round {
	ROUND_TOOK,
	ROUND_LATE,
	ROUND_ENTITIES,
	ROUND_SAMPLES,
	ROUND_TIMEOUTS,
	ROUND_SKIPPED,
	ROUND_FAILURES,
	ROUND_COUNT
};

/* What went wrong with a source, counted up. */
enum lapse { LAPSE_GAPS, LAPSE_MISSED, LAPSE_ERRORS, LAPSE_COUNT };

/* The rounds of one source on one host. */
struct feed {
	uint32_t serial;
	struct host *host;
	char *source; /* owned */
	struct history rounds; /* enum round: when each round ended */
	struct history lapses; /* enum lapse: a row when one happens */
	double interval; /* shortest of its samples, NAN: not said */
	unsigned sweeps;
	double samples; /* its rounds say they made, here or elsewhere */
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

/* A subject the model keeps: the user word of a struct subject. */
struct thing {
	uint32_t serial; /* never used for another */
	enum track_kind kind;
	struct host *host;
	struct subject *subject;
	const struct place *place; /* what is said of it; see model_place() */
	uint32_t version; /* of the annals when place was looked up */
};

struct thing_list {
	struct thing **at; /* owned; in order of first appearance */
	size_t count, cap;
};

struct host {
	uint32_t serial;
	char *name; /* owned */
	struct feed *feeds;
	struct thing_list things[KIND_COUNT];
	double newest; /* latest ts of any of its records, NAN: none */
	double ahead; /* seconds its clock is ahead of ours, 0: not */
	bool listed; /* something is known of the machine itself */
	const struct place *place;
	uint32_t version;
};

/* One value of a history. */
struct point {
	double ts, value; /* value NAN: read then, but not known */
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

/* Works out what was the matter at the cursor; before a drawing. */
void model_settle(struct model *m);
const struct annals *model_annals(const struct model *m);
/* What is the matter in the whole fleet, as settled. */
struct trouble model_trouble(const struct model *m);
/* What is said of a thing or a host; NULL: nothing. */
const struct place *model_place(const struct model *m, struct thing *t);
const struct place *model_host_place(const struct model *m, struct host *h);

/* Hosts in order of their names: machines of which something is known. */
size_t model_hosts(const struct model *m, struct host *const **hosts);
/* The same with those that only tell of others. */
size_t model_everyone(const struct model *m, struct host *const **hosts);
struct host *model_host(const struct model *m, struct span name);
/* NULL when there is none. */
struct thing *model_thing(const struct model *m, const char *host,
    const char *entity, const char *id);
/* What a disk or interface of a machine lies on, NULL: not known. */
struct thing *model_base(const struct model *m, const struct thing *t);
/* The thing behind a subject, NULL: the model keeps nothing of it. */
struct thing *thing_of(const struct subject *s);
/* What people call it. */
const char *thing_name(const struct thing *t);
enum freshness model_thing_state(const struct model *m, const struct thing *t,
    double *age);
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
/* The sum over the parts of t's kind; not known when one that is there does
 * not know its own, or when there is none. */
struct answer model_parts(const struct model *m, const struct thing *t,
    enum track what);
/*
 * Values with from < ts <= to that the best source has, oldest first, at most
 * max, the newest ones; gap (may be NULL): seconds beyond which two points
 * are not neighbours.
 */
size_t model_points(const struct model *m, const struct subject *s,
    enum track t, double from, double to, struct point *out, size_t max,
    double *gap);
/* How many subjects of a kind the host has at the cursor. */
size_t model_count(const struct model *m, const struct host *h,
    enum track_kind kind);
/* Of the host's own subject, else of its newest round; age in seconds (NAN:
 * nothing ever). */
enum freshness model_host_state(const struct model *m, const struct host *h,
    double *age);
/* Seconds between the samples of a subject (NULL is fine); NAN: not known. */
double subject_interval(const struct subject *s);
/* What a round at the cursor said, NAN: not said, or none. */
double model_round(const struct model *m, const struct feed *f, enum round what,
    double *age);
double model_lapses(const struct model *m, const struct feed *f,
    enum lapse what);
/* Of its rounds alone; age in seconds. */
enum freshness model_feed_state(const struct model *m, const struct feed *f,
    double *age);
double model_feed_interval(const struct model *m, const struct feed *f);
/* Whether a round has ended at ts, and other sources as quick as the
 * quickest are still about to end theirs. */
bool model_awaits(const struct model *m, double ts);
/* How fresh one source's view of a subject is. */
enum freshness model_observed(const struct model *m,
    const struct series_entity *n);
struct series_table *model_series(const struct model *m);
struct intern *model_names(const struct model *m);

#endif
