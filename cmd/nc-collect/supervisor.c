/* SPDX-License-Identifier: MIT */
/*
 * supervisor: see supervisor.h.  Sources of one interval share a cadence; in
 * each round the children are asked first, so that they work while we read
 * /proc ourselves.  Never collects anything, never waits but in the loop and
 * for the reader of our output.
 */
#include "supervisor.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/hash.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/sig.h"
#include "job.h"
#include "own.h"
#include "stream/frame.h"

struct cadence {
	struct supervisor *sv;
	double interval; /* NAN: one round only */
	struct job **jobs;
	size_t njobs;
	struct loop_tick *tick;
	uint64_t rounds;
	int64_t last; /* mono ns of the last round */
	int64_t blocked; /* ns the reader held us up since then */
};

struct supervisor {
	const struct plan *plan;
	struct output *out;
	struct diag *diag;
	struct loop *loop;
	const struct sig *sig;
	struct job_setting set;
	char boot[64], run[20];
	struct frame *frame; /* records of no source */
	struct cadence *cadences; /* the first is that of -i */
	size_t ncadences;
	struct loop_fd *hangup;
	struct loop_timer *self;
	double late; /* of the last round of the first cadence */
	double started;
	uint64_t virtual_round; /* of --now */
	bool ending; /* no more rounds, those under way may finish */
};

/* --- records of our own --------------------------------------------------- */

static double
virtual_time(const struct supervisor *sv)
{
	double step = isnan(sv->plan->interval) ? 0 : sv->plan->interval;

	return sv->plan->now + (double)sv->virtual_round * step;
}

/* The time they bear. */
static struct frame *
now(struct supervisor *sv)
{
	const struct plan *p = sv->plan;
	double up = NAN;

	if (!isnan(p->now))
		frame_clock(sv->frame, virtual_time(sv), up);
	else {
		if (*p->root == '\0')
			up = clock_boot();
		frame_clock(sv->frame, clock_real(), up);
	}
	return sv->frame;
}

static void
sum_totals(const struct supervisor *sv, struct job_totals *sum)
{
	size_t i, k;

	*sum = (struct job_totals){0};
	for (i = 0; i < sv->ncadences; i++)
		for (k = 0; k < sv->cadences[i].njobs; k++)
			job_add_totals(sv->cadences[i].jobs[k], sum);
}

static void
emit_self(struct supervisor *sv)
{
	struct own_sample s = {.interval = sv->plan->self,
	    .started = sv->started,
	    .late = sv->late,
	    .records = output_lines(sv->out)};

	sum_totals(sv, &s.totals);
	own_sample(now(sv), &s);
}

static void
self_due(struct loop *l, void *arg)
{
	struct supervisor *sv = arg;

	emit_self(sv);
	loop_timer_set(sv->self, loop_now(l) + clock_ns(sv->plan->self));
}

/* --- when it ends --------------------------------------------------------- */

static bool
any_busy(const struct supervisor *sv)
{
	size_t i, k;

	for (i = 0; i < sv->ncadences; i++)
		for (k = 0; k < sv->cadences[i].njobs; k++)
			if (job_busy(sv->cadences[i].jobs[k]))
				return true;
	return false;
}

/* All rounds that were asked for have begun. */
static bool
all_begun(const struct supervisor *sv)
{
	return sv->ending || (sv->plan->rounds != 0 &&
				 sv->cadences[0].rounds >= sv->plan->rounds);
}

static void
round_over(void *arg)
{
	struct supervisor *sv = arg;

	if (output_error(sv->out) != 0 || (all_begun(sv) && !any_busy(sv)))
		loop_stop(sv->loop);
}

/* --- rounds --------------------------------------------------------------- */

static void
begin_round(struct cadence *c, const struct job_due *due)
{
	size_t i;
	int outside;

	c->rounds++;
	c->last = clock_mono_ns();
	c->blocked = 0;
	for (outside = 1; outside >= 0; outside--)
		for (i = 0; i < c->njobs; i++)
			if (job_outside(c->jobs[i]) == (outside == 1))
				job_round(c->jobs[i], due);
}

