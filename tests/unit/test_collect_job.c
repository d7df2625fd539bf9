/* SPDX-License-Identifier: MIT */
/* tool: nc-collect.  Sources that live in a child: answer, hang, die, speak
 * between rounds; and those that live here.  The sources are made here. */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "job.h"
#include "tap.h"
#include "worker.h"

struct stage {
	struct loop *loop;
	struct output *out;
	struct diag *diag;
	struct job_setting set;
	struct wanted_list wanted;
	int fd; /* of what was written */
	unsigned rounds; /* that are over */
};

static void
over(void *arg)
{
	struct stage *s = arg;

	s->rounds++;
}

static void
child_signal_seen(struct loop *l, int signo, void *arg)
{
	(void)l;
	(void)signo;
	job_tend(*(struct job **)arg);
}

static void
stage_open(struct stage *s)
{
	char path[] = "/tmp/test_collect_job.XXXXXX";
	struct output_options o = {.form = OUTPUT_RECORDS};

	memset(s, 0, sizeof(*s));
	if ((s->fd = mkstemp(path)) == -1)
		abort();
	unlink(path);
	s->loop = loop_new(NULL);
	s->diag = diag_new("test");
	diag_verbosity(s->diag, -1);
	s->set = (struct job_setting){
	    .loop = s->loop,
	    .names = intern_new(0),
	    .diag = s->diag,
	    .host = "h",
	    .root = "",
	    .boot = "",
	    .run = "r",
	    .now = NAN,
	    .level = LEVEL_STANDARD,
	    .over = over,
	    .arg = s,
	};
	rng_seed(&s->set.rng, 1);
	o.fd = s->fd;
	o.names = s->set.names;
	o.diag = s->diag;
	s->out = s->set.out = output_open(&o);
}

static void
stage_close(struct stage *s, struct job *j)
{
	job_free(j);
	output_close(s->out, NULL);
	intern_free(s->set.names);
	wanted_free(&s->wanted);
	diag_free(s->diag);
	loop_free(s->loop);
	close(s->fd);
}

/* What was written so far; the caller frees it. */
static char *
written(const struct stage *s)
{
	struct buf b = {0};
	ssize_t n;

	while (
	    (n = pread(s->fd, buf_reserve(&b, 4096), 4096, (off_t)b.len)) > 0)
		b.len += (size_t)n;
	buf_addc(&b, '\0');
	return buf_take(&b);
}

static int
wrote(const struct stage *s, const char *what)
{
	char *text = written(s);
	int found = strstr(text, what) != NULL;

	if (!found)
		printf("# not in:\n# %s\n", text);
	free(text);
	return found;
}

static int
count(const struct stage *s, const char *what)
{
	char *text = written(s), *at = text;
	int n = 0;

	while ((at = strstr(at, what)) != NULL) {
		n++;
		at++;
	}
	free(text);
	return n;
}

/* Runs the loop until so many rounds are over; ms it took, -1: it was too
 * long. */
static int64_t
until_rounds(struct stage *s, unsigned n, int64_t most_ms)
{
	int64_t start = clock_mono_ns(), end = start + most_ms * 1000000;

	while (s->rounds < n && clock_mono_ns() < end)
		loop_once(s->loop, end, NULL);
	return s->rounds < n ? -1 : (clock_mono_ns() - start) / 1000000;
}

static void
run_for(struct stage *s, int64_t ms)
{
	int64_t end = clock_mono_ns() + ms * 1000000;

	while (clock_mono_ns() < end)
		loop_once(s->loop, end, NULL);
}

static void
begin(struct job *j)
{
	struct job_due due = {.ts = clock_real(), .reason = "late"};

	job_round(j, &due);
}

/* --- sources -------------------------------------------------------------- */

static int
open_here(const struct source_run *run, void **state, struct nc_err *e)
{
	(void)run;
	(void)e;
	*state = xcalloc(1, sizeof(int));
	return 0;
}

/* Says how many rounds it has seen since it was opened. */
static int
collect_count(void *state, const struct source_run *run,
    const struct source_round *round, struct frame *f, struct nc_err *e)
{
	int *n = state;

	(void)round;
	(void)e;
	source_begin(run, f, "probe", span_of("counted"));
	frame_value(f, "n", ++*n);
	frame_value(f, "pid", getpid());
	return frame_end(f);
}

