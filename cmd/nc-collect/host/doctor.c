/* SPDX-License-Identifier: MIT */
/*
 * doctor: what the source host cannot see here, why, and what mends it.  Runs
 * in a child of its own; looks, changes nothing.
 */
#include "host/host.h"

#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/fs.h"

struct doctor {
	const struct source_run *run;
	source_tell *tell;
	void *arg;
};

static void
say(const struct doctor *d, const char *what, const char *where, int error,
    const char *mend)
{
	char *why = xasprintf("%s: %s", where, strerror(error));
	struct source_finding f = {what, why, mend};

	d->tell(d->arg, &f);
	free(why);
}

/* 0, or the errno with which the first byte of a file is refused. */
static int
try_file(const struct doctor *d, const char *path)
{
	char *full = xasprintf("%s%s", d->run->root, path), byte;
	int error = 0, fd = open(full, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || read(fd, &byte, 1) == -1)
		error = errno;
	if (fd != -1)
		close(fd);
	free(full);
	return error;
}

/* What a file's absence or refusal takes from the operator. */
static const struct {
	const char *path, *what;
	int error; /* only this one; 0: any but absence */
	const char *mend;
} files[] = {
    {"/proc/stat", "processor time", 0, NULL},
    {"/proc/meminfo", "memory", 0, NULL},
    {"/proc/diskstats", "block devices", 0, NULL},
    {"/proc/pressure/cpu", "pressure stall information", EOPNOTSUPP,
	"boot with psi=1 on the kernel's command line"},
    {"/proc/pressure/cpu", "pressure stall information", ENOENT, NULL},
    {"/proc/schedstat", "time tasks wait for a processor", ENOENT, NULL},
    {"/proc/1/stat", "processes of other users", ENOENT,
	"mount -o remount,hidepid=0 /proc"},
    {"/proc/1/io", "I/O of processes of other users", 0,
	"setcap cap_sys_ptrace+ep \"$(command -v nc-collect)\""},
    {"/sys/class/powercap/intel-rapl:0/energy_uj", "energy counters", 0,
	"setcap cap_dac_read_search+ep \"$(command -v nc-collect)\""},
    {"/proc/self/mountinfo", "file systems", 0, NULL},
};

static void
look_at_files(const struct doctor *d)
{
	size_t i;
	int error;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		error = try_file(d, files[i].path);
		if (error == 0 ||
		    (files[i].error != 0 ? error != files[i].error
					 : error == ENOENT || error == ENODEV))
			continue;
		say(d, files[i].what, files[i].path, error, files[i].mend);
	}
}

/* In a container /proc/net and the mounts are the container's own. */
static void
look_at_spaces(const struct doctor *d)
{
	static const struct {
		const char *own, *first, *what, *why;
	} spaces[] = {{"/proc/self/ns/mnt", "/proc/1/ns/mnt",
			  "file systems of the machine",
			  "we run in a mount name space of our own"},
	    {"/proc/self/ns/net", "/proc/1/ns/net", "network of the machine",
		"we run in a network name space of our own"}};
	char own[64], first[64];
	struct source_finding f;
	ssize_t n, m;
	size_t i;

	for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		n = readlink(spaces[i].own, own, sizeof(own));
		m = readlink(spaces[i].first, first, sizeof(first));
		if (n <= 0 || m <= 0 ||
		    (n == m && memcmp(own, first, (size_t)n) == 0))
			continue;
		f = (struct source_finding){spaces[i].what, spaces[i].why,
		    "nsenter -t 1 -m -n nc-collect"};
		d->tell(d->arg, &f);
	}
}

static void
look_at_mounts(const struct doctor *d)
{
	struct fs_mount *list;
	struct statvfs s;
	struct host h = {.run = d->run};
	struct span text;
	size_t i, n;

	h.tree.rootfd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h.tree.rootfd == -1)
		return;
	text = tree_slurp(&h.tree, "proc/self/mountinfo", true);
	n = text.p != NULL ? fs_list(text.p, false, &list) : 0;
	for (i = 0; i < n; i++) {
		if (statvfs(list[i].point, &s) == -1)
			say(d, "size of a file system", list[i].point, errno,
			    NULL);
		fs_mount_free(&list[i]);
	}
	if (text.p != NULL)
		free(list);
	free(h.tree.text);
	close(h.tree.rootfd);
}

void
host_doctor(const struct source_run *run, source_tell *tell, void *arg)
{
	struct doctor d = {run, tell, arg};

	look_at_files(&d);
	if (*run->root != '\0')
		return;
	look_at_spaces(&d);
	look_at_mounts(&d);
}
