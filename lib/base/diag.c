/* SPDX-License-Identifier: MIT */
/*
 * diag: lines for the operator, one write(2) each, so that several programs
 * on one terminal do not mix.  Never fails: there is nobody left to tell.
 */
#include "base/diag.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define DIAG_SHOWN 5
/* A line stays whole on a pipe shared with others (PIPE_BUF). */
#define DIAG_LINE_MAX 4096

struct diag_sort {
	char *name; /* owned */
	unsigned shown;
	uint64_t held;
};

struct diag {
	const char *prog; /* borrowed */
	int verbosity;
	struct diag_sort *sorts; /* owned */
	size_t nsorts;
	struct buf line, text;
};

struct diag *
diag_new(const char *prog)
{
	struct diag *d = xcalloc(1, sizeof(*d));

	d->prog = prog;
	return d;
}

void
diag_free(struct diag *d)
{
	if (d == NULL)
		return;
	diag_flush(d);
	for (size_t i = 0; i < d->nsorts; i++)
		free(d->sorts[i].name);
	free(d->sorts);
	buf_free(&d->line);
	buf_free(&d->text);
	free(d);
}

void
diag_verbosity(struct diag *d, int level)
{
	d->verbosity = level;
}

void
diag_more(struct diag *d)
{
	d->verbosity = d->verbosity < 0 ? 1 : d->verbosity + 1;
}

static bool
is_shown(const struct diag *d, enum diag_level level)
{
	return (int)level <= (int)DIAG_WARN + d->verbosity;
}

static void
write_all(const char *p, size_t len)
{
	ssize_t n;

	while (len != 0) {
		n = write(STDERR_FILENO, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

/* Writes d->text, escaped, behind program and place. */
static void
put_line(struct diag *d, const char *where)
{
	struct span cut;

	buf_clear(&d->line);
	buf_adds(&d->line, d->prog);
	buf_adds(&d->line, ": ");
	if (where != NULL) {
		utf8_escape(&d->line, span_of(where));
		buf_adds(&d->line, ": ");
	}
	utf8_escape(&d->line, buf_span(&d->text));
	cut = utf8_cut(buf_span(&d->line), DIAG_LINE_MAX - 1);
	d->line.len = cut.len;
	buf_addc(&d->line, '\n');
	write_all(d->line.data, d->line.len);
}

__attribute__((format(printf, 3, 0))) static void
say(struct diag *d, const char *where, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	buf_clear(&d->text);
	if (n > 0) {
		vsnprintf(buf_reserve(&d->text, (size_t)n), (size_t)n + 1, fmt,
		    ap);
		d->text.len = (size_t)n;
	}
	put_line(d, where);
}

void
diag_say(struct diag *d, enum diag_level level, const char *where,
    const char *fmt, ...)
{
	int saved_errno = errno;
	va_list ap;

	if (!is_shown(d, level))
		return;
	va_start(ap, fmt);
	say(d, where, fmt, ap);
	va_end(ap);
	errno = saved_errno;
}

static struct diag_sort *
find_sort(struct diag *d, const char *name)
{
	for (size_t i = 0; i < d->nsorts; i++)
		if (strcmp(d->sorts[i].name, name) == 0)
			return &d->sorts[i];
	d->sorts = xreallocarray(d->sorts, d->nsorts + 1, sizeof(*d->sorts));
	d->sorts[d->nsorts] = (struct diag_sort){.name = xstrdup(name)};
	return &d->sorts[d->nsorts++];
}

void
diag_limited(struct diag *d, enum diag_level level, const char *sort,
    const char *where, const char *fmt, ...)
{
	int saved_errno = errno;
	struct diag_sort *s;
	va_list ap;

	if (!is_shown(d, level))
		return;
	s = find_sort(d, sort);
	if (s->shown == DIAG_SHOWN) {
		s->held++;
		return;
	}
	s->shown++;
	va_start(ap, fmt);
	say(d, where, fmt, ap);
	va_end(ap);
	errno = saved_errno;
}

void
diag_flush(struct diag *d)
{
	int saved_errno = errno;
	struct diag_sort *s;

	for (size_t i = 0; i < d->nsorts; i++) {
		s = &d->sorts[i];
		if (s->held == 0)
			continue;
		buf_clear(&d->text);
		buf_addf(&d->text, "%llu more not shown",
		    (unsigned long long)s->held);
		put_line(d, s->name);
		s->held = 0;
	}
	errno = saved_errno;
}
