/* SPDX-License-Identifier: MIT */
/*
 * rrdreader: picks for each question the archive that answers it best, reads
 * its rows, and resamples them.  A point of several rows is known when at
 * least half of them are.
 */
#include "rrd/rrdreader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "rrd/image.h"
#include "rrd/roster.h"

#define POINTS_MAX ((size_t)1 << 28) /* values of one read */
#define TRIES 5 /* when a writer is at work on the same file */

struct rrdreader {
	struct store_reader base;
	char *dir; /* owned */
	struct roster *roster;
	struct store_entity *entities; /* owned, sorted */
	struct roster_entry **entries; /* of them */
	size_t count;
	struct image *image;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct roster_entry *x = *(struct roster_entry *const *)a,
				  *y = *(struct roster_entry *const *)b;
	int rc = strcmp(x->host, y->host);

	if (rc == 0)
		rc = strcmp(x->entity, y->entity);
	if (rc == 0)
		rc = strcmp(x->id, y->id);
	return rc != 0 ? rc : strcmp(x->source, y->source);
}

static struct rrdreader *
of(struct store_reader *r)
{
	return (struct rrdreader *)r;
}

static size_t
index_of(const struct rrdreader *r, const struct store_entity *n)
{
	return (size_t)(n - r->entities);
}

static void
fill(struct rrdreader *r)
{
	struct roster_entry *n = NULL;
	size_t i = 0;

	r->count = roster_count(r->roster);
	r->entries = xcalloc(r->count + 1, sizeof(struct roster_entry *));
	r->entities = xcalloc(r->count + 1, sizeof(*r->entities));
	while ((n = roster_next(r->roster, n)) != NULL)
		r->entries[i++] = n;
	qsort(r->entries, r->count, sizeof(struct roster_entry *),
	    compare_entries);
	for (i = 0; i < r->count; i++) {
		n = r->entries[i];
		r->entities[i] = (struct store_entity){span_of(n->host),
		    span_of(n->source), span_of(n->entity), span_of(n->id),
		    n->labels, n->nlabels, (const char *const *)n->metrics,
		    n->nmetrics, n->interval};
	}
}

static const struct store_reader_ops ops;

