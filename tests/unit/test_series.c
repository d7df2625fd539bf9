/* SPDX-License-Identifier: MIT */
/* Unit tests of series: frames, time, rates, labels, limits, churn. */
#include "metric/series.h"

#include <malloc.h>

#include "tap.h"

#define S(text) span_of(text)
#define MAX_VALUES 400

/* The record under construction, and what the last feed() answered. */
struct fix {
	struct intern *names;
	struct series_table *t;
	struct record r;
	struct record_value values[MAX_VALUES];
	struct record_label labels[4];
	uint64_t hint;
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;
	int gone, series_gone;
};

static void
count_entity(struct series_entity *n, void *arg)
{
	(void)n;
	((struct fix *)arg)->gone++;
}

static void
count_series(struct series *s, void *arg)
{
	(void)s;
	((struct fix *)arg)->series_gone++;
}

static void
start(struct fix *f, size_t max_series)
{
	*f = (struct fix){0};
	f->names = intern_new(0);
	f->t = series_new(&(struct series_options){.names = f->names,
	    .max_series = max_series,
	    .entity_gone = count_entity,
	    .series_gone = count_series,
	    .arg = f});
}

static void
stop(struct fix *f)
{
	series_free(f->t);
	intern_free(f->names);
}

/* A frame of vm u1 at ts, every 10 s; up is left out when NAN. */
static void
frame(struct fix *f, double ts, double up)
{
	f->r = (struct record){.kind = RECORD_SAMPLE,
	    .has = RECORD_HAS_TS | RECORD_HAS_INTERVAL,
	    .ts = ts,
	    .interval = 10,
	    .host = S("hv1"),
	    .source = S("libvirt"),
	    .entity = S("vm"),
	    .id = S("u1"),
	    .labels = f->labels,
	    .values = f->values};
	if (!isnan(up)) {
		f->r.has |= RECORD_HAS_UP;
		f->r.up = up;
	}
}

static void
value(struct fix *f, const char *name, double v)
{
	f->values[f->r.nvalues++] =
	    (struct record_value){.name = intern_id(f->names, S(name)),
		.number = v};
}

static enum series_verdict
feed(struct fix *f)
{
	f->ntouched = 0;
	return series_feed(f->t, &f->r, &f->n, &f->touched, &f->ntouched);
}

/* The same, for the counters' start as the source has it. */
static enum series_verdict
count_since(struct fix *f, double ts, double up, double since, double raw)
{
	frame(f, ts, up);
	f->r.has |= RECORD_HAS_SINCE;
	f->r.since = since;
	value(f, "reads_total", raw);
	return feed(f);
}

/* A whole frame of one counter. */
static enum series_verdict
count(struct fix *f, double ts, double up, double raw)
{
	frame(f, ts, up);
	value(f, "reads_total", raw);
	return feed(f);
}

static struct series *
get(struct fix *f, const char *name)
{
	return series_metric(f->t, f->n, intern_find(f->names, S(name)));
}

static void
test_basic(void)
{
	struct fix f;
	struct series *s;

	start(&f, 0);
	frame(&f, 100, 50);
	value(&f, "mem_bytes", 7);
	value(&f, "reads_total", 1000);
	OK(feed(&f) == SERIES_NEW && f.ntouched == 2, "a first frame");
	s = get(&f, "mem_bytes");
	OK(s->state == SERIES_VALUE && s->value == 7 && !s->counter,
	    "a gauge has its value at once");
	s = get(&f, "reads_total");
	OK(s->state == SERIES_FIRST && isnan(s->value) && s->raw == 1000 &&
		s->counter,
	    "a counter has no rate yet");
	SAME(intern_str(f.names, series_shown(f.t, s)), "reads_per_second",
	    "a counter is shown as its rate");
	SAME(intern_str(f.names, series_shown(f.t, get(&f, "mem_bytes"))),
	    "mem_bytes", "a gauge as itself");
	frame(&f, 110, 60);
	value(&f, "mem_bytes", 8);
	value(&f, "reads_total", 1500);
	OK(feed(&f) == SERIES_NEW, "a second");
	s = get(&f, "reads_total");
	OK(s->state == SERIES_VALUE && s->value == 50, "now there is a rate");
	OK(series_last(f.n)->ts == 110 && series_read(f.n, s)->up == 60 &&
		f.n->nstamps == 1,
	    "one stamp for all that is read together");
	OK(series_count(f.t) == 2, "two series");
	f.r.kind = RECORD_SWEEP;
	OK(feed(&f) == SERIES_NOT_SAMPLE, "a sweep is no sample");
	stop(&f);
	OK(f.gone == 1 && f.series_gone == 2, "callbacks at the end");
}

