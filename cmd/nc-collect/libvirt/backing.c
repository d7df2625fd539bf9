/* SPDX-License-Identifier: MIT */
/* backing: see backing.h.  Looks, changes nothing; what cannot be seen is
 * left out. */
#include "libvirt/backing.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/disk.h"

/* The id the source host gives the device, of which a partition is part. */
static bool
disk_of(dev_t dev, char *id, size_t size)
{
	static const struct source_run run = {.root = ""};
	struct host h = {.run = &run};
	struct nc_err e;
	struct disk *d = xcalloc(1, sizeof(*d)), *all[] = {d};
	char path[64];
	bool found = false;

	d->major = major(dev);
	d->minor = minor(dev);
	snprintf(path, sizeof(path), "sys/dev/block/%u:%u", d->major, d->minor);
	if (tree_open(&h.tree, &run, &e) == -1)
		goto out;
	if (tree_link(&h.tree, path, d->name, sizeof(d->name))) {
		disk_know(&h, d);
		disk_ids(all, 1);
		found = str_copy(id, size, span_of(d->id));
	}
	tree_close(&h.tree);
out:
	disk_free(d);
	return found;
}

void
backing_find(struct identity *i)
{
	char id[DISK_ID + DISK_NAME];
	struct identity_labels *l;
	struct stat st;
	const char *path;

	for (size_t k = 0; k < i->disks.n; k++) {
		l = &i->disks.list[k].labels;
		path = NULL;
		for (size_t m = 0; m < l->n; m++)
			if (strcmp(l->list[m].key, "file") == 0 ||
			    strcmp(l->list[m].key, "device") == 0)
				path = l->list[m].value;
		if (path == NULL || stat(path, &st) == -1)
			continue;
		if (disk_of(S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev, id,
			sizeof(id)))
			identity_label(l, "backing", span_of(id));
	}
}

static bool
read_line(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, to, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	to[n] = '\0';
	return true;
}

/* Where libvirt keeps the pid of a QEMU; field 22 is when it began (proc(5)),
 * counted behind the name, which may hold anything. */
void
backing_since(struct identity *i)
{
	char *path, text[1024], *p;
	unsigned long long ticks;
	long pid;
	int field;

	path = xasprintf("/run/libvirt/qemu/%s.pid", i->name);
	if (strchr(i->name, '/') != NULL ||
	    !read_line(path, text, sizeof(text)))
		goto out;
	pid = strtol(text, NULL, 10);
	snprintf(text, sizeof(text), "/proc/%ld/stat", pid);
	if (!read_line(text, text, sizeof(text)) ||
	    (p = strrchr(text, ')')) == NULL)
		goto out;
	for (field = 2; field < 22 && p != NULL; field++)
		if ((p = strchr(p, ' ')) != NULL)
			p++;
	if (p == NULL || sscanf(p, "%llu", &ticks) != 1)
		goto out;
	i->since = clock_real() - clock_boot() +
		   (double)ticks / (double)sysconf(_SC_CLK_TCK);
	i->since = round(i->since * 1e3) / 1e3;
out:
	free(path);
}
