/* SPDX-License-Identifier: MIT */
/* Unit tests of json. */
#include "stream/json.h"

#include "tap.h"

static struct nc_err err;

static const char *
again(const char *text)
{
	static struct buf b;
	struct json *j = json_parse(span_of(text), &err);

	buf_clear(&b);
	if (j == NULL)
		return err.msg;
	json_dump(j, &b);
	json_free(j);
	return b.data;
}

static void
test_texts(void)
{
	SAME(again(" {\"b\" : [1, 2.50, true, null], \"a\":{} } "),
	    "{\"b\":[1,2.5,true,null],\"a\":{}}", "order kept, no spaces");
	SAME(again("\"q\\\"\\u00e9\\n\""), "\"q\\\"\xc3\xa9\\n\"", "a string");
	SAME(again("[1e2,-0.1,9007199254740993,18446744073709551616]"),
	    "[100,-0.1,9007199254740992,1.8446744073709552e19]", "numbers");
	SAME(again("{\"a\":1,\"b\":2,\"a\":3}"), "{\"a\":3,\"b\":2}",
	    "the last one counts");
	SAME(again("{\"a\":\n[1,}"),
	    "not JSON: value expected at line 2 "
	    "column 4",
	    "where it is bad");
	SAME(again("[1] x"),
	    "not JSON: more behind the value at line 1 "
	    "column 5",
	    "more behind it");
	SAME(again(""), "not JSON: value expected at line 1 column 1",
	    "nothing");
	SAME(again("\"\\u0000\""),
	    "not JSON: NUL in a string at line 1 "
	    "column 4",
	    "NUL");
	SAME(again("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]"
		   "]]]]]]]]]"),
	    "not JSON: nested deeper than 32 at line 1 column 34", "depth");
}

static void
test_reading(void)
{
	struct json *j = json_parse(span_of("{\"s\":\"x\",\"n\":2.5,\"t\":true,"
					    "\"a\":[1,2,3],\"z\":null}"),
	    &err);
	const struct span no = {"-", 1};
	struct span key;
	int good = 1;

	OK(json_kind(j) == JSON_KIND_OBJECT && json_count(j) == 5, "object");
	OK(span_is(json_text(json_member(j, "s"), no), "x"), "text");
	OK(span_is(json_text(json_member(j, "n"), no), "-"), "is no text");
	OK(json_number(json_member(j, "n"), 0) == 2.5, "number");
	OK(json_number(json_member(j, "s"), 7) == 7, "is no number");
	OK(json_truth(json_member(j, "t"), false), "boolean");
	OK(json_truth(json_member(j, "x"), true), "is not there");
	OK(json_member(json_member(j, "s"), "deep") == NULL, "asked deep");
	OK(json_count(json_member(j, "a")) == 3, "array");
	OK(json_number(json_at(json_member(j, "a"), 2, NULL), 0) == 3,
	    "its last");
	OK(json_at(json_member(j, "a"), 3, NULL) == NULL, "behind its last");
	for (size_t i = 0; i < 5; i++)
		good &= json_at(j, i, &key) != NULL && key.len == 1 &&
			key.p[0] == "sntaz"[i];
	OK(good && json_at(j, 5, &key) == NULL, "members in order");
	OK(json_kind(json_member(j, "z")) == JSON_KIND_NULL &&
		json_kind(json_member(j, "a")) == JSON_KIND_ARRAY &&
		json_kind(json_member(j, "s")) == JSON_KIND_STRING &&
		json_kind(json_member(j, "n")) == JSON_KIND_NUMBER &&
		json_kind(json_member(j, "t")) == JSON_KIND_BOOLEAN,
	    "kinds");
	json_free(j);
	json_free(NULL);
}

static void
test_building(void)
{
	struct json *j = json_new(JSON_KIND_OBJECT);
	struct json *a = json_new(JSON_KIND_ARRAY);
	struct buf b = {0};

	json_append(a, json_new_number(0.1));
	json_append(a, json_new(JSON_KIND_NULL));
	json_append(a, NULL);
	json_set(j, "t", json_new_text(span_of("bad \xff text")));
	json_set(j, "k\"ey", json_new_boolean(false));
	json_set(j, "a", a);
	json_set(j, "none", NULL);
	json_dump(j, &b);
	SAME(b.data,
	    "{\"t\":\"bad \xef\xbf\xbd text\",\"k\\\"ey\":false,"
	    "\"a\":[0.1,null]}",
	    "built");
	json_free(j);
	buf_free(&b);
}

int
main(void)
{
	test_texts();
	test_reading();
	test_building();
	return tap_done();
}
