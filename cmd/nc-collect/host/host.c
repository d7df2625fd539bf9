/* SPDX-License-Identifier: MIT */
/*
 * host: the source `host`: this machine, read from /proc and /sys (or from a
 * recorded tree under --root).  One sweep calls the families in order: first
 * each adds to the host's own sample, then each emits its parts.  Never
 * blocks; speaks of trouble once.
 */
#include "host/host.h"

#include <sys/vfs.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/ask.h"
#include "host/scan.h"

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
keys_open(struct keys *k, const struct host *h, const char *entity,
    const char *const *names, size_t count)
{
	const struct metric *m;
	size_t i;

	assert(count <= KEYS_MAX);
	k->names = names;
	k->on = 0;
	for (i = 0; i < count; i++) {
		m = catalogue_find(span_of(entity), span_of(names[i]));
		assert(m != NULL);
		if (source_wants(h->run, m->level))
			k->on |= UINT64_C(1) << i;
	}
}

void
host_trouble(struct host *h, const char *path, int error)
{
	struct host_trouble *t;
	size_t i;

	for (i = 0; i < h->ntroubles; i++)
		if (strcmp(h->troubles[i].path, path) == 0)
			return;
	if (h->ntroubles == HOST_TROUBLES)
		return;
	t = &h->troubles[h->ntroubles++];
	snprintf(t->path, sizeof(t->path), "%s", path);
	t->error = error;
	t->told = false;
}

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

static void
tell_troubles(struct host *h)
{
	struct host_trouble *t;
	size_t i;

	for (i = 0; i < h->ntroubles; i++) {
		t = &h->troubles[i];
		if (t->told)
			continue;
		t->told = true;
		if (source_error(h->frame, "host", span_of(h->run->host),
			t->error == EACCES || t->error == EPERM ? "permission"
								: "unreadable",
			"/%s: %s", t->path, strerror(t->error)) == -1)
			h->stop = true;
	}
}

/*
 * The clock of the round.  A recorded tree has its own boot clock, in its
 * uptime; a live one under --root (a container looking at its host) has this
 * kernel's.
 */
static void
set_clock(struct host *h, const struct source_round *r)
{
	struct timespec now;
	struct span text;
	double up;

	h->ts = r->ts;
	h->up = r->up;
	if (!isfinite(h->up) && h->live && !isfinite(h->run->now) &&
	    clock_gettime(CLOCK_BOOTTIME, &now) == 0)
		h->up = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (!isfinite(h->up)) {
		text = host_slurp(h, "proc/uptime", true);
		if (text.p != NULL && scan_real(text.p, &up) != NULL)
			h->up = up;
	}
	h->since = round(1e3 * (h->ts - h->up)) / 1e3;
	frame_clock(h->frame, h->ts, h->up);
}

static int
host_open(const struct source_run *run, void **state, struct nc_err *e)
{
	struct statfs fs;
	struct host *h;
	size_t i;
	int fd;

	fd = open(*run->root != '\0' ? run->root : "/",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, "%s", run->root);
	if (faccessat(fd, "proc/stat", R_OK, 0) == -1) {
		err_sys(e, "%s/proc/stat", run->root);
		close(fd);
		return -1;
	}
	h = xcalloc(1, sizeof(*h));
	h->run = run;
	h->rootfd = fd;
	fd = openat(h->rootfd, "proc/stat", O_RDONLY | O_CLOEXEC);
	h->live = fd != -1 && fstatfs(fd, &fs) == 0 &&
		  fs.f_type == PROC_SUPER_MAGIC;
	if (fd != -1)
		close(fd);
	/* A recording does not say; most machines have 4 KiB. */
	h->page = h->live ? (double)sysconf(_SC_PAGESIZE) : 4096;
	h->foreign = h->live && *run->root != '\0';
	h->ask = ask_new();
	if (source_get_seconds(run, "fs-timeout", &h->hang_seconds, e) == -1)
		goto fail;
	for (i = 0; i < FAMILIES; i++)
		h->family[i] = families[i]->open(h);
	*state = h;
	return 0;
fail:
	ask_free(h->ask);
	close(h->rootfd);
	free(h);
	return -1;
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
	set_clock(h, r);
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
	if (!h->stop)
		tell_troubles(h);
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
	close(h->rootfd);
	free(h->text);
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
    .open = host_open,
    .collect = host_collect,
    .close = host_close,
    .doctor = host_doctor,
};
