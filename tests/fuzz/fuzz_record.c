/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the decoder beside jansson, and beside itself.  Each line is
 * read three times by a decoder that remembers and once by one that cannot;
 * all must agree to the bit.  What it accepts jansson accepts, with the same
 * content.  What it refuses as not JSON jansson refuses too, but for these,
 * the only intended differences:
 *   1. nesting beyond 32 levels (jansson: 2,048);
 *   2. a line that is no object (jansson takes an array as well);
 *   3. a NUL byte (jansson 2.14 overlooks one right behind a number);
 *   4. a BOM at the front of a line (jansson refuses it; input has it off).
 * jansson is told to read whole numbers as reals, else it refuses those
 * beyond 64 bits, which we round.  NC_FUZZ_COUNTS=1 prints what was counted.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "stream/record.h"

#define LINE_MAX_FUZZ 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	unsigned long lines, both_accept, both_refuse, not_record, deep,
	    not_object, nul, bom, plain_refuses;
} counts;

static void
print_counts(void)
{
	printf("# lines %lu: both accept %lu, both refuse %lu, JSON but no "
	       "record %lu\n",
	    counts.lines, counts.both_accept, counts.both_refuse,
	    counts.not_record);
	printf("# only jansson accepts: deeper than 32 levels %lu, not an "
	       "object %lu, NUL %lu\n",
	    counts.deep, counts.not_object, counts.nul);
	printf("# only we accept: BOM %lu; whole numbers beyond 64 bits %lu\n",
	    counts.bom, counts.plain_refuses);
}

#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "not so: %s\n", #cond); \
			abort(); \
		} \
	} while (0)

static unsigned
depth_of(json_t *j)
{
	unsigned deepest = 0, d;
	const char *key;
	json_t *v;
	size_t i;

	json_object_foreach(j, key, v)
	{
		if ((d = depth_of(v)) > deepest)
			deepest = d;
	}
	json_array_foreach(j, i, v)
	{
		if ((d = depth_of(v)) > deepest)
			deepest = d;
	}
	return json_is_object(j) || json_is_array(j) ? deepest + 1 : 0;
}

static int
same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static int
same_span(struct span a, struct span b)
{
	return span_equal(a, b);
}

static int
same_record(const struct record *a, const struct record *b)
{
	if (a->kind != b->kind || a->quality != b->quality ||
	    a->has != b->has || !same_number(a->ts, b->ts) ||
	    !same_number(a->up, b->up) ||
	    !same_number(a->interval, b->interval) ||
	    !same_number(a->since, b->since) || !same_number(a->age, b->age))
		return 0;
	if (!same_span(a->kind_name, b->kind_name) ||
	    !same_span(a->host, b->host) || !same_span(a->source, b->source) ||
	    !same_span(a->entity, b->entity) || !same_span(a->id, b->id) ||
	    a->nlabels != b->nlabels || a->nvalues != b->nvalues ||
	    a->nfields != b->nfields)
		return 0;
	for (size_t i = 0; i < a->nlabels; i++) {
		if (!same_span(a->labels[i].key, b->labels[i].key) ||
		    !same_span(a->labels[i].value, b->labels[i].value))
			return 0;
	}
	for (size_t i = 0; i < a->nvalues; i++) {
		if (a->values[i].name != b->values[i].name ||
		    a->values[i].number != b->values[i].number ||
		    !same_span(a->values[i].text, b->values[i].text))
			return 0;
	}
	return same_span(a->line, b->line);
}

static int
is_text(json_t *j, struct span s)
{
	return json_is_string(j) && json_string_length(j) == s.len &&
	       (s.len == 0 || memcmp(json_string_value(j), s.p, s.len) == 0);
}

static json_t *
member(json_t *j, struct span key)
{
	char name[300];

	snprintf(name, sizeof(name), "%.*s", SPAN_ARG(key));
	return json_object_get(j, name);
}

static int
has_number(json_t *j, const char *key, double v)
{
	json_t *m = json_object_get(j, key);

	return m == NULL ? isnan(v) : json_number_value(m) == v;
}

