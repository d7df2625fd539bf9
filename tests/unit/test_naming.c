/* SPDX-License-Identifier: MIT */
/* Unit tests of naming and keep: names of files and sources, archives. */
#include "rrd/naming.h"

#include <stdlib.h>

#include "rrd/image.h"
#include "rrd/keep.h"
#include "tap.h"

static void
part(const char *name, const char *want)
{
	struct buf b = {0}, back = {0};

	naming_part(span_of(name), &b);
	SAME(b.data, want, want);
	OK(naming_unpart(buf_span(&b), &back) && span_is(buf_span(&back), name),
	    "and back");
	buf_free(&b);
	buf_free(&back);
}

static bool
unparts(const char *s)
{
	struct buf b = {0};
	bool good = naming_unpart(span_of(s), &b);

	buf_free(&b);
	return good;
}

static void
test_parts(void)
{
	struct buf a = {0}, b = {0};
	char name[400];

	part("web1", "web1");
	part("", "%");
	part(".", "%2e");
	part("..", "%2e.");
	part("a.b", "a.b");
	part("/var/lib", "%2fvar%2flib");
	part("Web", "%57eb");
	part("\xff\n%", "%ff%0a%25");
	memset(name, 'x', sizeof(name));
	naming_part((struct span){name, sizeof(name)}, &a);
	name[399] = 'y';
	naming_part((struct span){name, sizeof(name)}, &b);
	OK(a.len <= NAMING_PART_MAX && strcmp(a.data, b.data) != 0,
	    "overlong names are cut and differ");
	OK(!unparts(a.data), "a cut name says so");
	buf_clear(&a);
	naming_part((struct span){name, NAMING_PART_MAX}, &a);
	OK(a.len == NAMING_PART_MAX && unparts(a.data),
	    "the longest whole one");
	memset(name, '/', 100);
	buf_clear(&a);
	naming_part((struct span){name, 100}, &a);
	OK(a.len <= NAMING_PART_MAX && !unparts(a.data),
	    "escapes count, and none is cut in two");
	OK(!unparts("%4") && !unparts("%zz") && !unparts("A") &&
		!unparts("%61") && !unparts("") && !unparts(".a"),
	    "what no name is written as is no name");
	buf_free(&a);
	buf_free(&b);
}

static void
test_sources(void)
{
	char a[NAMING_DS_SIZE], b[NAMING_DS_SIZE];

	naming_ds(span_of("load1"), 0, a);
	SAME(a, "load1", "a short name is itself");
	naming_ds(span_of("abcdefghijklmnopqrs"), 0, a);
	OK(naming_ds_plain(a) && strlen(a) == 19, "19 characters fit");
	naming_ds(span_of("disk_read_bytes_per_second"), 0, a);
	naming_ds(span_of("disk_read_bytes_per_minute"), 0, b);
	OK(strlen(a) == 19 && strcmp(a, b) != 0 && !naming_ds_plain(a),
	    "long names are hashed");
	naming_ds(span_of("disk_read_bytes_per_second"), 1, b);
	OK(strcmp(a, b) != 0, "salt makes another");
	naming_ds(span_of("a-b"), 0, a);
	OK(!naming_ds_plain(a), "a dash is not taken for our own");
	naming_ds(span_of(""), 0, a);
	OK(strlen(a) == 9, "even no name has one");
	naming_spare(0, a);
	SAME(a, "spare-1", "a spare");
}

static int
refuses(const char *text)
{
	struct keep k;
	struct nc_err e;

	return keep_parse(span_of(text), &k, &e) == -1;
}

static void
test_keep(void)
{
	struct keep k;
	struct keep_archive a[KEEP_ARCHIVES];
	struct nc_err e;
	size_t n;

	OK(keep_parse(span_of(KEEP_DEFAULT), &k, &e) == 0, "the default");
	n = keep_archives(&k, 10, a);
	OK(n == 10 && a[0].pdps == 1 && a[0].rows == 2160 && a[1].pdps == 6 &&
		a[1].rows == 2880 && a[9].pdps == 720 && a[9].rows == 4380,
	    "ten archives at ten seconds");
	SAME(a[8].cf, "MIN", "in threes");
	n = keep_archives(&k, 300, a);
	OK(n == 7 && a[0].rows == 576 && a[1].pdps == 2,
	    "levels finer than the step are one with the raw one");
	n = keep_archives(&k, 86400, a);
	OK(n == 1 && a[0].rows == 365, "one is left at a step of a day");
	OK(keep_parse(span_of("1m:1d"), &k, &e) == 0 &&
		keep_archives(&k, 10, a) == 4 && a[0].rows == 2,
	    "without a raw level");
	OK(refuses("") && refuses("raw") && refuses("raw:") &&
		refuses("raw:0") && refuses("1m:1d,raw:1h") &&
		refuses("1h:1d,1m:1d") && refuses("1h:1m") &&
		refuses("1.5:1h") && refuses("raw:1h,") &&
		refuses("1m:9999999y"),
	    "nonsense is refused");
	OK(keep_step(NAN) == 60 && keep_step(0.1) == 1 &&
		keep_step(10.4) == 10 && keep_step(1e9) == 86400,
	    "steps");
	OK(keep_heartbeat(NAN, 60) == 900 && keep_heartbeat(10, 10) == 25 &&
		keep_heartbeat(1, 1) == 3 && keep_heartbeat(60, 10) == 150,
	    "heartbeats");
	keep_parse(span_of(KEEP_DEFAULT), &k, &e);
	OK(keep_bytes(&k, 10, 1) > 235000 && keep_bytes(&k, 10, 1) < 245000,
	    "about 240 KB a source");
}

int
main(void)
{
	test_parts();
	test_sources();
	test_keep();
	return tap_done();
}
