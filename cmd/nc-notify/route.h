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

#define ROUTE_CHANNELS_MAX 64

typedef uint64_t route_set; /* a bit a channel of the settings */

enum route_op { ROUTE_GLOB, ROUTE_NOT_GLOB, ROUTE_REGEX, ROUTE_NOT_REGEX };

struct route_condition {
	char *field, *value; /* owned */
	enum route_op op;
	regex_t regex; /* compiled for the two of them */
};

struct route_rule {
	bool block, quick;
	bool none; /* "to none": nobody, and that is meant */
	route_set channels;
	struct route_condition *conditions; /* all must hold */
	size_t nconditions;
	char *where; /* "notify.conf:12" */
};

/* -1 with a reason when the value is no pattern.  Copies. */
int route_condition(struct route_rule *r, const char *field, enum route_op op,
    const char *value, struct nc_err *e);
void route_free(struct route_rule *r); /* what it holds, not r */
bool route_holds(const struct route_rule *r, const struct alert *a);
/* The channels of an alert; told (NULL is fine) hears of each rule that
 * held. */
route_set route_decide(const struct route_rule *rules, size_t n,
    const struct alert *a, void (*told)(void *arg, const struct route_rule *r),
    void *arg);
/*
 * Whether every critical alert reaches a channel whatever else it says, or a
 * rule says "to none".
 */
bool route_covers_crit(const struct route_rule *rules, size_t n);

#endif
