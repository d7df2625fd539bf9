/* SPDX-License-Identifier: MIT */
/*
 * json: JSON that is not a record (API bodies, tests): a tree through
 * jansson, under the same rules as the decoder of records.  The one place
 * that knows jansson.  Never prints.
 */
#ifndef NC_STREAM_JSON_H
#define NC_STREAM_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* A value; those inside it are borrowed from it. */
struct json;

enum json_kind {
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
	JSON_KIND_STRING,
	JSON_KIND_NUMBER,
	JSON_KIND_BOOLEAN,
	JSON_KIND_NULL
};

/*
 * Any value.  The decoder's rules: strict, 32 levels, no NUL, whole numbers
 * beyond 2^53 are rounded, of two members the last counts.  NULL with "why at
 * line L column C" in *e.  Owned: json_free().
 */
struct json *json_parse(struct span text, struct nc_err *e);
void json_free(struct json *j); /* NULL is fine */

enum json_kind json_kind(const struct json *j);
/* Of an object; NULL when there is none, or j is no object or NULL: so one
 * can ask deep.  Borrowed. */
const struct json *json_member(const struct json *j, const char *key);
/* Of an array or object, in their order; NULL behind the last. */
const struct json *json_at(const struct json *j, size_t i, struct span *key);
size_t json_count(const struct json *j);
/* What j is, or the second argument when it is something else or NULL. */
struct span json_text(const struct json *j, struct span otherwise);
double json_number(const struct json *j, double otherwise);
bool json_truth(const struct json *j, bool otherwise);

/* New values, owned.  Text is made valid UTF-8; a number must be finite. */
struct json *json_new(enum json_kind kind); /* object, array or null */
struct json *json_new_text(struct span s);
struct json *json_new_number(double v);
struct json *json_new_boolean(bool v);
/* Both take v, which may be NULL: nothing happens. */
void json_set(struct json *object, const char *key, struct json *v);
void json_append(struct json *array, struct json *v);
/* Appends the text of j, without spaces, members in their order, numbers as
 * frame_format() writes them. */
void json_dump(const struct json *j, struct buf *b);

#endif
