/* SPDX-License-Identifier: MIT */
/*
 * child: fork, process groups, deadlines, reaping without waiting.  Between
 * fork and exec only calls on descriptors and signals; a function that runs
 * in the child leaves by _exit(2), so no buffer of ours is written twice.
 */
#include "base/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"

/* How often a killed child that does not die is looked at. */
#define LOOK_AGAIN_NS (5 * CLOCK_NS_PER_S)
#define EXEC_FAILED 127

struct child {
	struct child *next;
	struct children *set; /* borrowed */
	pid_t pid;
	int in, out, err, status; /* our ends; status tells of execve(2) */
	int64_t deadline; /* 0: none */
	bool killed, orphan, ended, told;
	struct child_end end;
	child_end_fn *on_end;
	void *arg;
};

struct children {
	struct child *first;
};

/* Both ends of the pipes while a child is being made: [0] is read from. */
struct pipes {
	int in[2], out[2], err[2], status[2];
};

struct children *
children_new(void)
{
	struct sigaction act;

	/* Ignored, as some parents leave it, it makes the kernel reap. */
	if (sigaction(SIGCHLD, NULL, &act) == 0 && act.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
	return xcalloc(1, sizeof(struct children));
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
close_pair(int pair[2])
{
	close_fd(&pair[0]);
	close_fd(&pair[1]);
}

static void
close_pipes(struct pipes *p)
{
	close_pair(p->in);
	close_pair(p->out);
	close_pair(p->err);
	close_pair(p->status);
}

static int
open_pipe(int pair[2], int ours)
{
	if (pipe2(pair, O_CLOEXEC) == -1)
		return -1;
	return fcntl(pair[ours], F_SETFL, O_NONBLOCK);
}

static int
open_pipes(struct pipes *p, const struct child_options *o)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	if (open_pipe(p->out, 0) == -1 || open_pipe(p->status, 0) == -1 ||
	    (o->pipe_in && open_pipe(p->in, 1) == -1) ||
	    (o->pipe_err && open_pipe(p->err, 0) == -1)) {
		int saved_errno = errno;

		close_pipes(p);
		errno = saved_errno;
		return -1;
	}
	return 0;
}

/* In the child from here on. */

static void
close_between(int low, int high)
{
	struct rlimit limit = {65536, 65536};

	if (low > high || close_range((unsigned)low, (unsigned)high, 0) == 0)
		return;
	/* Linux before 5.9. */
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = low; fd <= high && (rlim_t)fd < limit.rlim_cur; fd++)
		close(fd);
}

/* Closes all but 0-2, status and keep: another child's pipe that stays open
 * here would never come to its end. */
static void
close_others(const struct child_options *o, int status)
{
	int low = STDERR_FILENO + 1, next;

	for (;;) {
		next = status >= low ? status : INT32_MAX;
		for (size_t i = 0; i < o->nkeep; i++)
			if (o->keep[i] >= low && o->keep[i] < next)
				next = o->keep[i];
		close_between(low, next == INT32_MAX ? next : next - 1);
		if (next == INT32_MAX)
			return;
		low = next + 1;
	}
}

static void
set_standard(const struct child_options *o, const struct pipes *p)
{
	int in = o->pipe_in ? p->in[0] : open("/dev/null", O_RDONLY);

	if (in == -1 || dup2(in, STDIN_FILENO) == -1 ||
	    dup2(p->out[1], STDOUT_FILENO) == -1 ||
	    (o->pipe_err && dup2(p->err[1], STDERR_FILENO) == -1))
		_exit(EXEC_FAILED);
}

static void
run_program(const struct child_options *o, int status)
{
	int error;
	ssize_t n;

	/* execvpe(3) does not write to what it is given. */
	union {
		const char *const *in;
		char *const *out;
	} argv = {o->argv}, envp = {o->envp};

	for (size_t i = 0; i < o->nkeep; i++)
		fcntl(o->keep[i], F_SETFD, 0);
	execvpe(o->argv[0], argv.out, o->envp != NULL ? envp.out : environ);
	error = errno;
	n = write(status, &error, sizeof(error));
	(void)n;
}

