/* SPDX-License-Identifier: MIT */
/*
 * series: measures the series table.  "series memory N M" prints the bytes a
 * series costs with N series in entities of M metrics, names, labels and
 * index included; "series feed N M" and "series blind N M" the CPU time a
 * sample costs with and without the decoder's hints; "series decode N M" the
 * same from NDJSON text; "series churn N M" how many times its memory the
 * table needs after every entity was replaced twenty times.  One number on
 * stdout.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "metric/series.h"

#define LEAST_SAMPLES 4000000u

struct identity {
	char id[48], host[24], name[24];
};

struct fleet {
	size_t entities, metrics;
	struct intern *names;
	struct series_table *t;
	struct record_value *values;
	uint64_t *hints;
	struct identity *ids;
};

static double
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Two of three metrics are counters, as in our catalogue. */
static void
metric_name(char *to, size_t size, size_t i)
{
	snprintf(to, size, i % 3 == 0 ? "m%zu_bytes" : "m%zu_bytes_total", i);
}

static void
make_values(struct fleet *f)
{
	char name[32];

	f->values = xcalloc(f->metrics, sizeof(*f->values));
	for (size_t i = 0; i < f->metrics; i++) {
		metric_name(name, sizeof(name), i);
		f->values[i].name = intern_id(f->names, span_of(name));
	}
}

/* The names of every entity, 50 machines a host, made before the clock runs. */
static void
make_ids(struct fleet *f)
{
	struct identity *d;

	f->ids = xcalloc(f->entities, sizeof(*f->ids));
	for (size_t e = 0; e < f->entities; e++) {
		d = &f->ids[e];
		snprintf(d->id, sizeof(d->id), "6695eb01-f6a4-8304-79aa-%012zx",
		    e);
		snprintf(d->host, sizeof(d->host), "hv%03zu", e / 50);
		snprintf(d->name, sizeof(d->name), "web%zu", e);
	}
}

static void
feed_one(struct fleet *f, size_t e, size_t round, uint64_t *hint)
{
	const struct identity *d = &f->ids[e];
	struct record_label label = {span_of("name"), span_of(d->name)};
	struct record r = {.kind = RECORD_SAMPLE,
	    .has = RECORD_HAS_TS | RECORD_HAS_UP | RECORD_HAS_INTERVAL |
		   RECORD_HAS_SINCE,
	    .ts = 1e9 + 10.0 * (double)round,
	    .up = 10.0 * (double)round,
	    .interval = 10,
	    .since = 1e9,
	    .host = span_of(d->host),
	    .source = span_of("libvirt"),
	    .entity = span_of("vm"),
	    .id = span_of(d->id),
	    .labels = &label,
	    .nlabels = 1,
	    .values = f->values,
	    .nvalues = f->metrics,
	    .hint = hint};
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;

	for (size_t i = 0; i < f->metrics; i++)
		f->values[i].number = (double)(round * (i + e));
	if (series_feed(f->t, &r, &n, &touched, &ntouched) != SERIES_NEW ||
	    ntouched != f->metrics)
		abort();
}

static void
sweep(struct fleet *f, size_t round, bool hints)
{
	for (size_t e = 0; e < f->entities; e++)
		feed_one(f, e, round, hints ? &f->hints[e] : NULL);
}

static double
measure_memory(struct fleet *f)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after;

	f->names = intern_new(0);
	f->t = series_new(&(struct series_options){.names = f->names});
	make_values(f);
	sweep(f, 1, false);
	sweep(f, 2, false);
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	return (double)(after - before) / (double)series_count(f->t);
}

/* What malloc(3) holds of the system: fragments count. */
static double
footprint(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.arena + (double)m.hblkhd;
}

static double
measure_churn(struct fleet *f)
{
	double before;

	f->names = intern_new(0);
	f->t = series_new(&(struct series_options){.names = f->names});
	make_values(f);
	sweep(f, 1, false);
	before = footprint();
	for (size_t round = 2; round < 22; round++)
		for (size_t e = 0; e < f->entities; e++) {
			series_drop(f->t, series_next(f->t, NULL));
			snprintf(f->ids[e].id, sizeof(f->ids[e].id),
			    "6695eb01-f6a4-8304-%04zx-%012zx", round, e);
			feed_one(f, e, round, NULL);
		}
	return footprint() / before;
}

