/* SPDX-License-Identifier: MIT */
/*
 * sig: the signals every program of ours obeys, as requests the main loop
 * looks at.  SIGTERM, SIGINT: finish the record in hand and end; SIGHUP:
 * reload; SIGUSR1: one line of counters.  With a loop they wake it; without,
 * they interrupt a blocking read (no SA_RESTART).
 */
#ifndef NC_BASE_SIG_H
#define NC_BASE_SIG_H

#include <stdbool.h>
#include <signal.h>

/* Written by the handlers; looked at and cleared by the program. */
struct sig {
	volatile sig_atomic_t stop; /* SIGTERM or SIGINT: its number */
	volatile sig_atomic_t reload; /* SIGHUP came */
	volatile sig_atomic_t report; /* SIGUSR1 came */
};

/* Installs the handlers, once a program, before anything can block; a signal
 * that the parent had ignored (nohup) stays ignored.  The struct lives as
 * long as the process. */
struct sig *sig_install(void);
/* The end of a program stopped by SIGINT: dies of it, so that the shell's
 * loop stops as well.  Returns for every other signo. */
void sig_reraise(int signo);
/* In a child, after fork and before anything else: all back to default,
 * nothing blocked. */
void sig_default(void);

#endif
