/* SPDX-License-Identifier: MIT */
/* Unit tests of the decoder: what is accepted, what is refused and why, what
 * comes out. */
#include "stream/record.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tap.h"

static struct intern *names;
static struct decoder *dec;
static struct record rec;
static struct nc_err err;

/* Each line twice: a remembered line must read as a fresh one does. */
static int
decode(const char *text, size_t len)
{
	static char *line;
	static size_t size;
	int rc = 0;

	if (len + RECORD_PADDING > size) {
		size = len + RECORD_PADDING;
		free(line);
		if ((line = malloc(size)) == NULL)
			abort();
	}
	for (int i = 0; i < 3; i++) {
		memset(line, '7', size);
		if (len != 0)
			memcpy(line, text, len);
		err = (struct nc_err){0};
		if (decoder_line(dec, line, len, &rec, &err) != 0)
			rc = -1;
	}
	return rc;
}

static void
good(const char *line)
{
	if (!OK(decode(line, strlen(line)) == 0, line))
		printf("# %s\n", err.msg);
}

static void
bad(const char *line, const char *why)
{
	OK(decode(line, strlen(line)) == -1, line);
	if (strstr(err.msg, why) == NULL)
		SAME(err.msg, why, "for that reason");
}

#define HEAD "{\"v\":1,\"kind\":\"sample\",\"ts\":1763800000.123,"
#define WHO \
	"\"host\":\"hv07\",\"source\":\"libvirt\",\"entity\":\"vm\"," \
	"\"id\":\"6695\","

static const char *
text(struct span s)
{
	static char copy[5000];

	snprintf(copy, sizeof(copy), "%.*s", SPAN_ARG(s));
	return copy;
}

static void
test_sample(void)
{
	good(HEAD "\"up\":864001.23," WHO
		  "\"labels\":{\"name\":\"web1\",\"os\":\"q\\\"\\u00e9\"},"
		  "\"interval\":10,\"since\":1763790000,\"quality\":\"stale\","
		  "\"age\":7,\"values\":{\"cpu_seconds_total\":1795.342405,"
		  "\"mem_rss_bytes\":1073741824,\"x_ratio\":-1e-3}}");
	OK(rec.kind == RECORD_SAMPLE && rec.quality == RECORD_STALE, "kind");
	SAME(text(rec.kind_name), "sample", "kind's name");
	OK(rec.ts == 1763800000.123 && rec.up == 864001.23 &&
		rec.interval == 10 && rec.since == 1763790000 && rec.age == 7,
	    "numbers");
	OK(rec.has == (RECORD_HAS_TS | RECORD_HAS_UP | RECORD_HAS_INTERVAL |
			  RECORD_HAS_SINCE | RECORD_HAS_AGE),
	    "what it has");
	SAME(text(rec.host), "hv07", "host");
	SAME(text(rec.source), "libvirt", "source");
	SAME(text(rec.entity), "vm", "entity");
	SAME(text(rec.id), "6695", "id");
	SAME(text(record_label(&rec, "name")), "web1", "label");
	SAME(text(record_label(&rec, "os")), "q\"\xc3\xa9", "escaped label");
	OK(record_label(&rec, "no").p == NULL && rec.nlabels == 2, "no label");
	OK(rec.nvalues == 3 && rec.values[0].number == 1795.342405 &&
		rec.values[1].number == 1073741824 &&
		rec.values[2].number == -1e-3,
	    "values");
	SAME(intern_str(names, rec.values[2].name), "x_ratio", "name");
	SAME(text(rec.values[0].text), "1795.342405",
	    "the digits as they were");
	OK(rec.nfields == 0 && rec.line.p[0] == '{', "nothing else");
}

