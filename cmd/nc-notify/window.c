/* SPDX-License-Identifier: MIT */
/*
 * window: which items are queued in memory.  The spool may hold more than
 * memory should; what was accepted first comes first, by the time its file
 * was made, so that alerts of one fingerprint keep their order.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "deliver_priv.h"

#define WINDOW 16000u

struct found {
	double made;
	char *name; /* owned */
};

struct finding {
	struct deliver *d;
	struct found *list;
	size_t n, cap;
};

bool
window_open(const struct deliver *d)
{
	return d->beyond == 0 && map_count(d->items) < WINDOW;
}

bool
window_low(const struct deliver *d)
{
	return d->beyond != 0 && map_count(d->items) <= WINDOW / 2;
}

static void
on_found(void *arg, const char *name)
{
	struct finding *f = arg;
	struct spool_name n;

	if (!spool_name(name, &n) ||
	    map_get(f->d->items, span_of(name)) != NULL)
		return;
	if (f->n == f->cap) {
		f->cap = f->cap * 2 + 64;
		f->list = xreallocarray(f->list, f->cap, sizeof(*f->list));
	}
	f->list[f->n++] = (struct found){0, xstrdup(name)};
}

/* Of the log, should the file system not know when a file was made. */
static double
made(struct deliver *d, const char *name)
{
	char *path = xasprintf("%s/new/%s", spool_dir(d->spool), name);
	struct statx s = {.stx_mask = 0};
	const struct statx_timestamp *t;

	if (statx(AT_FDCWD, path, 0, STATX_BTIME | STATX_MTIME, &s) == -1)
		s = (struct statx){.stx_mask = 0};
	free(path);
	t = (s.stx_mask & STATX_BTIME) != 0 ? &s.stx_btime : &s.stx_mtime;
	return (double)t->tv_sec + (double)t->tv_nsec * 1e-9;
}

static int
by_age(const void *one, const void *other)
{
	const struct found *a = one, *b = other;

	if (a->made != b->made)
		return a->made < b->made ? -1 : 1;
	return strcmp(a->name, b->name);
}

void
window_fill(struct deliver *d)
{
	struct finding f = {.d = d};
	struct nc_err e;
	size_t room = WINDOW - map_count(d->items);

	if (map_count(d->items) >= WINDOW)
		return;
	if (spool_list(d->spool, SPOOL_NEW, on_found, &f, &e) == -1)
		deliver_trouble(d, &e);
	if (f.n > room) {
		for (size_t i = 0; i < f.n; i++)
			f.list[i].made = made(d, f.list[i].name);
		qsort(f.list, f.n, sizeof(*f.list), by_age);
	}
	d->beyond = 0;
	for (size_t i = 0; i < f.n; i++) {
		if (i < room)
			deliver_add(d, f.list[i].name);
		free(f.list[i].name);
	}
	d->beyond = f.n > room ? f.n - room : 0;
	free(f.list);
}
