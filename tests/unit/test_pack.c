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

int
main(void)
{
	test_whole();
	test_torn();
	return tap_done();
}
