/* SPDX-License-Identifier: MIT */
/* Unit tests of what a decoder remembers: hints, layouts, both inner loops,
 * bounds. */
#include <malloc.h>
#include <stdlib.h>

#include "base/buf.h"
#include "stream/fast.h"
#include "stream/frame.h"
#include "stream/layout.h"
#include "stream/predict.h"
#include "stream/record.h"
#include "tap.h"

static struct intern *names;
static struct decoder *dec;
static struct record rec;

static int
decode(struct buf *b)
{
	struct nc_err e;

	buf_reserve(b, RECORD_PADDING);
	if (decoder_line(dec, b->data, b->len, &rec, &e) == 0)
		return 0;
	printf("# %s: %s\n", e.msg, b->data);
	return -1;
}

static void
sample(struct buf *b, int vm, const char *values, int i)
{
	buf_clear(b);
	buf_addf(b,
	    "{\"v\":1,\"kind\":\"sample\",\"ts\":%d.5,\"up\":%d,\"host\":\"h\","
	    "\"source\":\"s\",\"entity\":\"vm\",\"id\":\"vm%d\",\"labels\":"
	    "{\"name\":\"n\\u00e9%d\"},\"since\":%d,\"values\":{%s%d}}",
	    1000 + i, i, vm, vm, 900 + i % 3, values, i);
}

static void
test_hints(void)
{
	struct buf b = {0};
	uint64_t *hints[10];
	uint32_t layouts[2] = {0};
	int bad = 0;

	for (int round = 0; round < 4; round++) {
		for (int vm = 0; vm < 10; vm++) {
			/* a split sample: two frames of one identity */
			for (int part = 0; part < 2; part++) {
				sample(&b, vm,
				    part ? "\"c\":1,\"d\":" : "\"a\":2,\"b\":",
				    round);
				if (decode(&b) == -1 || rec.hint == NULL) {
					bad++;
					continue;
				}
				if (round == 0 && part == 0) {
					bad += *rec.hint != 0;
					*rec.hint = (uint64_t)vm + 1;
					hints[vm] = rec.hint;
				}
				bad += rec.hint != hints[vm];
				bad += *rec.hint != (uint64_t)vm + 1;
				bad += rec.layout == 0;
				if (round + vm == 0)
					layouts[part] = rec.layout;
				bad += rec.layout != layouts[part];
				bad += rec.ts != 1000.5 + round ||
				       rec.up != round ||
				       rec.since != 900 + round % 3;
				bad += rec.values[1].number != round ||
				       rec.nvalues != 2 || rec.nlabels != 1;
				bad += rec.id.len != 3 ||
				       rec.id.p[2] != '0' + vm;
			}
		}
	}
	OK(bad == 0, "each identity has its hint, each layout its number");
	OK(layouts[0] != layouts[1], "and they differ");
	sample(&b, 3, "\"a\":2,\"b\":", 9);
	OK(decode(&b) == 0 && rec.hint == hints[3], "out of order as well");
	buf_free(&b);
}

/* A remembered line, damaged: never believed. */
static void
test_damage(void)
{
	struct buf b = {0}, c = {0};
	struct decoder *fresh;
	struct record other;
	struct nc_err e, f;
	int differ = 0, refused = 0;

	sample(&b, 1, "\"some_bytes_total\":123.25,\"b\":", 77);
	for (int i = 0; i < 5; i++)
		decode(&b);
	for (size_t at = 0; at < b.len; at++) {
		static const char marks[] = "\"\\,:{}0 e.-\x01\xff";

		for (size_t k = 0; k < sizeof(marks) - 1; k++) {
			int rc, want;

			buf_clear(&c);
			buf_add(&c, b.data, b.len);
			buf_reserve(&c, RECORD_PADDING);
			c.data[at] = marks[k];
			decode(&b);
			rc = decoder_line(dec, c.data, c.len, &rec, &e);
			if (k != 0 && at % 7 != 0 && rc == -1) {
				refused++;
				continue;
			}
			fresh = decoder_new(names);
			want = decoder_line(fresh, c.data, c.len, &other, &f);
			differ += rc != want;
			if (rc == 0 && want == 0)
				differ += rec.ts != other.ts ||
					  rec.nvalues != other.nvalues ||
					  rec.values[0].number !=
					      other.values[0].number ||
					  !span_equal(rec.id, other.id);
			decoder_free(fresh);
		}
	}
	OK(differ == 0 && refused > 1000, "each byte damaged in turn");
	for (size_t len = 0; len < b.len; len++) {
		decode(&b);
		differ += decoder_line(dec, b.data, len, &rec, &e) == 0;
	}
	OK(differ == 0, "cut anywhere, it is no line");
	buf_free(&b);
	buf_free(&c);
}