/* Nanoseconds a sample, filling the fleet with its values apart. */
static double
measure_feed(struct fleet *f, bool hints)
{
	size_t series = f->entities * f->metrics;
	size_t rounds = LEAST_SAMPLES / series + 2;
	double start;

	f->names = intern_new(0);
	f->t = series_new(&(struct series_options){.names = f->names});
	f->hints = xcalloc(f->entities, sizeof(*f->hints));
	make_values(f);
	sweep(f, 1, hints);
	start = cpu_now();
	for (size_t i = 0; i < rounds; i++)
		sweep(f, i + 2, hints);
	return (cpu_now() - start) / (double)(rounds * series) * 1e9;
}

/* One sweep as text. */
static void
make_text(struct fleet *f, struct buf *b, size_t round)
{
	char name[32];

	buf_clear(b);
	for (size_t e = 0; e < f->entities; e++) {
		buf_addf(b,
		    "{\"v\":1,\"kind\":\"sample\",\"ts\":%zu.125,"
		    "\"up\":%zu.25,\"host\":\"%s\",\"source\":\"libvirt\","
		    "\"entity\":\"vm\",\"id\":\"%s\",\"labels\":{\"name\":"
		    "\"%s\"},\"interval\":10,\"values\":{",
		    1763800000 + 10 * round, 10 * round, f->ids[e].host,
		    f->ids[e].id, f->ids[e].name);
		for (size_t i = 0; i < f->metrics; i++) {
			metric_name(name, sizeof(name), i);
			buf_addf(b, "%s\"%s\":%zu", i != 0 ? "," : "", name,
			    1000000 * i + round * (i + e) * 1013);
		}
		buf_adds(b, "}}\n");
	}
	buf_reserve(b, RECORD_PADDING);
}

static void
decode_sweep(struct fleet *f, struct decoder *d, const struct buf *b)
{
	const char *p = b->data, *end = b->data + b->len, *lf;
	struct record r;
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;
	struct nc_err e;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (decoder_line(d, p, (size_t)(lf - p), &r, &e) == -1 ||
		    series_feed(f->t, &r, &n, &touched, &ntouched) !=
			SERIES_NEW)
			abort();
	}
}

static double
measure_decode(struct fleet *f)
{
	size_t series = f->entities * f->metrics;
	size_t rounds = LEAST_SAMPLES / 4 / series + 2;
	struct decoder *d;
	struct buf b = {0};
	double start, spent = 0;

	f->names = intern_new(0);
	f->t = series_new(&(struct series_options){.names = f->names});
	d = decoder_new(f->names);
	make_text(f, &b, 1);
	decode_sweep(f, d, &b);
	for (size_t i = 0; i < rounds; i++) {
		make_text(f, &b, i + 2);
		start = cpu_now();
		decode_sweep(f, d, &b);
		spent += cpu_now() - start;
	}
	buf_free(&b);
	decoder_free(d);
	return spent / (double)(rounds * series) * 1e9;
}

int
main(int argc, char **argv)
{
	struct fleet f = {0};
	double result;

	if (argc != 4)
		return 2;
	f.metrics = strtoul(argv[3], NULL, 10);
	if (f.metrics == 0)
		return 2;
	f.entities = strtoul(argv[2], NULL, 10) / f.metrics;
	make_ids(&f);
	if (strcmp(argv[1], "memory") == 0)
		result = measure_memory(&f);
	else if (strcmp(argv[1], "churn") == 0)
		result = measure_churn(&f);
	else if (strcmp(argv[1], "decode") == 0)
		result = measure_decode(&f);
	else
		result = measure_feed(&f, strcmp(argv[1], "feed") == 0);
	printf("%.2f\n", result);
	series_free(f.t);
	intern_free(f.names);
	free(f.values);
	free(f.hints);
	free(f.ids);
	return 0;
}
