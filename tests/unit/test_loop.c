/* SPDX-License-Identifier: MIT */
/* Unit tests of loop, tick, sig and clock. */
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/sig.h"
#include "base/tick.h"
#include "tap.h"

#define MS INT64_C(1000000)
#define S CLOCK_NS_PER_S

/* What the callbacks of a test did. */
struct seen {
	char order[64];
	unsigned events;
	int count, other;
	int64_t at;
	struct loop_timer *timer;
	struct loop_fd *fd, *peer;
};

static void
note(struct seen *s, char c)
{
	size_t len = strlen(s->order);

	if (len + 1 < sizeof(s->order)) {
		s->order[len] = c;
		s->order[len + 1] = '\0';
	}
	s->count++;
}

static void
on_a(struct loop *l, void *arg)
{
	(void)l;
	note(arg, 'a');
}

static void
on_b(struct loop *l, void *arg)
{
	(void)l;
	note(arg, 'b');
}

static void
on_c(struct loop *l, void *arg)
{
	struct seen *s = arg;

	note(s, 'c');
	s->at = loop_now(l);
	loop_stop(l);
}

static void
on_again(struct loop *l, void *arg)
{
	struct seen *s = arg;

	note(s, 'x');
	loop_timer_set(s->timer, loop_now(l));
}

/* A timer of the heap test: its deadline must not be before the last one. */
struct due {
	int64_t deadline, *last;
	unsigned *count;
};

static void
on_due(struct loop *l, void *arg)
{
	struct due *d = arg;

	(void)l;
	if (d->deadline >= *d->last)
		++*d->count;
	*d->last = d->deadline;
}

static void
test_heap(struct loop *l)
{
	enum { MANY = 2000 };
	static struct due due[MANY];
	static struct loop_timer *timers[MANY];
	unsigned count = 0;
	struct rng rng;
	int64_t last = 0, now = clock_mono_ns();

	rng_seed(&rng, 1);
	for (int i = 0; i < MANY; i++) {
		due[i] = (struct due){now + (int64_t)rng_below(&rng, 5 * MS),
		    &last, &count};
		timers[i] = loop_timer_add(l, due[i].deadline, on_due, &due[i]);
	}
	for (int i = 0; i < MANY; i += 2)
		loop_timer_set(timers[i], LOOP_NEVER);
	loop_run(l, NULL);
	OK(count == MANY / 2, "random deadlines, half of them removed");
	for (int i = 0; i < MANY; i++)
		loop_timer_remove(timers[i]);
}

static void
test_timers(void)
{
	struct nc_err e;
	struct loop *l = loop_new(&e);
	struct loop_timer *a, *b, *c, *more[40];
	struct seen s = {0};
	int64_t now = clock_mono_ns(), cpu;

	OK(l != NULL, "a loop");
	OK(loop_run(l, &e) == 0, "nothing to wait for: ends at once");
	c = loop_timer_add(l, now + 30 * MS, on_c, &s);
	a = loop_timer_add(l, now + 10 * MS, on_a, &s);
	b = loop_timer_add(l, LOOP_NEVER, on_b, &s);
	loop_timer_set(b, now + 20 * MS);
	cpu = clock_cpu_ns();
	loop_run(l, &e);
	cpu = clock_cpu_ns() - cpu;
	SAME(s.order, "abc", "in order of deadlines");
	OK(s.at >= now + 30 * MS && s.at < now + 2 * S, "not before its time");
	OK(cpu < 10 * MS, "asleep in between");
	loop_timer_set(a, now);
	loop_timer_set(b, now);
	loop_timer_set(a, LOOP_NEVER);
	loop_run(l, &e);
	SAME(s.order, "abcb", "disarmed; the loop ends when none is armed");

	/* Twice as many, random; half of them removed: the rest in order. */
	test_heap(l);

	/* A heap of many, removed from its middle. */
	memset(&s, 0, sizeof(s));
	for (int i = 0; i < 40; i++)
		more[i] = loop_timer_add(l, now + (i * 7 % 40) * MS, on_a, &s);
	for (int i = 0; i < 40; i += 2)
		loop_timer_remove(more[i]);
	loop_run(l, &e);
	OK(s.count == 20, "removed timers do not fire");
	for (int i = 1; i < 40; i += 2)
		loop_timer_remove(more[i]);

	memset(&s, 0, sizeof(s));
	s.timer = loop_timer_add(l, now, on_again, &s);
	OK(loop_once(l, LOOP_NEVER, &e) == 0 && s.count == 1,
	    "one that sets itself again waits for the next round");
	loop_timer_remove(s.timer);
	loop_timer_remove(NULL);
	OK(loop_once(l, clock_mono_ns() + 5 * MS, &e) == 0 &&
		clock_mono_ns() >= s.at,
	    "one round with a deadline");
	loop_timer_remove(a);
	loop_timer_remove(b);
	loop_timer_remove(c);
	loop_free(l);
	loop_free(NULL);
}

