/* SPDX-License-Identifier: MIT */
/*
 * Tests of lib/math/sketch: every quantile within its error of the exact one,
 * whatever the values; merge = whole; bytes and back.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "math/sketch.h"
#include "tap.h"

#define N 20000
#define ERROR 0.01

static double values[N];

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The worst relative error over many quantiles. */
static double
worst(const struct sketch *s, size_t n)
{
	double exact, got, worst_error = 0;

	qsort(values, n, sizeof(values[0]), compare);
	for (int i = 0; i <= 1000; i++) {
		exact = values[(size_t)(i / 1000.0 * (double)(n - 1))];
		got = sketch_quantile(s, i / 1000.0);
		if (exact == 0 && got == 0)
			continue;
		worst_error = fmax(worst_error,
		    fabs(got - exact) / fabs(exact));
	}
	return worst_error;
}

static struct sketch *
filled(size_t n)
{
	struct sketch *s = sketch_new(ERROR);

	for (size_t i = 0; i < n; i++)
		sketch_add(s, values[i]);
	return s;
}

static void
judge(const char *what)
{
	struct sketch *s = filled(N);

	OK(worst(s, N) <= ERROR * 1.000001, what);
	sketch_free(s);
}

static void
test_error(void)
{
	struct rng r;

	rng_seed(&r, 1);
	for (size_t i = 0; i < N; i++)
		values[i] = rng_uniform(&r) * 100;
	judge("uniform");
	for (size_t i = 0; i < N; i++)
		values[i] = exp(3 * rng_normal(&r));
	judge("log-normal");
	for (size_t i = 0; i < N; i++)
		values[i] = rng_normal(&r) * 1e9;
	judge("both signs");
	for (size_t i = 0; i < N; i++)
		values[i] = i % 3 == 0 ? 0 : i % 3 == 1 ? -1e-9 : 1e12;
	judge("three values, one of them 0");
	for (size_t i = 0; i < N; i++)
		values[i] = 42;
	judge("one value");
	for (size_t i = 0; i < N; i++)
		values[i] = ldexp(1, (int)(i % 50));
	judge("15 decades");
}

/* Beyond the buckets there are, the smallest lose exactness, no others. */
static void
test_wide(void)
{
	struct sketch *s = sketch_new(ERROR);

	for (int i = 0; i < 1000; i++)
		sketch_add(s, 1e200);
	for (int i = 0; i < 1000; i++)
		sketch_add(s, 1e-200);
	NEAR(sketch_quantile(s, 0.75) / 1e200, 1, ERROR, "the large half");
	OK(sketch_quantile(s, 0.25) < 1e190, "the small half is below");
	sketch_clear(s);
	for (int i = 0; i < 10; i++)
		sketch_add(s, 1e-200);
	sketch_add(s, 1e200);
	NEAR(sketch_quantile(s, 1) / 1e200, 1, ERROR, "upwards as well");
	OK(sketch_count(s) == 11, "all are counted");
	sketch_free(s);
}

static void
test_merge(void)
{
	struct sketch *parts[4], *all, *copy = sketch_new(ERROR);
	struct buf whole = {0}, merged = {0}, again = {0};
	struct pack_in u;
	struct rng r;

	rng_seed(&r, 2);
	for (size_t i = 0; i < N; i++)
		values[i] = exp(2 * rng_normal(&r)) - 1;
	all = filled(N);
	for (int k = 0; k < 4; k++)
		parts[k] = sketch_new(ERROR);
	for (size_t i = 0; i < N; i++)
		sketch_add(parts[i * 7 % 4], values[i]);
	for (int k = 1; k < 4; k++)
		sketch_merge(parts[0], parts[k]);
	sketch_save(all, &whole);
	sketch_save(parts[0], &merged);
	OK(whole.len == merged.len &&
		memcmp(whole.data, merged.data, whole.len) == 0,
	    "the merge of parts is the whole, bit for bit");
	u = (struct pack_in){.in = buf_span(&whole)};
	OK(sketch_load(copy, &u), "read back");
	sketch_save(copy, &again);
	OK(again.len == whole.len &&
		memcmp(again.data, whole.data, whole.len) == 0,
	    "and the same again");
	u = (struct pack_in){.in = {whole.data, whole.len - 1}};
	OK(!sketch_load(copy, &u), "cut short it is refused");
	for (int k = 0; k < 4; k++)
		sketch_free(parts[k]);
	sketch_free(all);
	sketch_free(copy);
	buf_free(&whole);
	buf_free(&merged);
	buf_free(&again);
}

/* All of a sketch as text, in pieces, into another: the same bytes. */
static void
test_text(void)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {{"z3 p-12:4,,7 n5:1", true}, {"p5:3", true}, {"", true},
	    {"p5", false}, {"p:1", false}, {"q1:1", false}, {"p1:x", false},
	    {"z", false}, {"p1:-1", false}, {"p9999999999:1", false},
	    {"p1:4294967296", false}};
	struct sketch *from = sketch_new(ERROR), *to = sketch_new(ERROR), *s;
	struct buf piece = {0}, a = {0}, b = {0};
	uint32_t cursor = 0;
	unsigned pieces = 0;

	for (int i = 0; i < 2000; i++)
		sketch_add(from,
		    i % 7 == 0 ? 0 : pow(1.01, i) * (i % 3 ? 1 : -1));
	while (sketch_put(from, &cursor, 300, &piece)) {
		OK(piece.len < 340, "a piece is short");
		OK(sketch_take(to, buf_span(&piece), -pow(1.01, 1998),
		       pow(1.01, 1999)),
		    "taken");
		pieces++;
	}
	sketch_save(from, &a);
	sketch_save(to, &b);
	OK(pieces > 5 && a.len == b.len && memcmp(a.data, b.data, a.len) == 0,
	    "the same in pieces");
	OK(sketch_count(to) == 2000, "nothing lost");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = sketch_new(ERROR);
		OK(sketch_take(s, span_of(cases[i].text), 1, 2) ==
			cases[i].good,
		    cases[i].text);
		sketch_free(s);
	}
	s = sketch_new(ERROR);
	sketch_add(s, 0);
	cursor = 0;
	OK(sketch_put(s, &cursor, 300, &piece) &&
		span_is(buf_span(&piece), "z1"),
	    "a zero alone");
	OK(!sketch_put(s, &cursor, 300, &piece), "and no more");
	sketch_free(s);
	sketch_free(from);
	sketch_free(to);
	buf_free(&piece);
	buf_free(&a);
	buf_free(&b);
}

int
main(void)
{
	struct sketch *empty = sketch_new(ERROR);

	OK(isnan(sketch_quantile(empty, 0.5)), "empty: no quantile");
	sketch_free(empty);
	test_error();
	test_wide();
	test_merge();
	test_text();
	return tap_done();
}
