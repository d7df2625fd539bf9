/* SPDX-License-Identifier: MIT */
/*
 * rrdstore: open, tend, flush, close.  At the start the undo file puts back
 * what a killed process may have left half written, then the journal's rows
 * go to their files; afterwards both are empty.
 */
#include "rrd/rrdstore.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/mem.h"
#include "rrd/cached.h"
#include "rrd/rrdstore_impl.h"

#define CACHE_MAX ((uint64_t)512 << 20)
/* Frames of one sample follow each other at once; after this none comes. */
#define SAMPLE_OPEN 0.1
#define SYNC_EVERY 1.0
#define KEEP_TEXT_MAX 4096

void
rrdstore_say(struct rrdstore *s, const char *sort, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (s->o.say != NULL)
		s->o.say(s->o.arg, sort, msg);
}

static int
write_all(struct rrdstore *s, struct nc_err *e)
{
	struct roster_entry *n = NULL;
	struct nc_err why;
	int rc = 0;

	while ((n = roster_next(s->roster, n)) != NULL)
		if (n->user != NULL && slot_write(s, n->user, &why) == -1) {
			if (rc == 0 && e != NULL)
				*e = why;
			rc = -1;
		}
	if (s->o.daemon != NULL && cached_flush(s->o.daemon, s, e) == -1)
		rc = -1;
	return rc;
}

/* Files first, then what would put them right after a crash. */
static int
settle(struct rrdstore *s, struct nc_err *e)
{
	if (syncfs(s->dirfd) == -1 || ftruncate(s->undo, 0) == -1)
		return err_sys(e, "%s", s->dir);
	return 0;
}

static void
replay_row(void *arg, const struct journal_row *row)
{
	struct rrdstore *s = arg;
	struct roster_entry *n = roster_number(s->roster, row->entity);
	struct slot *p;
	struct nc_err e;
	double *to;

	if (n == NULL || row->first + row->count > n->nmetrics ||
	    !(row->ts > 0))
		return;
	p = slot_of(s, n);
	if (p->nrows >= SLOT_ROWS && row->ts != p->last &&
	    slot_write(s, p, &e) == -1 && s->failed.msg[0] == '\0')
		s->failed = e;
	/* In its file already. */
	if (row->ts <= p->last && (p->nrows == 0 || row->ts != p->last))
		return;
	to = slot_row(s, p, row->ts);
	for (size_t i = 0; i < row->count; i++)
		if (!isnan(row->values[i]))
			to[1 + row->first + i] = row->values[i];
}

static int
recover(struct rrdstore *s, struct nc_err *e)
{
	struct journal_found found;

	if (image_undo(s->undo, e) == -1 ||
	    journal_replay(s->dir, replay_row, s, &found, e) == -1)
		return -1;
	if (found.bad_blocks != 0)
		rrdstore_say(s, "journal",
		    "%s/journal: %llu damaged blocks are lost", s->dir,
		    (unsigned long long)found.bad_blocks);
	if (s->failed.msg[0] != '\0') {
		if (e != NULL)
			*e = s->failed;
		return -1;
	}
	if (write_all(s, e) == -1 || (found.rows != 0 && settle(s, e) == -1))
		return -1;
	return journal_clear(s->dir, e);
}

static int
open_files(struct rrdstore *s, struct nc_err *e)
{
	char *path;

	if (afile_mkdir(s->files, 0755, e) == -1)
		return -1;
	s->dirfd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	path = xasprintf("%s/undo", s->dir);
	s->undo = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	free(path);
	if (s->dirfd == -1 || s->undo == -1)
		return err_sys(e, "%s", s->dir);
	return 0;
}

static int
open_roster(struct rrdstore *s, struct nc_err *e)
{
	struct roster_found found;

	s->roster = roster_open(s->dir, true, &found, e);
	if (s->roster == NULL)
		return -1;
	if (found.bad != 0)
		rrdstore_say(s, "roster",
		    "%s/roster: %llu damaged lines (kept in roster.bad)",
		    s->dir, (unsigned long long)found.bad);
	if (found.bad != 0 || found.absent)
		return rrdstore_rescue(s, e);
	return 0;
}

