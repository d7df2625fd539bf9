/* SPDX-License-Identifier: MIT */
/*
 * diag: the one way a program speaks to its operator: one line on standard
 * error, "prog: where: what[: why]", untrusted bytes escaped, repeats
 * limited to five of a sort with a count at the end.
 */
#ifndef NC_BASE_DIAG_H
#define NC_BASE_DIAG_H

#include <stdarg.h>

struct diag;

enum diag_level {
	DIAG_ASKED = -1, /* the answer to SIGUSR1: shown with -q as well */
	DIAG_ERROR,
	DIAG_WARN,
	DIAG_INFO,
	DIAG_DEBUG
};

/* Borrows prog (a literal).  Owned: diag_free(), which prints the counts of
 * what was held back.  Shows errors and warnings unless told otherwise. */
struct diag *diag_new(const char *prog);
void diag_free(struct diag *d); /* NULL is fine */
/* -q: -1 (errors only), default 0, -v: 1 (info), -vv: 2 (debug). */
void diag_verbosity(struct diag *d, int level);
void diag_more(struct diag *d); /* one -v */
/* where may be NULL.  The message is escaped: a control byte never reaches
 * the terminal.  errno is kept. */
void diag_say(struct diag *d, enum diag_level level, const char *where,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same, counted under sort (the kind of trouble; copied, so keep the kinds
 * few): the first five are printed, the rest counted. */
void diag_limited(struct diag *d, enum diag_level level, const char *sort,
    const char *where, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Prints and clears the counts held back so far (SIGUSR1, exit). */
void diag_flush(struct diag *d);

#endif
