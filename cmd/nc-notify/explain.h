/* SPDX-License-Identifier: MIT */
/*
 * explain: what became of one alert, and how each channel is doing.  Reads
 * the spool and its ledger; changes nothing.
 */
#ifndef NC_NOTIFY_EXPLAIN_H
#define NC_NOTIFY_EXPLAIN_H

#include "settings.h"

/* Both return an exit status.  id: the beginning of an event's, episode's,
 * fingerprint's or incident's. */
int explain_why(const struct settings *s, const char *dir, const char *id,
    struct diag *d);
/* max_age: 1 when something waits longer; 0: no matter. */
int explain_stat(const char *dir, double now, double max_age, struct diag *d);

#endif
