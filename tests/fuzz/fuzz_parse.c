/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the parsers of people's words and of time zones.  What is
 * accepted is finite and within bounds, and reads back from what we write.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/parse.h"
#include "base/zone_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int fact)
{
	if (!fact)
		abort();
}

static void
numbers(struct span in)
{
	static const char *const words[] = {"raw", "avg", NULL};
	struct nc_err e = {0};
	double d;
	int64_t i;
	uint64_t u;
	int choice;

	if (parse_number(in, &d, &e) == 0)
		must(isfinite(d));
	else
		must(e.msg[0] != '\0');
	if (parse_integer(in, -9, 9, &i, &e) == 0)
		must(i >= -9 && i <= 9 && parse_number(in, &d, &e) == 0 &&
		     d == (double)i);
	if (parse_unsigned(in, 99, &u, &e) == 0)
		must(u <= 99);
	if (parse_duration(in, &d, &e) == 0)
		must(d >= 0 && d <= 36525.0 * 86400);
	parse_size(in, &u, &e);
	parse_choice(in, words, &choice, &e);
}

static void
times(struct span in, const struct zone *z)
{
	struct buf b = {0};
	double t, again;
	int offset;

	if (parse_time(in, 1763800000.25, z, &t, NULL) == 0) {
		must(isfinite(t));
		offset = zone_offset(z, (int64_t)t);
		zone_format(z, t, 6, &b);
		/* Not all offsets can be written down. */
		if (b.data[0] != '-' && offset % 60 == 0 && abs(offset) < 86400)
			must(parse_time(buf_span(&b), 0, NULL, &again, NULL) ==
				 0 &&
			     fabs(again - t) < 1e-5);
	}
	buf_free(&b);
}

static void
walk(const struct zone *z)
{
	int64_t day = 0;

	for (int64_t t = -4000000000; t < 8000000000; t += 600000001) {
		struct civil c = zone_civil(z, t);

		must(c.month >= 1 && c.month <= 12 && c.hour <= 23);
		zone_epoch(z, &c);
		day = zone_day(z, t, 1);
		must(llabs(day - t) < 5 * 86400);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = {(const char *)data, size};
	struct zone *z;

	if (size > 4096)
		return 0;
	numbers(in);
	times(in, NULL);
	z = calloc(1, sizeof(*z));
	must(z != NULL);
	z->has_rule = zone_rule_parse(in, &z->rule) == 0;
	if (z->has_rule || zone_load(in, z) == 0) {
		times((struct span){"2026-03-29T02:30", 16}, z);
		walk(z);
	}
	zone_free(z);
	return 0;
}