static void
tick(struct loop *l, const struct loop_round *r, void *arg)
{
	struct cadence *c = arg;
	struct supervisor *sv = c->sv;
	bool first = c == &sv->cadences[0];
	struct job_due due = {.late = r->late, .missed = r->missed};

	(void)l;
	if (all_begun(sv))
		return;
	/* The first round began when we did: a multiple that follows at once
	 * would only say the same again. */
	if (c->rounds == 1 && r->missed == 0 &&
	    clock_mono_ns() - c->last < clock_ns(c->interval / 2))
		return;
	if (first && r->stepped != 0)
		own_clock_step(now(sv), sv->plan->host, r->stepped);
	due.reason = (double)c->blocked > (double)r->missed * c->interval * 5e8
			 ? "blocked"
			 : "late";
	due.ts = clock_real();
	if (first) {
		sv->late = r->late;
		own_tick(now(sv), sv->plan->interval);
	}
	begin_round(c, &due);
	round_over(sv);
}

static void
begin_all(struct supervisor *sv)
{
	struct job_due due = {.reason = "late"};
	size_t i;

	due.ts = clock_real();
	if (!isnan(sv->plan->interval))
		own_tick(now(sv), sv->plan->interval);
	for (i = 0; i < sv->ncadences; i++)
		begin_round(&sv->cadences[i], &due);
	round_over(sv);
}

/* Until the job is done, or the deadline when it is NULL.  1: go on; 0: it is
 * over; -1: *e. */
static int
wait_virtual(struct supervisor *sv, const struct job *j, int64_t until,
    struct nc_err *e)
{
	while (j != NULL ? job_busy(j) : clock_mono_ns() < until) {
		if (output_error(sv->out) != 0 || sv->sig->stop != 0)
			return 0;
		if (loop_once(sv->loop, j != NULL ? LOOP_NEVER : until, e) ==
		    -1)
			return -1;
	}
	return output_error(sv->out) == 0 && sv->sig->stop == 0;
}

static bool
is_due(const struct supervisor *sv, const struct cadence *c)
{
	double step = sv->plan->interval;

	return c == &sv->cadences[0] || sv->virtual_round == 0 ||
	       fmod((double)sv->virtual_round * step, c->interval) < step;
}

/*
 * Time as --now has it: each source waits for the one before, each round for
 * the last, none is skipped, and what is printed depends on nothing but the
 * arguments.
 */
static int
run_virtual(struct supervisor *sv, struct nc_err *e)
{
	const struct plan *p = sv->plan;
	struct job_due due = {.reason = "late"};
	struct cadence *c;
	int64_t next;
	size_t i, k;
	int rc = 1;

	while (rc == 1 && !all_begun(sv)) {
		next = clock_mono_ns() + clock_ns(p->interval / p->speed);
		due.ts = virtual_time(sv);
		if (!isnan(p->interval))
			own_tick(now(sv), p->interval);
		for (i = 0; rc == 1 && i < sv->ncadences; i++) {
			c = &sv->cadences[i];
			if (!is_due(sv, c))
				continue;
			c->rounds++;
			for (k = 0; rc == 1 && k < c->njobs; k++) {
				job_round(c->jobs[k], &due);
				rc = wait_virtual(sv, c->jobs[k], 0, e);
			}
		}
		sv->virtual_round++;
		if (rc == 1 && !all_begun(sv))
			rc = wait_virtual(sv, NULL, next, e);
	}
	return rc == -1 ? -1 : 0;
}

/* --- what may happen ------------------------------------------------------ */

static void
on_stop(struct loop *l, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_stop(l);
}

