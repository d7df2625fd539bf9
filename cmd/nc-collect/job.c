/* SPDX-License-Identifier: MIT */
/*
 * job: see job.h.  Three kinds share one life: a round begins, lines come
 * out of it, a sweep record closes it.  In-process sources do all of it in
 * one call; a child answers a request with lines and a mark; a program of
 * `exec` is its round (started, read, ended) or, with `stream`, is asked
 * nothing and its lines are summed up each round.  Never waits.
 */
#include "job.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adopt.h"
#include "base/clock.h"
#include "base/mem.h"
#include "process.h"
#include "worker.h"

#define STDERR_LINE 512
#define LATE_NS (CLOCK_NS_PER_S / 20) /* late enough to be our own fault */
#define SETTLED_NS (10 * CLOCK_NS_PER_S) /* a stream that ran so long runs */

enum job_kind { JOB_HERE, JOB_CHILD, JOB_PROGRAM, JOB_STREAM };

struct job {
	const struct wanted *wanted;
	struct job_setting *set;
	struct source_run run;
	struct worker_job worker; /* what the forked child is told */
	enum job_kind kind;
	double timeout; /* seconds; INFINITY: none */
	struct frame *frame; /* records of ours about it; all of its own when
				it is in-process */
	void *state; /* in-process: of open() */
	bool is_open;
	struct process *process; /* NULL: in-process */
	struct adopt *adopt; /* of a program */
	bool elsewhere; /* its child looks at another node */
	uint64_t line_number;
	int64_t started; /* of the process, mono ns */

	bool busy;
	struct source_round round;
	double late;
	int64_t began; /* mono ns */
	int64_t deadline; /* mono ns, LOOP_NEVER without */
	struct loop_timer *timer;
	uint64_t skipped; /* since the last sweep */
	char *bad_sort, *said_sort; /* what repeats are counted under */
	char told[200]; /* the trouble last said on standard error */
	struct job_totals totals;
};

void
job_describe_run(const struct wanted *w, const struct job_setting *s,
    double interval, struct source_run *run)
{
	*run = (struct source_run){
	    .settings = &w->set,
	    .name = wanted_name(w),
	    .target = w->target,
	    .host = s->host,
	    .root = s->root,
	    .level = w->has_level ? w->level : s->level,
	    .interval = interval,
	    .now = s->now,
	    .once = s->once,
	    .diag = s->diag,
	};
}

void
job_add_totals(const struct job *j, struct job_totals *sum)
{
	const struct job_totals *t = &j->totals;

	sum->rounds += t->rounds;
	sum->failures += t->failures;
	sum->timeouts += t->timeouts;
	sum->skipped += t->skipped;
	sum->missed += t->missed;
	sum->restarts += t->restarts;
	sum->bad_lines += t->bad_lines;
	if (t->last_success > sum->last_success)
		sum->last_success = t->last_success;
}

bool
job_busy(const struct job *j)
{
	return j->busy;
}

bool
job_outside(const struct job *j)
{
	return j->kind != JOB_HERE;
}

/* The time a record of ours about a round bears. */
static void
set_clock(struct job *j, double ts, double up)
{
	/* The boot clock here is not that node's. */
	frame_clock(j->frame, ts, j->elsewhere ? (double)NAN : up);
}

static void
set_clock_now(struct job *j)
{
	if (isnan(j->set->now))
		set_clock(j, clock_real(),
		    *j->run.root == '\0' ? clock_boot() : (double)NAN);
	else
		set_clock(j, j->round.ts, NAN);
}

/* Trouble goes into the stream each time, to standard error when it is
 * new. */
static void
trouble(struct job *j, const char *code, const char *text)
{
	source_error(j->frame, "", (struct span){0}, code, "%s", text);
	j->totals.failures++;
	if (strcmp(j->told, text) == 0)
		return;
	diag_say(j->set->diag, DIAG_WARN, j->run.name, "%s", text);
	snprintf(j->told, sizeof(j->told), "%s", text);
}

static void
sweep(struct job *j, const struct worker_mark *m, unsigned timeouts)
{
	struct frame *f = j->frame;
	int64_t took = clock_mono_ns() - j->began;

	frame_begin(f, RECORD_SWEEP, "", (struct span){0});
	frame_interval(f, j->run.interval);
	if (*j->set->boot != '\0' && !j->elsewhere)
		frame_text(f, "boot", span_of(j->set->boot));
	frame_text(f, "run", span_of(j->set->run));
	frame_number(f, "seq", (double)j->round.seq);
	if (isnan(j->set->now))
		frame_value(f, "took_seconds", round((double)took / 1e3) / 1e6);
	frame_value_u64(f, "entities", m->entities);
	frame_value_u64(f, "samples", m->samples);
	frame_value_u64(f, "timeouts", timeouts);
	frame_value_u64(f, "failures", m->failed);
	frame_value_u64(f, "skipped", j->skipped);
	if (isnan(j->set->now))
		frame_value(f, "late_seconds", round(j->late * 1e6) / 1e6);
	frame_end(f);
}

