/* SPDX-License-Identifier: MIT */
/*
 * codec_own: a file of records read by our decoder, every value into the slot
 * of its series.  codec_own decode|pass FILE ROUNDS; prints CPU seconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"
#include "stream/input.h"

#define SLOTS_MAX (1u << 24)

struct state {
	struct intern *names;
	struct map *entities;
	struct buf key;
	double *slots;
	size_t used, samples;
	double ts;
};

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The first slot of this identity and layout, by name of the entity. */
static size_t
find_slots(struct state *s, const struct record *r)
{
	void **slot;

	buf_clear(&s->key);
	buf_add(&s->key, r->host.p, r->host.len);
	buf_addc(&s->key, 0);
	buf_add(&s->key, r->entity.p, r->entity.len);
	buf_addc(&s->key, 0);
	buf_add(&s->key, r->id.p, r->id.len);
	buf_add(&s->key, &r->layout, sizeof(r->layout));
	slot = map_value(s->entities, map_add(s->entities, buf_span(&s->key)));
	if (*slot == NULL) {
		*slot = s->slots + s->used;
		s->used += r->nvalues;
		if (s->used > SLOTS_MAX)
			exit(3);
	}
	return (size_t)((double *)*slot - s->slots);
}

static void
store(struct state *s, const struct record *r)
{
	size_t at;

	if (r->kind != RECORD_SAMPLE)
		return;
	if (r->hint != NULL && *r->hint >> 24 == r->layout && r->layout != 0) {
		at = (size_t)*r->hint & (SLOTS_MAX - 1);
	} else {
		at = find_slots(s, r);
		if (r->hint != NULL)
			*r->hint = (uint64_t)r->layout << 24 | at;
	}
	for (size_t i = 0; i < r->nvalues; i++)
		s->slots[at + i] = r->values[i].number;
	s->ts = r->ts;
	s->samples += r->nvalues;
}

static char *
load(const char *path, size_t *len)
{
	struct stat st;
	char *data;
	int fd = open(path, O_RDONLY);

	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (data = malloc((size_t)st.st_size + RECORD_PADDING)) == NULL)
		exit(3);
	*len = 0;
	while (*len < (size_t)st.st_size) {
		ssize_t n = read(fd, data + *len, (size_t)st.st_size - *len);

		if (n <= 0)
			exit(3);
		*len += (size_t)n;
	}
	close(fd);
	return data;
}

int
main(int argc, char **argv)
{
	struct state s = {.names = intern_new(0)};
	struct decoder *d = decoder_new(s.names);
	char *data, *p, *lf;
	double start, sum = 0;
	size_t len, lines = 0;

	if (argc != 3)
		return 2;
	s.entities = map_new(NULL);
	s.slots = calloc(SLOTS_MAX, sizeof(*s.slots));
	data = load(argv[1], &len);
	for (long round = strtol(argv[2], NULL, 10); round > 0; round--) {
		s.samples = lines = 0;
		start = cpu();
		for (p = data; p < data + len; p = lf + 1, lines++) {
			struct record r;
			struct nc_err e;

			lf = memchr(p, '\n', (size_t)(data + len - p));
			if (lf == NULL)
				lf = data + len;
			if (decoder_line(d, p, (size_t)(lf - p), &r, &e) == 0)
				store(&s, &r);
			else
				printf("bad: %s\n", e.msg);
		}
		start = cpu() - start;
		printf("%.6f %zu %zu %zu\n", start, len, lines, s.samples);
	}
	for (size_t i = 0; i < s.used; i++)
		sum += s.slots[i];
	fprintf(stderr, "slots %zu sum %.17g ts %.17g\n", s.used, sum, s.ts);
	return 0;
}