static int
collect_second_hangs(void *state, const struct source_run *run,
    const struct source_round *round, struct frame *f, struct nc_err *e)
{
	if (round->seq == 1) {
		signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	return collect_count(state, run, round, f, e);
}

static int
collect_second_dies(void *state, const struct source_run *run,
    const struct source_round *round, struct frame *f, struct nc_err *e)
{
	collect_count(state, run, round, f, e);
	if (round->seq == 1)
		raise(SIGKILL);
	return 0;
}

static int
collect_fails(void *state, const struct source_run *run,
    const struct source_round *round, struct frame *f, struct nc_err *e)
{
	(void)state;
	(void)run;
	(void)round;
	source_error(f, "probe", span_of("x"), "permission", "not\nyours");
	return err_set(e, 0, "nothing\nat all");
}

/* An open that succeeds when a file is there. */
static int
open_file(const struct source_run *run, void **state, struct nc_err *e)
{
	if (access(run->target, F_OK) == -1)
		return err_sys(e, "%s", run->target);
	return open_here(run, state, e);
}

/* Events on its own clock, rounds when asked. */
static int
serve_events(void *state, const struct source_run *run,
    struct source_port *port, struct frame *f, struct nc_err *e)
{
	struct pollfd p = {.fd = source_port_fd(port), .events = POLLIN};
	struct source_round round;
	int rc;

	for (;;) {
		poll(&p, 1, 20);
		while ((rc = source_port_take(port, &round)) == 1) {
			collect_count(state, run, &round, f, e);
			if (source_port_done(port, NULL) == -1)
				return 0;
		}
		if (rc == -1)
			return 0;
		frame_clock(f, clock_real(), NAN);
		frame_begin(f, RECORD_EVENT, "probe", span_of("e"));
		frame_text(f, "event", span_of("beat"));
		if (frame_end(f) == -1)
			return 0;
	}
}

static const struct source here = {.name = "here",
    .open = open_here,
    .collect = collect_count,
    .close = free};
static const struct source child = {.name = "child",
    .flags = SOURCE_BLOCKS,
    .open = open_here,
    .collect = collect_count,
    .close = free};
static const struct source hangs = {.name = "hangs",
    .flags = SOURCE_BLOCKS,
    .open = open_here,
    .collect = collect_second_hangs,
    .close = free};
static const struct source dies = {.name = "dies",
    .flags = SOURCE_BLOCKS,
    .open = open_here,
    .collect = collect_second_dies,
    .close = free};
static const struct source fails = {.name = "fails",
    .flags = SOURCE_BLOCKS,
    .collect = collect_fails};
static const struct source absent = {.name = "absent",
    .target = "FILE",
    .flags = SOURCE_BLOCKS,
    .open = open_file,
    .collect = collect_count,
    .close = free};
static const struct source events = {.name = "events",
    .flags = SOURCE_BLOCKS,
    .open = open_here,
    .serve = serve_events,
    .close = free};

static struct job *
make(struct stage *s, const struct source *source, double timeout)
{
	struct wanted *w;

	stage_open(s);
	w = wanted_add(&s->wanted, source);
	w->timeout = timeout;
	wanted_label(w, span_of("site"), "fra", NULL);
	return job_new(w, &s->set, 10);
}

/* --- tests ---------------------------------------------------------------- */

static void
test_here(void)
{
	struct stage s;
	struct job *j = make(&s, &here, NAN);
	struct job_due due = {.ts = 1763800000,
	    .late = 0.25,
	    .missed = 3,
	    .reason = "blocked"};

	begin(j);
	OK(s.rounds == 1 && !job_busy(j), "in-process: done at once");
	OK(!job_outside(j), "and knows it is inside");
	OK(wrote(&s, "\"id\":\"counted\",\"labels\":{\"site\":\"fra\"},"
		     "\"interval\":10,\"values\":{\"n\":1,"),
	    "with labels and interval");
	OK(wrote(&s, "\"seq\":0,"), "the first sweep is number 0");
	job_round(j, &due);
	OK(wrote(&s, "\"kind\":\"gap\",") && wrote(&s, "\"missed\":3"),
	    "what was missed is told");
	OK(wrote(&s, "\"seq\":1,") && wrote(&s, "\"skipped\":3,") &&
		wrote(&s, "\"late_seconds\":0.25}"),
	    "and summed in the sweep");
	stage_close(&s, j);
}

static void
test_child(void)
{
	struct stage s;
	struct job *j = make(&s, &child, NAN);
	char pid[32];

	begin(j);
	OK(job_busy(j) && job_outside(j), "child: the round is under way");
	begin(j);
	OK(until_rounds(&s, 1, 5000) >= 0, "and over when it answers");
	begin(j);
	OK(until_rounds(&s, 2, 5000) >= 0, "a second round");
	OK(wrote(&s, "\"n\":2,"), "of the same child");
	snprintf(pid, sizeof(pid), "\"pid\":%d}", getpid());
	OK(count(&s, pid) == 0, "which is not us");
	OK(wrote(&s, "\"seq\":1,") && wrote(&s, "\"entities\":1,"
						"\"samples\":2,"),
	    "its counts come with the mark");
	OK(wrote(&s, "\"skipped\":1,"), "the round in between was skipped");
	OK(wrote(&s, "\"labels\":{\"site\":\"fra\"}"), "labels");
	OK(count(&s, "\n=") == 0, "no mark in the output");
	stage_close(&s, j);
}

static void
test_hangs(void)
{
	struct stage s;
	struct job *j = make(&s, &hangs, 0.2);
	int64_t ms;

	begin(j);
	until_rounds(&s, 1, 5000);
	begin(j);
	ms = until_rounds(&s, 2, 5000);
	OK(ms >= 150 && ms < 1000, "hangs: killed at its deadline");
	OK(wrote(&s, "\"code\":\"timeout\",\"message\":"
		     "\"no answer in 0.2 s, killed\""),
	    "said in band");
	OK(wrote(&s, "\"timeouts\":1,\"failures\":1,"), "and in the sweep");
	run_for(&s, 300); /* longer than the first backoff can be */
	begin(j);
	OK(until_rounds(&s, 3, 5000) >= 0 && wrote(&s, "\"seq\":2,"),
	    "a new child answers");
	OK(count(&s, "\"n\":1,") == 2, "which began anew");
	stage_close(&s, j);
}

static void
test_excused(void)
{
	struct stage s;
	struct job *j = make(&s, &child, 0.1);

	begin(j);
	/* As when we are stopped: nothing is read although it answers. */
	usleep(250000);
	until_rounds(&s, 1, 5000);
	OK(count(&s, "\"timeouts\":1") == 0,
	    "what came while we were stopped is no timeout");
	stage_close(&s, j);
	j = make(&s, &hangs, 0.2);
	begin(j);
	until_rounds(&s, 1, 5000);
	begin(j);
	job_excuse(j, 150000000);
	OK(until_rounds(&s, 2, 5000) >= 300,
	    "time the reader took is added to the deadline");
	stage_close(&s, j);
}

static void
test_dies(void)
{
	struct stage s;
	struct job *j = make(&s, &dies, NAN);

	loop_signal(s.loop, SIGCHLD, child_signal_seen, &j);
	begin(j);
	until_rounds(&s, 1, 5000);
	begin(j);
	OK(until_rounds(&s, 2, 5000) >= 0, "dies: the round is over with it");
	OK(wrote(&s, "\"message\":\"killed by SIGKILL\""), "how is said");
	OK(wrote(&s, "\"n\":2,"), "what it had printed counts");
	begin(j);
	OK(s.rounds == 3 || wrote(&s, "\"n\":1"),
	    "a round before its time fails at once");
	run_for(&s, 300);
	begin(j);
	OK(until_rounds(&s, 4, 5000) >= 0, "later it runs again");
	stage_close(&s, j);
}

static void
test_fails(void)
{
	struct stage s;
	struct job *j = make(&s, &fails, NAN);

	begin(j);
	OK(until_rounds(&s, 1, 5000) >= 0, "fails: the round is over");
	OK(wrote(&s, "\"code\":\"permission\",\"message\":\"not\\nyours\""),
	    "its own error");
	OK(wrote(&s, "\"code\":\"failed\",\"message\":\"nothing at all\""),
	    "and that of the round, in one line");
	OK(wrote(&s, "\"timeouts\":0,\"failures\":1,"), "no timeout");
	stage_close(&s, j);
}

static void
test_absent(void)
{
	char path[] = "/tmp/test_collect_job.XXXXXX";
	struct stage s;
	struct job *j;
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
	stage_open(&s);
	wanted_add(&s.wanted, &absent)->target = xstrdup(path);
	j = job_new(&s.wanted.list[0], &s.set, NAN);
	begin(j);
	until_rounds(&s, 1, 5000);
	OK(wrote(&s, "No such file or directory"), "absent: the reason");
	if ((fd = open(path, O_CREAT | O_WRONLY, 0600)) != -1)
		close(fd);
	begin(j);
	until_rounds(&s, 2, 5000);
	OK(wrote(&s, "\"n\":1,"), "there: the next round has it, no restart");
	unlink(path);
	stage_close(&s, j);
}

static void
test_events(void)
{
	struct stage s;
	struct job *j = make(&s, &events, NAN);

	begin(j);
	OK(until_rounds(&s, 1, 5000) >= 0, "serve: a round");
	run_for(&s, 200);
	OK(count(&s, "\"event\":\"beat\"") >= 2, "events between rounds");
	begin(j);
	OK(until_rounds(&s, 2, 5000) >= 0, "and rounds between events");
	OK(count(&s, "\"samples\":2,") == 2, "events are no samples");
	stage_close(&s, j);
}

static void
test_marks(void)
{
	static const char good[] = "=7 3 40 1 no such thing\n";
	static const char plain[] = "=8 0 0 0 \n";
	struct worker_mark m = {0};

	OK(worker_mark(good, strlen(good), &m) == 1 && m.seq == 7 &&
		m.entities == 3 && m.samples == 40 && m.failed,
	    "a mark");
	SAME(m.message, "no such thing", "its message");
	OK(worker_mark(plain, strlen(plain), &m) == 1 && !m.failed &&
		m.message[0] == '\0',
	    "without one");
	OK(worker_mark("{\"v\":1}\n", 8, &m) == 0, "a record is none");
	OK(worker_mark("=\n", 2, &m) == 0, "half of one is none");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_marks();
	test_here();
	test_child();
	test_hangs();
	test_excused();
	test_dies();
	test_fails();
	test_absent();
	test_events();
	return tap_done();
}
