/* SPDX-License-Identifier: MIT */
/* list: who is in the store: as records, for people, or as CSV. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "query.h"
#include "stream/frame.h"

enum column { HOST, ENTITY, NAME, ID, SOURCE, FIRST, LAST, METRICS, LABELS };
#define COLUMNS (LABELS + 1)

static const char *const titles[COLUMNS] = {"HOST", "ENTITY", "NAME", "ID",
    "SOURCE", "FIRST", "LAST", "METRICS", "LABELS"};

static void
add_time(struct buf *b, const struct query_options *o, double ts)
{
	size_t start = b->len;

	if (isnan(ts)) {
		buf_addc(b, '-');
		return;
	}
	if (o->form == QUERY_CSV) {
		buf_addf(b, "%.0f", floor(ts));
		return;
	}
	zone_format(o->zone, ts, 0, b);
	if (b->len - start > 19)
		b->len = start + 19;
	b->data[b->len] = '\0';
	b->data[start + 10] = ' ';
}

static void
add_labels(struct buf *b, const struct store_entity *n)
{
	bool first = true;

	for (size_t i = 0; i < n->nlabels; i++) {
		if (span_is(n->labels[i].key, "name"))
			continue;
		if (!first)
			buf_addc(b, ' ');
		first = false;
		buf_add(b, n->labels[i].key.p, n->labels[i].key.len);
		buf_addc(b, '=');
		buf_add(b, n->labels[i].value.p, n->labels[i].value.len);
	}
}

/* When there is something of it; NAN where that is not known. */
static void
times(struct query *q, const struct store_entity *n, double *first,
    double *last)
{
	struct nc_err e = {0};

	*first = *last = (double)NAN;
	if (q->reader->ops->extent(q->reader, n, first, last, &e) == -1)
		query_fault(q, &e);
}

static void
fill(struct query *q, const struct store_entity *n, struct buf cell[COLUMNS])
{
	double first, last;
	struct span name = query_label(n, "name");

	times(q, n, &first, &last);
	buf_add(&cell[HOST], n->host.p, n->host.len);
	buf_add(&cell[ENTITY], n->entity.p, n->entity.len);
	buf_add(&cell[NAME], name.p, name.len);
	buf_add(&cell[ID], n->id.p, n->id.len);
	buf_add(&cell[SOURCE], n->source.p, n->source.len);
	add_time(&cell[FIRST], q->o, first);
	add_time(&cell[LAST], q->o, last);
	buf_addf(&cell[METRICS], "%zu", n->nmetrics);
	add_labels(&cell[LABELS], n);
}

static void
csv_cell(const struct buf *b)
{
	if (b->len == 0 || strpbrk(b->data, "\",\r\n") == NULL) {
		printf("%s", b->len != 0 ? b->data : "");
		return;
	}
	putchar('"');
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '"')
			putchar('"');
		putchar(b->data[i]);
	}
	putchar('"');
}

static void
print_cells(struct buf cell[COLUMNS], const size_t width[COLUMNS], bool csv)
{
	struct buf shown = {0};
	size_t columns;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (csv) {
			if (i != 0)
				putchar(',');
			csv_cell(&cell[i]);
			continue;
		}
		buf_clear(&shown);
		utf8_escape(&shown, buf_span(&cell[i]));
		columns = utf8_columns(buf_span(&cell[i]));
		printf("%s", shown.len != 0 ? shown.data : "");
		if (i + 1 < COLUMNS)
			printf("%*s", (int)(width[i] - columns + 2), "");
	}
	putchar('\n');
	buf_free(&shown);
}

/* A kind of its own, which the frame does not know: it says "event". */
static int
put_entity(void *arg, const char *line, size_t len)
{
	static const char said[] = "{\"v\":1,\"kind\":\"event\"";
	size_t n = sizeof(said) - 1;

	(void)arg;
	if (len < n || memcmp(line, said, n) != 0)
		return -1;
	printf("{\"v\":1,\"kind\":\"entity\"");
	return fwrite(line + n, 1, len - n, stdout) == len - n ? 0 : -1;
}

static void
print_records(struct query *q)
{
	struct frame *f = frame_new(put_entity, NULL);
	const struct store_entity *n;
	double first, last, ts;

	for (size_t i = 0; i < q->nmatches; i++) {
		n = q->matches[i].entity;
		times(q, n, &first, &last);
		frame_origin(f, n->host.p, n->source.p);
		ts = isnan(last) ? first : last;
		frame_clock(f, isnan(ts) ? q->o->now : ts, (double)NAN);
		frame_begin(f, RECORD_EVENT, n->entity.p, n->id);
		for (size_t k = 0; k < n->nlabels; k++)
			frame_label(f, n->labels[k].key.p, n->labels[k].value);
		frame_interval(f, n->interval);
		frame_number(f, "first", first);
		frame_number(f, "last", last);
		frame_number(f, "metrics", (double)n->nmetrics);
		frame_end(f);
	}
	frame_free(f);
}

int
query_list(struct query *q)
{
	bool csv = q->o->form == QUERY_CSV;
	size_t rows = q->nmatches + 1, width[COLUMNS] = {0}, w;
	struct buf(*cells)[COLUMNS];

	if (q->nmatches == 0) {
		diag_say(q->diag, DIAG_WARN, NULL, "nothing stored matches");
		return q->partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
	}
	if (q->o->form == QUERY_RECORDS) {
		print_records(q);
		return q->partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
	}
	cells = xcalloc(rows, sizeof(*cells));
	for (size_t i = 0; i < COLUMNS; i++)
		buf_adds(&cells[0][i], titles[i]);
	for (size_t i = 1; i < rows; i++)
		fill(q, q->matches[i - 1].entity, cells[i]);
	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < COLUMNS; k++) {
			w = utf8_columns(buf_span(&cells[i][k]));
			width[k] = w > width[k] ? w : width[k];
		}
	for (size_t i = 0; i < rows; i++) {
		print_cells(cells[i], width, csv);
		for (size_t k = 0; k < COLUMNS; k++)
			buf_free(&cells[i][k]);
	}
	free(cells);
	return q->partial ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}