static void
test_other_kinds(void)
{
	good("{\"v\":1,\"kind\":\"tick\",\"ts\":5}");
	OK(rec.kind == RECORD_TICK && rec.ts == 5 && rec.host.len == 0 &&
		isnan(rec.up),
	    "a tick");
	good("{\"v\":1,\"kind\":\"sweep\",\"ts\":5,\"host\":\"h\",\"source\":"
	     "\"s\",\"boot\":\"b\\u002d1\",\"seq\":7,\"ok\":true,\"deep\":"
	     "{\"a\":[1,{\"b\":null}]},\"values\":{\"took_seconds\":0.1}}");
	OK(rec.kind == RECORD_SWEEP && rec.nfields == 4 && rec.nvalues == 1,
	    "a sweep");
	SAME(text(record_field(&rec, "boot")->text), "b-1", "text of a member");
	SAME(text(record_field(&rec, "boot")->raw), "\"b\\u002d1\"", "raw");
	OK(record_field(&rec, "seq")->number == 7, "number of a member");
	OK(record_field(&rec, "ok")->text.p == NULL &&
		isnan(record_field(&rec, "ok")->number),
	    "neither");
	SAME(text(record_field(&rec, "deep")->raw), "{\"a\":[1,{\"b\":null}]}",
	    "an object as it stands");
	OK(record_field(&rec, "ts") == NULL, "known members are not fields");
	good("{\"v\":1,\"kind\":\"delivery\",\"ts\":5}");
	OK(rec.kind == RECORD_DELIVERY, "the last kind");
	good("{\"v\":1,\"kind\":\"wonder\",\"ts\":5,\"host\":\"h\"}");
	OK(rec.kind == RECORD_UNKNOWN && rec.host.len == 1 &&
		(rec.has & RECORD_NEWER_VERSION) == 0,
	    "an unknown kind");
	SAME(text(rec.kind_name), "wonder", "has a name");
	good("{\"v\":2,\"kind\":[],\"ts\":\"noon\",\"values\":null}");
	OK(rec.kind == RECORD_UNKNOWN && rec.has == RECORD_NEWER_VERSION,
	    "a newer version is not read");
	for (unsigned k = 0; k < RECORD_UNKNOWN; k++)
		OK(record_kind_of(span_of(record_kind_name(k))) == k,
		    record_kind_name(k));
	OK(record_kind_name(RECORD_UNKNOWN) == NULL, "no name for unknown");
}

static void
test_form(void)
{
	good("{\"v\":1,\"kind\":\"tick\",\"ts\":5}\r");
	OK(rec.line.len == 28, "without the CR");
	good("\xef\xbb\xbf{\"v\":1,\"kind\":\"tick\",\"ts\":5}");
	OK(rec.line.len == 28 && rec.line.p[0] == '{', "without the BOM");
	good(" \t{ \"ts\" : 5e0 , \"\\u006bind\" : \"ti\\u0063k\" , \"v\" :1.0 "
	     "} ");
	OK(rec.kind == RECORD_TICK, "any order, any space, escaped keys");
	good("{\"v\":1,\"kind\":\"a\",\"ts\":\"x\",\"ts\":3,\"kind\":\"tick\","
	     "\"n\":1,\"n\":2,\"labels\":7,\"labels\":{\"a\":1,\"b\":\"1\","
	     "\"a\":\"2\"},\"values\":{\"z\":1},\"values\":{\"p\":null,\"q\":1,"
	     "\"p\":4}}");
	OK(rec.ts == 3 && rec.kind == RECORD_TICK && rec.nfields == 1 &&
		rec.fields[0].number == 2 && rec.nlabels == 2 &&
		rec.nvalues == 2 && rec.values[0].number == 4 &&
		rec.values[1].number == 1,
	    "of two the last one counts");
	SAME(text(record_label(&rec, "a")), "2", "labels as well");
	good("{\"v\":1,\"kind\":\"tick\",\"ts\":5,\"big\":18446744073709551616,"
	     "\"tiny\":1e-400}");
	OK(record_field(&rec, "big")->number == 18446744073709551616.0 &&
		record_field(&rec, "tiny")->number == 0,
	    "beyond 2^53: a rounded real");
	good("{\"v\":1,\"kind\":\"tick\",\"ts\":5,\"s\":\"\\ud83d\\ude00 "
	     "\xf0\x9f\x98\x80 \x7f\"}");
	SAME(text(record_field(&rec, "s")->text),
	    "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \x7f", "surrogate pair");
}

