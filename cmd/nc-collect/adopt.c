/* SPDX-License-Identifier: MIT */
/*
 * adopt: see adopt.h.  What a line left out is put before its first member:
 * of a key said twice the later stands, so whatever the line says itself
 * wins without our having to look for it.
 */
#include "adopt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "stream/record.h"

struct adopt {
	struct decoder *decoder;
	const struct intern *names;
	struct frame *frame;
	struct buf front; /* ,"host":"hv07","source":"x" as JSON */
	double interval; /* of samples that do not say theirs */
	struct buf line;
	struct frame_counts counts;
	bool labelled;
	frame_sink *sink;
	void *arg;
};

/* Takes "host":"..","source":".." out of a record made for that purpose, so
 * that quoting is the frame's business alone. */
static int
keep_front(void *arg, const char *line, size_t len)
{
	struct adopt *a = arg;
	const char *at = memmem(line, len, "\"host\":", 7);

	if (at != NULL) {
		buf_addc(&a->front, ',');
		buf_add(&a->front, at, (size_t)(line + len - at) - 2);
	}
	return 0;
}

struct adopt *
adopt_new(struct intern *names, const struct source_run *run,
    const struct wanted *w, frame_sink *sink, void *arg)
{
	struct adopt *a = xcalloc(1, sizeof(*a));
	struct frame *f;
	size_t i;

	a->decoder = decoder_new(names);
	a->names = names;
	a->interval = run->interval;
	a->sink = sink;
	a->arg = arg;
	a->labelled = w->nlabels != 0;
	a->frame = frame_new(sink, arg);
	for (i = 0; i < w->nlabels; i++)
		frame_common_label(a->frame, w->labels[i].key,
		    span_of(w->labels[i].value));
	f = frame_new(keep_front, a);
	frame_origin(f, run->host, run->name);
	frame_clock(f, 0, NAN);
	frame_begin(f, RECORD_TICK, "", (struct span){0});
	frame_end(f);
	frame_free(f);
	return a;
}

void
adopt_free(struct adopt *a)
{
	if (a == NULL)
		return;
	decoder_free(a->decoder);
	frame_free(a->frame);
	buf_free(&a->front);
	buf_free(&a->line);
	free(a);
}

struct frame_counts *
adopt_counts(struct adopt *a)
{
	return &a->counts;
}

/* The line with what it may have left out in front, padded for the decoder. */
static int
complete(struct adopt *a, const char *line, size_t len, double ts)
{
	const char *p = line, *end = line + len;
	struct buf *b = &a->line;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == end || *p != '{')
		return -1;
	for (p++; p < end && (*p == ' ' || *p == '\t');)
		p++;
	buf_clear(b);
	buf_adds(b, "{\"v\":1,\"kind\":\"sample\",\"ts\":");
	buf_reserve(b, 32);
	b->len += frame_format(ts, b->data + b->len);
	buf_add(b, a->front.data, a->front.len);
	if (p < end && *p != '}')
		buf_addc(b, ',');
	buf_add(b, p, (size_t)(end - p));
	buf_reserve(b, RECORD_PADDING);
	return 0;
}

static void
copy_members(struct adopt *a, const struct record *r, bool completed)
{
	struct frame *f = a->frame;
	size_t i;

	for (i = 0; i < r->nlabels; i++) {
		char key[256];

		if (r->labels[i].key.len >= sizeof(key))
			continue;
		memcpy(key, r->labels[i].key.p, r->labels[i].key.len);
		key[r->labels[i].key.len] = '\0';
		frame_label(f, key, r->labels[i].value);
	}
	if ((r->has & RECORD_HAS_INTERVAL) != 0)
		frame_interval(f, r->interval);
	else if (r->kind == RECORD_SAMPLE && completed)
		frame_interval(f, a->interval);
	if ((r->has & RECORD_HAS_SINCE) != 0)
		frame_since(f, r->since);
	if (r->quality != RECORD_GOOD)
		frame_quality(f, r->quality,
		    (r->has & RECORD_HAS_AGE) != 0 ? r->age : (double)NAN);
	for (i = 0; i < r->nfields; i++) {
		char key[256];

		if (r->fields[i].key.len >= sizeof(key))
			continue;
		memcpy(key, r->fields[i].key.p, r->fields[i].key.len);
		key[r->fields[i].key.len] = '\0';
		frame_raw(f, key, r->fields[i].raw);
	}
	for (i = 0; i < r->nvalues; i++)
		frame_value(f, intern_str(a->names, r->values[i].name),
		    r->values[i].number);
}

/* Says the record again in our form. */
static int
rebuild(struct adopt *a, const struct record *r, bool completed)
{
	char *host = xmemdup0(r->host.p, r->host.len);
	char *source = xmemdup0(r->source.p, r->source.len);
	char *entity = xmemdup0(r->entity.p, r->entity.len);
	int rc;

	frame_origin(a->frame, host, source);
	frame_clock(a->frame,
	    (r->has & RECORD_HAS_TS) != 0 ? r->ts : (double)NAN,
	    (r->has & RECORD_HAS_UP) != 0 ? r->up : (double)NAN);
	frame_begin(a->frame, r->kind, entity, r->id);
	copy_members(a, r, completed);
	rc = frame_end(a->frame);
	free(host);
	free(source);
	free(entity);
	return rc == -1 ? 1 : 0;
}

static void
count(struct adopt *a, const struct record *r)
{
	a->counts.records++;
	if (r->kind != RECORD_SAMPLE)
		return;
	a->counts.samples++;
	a->counts.values += r->nvalues;
}

int
adopt_line(struct adopt *a, const char *line, size_t len, double ts,
    struct nc_err *e)
{
	struct record r;
	bool whole, completed;

	buf_clear(&a->line);
	buf_add(&a->line, line, len);
	buf_reserve(&a->line, RECORD_PADDING + 1);
	whole = decoder_line(a->decoder, a->line.data, len, &r, e) == 0;
	completed = !whole || r.host.len == 0 || r.source.len == 0;
	if (whole && (r.kind == RECORD_UNKNOWN ||
			 (!completed && !(a->labelled && r.entity.len != 0)))) {
		if (r.line.len < FRAME_LINE_MAX) {
			count(a, &r);
			/* The record's line lies in a->line, with room. */
			len = r.line.len;
			memmove(a->line.data, r.line.p, len);
			a->line.data[len] = '\n';
			return a->sink(a->arg, a->line.data, len + 1) == -1;
		}
		if (r.kind == RECORD_UNKNOWN)
			return err_set(e, 0,
			    "longer than %d bytes and of an unknown kind",
			    FRAME_LINE_MAX);
	} else {
		if (complete(a, line, len, ts) == -1)
			return -1;
		if (decoder_line(a->decoder, a->line.data, a->line.len, &r,
			e) == -1)
			return -1;
		if (r.kind == RECORD_UNKNOWN)
			return err_set(e, 0,
			    "of an unknown kind, and without v, kind or ts");
	}
	count(a, &r);
	return rebuild(a, &r, completed);
}
