/* SPDX-License-Identifier: MIT */
/*
 * kept: kernel files read through descriptors kept open, which halves the
 * cost of a read; and the few other ways to look at a file of the tree.
 * Never reports: a file that is not there is normal, one that may not be read
 * is remembered as a trouble.
 */
#include "host/host.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/scan.h"

/* No kernel file we read is larger; /proc/stat of 4,096 CPUs is 0.5 MB. */
#define TEXT_MAX (8u << 20)
/* Seconds until an absent file is looked for again. */
#define RETRY 60

/* A device, a process or a feature that is not there: no failure. */
static bool
is_absence(int error)
{
	return error == ENOENT || error == ENODEV || error == ENXIO ||
	       error == ESRCH || error == EOPNOTSUPP || error == ENOTDIR ||
	       error == EINVAL || error == ENODATA;
}

static void
text_room(struct host *h, size_t size)
{
	if (h->cap >= size)
		return;
	h->cap = h->cap == 0 ? 64u << 10 : h->cap * 2;
	h->text = xreallocarray(h->text, h->cap, 1);
}

/*
 * A read of a seq_file ends where its page is nearly full or the file ends,
 * and no record but the single ones (which come whole) is half a page long:
 * so a short read is the whole file and needs no second call to see the end.
 * room is how much is asked for at first: a sysctl file allocates and clears
 * that much, which costs fifty times the number in it.
 */
static ssize_t
read_all(struct host *h, int fd, size_t room)
{
	size_t len = 0;
	ssize_t n;

	for (;; room = 8192) {
		text_room(h, len + room + 1);
		if (len > 0)
			room = h->cap - len - 1;
		n = pread(fd, h->text + len, room, (off_t)len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		len += (size_t)n;
		if (n == 0 || ((size_t)n < room && len < 2048) ||
		    len >= TEXT_MAX)
			break;
	}
	h->text[len] = '\0';
	return (ssize_t)len;
}

static bool
kept_open(struct host *h, struct kept *k)
{
	if (k->fd != -1)
		return true;
	if (k->error != 0 && !(h->up - k->tried >= RETRY))
		return false;
	k->fd = openat(h->rootfd, k->path, O_RDONLY | O_CLOEXEC);
	if (k->fd != -1) {
		k->error = 0;
		return true;
	}
	k->error = errno;
	k->tried = h->up;
	if (!is_absence(errno))
		host_trouble(h, k->path, errno);
	return false;
}

struct span
kept_read(struct host *h, struct kept *k)
{
	ssize_t n;

	if (!kept_open(h, k))
		return (struct span){NULL, 0};
	n = read_all(h, k->fd, k->size * 2 + 128);
	if (n == -1) {
		k->error = errno;
		k->tried = h->up;
		if (!is_absence(errno))
			host_trouble(h, k->path, errno);
		kept_close(k);
		return (struct span){NULL, 0};
	}
	k->size = (size_t)n;
	return (struct span){h->text, k->size};
}

bool
kept_u64(struct host *h, struct kept *k, uint64_t *v)
{
	struct span s = kept_read(h, k);

	return s.p != NULL && scan_u64(s.p, v) != NULL;
}

void
kept_close(struct kept *k)
{
	if (k->fd != -1)
		close(k->fd);
	k->fd = -1;
}

struct span
host_slurp(struct host *h, const char *path, bool quiet)
{
	ssize_t n;
	int fd, error;

	fd = openat(h->rootfd, path, O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? -1 : read_all(h, fd, 8192);
	error = errno;
	if (fd != -1)
		close(fd);
	if (n != -1)
		return (struct span){h->text, (size_t)n};
	if (!quiet && !is_absence(error))
		host_trouble(h, path, error);
	return (struct span){NULL, 0};
}

bool
host_word(struct host *h, const char *path, char *to, size_t size)
{
	struct span s = host_slurp(h, path, true);
	size_t len;

	if (s.p == NULL)
		return false;
	s.p = scan_blank(s.p);
	len = strcspn(s.p, "\n");
	while (len > 0 && (s.p[len - 1] == ' ' || s.p[len - 1] == '\t'))
		len--;
	if (len == 0 || len >= size)
		return false;
	memcpy(to, s.p, len);
	to[len] = '\0';
	return true;
}

bool
host_link_text(struct host *h, const char *path, char *to, size_t size)
{
	ssize_t n = readlinkat(h->rootfd, path, to, size);

	if (n <= 0 || (size_t)n >= size)
		return false;
	to[n] = '\0';
	return true;
}

bool
host_link(struct host *h, const char *path, char *to, size_t size)
{
	char text[512];
	const char *name;

	if (!host_link_text(h, path, text, sizeof(text)))
		return false;
	name = strrchr(text, '/');
	name = name != NULL ? name + 1 : text;
	return (size_t)snprintf(to, size, "%s", name) < size && *to != '\0';
}

bool
host_exists(struct host *h, const char *path)
{
	return faccessat(h->rootfd, path, F_OK, 0) == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int
no_dot(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

bool
host_list(struct host *h, const char *path,
    void (*each)(struct host *h, const char *name, void *arg), void *arg)
{
	struct dirent **names;
	int i, n;

	n = scandirat(h->rootfd, path, &names, no_dot, by_name);
	if (n == -1) {
		if (!is_absence(errno))
			host_trouble(h, path, errno);
		return false;
	}
	for (i = 0; i < n; i++) {
		each(h, names[i]->d_name, arg);
		free(names[i]);
	}
	free(names);
	return true;
}
