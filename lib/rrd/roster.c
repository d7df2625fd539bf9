/* SPDX-License-Identifier: MIT */
/* roster: the file, and the entries by key and by number. */
#include "rrd/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "rrd/naming.h"

#define FILE_MAX ((size_t)4 << 30)
#define NUMBER_MAX 100000000u
#define FIRST_LINE "nc-roster 1\n"

struct roster {
	char *path; /* owned */
	int fd; /* -1 when read only */
	bool dirty; /* not synced yet */
	struct map *by_key; /* to entries, owned */
	struct roster_entry **by_number; /* NULL where gone */
	uint32_t next_number, cap;
	size_t lines; /* in the file */
};

void
roster_entry_free(struct roster_entry *n)
{
	if (n == NULL)
		return;
	free(n->host);
	free(n->source);
	free(n->entity);
	free(n->id);
	free(n->path);
	roster_set_labels(n, NULL, 0);
	for (size_t i = 0; i < n->nmetrics; i++)
		free(n->metrics[i]);
	free(n->metrics);
	free(n);
}

/* Host, source, entity, id with a NUL behind each. */
static struct span
key_bytes(const struct store_key *key, struct buf *b)
{
	const struct span *part[] = {&key->host, &key->source, &key->entity,
	    &key->id};

	for (size_t i = 0; i < 4; i++) {
		buf_add(b, part[i]->p, part[i]->len);
		buf_addc(b, '\0');
	}
	return buf_span(b);
}

static struct store_key
key_of(const struct roster_entry *n)
{
	return (struct store_key){span_of(n->host), span_of(n->source),
	    span_of(n->entity), span_of(n->id)};
}

static void
enter(struct roster *r, struct roster_entry *n)
{
	struct store_key key = key_of(n);
	struct buf b = {0};

	while (n->number >= r->cap) {
		uint32_t cap = r->cap == 0 ? 64 : r->cap * 2;

		r->by_number = xreallocarray(r->by_number, cap,
		    sizeof(*r->by_number));
		memset(r->by_number + r->cap, 0,
		    (cap - r->cap) * sizeof(*r->by_number));
		r->cap = cap;
	}
	r->by_number[n->number] = n;
	map_set(r->by_key, key_bytes(&key, &b), n);
	if (n->number >= r->next_number)
		r->next_number = n->number + 1;
	buf_free(&b);
}

static void
leave(struct roster *r, struct roster_entry *n)
{
	struct store_key key = key_of(n);
	struct buf b = {0};
	struct span bytes = key_bytes(&key, &b);

	r->by_number[n->number] = NULL;
	if (map_get(r->by_key, bytes) == n)
		map_delete(r->by_key, bytes);
	buf_free(&b);
}

/* One line of the file; false when it is bad. */
static bool
take_line(struct roster *r, struct span line)
{
	struct roster_entry *n = xcalloc(1, sizeof(*n)), *old;
	struct store_key key;
	int rc = roster_parse(line, n);

	if (rc == -1 || n->number >= NUMBER_MAX) {
		roster_entry_free(n);
		return false;
	}
	old = roster_number(r, n->number);
	if (old != NULL) {
		leave(r, old);
		roster_entry_free(old);
	}
	if (n->number >= r->next_number)
		r->next_number = n->number + 1;
	if (rc == 1) {
		roster_entry_free(n);
		return true;
	}
	/* Two numbers for one entity cannot be; the later line is right. */
	key = key_of(n);
	if ((old = roster_find(r, &key)) != NULL) {
		leave(r, old);
		roster_entry_free(old);
	}
	n->path = naming_path(span_of(n->host), span_of(n->entity),
	    span_of(n->source), span_of(n->id));
	enter(r, n);
	return true;
}

/* Every line; the bad ones go to *bad.  Returns bytes up to the last LF. */
static size_t
take_file(struct roster *r, struct span all, struct roster_found *found,
    struct buf *bad)
{
	size_t at = 0;
	const char *lf;
	struct span line;

	while (at < all.len &&
	       (lf = memchr(all.p + at, '\n', all.len - at)) != NULL) {
		line = (struct span){all.p + at, (size_t)(lf - all.p) - at};
		r->lines++;
		if (at == 0 && line.len + 1 == strlen(FIRST_LINE) &&
		    memcmp(line.p, FIRST_LINE, line.len) == 0) {
			at = (size_t)(lf - all.p) + 1;
			continue;
		}
		if (!take_line(r, line)) {
			found->bad++;
			buf_add(bad, line.p, line.len + 1);
		}
		at = (size_t)(lf - all.p) + 1;
	}
	/* The first line came by rename: without one it is no torn append. */
	if (at == 0 && !found->absent) {
		found->bad++;
		buf_add(bad, all.p, all.len);
	}
	found->torn = at < all.len;
	return at;
}