static void
test_not_json(void)
{
	static const char nul[] =
	    "{\"v\":1,\"kind\":\"tick\",\"ts\":5,\"\0\":1}";
	char deep[200];

#define TICK "{\"v\":1,\"kind\":\"tick\",\"ts\":5"
	bad("", "empty line at byte 1");
	bad("  ", "empty line");
	bad("[1]", "'{' expected at byte 1");
	bad("null", "'{' expected");
	bad("{", "'\"' expected at byte 2");
	bad(TICK, "',' or '}' expected");
	bad(TICK ",}", "'\"' expected");
	bad(TICK "}}", "more behind the object");
	bad(TICK "} {}", "more behind the object");
	bad(TICK ",\"a\"}", "':' expected");
	bad(TICK ",\"a\":}", "value expected");
	bad(TICK ",\"a\":nul}", "not a value");
	bad(TICK ",\"a\":truE}", "not a value");
	bad(TICK ",\"a\":NaN}", "value expected");
	bad(TICK ",\"a\":Infinity}", "value expected");
	bad(TICK ",\"a\":1e400}", "number too large");
	bad(TICK ",\"a\":-1e400}", "number too large");
	bad(TICK ",\"a\":01}", "bad number");
	bad(TICK ",\"a\":1.}", "bad number");
	bad(TICK ",\"a\":.5}", "value expected");
	bad(TICK ",\"a\":+5}", "value expected");
	bad(TICK ",\"a\":-}", "bad number");
	bad(TICK ",\"a\":0x1}", "',' or '}' expected");
	bad(TICK ",\"a\":[1,]}", "value expected");
	bad(TICK ",\"a\":[1 2]}", "',' or ']' expected");
	bad(TICK ",\"a\":{\"b\":1]}", "',' or '}' expected");
	bad(TICK ",'a':1}", "'\"' expected");
	bad(TICK ",a:1}", "'\"' expected");
	bad(TICK ",\"a\":\"", "string without an end");
	bad(TICK ",\"a\":\"\\\"}", "string without an end");
	bad(TICK ",\"a\":\"\\", "bad escape");
	bad(TICK ",\"a\":\"\\x\"}", "bad escape");
	bad(TICK ",\"a\":\"\\u12g4\"}", "bad \\u escape");
	bad(TICK ",\"a\":\"\\u0000\"}", "NUL");
	bad(TICK ",\"\\u0000\":1}", "NUL");
	bad(TICK ",\"a\":\"\\ud800\"}", "lone surrogate");
	bad(TICK ",\"a\":\"\\ud800\\u0041\"}", "lone surrogate");
	bad(TICK ",\"a\":\"\\udc00\"}", "lone surrogate");
	bad(TICK ",\"a\":\"\t\"}", "control byte");
	bad(TICK ",\"a\":\"\x1f\"}", "control byte");
	bad(TICK ",\"a\":\"\xff\"}", "invalid UTF-8");
	bad(TICK ",\"a\":\"\xc0\x80\"}", "invalid UTF-8");
	bad(TICK ",\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8");
	bad(TICK ",\"a\":\"\xf4\x90\x80\x80\"}", "invalid UTF-8");
	bad(TICK ",\"a\":\"\xe2\x82\"}", "invalid UTF-8");
	bad(TICK ",\"a\":1\f}", "expected");
	OK(err.code == EBADMSG, "not JSON has its code");
	OK(decode(nul, sizeof(nul) - 1) == -1 && err.code == EBADMSG, "NUL");
	for (int depth = 30; depth <= 33; depth++) {
		snprintf(deep, sizeof(deep), TICK ",\"a\":%.*s%.*s}", depth,
		    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth,
		    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
		if (depth <= 31)
			good(deep);
		else
			bad(deep, "nested deeper than 32");
	}
}

static void
test_not_record(void)
{
	bad("{}", "v is missing");
	OK(err.code == EPROTO, "no record has its code");
	bad("{\"kind\":\"tick\",\"ts\":5}", "v is missing");
	bad("{\"v\":\"1\",\"kind\":\"tick\",\"ts\":5}", "v is not a version");
	bad("{\"v\":0,\"kind\":\"tick\",\"ts\":5}", "v is not a version");
	bad("{\"v\":1.5,\"kind\":\"tick\",\"ts\":5}", "v is not a version");
	bad("{\"v\":1,\"ts\":5}", "kind is missing");
	bad("{\"v\":1,\"kind\":7,\"ts\":5}", "kind is not a string");
	bad("{\"v\":1,\"kind\":\"tick\"}", "ts is missing");
	bad("{\"v\":1,\"kind\":\"tick\",\"ts\":null}", "ts is not a number");
	bad("{\"v\":1,\"kind\":\"tick\",\"ts\":1763800000123}",
	    "ts is out of range");
	bad("{\"v\":1,\"kind\":\"tick\",\"ts\":-1}", "ts is out of range");
	bad(TICK ",\"up\":\"1\"}", "up is not a number");
	bad(TICK ",\"interval\":0}", "interval is out of range");
	bad(TICK ",\"host\":1}", "host is not a string");
	bad(TICK ",\"labels\":[]}", "labels is not an object");
	bad(TICK ",\"labels\":{\"a\":1}}", "a label is not a string");
	bad(TICK ",\"values\":1}", "values is not an object");
	bad(TICK ",\"values\":{\"a\":\"1\"}}", "a is not a number");
	bad(TICK ",\"values\":{\"a\":null}}", "a is not a number");
	bad(TICK ",\"quality\":\"fine\"}", "quality is none we know");
	bad(HEAD "\"host\":\"h\"}", "source of a sample is missing");
	bad(HEAD "\"host\":\"\"," WHO "\"id\":\"\",\"values\":{}}",
	    "id of a sample is missing");
	bad(HEAD WHO "\"interval\":1}", "values of a sample is missing");
	good(HEAD WHO "\"values\":{}}");
}

/* Lines at the limits. */
static void
test_large(void)
{
	struct buf b = {0};

	buf_adds(&b, TICK ",\"values\":{");
	for (int i = 0; i < 40000; i++)
		buf_addf(&b, "%s\"m%d_bytes\":%d", i == 0 ? "" : ",", i, i);
	buf_adds(&b, "}}");
	OK(decode(b.data, b.len) == 0 && rec.nvalues == 40000 &&
		rec.values[39999].number == 39999,
	    "40,000 values");
	buf_clear(&b);
	buf_adds(&b, TICK);
	for (int i = 0; i < 257; i++)
		buf_addf(&b, ",\"field%d\":%d", i, i);
	buf_adds(&b, "}");
	OK(decode(b.data, b.len) == -1 && err.code == EPROTO,
	    "257 unknown members are too many");
	buf_clear(&b);
	buf_adds(&b, TICK ",\"labels\":{");
	for (int i = 0; i < 256; i++)
		buf_addf(&b, "%s\"l%d\":\"%d\"", i == 0 ? "" : ",", i, i);
	buf_adds(&b, "}}");
	OK(decode(b.data, b.len) == 0 && rec.nlabels == 256, "256 labels");
	buf_clear(&b);
	buf_adds(&b, TICK ",\"values\":{\"");
	for (int i = 0; i < 256; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\":1}}");
	OK(decode(b.data, b.len) == -1 && err.code == EPROTO,
	    "a name of 256 bytes is too long");
	buf_clear(&b);
	buf_adds(&b, TICK ",\"s\":\"");
	while (b.len < 1048576 - 2)
		buf_adds(&b, "\\u00e9");
	buf_adds(&b, "\"}");
	OK(decode(b.data, b.len) == 0 &&
		record_field(&rec, "s")->text.len > 340000,
	    "a megabyte of escapes");
	buf_free(&b);
}

int
main(void)
{
	names = intern_new(0);
	dec = decoder_new(names);
	test_sample();
	test_other_kinds();
	test_form();
	test_not_json();
	test_not_record();
	test_large();
	decoder_free(dec);
	decoder_free(NULL);
	intern_free(names);
	names = intern_new(2);
	dec = decoder_new(names);
	good(TICK ",\"values\":{\"a\":1,\"b\":2}}");
	bad(TICK ",\"values\":{\"a\":1,\"c\":2}}", "too many metric names");
	decoder_free(dec);
	intern_free(names);
	return tap_done();
}
