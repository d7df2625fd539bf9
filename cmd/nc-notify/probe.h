/* SPDX-License-Identifier: MIT */
/*
 * probe: what a channel would send, byte by byte with its secrets hidden; and
 * one message sent to see whether it arrives.  Neither touches the spool.
 */
#ifndef NC_NOTIFY_PROBE_H
#define NC_NOTIFY_PROBE_H

#include "base/intern.h"
#include "settings.h"

/* Both return an exit status.  Alerts are read from the files, or standard
 * input, and are one message. */
int probe_render(const struct settings *s, const char *channel, char **files,
    int nfiles, struct intern *names, struct diag *d);
int probe_send(const struct settings *s, const char *channel, const char *dir,
    const char *host, struct diag *d);

#endif
