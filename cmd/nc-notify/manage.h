/* SPDX-License-Identifier: MIT */
/*
 * manage: what an operator asks of a spool: what waits, what died, why; and
 * of the rules: who would be told.  Prints; sends nothing.
 */
#ifndef NC_NOTIFY_MANAGE_H
#define NC_NOTIFY_MANAGE_H

#include "base/diag.h"
#include "settings.h"

/* All return an exit status. */
int manage_queue(const char *dir, double now, struct diag *d);
int manage_show(const char *dir, char **names, int n, struct diag *d);
int manage_redrive(const char *dir, char **names, int n, double now,
    struct diag *d);
int manage_drop(const char *dir, char **names, int n, struct diag *d);
/*
 * A channel that is held is told nothing; what is for it waits.  n 0: lists
 * what is held; else a channel (or all) and maybe a time.
 */
int manage_hold(const struct settings *s, const char *dir, char **words, int n,
    double now, struct diag *d);
int manage_release(const char *dir, char **names, int n, struct diag *d);
/* FIELD=VALUE each; *bad is the first that is none, or NULL. */
int manage_test(const struct settings *s, char **fields, int n, double now,
    const char **bad);
/* Whether every secret of the configuration can be read. */
int manage_check(const struct settings *s, struct diag *d);

#endif
