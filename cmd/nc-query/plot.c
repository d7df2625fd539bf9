/* SPDX-License-Identifier: MIT */
/*
 * plot: a chart a metric in the terminal: columns of eighths of a cell, an
 * axis of values on the left, of time below.  A column nobody measured is
 * empty, never drawn as 0.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "metric/format.h"
#include "query.h"

#define ROWS 8
#define AXIS 11 /* columns of the axis */
#define WIDTH 80

struct column {
	double sum, low, high;
	size_t known;
};

static const char *const eighth_utf8[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆",
    "▇", "█"};
static const char *const eighth_ascii[] = {" ", ".", ".", ":", ":", "|", "|",
    "#", "#"};

static void
gather(const struct query *q, const struct query_match *m, size_t metric,
    struct column *c, size_t width)
{
	double span = q->o->range.to - q->o->range.from, v, ts;
	size_t at;

	memset(c, 0, width * sizeof(*c));
	for (size_t i = 0; i < m->points.count; i++) {
		if (!isfinite(v = query_value(m, i, metric)))
			continue;
		ts = (double)(m->points.first + (int64_t)i * m->points.step) -
		     (double)m->points.step / 2;
		at = (size_t)fmax(0,
		    fmin((double)width - 1,
			floor((ts - q->o->range.from) / span * (double)width)));
		c[at].sum += v;
		c[at].known++;
	}
}

/* A point that lasts for several columns fills them all. */
static void
spread(const struct query *q, const struct query_match *m, struct column *c,
    size_t width)
{
	double span = q->o->range.to - q->o->range.from;
	size_t each = (size_t)((double)m->points.step / span * (double)width);
	struct column last = {0};
	size_t left = 0;

	for (size_t i = 0; i < width; i++) {
		if (c[i].known != 0) {
			last = c[i];
			left = each;
		} else if (left > 0) {
			c[i] = last;
			left--;
		}
	}
}

static double
mean(const struct column *c)
{
	return c->known != 0 ? c->sum / (double)c->known : (double)NAN;
}

static void
print_axis(double v, const char *metric)
{
	char text[FORMAT_MAX];
	size_t len = format_metric(text, v, span_of(metric));

	printf("%*.*s |", AXIS - 2, (int)len, text);
}

static void
print_times(const struct query *q, size_t width)
{
	struct buf from = {0}, to = {0};

	zone_format(q->o->zone, q->o->range.from, 0, &from);
	zone_format(q->o->zone, q->o->range.to, 0, &to);
	printf("%*s+", AXIS - 1, "");
	for (size_t i = 0; i < width; i++)
		putchar('-');
	printf("\n%*s%.16s%*.16s\n\n", AXIS, "", from.data,
	    (int)(width > 16 ? width - 16 : 0), to.data);
	buf_free(&from);
	buf_free(&to);
}

static bool
plot_one(const struct query *q, const struct query_match *m, size_t metric,
    struct column *c, size_t width)
{
	const char *const *cell = q->o->utf8 ? eighth_utf8 : eighth_ascii;
	const char *name = m->entity->metrics[metric];
	double low = INFINITY, high = -INFINITY, v, height;
	struct buf title = {0};

	gather(q, m, metric, c, width);
	spread(q, m, c, width);
	for (size_t i = 0; i < width; i++) {
		if (isnan(v = mean(&c[i])))
			continue;
		low = fmin(low, v);
		high = fmax(high, v);
	}
	if (low > high)
		return false;
	/* From nought, unless the values are far from it. */
	if (low > 0 && low < high * 0.8)
		low = 0;
	if (high <= low) {
		low = low > 0 ? 0 : low - 1;
		high = high > low ? high : low + 1;
	}
	utf8_escape(&title, m->entity->entity);
	buf_addc(&title, ' ');
	utf8_escape(&title, query_name(m->entity));
	buf_adds(&title, " on ");
	utf8_escape(&title, m->entity->host);
	printf("%s: %s\n", title.data, name);
	buf_free(&title);
	for (int row = ROWS - 1; row >= 0; row--) {
		if (row == ROWS - 1 || row == 0 || row == ROWS / 2)
			print_axis(row == 0
				       ? low
				       : low + (high - low) * (row + 1) / ROWS,
			    name);
		else
			printf("%*s |", AXIS - 2, "");
		for (size_t i = 0; i < width; i++) {
			v = mean(&c[i]);
			height = isnan(v)
				     ? 0
				     : (v - low) / (high - low) * ROWS * 8 -
					   row * 8;
			/* What is known is seen, even at the bottom. */
			if (!isnan(v) && row == 0 && height < 1)
				height = 1;
			fputs(cell[(int)fmax(0, fmin(8, round(height)))],
			    stdout);
		}
		putchar('\n');
	}
	print_times(q, width);
	return true;
}

int
query_plot(struct query *q)
{
	size_t width = q->o->width != 0 ? q->o->width : WIDTH;
	struct column *c;
	bool any = false;

	width = width > AXIS + 10 ? width - AXIS : 10;
	c = xcalloc(width, sizeof(*c));
	for (size_t i = 0; i < q->nmatches; i++) {
		struct query_match *m = &q->matches[i];

		if (!query_read(q, m, &q->o->range))
			continue;
		for (size_t k = 0; k < m->entity->nmetrics; k++)
			if (query_wants(m, k))
				any = plot_one(q, m, k, c, width) || any;
		store_points_free(&m->points);
	}
	free(c);
	if (!any)
		diag_say(q->diag, DIAG_WARN, NULL,
		    q->nmatches == 0 ? "nothing stored matches"
				     : "no samples in this range");
	return q->partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}