/* A stream that has only just been started has proved nothing yet. */
static void
note_success(struct job *j)
{
	if (j->kind == JOB_STREAM && clock_mono_ns() - j->started < SETTLED_NS)
		return;
	if (j->process != NULL)
		process_went_well(j->process);
	j->told[0] = '\0';
}

static void
job_end_round(struct job *j, const struct worker_mark *m, unsigned timeouts)
{
	set_clock_now(j);
	if (m->failed)
		trouble(j, timeouts != 0 ? "timeout" : "failed", m->message);
	else {
		note_success(j);
		j->totals.last_success = isnan(j->set->now) ? clock_real()
							    : j->round.ts;
	}
	sweep(j, m, timeouts);
	j->totals.timeouts += timeouts;
	j->totals.rounds++;
	j->skipped = 0;
	j->busy = false;
	j->deadline = LOOP_NEVER;
	loop_timer_set(j->timer, LOOP_NEVER);
	j->set->over(j->set->arg);
}

static void
fail_round(struct job *j, unsigned timeouts, const char *why)
{
	struct worker_mark m = {.failed = true};

	snprintf(m.message, sizeof(m.message), "%s", why);
	if (j->adopt != NULL) {
		m.entities = adopt_counts(j->adopt)->samples;
		m.samples = adopt_counts(j->adopt)->values;
	}
	job_end_round(j, &m, timeouts);
}

/* --- in this process ------------------------------------------------------ */

static void
collect_here(struct job *j)
{
	const struct source *s = j->wanted->source;
	struct frame_counts *c = frame_counts(j->frame);
	struct worker_mark m = {0};
	struct nc_err e = {0};
	int rc = 0;

	*c = (struct frame_counts){0};
	output_gather(j->set->out);
	if (!j->is_open && s->open != NULL)
		rc = s->open(&j->run, &j->state, &e);
	j->is_open = rc == 0;
	if (rc == 0)
		rc = s->collect(j->state, &j->run, &j->round, j->frame, &e);
	m.entities = c->samples;
	m.samples = c->values;
	if (rc == -1 && output_error(j->set->out) == 0) {
		m.failed = true;
		snprintf(m.message, sizeof(m.message), "%s", e.msg);
	}
	job_end_round(j, &m, 0);
	output_flush(j->set->out);
}

/* --- lines of a child ----------------------------------------------------- */

/* A line of a worker: a mark, or a record on its way. */
static void
worker_line(struct job *j, const char *line, size_t len)
{
	struct worker_mark m = {0};
	struct span host;
	char *name;

	if (worker_host(line, len, &host)) {
		name = xmemdup0(host.p, host.len);
		frame_origin(j->frame, name, j->run.name);
		free(name);
		j->elsewhere = true;
		return;
	}
	if (worker_mark(line, len, &m) == 0) {
		output_line(j->set->out, line, len);
		return;
	}
	/* The mark of a round that was given up is of no use any more. */
	if (j->busy && m.seq == j->round.seq)
		job_end_round(j, &m, 0);
}

static void
program_line(struct job *j, struct span line)
{
	struct nc_err e = {0};
	double ts = isnan(j->set->now) ? clock_real() : j->round.ts;

	j->line_number++;
	if (line.p != NULL && line.len == 0)
		return;
	if (line.p == NULL)
		err_set(&e, 0, "longer than 1 MiB");
	else if (adopt_line(j->adopt, line.p, line.len, ts, &e) != -1)
		return;
	j->totals.bad_lines++;
	diag_limited(j->set->diag, DIAG_WARN, j->bad_sort, j->run.name,
	    "line %llu: %s (skipped)", (unsigned long long)j->line_number,
	    e.msg);
}

static void
on_line(void *arg, struct span line)
{
	struct job *j = arg;
	/* A worker's lines are its frame's: short, ended by an LF. */
	char text[FRAME_LINE_MAX];

	if (output_error(j->set->out) != 0)
		return;
	output_gather(j->set->out);
	if (j->kind != JOB_CHILD) {
		program_line(j, line);
	} else if (line.len < sizeof(text)) {
		memcpy(text, line.p, line.len);
		text[line.len] = '\n';
		worker_line(j, text, line.len + 1);
	}
}