static void
compare_content(const struct intern *names, const struct record *r, json_t *j)
{
	json_t *labels = json_object_get(j, "labels");
	json_t *values = json_object_get(j, "values");

	if ((r->has & RECORD_NEWER_VERSION) != 0)
		return;
	MUST(has_number(j, "ts", r->ts) && has_number(j, "up", r->up) &&
	     has_number(j, "interval", r->interval) &&
	     has_number(j, "since", r->since) && has_number(j, "age", r->age));
	MUST(is_text(json_object_get(j, "kind"), r->kind_name));
	MUST(r->host.p == NULL || is_text(json_object_get(j, "host"), r->host));
	MUST(r->id.p == NULL || is_text(json_object_get(j, "id"), r->id));
	MUST(r->nlabels == json_object_size(labels));
	for (size_t i = 0; i < r->nlabels; i++) {
		if (r->labels[i].key.len < 300)
			MUST(is_text(member(labels, r->labels[i].key),
			    r->labels[i].value));
	}
	MUST(r->nvalues == json_object_size(values));
	for (size_t i = 0; i < r->nvalues; i++)
		MUST(json_number_value(json_object_get(values,
			 intern_str(names, r->values[i].name))) ==
		     r->values[i].number);
}

static void
refused(const struct nc_err *e, json_t *j, struct span line)
{
	MUST(e->msg[0] != '\0');
	if (e->code == EPROTO) {
		MUST(json_is_object(j));
		counts.not_record++;
		return;
	}
	MUST(e->code == EBADMSG);
	if (j == NULL)
		counts.both_refuse++;
	else if (depth_of(j) > 32)
		counts.deep++;
	else if (memchr(line.p, '\0', line.len) != NULL)
		counts.nul++;
	else {
		MUST(!json_is_object(j));
		counts.not_object++;
	}
}

static void
one_line(struct intern *names, struct decoder *kept, const char *line,
    size_t len)
{
	struct decoder *fresh = decoder_new(names);
	struct nc_err e = {0}, again = {0};
	struct record r, s;
	json_t *j, *plain;
	int bom = len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0;
	int rc = decoder_line(fresh, line, len, &r, &e);

	counts.lines++;
	for (int i = 0; i < 3; i++) {
		MUST(decoder_line(kept, line, len, &s, &again) == rc);
		MUST(rc == 0 ? same_record(&r, &s)
			     : strcmp(e.msg, again.msg) == 0);
	}
	counts.bom += bom && rc == 0;
	j = json_loadb(line + 3 * bom, len - 3 * (size_t)bom,
	    JSON_DECODE_INT_AS_REAL, NULL);
	if (rc == 0) {
		MUST(json_is_object(j));
		counts.both_accept++;
		compare_content(names, &r, j);
		plain = json_loadb(line + 3 * bom, len - 3 * (size_t)bom, 0,
		    NULL);
		counts.plain_refuses += plain == NULL;
		json_decref(plain);
	} else {
		refused(&e, j, (struct span){line, len});
	}
	json_decref(j);
	decoder_free(fresh);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int counting;
	const char *p = (const char *)data, *end = p + size, *lf;
	struct intern *names = intern_new(5000);
	struct decoder *kept = decoder_new(names);

	if (!counting++ && getenv("NC_FUZZ_COUNTS") != NULL)
		atexit(print_counts);
	for (; p < end && size <= LINE_MAX_FUZZ; p = lf + 1) {
		char *copy;
		size_t len;

		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		len = (size_t)(lf - p);
		if ((copy = malloc(len + RECORD_PADDING)) == NULL)
			abort();
		if (len != 0)
			memcpy(copy, p, len);
		/* Whatever stands behind a line must not matter. */
		memset(copy + len, "7}\",."[len % 5], RECORD_PADDING);
		one_line(names, kept, copy, len);
		free(copy);
	}
	decoder_free(kept);
	intern_free(names);
	return 0;
}
