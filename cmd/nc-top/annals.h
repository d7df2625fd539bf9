/* SPDX-License-Identifier: MIT */
/*
 * annals: what was said of the fleet that is no number, in bounded memory.
 * What happened stands in a log; what lasts (an alert, an anomaly, what will
 * be full, a forecast) is a matter with its turns, so that one can ask what
 * was the matter at any moment, and where.
 */
#ifndef NC_TOP_ANNALS_H
#define NC_TOP_ANNALS_H

#include <stdint.h>

#include "note.h"

/* Counts of what is the matter somewhere. */
struct trouble {
	unsigned crit, warn, info; /* alerts that fire and are not quiet */
	unsigned pending;
	unsigned quiet; /* fire, but acknowledged or muted */
	unsigned odd; /* anomalies */
	unsigned filling; /* predicted to be full */
};

/* One (host, entity, id) of which something was said. */
struct place {
	const char *host, *entity, *id;
	struct place *up; /* what contains it; NULL: a host */
	struct matter *matters; /* newest first */
	struct trouble own, all; /* as settled; all: with its parts */
	unsigned parts; /* places that have it above them */
	size_t key_len;
	char key[]; /* host NUL entity NUL id NUL */
};

struct matter {
	uint32_t serial; /* never used for another */
	enum record_kind kind;
	struct place *place;
	struct note **turns; /* owned, in order of ts */
	unsigned count, cap;
	unsigned forgotten; /* turns before the first */
	const struct note *now; /* as settled, NULL: not yet then */
	struct matter *next; /* of its place */
	size_t key_len;
	char key[];
};

struct annals;

/* Owned: annals_free(). */
struct annals *annals_new(void);
void annals_free(struct annals *a); /* NULL is fine */
/* Takes a record of any kind in; what is not kept is passed over. */
void annals_take(struct annals *a, const struct record *r);
/* Makes now, own and all those of the moment at (NAN: the latest).  now: what
 * the age of a prediction is measured by, NAN: none is too old. */
void annals_settle(struct annals *a, double at, double now);

/* NULL: nothing was ever said of it.  Good while the version stays. */
const struct place *annals_place(const struct annals *a, const char *host,
    const char *entity, const char *id);
/* Another number when places have come or gone. */
uint32_t annals_version(const struct annals *a);
/* In order of first appearance. */
size_t annals_matters(const struct annals *a, struct matter *const **list);
/* What happened, 0 is the newest; NULL at the end. */
const struct note *annals_log(const struct annals *a, size_t i);
/* Whether the matter is one at the settled moment. */
bool matter_is_open(const struct matter *m);
/* Matters and happenings forgotten for want of room. */
size_t annals_forgotten(const struct annals *a);

#endif
