/* SPDX-License-Identifier: MIT */
/*
 * daemon: what only containerd itself knows of a container: its image and
 * its labels.  A child process asks, so that a daemon that does not answer
 * delays nobody; what it says comes rounds later.
 */
#ifndef NC_COLLECT_CONTAINER_DAEMON_H
#define NC_COLLECT_CONTAINER_DAEMON_H

#include <stdbool.h>

#include "base/span.h"

struct daemon_ask;

/* What came: the image, and a name or "". */
typedef void daemon_tell(void *arg, struct span space, struct span id,
    struct span image, struct span name);

/* Borrows the path of the socket.  Owned: daemon_free(). */
struct daemon_ask *daemon_new(const char *socket);
void daemon_free(struct daemon_ask *d); /* NULL is fine */
/* One to be asked for with the next daemon_round(). */
void daemon_want(struct daemon_ask *d, const char *space, const char *id);
/*
 * Starts a child where something is wanted and none is under way, and tells
 * what the last one said.  wait: seconds this call may take for the answer.
 */
void daemon_round(struct daemon_ask *d, double wait, daemon_tell *tell,
    void *arg);

#endif
