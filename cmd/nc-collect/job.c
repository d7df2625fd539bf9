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
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"
#include "stream/reader.h"
#include "worker.h"

#define STUCK_MAX 2 /* children in uninterruptible sleep, then no more */
#define LINES_TURN 256 /* lines of one source before others get their turn */
#define LINES_LAST 1000000 /* of one whose round ends now */
#define STDERR_LINE 512

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

	struct children *children;
	struct child *child; /* NULL: not running */
	struct loop_fd *out_fd, *err_fd;
	struct reader *out_reader, *err_reader;
	struct loop_timer *more; /* lines wait in memory */
	struct adopt *adopt; /* of a program */
	uint64_t line_number;
	struct backoff backoff;
	int64_t not_before; /* no start before this, mono ns */
	bool stuck_told;

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

double
job_interval(const struct job *j)
{
	return j->run.interval;
}

const struct job_totals *
job_totals(const struct job *j)
{
	return &j->totals;
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
	frame_clock(j->frame, ts, up);
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
	if (*j->set->boot != '\0')
		frame_text(f, "boot", span_of(j->set->boot));
	frame_text(f, "run", span_of(j->set->run));
	frame_number(f, "seq", (double)j->round.seq);
	if (isnan(j->set->now))
		frame_value(f, "took_seconds", (double)(took / 1000) / 1e6);
	frame_value_u64(f, "entities", m->entities);
	frame_value_u64(f, "samples", m->samples);
	frame_value_u64(f, "timeouts", timeouts);
	frame_value_u64(f, "failures", m->failed);
	frame_value_u64(f, "skipped", j->skipped);
	if (isnan(j->set->now))
		frame_value(f, "late_seconds", round(j->late * 1e6) / 1e6);
	frame_end(f);
}

