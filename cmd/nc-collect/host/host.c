/* SPDX-License-Identifier: MIT */
/*
 * host: the source `host`: this machine, read from /proc and /sys (or from a
 * recorded tree under --root).  One sweep calls the families in order: first
 * each adds to the host's own sample, then each emits its parts.  Never
 * blocks; speaks of trouble once.
 */
#include "host/host.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/ask.h"

/* What may wait comes last, so that it delays no other. */
static const struct host_family *const families[] = {&host_cpu, &host_memory,
    &host_huge, &host_psi, &host_socket, &host_kernel, &host_disk, &host_nic,
    &host_numa, &host_process, &host_fs, &host_sensor};

/* Seconds a question may take before the others go on without it, and all of
 * them together in a round that is not the only one: other sources wait. */
#define PATIENCE 0.015
#define BUDGET 0.045

#define FAMILIES (sizeof(families) / sizeof(families[0]))

void
host_begin(struct host *h, const char *entity, const char *id)
{
	source_begin(h->run, h->frame, entity, span_of(id));
	if (isfinite(h->since))
		frame_since(h->frame, h->since);
}

bool
host_end(struct host *h)
{
	if (frame_end(h->frame) == -1)
		h->stop = true;
	return !h->stop;
}

/* Gives host_list()'s caller the host beside its own argument. */
struct list {
	struct host *h;
	void (*each)(struct host *h, const char *name, void *arg);
	void *arg;
};

static void
list_one(void *arg, const char *name)
{
	struct list *l = arg;

	l->each(l->h, name, l->arg);
}

bool
host_list(struct host *h, const char *path,
    void (*each)(struct host *h, const char *name, void *arg), void *arg)
{
	struct list l = {h, each, arg};

	return tree_list(&h->tree, path, list_one, &l);
}

static int
host_check(const struct source_run *run, struct nc_err *e)
{
	double v;

	if (source_get_seconds(run, "fs-timeout", &v, e) == -1 ||
	    source_get_number(run, "top", 0, HOST_TOP_MAX, &v, e) == -1)
		return -1;
	return 0;
}

static int
host_open(const struct source_run *run, void **state, struct nc_err *e)
{
	struct tree tree;
	struct host *h;
	size_t i;

	if (tree_open(&tree, run, e) == -1)
		return -1;
	h = xcalloc(1, sizeof(*h));
	h->run = run;
	h->tree = tree;
	h->live = tree.live;
	/* A recording does not say; most machines have 4 KiB. */
	h->page = h->live ? (double)sysconf(_SC_PAGESIZE) : 4096;
	h->foreign = h->live && *run->root != '\0';
	h->ask = ask_new();
	source_get_seconds(run, "fs-timeout", &h->hang_seconds, NULL);
	for (i = 0; i < FAMILIES; i++)
		h->family[i] = families[i]->open(h);
	*state = h;
	return 0;
}

static int
host_collect(void *state, const struct source_run *run,
    const struct source_round *r, struct frame *f, struct nc_err *e)
{
	struct host *h = state;
	size_t i;

	(void)e;
	h->run = run;
	h->frame = f;
	h->stop = false;
	h->has_available = false;
	tree_clock(&h->tree, run, r, f);
	h->ts = h->tree.ts;
	h->up = h->tree.up;
	h->since = h->tree.since;
	host_begin(h, "host", run->host);
	for (i = 0; i < FAMILIES; i++)
		if (families[i]->values != NULL && h->family[i] != NULL)
			families[i]->values(h, h->family[i]);
	host_end(h);
	if (h->ask != NULL && !h->stop)
		ask_round(h->ask, PATIENCE,
		    run->once ? h->hang_seconds : BUDGET,
		    run->once ? h->hang_seconds + PATIENCE : 0);
	for (i = 0; i < FAMILIES && !h->stop; i++)
		if (families[i]->parts != NULL && h->family[i] != NULL)
			families[i]->parts(h, h->family[i]);
	if (!h->stop && tree_tell(&h->tree, run, f) == -1)
		h->stop = true;
	return 0;
}

static void
host_close(void *state)
{
	struct host *h = state;
	size_t i;

	for (i = 0; i < FAMILIES; i++)
		if (h->family[i] != NULL)
			families[i]->close(h->family[i]);
	ask_free(h->ask);
	tree_close(&h->tree);
	free(h);
}

static const struct source_option options[] = {{"partitions", NULL, "no",
						   "partitions of disks too",
						   false},
    {"taps", NULL, "no", "tap and veth devices too", false},
    {"pseudo-fs", NULL, "no", "file systems without storage too", false},
    {"fs-timeout", "SECS", "1s",
	"a mount that answers later than this is stuck", false},
    {"top", "N", "10",
	"processes by each of CPU, memory, I/O, at level detailed", false},
    {NULL, NULL, NULL, NULL, false}};

const struct source source_host = {
    .name = "host",
    .help = "this machine: CPU, memory, pressure, disks, file systems, "
	    "network, sensors",
    .options = options,
    .flags = SOURCE_DEFAULT,
    .check = host_check,
    .open = host_open,
    .collect = host_collect,
    .close = host_close,
    .doctor = host_doctor,
};
