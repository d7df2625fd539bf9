/* SPDX-License-Identifier: MIT */
/*
 * Tests of lib/metric/series_state: a table read back answers every further
 * record as the one it was written from; torn bytes are refused at any place.
 */
#include <math.h>
#include <stdlib.h>

#include "metric/series_state.h"
#include "tap.h"

static const char *const before[] = {
    "{\"v\":1,\"kind\":\"sample\",\"ts\":100,\"up\":50,\"host\":\"h\","
    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"a\",\"labels\":{\"name\":"
    "\"web\"},\"interval\":10,\"since\":60,"
    "\"values\":{\"x_total\":1,\"mem_bytes\":7}}",
    "{\"v\":1,\"kind\":\"sample\",\"ts\":100,\"up\":50,\"host\":\"h\","
    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"a\",\"labels\":{\"name\":"
    "\"web\"},\"interval\":10,\"since\":60,\"values\":{\"y_total\":3}}",
    "{\"v\":1,\"kind\":\"sample\",\"ts\":110,\"up\":60,\"host\":\"h\","
    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"a\",\"labels\":{\"name\":"
    "\"web\"},\"interval\":10,\"since\":60,\"values\":{\"x_total\":4}}",
    "{\"v\":1,\"kind\":\"sample\",\"ts\":110,\"host\":\"h\",\"source\":\"s\","
    "\"entity\":\"vm\",\"id\":\"b\",\"quality\":\"stale\",\"age\":4,"
    "\"values\":{\"x_total\":9}}",
};
static const char *const after[] = {
    "{\"v\":1,\"kind\":\"sample\",\"ts\":105,\"up\":55,\"host\":\"h\","
    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"a\",\"values\":{\"x_total\":"
    "4}}",
    "{\"v\":1,\"kind\":\"sample\",\"ts\":110,\"up\":60,\"host\":\"h\","
    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"a\",\"interval\":10,"
    "\"since\":60,\"values\":{\"y_total\":5}}",
    "{\"v\":1,\"kind\":\"sample\",\"ts\":90,\"up\":70,\"host\":\"h\","
    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"a\",\"interval\":10,"
    "\"since\":30,\"values\":{\"x_total\":24,\"y_total\":5,\"z\":1}}",
    "{\"v\":1,\"kind\":\"sample\",\"ts\":120,\"host\":\"h\",\"source\":\"s\","
    "\"entity\":\"vm\",\"id\":\"b\",\"values\":{\"x_total\":12}}",
};

struct world {
	struct intern *names;
	struct decoder *decoder;
	struct series_table *t;
};

static void
start(struct world *w)
{
	w->names = intern_new(0);
	w->decoder = decoder_new(w->names);
	w->t = series_new(&(struct series_options){.names = w->names});
}

static void
stop(struct world *w)
{
	series_free(w->t);
	decoder_free(w->decoder);
	intern_free(w->names);
}

/* The verdict and all that it set, as text. */
static void
feed(struct world *w, const char *text, char *to, size_t size)
{
	char line[1024] = {0};
	struct record r;
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;
	enum series_verdict v;
	int at;

	memcpy(line, text, strlen(text));
	*to = '\0';
	if (decoder_line(w->decoder, line, strlen(text), &r, NULL) == -1)
		return;
	v = series_feed(w->t, &r, &n, &touched, &ntouched);
	at = snprintf(to, size, "%d", v);
	if (v != SERIES_NEW && v != SERIES_MORE)
		return;
	at += snprintf(to + at, size - (size_t)at, " %s %.17g", n->id,
	    series_last(n)->ts);
	for (size_t i = 0; i < ntouched; i++)
		at += snprintf(to + at, size - (size_t)at, " %s=%d,%.17g",
		    intern_str(w->names, n->series[touched[i]].name),
		    n->series[touched[i]].state, n->series[touched[i]].value);
}

/* As it was written at first: eight bytes a number. */
static void
first_form(struct buf *b)
{
	static const char *const texts[] = {"h", "s", "vm", "a"};

	pack_u64(b, 1);
	pack_text(b, span_of("load"));
	pack_u64(b, 1);
	for (size_t i = 0; i < 4; i++)
		pack_text(b, span_of(texts[i]));
	pack_u64(b, 1);
	pack_text(b, span_of("name"));
	pack_text(b, span_of("web"));
	pack_f64(b, 100); /* the sample in hand */
	pack_u64(b, 1); /* one stamp */
	pack_f64(b, 100);
	pack_f64(b, (double)NAN);
	pack_f64(b, (double)NAN);
	pack_f64(b, 10);
	pack_f64(b, 0);
	pack_f64(b, 0);
	pack_u64(b, 1);
	pack_u64(b, RECORD_GOOD);
	pack_u64(b, 0);
	pack_u64(b, 0); /* the latest */
	pack_u64(b, 1); /* one series */
	pack_u64(b, 0);
	pack_f64(b, 3);
	pack_f64(b, 3);
	pack_u64(b, 0);
	pack_u64(b, SERIES_VALUE);
}

int
main(void)
{
	struct world one, two;
	char got[512], want[512];
	struct buf b = {0};
	struct pack_in u;
	struct nc_err e;
	struct series_entity *n;
	size_t refused = 0;

	start(&one);
	start(&two);
	intern_id(two.names, span_of("other")); /* numbers differ here */
	for (size_t i = 0; i < 4; i++)
		feed(&one, before[i], got, sizeof(got));
	series_save(one.t, &b);
	u = (struct pack_in){.in = buf_span(&b)};
	OK(series_load(two.t, &u, &e) == 0 && u.in.len == 0, "read back");
	OK(series_count(two.t) == series_count(one.t), "as many series");
	n = series_find(two.t, span_of("h"), span_of("s"), span_of("vm"),
	    span_of("a"));
	OK(n != NULL, "found by its name");
	SAME(n != NULL ? series_label(n, "name") : NULL, "web", "its label");
	for (size_t i = 0; i < 4; i++) {
		feed(&one, after[i], want, sizeof(want));
		feed(&two, after[i], got, sizeof(got));
		SAME(got, want, after[i]);
	}
	stop(&two);
	for (size_t len = 0; len < b.len; len++) {
		start(&two);
		u = (struct pack_in){.in = {b.data, len}};
		refused += series_load(two.t, &u, &e) == -1;
		stop(&two);
	}
	OK(refused == b.len, "cut anywhere it is refused");
	buf_free(&b);
	first_form(&b);
	start(&two);
	u = (struct pack_in){.in = buf_span(&b)};
	OK(series_load(two.t, &u, &e) == 0 && u.in.len == 0,
	    "the first form is read");
	n = series_find(two.t, span_of("h"), span_of("s"), span_of("vm"),
	    span_of("a"));
	OK(n != NULL && n->nseries == 1 && n->series[0].raw == 3 &&
		series_last(n)->ts == 100 && n->nlabels == 1,
	    "with all that stood in it");
	buf_free(&b);
	stop(&two);
	stop(&one);
	return tap_done();
}
