/* SPDX-License-Identifier: MIT */
/*
 * domstats: see domstats.h.  A line "Domain: 'NAME'" begins a domain, lines
 * "  FIELD=VALUE" follow it, a blank line or the next domain ends it.  virsh
 * does not escape a name, so it reaches from the first quote to the last.
 */
#include "domstats.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define SIZE_MAX_TEXT ((size_t)256 << 20) /* 16,384 domains of 16 KiB */

struct domstats {
	struct buf text;
	size_t at;
	unsigned long line;
};

static int
read_all(int fd, struct buf *b, struct nc_err *e)
{
	ssize_t n;

	while ((n = read(fd, buf_reserve(b, 65536), 65536)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "read");
		b->len += (size_t)n;
		if (b->len > SIZE_MAX_TEXT)
			return err_set(e, 0, "longer than 256 MiB");
	}
	return 0;
}

/*
 * Descriptor 0 of this process carries the rounds; the standard input of the
 * program is that of its parent.
 */
static int
open_input(const char *path)
{
	char parent[64];

	if (strcmp(path, "-") != 0)
		return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	snprintf(parent, sizeof(parent), "/proc/%ld/fd/0", (long)getppid());
	return open(parent, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

struct domstats *
domstats_text(struct span text)
{
	struct domstats *d = xcalloc(1, sizeof(*d));

	buf_add(&d->text, text.p, text.len);
	return d;
}

struct domstats *
domstats_open(const char *path, struct nc_err *e)
{
	const char *name = strcmp(path, "-") == 0 ? "<stdin>" : path;
	struct domstats *d;
	int fd, rc;

	if ((fd = open_input(path)) == -1) {
		err_sys(e, "%s", name);
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	rc = read_all(fd, &d->text, e);
	close(fd);
	if (rc == 0)
		return d;
	err_where(e, "%s", name);
	domstats_close(d);
	return NULL;
}

void
domstats_close(struct domstats *d)
{
	if (d == NULL)
		return;
	buf_free(&d->text);
	free(d);
}

void
domstats_rewind(struct domstats *d)
{
	d->at = d->line = 0;
}

bool
domstats_is_empty(const struct domstats *d)
{
	return d->text.len == 0;
}

static bool
next_line(struct domstats *d, struct span *line)
{
	const char *start = d->text.data + d->at, *end;
	size_t left = d->text.len - d->at;

	if (left == 0)
		return false;
	end = memchr(start, '\n', left);
	line->p = start;
	line->len = end != NULL ? (size_t)(end - start) : left;
	d->at += line->len + (end != NULL);
	d->line++;
	if (line->len != 0 && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool
domain_line(struct span line, struct span *name)
{
	static const char head[] = "Domain: '";
	size_t n = sizeof(head) - 1;

	if (line.len < n + 1 || memcmp(line.p, head, n) != 0 ||
	    line.p[line.len - 1] != '\'')
		return false;
	*name = (struct span){line.p + n, line.len - n - 1};
	return true;
}

static void
read_value(struct span text, struct field_value *v)
{
	uint64_t u = 0;
	size_t i;

	v->text = text;
	v->number = (double)NAN;
	for (i = 0; i < text.len && i < 19; i++) {
		unsigned c = (unsigned)(text.p[i] - '0');

		if (c > 9)
			break;
		u = u * 10 + c;
	}
	if (i != 0 && i == text.len)
		v->number = (double)u;
	else if (span_is(text, "yes"))
		v->number = 1;
	else if (span_is(text, "no"))
		v->number = 0;
	else if (!span_is(text, "18446744073709551615"))
		parse_number(text, &v->number, NULL);
}

/* The fields up to the next domain. */
static int
read_fields(struct domstats *d, struct fields *f, struct guest *g,
    struct nc_err *e)
{
	struct span line, name, other;
	struct field_value v;
	const char *eq;
	size_t position = 0, before;

	for (before = d->at; next_line(d, &line); before = d->at) {
		if (domain_line(line, &other)) {
			d->at = before;
			d->line--;
			return 1;
		}
		while (line.len != 0 && *line.p == ' ') {
			line.p++;
			line.len--;
		}
		if (line.len == 0)
			continue;
		eq = memchr(line.p, '=', line.len);
		if (eq == NULL)
			return err_set(e, 0, "line %lu: expected FIELD=VALUE",
			    d->line);
		name = (struct span){line.p, (size_t)(eq - line.p)};
		read_value((struct span){eq + 1, line.len - name.len - 1}, &v);
		fields_take(f, g, position++, name, &v);
	}
	return 1;
}

int
domstats_next(struct domstats *d, struct fields *f, struct guest *g,
    struct nc_err *e)
{
	struct span line;

	guest_clear(g);
	while (next_line(d, &line)) {
		if (domain_line(line, &g->name))
			return read_fields(d, f, g, e);
		if (str_trim(line).len != 0)
			return err_set(e, 0,
			    "line %lu: expected Domain: 'NAME', the output of "
			    "virsh domstats --raw",
			    d->line);
	}
	return 0;
}
