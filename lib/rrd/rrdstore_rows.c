/* SPDX-License-Identifier: MIT */
/* rrdstore_rows: from frames to rows: who gets a file, which column, when. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "rrd/rrdstore_impl.h"

#define COLUMNS_MAX 1024
#define NO_COLUMN UINT16_MAX
#define SPACE_EVERY 5.0 /* seconds between looks at the disk */
/* A sample this near to the end of a step (in steps) stands for it. */
#define SNAP 0.05
#define SLOT_NEIGHBOURS 16 /* entities next to each other share a second */

const char *const rrdstore_optional[] = {"process", "vm.process", "vm.thread",
    "vm.job", NULL};

struct slot *
slot_of(struct rrdstore *s, struct roster_entry *n)
{
	struct slot *p = n->user;
	char *path;

	if (p != NULL)
		return p;
	n->user = p = xcalloc(1, sizeof(*p));
	p->entry = n;
	path = slot_path(s, n);
	if (image_load(s->image, path, false, NULL) == 0)
		p->last = image_last(s->image);
	image_unload(s->image);
	free(path);
	return p;
}

void
slot_free(struct slot *p)
{
	if (p == NULL)
		return;
	free(p->rows);
	free(p->column);
	free(p);
}

/* Every row gets room for the columns there are now. */
static void
widen(struct rrdstore *s, struct slot *p)
{
	uint32_t width = (uint32_t)p->entry->nmetrics + 1;
	double *rows;

	if (width <= p->width)
		return;
	width += width / 8;
	rows = xcalloc((size_t)p->cap * width, sizeof(double));
	for (uint32_t i = 0; i < p->nrows; i++) {
		memcpy(rows + (size_t)i * width, p->rows + (size_t)i * p->width,
		    p->width * sizeof(double));
		for (uint32_t j = p->width; j < width; j++)
			rows[(size_t)i * width + j] = (double)NAN;
	}
	s->cached += ((uint64_t)width - p->width) * p->cap * sizeof(double);
	free(p->rows);
	p->rows = rows;
	p->width = width;
}

double *
slot_row(struct rrdstore *s, struct slot *p, double ts)
{
	uint32_t cap;
	double *row;

	if (p->cap == 0)
		p->cap = 4;
	widen(s, p);
	if (p->nrows != 0) {
		row = p->rows + (size_t)(p->nrows - 1) * p->width;
		if (row[0] == ts)
			return row;
	}
	if (p->nrows == p->cap) {
		cap = p->cap * 2 > SLOT_ROWS ? SLOT_ROWS : p->cap * 2;
		if (cap <= p->nrows)
			cap = p->nrows + SLOT_ROWS;
		p->rows = xreallocarray(p->rows, (size_t)cap * p->width,
		    sizeof(double));
		s->cached += ((uint64_t)cap - p->cap) * p->width *
			     sizeof(double);
		p->cap = cap;
	}
	row = p->rows + (size_t)p->nrows++ * p->width;
	row[0] = ts;
	for (uint32_t i = 1; i < p->width; i++)
		row[i] = (double)NAN;
	p->last = ts;
	s->base.counts.waiting++;
	return row;
}

/*
 * The time a sample is stored at.  Collectors aim at the ends of steps and
 * come a little late; RRDtool would mix each value with a trace of its
 * neighbour.  What is near such an end counts as taken on it, the rest on
 * its whole second, unless that is taken: samples below a second keep theirs.
 */
static double
row_time(double ts, const struct slot *p, double interval)
{
	double step = (double)p->entry->step, end = round(ts / step) * step;

	if (isnan(interval) || interval >= 1) {
		if (fabs(ts - end) <= SNAP * step && end > p->last)
			return end;
		if (round(ts) > p->last)
			return round(ts);
	}
	return ts;
}

static bool
is_wanted(const struct rrdstore *s, const char *entity)
{
	bool optional = false;

	for (size_t i = 0; rrdstore_optional[i] != NULL; i++)
		optional = optional ||
			   strcmp(rrdstore_optional[i], entity) == 0;
	if (!optional)
		return true;
	for (size_t i = 0; s->o.also != NULL && s->o.also[i] != NULL; i++)
		if (strcmp(s->o.also[i], entity) == 0)
			return true;
	return false;
}

