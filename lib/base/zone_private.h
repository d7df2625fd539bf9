/* SPDX-License-Identifier: MIT */
/* zone_private: a zone as zone_open() makes it and zone.c looks it up. */
#ifndef NC_BASE_ZONE_PRIVATE_H
#define NC_BASE_ZONE_PRIVATE_H

#include "base/span.h"
#include "base/zone.h"

#define ZONE_NAME_MAX 16

struct zone_type {
	int offset; /* seconds east */
	char name[ZONE_NAME_MAX];
};

enum zone_day_kind { ZONE_MONTH_WEEK, ZONE_JULIAN, ZONE_DAY };

/* When a year's change happens: Mm.w.d, Jn or n of POSIX TZ. */
struct zone_change {
	enum zone_day_kind kind;
	int month, week, day;
	int time; /* seconds after midnight, in the time before the change */
};

/* A POSIX TZ string: what holds when no table says otherwise. */
struct zone_rule {
	struct zone_type standard, summer;
	bool has_summer;
	struct zone_change start, end; /* of summer time */
};

struct zone {
	int64_t *at; /* owned: n instants, ascending */
	unsigned char *kind; /* owned: which type holds from then */
	size_t n;
	struct zone_type *types; /* owned */
	size_t ntypes; /* 0: no table, the rule alone */
	struct zone_rule rule;
	bool has_rule;
};

/* 0, or -1 when it is not a whole POSIX TZ string. */
int zone_rule_parse(struct span s, struct zone_rule *rule);
/* 0, or -1 when the bytes are not a TZif file. */
int zone_load(struct span file, struct zone *z);
int64_t zone_days(int64_t year, int64_t month, int64_t day); /* of the epoch */

#endif
