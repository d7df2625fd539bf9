/* SPDX-License-Identifier: MIT */
/*
 * tree: kernel files read through descriptors kept open, and the few other
 * ways to look at a file of the tree.  Never prints.
 */
#include "tree.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <dirent.h>
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
#include "scan.h"

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
text_room(struct tree *t, size_t size)
{
	if (t->cap >= size)
		return;
	t->cap = t->cap == 0 ? 64u << 10 : t->cap * 2;
	t->text = xreallocarray(t->text, t->cap, 1);
}

/*
 * A read of a seq_file ends where its page is nearly full or the file ends,
 * and no record but the single ones (which come whole) is half a page long:
 * so a short read is the whole file and needs no second call to see the end.
 * room is how much is asked for at first: a sysctl file allocates and clears
 * that much, which costs fifty times the number in it.
 */
static ssize_t
read_all(struct tree *t, int fd, size_t room)
{
	size_t len = 0;
	ssize_t n;

	for (;; room = 8192) {
		text_room(t, len + room + 1);
		if (len > 0)
			room = t->cap - len - 1;
		n = pread(fd, t->text + len, room, (off_t)len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		len += (size_t)n;
		if (n == 0 || ((size_t)n < room && len < 2048) ||
		    len >= TEXT_MAX)
			break;
	}
	t->text[len] = '\0';
	return (ssize_t)len;
}

static bool
kept_open(struct tree *t, struct kept *k)
{
	if (k->fd != -1)
		return true;
	if (k->error != 0 && !(t->up - k->tried >= RETRY))
		return false;
	k->fd = openat(t->rootfd, k->path, O_RDONLY | O_CLOEXEC);
	if (k->fd != -1) {
		k->error = 0;
		return true;
	}
	k->error = errno;
	k->tried = t->up;
	if (!is_absence(errno))
		tree_trouble(t, k->path, errno);
	return false;
}

struct span
kept_read(struct tree *t, struct kept *k)
{
	ssize_t n;

	if (!kept_open(t, k))
		return (struct span){NULL, 0};
	n = read_all(t, k->fd, k->size * 2 + 128);
	if (n == -1) {
		k->error = errno;
		k->tried = t->up;
		if (!is_absence(errno))
			tree_trouble(t, k->path, errno);
		kept_close(k);
		return (struct span){NULL, 0};
	}
	k->size = (size_t)n;
	return (struct span){t->text, k->size};
}

bool
kept_u64(struct tree *t, struct kept *k, uint64_t *v)
{
	struct span s = kept_read(t, k);

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
tree_slurp(struct tree *t, const char *path, bool quiet)
{
	ssize_t n;
	int fd, error;

	fd = openat(t->rootfd, path, O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? -1 : read_all(t, fd, 8192);
	error = errno;
	if (fd != -1)
		close(fd);
	if (n != -1)
		return (struct span){t->text, (size_t)n};
	if (!quiet && !is_absence(error))
		tree_trouble(t, path, error);
	return (struct span){NULL, 0};
}

bool
tree_word(struct tree *t, const char *path, char *to, size_t size)
{
	struct span s = tree_slurp(t, path, true);
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
tree_link_text(struct tree *t, const char *path, char *to, size_t size)
{
	ssize_t n = readlinkat(t->rootfd, path, to, size);

	if (n <= 0 || (size_t)n >= size)
		return false;
	to[n] = '\0';
	return true;
}

bool
tree_link(struct tree *t, const char *path, char *to, size_t size)
{
	char text[512];
	const char *name;

	if (!tree_link_text(t, path, text, sizeof(text)))
		return false;
	name = strrchr(text, '/');
	name = name != NULL ? name + 1 : text;
	return (size_t)snprintf(to, size, "%s", name) < size && *to != '\0';
}

bool
tree_exists(struct tree *t, const char *path)
{
	return faccessat(t->rootfd, path, F_OK, 0) == 0;
}

int
tree_open(struct tree *t, const struct source_run *run, struct nc_err *e)
{
	struct statfs fs;
	int fd, stat;

	fd = open(*run->root != '\0' ? run->root : "/",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, "%s", run->root);
	stat = openat(fd, "proc/stat", O_RDONLY | O_CLOEXEC);
	if (stat == -1) {
		err_sys(e, "%s/proc/stat", run->root);
		close(fd);
		return -1;
	}
	*t = (struct tree){.rootfd = fd, .up = NAN, .since = NAN};
	t->live = fstatfs(stat, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	close(stat);
	return 0;
}

void
tree_clock(struct tree *t, const struct source_run *run,
    const struct source_round *r, struct frame *f)
{
	struct timespec now;
	struct span text;
	double up;

	t->ts = r->ts;
	t->up = r->up;
	if (!isfinite(t->up) && t->live && !isfinite(run->now) &&
	    clock_gettime(CLOCK_BOOTTIME, &now) == 0)
		t->up = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (!isfinite(t->up)) {
		text = tree_slurp(t, "proc/uptime", true);
		if (text.p != NULL && scan_real(text.p, &up) != NULL)
			t->up = up;
	}
	t->since = round(1e3 * (t->ts - t->up)) / 1e3;
	frame_clock(f, t->ts, t->up);
}

void
tree_close(struct tree *t)
{
	close(t->rootfd);
	free(t->text);
	t->text = NULL;
}

void
tree_trouble(struct tree *t, const char *path, int error)
{
	struct tree_trouble *one;
	size_t i;

	for (i = 0; i < t->ntroubles; i++)
		if (strcmp(t->troubles[i].path, path) == 0)
			return;
	if (t->ntroubles == TREE_TROUBLES)
		return;
	one = &t->troubles[t->ntroubles++];
	snprintf(one->path, sizeof(one->path), "%s", path);
	one->error = error;
	one->told = false;
}

int
tree_tell(struct tree *t, const struct source_run *run, struct frame *f)
{
	struct tree_trouble *one;
	size_t i;

	for (i = 0; i < t->ntroubles; i++) {
		one = &t->troubles[i];
		if (one->told)
			continue;
		one->told = true;
		if (source_error(f, "host", span_of(run->host),
			one->error == EACCES || one->error == EPERM
			    ? "permission"
			    : "unreadable",
			"/%s: %s", one->path, strerror(one->error)) == -1)
			return -1;
	}
	return 0;
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
tree_list(struct tree *t, const char *path,
    void (*each)(void *arg, const char *name), void *arg)
{
	struct dirent **names;
	int i, n;

	n = scandirat(t->rootfd, path, &names, no_dot, by_name);
	if (n == -1) {
		if (!is_absence(errno))
			tree_trouble(t, path, errno);
		return false;
	}
	for (i = 0; i < n; i++) {
		each(arg, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return true;
}
