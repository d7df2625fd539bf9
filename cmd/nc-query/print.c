/* SPDX-License-Identifier: MIT */
/*
 * print: points as records, as CSV, as a table, by time, then host, entity,
 * id.  Long ranges of many entities are read a piece at a time.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "metric/format.h"
#include "query.h"
#include "sheet.h"
#include "stream/frame.h"
#include "stream/number.h"
#include "stream/writer.h"

#define PIECE_BYTES ((size_t)128 << 20) /* of points in memory */
#define TIME_COLUMN 19
#define LINE_DOUBLES 8 /* of a line of the cache */
#define SHEET_POINTS 16 /* a sheet costs as much as these */

struct printer {
	struct query *q;
	struct writer *w;
	struct frame *f;
	struct sheet **sheets; /* owned: by match; NULL: none */
	struct sheet_out out;
	struct buf line;
	bool any;
	int error; /* errno of the output */
};

static int
put_line(void *arg, const char *line, size_t len)
{
	struct printer *p = arg;
	struct nc_err e;

	if (p->error == 0 && writer_line(p->w, line, len, &e) == -1) {
		if (e.code != EPIPE)
			diag_say(p->q->diag, DIAG_ERROR, NULL, "%s", e.msg);
		p->error = e.code != 0 ? e.code : EIO;
		p->q->failed = true;
	}
	return p->error == 0 ? 0 : -1;
}

/* The sheet of a match, if it has points enough to be worth one. */
static const struct sheet *
sheet_of(struct printer *p, const struct query_match *m)
{
	struct sheet **s = &p->sheets[m - p->q->matches];

	if (*s != NULL && sheet_step(*s) != m->points.step) {
		sheet_free(*s);
		*s = NULL;
	}
	if (*s == NULL && m->points.count - m->at >= SHEET_POINTS)
		*s = sheet_new(m);
	return *s;
}

/* Until this match's next point all the others have theirs. */
static void
fetch_next(const struct query_match *m)
{
	const double *next = m->points.values + (m->at + 1) * m->points.width;

	if (m->at + 1 < m->points.count)
		for (size_t i = 0; i < m->points.width; i += LINE_DOUBLES)
			__builtin_prefetch(next + i);
}

static void
record_point(struct printer *p, struct query_match *m, int64_t ts)
{
	const struct store_entity *n = m->entity;
	const struct sheet *s = sheet_of(p, m);
	bool begun = false;
	double v;

	if (s != NULL) {
		fetch_next(m);
		if (sheet_line(s, ts,
			m->points.values + m->at * m->points.width,
			&p->out) != 0)
			p->any = true;
		return;
	}
	for (size_t i = 0; i < n->nmetrics; i++) {
		v = query_wants(m, i) ? query_value(m, m->at, i) : (double)NAN;
		if (!isfinite(v))
			continue;
		if (!begun)
			sheet_begin(p->f, n, ts, m->points.step);
		begun = true;
		frame_value(p->f, n->metrics[i], v);
	}
	if (begun) {
		frame_end(p->f);
		p->any = true;
	}
}

/* RFC 4180. */
static void
csv_field(struct buf *b, struct span s)
{
	bool quote = false;

	for (size_t i = 0; i < s.len; i++)
		quote = quote || strchr("\",\r\n", s.p[i]) != NULL;
	if (!quote) {
		buf_add(b, s.p, s.len);
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, s.p[i]);
	}
	buf_addc(b, '"');
}

static void
csv_point(struct printer *p, struct query_match *m, int64_t ts)
{
	const struct store_entity *n = m->entity;
	const struct span part[] = {n->host, n->source, n->entity, n->id,
	    query_name(n)};
	char text[NUMBER_TEXT];
	double v;

	for (size_t i = 0; i < n->nmetrics; i++) {
		v = query_wants(m, i) ? query_value(m, m->at, i) : (double)NAN;
		if (!isfinite(v))
			continue;
		buf_clear(&p->line);
		buf_addf(&p->line, "%lld", (long long)ts);
		for (size_t k = 0; k < 5; k++) {
			buf_addc(&p->line, ',');
			csv_field(&p->line, part[k]);
		}
		buf_addc(&p->line, ',');
		csv_field(&p->line, span_of(n->metrics[i]));
		buf_addc(&p->line, ',');
		buf_add(&p->line, text, number_format(v, text));
		buf_addc(&p->line, '\n');
		put_line(p, p->line.data, p->line.len);
		p->any = true;
	}
}