static int
same_values(const struct fast *x, const struct fast *y,
    const struct layout_cell *cells, size_t n, const char *p, const char *end)
{
	struct record_value a[8] = {{0}}, b[8] = {{0}};
	const char *at = p, *bt = p;
	size_t got = x->values(cells, n, &at, end, a);

	if (got != y->values(cells, n, &bt, end, b) || (got != 0 && at != bt))
		return 0;
	for (size_t i = 0; i < got; i++) {
		if (memcmp(&a[i].number, &b[i].number, sizeof(double)) != 0 ||
		    !span_equal(a[i].text, b[i].text))
			return 0;
	}
	return 1;
}

static uint64_t seed = 7;

static uint64_t
any(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void
random_number(struct buf *b)
{
	static const char *const odd[] = {"-", "01", "1.", ".5", "1e5", "-0",
	    "1.5e-3", "1e", "", "x", "1.2.3", "-1.25", "00", "1E400", "0.0"};

	if (any(8) == 0) {
		buf_adds(b, odd[any(sizeof(odd) / sizeof(*odd))]);
		return;
	}
	if (any(4) == 0)
		buf_addc(b, '-');
	for (uint64_t n = 1 + any(20); n > 0; n--)
		buf_addc(b, (char)('0' + any(10)));
	if (any(2) == 0)
		return;
	buf_addc(b, '.');
	for (uint64_t n = any(20); n > 0; n--)
		buf_addc(b, (char)('0' + any(10)));
}

/* The wide loop and the portable one read the same. */
static void
test_loops(void)
{
	const struct fast *wide = fast_best(), *plain = fast_portable();
	struct layouts *l = layout_new(names);
	struct record_value v[5] = {{0}};
	const struct layout_cell *cells;
	static const char *const n[5] = {"a", "read_bytes_total",
	    "a_name_of_thirty_two_bytes_or_so", "x\xc3\xa9",
	    "the_longest_name_that_finds_room_in_one_cell_is_of_eighty_four_"
	    "bytes_this_one_is_so"};
	struct buf b = {0};
	size_t count;
	int bad = 0, whole = 0;

	printf("# %s beside %s\n", wide->name, plain->name);
	for (int i = 0; i < 5; i++)
		v[i].name = intern_id(names, span_of(n[i]));
	cells = layout_cells(l, layout_id(l, v, 5), &count);
	OK(cells != NULL && count == 5, "a layout");
	for (int i = 0; i < 40000 && cells != NULL; i++) {
		buf_clear(&b);
		for (int k = 0; k < 5; k++) {
			buf_addf(&b, "%s\"%s\":", k == 0 ? "" : ",", n[k]);
			random_number(&b);
		}
		buf_adds(&b, "}}");
		buf_reserve(&b, RECORD_PADDING);
		memset(b.data + b.len, "9\"}x"[i % 4], RECORD_PADDING);
		if (i % 3 == 0)
			b.len = any(b.len);
		bad += !same_values(wide, plain, cells, 5, b.data,
		    b.data + b.len);
		whole++;
	}
	OK(bad == 0, "both loops agree");
	layout_free(l);
	buf_free(&b);
}

static void
test_layouts(void)
{
	struct layouts *l = layout_new(names);
	struct record_value v[2] = {{0}};
	uint32_t first, id, last = 0;
	size_t n;
	int bad = 0;

	v[0].name = intern_id(names, span_of("a"));
	v[1].name = intern_id(names, span_of("b"));
	first = layout_id(l, v, 2);
	OK(first != 0 && layout_id(l, v, 2) == first, "found again");
	OK(layout_id(l, v, 1) != first && layout_id(l, v, 0) == 0,
	    "another one, and none");
	v[1].name = intern_id(names, span_of("quo\"te"));
	OK(layout_id(l, v, 2) == 0, "a name that needs an escape");
	for (int i = 0; i < 200000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "m%d", i % 20000);
		v[1].name = intern_id(names, span_of(name));
		id = layout_id(l, v, 2);
		bad += id != 0 && (layout_cells(l, id, &n) == NULL || n != 2);
		if (id > last)
			last = id;
	}
	OK(bad == 0 && last > 4096, "too many: forgotten, numbers go on");
	OK(layout_cells(l, first, &n) == NULL, "a forgotten number is none");
	layout_free(l);
}

/* Identities that come and go for ever. */
static void
test_churn(void)
{
	struct buf b = {0};
	size_t before = 0, after;
	int bad = 0;

	for (int i = 0; i < 170000; i++) {
		sample(&b, i, "\"a\":2,\"b\":", 5);
		if (decode(&b) == -1)
			bad++;
		if (i == 145000)
			before = mallinfo2().uordblks;
	}
	after = mallinfo2().uordblks;
	printf("# %zu then %zu bytes in use\n", before, after);
	OK(bad == 0 && after < before + 1024 * 1024, "churn does not grow");
	buf_free(&b);
}

