/* SPDX-License-Identifier: MIT */
/* Tests of lib/base/pack: what goes in comes out, and torn bytes are told. */
#include <math.h>

#include "base/pack.h"
#include "tap.h"

static void
test_whole(void)
{
	static const double numbers[] = {0, -0.0, 1e308, 5e-324, 0.1};
	struct buf b = {0};
	struct pack_in u;
	char raw[3];

	pack_u64(&b, UINT64_MAX);
	for (size_t i = 0; i < 5; i++)
		pack_f64(&b, numbers[i]);
	pack_f64(&b, (double)NAN);
	pack_text(&b, span_of("hv07"));
	pack_text(&b, span_of(""));
	pack_bytes(&b, "abc", 3);
	u = (struct pack_in){.in = buf_span(&b)};
	OK(pack_get_u64(&u) == UINT64_MAX, "the largest number");
	for (size_t i = 0; i < 5; i++)
		NEAR(pack_get_f64(&u), numbers[i], 0, "a double");
	OK(isnan(pack_get_f64(&u)), "NAN stays");
	OK(span_is(pack_get_text(&u), "hv07"), "text");
	OK(span_is(pack_get_text(&u), ""), "empty text");
	pack_get_bytes(&u, raw, 3);
	OK(memcmp(raw, "abc", 3) == 0, "bytes");
	OK(!u.failed && u.in.len == 0, "nothing is left");
	buf_free(&b);
}

static void
test_torn(void)
{
	struct buf b = {0};
	struct pack_in u;

	pack_text(&b, span_of("hv07"));
	for (size_t len = 0; len < b.len; len++) {
		u = (struct pack_in){.in = {b.data, len}};
		OK(span_is(pack_get_text(&u), "") && u.failed, "cut text");
		OK(pack_get_u64(&u) == 0 && u.failed, "it stays failed");
	}
	buf_clear(&b);
	pack_u64(&b, 1001);
	u = (struct pack_in){.in = buf_span(&b)};
	OK(pack_get_count(&u, 1000) == 0 && u.failed, "a count too large");
	buf_free(&b);
}

static void
test_var(void)
{
	static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384,
	    UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX};
	const size_t n = sizeof(numbers) / sizeof(numbers[0]);
	struct buf b = {0};
	struct pack_in u;

	for (size_t i = 0; i < n; i++)
		pack_var(&b, numbers[i]);
	OK(b.len == 1 + 1 + 1 + 2 + 2 + 3 + 5 + 10 + 10, "as few bytes");
	u = (struct pack_in){.in = buf_span(&b)};
	for (size_t i = 0; i < n; i++)
		OK(pack_get_var(&u, UINT64_MAX) == numbers[i], "as it was");
	OK(!u.failed && u.in.len == 0, "nothing is left");
	u = (struct pack_in){.in = {b.data + b.len - 10, 9}};
	OK(pack_get_var(&u, UINT64_MAX) == 0 && u.failed, "cut");
	u = (struct pack_in){.in = {b.data + 3, 2}};
	OK(pack_get_var(&u, 127) == 0 && u.failed, "too large");
	buf_clear(&b);
	for (int i = 0; i < 11; i++)
		buf_addc(&b, (char)0xff);
	buf_addc(&b, 1);
	u = (struct pack_in){.in = buf_span(&b)};
	OK(pack_get_var(&u, UINT64_MAX) == 0 && u.failed, "too long");
	buf_free(&b);
}

int
main(void)
{
	test_whole();
	test_var();
	test_torn();
	return tap_done();
}
