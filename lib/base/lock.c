/* SPDX-License-Identifier: MIT */
/*
 * lock: an open file description lock over the whole lock file (fcntl(2)
 * F_OFD_SETLK): it goes with the descriptor, works over NFS, and closing
 * another descriptor of the file does not drop it.  The file stays.
 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/span.h"

/* Short against a human's patience, long against a wake-up. */
#define LOOK_AGAIN_MS 50

struct lock {
	int fd;
};

/* 0: ours, 1: somebody else's, -1: cannot be locked. */
static int
try_lock(int fd)
{
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int rc;

	do
		rc = fcntl(fd, F_OFD_SETLK, &range);
	while (rc == -1 && errno == EINTR);
	if (rc == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? 1 : -1;
}

/* What the holder wrote, a hint for people. */
static int
fail_held(int fd, const char *path, struct nc_err *e)
{
	char who[80];
	ssize_t n = pread(fd, who, sizeof(who) - 1, 0);

	who[n > 0 ? n : 0] = '\0';
	who[strcspn(who, "\n")] = '\0';
	return err_set(e, EAGAIN, "%s: held by %s", path,
	    who[0] != '\0' ? who : "another program");
}

static int
wait_lock(int fd, const char *path, double wait_seconds, struct nc_err *e)
{
	int64_t until = clock_mono_ns() + clock_ns(wait_seconds);
	int got;

	while ((got = try_lock(fd)) == 1) {
		if (clock_mono_ns() >= until)
			return fail_held(fd, path, e);
		/* A signal (stop) ends the wait. */
		if (poll(NULL, 0, LOOK_AGAIN_MS) == -1)
			return fail_held(fd, path, e);
	}
	if (got == -1)
		return err_sys(e, "cannot lock %s", path);
	return 0;
}

struct lock *
lock_take(const char *path, const char *who, double wait_seconds,
    struct nc_err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), n;
	struct lock *l;
	char text[80];

	if (fd == -1) {
		err_sys(e, "cannot open %s", path);
		return NULL;
	}
	if (wait_lock(fd, path, wait_seconds, e) == -1) {
		close(fd);
		return NULL;
	}
	n = snprintf(text, sizeof(text), "%.40s (pid %ld)\n", who,
	    (long)getpid());
	/* Only a hint: a full disk does not keep us from holding the lock. */
	if (ftruncate(fd, 0) == 0 && n > 0)
		(void)afile_write_fd(fd, text, (size_t)n, NULL);
	l = xcalloc(1, sizeof(*l));
	l->fd = fd;
	return l;
}

void
lock_free(struct lock *l)
{
	if (l == NULL)
		return;
	if (ftruncate(l->fd, 0) == -1)
		errno = 0;
	close(l->fd);
	free(l);
}
