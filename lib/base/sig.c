/* SPDX-License-Identifier: MIT */
/*
 * sig: handlers that note the signal and write a byte to a pipe (Bernstein's
 * self-pipe), so that poll(2) wakes up.  Never allocates in a handler.
 */
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SIG_COUNT 65

static struct {
	struct sig flags;
	volatile sig_atomic_t came[SIG_COUNT];
	struct sigaction before[SIG_COUNT];
	bool watched[SIG_COUNT];
	bool open;
	int in, out; /* of the pipe */
} here;

static void
handler(int signo)
{
	int saved_errno = errno;
	ssize_t n;

	here.came[signo] = 1;
	if (signo == SIGTERM || signo == SIGINT)
		here.flags.stop = signo;
	else if (signo == SIGHUP)
		here.flags.reload = 1;
	else if (signo == SIGUSR1)
		here.flags.report = 1;
	/* A full pipe already wakes whoever polls it. */
	n = write(here.in, "", 1);
	(void)n;
	errno = saved_errno;
}

/* Without a pipe (no descriptors left) a signal still sets its flag and
 * interrupts the call in progress. */
static void
open_pipe(void)
{
	int fd[2];

	if (here.open)
		return;
	here.in = here.out = -1;
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return;
	here.out = fd[0];
	here.in = fd[1];
	here.open = true;
}

void
sig_watch(int signo)
{
	struct sigaction act = {.sa_handler = handler};
	struct sigaction *before;

	if (signo <= 0 || signo >= SIG_COUNT || here.watched[signo])
		return;
	open_pipe();
	before = &here.before[signo];
	if (sigaction(signo, NULL, before) == -1)
		return;
	if (before->sa_handler == SIG_IGN &&
	    (signo == SIGINT || signo == SIGHUP || signo == SIGQUIT))
		return;
	sigfillset(&act.sa_mask);
	here.came[signo] = 0;
	here.watched[signo] = sigaction(signo, &act, NULL) == 0;
}

void
sig_unwatch(int signo)
{
	if (signo <= 0 || signo >= SIG_COUNT || !here.watched[signo])
		return;
	sigaction(signo, &here.before[signo], NULL);
	here.watched[signo] = false;
	here.came[signo] = 0;
}

const struct sig *
sig_install(void)
{
	sig_watch(SIGTERM);
	sig_watch(SIGINT);
	sig_watch(SIGHUP);
	sig_watch(SIGUSR1);
	return &here.flags;
}

void
sig_clear_reload(void)
{
	here.flags.reload = 0;
}

void
sig_clear_report(void)
{
	here.flags.report = 0;
}

int
sig_fd(void)
{
	return here.open ? here.out : -1;
}

int
sig_take(void)
{
	char bytes[64];

	if (!here.open)
		return 0;
	for (int signo = 1; signo < SIG_COUNT; signo++)
		if (here.came[signo]) {
			here.came[signo] = 0;
			return signo;
		}
	/* Empty the pipe, then look once more: a signal that comes between
	 * leaves its byte, or is seen here. */
	while (read(here.out, bytes, sizeof(bytes)) > 0)
		continue;
	for (int signo = 1; signo < SIG_COUNT; signo++)
		if (here.came[signo]) {
			here.came[signo] = 0;
			return signo;
		}
	return 0;
}

void
sig_reraise(int signo)
{
	sigset_t set;

	if (signo != SIGINT)
		return;
	signal(SIGINT, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGINT);
}

void
sig_default(void)
{
	sigset_t none;

	for (int signo = 1; signo < SIG_COUNT; signo++) {
		signal(signo, SIG_DFL);
		here.watched[signo] = false;
		here.came[signo] = 0;
	}
	here.flags = (struct sig){0};
	if (here.open) {
		close(here.in);
		close(here.out);
		here.open = false;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
