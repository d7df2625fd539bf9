/* SPDX-License-Identifier: MIT */
/*
 * rrdstore_write: the rows of a slot into its file: made if there is none,
 * widened when new metrics have used up the spare sources, moved aside when
 * it is damaged.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/mem.h"
#include "metric/catalogue.h"
#include "rrd/cached.h"
#include "rrd/make.h"
#include "rrd/naming.h"
#include "rrd/rrdstore_impl.h"

/* Names of all columns in order; those past the metrics are spare. */
struct names {
	const struct roster_entry *entry;
	char (*ds)[NAMING_DS_SIZE]; /* owned */
};

char *
slot_path(const struct rrdstore *s, const struct roster_entry *n)
{
	return xasprintf("%s/%s", s->files, n->path);
}

size_t
slot_sources(size_t metrics)
{
	/* One in sixteen to spare: a spare costs what a used one does. */
	return metrics + (metrics + 15) / 16;
}

static struct names
names_make(const struct roster_entry *n)
{
	struct names k = {n, NULL};
	unsigned salt;
	size_t j;

	k.ds = xcalloc(n->nmetrics + 1, sizeof(*k.ds));
	for (size_t i = 0; i < n->nmetrics; i++) {
		salt = 0;
		naming_ds(span_of(n->metrics[i]), 0, k.ds[i]);
		/* Only hashes can meet. */
		for (j = 0; !naming_ds_plain(k.ds[i]) && j < i; j++)
			if (strcmp(k.ds[i], k.ds[j]) == 0) {
				naming_ds(span_of(n->metrics[i]), ++salt,
				    k.ds[i]);
				j = (size_t)-1;
			}
	}
	return k;
}

/* 0 where a value below it cannot be, else NAN. */
static double
least(const struct roster_entry *n, size_t i)
{
	struct span name = span_of(n->metrics[i]);
	const struct metric *m = catalogue_find(span_of(n->entity), name);

	if (metric_is_rate(name) ||
	    (m != NULL && (m->traits & METRIC_UNSIGNED) != 0))
		return 0;
	return (double)NAN;
}

static void
describe_source(void *arg, size_t i, char *name, double *min)
{
	const struct names *k = arg;

	if (i < k->entry->nmetrics) {
		memcpy(name, k->ds[i], NAMING_DS_SIZE);
		*min = least(k->entry, i);
	} else {
		naming_spare(i - k->entry->nmetrics, name);
	}
}

static int
make(struct rrdstore *s, const struct slot *p, struct names *k,
    const char *path, bool wider, struct nc_err *e)
{
	const struct roster_entry *n = p->entry;
	struct make m = {
	    .keep = &s->keep,
	    .step = n->step,
	    .heartbeat = keep_heartbeat(n->interval, n->step),
	    .sources = slot_sources(n->nmetrics),
	    .source = describe_source,
	    .arg = k,
	};
	char *folder, *slash;
	int rc;

	if (wider) {
		m.start = floor(image_last(s->image));
		return make_wider(path, s->image, &m, e);
	}
	m.start = ceil(p->rows[0]) - (double)n->step;
	folder = xstrdup(path);
	slash = strrchr(folder, '/');
	*slash = '\0';
	rc = afile_mkdir(folder, 0755, e);
	free(folder);
	return rc == -1 ? -1 : make_file(path, &m, e);
}

/* The sources are the metrics of the roster, in its order. */
static int
check_names(struct rrdstore *s, const struct names *k, struct nc_err *e)
{
	const struct roster_entry *n = k->entry;
	const char *is;

	for (size_t i = 0; i < n->nmetrics; i++) {
		is = image_ds_name(s->image, i);
		if (strcmp(is, k->ds[i]) == 0)
			continue;
		if (strncmp(is, "spare-", 6) != 0)
			return err_set(e, 0,
			    "%s: source %s where %s is expected", n->path, is,
			    k->ds[i]);
		image_rename_ds(s->image, i, k->ds[i], least(n, i));
	}
	return 0;
}

static int
move_aside(struct rrdstore *s, const char *path, const struct nc_err *why,
    struct nc_err *e)
{
	char *bad = xasprintf("%s.bad", path);
	int rc = 0;

	rrdstore_say(s, "damaged", "%s (kept as .bad, begun anew)", why->msg);
	if (rename(path, bad) == -1)
		rc = err_sys(e, "%s", bad);
	free(bad);
	return rc;
}

int
slot_prepare(struct rrdstore *s, struct slot *p, const char *path,
    struct nc_err *e)
{
	struct roster_entry *n = p->entry;
	struct names k = {0};
	struct nc_err why = {0};
	unsigned long heartbeat = keep_heartbeat(n->interval, n->step);
	int rc = image_load(s->image, path, true, &why);

	if (rc == 0 && p->checked && image_heartbeat(s->image) == heartbeat)
		return 0;
	k = names_make(n);
	if (rc == 0 && image_step(s->image) != n->step)
		rc = err_set(&why, 0, "%s: step is not %lu", path, n->step);
	if (rc == 0 && image_ds_count(s->image) < n->nmetrics) {
		if ((rc = make(s, p, &k, path, true, e)) == -1)
			goto out;
		rc = image_load(s->image, path, true, &why);
	}
	if (rc == 0)
		rc = check_names(s, &k, &why);
	/* EIO, EACCES, ENOMEM, ...: not the file's fault. */
	if (rc == -1 && why.code != 0 && why.code != ENOENT) {
		if (e != NULL)
			*e = why;
		goto out;
	}
	if (rc == -1) {
		image_unload(s->image);
		rc = 0;
		if (why.code != ENOENT)
			rc = move_aside(s, path, &why, e);
		if (rc == 0)
			rc = make(s, p, &k, path, false, e);
		if (rc == 0)
			rc = image_load(s->image, path, true, e);
	}
	if (rc == 0 && image_heartbeat(s->image) != heartbeat)
		image_set_heartbeat(s->image, heartbeat);
	p->checked = rc == 0;
out:
	free(k.ds);
	return rc;
}

static int
write_rows(struct rrdstore *s, struct slot *p, struct nc_err *e)
{
	char *path = slot_path(s, p->entry);
	const double *row;
	int rc = slot_prepare(s, p, path, e);

	for (uint32_t i = 0; i < p->nrows && rc == 0; i++) {
		row = p->rows + (size_t)i * p->width;
		/* Written before a crash, and again in the journal. */
		if (row[0] <= image_last(s->image) + 1e-6)
			continue;
		rc = image_update(s->image, row[0], row + 1, p->entry->nmetrics,
		    e);
	}
	if (rc == 0)
		rc = image_commit(s->image, s->undo, e);
	image_unload(s->image);
	free(path);
	return rc;
}

int
slot_write(struct rrdstore *s, struct slot *p, struct nc_err *e)
{
	int rc;

	if (p->nrows == 0)
		return 0;
	if (s->o.daemon != NULL)
		rc = cached_rows(s->o.daemon, s, p, e);
	else
		rc = write_rows(s, p, e);
	if (rc == -1) {
		s->base.counts.failed++;
		return -1;
	}
	s->base.counts.flushed += p->nrows;
	s->base.counts.waiting -= p->nrows;
	p->nrows = 0;
	if (p->holds)
		journal_release(s->journal, p->segment);
	p->holds = false;
	return 0;
}