static void
table_point(struct printer *p, struct query_match *m, int64_t ts)
{
	const struct store_entity *n = m->entity;
	char text[FORMAT_MAX];
	struct buf time = {0};
	double v;
	size_t len;

	zone_format(p->q->o->zone, (double)ts, 0, &time);
	if (time.len > TIME_COLUMN)
		time.data[TIME_COLUMN] = '\0';
	time.data[strcspn(time.data, "T")] = ' ';
	for (size_t i = 0; i < n->nmetrics; i++) {
		v = query_wants(m, i) ? query_value(m, m->at, i) : (double)NAN;
		if (!isfinite(v))
			continue;
		len = format_metric(text, v, span_of(n->metrics[i]));
		buf_clear(&p->line);
		buf_addf(&p->line, "%s  ", time.data);
		utf8_escape(&p->line, n->host);
		buf_adds(&p->line, "  ");
		utf8_escape(&p->line, n->entity);
		buf_adds(&p->line, "  ");
		utf8_escape(&p->line, query_name(n));
		buf_addf(&p->line, "  %s  %.*s\n", n->metrics[i], (int)len,
		    text);
		put_line(p, p->line.data, p->line.len);
		p->any = true;
	}
	buf_free(&time);
}

static void
print_point(struct printer *p, struct query_match *m, int64_t ts)
{
	switch (p->q->o->form) {
	case QUERY_CSV:
		csv_point(p, m, ts);
		break;
	case QUERY_TABLE:
		table_point(p, m, ts);
		break;
	default:
		record_point(p, m, ts);
	}
}

/* Everything read, in order of time; the matches are in order already. */
static void
print_piece(struct printer *p)
{
	struct query *q = p->q;
	struct query_match *m;
	int64_t now, next = INT64_MIN, ts;

	while (!q->failed) {
		now = next;
		next = INT64_MAX;
		for (size_t i = 0; i < q->nmatches && !q->failed; i++) {
			m = &q->matches[i];
			if (m->at >= m->points.count)
				continue;
			ts = m->points.first + (int64_t)m->at * m->points.step;
			if (ts == now) {
				print_point(p, m, ts);
				if (++m->at >= m->points.count)
					continue;
				ts += m->points.step;
			}
			if (ts < next)
				next = ts;
		}
		if (next == INT64_MAX)
			break;
	}
}

/* Seconds of a piece: as many as fit into memory at the finest step. */
static double
piece_seconds(const struct query *q)
{
	double a_second = 1, step;

	for (size_t i = 0; i < q->nmatches; i++) {
		step = q->o->range.step;
		if (isfinite(q->matches[i].entity->interval))
			step = fmax(step, q->matches[i].entity->interval);
		a_second += (double)(q->matches[i].entity->nmetrics + 4) *
			    sizeof(double) / fmax(1, step);
	}
	return fmax(3600, floor((double)PIECE_BYTES / a_second));
}

static void
print_all(struct printer *p)
{
	struct query *q = p->q;
	struct store_range piece = q->o->range;
	double seconds = piece_seconds(q);

	piece.since = q->o->range.from;
	for (; piece.from < q->o->range.to && !q->failed;
	     piece.from = piece.to) {
		piece.to = fmin(piece.from + seconds, q->o->range.to);
		for (size_t i = 0; i < q->nmatches; i++)
			query_read(q, &q->matches[i], &piece);
		print_piece(p);
	}
}

int
query_print(struct query *q)
{
	struct printer p = {.q = q};
	struct nc_err e;

	p.w = writer_open(STDOUT_FILENO, "standard output", WRITER_BATCH);
	p.f = frame_new(put_line, &p);
	p.out.sink = put_line;
	p.out.arg = &p;
	p.sheets = xcalloc(q->nmatches + 1, sizeof(struct sheet *));
	if (q->o->form == QUERY_CSV)
		put_line(&p, "ts,host,source,entity,id,name,metric,value\n",
		    strlen("ts,host,source,entity,id,name,metric,value\n"));
	print_all(&p);
	if (writer_close(p.w, &e) == -1 && p.error == 0) {
		if (e.code != EPIPE)
			diag_say(q->diag, DIAG_ERROR, NULL, "%s", e.msg);
		p.error = e.code != 0 ? e.code : EIO;
	}
	frame_free(p.f);
	for (size_t i = 0; i < q->nmatches; i++)
		sheet_free(p.sheets[i]);
	free(p.sheets);
	buf_free(&p.line);
	if (p.error == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (p.error != 0)
		return NC_EXIT_FAILED;
	if (!p.any)
		diag_say(q->diag, DIAG_WARN, NULL,
		    q->nmatches == 0 ? "nothing stored matches"
				     : "no samples in this range");
	return q->partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}
