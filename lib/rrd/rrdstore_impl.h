/* SPDX-License-Identifier: MIT */
/* rrdstore_impl: what the files of rrdstore share. */
#ifndef NC_RRD_RRDSTORE_IMPL_H
#define NC_RRD_RRDSTORE_IMPL_H

#include "base/lock.h"
#include "rrd/image.h"
#include "rrd/journal.h"
#include "rrd/rrdstore.h"
#include "rrd/slot.h"

#define FLUSH_SECONDS 600
#define WHEEL 1024 /* seconds, more than FLUSH_SECONDS */

struct rrdstore {
	struct store base;
	struct rrdstore_options o;
	char *dir, *files; /* owned; DIR and DIR/rrd */
	struct keep keep;
	struct lock *lock;
	struct roster *roster;
	struct journal *journal;
	struct image *image;
	int undo, dirfd;
	struct slot nobody; /* whoever gets no file */
	struct slot *wheel[WHEEL];
	int64_t wheel_at; /* second of `now` that was tended last; 0: none */
	double synced; /* when the journal was, monotonic */
	double newest; /* record time */
	uint64_t cached; /* bytes of rows */
	double space_checked;
	bool space_low;
	struct nc_err failed; /* msg empty: fine so far */
};

void rrdstore_say(struct rrdstore *s, const char *sort, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void rrdstore_free(struct rrdstore *s);
/* Enters files into the roster that it does not know. */
int rrdstore_rescue(struct rrdstore *s, struct nc_err *e);

#endif
