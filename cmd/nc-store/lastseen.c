/* SPDX-License-Identifier: MIT */
/* lastseen: records as anywhere else, in a checked file. */
#include "lastseen.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/checked.h"
#include "base/mem.h"
#include "stream/frame.h"
#include "stream/record.h"

#define MAGIC "nc-store-last"
#define VERSION 1
#define SIZE_MAX_FILE ((size_t)1 << 30)

static int
add_line(void *arg, const char *line, size_t len)
{
	buf_add(arg, line, len);
	return 0;
}

static void
save_entity(struct frame *f, const struct intern *names,
    const struct series_entity *n)
{
	const struct series_stamp *last = series_last(n);
	const struct series *s;
	const char *key, *value;
	bool any = false;

	for (uint32_t i = 0; i < n->nseries && !any; i++)
		any = n->series[i].counter && series_current(n, &n->series[i]);
	if (!any || last->quality != RECORD_GOOD || last->estimated)
		return;
	frame_origin(f, n->origin->host, n->origin->source);
	frame_clock(f, last->ts, last->up);
	frame_begin(f, RECORD_SAMPLE, n->origin->entity, span_of(n->id));
	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		frame_label(f, key, span_of(value));
	}
	frame_interval(f, (double)last->interval);
	frame_since(f, last->since);
	for (uint32_t i = 0; i < n->nseries; i++) {
		s = &n->series[i];
		if (s->counter && series_current(n, s))
			frame_value(f, intern_str(names, s->name), s->raw);
	}
	frame_end(f);
}

int
lastseen_save(const char *dir, const struct intern *names,
    const struct series_table *t, struct nc_err *e)
{
	struct buf b = {0};
	struct frame *f = frame_new(add_line, &b);
	struct series_entity *n = NULL;
	char *path = xasprintf("%s/last", dir);
	int rc;

	while ((n = series_next(t, n)) != NULL)
		save_entity(f, names, n);
	buf_reserve(&b, 0);
	rc = checked_write(path, MAGIC, VERSION, buf_span(&b), e);
	frame_free(f);
	buf_free(&b);
	free(path);
	return rc;
}

int
lastseen_load(const char *dir, struct intern *names, struct series_table *t,
    struct nc_err *e)
{
	struct buf b = {0};
	struct decoder *d = decoder_new(names);
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;
	struct record r;
	char *path = xasprintf("%s/last", dir), *line, *lf;
	unsigned found;
	enum checked got;

	got = checked_read(path, MAGIC, VERSION, SIZE_MAX_FILE, &b, &found, e);
	if (got == CHECKED_GOOD) {
		memset(buf_reserve(&b, RECORD_PADDING), 0, RECORD_PADDING);
		for (line = b.data;
		     (lf = memchr(line, '\n',
			  b.len - (size_t)(line - b.data))) != NULL;
		     line = lf + 1)
			if (decoder_line(d, line, (size_t)(lf - line), &r,
				NULL) == 0)
				series_feed(t, &r, &n, &touched, &ntouched);
	}
	decoder_free(d);
	buf_free(&b);
	free(path);
	return got == CHECKED_GOOD || got == CHECKED_ABSENT ? 0 : -1;
}
