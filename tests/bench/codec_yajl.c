/* SPDX-License-Identifier: MIT */
/*
 * codec_yajl: the work of codec_own with yajl's stream of events; the order
 * of an entity's values is taken for granted.  bench-libs: yajl
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "base/map.h"

#define SLOTS_MAX (1u << 24)

struct state {
	int depth;
	bool in_values;
	char member; /* which of the members that matter came last */
	struct buf key;
	struct map *entities;
	double *slots, *at, ts;
	size_t used, samples, lines, in_line;
	double values[64];
};

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
on_number(void *arg, const char *text, size_t len)
{
	struct state *s = arg;
	double v = strtod(text, NULL);

	(void)len;
	if (s->in_values && s->in_line < 64)
		s->values[s->in_line++] = v;
	else if (s->member == 't')
		s->ts = v;
	return 1;
}

static int
on_string(void *arg, const unsigned char *text, size_t len)
{
	struct state *s = arg;

	if (s->depth == 1 && s->member == 'i') {
		buf_add(&s->key, text, len);
		buf_addc(&s->key, 0);
	}
	return 1;
}

static int
on_key(void *arg, const unsigned char *text, size_t len)
{
	struct state *s = arg;
	struct span k = {(const char *)text, len};

	if (s->depth != 1)
		return 1;
	s->member = 0;
	if (span_is(k, "ts"))
		s->member = 't';
	else if (span_is(k, "host") || span_is(k, "entity") || span_is(k, "id"))
		s->member = 'i';
	else if (span_is(k, "values"))
		s->member = 'v';
	return 1;
}

static int
on_open(void *arg)
{
	struct state *s = arg;

	s->depth++;
	s->in_values = s->member == 'v' && s->depth == 2;
	return 1;
}

static int
on_close(void *arg)
{
	struct state *s = arg;
	void **slot;

	s->in_values = false;
	if (--s->depth != 0)
		return 1;
	slot = map_value(s->entities, map_add(s->entities, buf_span(&s->key)));
	if (*slot == NULL) {
		*slot = s->slots + s->used;
		s->used += s->in_line;
	}
	memcpy(*slot, s->values, s->in_line * sizeof(double));
	s->samples += s->in_line;
	s->lines++;
	s->in_line = 0;
	s->member = 0;
	buf_clear(&s->key);
	return 1;
}

int
main(int argc, char **argv)
{
	static const yajl_callbacks on = {.yajl_number = on_number,
	    .yajl_string = on_string,
	    .yajl_map_key = on_key,
	    .yajl_start_map = on_open,
	    .yajl_end_map = on_close};
	struct state s = {.entities = map_new(NULL)};
	struct buf data = {0};
	size_t n;
	double start;
	yajl_handle h;
	FILE *f = argc == 3 ? fopen(argv[1], "r") : NULL;

	s.slots = calloc(SLOTS_MAX, sizeof(*s.slots));
	if (f == NULL || s.slots == NULL)
		return 2;
	while ((n = fread(buf_reserve(&data, 1 << 20), 1, 1 << 20, f)) != 0)
		data.len += n;
	fclose(f);
	for (long round = strtol(argv[2], NULL, 10); round > 0; round--) {
		s.samples = s.lines = 0;
		start = cpu();
		h = yajl_alloc(&on, NULL, &s);
		yajl_config(h, yajl_allow_multiple_values, 1);
		if (yajl_parse(h, (const unsigned char *)data.data, data.len) !=
		    yajl_status_ok)
			return 3;
		yajl_complete_parse(h);
		yajl_free(h);
		printf("%.6f %zu %zu %zu\n", cpu() - start, data.len, s.lines,
		    s.samples);
	}
	fprintf(stderr, "slots %zu ts %.17g\n", s.used, s.ts);
	return 0;
}
