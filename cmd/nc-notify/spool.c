/* SPDX-License-Identifier: MIT */
/*
 * spool: folders, names, and how an alert becomes durable.  An item in the
 * making is tmp/NAME, under the lock of those who accept; rename(2) makes it
 * real.  Many at a time share their syncs.
 */
#include "spool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define LOCK_SECONDS 10.0
#define CHUNK 256u /* files that are open at a time */
/* So many files, and one sync of the file system may be cheaper than one of
 * each; it is where nobody else has much to write. */
#define TOGETHER 8u
#define FILE_SYNC_SECONDS 1e-2 /* until one was measured: of a busy disk */

static const char *const folders[] = {"new", "sent", "dead", "tmp", "ledger"};

/* --- names ---------------------------------------------------------------- */

bool
spool_name(const char *file, struct spool_name *n)
{
	struct span rest = span_of(file), seq;
	uint64_t number;
	size_t digits;

	if (!str_cut(rest, '.', &n->episode, &rest) ||
	    !str_cut(rest, '.', &seq, &rest) ||
	    !str_cut(rest, '.', &n->event_id, &rest) || rest.len == 0 ||
	    memchr(rest.p, '.', rest.len) != NULL)
		return false;
	n->lane = rest;
	for (digits = 0;
	     digits < seq.len && seq.p[digits] >= '0' && seq.p[digits] <= '9';)
		digits++;
	if (digits == 0 || digits == seq.len ||
	    strchr("faurpe", seq.p[digits]) == NULL ||
	    parse_unsigned((struct span){seq.p, digits}, UINT32_MAX, &number,
		NULL) == -1)
		return false;
	n->seq = (uint32_t)number;
	n->letter = seq.p[digits];
	n->ended = n->letter == SPOOL_RESOLVED;
	n->nth = 0;
	if (++digits == seq.len)
		return true;
	if (parse_unsigned((struct span){seq.p + digits, seq.len - digits},
		UINT32_MAX, &number, NULL) == -1)
		return false;
	n->nth = (unsigned)number;
	return true;
}

char
spool_letter(const struct alert *a)
{
	if (a->ended)
		return SPOOL_RESOLVED;
	if (span_is(a->change, "acked"))
		return SPOOL_ACKED;
	return span_is(a->change, "unacked") ? SPOOL_UNACKED : SPOOL_FIRING;
}

static char *
make_name(const struct alert *a, const char *lane, char letter, unsigned nth)
{
	char number[16] = "";

	if (nth != 0)
		snprintf(number, sizeof(number), "%u", nth);
	return xasprintf("%.*s.%06u%c%s.%.*s.%s", SPAN_ARG(a->episode),
	    (unsigned)a->seq, letter, number, SPAN_ARG(a->event_id), lane);
}

/* --- what is known of episodes -------------------------------------------- */

#define LETTER 0xffu

static uint64_t
key_of(const struct spool *sp, struct span episode, struct span lane)
{
	char name[2 * ALERT_ID_MAX + 64];
	int n = snprintf(name, sizeof(name), "%.*s.%.*s", SPAN_ARG(episode),
	    SPAN_ARG(lane));

	return (hash_bytes(&sp->seed, name,
		    n > 0 && (size_t)n < sizeof(name) ? (size_t)n
						      : sizeof(name)) |
		   0x100) &
	       ~(uint64_t)LETTER;
}

/* Its place, or the free one where it would be. */
static struct knowledge *
place(const struct spool *sp, uint64_t key)
{
	size_t mask = sp->known_cap - 1;

	for (size_t i = (size_t)(key >> 8) & mask;; i = (i + 1) & mask) {
		struct knowledge *k = &sp->known[i];

		if (k->key == 0 || (k->key & ~(uint64_t)LETTER) == key)
			return k;
	}
}

static struct knowledge *
known(const struct spool *sp, struct span episode, struct span lane)
{
	struct knowledge *k = place(sp, key_of(sp, episode, lane));

	return k->key == 0 ? NULL : k;
}

static void
make_room(struct spool *sp)
{
	struct knowledge *old = sp->known;
	size_t cap = sp->known_cap;

	if (cap != 0 && sp->nknown * 4 < cap * 3)
		return;
	sp->known_cap = cap == 0 ? 64 : cap * 2;
	sp->known = xcalloc(sp->known_cap, sizeof(*sp->known));
	for (size_t i = 0; i < cap; i++)
		if (old[i].key != 0)
			*place(sp, old[i].key & ~(uint64_t)LETTER) = old[i];
	free(old);
}

