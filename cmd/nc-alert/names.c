/* SPDX-License-Identifier: MIT */
/* names: see names.h.  Read line by line; every fault is told. */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define NAMES_BYTES_MAX (4u << 20)

struct words {
	char **list;
	size_t count;
};

struct names {
	struct name *rows;
	size_t nrows;
	struct words hosts, ignored, families, infos;
	struct words labels; /* "ENTITY FOREIGN=OURS" */
};

static void
words_add(struct words *w, struct span s)
{
	w->list = xreallocarray(w->list, w->count + 1, sizeof(*w->list));
	w->list[w->count++] = xmemdup0(s.p, s.len);
}

static bool
words_have(const struct words *w, const char *s)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->list[i], s) == 0)
			return true;
	return false;
}

static void
words_free(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->list[i]);
	free(w->list);
}

void
names_free(struct names *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->nrows; i++) {
		free(n->rows[i].foreign);
		free(n->rows[i].label);
		free(n->rows[i].value);
		free(n->rows[i].entity);
		free(n->rows[i].metric);
	}
	free(n->rows);
	words_free(&n->hosts);
	words_free(&n->ignored);
	words_free(&n->families);
	words_free(&n->infos);
	words_free(&n->labels);
	free(n);
}

/* METRIC or METRIC{LABEL=VALUE}. */
static void
read_foreign(struct name *row, struct span s)
{
	struct span name, rest, label, value;

	str_cut(s, '{', &name, &rest);
	row->foreign = xmemdup0(name.p, name.len);
	if (rest.len == 0)
		return;
	rest.len--; /* } */
	str_cut(rest, '=', &label, &value);
	row->negated = str_ends(label, "!");
	label.len -= row->negated;
	row->label = xmemdup0(label.p, label.len);
	row->value = xmemdup0(value.p, value.len);
}

/* METRIC ENTITY NAME [* FACTOR | 1 -] */
static int
read_row(struct names *n, struct span first, struct span rest)
{
	struct span entity, metric, op, number;
	struct name row = {.factor = 1};

	if (!str_word(&rest, &entity) || !str_word(&rest, &metric))
		return -1;
	if (str_word(&rest, &op)) {
		if (!str_word(&rest, &number))
			return -1;
		if (span_is(op, "*")) {
			if (parse_number(number, &row.factor, NULL) == -1)
				return -1;
		} else if (span_is(op, "1") && span_is(number, "-"))
			row.one_less = true;
		else
			return -1;
	}
	read_foreign(&row, first);
	row.entity = xmemdup0(entity.p, entity.len);
	row.metric = xmemdup0(metric.p, metric.len);
	if ((n->nrows & (n->nrows + 1)) == 0 || n->rows == NULL)
		n->rows = xreallocarray(n->rows, 2 * (n->nrows + 1),
		    sizeof(*n->rows));
	n->rows[n->nrows++] = row;
	return 0;
}

static int
read_line(struct names *n, struct span line)
{
	struct span first, word, entity;
	struct words *to = NULL;
	struct buf b = {0};

	if (!str_word(&line, &first) || *first.p == '#')
		return 0;
	if (span_is(first, "host"))
		to = &n->hosts;
	else if (span_is(first, "ignore"))
		to = &n->ignored;
	else if (span_is(first, "family"))
		to = &n->families;
	else if (span_is(first, "info"))
		to = &n->infos;
	else if (!span_is(first, "entity"))
		return read_row(n, first, line);
	while (to != NULL && str_word(&line, &word))
		words_add(to, word);
	if (to != NULL)
		return 0;
	if (!str_word(&line, &entity))
		return -1;
	while (str_word(&line, &word)) {
		buf_clear(&b);
		buf_addf(&b, "%.*s %.*s", SPAN_ARG(entity), SPAN_ARG(word));
		words_add(&n->labels, buf_span(&b));
	}
	buf_free(&b);
	return 0;
}

struct names *
names_read(const char *path, struct diag *diag)
{
	struct names *n;
	struct buf text = {0};
	struct span rest, line;
	struct nc_err e;
	int number = 0, faults = 0;

	if (afile_read(path, NAMES_BYTES_MAX, &text, &e) == -1) {
		diag_say(diag, DIAG_ERROR, NULL, "%s", e.msg);
		return NULL;
	}
	n = xcalloc(1, sizeof(*n));
	for (rest = buf_span(&text); str_item(&rest, '\n', &line);) {
		number++;
		if (read_line(n, str_trim(line)) == 0)
			continue;
		diag_say(diag, DIAG_ERROR, path,
		    "line %d: '%.*s' here, expected METRIC ENTITY NAME", number,
		    SPAN_ARG(line));
		faults++;
	}
	buf_free(&text);
	if (faults == 0)
		return n;
	names_free(n);
	return NULL;
}

const struct name *
names_row(const struct names *n, const char *foreign, size_t i)
{
	for (size_t k = 0; k < n->nrows; k++)
		if (strcmp(n->rows[k].foreign, foreign) == 0 && i-- == 0)
			return &n->rows[k];
	return NULL;
}

bool
names_is_info(const struct names *n, const char *foreign)
{
	return words_have(&n->infos, foreign) ||
	       (str_ends(span_of(foreign), "_info") &&
		   names_row(n, foreign, 0) == NULL);
}

bool
names_is_family(const struct names *n, const char *foreign)
{
	for (size_t i = 0; i < n->families.count; i++)
		if (strncmp(foreign, n->families.list[i],
			strlen(n->families.list[i])) == 0)
			return true;
	return names_row(n, foreign, 0) != NULL;
}

bool
names_is_host(const struct names *n, const char *label)
{
	return words_have(&n->hosts, label);
}

bool
names_is_ignored(const struct names *n, const char *label)
{
	return words_have(&n->ignored, label);
}

const char *
names_label(const struct names *n, const char *entity, const char *label)
{
	size_t e = strlen(entity), l = strlen(label);

	for (size_t i = 0; i < n->labels.count; i++) {
		const char *s = n->labels.list[i];

		if (strncmp(s, entity, e) == 0 && s[e] == ' ' &&
		    strncmp(s + e + 1, label, l) == 0 && s[e + 1 + l] == '=')
			return s + e + l + 2;
	}
	return NULL;
}