static void
test_frames(void)
{
	struct fix f;

	start(&f, 0);
	for (int i = 0; i < 3; i++) {
		frame(&f, 100 + 10 * i, NAN);
		value(&f, "a_total", 10 * i);
		value(&f, "b_total", 20 * i);
		OK(feed(&f) == SERIES_NEW, "first frame of a split sample");
		frame(&f, 100 + 10 * i, NAN);
		value(&f, "c_total", 30 * i);
		OK(feed(&f) == SERIES_MORE && f.ntouched == 1 &&
			f.touched[0] == 2,
		    "another frame joins it");
	}
	OK(get(&f, "a_total")->value == 1 && get(&f, "b_total")->value == 2 &&
		get(&f, "c_total")->value == 3,
	    "rates across split samples");
	OK(f.n->nstamps == 2 && series_current(f.n, get(&f, "a_total")) &&
		series_current(f.n, get(&f, "c_total")),
	    "two frames, two stamps, one sample");
	OK(feed(&f) == SERIES_DUPLICATE && get(&f, "c_total")->value == 3,
	    "the same frame again is refused");
	frame(&f, 120, NAN);
	value(&f, "c_total", 999);
	value(&f, "d_bytes", 4);
	OK(feed(&f) == SERIES_MORE && f.ntouched == 1 &&
		get(&f, "c_total")->raw == 60 && get(&f, "d_bytes")->value == 4,
	    "of an overlapping frame only what is new is taken");
	OK(count(&f, 119, NAN, 5) == SERIES_LATE &&
		get(&f, "reads_total") == NULL,
	    "an older frame is refused");
	frame(&f, 130, NAN);
	OK(feed(&f) == SERIES_NEW && f.ntouched == 0,
	    "a frame without values passes");
	OK(series_last(f.n)->ts == 130 &&
		series_read(f.n, get(&f, "a_total"))->ts == 120,
	    "and dates nothing");
	stop(&f);
}

/* Metrics that are not in every sample keep the time they were read at. */
static void
test_cadence(void)
{
	struct fix f;

	start(&f, 0);
	for (int i = 0; i <= 6; i++) {
		frame(&f, 100 + 10 * i, 10 * i);
		value(&f, "fast_total", 100 * i);
		feed(&f);
		if (i % 3 != 0)
			continue;
		frame(&f, 100 + 10 * i, 10 * i);
		f.r.interval = 30;
		value(&f, "slow_total", 600 * i);
		feed(&f);
		if (i == 3)
			OK(get(&f, "slow_total")->value == 60,
			    "a slower frame is judged by its own interval");
	}
	OK(get(&f, "fast_total")->value == 10 &&
		get(&f, "slow_total")->value == 60,
	    "both go on");
	frame(&f, 170, 70);
	value(&f, "slow_total", 4000);
	value(&f, "fast_total", 700);
	value(&f, "third_total", 1);
	feed(&f);
	OK(get(&f, "fast_total")->value == 10 &&
		get(&f, "slow_total")->value == 40 &&
		get(&f, "third_total")->state == SERIES_FIRST,
	    "another order and another company");
	frame(&f, 180, 80);
	value(&f, "third_total", 21);
	feed(&f);
	frame(&f, 190, 90);
	value(&f, "fast_total", 900);
	value(&f, "slow_total", 4800);
	value(&f, "third_total", 41);
	feed(&f);
	OK(get(&f, "fast_total")->value == 10 &&
		get(&f, "slow_total")->value == 40 &&
		get(&f, "third_total")->value == 2,
	    "a metric missing from one sample");
	OK(f.n->nstamps <= 3, "stamps are used again");
	stop(&f);
}