static void
on_read(struct loop *l, int fd, unsigned events, void *arg)
{
	struct seen *s = arg;
	char c;

	s->events = events;
	if (read(fd, &c, 1) != 1)
		c = '-';
	note(s, c);
	if (c == '-' || c == '.')
		loop_stop(l);
}

static void
on_spin(struct loop *l, int fd, unsigned events, void *arg)
{
	struct seen *s = arg;

	(void)l;
	(void)fd;
	(void)events;
	s->other++;
}

static void
on_slow(struct loop *l, int fd, unsigned events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	usleep(3000);
	note(arg, 's');
}

/* Removes itself and the other one, which is ready as well. */
static void
on_remove(struct loop *l, int fd, unsigned events, void *arg)
{
	struct seen *s = arg;

	(void)l;
	(void)fd;
	(void)events;
	note(s, 'r');
	loop_fd_remove(s->fd);
	loop_fd_remove(s->peer);
}

static void
test_fds(void)
{
	struct nc_err e;
	struct loop *l = loop_new(&e);
	struct loop_fd *f, *busy;
	struct loop_timer *t;
	struct seen s = {0};
	int64_t before;
	int p[2], q[2];

	if (pipe(p) == -1 || pipe(q) == -1 || write(p[1], "hi.", 3) != 3)
		abort();
	f = loop_fd_add(l, p[0], LOOP_READ, on_read, &s);
	loop_run(l, &e);
	SAME(s.order, "hi.", "reads while there is something");
	OK(s.events == LOOP_READ, "told to read");
	if (write(p[1], "x", 1) != 1)
		abort();
	loop_fd_want(f, 0);
	loop_once(l, 0, &e);
	SAME(s.order, "hi.", "paused");
	close(p[1]);
	before = clock_mono_ns();
	loop_once(l, before + 10 * MS, &e);
	OK(clock_mono_ns() - before >= 10 * MS, "paused: no spin");
	SAME(s.order, "hi.", "paused: not even a hang-up");
	loop_fd_want(f, LOOP_READ);
	loop_run(l, &e);
	SAME(s.order, "hi.x-", "what was left, then the end");
	OK(s.events == (LOOP_READ | LOOP_HANGUP), "told of the hang-up");
	loop_fd_remove(f);
	loop_fd_remove(NULL);

	/* A reader that goes away, told to one who never writes. */
	memset(&s, 0, sizeof(s));
	f = loop_fd_add(l, q[1], LOOP_HANGUP, on_spin, &s);
	loop_once(l, 0, &e);
	OK(s.other == 0, "writable is not a hang-up");
	close(q[0]);
	loop_once(l, 0, &e);
	OK(s.other == 1, "told that the reader has gone");
	loop_fd_remove(f);
	close(q[1]);

	/* Always writable, and still the timer fires. */
	if (pipe(q) == -1)
		abort();
	memset(&s, 0, sizeof(s));
	busy = loop_fd_add(l, q[1], LOOP_WRITE, on_spin, &s);
	t = loop_timer_add(l, clock_mono_ns() + 5 * MS, on_c, &s);
	loop_run(l, &e);
	OK(s.other > 1 && s.count == 1, "a busy descriptor starves no timer");
	loop_fd_remove(busy);
	loop_timer_remove(t);

	memset(&s, 0, sizeof(s));
	s.fd = loop_fd_add(l, q[1], LOOP_WRITE, on_slow, &s);
	s.peer = loop_fd_add(l, q[1], LOOP_WRITE, on_slow, &s);
	t = loop_timer_add(l, clock_mono_ns() + MS, on_a, &s);
	loop_once(l, LOOP_NEVER, &e);
	SAME(s.order, "sas", "a timer that is due comes between callbacks");
	loop_fd_remove(s.fd);
	loop_fd_remove(s.peer);
	loop_timer_remove(t);

	memset(&s, 0, sizeof(s));
	s.fd = loop_fd_add(l, q[1], LOOP_WRITE, on_remove, &s);
	s.peer = loop_fd_add(l, q[1], LOOP_WRITE, on_remove, &s);
	loop_run(l, &e);
	SAME(s.order, "r", "removed while it was ready: not called");
	close(q[0]);
	close(q[1]);
	close(p[0]);
	loop_free(l);
}