void
spool_learn(struct spool *sp, const struct spool_name *n, bool told)
{
	uint64_t key = key_of(sp, n->episode, n->lane);
	struct knowledge *k;
	uint32_t upto = n->seq == UINT32_MAX ? n->seq : n->seq + 1;

	make_room(sp);
	k = place(sp, key);
	if (k->key == 0) {
		*k = (struct knowledge){.key = key};
		sp->nknown++;
	}
	if (told && k->told < upto)
		k->told = upto;
	if (n->letter == SPOOL_REPEAT || n->letter == SPOOL_STEP)
		return;
	if ((k->key & LETTER) == 0 || n->seq >= k->latest) {
		k->latest = n->seq;
		k->key = key | (unsigned char)n->letter;
	}
}

static void
learn_new(void *arg, const char *name)
{
	struct spool_name n;

	if (spool_name(name, &n))
		spool_learn(arg, &n, false);
}

static void
learn_sent(void *arg, const char *name)
{
	struct spool_name n;

	if (spool_name(name, &n))
		spool_learn(arg, &n, true);
}

uint64_t
spool_told(const struct spool *sp, struct span episode, struct span lane)
{
	const struct knowledge *k = known(sp, episode, lane);

	return k != NULL ? k->told : 0;
}

char
spool_latest(const struct spool *sp, struct span episode, struct span lane)
{
	const struct knowledge *k = known(sp, episode, lane);

	return k != NULL ? (char)(k->key & LETTER) : '\0';
}