static int
keep_line(void *arg, const char *line, size_t len)
{
	struct buf *b = arg;

	buf_add(b, line, len);
	return 0;
}

/* What frame writes, split as it may be, the decoder reads to the bit. */
static void
test_round_trip(void)
{
	struct buf b = {0};
	struct frame *f = frame_new(keep_line, &b);
	struct nc_err e;
	double want[300];
	char name[40];
	int bad = 0, lines = 0;

	frame_origin(f, "h\"v", "s");
	for (int round = 0; round < 60; round++) {
		size_t n = 0;

		buf_clear(&b);
		frame_clock(f, 1763800000 + round / 8.0, round);
		frame_begin(f, RECORD_SAMPLE, "vm", span_of("u\n1"));
		frame_label(f, "name", span_of("\xc3\xa9\x01"));
		for (int i = 0; i < 300; i++) {
			uint64_t bits = any(UINT64_MAX);

			memcpy(&want[i], &bits, sizeof(bits));
			if (i % 3 != 0 || !isfinite(want[i]))
				want[i] = (double)(bits >> (round + i) % 60) /
					  (i % 5 + 1);
			snprintf(name, sizeof(name), "metric_%d", i);
			frame_value(f, name, want[i]);
		}
		frame_end(f);
		buf_reserve(&b, RECORD_PADDING);
		for (char *p = b.data, *lf; (lf = strchr(p, '\n')) != NULL;
		     p = lf + 1, lines++) {
			bad += decoder_line(dec, p, (size_t)(lf - p), &rec,
				   &e) != 0;
			bad += rec.ts != 1763800000 + round / 8.0 ||
			       !span_is(rec.host, "h\"v") ||
			       !span_is(rec.id, "u\n1") ||
			       !span_is(record_label(&rec, "name"),
				   "\xc3\xa9\x01");
			for (size_t i = 0; i < rec.nvalues; i++, n++)
				bad += n >= 300 ||
				       rec.values[i].number != want[n];
		}
		bad += n != 300;
	}
	OK(bad == 0 && lines > 120, "frames written and read back");
	frame_free(f);
	buf_free(&b);
}

/* More identities than there is room for, for longer than old ones stay. */
static void
test_eviction(void)
{
	struct predict *p = predict_new();
	struct record r = {.id = {"x", 1}, .kind = RECORD_SAMPLE};
	int refused = 0, again = 0, bad = 0, last = 0;
	char head[32];

	for (int i = 0; i < 680000; i++) {
		struct predict_shape shape = {.start = head};
		struct predict_entry *n;

		shape.end = head + snprintf(head, sizeof(head), "{%d", i);
		n = predict_seen(p, &shape, predict_find(p, &shape), &r, 7);
		if (n == NULL) {
			refused++;
			continue;
		}
		again += refused != 0;
		bad += n->hint != 0 || n->id.len != 1;
		n->hint = (uint64_t)i + 1;
		if (i % 1000 == 0) {
			struct predict_entry *same = predict_find(p, &shape);

			bad += same != n || same->hint != (uint64_t)i + 1;
		}
		last = i;
	}
	OK(refused > 100000, "when it is full, nothing recent gives way");
	OK(again > 10000 && last > 600000, "what is old does");
	OK(bad == 0, "a new identity has a new hint");
	predict_free(p);
}

/* The entry of head number i, made when it is not there and add says so. */
static struct predict_entry *
entry_of(struct predict *p, int i, bool add)
{
	struct record r = {.id = {"x", 1}, .kind = RECORD_SAMPLE};
	char head[32];
	struct predict_shape shape = {.start = head};
	struct predict_entry *n;

	shape.end = head + snprintf(head, sizeof(head), "{%d", i);
	n = predict_find(p, &shape);
	return add ? predict_seen(p, &shape, n, &r, 7) : n;
}

/* A table that grows forgets nobody: 20 tables, as hashes are random. */
static void
test_growth(void)
{
	struct predict *p;
	int lost = 0;

	for (int table = 0; table < 20; table++) {
		p = predict_new();
		for (int i = 0; i < 5000; i++)
			entry_of(p, i, true);
		for (int i = 0; i < 5000; i++)
			lost += entry_of(p, i, false) == NULL;
		predict_free(p);
	}
	OK(lost == 0, "a table that grew finds all it had");
}

int
main(void)
{
	names = intern_new(0);
	dec = decoder_new(names);
	test_round_trip();
	test_hints();
	test_damage();
	test_loops();
	test_layouts();
	test_growth();
	test_eviction();
	decoder_free(dec);
	dec = decoder_new(names);
	test_churn();
	decoder_free(dec);
	intern_free(names);
	return tap_done();
}
