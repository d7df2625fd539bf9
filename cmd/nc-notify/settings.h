/* SPDX-License-Identifier: MIT */
/*
 * settings: notify.conf read: the channels, and the rules that say who is
 * told of what.
 *
 *	channel hook webhook "https://ops.example/alerts" { timeout 10s }
 *	channel pager exec "/usr/local/bin/page" { limit 20/day; fallback hook }
 *	rota ops { anna 2026-11-23/7d; bob }
 *	escalation night { pager; after 15m unless acked ops }
 *	window nights { every day 20:00-07:00 tz "Europe/Berlin" }
 *	match to hook group by incident wait 30s update 5m repeat 4h
 *	match severity = crit in nights to night quick
 *	block flags = flapping to pager
 *	set storm 50 in 1m
 */
#ifndef NC_NOTIFY_SETTINGS_H
#define NC_NOTIFY_SETTINGS_H

#include "base/diag.h"
#include "channel.h"
#include "route.h"

/* One recipient of a channel: what an item is for. */
struct lane_name {
	const struct channel *channel;
	const char *recipient; /* borrowed from the channel; or NULL */
	char *name; /* the channel's, "~" and a digest of the recipient */
};

struct settings {
	/* Escalations and rotas stand among them. */
	struct channel *channels;
	size_t nchannels;
	struct lane_name *lanes; /* of channels and escalations */
	size_t nlanes;
	struct window **windows;
	size_t nwindows;
	double storm_n, storm_seconds; /* new alerts of a lane; n 0: never */
	struct route_rule *rules;
	size_t nrules;
};

/*
 * path NULL: what holds without a configuration, all alerts to the system
 * log.  0, or -1 after all of its faults were said.  Owned:
 * settings_free(), in either case.
 */
int settings_read(const char *path, struct settings *s, struct diag *diag);
/* The same from memory; name stands for the file in messages. */
int settings_parse(struct span text, const char *name, struct settings *s,
    struct diag *diag);
void settings_free(struct settings *s);
/* Rotas in a set replaced by whose turn it is. */
route_set settings_on_duty(const struct settings *s, route_set set, double now);
/* The lane of that name, or NULL. */
const struct lane_name *settings_lane(const struct settings *s,
    struct span name);
/* The channel of that name, or NULL. */
const struct channel *settings_channel(const struct settings *s,
    struct span name);

#endif