static _Noreturn void
be_child(const struct child_options *o, const struct pipes *p, pid_t parent)
{
	sig_default();
	setpgid(0, 0);
	/* Nobody is left to kill it when its deadline comes. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXEC_FAILED);
	set_standard(o, p);
	close_others(o, p->status[1]);
	if (o->argv == NULL) {
		close(p->status[1]);
		_exit(o->run(o->run_arg));
	}
	run_program(o, p->status[1]);
	_exit(EXEC_FAILED);
}

/* In the parent again. */

/* No handler of ours may run in the child before it has put them back. */
static pid_t
fork_blocked(void)
{
	sigset_t all, before;
	pid_t pid;
	int saved_errno;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	if ((pid = fork()) == 0)
		return 0;
	saved_errno = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved_errno;
	return pid;
}

struct child *
child_start(struct children *cs, const struct child_options *o,
    struct nc_err *e)
{
	pid_t parent = getpid(), pid;
	struct child *c;
	struct pipes p;

	assert((o->argv != NULL) != (o->run != NULL));
	if (open_pipes(&p, o) == -1) {
		err_sys(e, "cannot open a pipe");
		return NULL;
	}
	if ((pid = fork_blocked()) == 0)
		be_child(o, &p, parent);
	if (pid == -1) {
		err_sys(e, "cannot start a process");
		close_pipes(&p);
		return NULL;
	}
	/* Done on both sides: whoever is first. */
	setpgid(pid, pid);
	c = xcalloc(1, sizeof(*c));
	*c = (struct child){
	    .next = cs->first,
	    .set = cs,
	    .pid = pid,
	    .in = p.in[1],
	    .out = p.out[0],
	    .err = p.err[0],
	    .status = p.status[0],
	    .deadline = o->deadline_ns,
	    .on_end = o->on_end,
	    .arg = o->arg,
	};
	cs->first = c;
	p.in[1] = p.out[0] = p.err[0] = p.status[0] = -1;
	close_pipes(&p);
	return c;
}

int
child_in(const struct child *c)
{
	return c->in;
}

int
child_out(const struct child *c)
{
	return c->out;
}

int
child_err(const struct child *c)
{
	return c->err;
}

void
child_close(struct child *c, int fd)
{
	if (fd == c->in)
		close_fd(&c->in);
	else if (fd == c->out)
		close_fd(&c->out);
	else if (fd == c->err)
		close_fd(&c->err);
}

pid_t
child_pid(const struct child *c)
{
	return c->pid;
}

bool
child_running(const struct child *c)
{
	return !c->ended;
}

void
child_deadline(struct child *c, int64_t deadline_ns)
{
	c->deadline = deadline_ns;
}

/* The number stays the child's until it is reaped, so no stranger is hit. */
void
child_signal(struct child *c, int signo)
{
	if (!c->ended)
		kill(-c->pid, signo);
}

void
child_kill(struct child *c)
{
	child_signal(c, SIGKILL);
	c->killed = true;
}

static void
unlink_child(struct child *c)
{
	struct child **at = &c->set->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

static void
close_child(struct child *c)
{
	close_fd(&c->in);
	close_fd(&c->out);
	close_fd(&c->err);
}

/* Tries to reap; the rest of its group dies with it, while the group's
 * number is still its own. */
static void
try_reap(struct child *c)
{
	siginfo_t info = {0};
	int error, status;

	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
	    -1) {
		c->ended = c->end.lost = errno == ECHILD;
		return;
	}
	if (info.si_pid == 0)
		return;
	kill(-c->pid, SIGKILL);
	if (waitpid(c->pid, &status, 0) != c->pid)
		return;
	c->ended = true;
	c->end.status = status;
	/* It may have ended by itself before the signal came. */
	if (!WIFSIGNALED(status))
		c->end.timed_out = false;
	if (read(c->status, &error, sizeof(error)) == (ssize_t)sizeof(error)) {
		c->end.exec_errno = error;
		c->end.status = 0;
	}
	close_fd(&c->status);
}

void
child_free(struct child *c)
{
	if (c == NULL)
		return;
	close_child(c);
	c->on_end = NULL;
	if (!c->ended) {
		child_kill(c);
		try_reap(c);
	}
	if (!c->ended) {
		c->orphan = true;
		return;
	}
	unlink_child(c);
	close_fd(&c->status);
	free(c);
}

void
children_free(struct children *cs)
{
	struct child *c;

	if (cs == NULL)
		return;
	while ((c = cs->first) != NULL) {
		child_kill(c);
		try_reap(c);
		cs->first = c->next;
		close_child(c);
		close_fd(&c->status);
		free(c);
	}
	free(cs);
}

/* The first child whose end has not been told yet. */
static struct child *
next_ended(struct children *cs)
{
	struct child *c = cs->first;

	while (c != NULL && (!c->ended || c->told))
		c = c->next;
	return c;
}

int64_t
children_tend(struct children *cs, int64_t now_ns)
{
	int64_t next = INT64_MAX;
	struct child *c;

	for (c = cs->first; c != NULL; c = c->next) {
		if (!c->ended)
			try_reap(c);
		if (c->ended)
			continue;
		if (!c->killed && c->deadline != 0 && c->deadline <= now_ns) {
			c->end.timed_out = true;
			child_kill(c);
		}
	}
	while ((c = next_ended(cs)) != NULL) {
		c->told = true;
		if (c->orphan)
			child_free(c);
		else if (c->on_end != NULL)
			c->on_end(c, &c->end, c->arg);
	}
	for (c = cs->first; c != NULL; c = c->next) {
		if (c->ended)
			continue;
		if (c->killed && now_ns + LOOK_AGAIN_NS < next)
			next = now_ns + LOOK_AGAIN_NS;
		else if (!c->killed && c->deadline != 0 && c->deadline < next)
			next = c->deadline;
	}
	return next;
}

size_t
children_stuck(const struct children *cs)
{
	size_t n = 0;

	for (const struct child *c = cs->first; c != NULL; c = c->next)
		n += c->killed && !c->ended;
	return n;
}

size_t
children_alive(const struct children *cs)
{
	size_t n = 0;

	for (const struct child *c = cs->first; c != NULL; c = c->next)
		n += !c->ended;
	return n;
}

void
child_describe(const struct child_end *end, char *to, size_t size)
{
	if (end->exec_errno != 0)
		snprintf(to, size, "cannot be run: %s",
		    strerror(end->exec_errno));
	else if (end->lost)
		snprintf(to, size, "gone, its status taken by another");
	else if (end->timed_out)
		snprintf(to, size, "no answer in time, killed");
	else if (WIFSIGNALED(end->status))
		snprintf(to, size, "killed by SIG%s",
		    sigabbrev_np(WTERMSIG(end->status)) != NULL
			? sigabbrev_np(WTERMSIG(end->status))
			: "RT");
	else
		snprintf(to, size, "exit status %d", WEXITSTATUS(end->status));
}

double
backoff_next(struct backoff *b, double uniform)
{
	double bound = b->base;

	for (unsigned i = 0; i < b->tries && bound < b->cap; i++)
		bound *= 2;
	if (bound > b->cap)
		bound = b->cap;
	if (b->tries < UINT16_MAX)
		b->tries++;
	return bound * uniform;
}