/* The configuration is to be read again: first what is under way. */
static void
on_reload(struct loop *l, int signo, void *arg)
{
	struct supervisor *sv = arg;

	(void)l;
	(void)signo;
	sv->ending = true;
	round_over(sv);
}

static void
on_child(struct loop *l, int signo, void *arg)
{
	struct supervisor *sv = arg;
	size_t i, k;

	(void)l;
	(void)signo;
	for (i = 0; i < sv->ncadences; i++)
		for (k = 0; k < sv->cadences[i].njobs; k++)
			job_tend(sv->cadences[i].jobs[k]);
}

static void
on_report(struct loop *l, int signo, void *arg)
{
	struct supervisor *sv = arg;
	struct job_totals t;

	(void)l;
	(void)signo;
	sum_totals(sv, &t);
	own_report(sv->diag, output_lines(sv->out), &t);
	diag_flush(sv->diag);
}

static void
on_hangup(struct loop *l, int fd, unsigned events, void *arg)
{
	struct supervisor *sv = arg;

	(void)fd;
	(void)events;
	output_hangup(sv->out);
	loop_stop(l);
}

/* The reader held us up: that is nobody's lateness but ours. */
static void
blocked(void *arg, int64_t ns)
{
	struct supervisor *sv = arg;
	size_t i, k;

	for (i = 0; i < sv->ncadences; i++) {
		sv->cadences[i].blocked += ns;
		for (k = 0; k < sv->cadences[i].njobs; k++)
			job_excuse(sv->cadences[i].jobs[k], ns);
	}
}

static bool
give_up(void *arg)
{
	struct supervisor *sv = arg;

	return sv->sig->stop != 0;
}

/* --- beginning and end ---------------------------------------------------- */

/* The id of this boot, of the tree under --root when it holds one. */
static void
read_boot_id(struct supervisor *sv)
{
	char path[4096];
	FILE *f;

	if (!isnan(sv->plan->now) && *sv->plan->root == '\0')
		return;
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/random/boot_id",
	    sv->plan->root);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fgets(sv->boot, sizeof(sv->boot), f) == NULL)
		sv->boot[0] = '\0';
	sv->boot[strcspn(sv->boot, "\n")] = '\0';
	fclose(f);
}

static struct cadence *
cadence_of(struct supervisor *sv, double interval)
{
	struct cadence *c;
	size_t i;

	for (i = 0; i < sv->ncadences; i++) {
		c = &sv->cadences[i];
		if (c->interval == interval ||
		    (isnan(c->interval) && isnan(interval)))
			return c;
	}
	c = &sv->cadences[sv->ncadences++];
	*c = (struct cadence){.sv = sv, .interval = interval};
	return c;
}

static void
make_jobs(struct supervisor *sv)
{
	const struct wanted_list *l = &sv->plan->wanted;
	struct cadence *c;
	double interval;
	size_t i;

	sv->cadences = xcalloc(l->count + 1, sizeof(*sv->cadences));
	cadence_of(sv, sv->plan->interval);
	for (i = 0; i < l->count; i++) {
		interval = isnan(l->list[i].interval) ? sv->plan->interval
						      : l->list[i].interval;
		/* In one sweep all go once; the interval is only said. */
		c = sv->plan->rounds == 1 ? &sv->cadences[0]
					  : cadence_of(sv, interval);
		c->jobs = xreallocarray(c->jobs, c->njobs + 1,
		    sizeof(struct job *));
		c->jobs[c->njobs++] = job_new(&l->list[i], &sv->set, interval);
	}
}

