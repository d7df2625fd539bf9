/* SPDX-License-Identifier: MIT */
/*
 * worker: a source inside its child process.  Rounds come in on descriptor
 * 0 as struct source_round, lines go out on descriptor 1, each round closed
 * by a mark that is no record.  This header is the protocol's both ends.
 */
#ifndef NC_COLLECT_WORKER_H
#define NC_COLLECT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "settings.h"
#include "source.h"

/* What a round brought, as its mark says. */
struct worker_mark {
	uint64_t seq, entities, samples;
	bool failed;
	char message[200]; /* why, when failed */
};

struct worker_job {
	const struct wanted *wanted;
	const struct source_run *run;
};

/* The child's main: child_options.run; arg is a struct worker_job. */
int worker_main(void *arg);
/* The line (with its LF) says whose rounds these are. */
bool worker_host(const char *line, size_t len, struct span *host);
/* 1: the line (with its LF) is a mark and *m is filled; 0: it is a record. */
int worker_mark(const char *line, size_t len, struct worker_mark *m);

#endif