static void
test_clock(void)
{
	struct fix f;
	double old;

	start(&f, 0);
	count(&f, 1000, 50, 0);
	count(&f, 1010, 60, 100);
	OK(count(&f, 4620, 70, 200) == SERIES_NEW &&
		get(&f, "reads_total")->value == 10 &&
		series_last(f.n)->step == 3600,
	    "clock set forward by an hour");
	OK(!series_last(f.n)->estimated, "a later time is believed");
	OK(count(&f, 1030, 80, 300) == SERIES_NEW &&
		get(&f, "reads_total")->value == 10 &&
		series_last(f.n)->step == -3600,
	    "clock set back by an hour");
	OK(series_last(f.n)->ts == 4630 && series_last(f.n)->estimated,
	    "time does not run back: previous + difference of up");
	frame(&f, 1030, 80);
	value(&f, "b_bytes", 1);
	OK(feed(&f) == SERIES_MORE && series_last(f.n)->ts == 4630 &&
		series_last(f.n)->estimated,
	    "a frame of that sample joins it");
	OK(count(&f, 1040, 90, 400) == SERIES_NEW &&
		series_last(f.n)->ts == 4640 && series_last(f.n)->estimated &&
		series_last(f.n)->step == 0,
	    "and so on, the step said once");
	OK(count(&f, 1030, 80, 300) == SERIES_LATE,
	    "late is late all the same");
	OK(count(&f, 4700, 100, 500) == SERIES_NEW &&
		!series_last(f.n)->estimated && series_last(f.n)->ts == 4700,
	    "until the clock has caught up");
	OK(count(&f, 4700, 110, 600) == SERIES_NEW &&
		series_last(f.n)->ts == 4710 &&
		get(&f, "reads_total")->value == 10,
	    "set back to the very same time is another sample");
	old = series_last(f.n)->ts;
	OK(count(&f, 500, 5, 10) == SERIES_NEW &&
		get(&f, "reads_total")->state == SERIES_RESET &&
		series_last(f.n)->ts > old && series_last(f.n)->estimated,
	    "booted with a wrong clock: a reset, time goes on");
	OK(count(&f, 510, 15, 110) == SERIES_NEW &&
		get(&f, "reads_total")->value == 10,
	    "with rates again");
	stop(&f);

	start(&f, 0);
	count_since(&f, 4600, 50, 4590, 0);
	count_since(&f, 1010, 60, 1000 - 10, 100);
	OK(get(&f, "reads_total")->value == 10,
	    "since moves with the clock: set back is no reset");
	count_since(&f, 1020, 70, 1000 - 10, 200);
	OK(get(&f, "reads_total")->value == 10 &&
		series_last(f.n)->since == 4590,
	    "nor behind it; the start is told in the entity's time");
	count_since(&f, 4629.5, 80, 4599.5, 300);
	OK(series_last(f.n)->step > 3000 &&
		count_since(&f, 4640.2, 90, 4600.2, 400) == SERIES_NEW &&
		series_last(f.n)->step == 0,
	    "a clock that wanders by less than a second was not set");
	stop(&f);

	start(&f, 0);
	count(&f, 1000, NAN, 0);
	OK(count(&f, 990, NAN, 10) == SERIES_LATE,
	    "without a boot clock an older time is late");
	OK(count(&f, 1010, NAN, 100) == SERIES_NEW &&
		get(&f, "reads_total")->value == 10,
	    "and changes nothing");
	stop(&f);
}

static void
test_reset(void)
{
	struct fix f;

	start(&f, 0);
	count(&f, 1000, 500, 4294967290.0);
	count(&f, 1010, 510, 100);
	OK(get(&f, "reads_total")->state == SERIES_RESET &&
		isnan(get(&f, "reads_total")->value),
	    "no wrap is guessed");
	count(&f, 1020, 520, 200);
	OK(get(&f, "reads_total")->value == 10, "the next rate is right");
	count(&f, 1030, 3, 300);
	OK(get(&f, "reads_total")->state == SERIES_RESET, "reboot");
	count(&f, 1100, 73, 400);
	OK(get(&f, "reads_total")->state == SERIES_GAP, "gap");
	count(&f, 1110, 83, 500);
	OK(get(&f, "reads_total")->value == 10, "and on");
	frame(&f, 1120, 93);
	value(&f, "idle_seconds_total", 5000);
	feed(&f);
	frame(&f, 1130, 103);
	value(&f, "idle_seconds_total", 4999);
	feed(&f);
	OK(get(&f, "idle_seconds_total")->value == 0 &&
		get(&f, "idle_seconds_total")->raw == 5000,
	    "a slip is held");
	frame(&f, 1140, 113);
	value(&f, "idle_seconds_total", 5005);
	feed(&f);
	NEAR(get(&f, "idle_seconds_total")->value, 0.5, 0,
	    "and not made up for");
	stop(&f);
}

