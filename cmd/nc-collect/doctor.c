/* SPDX-License-Identifier: MIT */
/*
 * doctor: see doctor.h.  Each source is asked in a child with a deadline,
 * since what is wrong may be the very thing that hangs.  The child prints
 * its findings to a pipe; here they are counted and shown.
 */
#include "doctor.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "job.h"
#include "stream/reader.h"

#define DEADLINE_S 10

struct question {
	const struct source *source;
	const struct source_run *run;
};

struct answer {
	bool ended;
	struct child_end end;
};

/* In the child: a finding as three lines, each begun by its letter. */
static void
tell(void *arg, const struct source_finding *f)
{
	(void)arg;
	printf("F%s\nW%s\n", f->what, f->why);
	if (f->mend != NULL)
		printf("M%s\n", f->mend);
	fflush(stdout);
}

static int
ask(void *arg)
{
	const struct question *q = arg;

	q->source->doctor(q->run, tell, NULL);
	return fflush(stdout) == 0 ? 0 : 1;
}

static void
ended(struct child *c, const struct child_end *end, void *arg)
{
	struct answer *a = arg;

	(void)c;
	a->ended = true;
	a->end = *end;
}

static void
show(const char *name, struct span line, unsigned *findings)
{
	struct buf b = {0};

	utf8_escape(&b, (struct span){line.p + 1, line.len - 1});
	switch (line.p[0]) {
	case 'F':
		++*findings;
		printf("%s: %s\n", name, b.len != 0 ? b.data : "");
		break;
	case 'W':
		printf("\twhy:  %s\n", b.len != 0 ? b.data : "");
		break;
	case 'M':
		printf("\tmend: %s\n", b.len != 0 ? b.data : "");
		break;
	default:
		break;
	}
	buf_free(&b);
}

/* Shows what is there; false at the end. */
static bool
drain(struct reader *r, const char *name, unsigned *findings)
{
	struct span line;
	struct nc_err e;

	for (;;) {
		switch (reader_next(r, &line, &e)) {
		case READER_LINE:
		case READER_PARTIAL:
			if (line.len != 0)
				show(name, line, findings);
			break;
		case READER_LONG:
			break;
		case READER_WAIT:
			return true;
		default:
			return false;
		}
	}
}

static unsigned
examine(struct children *cs, const struct question *q, struct diag *diag)
{
	int64_t until = clock_mono_ns() + DEADLINE_S * CLOCK_NS_PER_S;
	struct answer a = {0};
	union {
		const void *in;
		void *out;
	} question = {q};
	struct child_options o = {.run = ask,
	    .run_arg = question.out,
	    .deadline_ns = until,
	    .on_end = ended,
	    .arg = &a};
	struct nc_err e = {0};
	struct child *c;
	struct reader *r;
	struct pollfd p = {.events = POLLIN};
	unsigned findings = 0;
	char why[160];

	if ((c = child_start(cs, &o, &e)) == NULL) {
		diag_say(diag, DIAG_ERROR, q->run->name, "%s", e.msg);
		return 1;
	}
	r = reader_open_fd(child_out(c), q->run->name);
	p.fd = child_out(c);
	while (drain(r, q->run->name, &findings) && clock_mono_ns() < until)
		poll(&p, 1, 100);
	while (!a.ended && clock_mono_ns() < until + CLOCK_NS_PER_S) {
		children_tend(cs, clock_mono_ns());
		if (!a.ended)
			poll(NULL, 0, 1);
	}
	if (!a.ended || a.end.timed_out || a.end.status != 0) {
		snprintf(why, sizeof(why), "no answer in %d s", DEADLINE_S);
		if (a.ended && !a.end.timed_out)
			child_describe(&a.end, why, sizeof(why));
		printf("%s: could not be examined\n\twhy:  %s\n", q->run->name,
		    why);
		findings++;
	}
	reader_close(r);
	child_free(c);
	return findings;
}

unsigned
doctor(const struct plan *plan, struct diag *diag)
{
	struct children *cs = children_new();
	struct job_setting set = {.host = plan->host,
	    .root = plan->root,
	    .now = plan->now,
	    .once = true,
	    .level = plan->level,
	    .diag = diag};
	struct source_run run;
	struct question q = {.run = &run};
	unsigned findings = 0, n;
	size_t i;

	for (i = 0; i < plan->wanted.count; i++) {
		job_describe_run(&plan->wanted.list[i], &set, plan->interval,
		    &run);
		q.source = plan->wanted.list[i].source;
		fflush(stdout);
		if (q.source->doctor == NULL) {
			printf("%s: not examined\n", run.name);
			continue;
		}
		if ((n = examine(cs, &q, diag)) == 0)
			printf("%s: nothing is hidden from this user\n",
			    run.name);
		findings += n;
	}
	children_free(cs);
	return findings;
}
