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
#include "source.h"

/* Counters in /proc are in 1/100 s whatever the kernel's own HZ:
 * USER_HZ has been 100 on every architecture since 2.6. */
#define HOST_HZ 100.0

/* The network files of the machine's first process: our own may be those of
 * a container. */
#define HOST_NET(h, name) ((h)->foreign ? "proc/1/net/" name : "proc/net/" name)

/* Things that failed, told once each. */
#define HOST_TROUBLES 32

struct host_trouble {
	char path[120];
	int error;
	bool told;
};

struct ask;

struct host {
	const struct source_run *run; /* borrowed */
	struct frame *frame; /* of the round in hand */
	int rootfd; /* --root, or / */
	bool live; /* /proc is this kernel's own */
	bool foreign; /* live, but seen from a container */
	bool stop; /* nobody reads: end the round */
	double ts, up, since; /* of the round; up may be NAN */
	double page; /* bytes */
	char *text; /* what kept_read() reads into */
	size_t cap;
	uint64_t available_bytes; /* MemAvailable of this round */
	bool has_available;
	struct ask *ask; /* questions that may hang; NULL: none can be put */
	double hang_seconds; /* an answer later than this: it hangs */
	struct host_trouble troubles[HOST_TROUBLES];
	size_t ntroubles;
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

/*
 * Metric names a family emits, with those switched off that the level leaves
 * out: the catalogue says which, so that it stays the one place that does.
 */
#define KEYS_MAX 64

struct keys {
	const char *const *names;
	uint64_t on; /* bit n: names[n] is wanted */
};

void keys_open(struct keys *k, const struct host *h, const char *entity,
    const char *const *names, size_t count);

static inline bool
keys_on(const struct keys *k, size_t n)
{
	return (k->on >> n & 1) != 0;
}

static inline void
keys_real(const struct keys *k, struct host *h, size_t n, double v)
{
	if (keys_on(k, n))
		frame_value(h->frame, k->names[n], v);
}

static inline void
keys_u64(const struct keys *k, struct host *h, size_t n, uint64_t v)
{
	if (keys_on(k, n))
		frame_value_u64(h->frame, k->names[n], v);
}

/*
 * A kernel file whose descriptor is kept from round to round.  Zero is not a
 * valid state: use KEPT().  An absent file is asked for again once a minute.
 */
struct kept {
	const char *path; /* borrowed, relative to the root: "proc/stat" */
	int fd; /* -1: not open */
	int error; /* why not, 0 when never tried */
	double tried; /* host.up at that time */
	size_t size; /* bytes at the last read */
};

#define KEPT(p) ((struct kept){.path = (p), .fd = -1})

/*
 * The file's text, NUL-terminated, in h->text until the next read, or
 * {NULL, 0}.  Absent is no failure; what may not be read is a trouble.
 */
struct span kept_read(struct host *h, struct kept *k);
/* The number a one-number file begins with. */
bool kept_u64(struct host *h, struct kept *k, uint64_t *v);
void kept_close(struct kept *k);

/* Reads a file once without keeping it; text as kept_read().  quiet: an
 * error is no trouble. */
struct span host_slurp(struct host *h, const char *path, bool quiet);
/* First line without trailing blanks into to; false when empty or absent. */
bool host_word(struct host *h, const char *path, char *to, size_t size);
/* The text a symbolic link holds; the second: its last component only. */
bool host_link_text(struct host *h, const char *path, char *to, size_t size);
bool host_link(struct host *h, const char *path, char *to, size_t size);
bool host_exists(struct host *h, const char *path);
/* Remembers that path could not be read, once. */
void host_trouble(struct host *h, const char *path, int error);

/* Begins a sample of an entity of the host, with interval and since. */
void host_begin(struct host *h, const char *entity, const char *id);
/* Ends it; false when nobody reads any more. */
bool host_end(struct host *h);

/* Calls each(h, name, arg) for the entries of a folder, in byte order (a
 * number behind letters in numeric order), dot files left out.  false:
 * absent. */
bool host_list(struct host *h, const char *path,
    void (*each)(struct host *h, const char *name, void *arg), void *arg);

/* --doctor, one function a family that has something to say. */
void host_doctor(const struct source_run *run, source_tell *tell, void *arg);

#endif
