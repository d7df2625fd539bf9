/* SPDX-License-Identifier: MIT */
/*
 * source: what nc-collect asks of a source.  A source is one constant struct
 * source in one file (or folder) and one row in sources.c.  It reads what it
 * knows of and builds records through a frame; when, how often, in which
 * process, with which deadline and into which output is the frame's business
 * (supervisor.c).  A source never prints, never exits, never sleeps, never
 * writes to a descriptor it was not given.
 *
 * Three shapes, chosen by flags and by which functions are there:
 *  - in-process: cannot block (/proc and /sys readers).  open() once, then
 *    collect() each round, in the supervisor itself.
 *  - child (SOURCE_BLOCKS): the same functions, all called in a forked child
 *    that is killed when a round passes its deadline and started again with
 *    backoff.  With serve() the child has its own event loop and may emit
 *    events between rounds.
 *  - program (program()): another program that prints records; see exec.c.
 */
#ifndef NC_COLLECT_SOURCE_H
#define NC_COLLECT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "metric/catalogue.h"
#include "stream/frame.h"

enum source_flag {
	SOURCE_BLOCKS = 1u << 0, /* may block: lives in a child */
	SOURCE_DEFAULT = 1u << 1 /* collected when no SOURCE is named */
};

/* NAME=VALUE behind a SOURCE, or `NAME VALUE` in its configuration block. */
struct source_option {
	const char *name; /* "vms"; NULL ends the table */
	const char *arg; /* "N"; NULL: a switch, `vms` or `vms=yes|no` */
	const char *fallback; /* value when not said, or NULL */
	const char *help; /* one line, lower case, no full stop */
	bool many; /* may be said more than once */
};

struct source_settings; /* the options as said: source_get() */

/* One source as the operator asked for it.  Constant while it runs. */
struct source_run {
	const struct source_settings *settings;
	const char *name; /* `source` on its records */
	const char *target; /* what stood behind SOURCE:, or NULL */
	const char *host; /* `host` on its records */
	const char *root; /* "" or the DIR of --root: before /proc, /sys */
	enum metric_level level;
	double interval; /* seconds meant between rounds; NAN: not known */
	double now; /* --now: the recorded clock; NAN: the real one */
	bool once; /* one round, then the end */
	struct diag *diag; /* borrowed: state changes only, not each round */
};

/* One round. */
struct source_round {
	uint64_t seq; /* 0 is the first since the program started */
	double ts; /* epoch seconds at its start: already frame_clock'd */
	double up; /* boot clock; NAN with --root or --now */
	double deadline; /* CLOCK_MONOTONIC seconds; INFINITY: none */
};

/* What --doctor has to say: what cannot be seen, why, what mends it. */
struct source_finding {
	const char *what; /* "I/O of processes of other users" */
	const char *why; /* "/proc/1/io: permission denied" */
	const char *mend; /* a command to type, or NULL when nothing helps */
};
typedef void source_tell(void *arg, const struct source_finding *f);

struct source_port; /* a child's end of its line to the supervisor */

struct source {
	const char *name; /* "libvirt" */
	/* Whether it has anything to collect here, for one that is SOURCE_DEFAULT
	 * and not on every machine; only looks.  NULL: always. */
	bool (*present)(const char *root);
	/* The target is on another node, whose name is on the records: then
	 * there may be several of this source.  NULL: never. */
	bool (*elsewhere)(const char *target);
	const char *help; /* one line */
	const char *target; /* "PROGRAM" needed, "[URI]" optional, NULL none */
	const struct source_option *options; /* NULL: none of its own */
	unsigned flags; /* enum source_flag */

	/*
	 * Whether the values of its options can be meant; looks at nothing but
	 * them (and level, root, once), so that -C says what a start would.
	 * -1: *e names the option.  NULL: there is nothing to get wrong.
	 */
	int (*check)(const struct source_run *run, struct nc_err *e);
	/*
	 * Takes what it needs for many rounds (descriptors, connections) into
	 * *state.  -1: nothing can be read at all; it is tried again later,
	 * so an absent socket is no reason for more than an error.  NULL: no
	 * state is needed.
	 */
	int (*open)(const struct source_run *run, void **state,
	    struct nc_err *e);
	/*
	 * Reads everything once and emits it, frame_end() returning -1 means
	 * nobody reads: return at once.  Single things that cannot be read go
	 * to source_error(); -1 is for a round that is worth nothing.
	 */
	int (*collect)(void *state, const struct source_run *run,
	    const struct source_round *round, struct frame *f,
	    struct nc_err *e);
	/*
	 * Instead of collect() being called: the child's whole life, its own
	 * event loop.  Polls source_port_fd() beside its own descriptors,
	 * answers rounds with source_port_done(), emits events at any time.
	 * Returns 0 when the supervisor hung up, -1 to be started again.
	 */
	int (*serve)(void *state, const struct source_run *run,
	    struct source_port *port, struct frame *f, struct nc_err *e);
	void (*close)(void *state); /* NULL when there is no state */
	/* Runs in a child of its own with a deadline. */
	void (*doctor)(const struct source_run *run, source_tell *tell,
	    void *arg);
	/* The program to run, argv[0] is searched in PATH.  Owned result:
	 * free() of each and of the array.  NULL and *e: cannot. */
	char **(*program)(const struct source_run *run, struct nc_err *e);
};

/* The table (sources.c).  NULL: no such source. */
const struct source *source_find(struct span name);
const struct source *const *source_all(void); /* NULL ends */

/* The value as said last, else the fallback, else NULL.  Borrowed. */
const char *source_get(const struct source_run *run, const char *option);
/* The i-th time it was said, NULL behind the last. */
const char *source_get_nth(const struct source_run *run, const char *option,
    size_t i);
/* A switch: fallback "yes" or "no" when not said, false without. */
bool source_get_switch(const struct source_run *run, const char *option);
/* Strict numbers within bounds; -1 and *e names option and value. */
int source_get_number(const struct source_run *run, const char *option,
    double min, double max, double *v, struct nc_err *e);
int source_get_seconds(const struct source_run *run, const char *option,
    double *v, struct nc_err *e); /* duration syntax */

static inline bool
source_wants(const struct source_run *run, enum metric_level level)
{
	return run->level >= level;
}

/* Starts a sample: frame_begin() and the interval. */
void source_begin(const struct source_run *run, struct frame *f,
    const char *entity, struct span id);
/* An `error` record: what could not be done, in band.  code is a short word
 * ("permission", "timeout"); entity and id may be empty. */
int source_error(struct frame *f, const char *entity, struct span id,
    const char *code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* For serve().  Readable when a round is asked for or the end has come. */
int source_port_fd(const struct source_port *port);
/* 1: *round is asked for (frame_clock is set); 0: nothing yet; -1: the end. */
int source_port_take(struct source_port *port, struct source_round *round);
/* The node observed is another one: its name is on the records about rounds
 * (sweep, gap, error) from now on. */
void source_port_host(struct source_port *port, const char *host);
/* Records that are made at once, without waiting between them, cost less
 * when they go out together: from gather to flush, or to the end of the
 * round. */
void source_port_gather(struct source_port *port);
void source_port_flush(struct source_port *port);
/* The round is over; e is NULL when it went well.  0, or -1: the end. */
int source_port_done(struct source_port *port, const struct nc_err *e);

#endif
