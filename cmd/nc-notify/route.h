/* SPDX-License-Identifier: MIT */
/*
 * route: who is told of an alert.  Rules are read in order, as pf(4) reads
 * its own: every match adds its channels, a block takes some away, quick ends
 * the reading.  Pure.
 */
#ifndef NC_NOTIFY_ROUTE_H
#define NC_NOTIFY_ROUTE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert.h"
#include "base/err.h"
#include "lang/calendar.h"

#define ROUTE_CHANNELS_MAX 64

typedef uint64_t route_set; /* a bit a channel of the settings */

enum route_op { ROUTE_GLOB, ROUTE_NOT_GLOB, ROUTE_REGEX, ROUTE_NOT_REGEX };

struct route_condition {
	char *field, *value; /* owned */
	enum route_op op;
	regex_t regex; /* compiled for the two of them */
};

#define ROUTE_GROUP_FIELDS 4u

/* How what one rule sends to a channel is gathered and told again. */
struct route_group {
	char *by[ROUTE_GROUP_FIELDS]; /* fields, owned; none: by fingerprint */
	size_t nby;
	double wait, update; /* seconds: before the first message, the next */
	double repeat, backoff, max; /* while it fires; repeat 0: never */
};

/* Times of the week that rules name. */
struct window {
	char *name;
	struct calendar **when; /* any of them */
	size_t n;
};

struct route_rule {
	bool block, quick;
	bool none; /* "to none": nobody, and that is meant */
	route_set channels;
	struct route_condition *conditions; /* all must hold */
	size_t nconditions;
	const struct window *window; /* and this; borrowed; or NULL */
	bool outside; /* of it */
	struct route_group group;
	char *where; /* "notify.conf:12" */
};

struct route_decision {
	route_set set;
	/* Of each channel in it: the last rule that named it; borrowed. */
	const struct route_rule *by[ROUTE_CHANNELS_MAX];
};

/* -1 with a reason when the value is no pattern.  Copies. */
int route_condition(struct route_rule *r, const char *field, enum route_op op,
    const char *value, struct nc_err *e);
void route_free(struct route_rule *r); /* what it holds, not r */
bool route_holds(const struct route_rule *r, const struct alert *a, double now);
/* Who is told of an alert now; told (NULL is fine) hears of each rule that
 * held. */
void route_decide(const struct route_rule *rules, size_t n,
    const struct alert *a, double now, struct route_decision *d,
    void (*told)(void *arg, const struct route_rule *r), void *arg);
/* What belongs together: appends the fields' values, or the fingerprint. */
void route_group_key(const struct route_group *g, const struct alert *a,
    struct buf *b);
/* Seconds until the nth repeat (from 0) after the one before it. */
double route_repeat_after(const struct route_group *g, unsigned n);
/*
 * Whether every critical alert reaches a channel whatever else it says, or a
 * rule says "to none".
 */
bool route_covers_crit(const struct route_rule *rules, size_t n);

#endif
