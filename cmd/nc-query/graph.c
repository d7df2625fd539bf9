/* SPDX-License-Identifier: MIT */
/* graph: which series go into a picture, and how it is called. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "metric/catalogue.h"
#include "query.h"
#include "rrd/chart.h"
#include "rrd/rrdreader.h"

#define SERIES_MAX 24

struct picture {
	struct chart_series series[SERIES_MAX];
	char *owned[SERIES_MAX][3];
	size_t count, wanted;
	const char *metric; /* of the first */
	const struct store_entity *entity; /* of the first */
	bool one_metric, one_entity;
};

static void
add_series(struct query *q, struct picture *p, const struct query_match *m,
    size_t metric)
{
	const struct store_entity *n = m->entity;
	struct span name = query_name(n);
	char source[20];
	struct nc_err e = {0};

	if (p->wanted++ >= SERIES_MAX)
		return;
	if (rrdreader_source(q->reader, n, metric, source, &e) == -1) {
		if (e.code != ENODATA)
			query_fault(q, &e);
		return;
	}
	if (p->count == 0) {
		p->metric = n->metrics[metric];
		p->entity = n;
		p->one_metric = p->one_entity = true;
	}
	p->one_metric = p->one_metric &&
			strcmp(p->metric, n->metrics[metric]) == 0;
	p->one_entity = p->one_entity && p->entity == n;
	p->owned[p->count][0] = rrdreader_path(q->reader, n);
	p->owned[p->count][1] = xstrdup(source);
	p->owned[p->count][2] = xasprintf("%.*s %.*s %s", SPAN_ARG(n->host),
	    SPAN_ARG(name), n->metrics[metric]);
	p->series[p->count] = (struct chart_series){p->owned[p->count][0],
	    p->owned[p->count][1], p->owned[p->count][2]};
	p->count++;
}

static char *
title(const struct picture *p)
{
	struct span name = query_name(p->entity);

	if (p->one_entity)
		return xasprintf("%.*s %.*s on %.*s%s%s",
		    SPAN_ARG(p->entity->entity), SPAN_ARG(name),
		    SPAN_ARG(p->entity->host), p->one_metric ? ": " : "",
		    p->one_metric ? p->metric : "");
	return xasprintf("%.*s%s%s", SPAN_ARG(p->entity->entity),
	    p->one_metric ? ": " : "", p->one_metric ? p->metric : "");
}

static int
draw(struct query *q, const struct picture *p)
{
	enum metric_unit unit = metric_unit_of(span_of(p->metric));
	bool rate = metric_is_rate(span_of(p->metric));
	char *text = title(p);
	char *axis = xasprintf("%s%s", metric_unit_name(unit),
	    rate ? unit == UNIT_NONE ? "per second" : "/s" : "");
	struct chart c = {
	    .output = q->o->output,
	    .title = text,
	    .axis = axis,
	    .from = q->o->range.from,
	    .to = q->o->range.to,
	    .width = q->o->width,
	    .height = q->o->height,
	    .base = unit == UNIT_BYTES && !rate ? 1024 : 1000,
	    .series = p->series,
	    .count = p->count,
	};
	struct nc_err e;
	int status = q->partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;

	if (chart_draw(&c, &e) == -1) {
		diag_say(q->diag, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_FAILED;
	}
	free(text);
	free(axis);
	return status;
}

int
query_graph(struct query *q)
{
	struct picture p = {0};
	int status = NC_EXIT_PARTIAL;

	for (size_t i = 0; i < q->nmatches; i++)
		for (size_t k = 0; k < q->matches[i].entity->nmetrics; k++)
			if (query_wants(&q->matches[i], k))
				add_series(q, &p, &q->matches[i], k);
	if (p.wanted > SERIES_MAX)
		diag_say(q->diag, DIAG_ERROR, NULL,
		    "%zu series are too many for one picture (at most %d): "
		    "name metrics or labels",
		    p.wanted, SERIES_MAX);
	else if (p.count == 0)
		diag_say(q->diag, DIAG_ERROR, NULL, "nothing to draw");
	else
		status = draw(q, &p);
	for (size_t i = 0; i < p.count; i++)
		for (size_t k = 0; k < 3; k++)
			free(p.owned[i][k]);
	return status;
}
