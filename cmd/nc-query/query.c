/* SPDX-License-Identifier: MIT */
/* query: open, match, read. */
#include "query.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/exitcode.h"
#include "base/mem.h"
#include "fresh.h"
#include "rrd/rrdreader.h"

static struct store_reader *
open_reader(struct query *q, int *status)
{
	struct rrdreader_found found = {0};
	struct nc_err e;
	struct store_reader *r = rrdreader_open(q->o->dir, &found, &e);

	if (r == NULL) {
		diag_say(q->diag, DIAG_ERROR, NULL, "%s", e.msg);
		*status = NC_EXIT_FAILED;
	} else if (found.bad != 0) {
		diag_say(q->diag, DIAG_WARN, NULL,
		    "%s/roster: %llu damaged lines: their entities are "
		    "missing",
		    q->o->dir, (unsigned long long)found.bad);
		q->partial = true;
	}
	return r;
}

/* Which of its metrics are asked for; false when none is. */
static bool
match(const struct query_options *o, const struct store_entity *n,
    struct query_match *m)
{
	struct selector_subject subject = {n->host, n->source, n->entity, n->id,
	    n->labels, n->nlabels};
	bool *wanted = xcalloc(n->nmetrics + 1, sizeof(*wanted));
	bool any = false, all = o->nselectors == 0;

	for (size_t i = 0; i < o->nselectors; i++) {
		if (!selector_entity(o->selectors[i], &subject))
			continue;
		if (!selector_has_metrics(o->selectors[i])) {
			all = true;
			break;
		}
		for (size_t k = 0; k < n->nmetrics; k++)
			if (selector_metric(o->selectors[i],
				span_of(n->metrics[k])))
				any = wanted[k] = true;
	}
	*m = (struct query_match){.entity = n};
	if (all || !any) {
		free(wanted);
		wanted = NULL;
	}
	m->wanted = wanted;
	return all || any;
}

static void
free_matches(struct query *q)
{
	for (size_t i = 0; i < q->nmatches; i++) {
		free(q->matches[i].wanted);
		store_points_free(&q->matches[i].points);
	}
	free(q->matches);
	q->matches = NULL;
	q->nmatches = 0;
}

static void
find_matches(struct query *q)
{
	const struct store_entity *n = NULL;
	struct query_match m;
	size_t cap = 0;

	while ((n = q->reader->ops->next(q->reader, n)) != NULL) {
		if (!match(q->o, n, &m))
			continue;
		if (q->nmatches == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			q->matches = xreallocarray(q->matches, cap,
			    sizeof(*q->matches));
		}
		q->matches[q->nmatches++] = m;
	}
}

int
query_open(struct query *q, const struct query_options *o, struct diag *d)
{
	struct nc_err e = {0};
	int status = 0;
	enum fresh fresh;

	*q = (struct query){.o = o, .diag = d};
	if ((q->reader = open_reader(q, &status)) == NULL)
		return status;
	find_matches(q);
	fresh = fresh_make(o->dir, q->matches, q->nmatches, &e);
	if (fresh == FRESH_CHANGED) {
		/* The journal has been put in its place: look again. */
		free_matches(q);
		q->reader->ops->close(q->reader);
		if ((q->reader = open_reader(q, &status)) == NULL)
			return status;
		find_matches(q);
	} else if (fresh == FRESH_STALE) {
		diag_say(d, DIAG_WARN, NULL,
		    "%s: the newest samples may be missing: %s", o->dir, e.msg);
		q->stale = q->partial = true;
	}
	return 0;
}

void
query_close(struct query *q)
{
	free_matches(q);
	if (q->reader != NULL)
		q->reader->ops->close(q->reader);
	q->reader = NULL;
}

void
query_fault(struct query *q, const struct nc_err *e)
{
	/* Everybody on the list has a file, once the journal is in place. */
	if (e->code == ENOENT && q->stale)
		return;
	diag_limited(q->diag, DIAG_ERROR, "unreadable", NULL, "%s", e->msg);
	q->partial = true;
}

bool
query_read(struct query *q, struct query_match *m,
    const struct store_range *range)
{
	struct nc_err e = {0};

	m->at = 0;
	if (q->reader->ops->read(q->reader, m->entity, range, &m->points, &e) ==
	    0)
		return m->points.count != 0;
	m->points.count = 0;
	query_fault(q, &e);
	return false;
}

bool
query_wants(const struct query_match *m, size_t metric)
{
	return m->wanted == NULL || m->wanted[metric];
}

double
query_value(const struct query_match *m, size_t point, size_t metric)
{
	if (metric >= m->points.width)
		return (double)NAN;
	return m->points.values[point * m->points.width + metric];
}

struct span
query_label(const struct store_entity *n, const char *key)
{
	for (size_t i = 0; i < n->nlabels; i++)
		if (span_is(n->labels[i].key, key))
			return n->labels[i].value;
	return (struct span){0};
}

struct span
query_name(const struct store_entity *n)
{
	struct span name = query_label(n, "name");

	return name.len != 0 ? name : n->id;
}