static void
test_quality(void)
{
	struct fix f;
	struct series *s;

	start(&f, 0);
	frame(&f, 100, 50);
	value(&f, "reads_total", 0);
	value(&f, "mem_bytes", 5);
	feed(&f);
	frame(&f, 110, 60);
	f.r.quality = RECORD_STALE;
	f.r.has |= RECORD_HAS_AGE;
	f.r.age = 10;
	value(&f, "reads_total", 0);
	value(&f, "mem_bytes", 5);
	OK(feed(&f) == SERIES_NEW && f.ntouched == 2, "a stale frame");
	s = get(&f, "mem_bytes");
	OK(s->state == SERIES_POOR && isnan(s->value) && s->raw == 5 &&
		series_read(f.n, s)->age == 10,
	    "old numbers are not values");
	OK(get(&f, "reads_total")->state == SERIES_POOR &&
		series_read(f.n, get(&f, "reads_total"))->ts == 100,
	    "a counter keeps its last good reading");
	frame(&f, 120, 70);
	value(&f, "reads_total", 200);
	value(&f, "mem_bytes", 6);
	feed(&f);
	OK(get(&f, "reads_total")->value == 10 &&
		get(&f, "mem_bytes")->value == 6,
	    "the rate spans the stale frame, not the distance to it");
	frame(&f, 130, 80);
	f.r.quality = RECORD_PARTIAL;
	value(&f, "new_total", 3);
	feed(&f);
	OK(get(&f, "new_total")->state == SERIES_POOR, "partial is poor");
	frame(&f, 140, 90);
	value(&f, "new_total", 13);
	feed(&f);
	OK(get(&f, "new_total")->state == SERIES_FIRST,
	    "and no ground for a rate");
	frame(&f, 150, 100);
	f.r.quality = RECORD_ESTIMATED;
	value(&f, "mem_bytes", 7);
	feed(&f);
	s = get(&f, "mem_bytes");
	OK(s->value == 7 && series_read(f.n, s)->quality == RECORD_ESTIMATED,
	    "an estimate is a value that says so");
	stop(&f);
}

static void
test_labels_and_hints(void)
{
	struct fix f;
	struct series_entity *n;
	const char *key, *val;
	uint64_t other = 0;

	start(&f, 0);
	f.labels[0] = (struct record_label){S("name"), S("web1")};
	f.labels[1] = (struct record_label){S("os"), S("")};
	frame(&f, 100, NAN);
	f.r.hint = &f.hint;
	f.r.nlabels = 2;
	value(&f, "a_bytes", 1);
	feed(&f);
	n = f.n;
	OK(f.hint != 0, "the decoder's word is used");
	SAME(series_label(n, "name"), "web1", "a label");
	SAME(series_label(n, "os"), "", "an empty one");
	OK(series_label(n, "nam") == NULL, "none of that name");
	series_label_at(n, 1, &key, &val);
	SAME(key, "os", "labels in order");
	f.r.ts = 110;
	f.r.id = S("wrong: the hint decides");
	OK(feed(&f) == SERIES_NEW && f.n == n, "found by the hint alone");
	/* The same machine under a new name comes as another identity. */
	f.labels[0].value = S("db1");
	f.r.ts = 120;
	f.r.id = S("u1");
	f.r.hint = &other;
	OK(feed(&f) == SERIES_NEW && f.n == n && other != f.hint,
	    "a renamed machine is the same machine");
	SAME(series_label(n, "name"), "db1", "under its new name");
	f.labels[0].value = S("web1");
	f.r.ts = 130;
	f.r.hint = &f.hint;
	feed(&f);
	SAME(series_label(n, "name"), "web1",
	    "the hint of the old name no longer hides a change");
	series_drop(f.t, n);
	OK(f.gone == 1 && series_count(f.t) == 0, "dropped");
	f.r.ts = 50;
	OK(feed(&f) == SERIES_NEW && series_count(f.t) == 1,
	    "a hint that dangles is not followed; a new life has no past");
	f.hint = UINT64_MAX;
	f.r.ts = 60;
	OK(feed(&f) == SERIES_NEW && series_count(f.t) == 1, "nor a wild one");
	stop(&f);
}