void
rrdstore_free(struct rrdstore *s)
{
	struct roster_entry *n = NULL;

	journal_close(s->journal);
	while (s->roster != NULL && (n = roster_next(s->roster, n)) != NULL)
		slot_free(n->user);
	roster_close(s->roster);
	image_free(s->image);
	if (s->undo != -1)
		close(s->undo);
	if (s->dirfd != -1)
		close(s->dirfd);
	lock_free(s->lock);
	free(s->dir);
	free(s->files);
	free(s);
}

/*
 * What new files keep.  It is written down for a reader that has to put the
 * journal of a killed writer into files that are not there yet.
 */
static int
set_keep(struct rrdstore *s, struct nc_err *e)
{
	char *path = xasprintf("%s/keep", s->dir);
	const char *text = s->o.keep;
	struct buf b = {0};
	int rc = 0;

	if (afile_read(path, KEEP_TEXT_MAX, &b, NULL) == -1)
		buf_clear(&b);
	if (text == NULL)
		text = b.len != 0 ? b.data : KEEP_DEFAULT;
	else if (!span_is(buf_span(&b), text))
		rc = afile_write(path, span_of(text), 0644, e);
	if (rc == 0 && keep_parse(span_of(text), &s->keep, e) == -1)
		rc = err_where(e, "%s", path);
	buf_free(&b);
	free(path);
	return rc;
}

static const struct store_ops ops;

struct store *
rrdstore_open(const struct rrdstore_options *o, struct nc_err *e)
{
	struct rrdstore *s = xcalloc(1, sizeof(*s));
	char *path;

	static_assert((size_t)FLUSH_SECONDS < WHEEL, "a turn of the wheel");

	s->base.ops = &ops;
	s->o = *o;
	if (s->o.cache_max == 0)
		s->o.cache_max = CACHE_MAX;
	s->dir = xstrdup(o->dir);
	s->files = xasprintf("%s/rrd", o->dir);
	s->undo = s->dirfd = -1;
	s->image = image_new();
	if (afile_mkdir(s->dir, 0755, e) == -1)
		goto bad;
	path = xasprintf("%s/lock", s->dir);
	s->lock = lock_take(path, o->who, o->lock_wait, e);
	free(path);
	if (s->lock == NULL || set_keep(s, e) == -1 || open_files(s, e) == -1 ||
	    open_roster(s, e) == -1 || recover(s, e) == -1)
		goto bad;
	if ((s->journal = journal_open(s->dir, e)) == NULL)
		goto bad;
	s->base.counts = (struct store_counts){
	    .entities = roster_count(s->roster)};
	return &s->base;
bad:
	rrdstore_free(s);
	return NULL;
}

/* Too many rows in memory: all of them to their files. */
static int
shed(struct rrdstore *s, struct nc_err *e)
{
	struct roster_entry *n = NULL;
	struct slot *p;

	if (write_all(s, e) == -1)
		return -1;
	while ((n = roster_next(s->roster, n)) != NULL) {
		if ((p = n->user) == NULL)
			continue;
		free(p->rows);
		p->rows = NULL;
		p->cap = p->width = 0;
	}
	s->cached = 0;
	return 0;
}

static int
tend_wheel(struct rrdstore *s, double now, struct nc_err *e)
{
	int64_t sec = (int64_t)now;
	struct slot *p, *next;
	int rc = 0;

	if (s->wheel_at == 0 || sec - s->wheel_at > WHEEL)
		s->wheel_at = sec - (s->wheel_at == 0 ? 1 : WHEEL);
	while (s->wheel_at < sec && rc == 0) {
		size_t at = (size_t)(++s->wheel_at % WHEEL);

		p = s->wheel[at];
		s->wheel[at] = NULL;
		for (; p != NULL; p = next) {
			next = p->next;
			p->queued = false;
			if (rc == 0)
				rc = slot_write(s, p, e);
		}
	}
	return rc;
}

static int
tend(struct store *base, double now, struct nc_err *e)
{
	struct rrdstore *s = (struct rrdstore *)base;
	int rc = 0;

	if (journal_write(s->journal, e) == -1)
		return -1;
	if (now - s->synced >= SYNC_EVERY) {
		s->synced = now;
		if (roster_sync(s->roster, e) == -1 ||
		    journal_sync(s->journal, e) == -1)
			return -1;
	}
	if (s->cached > s->o.cache_max)
		rc = shed(s, e);
	if (rc == 0)
		rc = tend_wheel(s, now, e);
	if (rc == 0 && s->o.daemon != NULL)
		rc = cached_flush(s->o.daemon, s, e);
	if (rc == 0 && journal_can_trim(s->journal)) {
		if (settle(s, e) == -1 || journal_trim(s->journal, e) == -1)
			return -1;
	}
	return rc;
}