static void
job_end_round(struct job *j, const struct worker_mark *m, unsigned timeouts)
{
	set_clock_now(j);
	if (m->failed)
		trouble(j, timeouts != 0 ? "timeout" : "failed", m->message);
	else {
		j->backoff.tries = 0;
		j->told[0] = '\0';
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
}

/* --- lines of a child ----------------------------------------------------- */

/* A line of a worker: a mark, or a record on its way. */
static void
worker_line(struct job *j, const char *line, size_t len)
{
	struct worker_mark m = {0};

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
	if (line.len == 0)
		return;
	if (adopt_line(j->adopt, line.p, line.len, ts, &e) != -1)
		return;
	j->totals.bad_lines++;
	diag_limited(j->set->diag, DIAG_WARN, j->bad_sort, j->run.name,
	    "line %llu: %s (skipped)", (unsigned long long)j->line_number,
	    e.msg);
}

static void
out_line(struct job *j, struct span line)
{
	/* A worker's lines are its frame's: short, ended by an LF. */
	char text[FRAME_LINE_MAX];

	if (j->kind != JOB_CHILD) {
		program_line(j, line);
	} else if (line.len < sizeof(text)) {
		memcpy(text, line.p, line.len);
		text[line.len] = '\n';
		worker_line(j, text, line.len + 1);
	}
}

static void
out_too_long(struct job *j)
{
	j->line_number++;
	j->totals.bad_lines++;
	diag_limited(j->set->diag, DIAG_WARN, j->bad_sort, j->run.name,
	    "line %llu: longer than 1 MiB (skipped)",
	    (unsigned long long)j->line_number);
}

/* What a program says on its standard error is said on ours, in its name. */
static void
err_line(struct job *j, struct span line)
{
	if (line.len > STDERR_LINE)
		line.len = STDERR_LINE;
	if (line.len != 0)
		diag_limited(j->set->diag, DIAG_WARN, j->said_sort, j->run.name,
		    "%.*s", SPAN_ARG(line));
}

static void read_lines(struct job *j, bool err, size_t most);

/* --- its process ---------------------------------------------------------- */

static void
drop_fds(struct job *j)
{
	loop_fd_remove(j->out_fd);
	loop_fd_remove(j->err_fd);
	j->out_fd = j->err_fd = NULL;
	reader_close(j->out_reader);
	reader_close(j->err_reader);
	j->out_reader = j->err_reader = NULL;
	loop_timer_set(j->more, LOOP_NEVER);
}

/* Lets go of the process, dead or alive. */
static void
drop_child(struct job *j)
{
	drop_fds(j);
	child_free(j->child);
	j->child = NULL;
}

/* The next start waits, longer each time it goes wrong. */
static void
back_off(struct job *j)
{
	double s = backoff_next(&j->backoff, rng_uniform(&j->set->rng));

	j->not_before = clock_mono_ns() + clock_ns(s);
	j->totals.restarts++;
}

static void
child_ended(struct child *c, const struct child_end *end, void *arg)
{
	struct job *j = arg;
	struct worker_mark m = {0};
	bool good = end->exec_errno == 0 && end->status == 0;
	char why[160], text[200];

	/* A former one, given up and reaped at last. */
	if (c != j->child)
		return;
	read_lines(j, false, LINES_LAST);
	read_lines(j, true, LINES_TURN);
	child_describe(end, why, sizeof(why));
	snprintf(text, sizeof(text), "%s",
	    j->kind == JOB_CHILD && good ? "ended by itself" : why);
	drop_child(j);
	if (j->kind == JOB_PROGRAM && good) {
		m.entities = adopt_counts(j->adopt)->samples;
		m.samples = adopt_counts(j->adopt)->values;
		if (j->busy)
			job_end_round(j, &m, 0);
		return;
	}
	if (j->kind != JOB_PROGRAM)
		back_off(j);
	if (j->busy)
		fail_round(j, 0, text);
	else {
		set_clock_now(j);
		trouble(j, "failed", text);
	}
}

/*
 * Lines as long as there are any, but not so many that others starve (the
 * timer goes on with the rest).  At its end a descriptor would wake us for
 * ever; what follows is told by the end of the process.
 */
static void
read_lines(struct job *j, bool err, size_t most)
{
	struct reader *r = err ? j->err_reader : j->out_reader;
	struct loop_fd **fd = err ? &j->err_fd : &j->out_fd;
	struct span line;
	struct nc_err e;

	while (r != NULL && most-- != 0 && output_error(j->set->out) == 0) {
		switch (reader_next(r, &line, &e)) {
		case READER_LINE:
		case READER_PARTIAL:
			if (err)
				err_line(j, line);
			else
				out_line(j, line);
			break;
		case READER_LONG:
			if (!err)
				out_too_long(j);
			break;
		case READER_WAIT:
			return;
		default:
			loop_fd_remove(*fd);
			*fd = NULL;
			return;
		}
	}
	if (r != NULL && reader_pending(r))
		loop_timer_set(j->more, clock_mono_ns());
}

static void
read_more(struct loop *l, void *arg)
{
	struct job *j = arg;

	(void)l;
	read_lines(j, false, LINES_TURN);
	read_lines(j, true, LINES_TURN);
}

static void
out_ready(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	read_lines(arg, false, LINES_TURN);
}

static void
err_ready(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	read_lines(arg, true, LINES_TURN);
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

static int
start_child(struct job *j, struct nc_err *e)
{
	struct child_options o = {.on_end = child_ended, .arg = j};
	char **argv = NULL, **envp = NULL;

	if (j->kind == JOB_CHILD) {
		o.run = worker_main;
		o.run_arg = &j->worker;
		o.pipe_in = true;
	} else {
		argv = j->wanted->source->program(&j->run, e);
		if (argv == NULL)
			return -1;
		envp = environment(j);
		o.argv = (const char *const *)argv;
		o.envp = (const char *const *)envp;
		o.pipe_err = true;
	}
	j->child = child_start(j->children, &o, e);
	free_strings(argv);
	free_strings(envp);
	if (j->child == NULL)
		return -1;
	j->line_number = 0;
	j->out_reader = reader_open_fd(child_out(j->child), j->run.name);
	j->out_fd = loop_fd_add(j->set->loop, child_out(j->child), LOOP_READ,
	    out_ready, j);
	if (child_err(j->child) != -1) {
		j->err_reader = reader_open_fd(child_err(j->child),
		    j->run.name);
		j->err_fd = loop_fd_add(j->set->loop, child_err(j->child),
		    LOOP_READ, err_ready, j);
	}
	return 0;
}

/* A running process, or the round fails here. */
static int
need_child(struct job *j)
{
	struct nc_err e = {0};
	int64_t now = clock_mono_ns();
	size_t stuck;

	if (j->child != NULL)
		return 0;
	children_tend(j->children, now);
	if ((stuck = children_stuck(j->children)) >= STUCK_MAX) {
		err_set(&e, 0,
		    "%zu of its processes hang in the kernel, no "
		    "more are started",
		    stuck);
	} else if (now < j->not_before) {
		err_set(&e, 0, "%s",
		    j->told[0] != '\0' ? j->told : "not running");
	} else if (start_child(j, &e) == 0)
		return 0;
	else
		back_off(j);
	fail_round(j, 0, e.msg);
	return -1;
}

/* --- rounds --------------------------------------------------------------- */

/* The deadline of the round has passed: whatever the pipe still holds counts,
 * for it may have been us who were stopped. */
static void
expired(struct loop *l, void *arg)
{
	struct job *j = arg;
	char why[64];

	(void)l;
	if (!j->busy)
		return;
	read_lines(j, false, LINES_LAST);
	if (!j->busy)
		return;
	snprintf(why, sizeof(why), "no answer in %g s, killed", j->timeout);
	drop_child(j);
	if (j->kind == JOB_CHILD)
		back_off(j);
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
	ssize_t n;

	if (need_child(j) == -1)
		return;
	arm(j);
	j->round.deadline = (double)j->deadline / 1e9;
	while ((n = write(child_in(j->child), &j->round, sizeof(j->round))) ==
		   -1 &&
	       errno == EINTR)
		continue;
	/* When it just died its end will be told, and the round with it. */
}

/* What a stream has said since the last round. */
static void
sum_up_stream(struct job *j)
{
	struct worker_mark m = {0};

	if (need_child(j) == -1)
		return;
	read_lines(j, false, LINES_LAST);
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
		if (need_child(j) == 0)
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
	if (j->children != NULL)
		children_tend(j->children, clock_mono_ns());
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
	j->backoff = (struct backoff)BACKOFF_RESPAWN;
	j->children = children_new();
	j->more = loop_timer_add(setting->loop, LOOP_NEVER, read_more, j);
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
	if (j->children != NULL) {
		drop_child(j);
		children_free(j->children);
	}
	loop_timer_remove(j->timer);
	loop_timer_remove(j->more);
	adopt_free(j->adopt);
	frame_free(j->frame);
	free(j->bad_sort);
	free(j->said_sort);
	free(j);
}
