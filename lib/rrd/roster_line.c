/* SPDX-License-Identifier: MIT */
/*
 * roster_line: one entry as a line and back.  Fields are parted by tabs:
 * checksum (CRC-32C of the rest, 8 digits), number, then "gone" or step,
 * interval, first, host, source, entity, id, labels (k=v,k=v), metrics.  In
 * the fields "%", ",", "=" and control bytes are %xx.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "rrd/roster.h"
#include "rrd/sum.h"
#include "stream/number.h"

#define SUM_DIGITS 8
#define LABELS_MAX 256
#define METRICS_MAX 4096

static void
add_text(struct buf *b, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < ' ' || c == '%' || c == ',' || c == '=' || c == 127)
			buf_addf(b, "%%%02x", c);
		else
			buf_addc(b, (char)c);
	}
}

static void
add_number(struct buf *b, double v)
{
	char text[NUMBER_TEXT];

	if (isfinite(v))
		buf_add(b, text, number_format(v, text));
}

static void
add_list(struct buf *b, const struct roster_entry *n)
{
	for (size_t i = 0; i < n->nlabels; i++) {
		if (i != 0)
			buf_addc(b, ',');
		add_text(b, n->labels[i].key.p, n->labels[i].key.len);
		buf_addc(b, '=');
		add_text(b, n->labels[i].value.p, n->labels[i].value.len);
	}
	buf_addc(b, '\t');
	for (size_t i = 0; i < n->nmetrics; i++) {
		if (i != 0)
			buf_addc(b, ',');
		add_text(b, n->metrics[i], strlen(n->metrics[i]));
	}
}

void
roster_format(const struct roster_entry *n, struct buf *b)
{
	const char *names[] = {n->host, n->source, n->entity, n->id};
	size_t start = b->len;
	char sum[SUM_DIGITS + 1];

	buf_adds(b, "00000000");
	buf_addf(b, "\t%u\t", n->number);
	if (n->host == NULL) {
		buf_adds(b, "gone");
	} else {
		buf_addf(b, "%lu\t", n->step);
		add_number(b, n->interval);
		buf_addc(b, '\t');
		add_number(b, n->first);
		for (size_t i = 0; i < 4; i++) {
			buf_addc(b, '\t');
			add_text(b, names[i], strlen(names[i]));
		}
		buf_addc(b, '\t');
		add_list(b, n);
	}
	snprintf(sum, sizeof(sum), "%08x",
	    sum_crc32c(0, b->data + start + SUM_DIGITS,
		b->len - start - SUM_DIGITS));
	memcpy(b->data + start, sum, SUM_DIGITS);
}

/* Owned; NULL when an escape is none, or a NUL. */
static char *
read_text(struct span s)
{
	struct buf b = {0};
	char hex[3] = {0};
	char *end;
	long v;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%') {
			buf_addc(&b, s.p[i]);
			continue;
		}
		v = 0;
		end = hex;
		if (s.len - i > 2) {
			memcpy(hex, s.p + i + 1, 2);
			v = strtol(hex, &end, 16);
		}
		if (end != hex + 2 || v <= 0) {
			buf_free(&b);
			return NULL;
		}
		buf_addc(&b, (char)v);
		i += 2;
	}
	if (b.len != 0 && memchr(b.data, '\0', b.len) != NULL) {
		buf_free(&b);
		return NULL;
	}
	return buf_take(&b);
}

static bool
read_number(struct span s, double *v)
{
	*v = (double)NAN;
	return s.len == 0 || parse_number(s, v, NULL) == 0;
}

static bool
read_labels(struct span list, struct roster_entry *n)
{
	struct record_label got[LABELS_MAX];
	size_t count = 0;
	struct span item, key, value;
	bool good = true;

	if (list.len == 0)
		return true;
	while (good && str_item(&list, ',', &item)) {
		char *k, *v;

		if (count == LABELS_MAX || !str_cut(item, '=', &key, &value))
			return false;
		k = read_text(key);
		v = read_text(value);
		good = k != NULL && v != NULL;
		if (good) {
			got[count].key = span_of(k);
			got[count++].value = span_of(v);
		} else {
			free(k);
			free(v);
		}
	}
	roster_set_labels(n, got, good ? count : 0);
	for (size_t i = 0; i < count; i++) {
		free((void *)(uintptr_t)got[i].key.p);
		free((void *)(uintptr_t)got[i].value.p);
	}
	return good;
}

static bool
read_metrics(struct span list, struct roster_entry *n)
{
	struct span item;
	char *name;

	if (list.len == 0)
		return true;
	while (str_item(&list, ',', &item)) {
		if (n->nmetrics == METRICS_MAX ||
		    (name = read_text(item)) == NULL)
			return false;
		roster_add_metric(n, span_of(name));
		free(name);
	}
	return true;
}

static bool
read_fields(struct span rest, struct roster_entry *n)
{
	char **names[] = {&n->host, &n->source, &n->entity, &n->id};
	struct span f;
	uint64_t step;

	if (!str_cut(rest, '\t', &f, &rest) ||
	    parse_unsigned(f, UINT32_MAX, &step, NULL) == -1 || step == 0)
		return false;
	n->step = (unsigned long)step;
	if (!str_cut(rest, '\t', &f, &rest) || !read_number(f, &n->interval) ||
	    !str_cut(rest, '\t', &f, &rest) || !read_number(f, &n->first))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!str_cut(rest, '\t', &f, &rest) ||
		    (*names[i] = read_text(f)) == NULL)
			return false;
	return str_cut(rest, '\t', &f, &rest) && read_labels(f, n) &&
	       read_metrics(rest, n);
}

int
roster_parse(struct span line, struct roster_entry *n)
{
	char sum[SUM_DIGITS + 1];
	struct span f, rest;
	uint64_t number;

	if (line.len <= SUM_DIGITS + 1 || line.p[SUM_DIGITS] != '\t')
		return -1;
	snprintf(sum, sizeof(sum), "%08x",
	    sum_crc32c(0, line.p + SUM_DIGITS, line.len - SUM_DIGITS));
	if (memcmp(sum, line.p, SUM_DIGITS) != 0)
		return -1;
	rest = (struct span){line.p + SUM_DIGITS + 1,
	    line.len - SUM_DIGITS - 1};
	if (!str_cut(rest, '\t', &f, &rest) ||
	    parse_unsigned(f, UINT32_MAX, &number, NULL) == -1)
		return -1;
	n->number = (uint32_t)number;
	if (span_is(rest, "gone"))
		return 1;
	return read_fields(rest, n) ? 0 : -1;
}
