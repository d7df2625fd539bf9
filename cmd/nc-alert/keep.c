/* SPDX-License-Identifier: MIT */
/*
 * keep: files of the state.  What was told is flushed by the caller before
 * keep_commit(): a crash in between repeats records with their ids, and loses
 * none.
 */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/checked.h"
#include "base/lock.h"
#include "base/mem.h"

#define MAGIC "nc-alert"
#define VERSION 1
#define STATE_MAX ((size_t)1 << 34)
#define ACTIONS_MAX ((size_t)1 << 28)
#define DEFINES_MAX 1000
#define LOCK_SECONDS 10.0
#define LINE_MAX_BYTES 4096

struct keep {
	char *state, *actions;
	struct lock *lock;
	uint64_t offset; /* of the log, read so far */
	bool fresh; /* there is no state file yet */
};

void
keep_head_free(struct keep_head *h)
{
	for (size_t i = 0; h->defines != NULL && h->defines[i] != NULL; i++)
		free(h->defines[i]);
	free(h->defines);
	free(h->config);
	*h = (struct keep_head){0};
}

/* The log is there from the start, for all of the folder's group. */
static int
make_log(const char *path, struct nc_err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);

	if (fd == -1)
		return errno == EEXIST ? 0 : err_sys(e, "%s", path);
	fchmod(fd, 0660); /* whatever the umask */
	close(fd);
	return 0;
}

struct keep *
keep_open(const char *dir, struct nc_err *e)
{
	struct keep *k = xcalloc(1, sizeof(*k));
	char *lock = xasprintf("%s/lock", dir);

	k->state = xasprintf("%s/state", dir);
	k->actions = xasprintf("%s/actions.ndjson", dir);
	if (afile_mkdir(dir, 0770, e) == -1 ||
	    (k->lock = lock_take(lock, "nc-alert", LOCK_SECONDS, e)) == NULL ||
	    make_log(k->actions, e) == -1) {
		keep_close(k);
		k = NULL;
	}
	free(lock);
	return k;
}

void
keep_close(struct keep *k)
{
	if (k == NULL)
		return;
	lock_free(k->lock);
	free(k->state);
	free(k->actions);
	free(k);
}

static void
load_head(struct pack_in *u, struct keep_head *h)
{
	struct span s = pack_get_text(u);
	uint64_t n;

	h->config = xmemdup0(s.len != 0 ? s.p : "", s.len);
	n = pack_get_var(u, DEFINES_MAX);
	h->defines = xcalloc(n + 1, sizeof(char *));
	for (uint64_t i = 0; i < n; i++) {
		s = pack_get_text(u);
		h->defines[i] = xmemdup0(s.len != 0 ? s.p : "", s.len);
	}
	h->actions = pack_get_u64(u);
}

int
keep_load(struct keep *k, struct engine *g, struct diag *diag, struct nc_err *e)
{
	struct keep_head head = {0};
	struct buf b = {0};
	struct pack_in u;
	unsigned found;
	int rc = 0;

	switch (
	    checked_read(k->state, MAGIC, VERSION, STATE_MAX, &b, &found, e)) {
	case CHECKED_GOOD:
		u = (struct pack_in){.in = buf_span(&b)};
		load_head(&u, &head);
		k->offset = head.actions;
		if ((rc = engine_load(g, &u, e)) == -1)
			err_where(e, "%s", k->state);
		break;
	case CHECKED_ABSENT:
		k->fresh = true;
		break;
	case CHECKED_CORRUPT:
		k->fresh = true;
		diag_say(diag, DIAG_ERROR, NULL, "%s", e->msg);
		break;
	default:
		rc = -1;
	}
	keep_head_free(&head);
	buf_free(&b);
	return rc;
}

int
keep_commit(struct keep *k, const struct engine *g, const char *config,
    const char *const *defines, struct nc_err *e)
{
	struct buf b = {0};
	char *real = realpath(config, NULL);
	size_t n = 0;
	int rc;

	pack_text(&b, span_of(real != NULL ? real : config));
	while (defines[n] != NULL)
		n++;
	pack_var(&b, n);
	for (size_t i = 0; i < n; i++)
		pack_text(&b, span_of(defines[i]));
	pack_u64(&b, k->offset);
	engine_save(g, &b);
	rc = checked_write(k->state, MAGIC, VERSION, buf_span(&b), e);
	/* The group may look; a file that is there keeps its mode. */
	if (rc == 0 && k->fresh) {
		chmod(k->state, 0640);
		k->fresh = false;
	}
	buf_free(&b);
	free(real);
	return rc;
}

