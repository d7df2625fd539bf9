/* SPDX-License-Identifier: MIT */
/*
 * sig: signals as something to look at, never as code that runs in the
 * middle of other code.  A program without a loop installs the usual four
 * and reads their flags; a program with one uses loop_signal() instead.
 * The handlers' memory is the one mutable global of the library: a handler
 * has no argument to find anything else by.
 */
#ifndef NC_BASE_SIG_H
#define NC_BASE_SIG_H

#include <stdbool.h>
#include <signal.h>

/* Set by the handlers; looked at, and the last two cleared, by the program. */
struct sig {
	volatile sig_atomic_t stop; /* SIGTERM or SIGINT: its number */
	volatile sig_atomic_t reload; /* SIGHUP came */
	volatile sig_atomic_t report; /* SIGUSR1 came */
};

/*
 * Watches SIGTERM, SIGINT, SIGHUP and SIGUSR1.  A blocking call is interrupted
 * (EINTR); to be sure that none comes just before it, poll sig_fd() beside
 * the descriptor.  Borrowed, valid as long as the process.
 */
const struct sig *sig_install(void);
void sig_clear_reload(void);
void sig_clear_report(void);
/* Readable once a watched signal has come, until sig_take() has given them
 * all; -1 while none is watched. */
int sig_fd(void);

/* What loops are made of.  SIGINT, SIGHUP and SIGQUIT that our parent had
 * ignored (nohup, a shell's background job) stay ignored. */
void sig_watch(int signo);
void sig_unwatch(int signo); /* back to what it was */
/* A signal that came since it was last taken, or 0. */
int sig_take(void);

/* The end of a program stopped by SIGINT: dies of it, so that the shell's
 * loop stops as well.  Returns for every other signo. */
void sig_reraise(int signo);
/* In a child, after fork and before anything else: every signal at its
 * default, none blocked. */
void sig_default(void);

#endif