static void
on_pause(void *arg)
{
	output_flush(((struct job *)arg)->set->out);
}

/* What a program says on its standard error is said on ours, in its name. */
static void
on_said(void *arg, struct span line)
{
	struct job *j = arg;

	if (line.len > STDERR_LINE)
		line.len = STDERR_LINE;
	if (line.len != 0)
		diag_limited(j->set->diag, DIAG_WARN, j->said_sort, j->run.name,
		    "%.*s", SPAN_ARG(line));
}

/* --- its process ---------------------------------------------------------- */

static void
restart_later(struct job *j)
{
	process_back_off(j->process);
	j->totals.restarts++;
}

static void
on_ended(void *arg, bool good, const char *how)
{
	struct job *j = arg;
	struct worker_mark m = {0};

	if (j->kind != JOB_PROGRAM)
		restart_later(j);
	if (!j->busy) {
		set_clock_now(j);
		trouble(j, "failed", how);
	} else if (j->kind == JOB_PROGRAM && good) {
		m.entities = adopt_counts(j->adopt)->samples;
		m.samples = adopt_counts(j->adopt)->values;
		job_end_round(j, &m, 0);
	} else
		fail_round(j, 0, how);
}

static void
free_strings(char **v)
{
	size_t i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

/* Ours, and what a program may want to know. */
static char **
environment(const struct job *j)
{
	char **v, **e;
	size_t n = 0;

	for (e = environ; e != NULL && *e != NULL; e++)
		n++;
	v = xcalloc(n + 4, sizeof(*v));
	for (n = 0, e = environ; e != NULL && *e != NULL; e++)
		if (strncmp(*e, "NC_HOST=", 8) != 0 &&
		    strncmp(*e, "NC_INTERVAL=", 12) != 0 &&
		    strncmp(*e, "NC_LEVEL=", 9) != 0)
			v[n++] = xstrdup(*e);
	v[n++] = xasprintf("NC_HOST=%s", j->run.host);
	v[n++] = xasprintf("NC_LEVEL=%s", metric_level_name(j->run.level));
	if (!isnan(j->run.interval))
		v[n++] = xasprintf("NC_INTERVAL=%g", j->run.interval);
	return v;
}

/* A running process, or the round fails here. */
static int
need_process(struct job *j)
{
	struct child_options o = {0};
	char **argv = NULL, **envp = NULL;
	struct nc_err e = {0};
	int rc = 0;

	if (process_running(j->process))
		return 0;
	if (j->kind == JOB_CHILD) {
		o.run = worker_main;
		o.run_arg = &j->worker;
		o.pipe_in = true;
	} else if ((argv = j->wanted->source->program(&j->run, &e)) == NULL) {
		rc = -1;
	} else {
		envp = environment(j);
		o.argv = (const char *const *)argv;
		o.envp = (const char *const *)envp;
		o.pipe_err = true;
		j->line_number = 0;
	}
	if (rc == 0)
		rc = process_start(j->process, &o, &e);
	j->started = clock_mono_ns();
	free_strings(argv);
	free_strings(envp);
	/* While it is not yet time the former trouble is still the trouble. */
	if (rc == -1)
		fail_round(j, 0,
		    e.code == EAGAIN && j->told[0] != '\0' ? j->told : e.msg);
	return rc;
}

/* --- rounds --------------------------------------------------------------- */

/*
 * The deadline of the round has passed.  When that is long ago it was us who
 * were stopped or starved, and could not have read an answer: then it gets
 * that time back.
 */
static void
expired(struct loop *l, void *arg)
{
	struct job *j = arg;
	int64_t late = loop_now(l) - j->deadline;
	char why[64];

	if (!j->busy)
		return;
	if (late > LATE_NS) {
		job_excuse(j, 2 * late);
		return;
	}
	snprintf(why, sizeof(why), "no answer in %g s, killed", j->timeout);
	process_stop(j->process);
	if (j->kind == JOB_CHILD)
		restart_later(j);
	fail_round(j, 1, why);
}

static void
arm(struct job *j)
{
	j->deadline = LOOP_NEVER;
	if (isinf(j->timeout))
		return;
	j->deadline = j->began + clock_ns(j->timeout);
	loop_timer_set(j->timer, j->deadline);
}

static void
ask_child(struct job *j)
{
	if (need_process(j) == -1)
		return;
	arm(j);
	j->round.deadline = (double)INFINITY;
	if (j->deadline != LOOP_NEVER)
		j->round.deadline = (double)j->deadline / 1e9;
	/* When it has just died its end will be told, and with it this. */
	process_write(j->process, &j->round, sizeof(j->round));
}

/* What a stream has said since the last round. */
static void
sum_up_stream(struct job *j)
{
	struct worker_mark m = {0};

	if (need_process(j) == -1)
		return;
	m.entities = adopt_counts(j->adopt)->samples;
	m.samples = adopt_counts(j->adopt)->values;
	*adopt_counts(j->adopt) = (struct frame_counts){0};
	if (j->busy)
		job_end_round(j, &m, 0);
}

static void
gap(struct job *j, const struct job_due *due)
{
	struct frame *f = j->frame;

	set_clock_now(j);
	frame_begin(f, RECORD_GAP, "", (struct span){0});
	frame_interval(f, j->run.interval);
	frame_text(f, "reason", span_of(due->reason));
	frame_number(f, "missed", (double)due->missed);
	frame_end(f);
	j->totals.missed += due->missed;
	j->skipped += due->missed;
}

void
job_round(struct job *j, const struct job_due *due)
{
	if (due->missed != 0)
		gap(j, due);
	if (j->busy) {
		j->skipped++;
		j->totals.skipped++;
		return;
	}
	if (j->totals.rounds != 0)
		j->round.seq++;
	j->busy = true;
	j->began = clock_mono_ns();
	j->late = due->late;
	j->round.ts = due->ts;
	j->round.up = NAN;
	j->round.deadline = INFINITY;
	if (isnan(j->set->now) && *j->run.root == '\0')
		j->round.up = clock_boot();
	set_clock(j, j->round.ts, j->round.up);
	switch (j->kind) {
	case JOB_HERE:
		collect_here(j);
		break;
	case JOB_CHILD:
		ask_child(j);
		break;
	case JOB_PROGRAM:
		*adopt_counts(j->adopt) = (struct frame_counts){0};
		if (need_process(j) == 0)
			arm(j);
		break;
	case JOB_STREAM:
		sum_up_stream(j);
		break;
	}
}

void
job_excuse(struct job *j, int64_t ns)
{
	if (!j->busy || j->deadline == LOOP_NEVER)
		return;
	j->deadline += ns;
	loop_timer_set(j->timer, j->deadline);
}

void
job_tend(struct job *j)
{
	if (j->process != NULL)
		process_tend(j->process);
}

/* --- beginning and end ---------------------------------------------------- */

static enum job_kind
kind_of(const struct source *s, const struct source_run *run)
{
	if (s->program != NULL)
		return source_get_switch(run, "stream") ? JOB_STREAM
							: JOB_PROGRAM;
	return (s->flags & SOURCE_BLOCKS) != 0 ? JOB_CHILD : JOB_HERE;
}

struct job *
job_new(const struct wanted *w, struct job_setting *setting, double interval)
{
	struct process_events events = {on_line, on_said, on_pause, on_ended,
	    NULL};
	struct job *j = xcalloc(1, sizeof(*j));
	size_t i;

	j->wanted = w;
	j->set = setting;
	job_describe_run(w, setting, interval, &j->run);
	j->worker = (struct worker_job){w, &j->run};
	j->kind = kind_of(w->source, &j->run);
	j->timeout = isnan(w->timeout) ? SETTINGS_TIMEOUT : w->timeout;
	if (j->kind == JOB_HERE || j->kind == JOB_STREAM)
		j->timeout = INFINITY;
	j->frame = frame_new(output_line, setting->out);
	frame_origin(j->frame, setting->host, j->run.name);
	for (i = 0; i < w->nlabels; i++)
		frame_common_label(j->frame, w->labels[i].key,
		    span_of(w->labels[i].value));
	j->deadline = LOOP_NEVER;
	j->timer = loop_timer_add(setting->loop, LOOP_NEVER, expired, j);
	if (j->kind == JOB_HERE)
		return j;
	events.arg = j;
	j->process = process_new(setting->loop, &setting->rng, j->run.name,
	    &events);
	j->bad_sort = xasprintf("bad lines of %s", j->run.name);
	j->said_sort = xasprintf("lines said by %s", j->run.name);
	if (j->kind != JOB_CHILD)
		j->adopt = adopt_new(setting->names, &j->run, w, output_line,
		    setting->out);
	return j;
}

void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	if (j->kind == JOB_HERE && j->is_open &&
	    j->wanted->source->close != NULL)
		j->wanted->source->close(j->state);
	process_free(j->process);
	loop_timer_remove(j->timer);
	adopt_free(j->adopt);
	frame_free(j->frame);
	free(j->bad_sort);
	free(j->said_sort);
	free(j);
}
