/* SPDX-License-Identifier: MIT */
/*
 * spool: folders, names, the order of syncs.  An item in the making is
 * tmp/NAME, under the lock of those who accept; rename(2) makes it real.
 */
#include "spool.h"

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
#include "base/lock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define MAGIC "nc-item 1 "
#define LOCK_SECONDS 10.0
#define ITEM_MAX ((size_t)4 << 20)
#define SENT_SECONDS (30.0 * 86400) /* of an episode that is over */
#define OPEN_SECONDS (400.0 * 86400) /* of one whose end nobody has seen */
#define TMP_SECONDS (36.0 * 3600) /* as maildir(5) has it */

static const char *const boxes[] = {"new", "sent", "dead"};

struct spool {
	char *dir;
	int fd; /* of dir */
	int trigger;
	struct lock *lock; /* from the first addition to the commit */
	struct map *known; /* "EPISODE.CHANNEL" to 1 + 2 * spool_told() */
	char **fresh; /* added, not committed */
	size_t nfresh, fresh_cap;
};

/* --- names ---------------------------------------------------------------- */

bool
spool_name(const char *file, struct spool_name *n)
{
	struct span rest = span_of(file), seq;
	uint64_t number;

	if (!str_cut(rest, '.', &n->episode, &rest) ||
	    !str_cut(rest, '.', &seq, &rest) ||
	    !str_cut(rest, '.', &n->event_id, &rest) || seq.len < 2 ||
	    rest.len == 0 || memchr(rest.p, '.', rest.len) != NULL)
		return false;
	n->channel = rest;
	n->ended = seq.p[seq.len - 1] == 'r';
	seq.len--;
	if (parse_unsigned(seq, UINT32_MAX, &number, NULL) == -1)
		return false;
	n->seq = (uint32_t)number;
	return true;
}

static char *
make_name(const struct alert *a, const char *channel)
{
	return xasprintf("%.*s.%06u%c.%.*s.%s", SPAN_ARG(a->episode),
	    (unsigned)a->seq, a->ended ? 'r' : 'f', SPAN_ARG(a->event_id),
	    channel);
}

static char *
in_box(enum spool_box box, const char *name)
{
	return xasprintf("%s/%s", boxes[box], name);
}

static void
learn(struct spool *sp, struct span episode, struct span channel, uint64_t told)
{
	struct buf key = {0};
	uintptr_t old, is = 1 + 2 * (uintptr_t)told;

	buf_addf(&key, "%.*s.%.*s", SPAN_ARG(episode), SPAN_ARG(channel));
	old = (uintptr_t)map_get(sp->known, buf_span(&key));
	if (is > old)
		map_set(sp->known, buf_span(&key), (void *)is);
	buf_free(&key);
}

static uintptr_t
known(const struct spool *sp, struct span episode, struct span channel)
{
	struct buf key = {0};
	uintptr_t is;

	buf_addf(&key, "%.*s.%.*s", SPAN_ARG(episode), SPAN_ARG(channel));
	is = (uintptr_t)map_get(sp->known, buf_span(&key));
	buf_free(&key);
	return is;
}

static void
learn_new(void *arg, const char *name)
{
	struct spool_name n;

	if (spool_name(name, &n))
		learn(arg, n.episode, n.channel, 0);
}

static void
learn_sent(void *arg, const char *name)
{
	struct spool_name n;

	if (spool_name(name, &n))
		learn(arg, n.episode, n.channel, (uint64_t)n.seq + 1);
}

uint64_t
spool_told(const struct spool *sp, struct span episode, struct span channel)
{
	return known(sp, episode, channel) / 2;
}

/* Somebody else may have accepted the beginning of the episode. */
static int
look_again(struct spool *sp, struct nc_err *e)
{
	return spool_list(sp, SPOOL_NEW, learn_new, sp, e) == -1
		   ? -1
		   : spool_list(sp, SPOOL_SENT, learn_sent, sp, e);
}

bool
spool_knows(struct spool *sp, struct span episode, const char *channel)
{
	if (known(sp, episode, span_of(channel)) != 0)
		return true;
	look_again(sp, NULL);
	return known(sp, episode, span_of(channel)) != 0;
}

/* --- open ----------------------------------------------------------------- */

