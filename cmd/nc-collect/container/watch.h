/* SPDX-License-Identifier: MIT */
/*
 * watch: what happens to containers, as containerd tells those who listen: a
 * child process listens, so that nothing is missed between rounds and nobody
 * waits.  What it heard is told with the next round.
 */
#ifndef NC_COLLECT_CONTAINER_WATCH_H
#define NC_COLLECT_CONTAINER_WATCH_H

#include <stdbool.h>

#include "base/span.h"

enum watch_what { WATCH_EXIT, WATCH_OOM };

struct watch_event {
	enum watch_what what;
	struct span space, id;
	unsigned status; /* of the first process, with WATCH_EXIT */
	double at; /* epoch seconds */
};

struct watch;

typedef void watch_tell(void *arg, const struct watch_event *e);

/* Borrows the path of the socket.  Owned: watch_free(). */
struct watch *watch_new(const char *socket);
void watch_free(struct watch *w); /* NULL is fine */
/* Somebody listens. */
bool watch_is_on(const struct watch *w); /* NULL is fine: no */
/* Tells what was heard since the last time; starts the child when it is not
 * there. */
void watch_round(struct watch *w, watch_tell *tell, void *arg);

#endif
