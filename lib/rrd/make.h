/* SPDX-License-Identifier: MIT */
/*
 * make: new RRD files, through librrd, and wider ones in place of old ones.
 * A file appears whole or not at all.  Never prints.
 */
#ifndef NC_RRD_MAKE_H
#define NC_RRD_MAKE_H

#include <stddef.h>

#include "base/err.h"
#include "rrd/image.h"
#include "rrd/keep.h"

struct make {
	const struct keep *keep;
	unsigned long step, heartbeat;
	double start; /* of time: before the first value */
	size_t sources; /* spares among them */
	/* Name and least value (NAN: none) of source i. */
	void (*source)(void *arg, size_t i, char *name, double *min);
	void *arg;
};

/* Creates path (its folder must exist) through path + "~". */
int make_file(const char *path, const struct make *m, struct nc_err *e);
/*
 * Replaces the file loaded in old by one with m->sources sources that holds
 * the same history; the archives are the file's own, not m->keep's.
 */
int make_wider(const char *path, struct image *old, const struct make *m,
    struct nc_err *e);

#endif