static void
start_up(struct supervisor *sv, struct intern *names)
{
	struct hash_seed seed = hash_seed_random();
	const struct plan *p = sv->plan;

	read_boot_id(sv);
	if (isnan(p->now))
		snprintf(sv->run, sizeof(sv->run), "%016llx",
		    (unsigned long long)seed.k0);
	else
		snprintf(sv->run, sizeof(sv->run), "replay");
	sv->started = isnan(p->now) ? clock_real() : p->now;
	sv->set = (struct job_setting){
	    .loop = sv->loop,
	    .out = sv->out,
	    .names = names,
	    .diag = sv->diag,
	    .host = p->host,
	    .root = p->root,
	    .boot = sv->boot,
	    .run = sv->run,
	    .now = p->now,
	    .once = p->rounds == 1,
	    .level = p->level,
	    .over = round_over,
	    .arg = sv,
	};
	rng_seed(&sv->set.rng, seed.k1);
	sv->frame = frame_new(output_line, sv->out);
	frame_origin(sv->frame, p->host, OWN_NAME);
	make_jobs(sv);
	loop_signal(sv->loop, SIGTERM, on_stop, sv);
	loop_signal(sv->loop, SIGINT, on_stop, sv);
	loop_signal(sv->loop, SIGHUP, on_reload, sv);
	loop_signal(sv->loop, SIGUSR1, on_report, sv);
	loop_signal(sv->loop, SIGCHLD, on_child, sv);
	if (output_pollable(sv->out))
		sv->hangup = loop_fd_add(sv->loop, STDOUT_FILENO, LOOP_HANGUP,
		    on_hangup, sv);
	output_hooks(sv->out, blocked, give_up, sv);
}

static void
tear_down(struct supervisor *sv)
{
	size_t i, k;

	for (i = 0; i < sv->ncadences; i++) {
		loop_tick_remove(sv->cadences[i].tick);
		for (k = 0; k < sv->cadences[i].njobs; k++)
			job_free(sv->cadences[i].jobs[k]);
		free(sv->cadences[i].jobs);
	}
	free(sv->cadences);
	loop_fd_remove(sv->hangup);
	loop_timer_remove(sv->self);
	frame_free(sv->frame);
	loop_free(sv->loop);
}

static int
run_real(struct supervisor *sv, struct nc_err *e)
{
	const struct plan *p = sv->plan;
	size_t i;

	if (p->self > 0) {
		sv->self = loop_timer_add(sv->loop,
		    clock_mono_ns() + clock_ns(p->self), self_due, sv);
		emit_self(sv);
	}
	for (i = 0; i < sv->ncadences && p->rounds != 1; i++)
		sv->cadences[i].tick = loop_tick_add(sv->loop,
		    clock_ns(sv->cadences[i].interval), tick, &sv->cadences[i]);
	begin_all(sv);
	if (output_error(sv->out) != 0 || (all_begun(sv) && !any_busy(sv)))
		return 0;
	return loop_run(sv->loop, e);
}

int
supervisor_run(const struct plan *plan, struct output *out,
    struct intern *names, struct diag *diag, int *signo)
{
	struct supervisor sv = {.plan = plan, .out = out, .diag = diag};
	struct job_totals t;
	struct nc_err e = {0};
	int rc, status = NC_EXIT_OK;

	sv.sig = sig_install();
	if ((sv.loop = loop_new(&e)) == NULL) {
		diag_say(diag, DIAG_ERROR, NULL, "%s", e.msg);
		return NC_EXIT_FAILED;
	}
	start_up(&sv, names);
	rc = isnan(plan->now) ? run_real(&sv, &e) : run_virtual(&sv, &e);
	if (rc == -1) {
		diag_say(diag, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_FAILED;
	} else if (output_error(out) == 0)
		output_round(out);
	sum_totals(&sv, &t);
	if (status == NC_EXIT_OK && plan->rounds != 0 &&
	    (t.failures != 0 || t.timeouts != 0))
		status = NC_EXIT_PARTIAL;
	if (status == NC_EXIT_OK &&
	    (t.bad_lines != 0 || output_refused(out) != 0))
		status = NC_EXIT_PARTIAL;
	*signo = sv.sig->stop;
	if (*signo == 0 && sv.sig->reload)
		*signo = SIGHUP;
	sig_clear_reload();
	tear_down(&sv);
	return status;
}
