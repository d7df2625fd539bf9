/* SPDX-License-Identifier: MIT */
/*
 * job: one source at work: its rounds, its process if it has one, what
 * becomes of its lines.  A job never waits: a round is begun, and over when
 * its mark, its end or its deadline comes.
 */
#ifndef NC_COLLECT_JOB_H
#define NC_COLLECT_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/intern.h"
#include "base/loop.h"
#include "base/rng.h"
#include "output.h"
#include "settings.h"
#include "source.h"

/* What all jobs of a program share; borrowed by each. */
struct job_setting {
	struct loop *loop;
	struct output *out;
	struct intern *names;
	struct diag *diag;
	struct rng rng; /* of the respawn jitter */
	const char *host, *root, *boot, *run; /* boot "": not known */
	double now; /* --now, or NAN */
	bool once;
	enum metric_level level;
	/* A round of any job is over. */
	void (*over)(void *arg);
	void *arg;
};

/* When and what of a round, from whoever keeps time. */
struct job_due {
	double ts; /* epoch seconds; moved on by the interval with --now */
	double late; /* seconds behind its time */
	uint64_t missed; /* rounds left out before it */
	const char *reason; /* of those: "blocked" by the reader, or "late" */
};

struct job_totals {
	uint64_t rounds, failures, timeouts, skipped, restarts, bad_lines,
	    missed;
	double last_success; /* epoch seconds; 0: never */
};

struct job;

/* Borrows wanted and setting.  interval NAN: not known.  Owned: job_free(),
 * which kills its process. */
struct job *job_new(const struct wanted *w, struct job_setting *setting,
    double interval);
void job_free(struct job *j); /* NULL is fine */
/* Begins a round, or skips it when the last is still under way. */
void job_round(struct job *j, const struct job_due *due);
/* True while a round is under way. */
bool job_busy(const struct job *j);
/* True when its rounds are answered by something outside this process. */
bool job_outside(const struct job *j);
/* Time during which we, not the source, were slow: deadlines move on. */
void job_excuse(struct job *j, int64_t ns);
/* A child has ended somewhere. */
void job_tend(struct job *j);
/* Adds its totals to sum. */
void job_add_totals(const struct job *j, struct job_totals *sum);

/* The run as a source sees it, for --doctor. */
void job_describe_run(const struct wanted *w, const struct job_setting *s,
    double interval, struct source_run *run);

#endif
