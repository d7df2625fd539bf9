/* SPDX-License-Identifier: MIT */
/*
 * spool_item: one item read, noted, moved; what is old thrown away; how one
 * process tells another that something is new.
 */
#include "spool_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define MAGIC "nc-item 1 "
#define SENT_SECONDS (30.0 * 86400) /* of an episode that is over */
#define OPEN_SECONDS (400.0 * 86400) /* of one whose end nobody has seen */
#define TMP_SECONDS (36.0 * 3600) /* as maildir(5) has it */

static const char *const boxes[] = {"new", "sent", "dead"};

char *
spool_path(enum spool_box box, const char *name)
{
	return xasprintf("%s/%s", boxes[box], name);
}

void
spool_head(struct buf *b, double accepted, struct span record)
{
	unsigned char sum[DIGEST_SHA256];

	digest_sha256(record, sum);
	buf_addf(b, MAGIC "%.3f %zu ", accepted, record.len);
	digest_hex((struct span){(const char *)sum, sizeof(sum)}, b);
	buf_addc(b, '\n');
}

/* --- items ---------------------------------------------------------------- */

int
spool_list(struct spool *sp, enum spool_box box,
    void (*found)(void *arg, const char *name), void *arg, struct nc_err *e)
{
	int fd = openat(sp->fd, boxes[box], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (d == NULL) {
		err_sys(e, "%s/%s", sp->dir, boxes[box]);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((entry = readdir(d)) != NULL)
		if (*entry->d_name != '.')
			found(arg, entry->d_name);
	closedir(d);
	return 0;
}

/* The head and the record; *log is what follows. */
static int
parse_head(struct span all, struct spool_item *it, struct span *log,
    struct nc_err *e)
{
	struct span head, word;
	struct buf want = {0};
	uint64_t len;
	int rc = -1;

	if (!str_cut(all, '\n', &head, log) || !str_starts(head, MAGIC))
		return err_set(e, EBADMSG, "not an item");
	head.p += strlen(MAGIC);
	head.len -= strlen(MAGIC);
	if (!str_word(&head, &word) ||
	    parse_number(word, &it->accepted, NULL) == -1 ||
	    !str_word(&head, &word) ||
	    parse_unsigned(word, ITEM_MAX, &len, NULL) == -1 ||
	    len >= log->len || log->p[len] != '\n')
		return err_set(e, EBADMSG, "damaged");
	it->record = (struct span){log->p, (size_t)len};
	spool_head(&want, it->accepted, it->record);
	if (span_equal((struct span){all.p, (size_t)(log->p - all.p)},
		buf_span(&want)))
		rc = 0;
	buf_free(&want);
	log->p += len + 1;
	log->len -= (size_t)len + 1;
	return rc == 0 ? 0 : err_set(e, EBADMSG, "damaged");
}

/*
 * intent N TS[ with NAME...] · deferred N TS NEXT ... · unclear N TS NEXT ...
 * (it may have arrived) · repeated N TS NEXT · step N TS NEXT · sent N TS ...
 * · merged ... · handed CHANNEL · redriven TS
 */
static void
parse_note(struct span line, struct spool_item *it)
{
	struct span rest = line, word, number = {NULL, 0}, ts = {NULL, 0}, next;
	uint64_t n = 0;

	it->last = line;
	if (!str_word(&rest, &word))
		return;
	if (span_is(word, "handed")) {
		it->handed = true;
		return;
	}
	if (span_is(word, "redriven")) {
		it->attempts = 0;
		it->next = 0;
		it->again = false;
		parse_number(str_trim(rest), &it->accepted, NULL);
		return;
	}
	if (str_word(&rest, &number))
		parse_unsigned(number, UINT32_MAX, &n, NULL);
	str_word(&rest, &ts);
	if (span_is(word, "intent")) {
		it->attempts++;
		it->again = true;
		it->next = 0;
		it->with = (struct span){NULL, 0};
		if (str_word(&rest, &next) && span_is(next, "with"))
			it->with = str_trim(rest);
		return;
	}
	it->again = span_is(word, "unclear");
	if (span_is(word, "repeated") || span_is(word, "step")) {
		*(span_is(word, "step") ? &it->step
					: &it->repeats) = (unsigned)n;
		it->attempts = 0;
	}
	if ((it->again || span_is(word, "deferred") ||
		span_is(word, "repeated") || span_is(word, "step")) &&
	    str_word(&rest, &next)) {
		parse_number(next, &it->next, NULL);
		parse_number(ts, &it->noted, NULL);
	}
	it->sent = span_is(word, "sent") || span_is(word, "merged");
}

int
spool_parse(struct span bytes, const char *name, struct spool_item *it,
    size_t *torn, struct nc_err *e)
{
	struct span log, line;

	*it = (struct spool_item){.accepted = 0};
	if (parse_head(bytes, it, &log, e) == -1)
		return err_where(e, "%s", name);
	while (str_cut(log, '\n', &line, &log))
		parse_note(line, it);
	*torn = line.len;
	return 0;
}

int
spool_read(struct spool *sp, enum spool_box box, const char *name, bool mend,
    struct buf *b, struct spool_item *it, struct nc_err *e)
{
	char *path = xasprintf("%s/%s/%s", sp->dir, boxes[box], name);
	size_t torn;
	int rc = -1;

	buf_clear(b);
	*it = (struct spool_item){.accepted = 0};
	if (afile_read(path, ITEM_MAX, b, e) == -1)
		goto out;
	buf_reserve(b, RECORD_PADDING);
	if (spool_parse(buf_span(b), path, it, &torn, e) == -1)
		goto out;
	if (torn != 0 && mend && truncate(path, (off_t)(b->len - torn)) == -1) {
		err_sys(e, "%s", path);
		goto out;
	}
	rc = 0;
out:
	free(path);
	return rc;
}

int
spool_note(struct spool *sp, const char *name, const char *line, bool sync,
    struct nc_err *e)
{
	char *path = spool_path(SPOOL_NEW, name);
	struct buf b = {0};
	int fd = openat(sp->fd, path, O_WRONLY | O_APPEND | O_CLOEXEC), rc = -1;

	buf_addf(&b, "%s\n", line);
	if (fd == -1)
		err_sys(e, "%s/%s", sp->dir, path);
	else if (afile_write_fd(fd, b.data, b.len, e) == -1)
		err_where(e, "%s/%s", sp->dir, path);
	else if (sync && fdatasync(fd) == -1)
		err_sys(e, "%s/%s", sp->dir, path);
	else
		rc = 0;
	if (fd != -1)
		close(fd);
	buf_free(&b);
	free(path);
	return rc;
}

int
spool_move(struct spool *sp, const char *name, enum spool_box from,
    enum spool_box to, struct nc_err *e)
{
	char *old = spool_path(from, name), *new = spool_path(to, name);
	struct spool_name n;
	int rc = 0;

	if (renameat(sp->fd, old, sp->fd, new) == -1)
		rc = err_sys(e, "%s/%s", sp->dir, old);
	else if (to == SPOOL_SENT && spool_name(name, &n))
		spool_learn(sp, &n, true);
	free(old);
	free(new);
	return rc;
}

int
spool_remove(struct spool *sp, enum spool_box box, const char *name,
    struct nc_err *e)
{
	char *path = spool_path(box, name);
	int rc = 0;

	if (unlinkat(sp->fd, path, 0) == -1)
		rc = err_sys(e, "%s/%s", sp->dir, path);
	free(path);
	return rc;
}

int
spool_redrive(struct spool *sp, const char *name, double now, struct nc_err *e)
{
	char *line;
	int rc;

	if (spool_move(sp, name, SPOOL_DEAD, SPOOL_NEW, e) == -1)
		return -1;
	line = xasprintf("redriven %.3f", now);
	rc = spool_note(sp, name, line, true, e);
	free(line);
	return rc == -1 ? -1 : spool_sync_folder(sp, SPOOL_NEW, e);
}

void
spool_put_aside(struct spool *sp, const char *name)
{
	char *old = spool_path(SPOOL_NEW, name);
	char *new = xasprintf("dead/%s" SPOOL_DAMAGED, name);

	renameat(sp->fd, old, sp->fd, new);
	free(old);
	free(new);
}

/* --- tidy ----------------------------------------------------------------- */

struct tidying {
	struct spool *sp;
	double now;
	struct map *over; /* "EPISODE.CHANNEL" whose end was told */
};

static void
note_over(void *arg, const char *name)
{
	struct tidying *t = arg;
	struct spool_name n;
	struct buf key = {0};

	if (!spool_name(name, &n) || !n.ended)
		return;
	buf_addf(&key, "%.*s.%.*s", SPAN_ARG(n.episode), SPAN_ARG(n.lane));
	map_set(t->over, buf_span(&key), t);
	buf_free(&key);
}

static void
drop_older(struct tidying *t, const char *folder, const char *name,
    double seconds)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct stat st;

	if (fstatat(t->sp->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    t->now - (double)st.st_mtime > seconds)
		unlinkat(t->sp->fd, path, 0);
	free(path);
}

static void
tidy_sent(void *arg, const char *name)
{
	struct tidying *t = arg;
	struct spool_name n;
	struct buf key = {0};
	bool over;

	if (!spool_name(name, &n))
		return;
	buf_addf(&key, "%.*s.%.*s", SPAN_ARG(n.episode), SPAN_ARG(n.lane));
	over = map_get(t->over, buf_span(&key)) != NULL;
	buf_free(&key);
	drop_older(t, boxes[SPOOL_SENT], name,
	    over ? SENT_SECONDS : OPEN_SECONDS);
}

void
spool_tidy(struct spool *sp, double now)
{
	struct tidying t = {.sp = sp, .now = now, .over = map_new(NULL)};
	int fd = openat(sp->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (*entry->d_name != '.')
			drop_older(&t, "tmp", entry->d_name, TMP_SECONDS);
	if (d != NULL)
		closedir(d);
	spool_list(sp, SPOOL_SENT, note_over, &t, NULL);
	spool_list(sp, SPOOL_SENT, tidy_sent, &t, NULL);
	map_free(t.over, NULL);
}

/* --- from one process to another ------------------------------------------ */

void
spool_poke(struct spool *sp)
{
	int fd = openat(sp->fd, "trigger", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	/* Without a reader there is nobody to tell. */
	if (fd == -1)
		return;
	if (write(fd, "!", 1) == -1)
		errno = 0; /* full: told often enough */
	close(fd);
}

int
spool_listen(struct spool *sp, struct nc_err *e)
{
	if (sp->trigger == -1) {
		sp->trigger = openat(sp->fd, "trigger",
		    O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (sp->trigger == -1)
			return err_sys(e, "%s/trigger", sp->dir);
	}
	return sp->trigger;
}
