/* SPDX-License-Identifier: MIT */
/*
 * disk: block devices from /proc/diskstats, with their size and health from
 * sysfs.  Partitions are left out unless asked for, as are devices without a
 * medium and read-only loops (packages).  Never opens a device.
 */
#include "host/disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scan.h"

/* Seconds until a device without a medium is looked at again. */
#define RELOOK 60
#define SECTOR UINT64_C(512) /* whatever the device's own */

enum {
	D_SIZE = DISK_FIELDS,
	D_HEALTHY,
	D_MEMBERS,
	D_MISSING,
	D_SYNCING,
	D_COUNT
};

/* In the order of /proc/diskstats (Documentation/admin-guide/iostats.rst). */
static const char *const names[D_COUNT] = {"reads_total", "read_merges_total",
    "read_bytes_total", "read_seconds_total", "writes_total",
    "write_merges_total", "written_bytes_total", "write_seconds_total",
    "inflight", "busy_seconds_total", "queue_seconds_total", "discards_total",
    "discard_merges_total", "discarded_bytes_total", "discard_seconds_total",
    "flushes_total", "flush_seconds_total", "size_bytes", "healthy",
    "raid_disks", "raid_disks_missing", "raid_syncing"};

static const enum {
	COUNT,
	SECTORS,
	MS
} units[DISK_FIELDS] = {COUNT, COUNT, SECTORS, MS, COUNT, COUNT, SECTORS, MS,
    COUNT, MS, MS, COUNT, COUNT, SECTORS, MS, COUNT, MS};

struct disks {
	struct keys keys;
	struct kept diskstats;
	struct disk **list;
	size_t count;
	bool partitions;
};

static void *
disk_open(struct host *h)
{
	struct disks *s = xcalloc(1, sizeof(*s));

	keys_open(&s->keys, h->run, "host.disk", names, D_COUNT);
	s->diskstats = KEPT("proc/diskstats");
	s->partitions = source_get_switch(h->run, "partitions");
	return s;
}

static void
disk_close(void *state)
{
	struct disks *s = state;
	size_t i;

	kept_close(&s->diskstats);
	for (i = 0; i < s->count; i++)
		disk_free(s->list[i]);
	free(s->list);
	free(s);
}

/* Devices keep their order from round to round: the place it had is tried
 * first.  A new one is put at the place where it was found missing. */
static struct disk *
find(struct disks *s, size_t at, const char *name, size_t len, unsigned major,
    unsigned minor)
{
	struct disk *d;
	size_t i, n;

	for (n = 0; n < s->count; n++) {
		i = at + n < s->count ? at + n : at + n - s->count;
		d = s->list[i];
		if (d->minor == minor && d->major == major &&
		    strncmp(d->name, name, len) == 0 && d->name[len] == '\0')
			return d;
	}
	if (len >= DISK_NAME)
		return NULL;
	s->list = xreallocarray(s->list, s->count + 1, sizeof(*s->list));
	at = at < s->count ? at : s->count;
	memmove(s->list + at + 1, s->list + at,
	    (s->count - at) * sizeof(*s->list));
	s->count++;
	d = s->list[at] = xcalloc(1, sizeof(*d));
	d->major = major;
	d->minor = minor;
	memcpy(d->name, name, len);
	return d;
}

/* Takes the numbers of all devices, makes room for new ones, forgets those
 * that went.  True: ids are to be given anew. */
static bool
take_lines(struct disks *s, const char *text)
{
	uint64_t major, minor;
	const char *p, *q;
	struct disk *d;
	size_t i, at = 0, len;
	bool changed = false;

	for (p = text; *p != '\0'; p = scan_line(p)) {
		if ((q = scan_u64(p, &major)) == NULL ||
		    (q = scan_u64(q, &minor)) == NULL)
			continue;
		q = scan_blank(q);
		len = scan_word(q);
		d = find(s, at++, q, len, (unsigned)major, (unsigned)minor);
		if (d == NULL)
			continue;
		d->seen = true;
		d->nv = scan_row(q + len, d->v, DISK_FIELDS);
		changed |= !d->known;
	}
	for (i = at = 0; i < s->count; i++) {
		if (s->list[i]->seen) {
			s->list[i]->seen = false;
			s->list[at++] = s->list[i];
		} else {
			disk_free(s->list[i]);
			changed = true;
		}
	}
	s->count = at;
	return changed;
}

