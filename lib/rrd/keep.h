/* SPDX-License-Identifier: MIT */
/*
 * keep: how long history is kept and how finely: "raw:6h,1m:2d,10m:14d,2h:1y"
 * becomes the archives of a file with a given step.  Pure.
 */
#ifndef NC_RRD_KEEP_H
#define NC_RRD_KEEP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define KEEP_MAX 8
#define KEEP_DEFAULT "raw:6h,1m:2d,10m:14d,2h:1y"

struct keep {
	size_t count;
	struct {
		double resolution; /* seconds; 0: raw, the file's own step */
		double span; /* seconds */
	} level[KEEP_MAX];
};

/* Finest first; y is 365 days here. */
int keep_parse(struct span text, struct keep *k, struct nc_err *e);
/*
 * The file's step and heartbeat for samples every interval seconds (NAN: not
 * known, a minute, believed for a quarter of an hour).
 */
unsigned long keep_step(double interval);
unsigned long keep_heartbeat(double interval, unsigned long step);

struct keep_archive {
	const char *cf; /* "AVERAGE", "MIN", "MAX" */
	unsigned long pdps, rows;
};

/*
 * The archives of a file: the raw one AVERAGE only, the others AVERAGE, MIN
 * and MAX.  Levels no coarser than the step are one with the raw level.
 */
#define KEEP_ARCHIVES (1 + 3 * (KEEP_MAX - 1))
size_t keep_archives(const struct keep *k, unsigned long step,
    struct keep_archive out[KEEP_ARCHIVES]);
/* Bytes of a file with so many sources. */
uint64_t keep_bytes(const struct keep *k, unsigned long step, size_t sources);

#endif
