/* SPDX-License-Identifier: MIT */
/*
 * logread: what is no number: the records of DIR/log, as they came, by time,
 * then host, entity, id.  A day is a file, or its compressed form, or (late
 * lines) both.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/gz.h"
#include "base/mem.h"
#include "base/str.h"
#include "query.h"
#include "stream/record.h"
#include "stream/writer.h"

#define DAY 86400

/* One line of a day, and what it is sorted by (into the day's bytes). */
struct entry {
	double ts;
	size_t at, len; /* the line */
	size_t key, key_len; /* host, entity, id, with NULs between */
};

struct day {
	struct buf text, keys;
	struct entry *entries;
	size_t count, cap;
};

struct logread {
	const struct query_options *o;
	struct diag *diag;
	struct intern *names;
	struct decoder *decoder;
	struct writer *w;
	const char *keys; /* of the day being sorted */
	bool partial, any;
	int error;
};

static bool
wanted(const struct logread *g, const struct record *r)
{
	struct span rest = span_of(g->o->kinds), kind;
	struct selector_subject subject;
	bool good = false;

	if ((r->has & RECORD_HAS_TS) == 0 || r->ts <= g->o->range.from ||
	    r->ts > g->o->range.to)
		return false;
	while (!good && str_item(&rest, ',', &kind))
		good = span_equal(kind, r->kind_name);
	if (!good || g->o->nselectors == 0)
		return good;
	subject = selector_of_record(r);
	for (size_t i = 0; i < g->o->nselectors; i++)
		if (selector_entity(g->o->selectors[i], &subject))
			return true;
	return false;
}

static void
take_line(struct logread *g, struct day *d, size_t at, size_t len,
    const char *where)
{
	struct record r;
	struct nc_err e;
	struct entry *n;
	const struct span *part[] = {&r.host, &r.entity, &r.id};

	if (decoder_line(g->decoder, d->text.data + at, len, &r, &e) == -1) {
		diag_limited(g->diag, DIAG_WARN, "log", where, "%s (skipped)",
		    e.msg);
		g->partial = true;
		return;
	}
	if (!wanted(g, &r))
		return;
	if (d->count == d->cap) {
		d->cap = d->cap == 0 ? 256 : d->cap * 2;
		d->entries = xreallocarray(d->entries, d->cap,
		    sizeof(*d->entries));
	}
	n = &d->entries[d->count++];
	*n = (struct entry){r.ts, at, len, d->keys.len, 0};
	for (size_t i = 0; i < 3; i++) {
		buf_add(&d->keys, part[i]->p, part[i]->len);
		buf_addc(&d->keys, '\0');
	}
	n->key_len = d->keys.len - n->key;
}

/* The whole of one file behind the day's text; absent is fine. */
static void
read_file(struct logread *g, struct day *d, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct gz_reader *r;
	struct nc_err e;
	ssize_t n = 0;

	if (fd == -1) {
		if (errno != ENOENT) {
			diag_say(g->diag, DIAG_ERROR, path, "%s",
			    strerror(errno));
			g->partial = true;
		}
		return;
	}
	if ((r = gz_open(fd, path, &e)) != NULL) {
		while ((n = gz_read(r, buf_reserve(&d->text, 65536), 65536,
			    &e)) > 0)
			d->text.len += (size_t)n;
		gz_close(r);
	}
	if (r == NULL || n == -1) {
		diag_say(g->diag, DIAG_ERROR, NULL, "%s", e.msg);
		g->partial = true;
	}
	/* A crash may have left half a line. */
	if (d->text.len != 0 && d->text.data[d->text.len - 1] != '\n')
		buf_addc(&d->text, '\n');
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct entry *x = a, *y = b;
	const struct logread *g = arg;
	size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
	int rc;

	if (x->ts != y->ts)
		return x->ts < y->ts ? -1 : 1;
	rc = memcmp(g->keys + x->key, g->keys + y->key, n);
	if (rc != 0)
		return rc;
	if (x->key_len != y->key_len)
		return x->key_len < y->key_len ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at; /* as they came */
}

static void
print_day(struct logread *g, struct day *d)
{
	struct nc_err e;
	struct entry *n;

	g->keys = d->keys.data;
	if (d->count != 0)
		qsort_r(d->entries, d->count, sizeof(*d->entries), compare, g);
	for (size_t i = 0; i < d->count && g->error == 0; i++) {
		n = &d->entries[i];
		if (writer_line(g->w, d->text.data + n->at, n->len + 1, &e) ==
		    -1) {
			if (e.code != EPIPE)
				diag_say(g->diag, DIAG_ERROR, NULL, "%s",
				    e.msg);
			g->error = e.code != 0 ? e.code : EIO;
		}
		g->any = true;
	}
}

static void
read_day(struct logread *g, int64_t day)
{
	struct civil c = zone_civil(NULL, day * DAY);
	struct day d = {0};
	char *path = xasprintf("%s/log/%04d-%02d-%02d.ndjson", g->o->dir,
		 c.year, c.month, c.day),
	     *packed = xasprintf("%s.gz", path), *lf;
	size_t at = 0;

	read_file(g, &d, packed);
	read_file(g, &d, path);
	if (d.text.len != 0)
		memset(buf_reserve(&d.text, RECORD_PADDING), 0, RECORD_PADDING);
	while (at < d.text.len &&
	       (lf = memchr(d.text.data + at, '\n', d.text.len - at)) != NULL) {
		take_line(g, &d, at, (size_t)(lf - d.text.data) - at, path);
		at = (size_t)(lf - d.text.data) + 1;
	}
	print_day(g, &d);
	buf_free(&d.text);
	buf_free(&d.keys);
	free(d.entries);
	free(path);
	free(packed);
}

int
query_log(const struct query_options *o, struct diag *diag)
{
	struct logread g = {.o = o, .diag = diag};
	int64_t day = (int64_t)floor(o->range.from / DAY);
	int64_t last = (int64_t)floor(o->range.to / DAY);
	struct nc_err e;

	if (access(o->dir, F_OK) == -1) {
		diag_say(diag, DIAG_ERROR, NULL, "%s: no store is there",
		    o->dir);
		return NC_EXIT_FAILED;
	}
	g.names = intern_new(0);
	g.decoder = decoder_new(g.names);
	g.w = writer_open(STDOUT_FILENO, "standard output", WRITER_BATCH);
	for (; day <= last && g.error == 0; day++)
		read_day(&g, day);
	if (writer_close(g.w, &e) == -1 && g.error == 0) {
		if (e.code != EPIPE)
			diag_say(diag, DIAG_ERROR, NULL, "%s", e.msg);
		g.error = e.code != 0 ? e.code : EIO;
	}
	decoder_free(g.decoder);
	intern_free(g.names);
	if (g.error == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (g.error != 0)
		return NC_EXIT_FAILED;
	if (!g.any)
		diag_say(diag, DIAG_WARN, NULL, "no records in this range");
	return g.partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}