static void
look(struct host *h, struct disk *d)
{
	uint64_t sectors;

	d->looked = h->up;
	d->has_size = d->size.path != NULL &&
		      kept_u64(&h->tree, &d->size, &sectors);
	d->bytes = d->has_size ? sectors * SECTOR : 0;
}

/* Without a medium: an unused loop, an empty drive.  Such a device is not
 * looked at each round as long as nothing moves on it. */
static bool
is_hidden(struct host *h, const struct disks *s, struct disk *d)
{
	if ((d->partition && !s->partitions) || d->read_only_loop)
		return true;
	if (d->size.path == NULL)
		return false;
	if (d->bytes != 0 || d->v[0] + d->v[4] != 0 ||
	    !(h->up - d->looked < RELOOK))
		look(h, d);
	return d->has_size && d->bytes == 0;
}

static void
put_health(struct host *h, struct disks *s, struct disk *d)
{
	uint64_t missing = 0, members;
	struct span text;
	const char *p;

	if (d->state.path != NULL && keys_on(&s->keys, D_HEALTHY) &&
	    (p = kept_read(&h->tree, &d->state).p) != NULL)
		keys_u64(&s->keys, h->frame, D_HEALTHY,
		    scan_prefix(p, "running") != NULL ||
			scan_prefix(p, "live") != NULL);
	if (!d->array)
		return;
	if (d->degraded.path != NULL &&
	    kept_u64(&h->tree, &d->degraded, &missing)) {
		keys_u64(&s->keys, h->frame, D_HEALTHY, missing == 0);
		keys_u64(&s->keys, h->frame, D_MISSING, missing);
	}
	if (kept_u64(&h->tree, &d->members, &members))
		keys_u64(&s->keys, h->frame, D_MEMBERS, members);
	if (d->sync.path != NULL &&
	    (text = kept_read(&h->tree, &d->sync)).p != NULL)
		keys_u64(&s->keys, h->frame, D_SYNCING,
		    scan_prefix(text.p, "idle") == NULL &&
			scan_prefix(text.p, "frozen") == NULL);
}

static void
put_label(struct host *h, const char *key, const char *value)
{
	if (*value != '\0')
		frame_label(h->frame, key, span_of(value));
}

static bool
put_disk(struct host *h, struct disks *s, struct disk *d)
{
	size_t i;

	host_begin(h, "host.disk", d->id);
	put_label(h, "name", d->name);
	put_label(h, "model", d->model);
	if (strcmp(d->serial, d->identity) != 0)
		put_label(h, "serial", d->serial);
	put_label(h, "mapper", d->mapper);
	put_label(h, "slaves", d->slaves);
	for (i = 0; i < d->nv; i++) {
		if (!keys_on(&s->keys, i))
			continue;
		if (units[i] == MS)
			frame_value(h->frame, names[i], (double)d->v[i] / 1e3);
		else
			frame_value_u64(h->frame, names[i],
			    d->v[i] * (units[i] == SECTORS ? SECTOR : 1));
	}
	if (d->has_size)
		keys_u64(&s->keys, h->frame, D_SIZE, d->bytes);
	put_health(h, s, d);
	return host_end(h);
}

static void
disk_parts(struct host *h, void *state)
{
	struct disks *s = state;
	struct disk *d;
	const char *text;
	size_t i;

	if (s->keys.on == 0 ||
	    (text = kept_read(&h->tree, &s->diskstats).p) == NULL)
		return;
	if (take_lines(s, text)) {
		for (i = 0; i < s->count; i++)
			if (!s->list[i]->known)
				disk_know(h, s->list[i]);
		disk_ids(s->list, s->count);
	}
	for (i = 0; i < s->count; i++) {
		d = s->list[i];
		if (!is_hidden(h, s, d) && !put_disk(h, s, d))
			return;
	}
}

const struct host_family host_disk = {"disks", disk_open, disk_close, NULL,
    disk_parts};