static void
test_identity(void)
{
	struct fix f;
	struct series_entity *n[4];

	start(&f, 0);
	count(&f, 100, NAN, 1);
	n[0] = f.n;
	frame(&f, 100, NAN);
	f.r.source = S("qemu");
	value(&f, "reads_total", 2);
	OK(feed(&f) == SERIES_NEW && f.n != n[0], "another source");
	n[1] = f.n;
	f.r.host = S("hv2");
	OK(feed(&f) == SERIES_NEW && f.n != n[1], "another host");
	n[2] = f.n;
	f.r.entity = S("vm.disk");
	OK(feed(&f) == SERIES_NEW && f.n != n[2], "another entity");
	n[3] = f.n;
	f.r.host = S("");
	OK(feed(&f) == SERIES_NEW, "no host at all");
	OK(series_find(f.t, S("hv1"), S("qemu"), S("vm"), S("u1")) == n[1] &&
		series_find(f.t, S("hv2"), S("qemu"), S("vm.disk"), S("u1")) ==
		    n[3],
	    "found by name");
	OK(series_find(f.t, S("hv1"), S("qemu"), S("vm"), S("u")) == NULL &&
		series_find(f.t, S("hv3"), S("qemu"), S("vm"), S("u1")) == NULL,
	    "not found");
	OK(series_next(f.t, NULL) == n[0] && series_next(f.t, n[0]) == n[1] &&
		series_next(f.t, f.n) == NULL,
	    "in order of first appearance");
	series_drop(f.t, n[1]);
	OK(series_next(f.t, n[0]) == n[2], "one less");
	f.r.host = S("hv2");
	f.r.ts = 200;
	feed(&f);
	OK(series_oldest(f.t) == n[0], "the one silent longest");
	stop(&f);
}

/* More series than an index-free walk is for, in any order. */
static void
test_many(void)
{
	static const int stride[] = {1, 7, 11, 399}; /* coprime to 400 */
	struct fix f;
	char name[32];
	size_t right = 0;

	start(&f, 0);
	for (int round = 0; round < 4; round++) {
		frame(&f, 100 + 10 * round, NAN);
		for (int i = 0; i < MAX_VALUES; i++) {
			int k = i * stride[round] % MAX_VALUES;

			snprintf(name, sizeof(name), "m%d_total", k);
			value(&f, name, k * 10 * round);
		}
		OK(feed(&f) == SERIES_NEW && f.ntouched == MAX_VALUES,
		    "a wide frame, shuffled");
	}
	for (int i = 0; i < MAX_VALUES; i++) {
		snprintf(name, sizeof(name), "m%d_total", i);
		right += get(&f, name)->value == i;
	}
	OK(right == MAX_VALUES && series_count(f.t) == MAX_VALUES,
	    "every series has its own rate");
	stop(&f);
}

static void
test_limit(void)
{
	struct fix f;

	start(&f, 3);
	frame(&f, 100, NAN);
	for (int i = 0; i < 5; i++)
		value(&f,
		    i == 0   ? "a"
		    : i == 1 ? "b"
		    : i == 2 ? "c"
		    : i == 3 ? "d"
			     : "e",
		    i);
	OK(feed(&f) == SERIES_NEW && f.ntouched == 3 && series_count(f.t) == 3,
	    "as many series as there may be");
	f.r.id = S("u2");
	OK(feed(&f) == SERIES_FULL && series_count(f.t) == 3,
	    "no room for another entity");
	f.r.id = S("u1");
	f.r.ts = 110;
	OK(feed(&f) == SERIES_NEW && f.ntouched == 3, "the old ones go on");
	series_drop(f.t, f.n);
	f.r.id = S("u2");
	OK(feed(&f) == SERIES_NEW && f.ntouched == 3, "room again");
	stop(&f);
}