static void
on_signal(struct loop *l, int signo, void *arg)
{
	struct seen *s = arg;

	note(s, signo == SIGHUP ? 'H' : 'T');
	if (signo == SIGTERM)
		loop_stop(l);
}

static void
on_raise(struct loop *l, void *arg)
{
	(void)l;
	(void)arg;
	raise(SIGHUP);
	raise(SIGTERM);
}

static void
test_signals(void)
{
	struct nc_err e;
	struct loop *l = loop_new(&e);
	struct seen s = {0};
	const struct sig *sig;
	struct loop_timer *t, *later;
	struct sigaction act;
	int status;
	pid_t pid;

	loop_signal(l, SIGHUP, on_signal, &s);
	loop_signal(l, SIGTERM, on_signal, &s);
	t = loop_timer_add(l, clock_mono_ns() + MS, on_raise, NULL);
	later = loop_timer_add(l, clock_mono_ns() + 5 * S, on_a, &s);
	loop_run(l, &e);
	SAME(s.order, "HT", "signals arrive in the loop");
	loop_timer_remove(t);
	loop_timer_remove(later);
	loop_signal(l, SIGHUP, NULL, NULL);
	sigaction(SIGHUP, NULL, &act);
	OK(act.sa_handler == SIG_DFL, "given up: as it was");
	loop_free(l);
	sigaction(SIGTERM, NULL, &act);
	OK(act.sa_handler == SIG_DFL, "the loop puts signals back");

	signal(SIGINT, SIG_IGN);
	sig = sig_install();
	raise(SIGINT);
	OK(sig->stop != SIGINT, "ignored by the parent: stays ignored");
	sig_unwatch(SIGINT);
	signal(SIGINT, SIG_DFL);
	sig_watch(SIGINT);
	raise(SIGINT);
	raise(SIGHUP);
	raise(SIGUSR1);
	OK(sig->stop == SIGINT && sig->reload && sig->report, "flags");
	sig_clear_reload();
	sig_clear_report();
	OK(!sig->reload && !sig->report, "cleared");
	OK(sig_take() == SIGHUP && sig_take() == SIGINT &&
		sig_take() == SIGUSR1 && sig_take() == 0,
	    "taken one by one");

	fflush(stdout);
	if ((pid = fork()) == 0) {
		sig_reraise(SIGTERM);
		sig_reraise(SIGINT);
		exit(0);
	}
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT,
	    "SIGINT is died of, SIGTERM is not");
	fflush(stdout);
	if ((pid = fork()) == 0) {
		sig_default();
		exit(sig_fd() == -1 && sig->stop == 0 &&
			     signal(SIGHUP, SIG_IGN) == SIG_DFL
			 ? 0
			 : 1);
	}
	waitpid(pid, &status, 0);
	OK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "a child starts with nothing of ours");
}

