/* SPDX-License-Identifier: MIT */
/*
 * host: the source `host` inside: what its families (cpu, memory, disk, ...)
 * share.  A family reads a handful of kernel files and knows nothing of the
 * others; host.c calls them in order.  Nothing here blocks: what may (statvfs,
 * sensors) is asked through ask.h.
 */
#ifndef NC_COLLECT_HOST_HOST_H
#define NC_COLLECT_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "keys.h"
#include "source.h"
#include "tree.h"

/* Counters in /proc are in 1/100 s whatever the kernel's own HZ:
 * USER_HZ has been 100 on every architecture since 2.6. */
#define HOST_HZ 100.0

/* The network files of the machine's first process: our own may be those of
 * a container. */
#define HOST_NET(h, name) ((h)->foreign ? "proc/1/net/" name : "proc/net/" name)

#define HOST_TOP_MAX 1000 /* processes told a round, at most */

struct ask;

struct host {
	const struct source_run *run; /* borrowed */
	struct frame *frame; /* of the round in hand */
	struct tree tree; /* --root, or / */
	bool live; /* /proc is this kernel's own */
	bool foreign; /* live, but seen from a container */
	bool stop; /* nobody reads: end the round */
	double ts, up, since; /* of the round; up may be NAN */
	double page; /* bytes */
	uint64_t available_bytes; /* MemAvailable of this round */
	bool has_available;
	struct ask *ask; /* questions that may hang; NULL: none can be put */
	double hang_seconds; /* an answer later than this: it hangs */
	void *family[20]; /* each family's own state */
};

struct host_family {
	const char *name;
	/* Owned result: close().  NULL: nothing of it is wanted. */
	void *(*open)(struct host *h);
	void (*close)(void *state);
	/* Adds values to the host's own sample.  May be NULL. */
	void (*values)(struct host *h, void *state);
	/* Samples of parts of the host.  May be NULL. */
	void (*parts)(struct host *h, void *state);
};

extern const struct host_family host_cpu, host_memory, host_huge, host_psi,
    host_socket, host_kernel, host_disk, host_nic, host_numa, host_process,
    host_fs, host_sensor;

/* Begins a sample of an entity of the host, with interval and since. */
void host_begin(struct host *h, const char *entity, const char *id);
/* Ends it; false when nobody reads any more. */
bool host_end(struct host *h);

/* tree_list() with the host at hand. */
bool host_list(struct host *h, const char *path,
    void (*each)(struct host *h, const char *name, void *arg), void *arg);

/* --doctor, one function a family that has something to say. */
void host_doctor(const struct source_run *run, source_tell *tell, void *arg);

#endif
