/* SPDX-License-Identifier: MIT */
/* import_nd: alarms of Netdata; only import_n*.c include it. */
#ifndef NC_ALERT_IMPORT_ND_H
#define NC_ALERT_IMPORT_ND_H

#include "import.h"

enum netdata_key {
	NETDATA_ON,
	NETDATA_OS,
	NETDATA_FAMILIES,
	NETDATA_LOOKUP,
	NETDATA_CALC,
	NETDATA_WARN,
	NETDATA_CRIT,
	NETDATA_DELAY,
	NETDATA_INFO,
	NETDATA_NAME,
	NETDATA_KEYS
};

struct netdata_alarm {
	char *text[NETDATA_KEYS]; /* owned, NULL where it has none */
	int line;
};

struct netdata_file {
	struct netdata_alarm *alarms;
	size_t count;
};

/* One alarm that is being translated. */
struct netdata {
	struct importer *im;
	const struct netdata_file *file;
	const struct netdata_alarm *alarm; /* in hand; others for its $names */
	char entity[32];
	bool family;
	bool raised; /* what $status is taken to be */
	int depth; /* of alarms that ask for each other */
	struct buf notes;
	char why[200];
};

int netdata_refuse(struct netdata *n, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Which entity the alarm is about. */
int netdata_entity(struct netdata *n);
/* A condition of warn or crit; appended. */
int netdata_condition(struct netdata *n, const char *text, struct buf *b);

#endif