static int
flush(struct store *base, const struct store_key *key, double now, double *wait,
    struct nc_err *e)
{
	struct rrdstore *s = (struct rrdstore *)base;
	struct roster_entry *n = NULL;
	struct slot *p;
	int rc = 0;

	*wait = 0;
	for (;;) {
		n = key != NULL ? roster_find(s->roster, key)
				: roster_next(s->roster, n);
		if (n == NULL)
			break;
		p = n->user;
		if (p != NULL && p->nrows != 0) {
			if (now - p->arrived < SAMPLE_OPEN)
				*wait = SAMPLE_OPEN;
			else if (slot_write(s, p, e) == -1)
				rc = -1;
		}
		if (key != NULL)
			break;
	}
	if (rc == 0 && s->o.daemon != NULL)
		rc = cached_flush(s->o.daemon, s, e);
	return rc;
}

/* Out of its bucket, rows and all. */
static void
forget_rows(struct rrdstore *s, struct slot *p)
{
	struct slot **at = &s->wheel[(int64_t)p->due % WHEEL];

	if (p->holds)
		journal_release(s->journal, p->segment);
	s->base.counts.waiting -= p->nrows;
	while (p->queued && *at != NULL && *at != p)
		at = &(*at)->next;
	if (p->queued && *at == p)
		*at = p->next;
}

static int
expire_one(struct rrdstore *s, struct roster_entry *n, struct nc_err *e)
{
	char *path = slot_path(s, n);
	struct slot *p = n->user;
	int rc = 0;

	if (unlink(path) == -1 && errno != ENOENT)
		rc = err_sys(e, "%s", path);
	free(path);
	if (rc == -1)
		return -1;
	if (p->live != NULL)
		p->live->user = NULL;
	forget_rows(s, p);
	slot_free(p);
	return roster_drop(s->roster, n, e);
}

static int
expire(struct store *base, double seconds, struct nc_err *e)
{
	struct rrdstore *s = (struct rrdstore *)base;
	struct roster_entry *n, *next;
	struct slot *p;

	for (n = roster_next(s->roster, NULL); n != NULL; n = next) {
		next = roster_next(s->roster, n);
		p = slot_of(s, n);
		if (p->last >= s->newest - seconds ||
		    n->first >= s->newest - seconds)
			continue;
		if (expire_one(s, n, e) == -1)
			return -1;
	}
	return 0;
}

static void
forget(struct store *base, struct series_entity *n)
{
	struct rrdstore *s = (struct rrdstore *)base;
	struct slot *p = n->user;

	n->user = NULL;
	if (p != NULL && p != &s->nobody)
		p->live = NULL;
}

uint64_t
rrdstore_estimate(const struct store *base)
{
	const struct rrdstore *s = (const struct rrdstore *)base;
	const struct roster_entry *n = NULL;
	uint64_t bytes = 0;

	while ((n = roster_next(s->roster, n)) != NULL)
		bytes += keep_bytes(&s->keep, n->step,
		    slot_sources(n->nmetrics));
	return bytes;
}

uint64_t
rrdstore_journal_bytes(const struct store *base)
{
	return journal_bytes(((const struct rrdstore *)base)->journal);
}

static int
close_store(struct store *base, struct nc_err *e)
{
	struct rrdstore *s = (struct rrdstore *)base;
	int rc;

	/* Should a file refuse its rows, they stay in the journal. */
	rc = journal_sync(s->journal, e);
	if (write_all(s, e) == -1)
		rc = -1;
	if (roster_sync(s->roster, e) == -1 || settle(s, e) == -1)
		rc = -1;
	rrdstore_free(s);
	return rc;
}

static const struct store_ops ops = {
    .append = slot_append,
    .tend = tend,
    .flush = flush,
    .forget = forget,
    .expire = expire,
    .close = close_store,
};