static bool
has_space(struct rrdstore *s, double now)
{
	struct statvfs v;

	if (now - s->space_checked < SPACE_EVERY && s->space_checked > 0)
		return !s->space_low;
	s->space_checked = now;
	s->space_low = statvfs(s->dir, &v) == 0 && v.f_blocks != 0 &&
		       (double)v.f_bavail < s->o.free_min * (double)v.f_blocks;
	if (s->space_low)
		rrdstore_say(s, "space",
		    "%s: less than %.0f %% of the disk is free: new entities "
		    "are not stored",
		    s->dir, s->o.free_min * 100);
	return !s->space_low;
}

/* Who is it?  NULL: nobody who gets a file. */
static struct slot *
attach(struct rrdstore *s, struct series_entity *n, double ts, double interval,
    double now)
{
	struct store_key key = {span_of(n->origin->host),
	    span_of(n->origin->source), span_of(n->origin->entity),
	    span_of(n->id)};
	struct roster_entry *r = roster_find(s->roster, &key);
	struct slot *p;

	if (r == NULL) {
		if (!is_wanted(s, n->origin->entity)) {
			n->user = &s->nobody;
			return &s->nobody;
		}
		if (!has_space(s, now))
			return NULL; /* asked again with its next sample */
		r = roster_add(s->roster, &key, keep_step(interval));
		r->interval = interval;
		r->first = ts;
		s->base.counts.entities = roster_count(s->roster);
	}
	p = slot_of(s, r);
	p->live = n;
	p->ncolumn = 0; /* the old numbers were another's */
	p->version = n->version - 1;
	n->user = p;
	return p;
}

/* True when the entry has to be written. */
static bool
refresh(struct rrdstore *s, struct slot *p, double interval, double ts)
{
	struct series_entity *n = p->live;
	struct roster_entry *r = p->entry;
	struct record_label *old = r->labels, *now;
	size_t nold = r->nlabels, i;
	const char *key, *value;
	bool same = nold == n->nlabels, changed;

	changed = r->interval != interval &&
		  !(isnan(r->interval) && isnan(interval));
	r->interval = interval;
	if (p->version == n->version)
		return changed;
	p->version = n->version;
	now = n->nlabels != 0 ? xcalloc(n->nlabels, sizeof(*now)) : NULL;
	for (i = 0; now != NULL && i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		now[i].key = span_of(key);
		now[i].value = span_of(value);
		same = same && span_equal(now[i].key, old[i].key) &&
		       span_equal(now[i].value, old[i].value);
	}
	if (!same) {
		r->labels = NULL;
		r->nlabels = 0;
		roster_set_labels(r, now, n->nlabels);
		if (r->nmetrics != 0 && s->o.labels != NULL)
			s->o.labels(s->o.arg, r, ts, old, nold);
		/* Frees the old ones. */
		struct roster_entry past = {.labels = old, .nlabels = nold};
		roster_set_labels(&past, NULL, 0);
	}
	free(now);
	return changed || !same;
}

static uint16_t
new_column(struct rrdstore *s, struct slot *p, uint32_t index, bool *changed)
{
	struct roster_entry *r = p->entry;
	const char *name = intern_str(s->o.names,
	    series_shown(s->o.series, &p->live->series[index]));
	size_t i;

	for (i = 0; i < r->nmetrics; i++)
		if (strcmp(r->metrics[i], name) == 0)
			return (uint16_t)i;
	if (i == COLUMNS_MAX) {
		rrdstore_say(s, "columns",
		    "%s: more than %d metrics: %s is not stored", r->path,
		    COLUMNS_MAX, name);
		return NO_COLUMN - 1;
	}
	roster_add_metric(r, span_of(name));
	p->checked = false;
	*changed = true;
	return (uint16_t)i;
}

/* The columns of touched series are known after this. */
static bool
map_columns(struct rrdstore *s, struct slot *p, const uint32_t *touched,
    size_t n)
{
	bool changed = false;
	uint32_t i;

	for (size_t k = 0; k < n; k++) {
		i = touched[k];
		if (i >= p->ncolumn) {
			p->column = xreallocarray(p->column, p->live->nseries,
			    sizeof(*p->column));
			while (p->ncolumn < p->live->nseries)
				p->column[p->ncolumn++] = NO_COLUMN;
		}
		if (p->column[i] == NO_COLUMN)
			p->column[i] = new_column(s, p, i, &changed);
	}
	return changed;
}

