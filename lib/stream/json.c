/* SPDX-License-Identifier: MIT */
/*
 * json: jansson's door.  struct json is jansson's own value under another
 * name; nobody outside sees that.  Our rules that jansson does not have
 * (depth, NUL) are checked by scan first, which also makes its limits ours.
 */
#include "stream/json.h"

#include <assert.h>
#include <math.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "stream/number.h"
#include "stream/record.h"
#include "stream/scan.h"

static json_t *
inside(const struct json *j)
{
	union {
		const struct json *ours;
		json_t *theirs;
	} u = {.ours = j};

	return u.theirs;
}

static struct json *
outside(json_t *j)
{
	return (struct json *)(void *)j;
}

static const char *
skip_blank(const char *p, const char *end)
{
	struct scan s = {p, end, NULL};

	scan_space(&s);
	return s.p;
}

/* Where p is in text, as people count. */
static int
refuse(struct nc_err *e, const char *why, const char *text, const char *p)
{
	unsigned line = 1, column = 1;

	for (; text < p; text++) {
		column = *text == '\n' ? 1 : column + 1;
		line += *text == '\n';
	}
	return err_set(e, 0, "not JSON: %s at line %u column %u", why, line,
	    column);
}

struct json *
json_parse(struct span text, struct nc_err *e)
{
	struct buf copy = {0};
	struct scan s = {0};
	enum scan_type type;
	json_error_t why;
	json_t *j = NULL;
	double number;

	buf_reserve(&copy, text.len + RECORD_PADDING);
	buf_add(&copy, text.p, text.len);
	memset(copy.data + copy.len, 0, RECORD_PADDING);
	s.p = copy.data;
	s.end = copy.data + copy.len;
	if (!scan_value(&s, 0, &type, &number)) {
		refuse(e, s.why, copy.data, s.p);
	} else if (skip_blank(s.p, s.end) != s.end) {
		refuse(e, "more behind the value", copy.data,
		    skip_blank(s.p, s.end));
	} else {
		j = json_loadb(copy.data, copy.len,
		    JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &why);
		if (j == NULL)
			err_set(e, 0, "not JSON: %s", why.text);
	}
	buf_free(&copy);
	return outside(j);
}

void
json_free(struct json *j)
{
	json_decref(inside(j));
}

enum json_kind
json_kind(const struct json *j)
{
	switch (json_typeof(inside(j))) {
	case JSON_OBJECT:
		return JSON_KIND_OBJECT;
	case JSON_ARRAY:
		return JSON_KIND_ARRAY;
	case JSON_STRING:
		return JSON_KIND_STRING;
	case JSON_INTEGER:
	case JSON_REAL:
		return JSON_KIND_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOLEAN;
	case JSON_NULL:
		break;
	}
	return JSON_KIND_NULL;
}

const struct json *
json_member(const struct json *j, const char *key)
{
	return outside(json_object_get(inside(j), key));
}

const struct json *
json_at(const struct json *j, size_t i, struct span *key)
{
	json_t *in = inside(j);
	void *at;

	if (json_is_array(in))
		return outside(json_array_get(in, i));
	at = json_object_iter(in);
	while (at != NULL && i-- > 0)
		at = json_object_iter_next(in, at);
	if (at == NULL)
		return NULL;
	if (key != NULL)
		*key = span_of(json_object_iter_key(at));
	return outside(json_object_iter_value(at));
}

size_t
json_count(const struct json *j)
{
	return json_is_array(inside(j)) ? json_array_size(inside(j))
					: json_object_size(inside(j));
}

struct span
json_text(const struct json *j, struct span otherwise)
{
	if (!json_is_string(inside(j)))
		return otherwise;
	return (struct span){json_string_value(inside(j)),
	    json_string_length(inside(j))};
}

double
json_number(const struct json *j, double otherwise)
{
	return json_is_number(inside(j)) ? json_number_value(inside(j))
					 : otherwise;
}

bool
json_truth(const struct json *j, bool otherwise)
{
	return json_is_boolean(inside(j)) ? json_is_true(inside(j)) : otherwise;
}

struct json *
json_new(enum json_kind kind)
{
	json_t *j = kind == JSON_KIND_OBJECT  ? json_object()
		    : kind == JSON_KIND_ARRAY ? json_array()
					      : json_null();

	assert(j != NULL);
	return outside(j);
}

struct json *
json_new_text(struct span s)
{
	struct buf b = {0};
	json_t *j;

	utf8_repair(&b, s);
	j = json_stringn(b.data != NULL ? b.data : "", b.len);
	buf_free(&b);
	assert(j != NULL);
	return outside(j);
}

struct json *
json_new_number(double v)
{
	json_t *j = json_real(v);

	assert(j != NULL);
	return outside(j);
}

struct json *
json_new_boolean(bool v)
{
	return outside(json_boolean(v));
}

void
json_set(struct json *object, const char *key, struct json *v)
{
	int rc = v == NULL
		     ? 0
		     : json_object_set_new(inside(object), key, inside(v));

	assert(rc == 0);
	(void)rc;
}

void
json_append(struct json *array, struct json *v)
{
	int rc = v == NULL ? 0
			   : json_array_append_new(inside(array), inside(v));

	assert(rc == 0);
	(void)rc;
}

static void
dump_scalar(json_t *j, struct buf *b)
{
	char *text;

	if (json_is_number(j)) {
		b->len += number_format(json_number_value(j),
		    buf_reserve(b, NUMBER_TEXT));
		b->data[b->len] = '\0';
		return;
	}
	text = json_dumps(j, JSON_ENCODE_ANY);
	assert(text != NULL);
	buf_adds(b, text);
	free(text);
}

static void
dump_key(const char *key, struct buf *b)
{
	json_t *j = json_string(key);

	assert(j != NULL);
	dump_scalar(j, b);
	buf_addc(b, ':');
	json_decref(j);
}

void
json_dump(const struct json *value, struct buf *b)
{
	json_t *j = inside(value), *v;
	const char *key, *between = "";
	size_t i;

	if (json_is_object(j)) {
		buf_addc(b, '{');
		json_object_foreach(j, key, v)
		{
			buf_adds(b, between);
			dump_key(key, b);
			json_dump(outside(v), b);
			between = ",";
		}
		buf_addc(b, '}');
	} else if (json_is_array(j)) {
		buf_addc(b, '[');
		json_array_foreach(j, i, v)
		{
			buf_adds(b, between);
			json_dump(outside(v), b);
			between = ",";
		}
		buf_addc(b, ']');
	} else {
		dump_scalar(j, b);
	}
}