/* All entries into a new file: no history, no bad lines. */
static int
rewrite(struct roster *r, struct nc_err *e)
{
	struct roster_entry *n = NULL;
	struct buf b = {0};
	int rc;

	buf_adds(&b, FIRST_LINE);
	r->lines = 1;
	while ((n = roster_next(r, n)) != NULL) {
		roster_format(n, &b);
		buf_addc(&b, '\n');
		r->lines++;
	}
	rc = afile_write(r->path, buf_span(&b), 0644, e);
	buf_free(&b);
	if (rc == -1)
		return -1;
	if (r->fd != -1)
		close(r->fd);
	r->fd = open(r->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return r->fd == -1 ? err_sys(e, "%s", r->path) : 0;
}

static int
begin_writing(struct roster *r, const struct roster_found *found, size_t whole,
    struct span bad, struct nc_err *e)
{
	char *aside;
	int rc = 0;

	if (found->bad != 0) {
		aside = xasprintf("%s.bad", r->path);
		rc = afile_write(aside, bad, 0644, e);
		free(aside);
	}
	if (rc == -1)
		return -1;
	if (found->absent || found->bad != 0 ||
	    r->lines > 2 * (size_t)map_count(r->by_key) + 1000)
		return rewrite(r, e);
	r->fd = open(r->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (r->fd == -1 ||
	    (found->torn && ftruncate(r->fd, (off_t)whole) == -1))
		return err_sys(e, "%s", r->path);
	return 0;
}

struct roster *
roster_open(const char *dir, bool write, struct roster_found *found,
    struct nc_err *e)
{
	struct roster *r = xcalloc(1, sizeof(*r));
	struct buf all = {0}, bad = {0};
	struct nc_err why = {0};
	size_t whole = 0;

	*found = (struct roster_found){0};
	r->path = xasprintf("%s/roster", dir);
	r->fd = -1;
	r->by_key = map_new(NULL);
	if (afile_read(r->path, FILE_MAX, &all, &why) == -1) {
		if (why.code != ENOENT) {
			if (e != NULL)
				*e = why;
			goto bad;
		}
		found->absent = true;
	}
	whole = take_file(r, buf_span(&all), found, &bad);
	if (write && begin_writing(r, found, whole, buf_span(&bad), e) == -1)
		goto bad;
	buf_free(&all);
	buf_free(&bad);
	return r;
bad:
	buf_free(&all);
	buf_free(&bad);
	roster_close(r);
	return NULL;
}

void
roster_close(struct roster *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->next_number && i < r->cap; i++)
		roster_entry_free(r->by_number[i]);
	free(r->by_number);
	map_free(r->by_key, NULL);
	if (r->fd != -1)
		close(r->fd);
	free(r->path);
	free(r);
}

struct roster_entry *
roster_find(const struct roster *r, const struct store_key *key)
{
	struct buf b = {0};
	struct roster_entry *n = map_get(r->by_key, key_bytes(key, &b));

	buf_free(&b);
	return n;
}

struct roster_entry *
roster_number(const struct roster *r, uint32_t number)
{
	return number < r->cap ? r->by_number[number] : NULL;
}

struct roster_entry *
roster_next(const struct roster *r, const struct roster_entry *after)
{
	uint32_t i = after == NULL ? 0 : after->number + 1;

	for (; i < r->next_number && i < r->cap; i++)
		if (r->by_number[i] != NULL)
			return r->by_number[i];
	return NULL;
}

size_t
roster_count(const struct roster *r)
{
	return map_count(r->by_key);
}

struct roster_entry *
roster_add(struct roster *r, const struct store_key *key, unsigned long step)
{
	struct roster_entry *n = xcalloc(1, sizeof(*n));

	n->number = r->next_number;
	n->step = step;
	n->interval = n->first = (double)NAN;
	n->host = xmemdup0(key->host.p, key->host.len);
	n->source = xmemdup0(key->source.p, key->source.len);
	n->entity = xmemdup0(key->entity.p, key->entity.len);
	n->id = xmemdup0(key->id.p, key->id.len);
	n->path = naming_path(key->host, key->entity, key->source, key->id);
	enter(r, n);
	return n;
}

void
roster_add_metric(struct roster_entry *n, struct span metric)
{
	n->metrics = xreallocarray(n->metrics, n->nmetrics + 1,
	    sizeof(*n->metrics));
	n->metrics[n->nmetrics++] = xmemdup0(metric.p, metric.len);
}

void
roster_set_labels(struct roster_entry *n, const struct record_label *labels,
    size_t count)
{
	struct record_label *made = NULL;

	if (count != 0)
		made = xcalloc(count, sizeof(*made));
	for (size_t i = 0; i < count; i++) {
		made[i].key.p = xmemdup0(labels[i].key.p, labels[i].key.len);
		made[i].key.len = labels[i].key.len;
		made[i].value.p = xmemdup0(labels[i].value.p,
		    labels[i].value.len);
		made[i].value.len = labels[i].value.len;
	}
	for (size_t i = 0; i < n->nlabels; i++) {
		free((void *)(uintptr_t)n->labels[i].key.p);
		free((void *)(uintptr_t)n->labels[i].value.p);
	}
	free(n->labels);
	n->labels = made;
	n->nlabels = count;
}

static int
append(struct roster *r, struct buf *b, struct nc_err *e)
{
	off_t end = lseek(r->fd, 0, SEEK_END);

	buf_addc(b, '\n');
	if (end != -1 && afile_write_fd(r->fd, b->data, b->len, e) == 0) {
		r->lines++;
		r->dirty = true;
		return 0;
	}
	if (end == -1)
		err_sys(e, "%s", r->path);
	else if (ftruncate(r->fd, end) == -1) /* no half line stays */
		r->lines++;
	return err_where(e, "%s", r->path);
}

int
roster_put(struct roster *r, struct roster_entry *n, struct nc_err *e)
{
	struct buf b = {0};
	int rc;

	roster_format(n, &b);
	rc = append(r, &b, e);
	buf_free(&b);
	return rc;
}

int
roster_drop(struct roster *r, struct roster_entry *n, struct nc_err *e)
{
	struct roster_entry gone = {.number = n->number};
	struct buf b = {0};
	int rc;

	roster_format(&gone, &b);
	rc = append(r, &b, e);
	buf_free(&b);
	if (rc == 0) {
		leave(r, n);
		roster_entry_free(n);
	}
	return rc;
}

int
roster_sync(struct roster *r, struct nc_err *e)
{
	if (!r->dirty)
		return 0;
	if (fdatasync(r->fd) == -1)
		return err_sys(e, "%s", r->path);
	r->dirty = false;
	return 0;
}