/* Into the bucket of the second in which it will be written. */
static void
enqueue(struct rrdstore *s, struct slot *p, double now)
{
	double period = 60.0 * (double)p->entry->step, phase;
	size_t at;

	if (p->queued)
		return;
	if (period > FLUSH_SECONDS)
		period = FLUSH_SECONDS;
	phase = fmod((double)(p->entry->number / SLOT_NEIGHBOURS), period);
	p->due = floor(now / period) * period + phase;
	while (p->due <= now)
		p->due += period;
	at = (size_t)((int64_t)p->due % WHEEL);
	p->next = s->wheel[at];
	s->wheel[at] = p;
	p->queued = true;
}

static int
keep_row(struct rrdstore *s, struct slot *p, const double *row, size_t first,
    size_t last, double now, struct nc_err *e)
{
	struct journal_row j = {p->entry->number, (uint16_t)first,
	    (uint16_t)(last + 1 - first), row[0], row + 1 + first};

	if (s->o.series != NULL && journal_add(s->journal, &j, e) == -1)
		return -1;
	if (!p->holds) {
		p->segment = journal_segment(s->journal);
		journal_hold(s->journal, p->segment);
		p->holds = true;
	}
	enqueue(s, p, now);
	return 0;
}

static enum store_taken
refuse_late(struct rrdstore *s, struct slot *p, double ts)
{
	s->base.counts.late++;
	if (!p->late_said)
		rrdstore_say(s, "late",
		    "%s: a sample at %.3f, not after %.3f, is refused",
		    p->entry->path, ts, p->last);
	p->late_said = true;
	return STORE_REFUSED;
}

enum store_taken
slot_append(struct store *base, struct series_entity *n,
    const uint32_t *touched, size_t ntouched, bool more, double now,
    struct nc_err *e)
{
	struct rrdstore *s = (struct rrdstore *)base;
	const struct series_stamp *stamp;
	struct slot *p = n->user;
	size_t first = COLUMNS_MAX, last = 0, c, count = 0;
	double ts, at, *row;
	bool changed;

	if (ntouched == 0)
		return STORE_TAKEN;
	stamp = series_read(n, &n->series[touched[0]]);
	ts = stamp->ts;
	if (n->series[touched[0]].state == SERIES_POOR)
		return STORE_TAKEN; /* not known well enough to be history */
	if (p == NULL)
		p = attach(s, n, ts, (double)stamp->interval, now);
	if (p == &s->nobody)
		return STORE_REFUSED; /* as it was asked for */
	if (p == NULL) {
		s->base.counts.refused++;
		return STORE_REFUSED;
	}
	at = ts;
	if (more && ts == p->sample_ts && p->nrows == 0)
		return refuse_late(s, p, ts); /* its row has been written */
	if (more && ts == p->sample_ts)
		at = p->last;
	else if ((at = row_time(ts, p, (double)stamp->interval)) <= p->last)
		return refuse_late(s, p, ts);
	changed = refresh(s, p, (double)stamp->interval, ts);
	changed = map_columns(s, p, touched, ntouched) || changed;
	if (changed && roster_put(s->roster, p->entry, e) == -1)
		return STORE_FAILED;
	row = slot_row(s, p, at);
	for (size_t k = 0; k < ntouched; k++) {
		if ((c = p->column[touched[k]]) >= NO_COLUMN - 1)
			continue;
		row[c + 1] = n->series[touched[k]].value;
		first = c < first ? c : first;
		last = c > last ? c : last;
		count++;
	}
	if (count == 0)
		first = 0;
	if (keep_row(s, p, row, first, last, now, e) == -1)
		return STORE_FAILED;
	p->sample_ts = ts;
	p->arrived = now;
	if (ts > s->newest)
		s->newest = ts;
	s->base.counts.rows += !more;
	s->base.counts.values += count;
	if (p->nrows >= SLOT_ROWS && slot_write(s, p, e) == -1)
		return STORE_FAILED;
	return STORE_TAKEN;
}
