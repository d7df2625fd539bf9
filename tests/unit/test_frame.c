/* SPDX-License-Identifier: MIT */
/* Unit tests of frame: the text of records, splits and cuts; jansson reads
 * every line back. */
#include "stream/frame.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tap.h"

static int bad_lines, lines;

static int
collect(void *arg, const char *line, size_t len)
{
	json_error_t e;
	json_t *j = json_loadb(line, len, JSON_REJECT_DUPLICATES, &e);

	lines++;
	if (j == NULL || len > FRAME_LINE_MAX || line[len - 1] != '\n' ||
	    memchr(line, '\n', len - 1) != NULL) {
		bad_lines++;
		printf("# bad: %s %.*s", e.text, (int)len, line);
	}
	json_decref(j);
	buf_add(arg, line, len);
	return 0;
}

static void
test_order(struct frame *f, struct buf *out)
{
	frame_origin(f, "hv07", "libvirt");
	frame_clock(f, 1763800000.1234, 864001.23);
	frame_begin(f, RECORD_SAMPLE, "vm", span_of("6695eb01"));
	frame_value(f, "cpu_seconds_total", 1795.342405);
	frame_value(f, "nothing", (double)NAN);
	frame_value(f, "endless", (double)INFINITY);
	frame_value_u64(f, "mem_rss_bytes", 1073741824);
	frame_quality(f, RECORD_STALE, 12.5);
	frame_since(f, 1763790000);
	frame_interval(f, 10);
	frame_raw(f, "buckets", span_of("{\"a\":{\"1\":2}}"));
	frame_label(f, "name", span_of("web1"));
	frame_label(f, "name", span_of("web2"));
	frame_end(f);
	SAME(out->data,
	    "{\"v\":1,\"kind\":\"sample\",\"ts\":1763800000.123,"
	    "\"up\":864001.23,\"host\":\"hv07\",\"source\":\"libvirt\","
	    "\"entity\":\"vm\",\"id\":\"6695eb01\","
	    "\"labels\":{\"name\":\"web2\"},\"interval\":10,"
	    "\"since\":1763790000,\"quality\":\"stale\",\"age\":12.5,"
	    "\"buckets\":{\"a\":{\"1\":2}},\"values\":{\"cpu_seconds_total\":"
	    "1795.342405,\"mem_rss_bytes\":1073741824}}\n",
	    "keys in the order of the format");
	buf_clear(out);
	frame_clock(f, 1763800010, (double)NAN);
	frame_begin(f, RECORD_TICK, NULL, (struct span){NULL, 0});
	frame_end(f);
	SAME(out->data,
	    "{\"v\":1,\"kind\":\"tick\",\"ts\":1763800010,"
	    "\"host\":\"hv07\",\"source\":\"libvirt\"}\n",
	    "a tick says little");
	OK(frame_counts(f)->records == 2 && frame_counts(f)->samples == 1 &&
		frame_counts(f)->values == 2,
	    "counted");
	buf_clear(out);
}

static void
test_labels(struct frame *f, struct buf *out)
{
	frame_common_label(f, "site", span_of("par"));
	frame_common_label(f, "rack", span_of("7"));
	frame_clock(f, 1, (double)NAN);
	frame_origin(f, "h", "s");
	frame_begin(f, RECORD_EVENT, "vm", span_of("u"));
	frame_label(f, "rack", span_of("8"));
	frame_text(f, "event", span_of("gone"));
	frame_end(f);
	SAME(out->data,
	    "{\"v\":1,\"kind\":\"event\",\"ts\":1,\"host\":\"h\","
	    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"u\","
	    "\"labels\":{\"site\":\"par\",\"rack\":\"8\"},"
	    "\"event\":\"gone\"}\n",
	    "common labels first, the record's own wins");
	buf_clear(out);
	frame_begin(f, RECORD_SWEEP, NULL, (struct span){NULL, 0});
	frame_number(f, "seq", 7);
	frame_value(f, "took_seconds", 0.25);
	frame_end(f);
	OK(strstr(out->data, "labels") == NULL &&
		strstr(out->data, "\"seq\":7,\"values\":{\"took_seconds\":"
				  "0.25}}\n") != NULL,
	    "no entity, no labels");
	buf_clear(out);
	frame_common_label(f, NULL, (struct span){NULL, 0});
}

static void
test_strings(struct frame *f, struct buf *out)
{
	static const char odd[] =
	    "q\" b\\ n\n t\t e\x1b 0\0 "
	    "u\xc3\xa9 \xff \xed\xa0\x80 \xf0\x9f\x98\x80";

	frame_begin(f, RECORD_ERROR, NULL, (struct span){NULL, 0});
	frame_text(f, "message", (struct span){odd, sizeof(odd) - 1});
	frame_end(f);
	OK(strstr(out->data,
	       "\"message\":\"q\\\" b\\\\ n\\n t\\t e\\u001b 0\xef\xbf\xbd "
	       "u\xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
	       "\xf0\x9f\x98\x80\"}") != NULL,
	    "any bytes become valid text");
	buf_clear(out);
}

