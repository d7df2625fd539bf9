/* SPDX-License-Identifier: MIT */
/* Unit tests of child: real processes, short ones. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tap.h"

#define MS INT64_C(1000000)

struct told {
	int count;
	struct child_end end;
	bool free_it;
};

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct told *t = arg;

	t->count++;
	t->end = *end;
	if (t->free_it)
		child_free(c);
}

/* Tends until something has ended, at most five seconds. */
static void
tend_until(struct children *cs, const struct told *t, int count)
{
	for (int i = 0; i < 1000 && t->count < count; i++) {
		children_tend(cs, clock_mono_ns());
		if (t->count < count)
			poll(NULL, 0, 5);
	}
}

/* What it prints, up to the end of the pipe. */
static const char *
read_all(int fd)
{
	static char text[256];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n;

	while (poll(&p, 1, 5000) == 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static const char *
describe(const struct child_end *end)
{
	static char text[64];

	child_describe(end, text, sizeof(text));
	return text;
}

static void
test_program(struct children *cs)
{
	struct told t = {0};
	struct nc_err e;
	struct child *c;
	struct child_options o = {
	    .argv = (const char *const[]){"sh", "-c",
		"read x; echo got $x; echo no >&2; exit 3", NULL},
	    .pipe_in = true,
	    .pipe_err = true,
	    .on_end = on_end,
	    .arg = &t,
	};

	c = child_start(cs, &o, &e);
	OK(c != NULL && child_running(c), "started");
	OK(getpgid(child_pid(c)) == child_pid(c), "a group of its own");
	OK(fcntl(child_out(c), F_GETFL) & O_NONBLOCK, "our end: non-blocking");
	OK(children_alive(cs) == 1 && children_stuck(cs) == 0, "counted");
	OK(children_tend(cs, clock_mono_ns()) == INT64_MAX, "no deadline");
	if (write(child_in(c), "it\n", 3) != 3)
		abort();
	child_close(c, child_in(c));
	OK(child_in(c) == -1, "input closed");
	SAME(read_all(child_out(c)), "got it\n", "its standard output");
	SAME(read_all(child_err(c)), "no\n", "its standard error");
	child_close(c, child_out(c));
	child_close(c, child_err(c));
	tend_until(cs, &t, 1);
	SAME(describe(&t.end), "exit status 3", "its status");
	OK(!child_running(c) && children_alive(cs) == 0, "reaped");
	child_free(c);
	child_free(NULL);

	t = (struct told){.free_it = true};
	o = (struct child_options){
	    .argv = (const char *const[]){"/nonexistent/x", NULL},
	    .on_end = on_end,
	    .arg = &t,
	};
	child_start(cs, &o, &e);
	tend_until(cs, &t, 1);
	SAME(describe(&t.end), "cannot be run: No such file or directory",
	    "what cannot be executed is told");
	o.argv = (const char *const[]){"sh", "-c", "echo $NC_X", NULL};
	o.envp = (const char *const[]){"NC_X=7", "PATH=/bin:/usr/bin", NULL};
	t = (struct told){0};
	c = child_start(cs, &o, &e);
	SAME(read_all(child_out(c)), "7\n", "an environment of its own");
	tend_until(cs, &t, 1);
	SAME(describe(&t.end), "exit status 0", "and 0");
	child_free(c);
}

/* A shell that ignores SIGTERM, with a child of its own in the pipe. */
static void
test_deadline(struct children *cs)
{
	struct told t = {0};
	struct nc_err e;
	struct child *c;
	int64_t now = clock_mono_ns(), next;
	struct child_options o = {
	    .argv = (const char *const[]){"sh", "-c",
		"trap '' TERM; sleep 60 & echo up; wait; sleep 60", NULL},
	    .on_end = on_end,
	    .arg = &t,
	    .deadline_ns = now + 3600 * CLOCK_NS_PER_S,
	};
	char up[4];
	struct pollfd p;

	c = child_start(cs, &o, &e);
	p = (struct pollfd){.fd = child_out(c), .events = POLLIN};
	poll(&p, 1, 5000);
	OK(read(child_out(c), up, sizeof(up)) == 3, "it is up");
	next = children_tend(cs, clock_mono_ns());
	OK(next == o.deadline_ns, "asks to be called at the deadline");
	child_signal(c, SIGTERM);
	child_deadline(c, now);
	next = children_tend(cs, now + MS);
	OK(t.count == 0 || t.end.timed_out, "past its deadline: killed");
	OK(t.count == 1 || next == now + MS + 5 * CLOCK_NS_PER_S,
	    "looked at again");
	tend_until(cs, &t, 1);
	SAME(describe(&t.end), "no answer in time, killed", "told as such");
	SAME(read_all(child_out(c)), "", "its group died with it");
	child_free(c);

	/* Stopped, as one in uninterruptible sleep cannot act either. */
	t = (struct told){0};
	o.argv = (const char *const[]){"sleep", "60", NULL};
	o.deadline_ns = 0;
	c = child_start(cs, &o, &e);
	child_signal(c, SIGSTOP);
	child_free(c);
	OK(children_stuck(cs) == children_alive(cs), "freed means killed");
	for (int i = 0; i < 1000 && children_alive(cs) != 0; i++) {
		children_tend(cs, clock_mono_ns());
		poll(NULL, 0, 5);
	}
	OK(children_alive(cs) == 0 && t.count == 0, "reaped without a word");
}

static void
test_groups(struct children *cs)
{
	struct told t = {0};
	struct nc_err e;
	struct child *c;
	struct pollfd p;
	char up[4];
	struct child_options o = {
	    .argv = (const char *const[]){"sh", "-c",
		"trap : TERM; echo up; sleep 60; echo over", NULL},
	    .pipe_err = true,
	    .on_end = on_end,
	    .arg = &t,
	};

	/* The shell looks at its trap when the sleep is over. */
	c = child_start(cs, &o, &e);
	p = (struct pollfd){.fd = child_out(c), .events = POLLIN};
	poll(&p, 1, 5000);
	OK(read(child_out(c), up, sizeof(up)) == 3, "it is up");
	usleep(20000);
	child_signal(c, SIGTERM);
	SAME(read_all(child_out(c)), "over\n", "a signal to the whole group");
	tend_until(cs, &t, 1);
	child_free(c);

	/* What it leaves behind holds the pipe, and goes with it. */
	o.argv = (const char *const[]){"sh", "-c", "sleep 60 & exit 5", NULL};
	c = child_start(cs, &o, &e);
	tend_until(cs, &t, 2);
	SAME(describe(&t.end), "exit status 5", "its own end");
	p = (struct pollfd){.fd = child_out(c), .events = POLLIN};
	OK(poll(&p, 1, 5000) == 1 && read(child_out(c), up, 1) == 0,
	    "and that of its group");
	child_free(c);
}

struct inner {
	int kept, closed;
};

static int
run_inner(void *arg)
{
	struct inner *in = arg;
	char c;

	if (write(STDOUT_FILENO, "in\n", 3) != 3)
		return 1;
	if (read(STDIN_FILENO, &c, 1) != 0)
		return 2;
	if (write(in->kept, "k", 1) != 1)
		return 3;
	if (fcntl(in->closed, F_GETFD) != -1)
		return 4;
	/* By exit(3), so that what ran here is counted as covered. */
	exit(42);
}

static int
run_crash(void *arg)
{
	(void)arg;
	raise(SIGUSR2);
	return 0;
}

static void
test_function(struct children *cs)
{
	struct told t = {0};
	struct nc_err e;
	struct child *c;
	int p[2], q[2], status;
	char k;
	struct inner in;
	struct child_options o = {
	    .run = run_inner,
	    .run_arg = &in,
	    .on_end = on_end,
	    .arg = &t,
	};

	if (pipe(p) == -1 || pipe(q) == -1)
		abort();
	in = (struct inner){p[1], q[1]};
	o.keep = &p[1];
	o.nkeep = 1;
	c = child_start(cs, &o, &e);
	close(p[1]);
	SAME(read_all(child_out(c)), "in\n", "a function in a process");
	OK(read(p[0], &k, 1) == 1 && k == 'k', "a descriptor it keeps");
	tend_until(cs, &t, 1);
	SAME(describe(&t.end), "exit status 42", "its result; all else shut");
	child_free(c);
	o = (struct child_options){.run = run_crash,
	    .on_end = on_end,
	    .arg = &t};
	c = child_start(cs, &o, &e);
	tend_until(cs, &t, 2);
	SAME(describe(&t.end), "killed by SIGUSR2", "killed by a signal");
	child_free(c);
	c = child_start(cs, &o, &e);
	waitpid(child_pid(c), &status, 0);
	tend_until(cs, &t, 3);
	SAME(describe(&t.end), "gone, its status taken by another",
	    "reaped by somebody else");
	child_free(c);
	close(p[0]);
	close(q[0]);
	close(q[1]);
}

/* A program's child must not outlive it: nobody would keep its deadline. */
static void
test_orphans(void)
{
	int p[2];
	pid_t pid;
	char c;
	struct pollfd out;

	if (pipe(p) == -1)
		abort();
	fflush(stdout);
	if ((pid = fork()) == 0) {
		struct child_options o = {
		    .argv = (const char *const[]){"sleep", "60", NULL},
		    .keep = &p[1],
		    .nkeep = 1,
		};
		child_start(children_new(), &o, NULL);
		exit(0);
	}
	close(p[1]);
	waitpid(pid, NULL, 0);
	out = (struct pollfd){.fd = p[0], .events = POLLIN};
	OK(poll(&out, 1, 5000) == 1 && read(p[0], &c, 1) == 0,
	    "dies with its parent");
	close(p[0]);
}

static void
test_backoff(void)
{
	struct backoff b = BACKOFF_RESPAWN;

	NEAR(backoff_next(&b, 0.5), 0.125, 0, "first: up to 0.25 s");
	NEAR(backoff_next(&b, 0.5), 0.25, 0, "then doubled");
	for (int i = 0; i < 100; i++)
		backoff_next(&b, 0.5);
	NEAR(backoff_next(&b, 1), 30, 0, "at most 30 s");
	NEAR(backoff_next(&b, 0), 0, 0, "full jitter");
	b.tries = 0;
	NEAR(backoff_next(&b, 1), 0.25, 0, "reset");
}

int
main(void)
{
	struct children *cs;
	struct child_options o = {
	    .argv = (const char *const[]){"sleep", "60", NULL}};
	struct nc_err e;

	signal(SIGCHLD, SIG_IGN);
	cs = children_new();
	test_program(cs);
	test_deadline(cs);
	test_groups(cs);
	test_function(cs);
	test_orphans();
	test_backoff();
	child_start(cs, &o, &e);
	children_free(cs);
	children_free(NULL);
	return tap_done();
}
