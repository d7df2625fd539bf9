/* SPDX-License-Identifier: MIT */
/*
 * sheet: the head and the keys are cut out of lines that frame made; from
 * then on a point is some copying and its numbers.
 */
#include "sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "stream/number.h"

#define END "}}\n" /* of the values, of the record */
#define END_LEN (sizeof(END) - 1)
#define TS "\"ts\":"
#define SHORT 32 /* bytes that are copied at once */

struct key {
	size_t metric;
	size_t at, len; /* with quotes and colon, in text */
};

struct sheet {
	struct buf front, rest; /* before ts; from behind it to the values */
	struct buf text;
	struct key *keys; /* owned */
	size_t count;
	int64_t step;
};

static int
capture(void *arg, const char *line, size_t len)
{
	buf_add(arg, line, len);
	return 0;
}

void
sheet_begin(struct frame *f, const struct store_entity *n, int64_t ts,
    int64_t step)
{
	frame_origin(f, n->host.p, n->source.p);
	frame_clock(f, (double)ts, (double)NAN);
	frame_begin(f, RECORD_SAMPLE, n->entity.p, n->id);
	for (size_t k = 0; k < n->nlabels; k++)
		frame_label(f, n->labels[k].key.p, n->labels[k].value);
	frame_interval(f, (double)step);
}

/* Both parts of what stands around a ts of 0. */
static bool
take_head(struct sheet *s, struct span line)
{
	const char *ts = memmem(line.p, line.len, TS "0", sizeof(TS));

	if (ts == NULL || line.len < END_LEN ||
	    memmem(line.p, line.len, "\"truncated\":", 12) != NULL)
		return false;
	ts += sizeof(TS) - 1;
	buf_add(&s->front, line.p, (size_t)(ts - line.p));
	buf_add(&s->rest, ts + 1,
	    (size_t)(line.p + line.len - END_LEN - (ts + 1)));
	return true;
}

/* The key of a line with one value, which is 0. */
static bool
take_key(struct sheet *s, size_t metric, struct span line)
{
	size_t head = s->front.len + 1 + s->rest.len;
	size_t len = line.len - head - END_LEN - 1;

	if (line.len < head + END_LEN + 1 ||
	    memcmp(line.p + s->front.len + 1, s->rest.data, s->rest.len) != 0)
		return false;
	s->keys[s->count++] = (struct key){metric, s->text.len, len};
	buf_add(&s->text, line.p + head, len);
	return true;
}

struct sheet *
sheet_new(const struct query_match *m)
{
	const struct store_entity *n = m->entity;
	struct sheet *s = xcalloc(1, sizeof(*s));
	struct buf line = {0};
	struct frame *f = frame_new(capture, &line);
	bool fine;

	s->step = m->points.step;
	s->keys = xcalloc(n->nmetrics + 1, sizeof(*s->keys));
	sheet_begin(f, n, 0, s->step);
	frame_end(f);
	fine = take_head(s, buf_span(&line));
	for (size_t i = 0; fine && i < n->nmetrics; i++) {
		if (!query_wants(m, i) || i >= m->points.width)
			continue;
		buf_clear(&line);
		sheet_begin(f, n, 0, s->step);
		frame_value(f, n->metrics[i], 0);
		frame_end(f);
		fine = take_key(s, i, buf_span(&line));
	}
	memset(buf_reserve(&s->text, SHORT), 0, SHORT); /* copy_key() reads */
	frame_free(f);
	buf_free(&line);
	if (fine)
		return s;
	sheet_free(s);
	return NULL;
}

void
sheet_free(struct sheet *s)
{
	if (s == NULL)
		return;
	buf_free(&s->front);
	buf_free(&s->rest);
	buf_free(&s->text);
	free(s->keys);
	free(s);
}

int64_t
sheet_step(const struct sheet *s)
{
	return s->step;
}

static size_t
put_head(const struct sheet *s, int64_t ts, char *line)
{
	char *p = line;

	memcpy(p, s->front.data, s->front.len);
	p += s->front.len;
	p += number_format((double)ts, p);
	memcpy(p, s->rest.data, s->rest.len);
	return (size_t)(p - line) + s->rest.len;
}

static int
end_line(struct sheet_out *out, size_t len)
{
	memcpy(out->line + len, END, END_LEN);
	return out->sink(out->arg, out->line, len + END_LEN);
}

/* Most are short: a copy of fixed length is a move or two. */
static void
copy_key(char *to, const char *from, size_t len)
{
	if (len <= SHORT)
		memcpy(to, from, SHORT);
	else
		memcpy(to, from, len);
}

int
sheet_line(const struct sheet *s, int64_t ts, const double *values,
    struct sheet_out *out)
{
	char *line = out->line, *piece, start[END_LEN];
	size_t head = 0, len = 0, n;

	for (size_t i = 0; i < s->count; i++) {
		const struct key *k = &s->keys[i];

		if (!isfinite(values[k->metric]))
			continue;
		if (len == 0)
			len = head = put_head(s, ts, line);
		piece = line + len;
		*piece = ',';
		copy_key(piece + 1, s->text.data + k->at, k->len);
		n = k->len +
		    number_format(values[k->metric], piece + 1 + k->len);
		/* Where frame begins another line.  The end of this one comes
		 * to stand where the piece is. */
		if (len + n + 4 > FRAME_LINE_MAX) {
			memcpy(start, piece, END_LEN);
			if (end_line(out, len) != 0)
				return -1;
			memcpy(piece, start, END_LEN);
			memmove(line + head, piece, n + 1);
			len = head;
		}
		if (len == head)
			memmove(line + head, line + head + 1, n);
		len += n + (len != head);
	}
	if (len == 0)
		return 0;
	return end_line(out, len) == 0 ? 1 : -1;
}
