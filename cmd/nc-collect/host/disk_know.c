/* SPDX-License-Identifier: MIT */
/*
 * disk_know: the identity of a block device: WWN, else serial, else the name
 * the device mapper gave, else the kernel's.  An index (sda, dm-0, nvme0n1)
 * may be another device after the next boot, so it comes last.  Reads sysfs
 * and udev's database, which every user may.
 */
#include "host/disk.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "scan.h"

/* Serials come padded with blanks, and some hold bytes that are no text. */
static void
tidy(char *s)
{
	char *q = s;
	bool gap = false;

	for (; *s != '\0'; s++) {
		if (!isgraph((unsigned char)*s)) {
			gap = true;
			continue;
		}
		if (gap)
			*q++ = '_';
		gap = false;
		*q++ = *s;
	}
	*q = '\0';
	if (*q == '\0' && q != s && q[-1] == '_')
		q[-1] = '\0';
}

__attribute__((format(printf, 4, 5))) static bool
block_word(struct host *h, char *to, size_t size, const char *fmt, ...)
{
	char path[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (!tree_word(&h->tree, path, to, size)) {
		*to = '\0';
		return false;
	}
	return true;
}

/* Worldwide unique by a standard's prefix; "t10." is a vendor's own text. */
static bool
is_wwn(const char *s)
{
	return scan_prefix(s, "naa.") != NULL ||
	       scan_prefix(s, "eui.") != NULL ||
	       scan_prefix(s, "nvme.") != NULL ||
	       scan_prefix(s, "uuid.") != NULL;
}

/* "E:ID_WWN=0x5000c500a1b2c3d4" in udev's record of the device. */
static bool
udev_word(const char *text, const char *key, char *to, size_t size)
{
	size_t len = strlen(key), n;
	const char *p;

	for (p = text; p != NULL && *p != '\0'; p = scan_line(p)) {
		if (strncmp(p, "E:", 2) != 0 || strncmp(p + 2, key, len) != 0 ||
		    p[2 + len] != '=')
			continue;
		p += len + 3;
		n = strcspn(p, "\n");
		if (n == 0 || n >= size)
			return false;
		memcpy(to, p, n);
		to[n] = '\0';
		return true;
	}
	return false;
}

static void
know_identity(struct host *h, struct disk *d)
{
	char word[DISK_ID], path[64];
	const char *udev;

	block_word(h, d->mapper, sizeof(d->mapper), "sys/block/%s/dm/name",
	    d->name);
	block_word(h, d->model, sizeof(d->model), "sys/block/%s/device/model",
	    d->name);
	if (!block_word(h, d->serial, sizeof(d->serial), "sys/block/%s/serial",
		d->name))
		block_word(h, d->serial, sizeof(d->serial),
		    "sys/block/%s/device/serial", d->name);
	if ((block_word(h, word, sizeof(word), "sys/block/%s/wwid", d->name) &&
		is_wwn(word)) ||
	    (block_word(h, word, sizeof(word), "sys/block/%s/device/wwid",
		 d->name) &&
		is_wwn(word)))
		str_copy(d->identity, sizeof(d->identity), span_of(word));
	snprintf(path, sizeof(path), "run/udev/data/b%u:%u", d->major,
	    d->minor);
	udev = tree_slurp(&h->tree, path, true).p;
	if (d->identity[0] == '\0' && udev != NULL &&
	    !udev_word(udev, "ID_WWN_WITH_EXTENSION", d->identity,
		sizeof(d->identity)))
		udev_word(udev, "ID_WWN", d->identity, sizeof(d->identity));
	if (d->serial[0] == '\0' && udev != NULL)
		udev_word(udev, "ID_SERIAL_SHORT", d->serial,
		    sizeof(d->serial));
	tidy(d->identity);
	tidy(d->serial);
	if (d->identity[0] == '\0')
		snprintf(d->identity, sizeof(d->identity), "%s",
		    d->serial[0] != '\0' ? d->serial : d->mapper);
}

static void
add_slave(struct host *h, const char *name, void *arg)
{
	struct disk *d = arg;
	size_t len = strlen(d->slaves);

	(void)h;
	if (len + strlen(name) + 2 <= sizeof(d->slaves))
		snprintf(d->slaves + len, sizeof(d->slaves) - len, "%s%s",
		    len > 0 ? "," : "", name);
}

static void
keep(struct host *h, struct disk *d, size_t n, struct kept *k, const char *file)
{
	d->paths[n] = xasprintf("sys/block/%s/%s", d->name, file);
	*k = KEPT(d->paths[n]);
	if (!tree_exists(&h->tree, d->paths[n])) {
		free(d->paths[n]);
		d->paths[n] = NULL;
		k->path = NULL;
	}
}

/* A partition takes its disk's identity; it lies below it in sysfs. */
static void
know_partition(struct host *h, struct disk *d)
{
	char link[512], path[96], *end, *start;
	struct disk whole = {.major = d->major};

	snprintf(path, sizeof(path), "sys/class/block/%s", d->name);
	if (!tree_link_text(&h->tree, path, link, sizeof(link)) ||
	    (end = strrchr(link, '/')) == NULL)
		return;
	*end = '\0';
	start = strrchr(link, '/');
	start = start != NULL ? start + 1 : link;
	if (strlen(start) >= sizeof(whole.name))
		return;
	str_copy(whole.name, sizeof(whole.name), span_of(start));
	whole.minor = UINT32_MAX; /* udev's record is not this one's */
	know_identity(h, &whole);
	if (whole.identity[0] != '\0')
		snprintf(d->identity, sizeof(d->identity), "%.*s",
		    (int)sizeof(d->identity) - 1, whole.identity);
}

void
disk_know(struct host *h, struct disk *d)
{
	char path[96], word[8];

	d->known = true;
	d->looked = -INFINITY;
	snprintf(path, sizeof(path), "sys/class/block/%s/partition", d->name);
	d->partition = tree_exists(&h->tree, path);
	if (d->partition)
		know_partition(h, d);
	else
		know_identity(h, d);
	snprintf(path, sizeof(path), "sys/block/%s/slaves", d->name);
	host_list(h, path, add_slave, d);
	d->read_only_loop = strncmp(d->name, "loop", 4) == 0 &&
			    block_word(h, word, sizeof(word), "sys/block/%s/ro",
				d->name) &&
			    word[0] == '1';
	keep(h, d, 0, &d->size, "size");
	keep(h, d, 1, &d->state, "device/state");
	keep(h, d, 2, &d->degraded, "md/degraded");
	keep(h, d, 3, &d->members, "md/raid_disks");
	keep(h, d, 4, &d->sync, "md/sync_action");
	d->array = d->members.path != NULL;
}

void
disk_free(struct disk *d)
{
	struct kept *k[] = {&d->size, &d->state, &d->degraded, &d->members,
	    &d->sync};
	size_t i;

	for (i = 0; i < 5; i++) {
		if (d->paths[i] != NULL)
			kept_close(k[i]);
		free(d->paths[i]);
	}
	free(d);
}

static bool
is_shared(struct disk *const *disks, size_t n, const struct disk *d)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (disks[i] != d && !disks[i]->partition &&
		    strcmp(disks[i]->identity, d->identity) == 0)
			return true;
	return false;
}

void
disk_ids(struct disk *const *disks, size_t n)
{
	struct disk *d;
	size_t i;

	for (i = 0; i < n; i++) {
		d = disks[i];
		if (d->identity[0] == '\0')
			snprintf(d->id, sizeof(d->id), "%s", d->name);
		else if (d->partition || is_shared(disks, n, d))
			snprintf(d->id, sizeof(d->id), "%s/%s", d->identity,
			    d->name);
		else
			snprintf(d->id, sizeof(d->id), "%s", d->identity);
	}
}