/* Entities that come and go must leave nothing behind. */
static void
test_churn(void)
{
	struct fix f;
	char id[32];
	size_t found = 0;

	start(&f, 0);
	for (int i = 0; i < 20000; i++) {
		frame(&f, 100 + i, NAN);
		snprintf(id, sizeof(id), "u%d", i);
		f.r.id = S(id);
		value(&f, "a_bytes", i);
		feed(&f);
		if (i >= 100)
			series_drop(f.t, series_next(f.t, NULL));
	}
	for (int i = 19900; i < 20000; i++) {
		snprintf(id, sizeof(id), "u%d", i);
		found += series_find(f.t, S("hv1"), S("libvirt"), S("vm"),
			     S(id)) != NULL;
	}
	OK(found == 100 && series_count(f.t) == 100 && f.gone == 19900,
	    "20,000 came, 100 stay, all found");
	stop(&f);
}

/*
 * 100,000 series in 32 MiB, names, labels and index included, even where an
 * entity has only one.
 */
static void
test_memory(void)
{
	struct fix f;
	char id[40], name[16];
	size_t before;

	start(&f, 0);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (int i = 0; i < 100000; i++) {
		frame(&f, 100, NAN);
		snprintf(id, sizeof(id), "6695eb01-f6a4-8304-79aa-97f2%08x",
		    (unsigned)i);
		snprintf(name, sizeof(name), "web%d", i);
		f.labels[0] = (struct record_label){S("name"), S(name)};
		f.r.nlabels = 1;
		f.r.id = S(id);
		value(&f, "a_total", i);
		feed(&f);
	}
	before = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	if (before == 0)
		printf("# malloc(3) is not glibc's: memory not measured\n");
	OK(series_count(f.t) == 100000 && before <= 32u << 20,
	    "100,000 entities of one series in 32 MiB");
	stop(&f);
}

static enum series_verdict
feed_line(struct fix *f, struct decoder *d, const char *text)
{
	static char line[4096 + RECORD_PADDING];
	size_t len = strlen(text);
	struct nc_err e;

	memcpy(line, text, len);
	if (decoder_line(d, line, len, &f->r, &e) == -1) {
		printf("# %s\n", e.msg);
		return SERIES_NOT_SAMPLE;
	}
	return feed(f);
}

/* From the wire: what the decoder remembers must not change what is read. */
static void
test_wire(void)
{
	static const char head[] =
	    "{\"v\":1,\"kind\":\"sample\",\"ts\":%d.5,\"up\":%d,"
	    "\"host\":\"hv1\",\"source\":\"libvirt\",\"entity\":\"vm\","
	    "\"id\":\"u%d\",\"labels\":{\"name\":\"web%d\"},"
	    "\"interval\":10,\"values\":{";
	struct fix f;
	struct decoder *d;
	char line[512];
	int good = 0, joined = 0, named = 0;

	start(&f, 0);
	d = decoder_new(f.names);
	for (int i = 0; i < 60; i++) {
		int round = i / 3, vm = i % 3, len;

		len = snprintf(line, sizeof(line), head, 1000 + 10 * round,
		    10 * round, vm, vm + (round > 10));
		snprintf(line + len, sizeof(line) - (size_t)len,
		    "\"a_total\":%d,\"b_bytes\":%d}}", 100 * round * vm, i);
		if (feed_line(&f, d, line) != SERIES_NEW)
			continue;
		good += round == 0 || get(&f, "a_total")->value == 10 * vm;
		snprintf(line + len, sizeof(line) - (size_t)len,
		    "\"c_total\":%d}}", 20 * round);
		joined += feed_line(&f, d, line) == SERIES_MORE &&
			  (round == 0 || get(&f, "c_total")->value == 2);
		snprintf(line, sizeof(line), "web%d", vm + (round > 10));
		named += strcmp(series_label(f.n, "name"), line) == 0;
	}
	OK(good == 60 && series_count(f.t) == 9, "rates of three machines");
	OK(joined == 60, "frames of a split sample, line by line");
	OK(named == 60, "a machine renamed on the way");
	decoder_free(d);
	stop(&f);
}

int
main(void)
{
	test_basic();
	test_frames();
	test_cadence();
	test_clock();
	test_reset();
	test_quality();
	test_labels_and_hints();
	test_identity();
	test_many();
	test_limit();
	test_churn();
	test_memory();
	test_wire();
	return tap_done();
}
