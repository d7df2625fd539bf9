/* SPDX-License-Identifier: MIT */
/* edges: a file of them is read at the start, whole or not at all. */
#include "edges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/str.h"
#include "match.h"

#define FILE_BYTES ((size_t)1 << 22)
#define EDGES_MAX 10000

static int
read_edge(struct edges *to, struct span line, struct nc_err *e)
{
	struct span left = line, right;
	const char *arrow = memmem(line.p, line.len, "->", 2);
	struct selector *a, *b;

	if (arrow == NULL)
		return err_set(e, 0, "expected SELECTOR -> SELECTOR");
	if (to->n == EDGES_MAX)
		return err_set(e, 0, "more than %d lines", EDGES_MAX);
	left.len = (size_t)(arrow - line.p);
	right = (struct span){arrow + 2, line.len - left.len - 2};
	if ((a = selector_parse(str_trim(left), e)) == NULL)
		return -1;
	if ((b = selector_parse(str_trim(right), e)) == NULL) {
		selector_free(a);
		return -1;
	}
	to->from = xreallocarray(to->from, to->n + 1, sizeof(a));
	to->on = xreallocarray(to->on, to->n + 1, sizeof(b));
	to->from[to->n] = a;
	to->on[to->n++] = b;
	return 0;
}

/* Up to a # at its begin or behind a blank. */
static struct span
without_comment(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '#' &&
		    (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			s.len = i;
	return str_trim(s);
}

int
edges_read(struct edges *to, const char *path, struct diag *d)
{
	struct buf text = {0};
	struct span rest, line;
	struct nc_err e;
	char where[512];
	unsigned long number = 0;
	int rc = 0;

	if (afile_read(path, FILE_BYTES, &text, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		rc = -1;
	}
	for (rest = buf_span(&text); rc == 0 && str_item(&rest, '\n', &line);) {
		number++;
		line = without_comment(line);
		if (line.len == 0 || read_edge(to, line, &e) == 0)
			continue;
		snprintf(where, sizeof(where), "%s:%lu", path, number);
		diag_say(d, DIAG_ERROR, where, "%s", e.msg);
		rc = -1;
	}
	buf_free(&text);
	return rc;
}

void
edges_free(struct edges *e)
{
	for (size_t i = 0; i < e->n; i++) {
		selector_free(e->from[i]);
		selector_free(e->on[i]);
	}
	free(e->from);
	free(e->on);
}

bool
edges_from(const struct edges *e, size_t i, const struct series_entity *n)
{
	return match_entity(e->from[i], n);
}

bool
edges_on(const struct edges *e, size_t i, const struct series_entity *n)
{
	return match_entity(e->on[i], n);
}
