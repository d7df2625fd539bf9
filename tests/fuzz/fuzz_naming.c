/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of naming and of the roster's lines: what goes out comes back,
 * whatever the bytes, and no part of a path can lead out of its folder.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rrd/flushline.h"
#include "rrd/naming.h"
#include "rrd/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_part(struct span s)
{
	struct buf part = {0}, back = {0}, again = {0};

	naming_part(s, &part);
	assert(part.len != 0 && part.len <= NAMING_PART_MAX);
	assert(strpbrk(part.data, "/ABCXYZ") == NULL && part.data[0] != '.');
	if (naming_unpart(buf_span(&part), &back))
		assert(span_equal(buf_span(&back), s));
	else
		assert(strstr(part.data, "%%") != NULL);
	/* And what can be read as a part is written as that part. */
	buf_clear(&back);
	if (naming_unpart(s, &back)) {
		naming_part(buf_span(&back), &again);
		assert(again.len > NAMING_PART_MAX - 8 ||
		       strstr(again.data, "%%") != NULL ||
		       span_equal(buf_span(&again), s));
	}
	buf_free(&part);
	buf_free(&back);
	buf_free(&again);
}

static void
check_source(struct span s)
{
	char ds[NAMING_DS_SIZE];

	naming_ds(s, 0, ds);
	assert(strlen(ds) != 0 && strlen(ds) < NAMING_DS_SIZE);
	for (const char *p = ds; *p != '\0'; p++)
		assert(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			      "WXYZ0123456789_-",
			   *p) != NULL);
	assert(!naming_ds_plain(ds) || span_is(s, ds));
}

/* Any line either is refused or comes out as it went in. */
static void
check_line(struct span s)
{
	struct roster_entry *n = calloc(1, sizeof(*n)), *m;
	struct buf b = {0}, c = {0};

	if (n != NULL && roster_parse(s, n) == 0) {
		roster_format(n, &b);
		m = calloc(1, sizeof(*m));
		assert(m != NULL && roster_parse(buf_span(&b), m) == 0);
		roster_format(m, &c);
		assert(span_equal(buf_span(&b), buf_span(&c)));
		roster_entry_free(m);
	}
	roster_entry_free(n);
	buf_free(&b);
	buf_free(&c);
}

/* The bytes as every field of an entry. */
static void
check_entry(struct span s)
{
	char *text = malloc(s.len + 1);
	struct roster_entry n = {.number = 3, .step = 10, .interval = 1};
	struct roster_entry *m = calloc(1, sizeof(*m));
	struct record_label label;
	struct store_key key;
	struct flushline f;
	struct buf b = {0};

	if (text == NULL || m == NULL)
		abort();
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	n.host = n.source = n.entity = n.id = text;
	label.key = label.value = span_of(text);
	n.labels = &label;
	n.nlabels = 1;
	n.metrics = &text;
	n.nmetrics = *text != '\0';
	roster_format(&n, &b);
	assert(memchr(b.data, '\n', b.len) == NULL);
	assert(roster_parse(buf_span(&b), m) == 0);
	assert(strcmp(m->id, text) == 0 && m->nmetrics == n.nmetrics);
	assert(span_is(m->labels[0].value, text));
	roster_entry_free(m);

	key = (struct store_key){label.key, label.key, label.key, s};
	buf_clear(&b);
	flushline_format(&key, &b);
	b.len--;
	assert(memchr(b.data, '\n', b.len) == NULL);
	assert(flushline_parse(buf_span(&b), &f) == 0);
	assert(span_equal(f.key.id, s) && span_equal(f.key.host, label.key));
	flushline_free(&f);
	if (flushline_parse(s, &f) == 0)
		flushline_free(&f);
	buf_free(&b);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = {(const char *)data, size};

	check_part(s);
	check_source(s);
	check_line(s);
	check_entry(s);
	return 0;
}