static void
test_split(struct frame *f, struct buf *out)
{
	char name[64];
	const char *p;
	int frames = 0, values = 0, heads = 0;

	frame_clock(f, 1763800000, 5);
	frame_begin(f, RECORD_SAMPLE, "host", span_of("hv"));
	frame_label(f, "name", span_of("x"));
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "metric_number_%d_total", i);
		frame_value(f, name, i);
	}
	frame_end(f);
	for (p = out->data; (p = strchr(p, '\n')) != NULL; p++)
		frames++;
	for (p = out->data; (p = strstr(p, "metric_number")) != NULL; p++)
		values++;
	for (p = out->data; (p = strstr(p, "\"id\":\"hv\",\"labels\":{\"name\":"
					   "\"x\"},\"values\":{\"")) != NULL;
	     p++)
		heads++;
	OK(frames > 3 && frames == heads && values == 500,
	    "a large sample is split, nothing lost");
	OK(strstr(out->data, "truncated") == NULL, "nothing is cut");
	buf_clear(out);
	frame_begin(f, RECORD_SAMPLE, "host", span_of("hv"));
	frame_end(f);
	OK(strstr(out->data, ",\"values\":{}}\n") != NULL,
	    "a sample without values says so");
	buf_clear(out);
}

static void
test_cut(struct frame *f, struct buf *out)
{
	char big[9000], other[9000], key[20];

	memset(big, 'a', sizeof(big));
	memset(other, 'a', sizeof(other));
	other[8000] = 'b';
	frame_begin(f, RECORD_EVENT, "host.fs", (struct span){big, 5000});
	frame_end(f);
	frame_begin(f, RECORD_EVENT, "host.fs", (struct span){other, 8500});
	frame_end(f);
	OK(memcmp(out->data, strchr(out->data, '\n') + 1, 1000) == 0 &&
		memcmp(out->data, strchr(out->data, '\n') + 1,
		    strcspn(out->data, "\n")) != 0 &&
		strstr(out->data, "\"truncated\":1}") != NULL,
	    "two ids that are too long stay two");
	buf_clear(out);

	frame_begin(f, RECORD_EVENT, "vm", span_of("u"));
	frame_text(f, "event", span_of("odd"));
	for (size_t i = 1; i < sizeof(big); i += 2)
		big[i] = '"';
	frame_text(f, "detail", (struct span){big, sizeof(big)});
	frame_raw(f, "more", (struct span){"[1,2]", 5});
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		frame_label(f, key, (struct span){other, 300});
	}
	frame_end(f);
	OK(strstr(out->data, "\"event\":\"odd\"") != NULL &&
		strstr(out->data, "\"more\":[1,2]") != NULL &&
		strstr(out->data, "\"truncated\":") != NULL &&
		out->len > FRAME_LINE_MAX - 400 && out->len <= FRAME_LINE_MAX,
	    "the longest text gives way, the rest stands");
	buf_clear(out);

	memset(big, 'n', sizeof(big));
	big[300] = '\0';
	frame_begin(f, RECORD_SAMPLE, "vm", span_of("u"));
	frame_value(f, big, 1);
	frame_value(f, "small", 2);
	frame_end(f);
	OK(strstr(out->data, "nnn") == NULL &&
		strstr(out->data, "\"truncated\":1,\"values\":{\"small\":2}"),
	    "half a metric name is no name");
	buf_clear(out);
}

/* Random records at every limit at once. */
static void
test_random(struct frame *f, struct buf *out)
{
	static char text[12000];
	unsigned x = 1;

	lines = 0;
	for (int i = 0; i < 1000; i++) {
		for (size_t k = 0; k < sizeof(text); k++) {
			x = x * 1664525 + 1013904223;
			text[k] = i % 3 == 0   ? (char)(x >> 24)
				  : i % 3 == 1 ? (char)(1 + (x >> 29))
					       : "\xf0\x9f\x98\x80"[k % 4];
		}
#define SOME(n) ((struct span){text, (x >> 8) * 7 % (n)})
		frame_begin(f, (enum record_kind)(x >> 13) % 16, "vm",
		    SOME(3000));
		for (unsigned k = 0; k < x % 7; k++) {
			char key[8];

			snprintf(key, sizeof(key), "k%u", k);
			frame_label(f, key, SOME(400 + 100 * k));
			frame_text(f, key, SOME(4000));
			x = x * 1664525 + 1013904223;
		}
		for (unsigned k = 0; k < x % 90; k++) {
			char key[60];

			snprintf(key, sizeof(key), "%0*u_bytes", 1 + (int)k / 2,
			    k);
			frame_value(f, key, k / 7.0);
		}
		frame_end(f);
		buf_clear(out);
	}
	OK(lines >= 1000, "random records come out");
}

static int
stop(void *arg, const char *line, size_t len)
{
	(void)arg;
	(void)line;
	(void)len;
	return -1;
}

int
main(void)
{
	struct buf out = {0};
	struct frame *f = frame_new(collect, &out);

	test_order(f, &out);
	test_labels(f, &out);
	test_strings(f, &out);
	test_split(f, &out);
	test_cut(f, &out);
	test_random(f, &out);
	OK(bad_lines == 0, "every line is one JSON object of 4,096 bytes");
	frame_free(f);
	buf_free(&out);
	f = frame_new(stop, NULL);
	frame_clock(f, 1, 1);
	frame_begin(f, RECORD_TICK, NULL, (struct span){NULL, 0});
	OK(frame_end(f) == -1, "the sink's refusal comes back");
	frame_free(f);
	return tap_done();
}
