/* SPDX-License-Identifier: MIT */
/*
 * keyed: kernel files of named numbers, read through a learnt layout.
 * Never allocates, never reports: a key that is not there is not measured.
 */
#include "keyed.h"

#include <string.h>

#include "scan.h"

/* The length of the key at p when it is row's, else 0. */
static size_t
key_match(const char *p, const char *key)
{
	size_t len = strlen(key), word;

	if (len > 0 && key[len - 1] == '*') {
		if (strncmp(p, key, len - 1) != 0)
			return 0;
		word = strcspn(p, ": \t\n");
		return word;
	}
	if (strncmp(p, key, len) != 0)
		return 0;
	return p[len] == ':' || p[len] == ' ' || p[len] == '\t' ? len : 0;
}

static int16_t
find_row(const struct keyed_row *rows, const char *p)
{
	int16_t i;

	for (i = 0; rows[i].key != NULL; i++)
		if (key_match(p, rows[i].key) != 0)
			return i;
	return -1;
}

static void
learn_lines(struct keyed *k, const char *text)
{
	const char *p;

	k->nlines = 0;
	for (p = text; *p != '\0' && k->nlines < KEYED_LINES; p = scan_line(p))
		k->row[k->nlines++] = find_row(k->rows, p);
	/* Unwanted lines at the end need not be walked. */
	while (!k->whole && k->nlines > 0 && k->row[k->nlines - 1] == -1)
		k->nlines--;
	k->learnt = true;
}

static void
add(struct keyed_numbers *n, unsigned out, uint64_t v)
{
	n->v[out] = keyed_has(n, out) ? n->v[out] + v : v;
	n->seen |= UINT64_C(1) << out;
}

/* false: the layout is not the one learnt. */
static bool
lines_once(const struct keyed *k, const char *text, struct keyed_numbers *n)
{
	const struct keyed_row *row;
	const char *p = text;
	uint64_t v;
	size_t i, len;

	n->seen = 0;
	for (i = 0; i < k->nlines; i++, p = scan_line(p)) {
		if (*p == '\0')
			return false;
		if (k->row[i] == -1)
			continue;
		row = &k->rows[k->row[i]];
		if ((len = key_match(p, row->key)) == 0)
			return false;
		p += len;
		if (scan_u64(*p == ':' ? p + 1 : p, &v) != NULL)
			add(n, row->out, v);
	}
	return !k->whole || *p == '\0' || k->nlines == KEYED_LINES;
}

void
keyed_lines(struct keyed *k, const char *text, struct keyed_numbers *n)
{
	if (k->learnt && lines_once(k, text, n))
		return;
	learn_lines(k, text);
	if (!lines_once(k, text, n))
		n->seen = 0;
}

/* "Tcp:RetransSegs" against the header's "Tcp" and the name at word. */
static bool
pair_match(const char *key, const char *head, size_t headlen, const char *word,
    size_t len)
{
	return strncmp(key, head, headlen) == 0 && key[headlen] == ':' &&
	       strncmp(key + headlen + 1, word, len) == 0 &&
	       key[headlen + 1 + len] == '\0';
}

/* The columns of one header line that are wanted. */
static void
learn_header(struct keyed *k, const char *line, uint16_t pair)
{
	size_t headlen = strcspn(line, ":\n"), len;
	const char *p = line + headlen;
	struct keyed_column *c;
	uint16_t column;
	int16_t i;

	if (*p == ':')
		p++;
	for (column = 0; (len = scan_word(p = scan_blank(p))) > 0; column++) {
		for (i = 0; k->rows[i].key != NULL; i++) {
			if (!pair_match(k->rows[i].key, line, headlen, p, len))
				continue;
			if (k->nlines == KEYED_OUT || p - line > UINT16_MAX)
				return;
			c = &k->column[k->nlines++];
			*c = (struct keyed_column){pair, column,
			    (uint16_t)(p - line), i};
		}
		p += len;
	}
}

static void
learn_pairs(struct keyed *k, const char *text)
{
	const char *p;
	uint16_t pair = 0;

	k->nlines = 0;
	for (p = text; *p != '\0'; p = scan_line(scan_line(p)))
		learn_header(k, p, pair++);
	k->learnt = true;
}

static const char *
skip_words(const char *p, uint16_t count)
{
	for (; count > 0; count--) {
		p = scan_blank(p);
		p += scan_word(p);
	}
	return p;
}

/* One header and its values: the columns from *c on.  false: changed. */
static bool
pair_once(const struct keyed *k, const char *header, const char *values,
    uint16_t pair, size_t *c, struct keyed_numbers *n)
{
	const struct keyed_column *col;
	const char *key, *p = values;
	uint16_t at = 0;
	int64_t v;
	size_t len;

	p += strcspn(p, ":\n");
	if (*p == ':')
		p++;
	for (; *c < k->nlines && k->column[*c].pair == pair; (*c)++) {
		col = &k->column[*c];
		key = strchr(k->rows[col->row].key, ':') + 1;
		len = strlen(key);
		if (col->offset + len > (size_t)(values - header) ||
		    strncmp(header + col->offset, key, len) != 0)
			return false;
		p = skip_words(p, (uint16_t)(col->column - at));
		at = col->column;
		if (scan_i64(p, &v) != NULL)
			add(n, k->rows[col->row].out, (uint64_t)v);
	}
	return true;
}

static bool
pairs_once(const struct keyed *k, const char *text, struct keyed_numbers *n)
{
	const char *p, *values;
	uint16_t pair = 0;
	size_t c = 0;

	n->seen = 0;
	for (p = text; *p != '\0' && c < k->nlines; p = scan_line(values)) {
		values = scan_line(p);
		if (!pair_once(k, p, values, pair++, &c, n))
			return false;
	}
	return c == k->nlines;
}

void
keyed_pairs(struct keyed *k, const char *text, struct keyed_numbers *n)
{
	if (k->learnt && pairs_once(k, text, n))
		return;
	learn_pairs(k, text);
	if (!pairs_once(k, text, n))
		n->seen = 0;
}