static bool
has_files(const char *dir)
{
	char *path = xasprintf("%s/rrd", dir);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

struct store_reader *
rrdreader_open(const char *dir, struct rrdreader_found *found, struct nc_err *e)
{
	struct rrdreader *r;
	struct roster_found got;
	struct roster *roster = roster_open(dir, false, &got, e);

	if (roster == NULL)
		return NULL;
	if (got.absent) {
		roster_close(roster);
		if (has_files(dir))
			err_set(e, EINVAL,
			    "%s: the roster is missing: the next start of "
			    "nc-store makes it anew from the files",
			    dir);
		else
			err_set(e, ENOENT, "%s: no store is there", dir);
		return NULL;
	}
	found->bad = got.bad;
	r = xcalloc(1, sizeof(*r));
	r->base.ops = &ops;
	r->dir = xstrdup(dir);
	r->roster = roster;
	r->image = image_new();
	fill(r);
	return &r->base;
}

static void
reader_close(struct store_reader *base)
{
	struct rrdreader *r = of(base);

	image_free(r->image);
	roster_close(r->roster);
	free(r->entities);
	free(r->entries);
	free(r->dir);
	free(r);
}

static const struct store_entity *
next(struct store_reader *base, const struct store_entity *after)
{
	struct rrdreader *r = of(base);
	size_t i = after == NULL ? 0 : index_of(r, after) + 1;

	return i < r->count ? &r->entities[i] : NULL;
}

char *
rrdreader_path(const struct store_reader *base, const struct store_entity *n)
{
	const struct rrdreader *r = (const struct rrdreader *)base;

	return xasprintf("%s/rrd/%s", r->dir, r->entries[index_of(r, n)]->path);
}

static int
load(struct rrdreader *r, const struct store_entity *n, struct nc_err *e)
{
	char *path = rrdreader_path(&r->base, n);
	int rc = image_load(r->image, path, false, e);

	free(path);
	return rc;
}

int
rrdreader_source(struct store_reader *base, const struct store_entity *n,
    size_t metric, char name[20], struct nc_err *e)
{
	struct rrdreader *r = of(base);

	if (load(r, n, e) == -1)
		return -1;
	if (metric >= image_ds_count(r->image))
		return err_set(e, ENODATA, "not stored yet");
	str_copy(name, 20, span_of(image_ds_name(r->image, metric)));
	return 0;
}

static int64_t
resolution(const struct image *im, size_t rra)
{
	return (int64_t)image_step(im) * (int64_t)image_archive(im, rra).pdps;
}

/* Archives of this function; a primary point is its own least and most. */
static bool
is_fit(const struct image *im, size_t rra, enum store_stat stat)
{
	struct image_archive a = image_archive(im, rra);

	if (a.pdps == 1 && a.cf == IMAGE_AVERAGE)
		return true;
	if (stat == STORE_MIN)
		return a.cf == IMAGE_MIN;
	if (stat == STORE_MAX)
		return a.cf == IMAGE_MAX;
	return a.cf == IMAGE_AVERAGE;
}

/*
 * The finest archive that reaches back to since; with a step asked for, the
 * coarsest of those that still divide it.  When none reaches that far: the
 * one that reaches furthest.
 */
static size_t
choose(const struct image *im, double since, double step, enum store_stat stat)
{
	size_t best = 0;
	int64_t res, best_res = 0;
	double reach, best_reach = 0;
	bool covers, best_covers = false, better;

	for (size_t i = 0; i < image_archive_count(im); i++) {
		if (!is_fit(im, i, stat))
			continue;
		res = resolution(im, i);
		reach = (double)(image_oldest(im, i) - res);
		covers = reach <= since;
		if (best_res == 0 || covers != best_covers)
			better = best_res == 0 || covers;
		else if (!covers)
			better = reach < best_reach;
		else if (step > 0 && fmod(step, (double)res) == 0)
			better = res > best_res ||
				 fmod(step, (double)best_res) != 0;
		else
			better = res < best_res;
		if (better) {
			best = i;
			best_res = res;
			best_reach = reach;
			best_covers = covers;
		}
	}
	return best;
}

/* Which rows make which points. */
struct plan {
	size_t rra;
	int64_t res, step; /* of rows and of points */
	int64_t first, last; /* points */
	size_t count, each; /* points; rows in each */
};

static struct plan
make_plan(const struct rrdreader *r, const struct roster_entry *n,
    const struct store_range *range)
{
	const struct image *im = r->image;
	double since = isnan(range->since) ? range->from : range->since;
	double step = range->step > 0 ? ceil(range->step) : 0;
	struct plan p = {0};

	/* Nothing is older than the first sample. */
	if (!isnan(n->first) && n->first - (double)n->step > since)
		since = n->first - (double)n->step;
	p.rra = choose(im, since, step, range->stat);
	p.res = resolution(im, p.rra);
	p.each = step > (double)p.res ? (size_t)ceil(step / (double)p.res) : 1;
	p.step = p.res * (int64_t)p.each;
	p.first = ((int64_t)floor(range->from / (double)p.step) + 1) * p.step;
	p.last = (int64_t)floor(range->to / (double)p.step) * p.step;
	/* No points before the archive, none after it. */
	if (p.first < image_oldest(im, p.rra))
		p.first = (image_oldest(im, p.rra) + p.step - 1) / p.step *
			  p.step;
	if (p.last > image_newest(im, p.rra))
		p.last = image_newest(im, p.rra) / p.step * p.step;
	if (p.last >= p.first)
		p.count = (size_t)((p.last - p.first) / p.step) + 1;
	return p;
}

static double
combine(const double *v, size_t stride, size_t n, enum store_stat stat)
{
	double sum = 0, low = INFINITY, high = -INFINITY, last = (double)NAN;
	size_t known = 0;

	for (size_t i = 0; i < n; i++, v += stride) {
		if (isnan(*v))
			continue;
		sum += *v;
		low = *v < low ? *v : low;
		high = *v > high ? *v : high;
		last = *v;
		known++;
	}
	if (known == 0 || known * 2 < n)
		return (double)NAN;
	switch (stat) {
	case STORE_MIN:
		return low;
	case STORE_MAX:
		return high;
	case STORE_LAST:
		return last;
	case STORE_AVG:
		break;
	}
	return sum / (double)known;
}

static double *
room(struct store_points *p, size_t n)
{
	if (n > p->cap) {
		p->values = xreallocarray(p->values, n, sizeof(double));
		p->cap = n;
	}
	return p->values;
}

/* Points of several rows each, from rows into points. */
static void
resample(const struct plan *p, const double *rows, size_t width,
    enum store_stat stat, struct store_points *out)
{
	double *to = room(out, p->count * width);

	for (size_t i = 0; i < p->count; i++)
		for (size_t j = 0; j < width; j++)
			*to++ = combine(rows + i * p->each * width + j, width,
			    p->each, stat);
}

static int
read_once(struct rrdreader *r, const struct roster_entry *n,
    const struct store_range *range, struct store_points *out, struct nc_err *e)
{
	struct plan p = make_plan(r, n, range);
	size_t width = image_ds_count(r->image), rows = p.count * p.each;
	double *values;
	int rc;

	*out = (struct store_points){.first = p.first,
	    .step = p.step,
	    .count = p.count,
	    .width = width,
	    .values = out->values,
	    .cap = out->cap};
	if (p.count == 0)
		return 0;
	if (rows > POINTS_MAX / width)
		return err_set(e, EFBIG, "%s: too many points", n->path);
	if (p.each == 1)
		return image_read(r->image, p.rra, p.first, p.last,
		    room(out, rows * width), e);
	values = xcalloc(rows * width, sizeof(double));
	rc = image_read(r->image, p.rra, p.first - p.step + p.res, p.last,
	    values, e);
	if (rc == 0)
		resample(&p, values, width, range->stat, out);
	free(values);
	return rc;
}

static int
reader_read(struct store_reader *base, const struct store_entity *n,
    const struct store_range *range, struct store_points *out, struct nc_err *e)
{
	struct rrdreader *r = of(base);
	struct roster_entry *entry = r->entries[index_of(r, n)];
	int rc = 1;

	for (int i = 0; i < TRIES && rc == 1; i++) {
		if (i != 0)
			usleep(2000);
		if (load(r, n, e) == -1)
			return -1;
		rc = read_once(r, entry, range, out, e);
	}
	return rc == 1
		   ? err_set(e, EAGAIN, "%s: changes all the time", entry->path)
		   : rc;
}

static int
extent(struct store_reader *base, const struct store_entity *n, double *first,
    double *last, struct nc_err *e)
{
	struct rrdreader *r = of(base);
	double oldest;

	*first = r->entries[index_of(r, n)]->first;
	*last = (double)NAN;
	if (load(r, n, e) == -1)
		return -1;
	*last = image_last(r->image);
	for (size_t i = 0; i < image_archive_count(r->image); i++) {
		oldest = (double)image_oldest(r->image, i);
		if (i == 0 || oldest < *first)
			*first = fmax(oldest,
			    r->entries[index_of(r, n)]->first);
	}
	return 0;
}

static const struct store_reader_ops ops = {
    .next = next,
    .read = reader_read,
    .extent = extent,
    .close = reader_close,
};
