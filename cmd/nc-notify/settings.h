/* SPDX-License-Identifier: MIT */
/*
 * settings: notify.conf read: the channels, and the rules that say who is
 * told of what.
 *
 *	channel hook webhook "https://ops.example/alerts" { timeout 10s }
 *	match                 to hook
 *	match severity = crit to hook, pager quick
 *	block flags = flapping to pager
 */
#ifndef NC_NOTIFY_SETTINGS_H
#define NC_NOTIFY_SETTINGS_H

#include "base/diag.h"
#include "channel.h"
#include "route.h"

struct settings {
	struct channel *channels;
	size_t nchannels;
	struct route_rule *rules;
	size_t nrules;
};

/*
 * path NULL: what holds without a configuration, all alerts to the system
 * log.  0, or -1 after all of its faults were said.  Owned:
 * settings_free(), in either case.
 */
int settings_read(const char *path, struct settings *s, struct diag *diag);
void settings_free(struct settings *s);
/* The channel of that name, or NULL. */
const struct channel *settings_channel(const struct settings *s,
    struct span name);

#endif