static struct tick_clocks
clocks(double real, double mono, double boot)
{
	return (
	    struct tick_clocks){clock_ns(real), clock_ns(mono), clock_ns(boot)};
}

static void
test_tick(void)
{
	struct tick_clocks c = clocks(1003.5, 53.5, 63.5);
	struct loop_round r;
	struct tick t;

	tick_start(&t, 10 * S, &c);
	OK(t.due_mono == 60 * S, "the first is the next multiple");
	c = clocks(1010.002, 60.002, 70.002);
	tick_fire(&t, &c, &r);
	NEAR(r.scheduled, 1010, 0, "scheduled at the multiple");
	NEAR(r.late, 0.002, 1e-9, "late by what passed");
	OK(r.missed == 0 && r.stepped == 0 && t.due_mono == 70 * S, "next");
	/* Slewed: the wall is 1 ms short of the multiple that fires. */
	c = clocks(1019.999, 70, 80);
	tick_fire(&t, &c, &r);
	NEAR(r.scheduled, 1020, 0, "a slewed clock: still that multiple");
	OK(t.due_mono == clock_ns(80.001), "and never twice");
	/* Stopped for 27 s. */
	c = clocks(1057, 107.001, 117.001);
	tick_fire(&t, &c, &r);
	NEAR(r.scheduled, 1050, 0, "missed ones are skipped");
	NEAR(r.late, 7, 0.01, "late against the one it stands for");
	OK(r.missed == 2 && t.due_mono == clock_ns(110.001), "two missed");
	/* Set forward by an hour. */
	c = clocks(4660, 110.001, 120.001);
	tick_fire(&t, &c, &r);
	NEAR(r.stepped, 3600, 0.01, "set forward: told");
	OK(r.missed == 0, "set forward: nothing was missed");
	/* Set back by an hour: the next is at most an interval away. */
	c = clocks(1073, 120.001, 130.001);
	tick_fire(&t, &c, &r);
	NEAR(r.stepped, -3597, 0.01, "set back: told");
	OK(t.due_mono == clock_ns(127.001), "set back: no pause");
	/* Suspended for 95 s: mono stood still, boot did not. */
	c = clocks(1175, 127.001, 232.001);
	tick_fire(&t, &c, &r);
	OK(r.stepped == 0 && r.missed == 9, "a suspend is no step");
	NEAR(r.scheduled, 1170, 0, "the multiple after it");
	c = clocks(-3, 5, 5);
	tick_start(&t, 10 * S, &c);
	OK(t.slot == 0, "before the epoch");
}

static void
on_tick(struct loop *l, const struct loop_round *r, void *arg)
{
	struct seen *s = arg;

	note(s, 't');
	if (fabs(r->scheduled * 50 - rint(r->scheduled * 50)) > 1e-6)
		s->other++;
	if (s->count == 3)
		loop_stop(l);
}

static void
test_clock(void)
{
	struct nc_err e;
	struct loop *l = loop_new(&e);
	struct loop_tick *t;
	struct seen s = {0};
	int64_t before = clock_mono_ns();

	t = loop_tick_add(l, 20 * MS, on_tick, &s);
	loop_run(l, &e);
	OK(s.count == 3 && s.other == 0, "ticks at multiples of 20 ms");
	OK(clock_mono_ns() - before >= 40 * MS, "not faster than that");
	loop_tick_remove(t);
	loop_tick_remove(NULL);
	loop_free(l);

	OK(clock_real() > 1.7e9 && clock_boot() >= clock_mono() - 1e-3,
	    "clocks");
	OK(clock_boot_ns() > 0 && clock_real_ns() > 0, "in ns");
	OK(clock_ns(1.5) == 1500 * MS && clock_ns(-0.001) == -MS, "ns");
	OK(clock_ns(1e300) == INT64_MAX && clock_ns(-1e300) == INT64_MIN,
	    "clamped");
	OK(clock_ns((double)NAN) == 0, "not a number is 0");
}

int
main(void)
{
	test_timers();
	test_fds();
	test_signals();
	test_tick();
	test_clock();
	return tap_done();
}
