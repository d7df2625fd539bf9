/* SPDX-License-Identifier: MIT */
/*
 * kernel: what the kernel knows of its own health: clock synchronisation,
 * file handles, process ids, entropy, tasks found hanging.  Reads the clock's
 * state, never sets it.
 */
#include "host/host.h"

#include <sys/timex.h>

#include <stdlib.h>

#include "base/mem.h"
#include "scan.h"

enum {
	K_SYNCHRONIZED,
	K_OFFSET,
	K_MAX_ERROR,
	K_ESTIMATED_ERROR,
	K_FREQUENCY,
	K_FILES,
	K_FILES_MAX,
	K_PIDS_MAX,
	K_THREADS_MAX,
	K_ENTROPY,
	K_HUNG,
	K_COUNT
};

static const char *const names[K_COUNT] = {"clock_synchronized",
    "clock_offset_seconds", "clock_max_error_seconds",
    "clock_estimated_error_seconds", "clock_frequency_error_ratio",
    "open_files", "open_files_max", "pids_max", "threads_max",
    "entropy_available", "hung_tasks_total"};

struct kernel {
	struct keys keys;
	struct kept files, pids, threads, entropy, hung;
};

static void *
kernel_open(struct host *h)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	keys_open(&k->keys, h->run, "host", names, K_COUNT);
	k->files = KEPT("proc/sys/fs/file-nr");
	k->pids = KEPT("proc/sys/kernel/pid_max");
	k->threads = KEPT("proc/sys/kernel/threads-max");
	k->entropy = KEPT("proc/sys/kernel/random/entropy_avail");
	k->hung = KEPT("proc/sys/kernel/hung_task_detect_count");
	return k;
}

static void
kernel_close(void *state)
{
	struct kernel *k = state;

	kept_close(&k->files);
	kept_close(&k->pids);
	kept_close(&k->threads);
	kept_close(&k->entropy);
	kept_close(&k->hung);
	free(k);
}

/* adjtimex(2): offset in us or, with STA_NANO, ns; freq in ppm with 16 binary
 * places; errors in us. */
static void
put_clock(struct host *h, struct kernel *k)
{
	struct timex t = {.modes = 0};
	int state;

	if ((state = adjtimex(&t)) == -1)
		return;
	keys_u64(&k->keys, h->frame, K_SYNCHRONIZED,
	    state != TIME_ERROR && (t.status & STA_UNSYNC) == 0);
	keys_real(&k->keys, h->frame, K_OFFSET,
	    (double)t.offset / ((t.status & STA_NANO) != 0 ? 1e9 : 1e6));
	keys_real(&k->keys, h->frame, K_MAX_ERROR, (double)t.maxerror / 1e6);
	keys_real(&k->keys, h->frame, K_ESTIMATED_ERROR,
	    (double)t.esterror / 1e6);
	keys_real(&k->keys, h->frame, K_FREQUENCY, (double)t.freq / 65536e6);
}

static void
put_one(struct host *h, struct kernel *k, struct kept *file, size_t key)
{
	uint64_t v;

	if (keys_on(&k->keys, key) && kept_u64(&h->tree, file, &v))
		keys_u64(&k->keys, h->frame, key, v);
}

/* "allocated unused maximum"; the unused have been 0 since 2.6. */
static void
put_files(struct host *h, struct kernel *k)
{
	const char *p = kept_read(&h->tree, &k->files).p;
	uint64_t v[3];

	if (p == NULL || scan_row(p, v, 3) != 3)
		return;
	keys_u64(&k->keys, h->frame, K_FILES, v[0] - v[1]);
	/* "No limit" is the largest number there is: no limit, no value. */
	if (v[2] < UINT64_C(1) << 62)
		keys_u64(&k->keys, h->frame, K_FILES_MAX, v[2]);
}

static void
kernel_values(struct host *h, void *state)
{
	struct kernel *k = state;

	if (h->live && keys_on(&k->keys, K_SYNCHRONIZED))
		put_clock(h, k);
	if (keys_on(&k->keys, K_FILES))
		put_files(h, k);
	put_one(h, k, &k->pids, K_PIDS_MAX);
	put_one(h, k, &k->threads, K_THREADS_MAX);
	put_one(h, k, &k->entropy, K_ENTROPY);
	put_one(h, k, &k->hung, K_HUNG);
}

const struct host_family host_kernel = {"kernel", kernel_open, kernel_close,
    kernel_values, NULL};