/* Appends what stands in the file behind from, as far as it is whole lines. */
static int
read_behind(const char *path, uint64_t *from, struct buf *b, struct nc_err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0, want;
	ssize_t n = 0;
	char *end;

	if (fd == -1)
		return errno == ENOENT ? 0 : err_sys(e, "%s", path);
	if (fstat(fd, &st) == -1) {
		close(fd);
		return err_sys(e, "%s", path);
	}
	if ((uint64_t)st.st_size < *from) /* begun anew */
		*from = 0;
	want = (size_t)((uint64_t)st.st_size - *from);
	if (want > ACTIONS_MAX)
		want = ACTIONS_MAX;
	if (want > 0) {
		buf_reserve(b, want);
		while (
		    len < want && (n = pread(fd, b->data + b->len + len,
				       want - len, (off_t)(*from + len))) > 0)
			len += (size_t)n;
	}
	close(fd);
	if (n == -1)
		return err_sys(e, "%s", path);
	end = len > 0 ? memrchr(b->data + b->len, '\n', len) : NULL;
	len = end != NULL ? (size_t)(end - (b->data + b->len)) + 1 : 0;
	b->len += len;
	*from += len;
	return 0;
}

int
keep_actions(struct keep *k,
    int (*take)(void *arg, const char *line, size_t len), void *arg,
    struct nc_err *e)
{
	struct buf b = {0};
	struct stat st;
	char *line, *end;
	int rc = 0;

	if (stat(k->actions, &st) == 0 && (uint64_t)st.st_size == k->offset)
		return 0;
	if (read_behind(k->actions, &k->offset, &b, e) == -1) {
		buf_free(&b);
		return -1;
	}
	for (line = b.data; rc == 0 && b.len > 0 && line < b.data + b.len;
	     line = end + 1) {
		end = memchr(line, '\n', (size_t)(b.data + b.len - line));
		rc = take(arg, line, (size_t)(end - line) + 1);
	}
	buf_free(&b);
	return rc;
}

int
keep_peek(const char *dir, struct buf *b, struct keep_head *h,
    struct pack_in *u, struct nc_err *e)
{
	char *path = xasprintf("%s/state", dir);
	enum checked got;
	unsigned found;

	got = checked_peek(path, MAGIC, VERSION, STATE_MAX, b, &found, e);
	if (got == CHECKED_ABSENT)
		err_set(e, ENOENT, "%s: there is no state yet", dir);
	free(path);
	if (got != CHECKED_GOOD)
		return -1;
	*u = (struct pack_in){.in = buf_span(b)};
	load_head(u, h);
	return 0;
}

int
keep_log(const char *dir, uint64_t from, struct buf *b, struct nc_err *e)
{
	char *path = xasprintf("%s/actions.ndjson", dir);
	int rc = read_behind(path, &from, b, e);

	free(path);
	return rc;
}

int
keep_append(const char *dir, struct span line, struct nc_err *e)
{
	char *path = xasprintf("%s/actions.ndjson", dir);
	struct stat st;
	char last = '\n';
	int fd, rc = -1;

	fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (fd == -1) {
		err_sys(e, "%s", path);
		free(path);
		return -1;
	}
	if (line.len > LINE_MAX_BYTES)
		err_set(e, 0, "longer than %d bytes", LINE_MAX_BYTES);
	else if (flock(fd, LOCK_EX) == -1 || fstat(fd, &st) == -1)
		err_sys(e, "%s", path);
	/* Whoever was stopped in the middle of a line does not spoil ours. */
	else if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
		err_sys(e, "%s", path);
	else if ((last == '\n' || write(fd, "\n", 1) == 1) &&
		 write(fd, line.p, line.len) == (ssize_t)line.len &&
		 fsync(fd) == 0)
		rc = 0;
	else
		err_sys(e, "%s", path);
	close(fd);
	free(path);
	return rc;
}