static int
make_folders(struct spool *sp, struct nc_err *e)
{
	static const char *const more[] = {"tmp", "ledger"};
	bool made = false;

	for (size_t i = 0; i < sizeof(boxes) / sizeof(*boxes); i++)
		if (mkdirat(sp->fd, boxes[i], 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return err_sys(e, "%s/%s", sp->dir, boxes[i]);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (mkdirat(sp->fd, more[i], 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return err_sys(e, "%s/%s", sp->dir, more[i]);
	if (mkfifoat(sp->fd, "trigger", 0600) == -1 && errno != EEXIST)
		return err_sys(e, "%s/trigger", sp->dir);
	if (made && fsync(sp->fd) == -1)
		return err_sys(e, "%s", sp->dir);
	return 0;
}

struct spool *
spool_open(const char *dir, struct nc_err *e)
{
	struct spool *sp = xcalloc(1, sizeof(*sp));

	sp->dir = xstrdup(dir);
	sp->fd = sp->trigger = -1;
	sp->known = map_new(NULL);
	if (afile_mkdir(dir, 0700, e) == -1)
		goto fail;
	sp->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sp->fd == -1) {
		err_sys(e, "%s", dir);
		goto fail;
	}
	if (make_folders(sp, e) == -1 || look_again(sp, e) == -1)
		goto fail;
	return sp;
fail:
	spool_close(sp);
	return NULL;
}

static void
forget_fresh(struct spool *sp)
{
	for (size_t i = 0; i < sp->nfresh; i++)
		free(sp->fresh[i]);
	sp->nfresh = 0;
	lock_free(sp->lock);
	sp->lock = NULL;
}

void
spool_close(struct spool *sp)
{
	if (sp == NULL)
		return;
	forget_fresh(sp);
	free(sp->fresh);
	map_free(sp->known, NULL);
	if (sp->fd != -1)
		close(sp->fd);
	if (sp->trigger != -1)
		close(sp->trigger);
	free(sp->dir);
	free(sp);
}

const char *
spool_dir(const struct spool *sp)
{
	return sp->dir;
}

/* --- accept --------------------------------------------------------------- */

/* What moves goes from new/ to the others, never back without the lock: so
 * this order misses nothing. */
static bool
is_there(const struct spool *sp, const char *name)
{
	for (int box = SPOOL_NEW; box <= SPOOL_DEAD; box++) {
		char *path = in_box((enum spool_box)box, name);
		bool found = faccessat(sp->fd, path, F_OK, 0) == 0;

		free(path);
		if (found)
			return true;
	}
	return false;
}

static void
add_head(struct buf *b, double now, struct span record)
{
	unsigned char sum[DIGEST_SHA256];

	digest_sha256(record, sum);
	buf_addf(b, MAGIC "%.3f %zu ", now, record.len);
	digest_hex((struct span){(const char *)sum, sizeof(sum)}, b);
	buf_addc(b, '\n');
}

static int
write_item(struct spool *sp, const char *name, const struct buf *b,
    struct nc_err *e)
{
	char *tmp = xasprintf("tmp/%s", name), *to = in_box(SPOOL_NEW, name);
	int fd, rc = -1;

	fd = openat(sp->fd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1)
		err_sys(e, "%s/%s", sp->dir, tmp);
	else if (afile_write_fd(fd, b->data, b->len, e) == -1)
		err_where(e, "%s/%s", sp->dir, tmp);
	else if (fsync(fd) == -1)
		err_sys(e, "%s/%s", sp->dir, tmp);
	else if (renameat(sp->fd, tmp, sp->fd, to) == -1)
		err_sys(e, "%s/%s", sp->dir, to);
	else
		rc = 0;
	if (fd != -1)
		close(fd);
	if (rc == -1)
		unlinkat(sp->fd, tmp, 0);
	free(tmp);
	free(to);
	return rc;
}

int
spool_add(struct spool *sp, const struct alert *a, const char *channel,
    double now, struct nc_err *e)
{
	struct buf b = {0};
	char *name, *path;
	int rc = 0;

	if (sp->lock == NULL) {
		path = xasprintf("%s/accept.lock", sp->dir);
		sp->lock = lock_take(path, "nc-notify", LOCK_SECONDS, e);
		free(path);
		if (sp->lock == NULL)
			return -1;
	}
	name = make_name(a, channel);
	if (!is_there(sp, name)) {
		add_head(&b, now, a->line);
		buf_add(&b, a->line.p, a->line.len);
		buf_addc(&b, '\n');
		rc = write_item(sp, name, &b, e) == 0 ? 1 : -1;
		buf_free(&b);
	}
	if (rc == -1) {
		/* Nobody is kept waiting while we are in trouble. */
		lock_free(sp->lock);
		sp->lock = NULL;
		free(name);
		return -1;
	}
	learn(sp, a->episode, span_of(channel), 0);
	/* One that is there already may lack its sync: it gets one too. */
	if (sp->nfresh == sp->fresh_cap) {
		sp->fresh_cap = sp->fresh_cap * 2 + 16;
		sp->fresh = xreallocarray(sp->fresh, sp->fresh_cap,
		    sizeof(*sp->fresh));
	}
	sp->fresh[sp->nfresh++] = name;
	return rc;
}

static int
sync_folder(struct spool *sp, const char *folder, struct nc_err *e)
{
	int fd = openat(sp->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = err_sys(e, "%s/%s", sp->dir, folder);
	if (fd != -1)
		close(fd);
	return rc;
}

int
spool_commit(struct spool *sp, void (*told)(void *arg, const char *name),
    void *arg, struct nc_err *e)
{
	if (sp->nfresh == 0) {
		forget_fresh(sp);
		return 0;
	}
	if (sync_folder(sp, boxes[SPOOL_NEW], e) == -1) {
		lock_free(sp->lock);
		sp->lock = NULL;
		return -1;
	}
	if (told != NULL)
		for (size_t i = 0; i < sp->nfresh; i++)
			told(arg, sp->fresh[i]);
	forget_fresh(sp);
	return 0;
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
	add_head(&want, it->accepted, it->record);
	if (span_equal((struct span){all.p, (size_t)(log->p - all.p)},
		buf_span(&want)))
		rc = 0;
	buf_free(&want);
	log->p += len + 1;
	log->len -= (size_t)len + 1;
	return rc == 0 ? 0 : err_set(e, EBADMSG, "damaged");
}

/* intent N TS · deferred N TS NEXT ... · sent N TS ... · redriven TS */
static void
parse_note(struct span line, struct spool_item *it)
{
	struct span rest = line, word, number, ts, next;

	it->last = line;
	if (!str_word(&rest, &word))
		return;
	if (span_is(word, "intent")) {
		it->attempts++;
		it->again = true;
		it->next = 0;
		return;
	}
	it->again = false;
	if (span_is(word, "redriven")) {
		it->attempts = 0;
		it->next = 0;
		parse_number(rest, &it->accepted, NULL);
	}
	if (span_is(word, "deferred") && str_word(&rest, &number) &&
	    str_word(&rest, &ts) && str_word(&rest, &next))
		parse_number(next, &it->next, NULL);
	it->sent = span_is(word, "sent") || span_is(word, "merged");
}

int
spool_read(struct spool *sp, enum spool_box box, const char *name, bool mend,
    struct buf *b, struct spool_item *it, struct nc_err *e)
{
	char *path = xasprintf("%s/%s/%s", sp->dir, boxes[box], name);
	struct span log, line;
	int rc = -1;

	buf_clear(b);
	*it = (struct spool_item){.accepted = 0};
	if (afile_read(path, ITEM_MAX, b, e) == -1)
		goto out;
	buf_reserve(b, RECORD_PADDING);
	if (parse_head(buf_span(b), it, &log, e) == -1) {
		err_where(e, "%s", path);
		goto out;
	}
	while (str_cut(log, '\n', &line, &log))
		parse_note(line, it);
	if (log.len != 0 && mend &&
	    truncate(path, (off_t)(b->len - log.len)) == -1) {
		err_sys(e, "%s", path);
		goto out;
	}
	rc = 0;
out:
	free(path);
	return rc;
}

int
spool_note(struct spool *sp, const char *name, const char *line,
    struct nc_err *e)
{
	char *path = in_box(SPOOL_NEW, name);
	struct buf b = {0};
	int fd = openat(sp->fd, path, O_WRONLY | O_APPEND | O_CLOEXEC), rc = -1;

	buf_addf(&b, "%s\n", line);
	if (fd == -1)
		err_sys(e, "%s/%s", sp->dir, path);
	else if (afile_write_fd(fd, b.data, b.len, e) == -1)
		err_where(e, "%s/%s", sp->dir, path);
	else if (fdatasync(fd) == -1)
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
	char *old = in_box(from, name), *new = in_box(to, name);
	struct spool_name n;
	int rc = 0;

	if (renameat(sp->fd, old, sp->fd, new) == -1)
		rc = err_sys(e, "%s/%s", sp->dir, old);
	else if (to == SPOOL_SENT && spool_name(name, &n))
		learn(sp, n.episode, n.channel, (uint64_t)n.seq + 1);
	free(old);
	free(new);
	return rc;
}

int
spool_remove(struct spool *sp, enum spool_box box, const char *name,
    struct nc_err *e)
{
	char *path = in_box(box, name);
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
	rc = spool_note(sp, name, line, e);
	free(line);
	return rc == -1 ? -1 : sync_folder(sp, boxes[SPOOL_NEW], e);
}

void
spool_put_aside(struct spool *sp, const char *name)
{
	char *old = in_box(SPOOL_NEW, name);
	char *new = xasprintf("dead/%s.bad", name);

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
	buf_addf(&key, "%.*s.%.*s", SPAN_ARG(n.episode), SPAN_ARG(n.channel));
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
	buf_addf(&key, "%.*s.%.*s", SPAN_ARG(n.episode), SPAN_ARG(n.channel));
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
