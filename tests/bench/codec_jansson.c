/* SPDX-License-Identifier: MIT */
/* codec_jansson: the work of codec_own with jansson, one object a line; the
 * order of an entity's values is taken for granted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/map.h"

#define SLOTS_MAX (1u << 24)

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
add_text(struct buf *b, json_t *j, const char *key)
{
	json_t *s = json_object_get(j, key);

	buf_add(b, json_string_value(s), json_string_length(s) + 1);
}

int
main(int argc, char **argv)
{
	struct map *entities = map_new(NULL);
	double *slots = calloc(SLOTS_MAX, sizeof(*slots)), start, ts = 0;
	struct buf data = {0}, key = {0};
	size_t used = 0, samples, lines, n;
	FILE *f = argc == 3 ? fopen(argv[1], "r") : NULL;
	char *p, *lf;

	if (f == NULL || slots == NULL)
		return 2;
	while ((n = fread(buf_reserve(&data, 1 << 20), 1, 1 << 20, f)) != 0)
		data.len += n;
	fclose(f);
	for (long round = strtol(argv[2], NULL, 10); round > 0; round--) {
		samples = lines = 0;
		start = cpu();
		for (p = data.data; p < data.data + data.len; p = lf + 1) {
			const char *name;
			double *at;
			json_t *j, *values, *v;
			void **slot;

			lf = memchr(p, '\n',
			    (size_t)(data.data + data.len - p));
			j = json_loadb(p, (size_t)(lf - p), 0, NULL);
			ts = json_number_value(json_object_get(j, "ts"));
			values = json_object_get(j, "values");
			buf_clear(&key);
			add_text(&key, j, "host");
			add_text(&key, j, "entity");
			add_text(&key, j, "id");
			slot = map_value(entities,
			    map_add(entities, buf_span(&key)));
			if (*slot == NULL) {
				*slot = slots + used;
				used += json_object_size(values);
			}
			at = *slot;
			json_object_foreach(values, name, v)
			{
				*at++ = json_number_value(v);
				samples++;
			}
			json_decref(j);
			lines++;
		}
		printf("%.6f %zu %zu %zu\n", cpu() - start, data.len, lines,
		    samples);
	}
	fprintf(stderr, "slots %zu ts %.17g\n", used, ts);
	return 0;
}