void
spool_heard(struct spool *sp, const struct spool_name *n)
{
	spool_learn(sp, n, false);
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
spool_knows(struct spool *sp, struct span episode, const char *lane)
{
	if (known(sp, episode, span_of(lane)) != NULL)
		return true;
	look_again(sp, NULL);
	return known(sp, episode, span_of(lane)) != NULL;
}

/* --- open ----------------------------------------------------------------- */

static int
make_folders(struct spool *sp, struct nc_err *e)
{
	bool made = false;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdirat(sp->fd, folders[i], 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return err_sys(e, "%s/%s", sp->dir, folders[i]);
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
	sp->seed = hash_seed_random();
	make_room(sp);
	sp->adding = map_new(NULL);
	sp->file_sync = FILE_SYNC_SECONDS;
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

void
spool_forget(struct spool *sp)
{
	for (size_t i = 0; i < sp->nfresh; i++)
		free(sp->fresh[i].name);
	sp->nfresh = 0;
	map_clear(sp->adding, NULL);
	buf_clear(&sp->pending);
}

void
spool_close(struct spool *sp)
{
	if (sp == NULL)
		return;
	spool_forget(sp);
	free(sp->fresh);
	buf_free(&sp->pending);
	map_free(sp->adding, NULL);
	free(sp->known);
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

size_t
spool_pending(const struct spool *sp)
{
	return sp->nfresh;
}

void
spool_add(struct spool *sp, const struct alert *a, const char *lane,
    char letter, unsigned nth, const char *note, double now)
{
	struct spool_name n;
	struct fresh f = {.at = sp->pending.len};

	f.name = make_name(a, lane, letter, nth);
	if (map_get(sp->adding, span_of(f.name)) != NULL) {
		free(f.name);
		return;
	}
	map_set(sp->adding, span_of(f.name), sp);
	spool_head(&sp->pending, now, a->line);
	buf_add(&sp->pending, a->line.p, a->line.len);
	buf_addc(&sp->pending, '\n');
	if (note != NULL)
		buf_addf(&sp->pending, "%s\n", note);
	f.len = sp->pending.len - f.at;
	if (sp->nfresh == sp->fresh_cap) {
		sp->fresh_cap = sp->fresh_cap * 2 + 16;
		sp->fresh = xreallocarray(sp->fresh, sp->fresh_cap,
		    sizeof(*sp->fresh));
	}
	sp->fresh[sp->nfresh++] = f;
	if (spool_name(f.name, &n))
		spool_learn(sp, &n, false);
}

/*
 * What moves goes from new/ to the others, never back without the lock: so
 * this order misses nothing.  One of ours whose folder could not be synced is
 * not there as long as nobody has touched it.
 */
static bool
is_there(const struct spool *sp, const struct fresh *f)
{
	struct stat st;

	for (int box = SPOOL_NEW; box <= SPOOL_DEAD; box++) {
		char *path = spool_path((enum spool_box)box, f->name);
		bool found = fstatat(sp->fd, path, &st, 0) == 0;

		free(path);
		if (found)
			return box != SPOOL_NEW || !f->renamed ||
			       st.st_size != (off_t)f->len;
	}
	return false;
}

static int
write_tmp(struct spool *sp, const struct fresh *f, int *fd, struct nc_err *e)
{
	char *tmp = xasprintf("tmp/%s", f->name);
	int rc = 0;

	*fd = openat(sp->fd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (*fd == -1)
		rc = err_sys(e, "%s/%s", sp->dir, tmp);
	else if (afile_write_fd(*fd, sp->pending.data + f->at, f->len, e) == -1)
		rc = err_where(e, "%s/%s", sp->dir, tmp);
	free(tmp);
	return rc;
}

/* Seconds of late, the last one counting half. */
static void
measure(double *mean, int64_t since, size_t n)
{
	double took = (double)(clock_mono_ns() - since) * 1e-9 / (double)n;

	*mean = *mean > 0 ? (*mean + took) / 2 : took;
}

/*
 * One sync of the whole file system costs one commit of its journal, however
 * many files are new; but it waits for what everybody else has written.  So
 * the cheaper of both by what they cost lately.  syncfs(2) tells of write
 * errors since Linux 5.8.
 */
static int
sync_files(struct spool *sp, const int *fds, size_t n, struct nc_err *e)
{
	int64_t since = clock_mono_ns();

	if (n >= TOGETHER && sp->fs_sync <= sp->file_sync * (double)n) {
		if (syncfs(sp->fd) == -1)
			return err_sys(e, "%s", sp->dir);
		measure(&sp->fs_sync, since, 1);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (fsync(fds[i]) == -1)
			return err_sys(e, "%s/tmp", sp->dir);
	measure(&sp->file_sync, since, n);
	sp->fs_sync *= 0.9; /* to be tried again some day */
	return 0;
}

static int
rename_new(struct spool *sp, struct fresh *f, struct nc_err *e)
{
	char *tmp = xasprintf("tmp/%s", f->name);
	char *to = spool_path(SPOOL_NEW, f->name);
	int rc = 0;

	if (renameat(sp->fd, tmp, sp->fd, to) == -1)
		rc = err_sys(e, "%s/%s", sp->dir, to);
	else
		f->renamed = true;
	free(tmp);
	free(to);
	return rc;
}

/* Up to CHUNK items: written, synced, and only then given their names. */
static int
write_chunk(struct spool *sp, struct fresh **list, size_t n, struct nc_err *e)
{
	int fds[CHUNK], rc = 0;
	size_t opened = 0;

	while (rc == 0 && opened < n) {
		rc = write_tmp(sp, list[opened], &fds[opened], e);
		if (fds[opened] != -1)
			opened++;
	}
	if (rc == 0)
		rc = sync_files(sp, fds, n, e);
	for (size_t i = 0; i < opened; i++)
		close(fds[i]);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = rename_new(sp, list[i], e);
	for (size_t i = 0; rc == -1 && i < opened; i++) {
		char *tmp = xasprintf("tmp/%s", list[i]->name);

		unlinkat(sp->fd, tmp, 0);
		free(tmp);
	}
	return rc;
}

static int
write_all(struct spool *sp, struct nc_err *e)
{
	struct fresh *list[CHUNK];
	size_t n = 0;

	for (size_t i = 0; i < sp->nfresh; i++) {
		if (!is_there(sp, &sp->fresh[i]))
			list[n++] = &sp->fresh[i];
		if (n != 0 && (n == CHUNK || i + 1 == sp->nfresh)) {
			if (write_chunk(sp, list, n, e) == -1)
				return -1;
			n = 0;
		}
	}
	return 0;
}

int
spool_sync_folder(struct spool *sp, enum spool_box box, struct nc_err *e)
{
	int fd = openat(sp->fd, folders[box],
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = err_sys(e, "%s/%s", sp->dir, folders[box]);
	if (fd != -1)
		close(fd);
	return rc;
}

int
spool_commit(struct spool *sp, void (*told)(void *arg, const char *name),
    void *arg, struct nc_err *e)
{
	char *path;
	struct lock *lock;
	int rc;

	if (sp->nfresh == 0)
		return 0;
	path = xasprintf("%s/accept.lock", sp->dir);
	lock = lock_take(path, "nc-notify", LOCK_SECONDS, e);
	free(path);
	if (lock == NULL)
		return -1;
	rc = write_all(sp, e);
	/* Those that were there already may lack it as well. */
	if (rc == 0)
		rc = spool_sync_folder(sp, SPOOL_NEW, e);
	lock_free(lock);
	if (rc == -1)
		return -1;
	if (told != NULL)
		for (size_t i = 0; i < sp->nfresh; i++)
			told(arg, sp->fresh[i].name);
	spool_forget(sp);
	return 0;
}
