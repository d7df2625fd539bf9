/* SPDX-License-Identifier: MIT */
/*
 * chart: which series, from the alert's inputs: the first that is a metric's
 * plain name.  Names with anything but plain characters in them are not asked
 * for: they would be a pattern.
 */
#include "chart.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "stream/json.h"

#define DEADLINE_SECONDS 5.0
#define PICTURE_MAX ((size_t)256 * 1024)
#define WORD "abcdefghijklmnopqrstuvwxyz0123456789_"
#define PLAIN WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZ./:-"

struct chart {
	struct child *child;
	char *path;
	void (*done)(void *arg, struct span png);
	void *arg;
};

static bool
is_made_of(struct span s, const char *of)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr(of, s.p[i]) == NULL)
			return false;
	return s.len != 0;
}

static char *
metric_of(const struct alert *a)
{
	struct json *j = json_parse(a->line, NULL);
	const struct json *inputs = json_member(j, "inputs");
	struct span key;
	char *metric = NULL;

	for (size_t i = 0; metric == NULL && i < json_count(inputs); i++) {
		json_at(inputs, i, &key);
		if (is_made_of(key, WORD))
			metric = xasprintf("%.*s", SPAN_ARG(key));
	}
	json_free(j);
	return metric;
}

static void
chart_free(struct chart *c)
{
	unlink(c->path);
	child_free(c->child);
	free(c->path);
	free(c);
}

static void
on_end(struct child *child, const struct child_end *end, void *arg)
{
	struct chart *c = arg;
	struct buf png = {0};

	(void)child;
	if (end->timed_out || end->lost || end->exec_errno != 0 ||
	    end->status != 0 ||
	    afile_read(c->path, PICTURE_MAX, &png, NULL) == -1)
		buf_clear(&png);
	c->done(c->arg, buf_span(&png));
	buf_free(&png);
	chart_free(c);
}

static struct chart *
begin(const struct sending *s, const char *store, const char *metric,
    struct chart *c)
{
	const struct alert *a = s->alert;
	char *selector = xasprintf("%.*s{host=\"%.*s\",id=\"%.*s\"}:%s",
		 SPAN_ARG(a->entity), SPAN_ARG(a->host), SPAN_ARG(a->id),
		 metric),
	     *now = xasprintf("@%.0f", s->now);
	const char *argv[] = {"nc-query", "graph", "-q", "-d", store, "-O",
	    c->path, "--size", "480x120", "--from", "-3h", "--now", now, "--",
	    selector, NULL};
	struct child_options o = {.argv = argv,
	    .deadline_ns = clock_mono_ns() + clock_ns(DEADLINE_SECONDS),
	    .on_end = on_end,
	    .arg = c};

	c->child = child_start(s->means->children, &o, NULL);
	free(selector);
	free(now);
	if (c->child != NULL) {
		s->means->tend(s->means->arg);
		return c;
	}
	chart_free(c);
	return NULL;
}

struct chart *
chart_begin(const struct sending *s, const char *store,
    void (*done)(void *arg, struct span png), void *arg)
{
	const struct alert *a = s->alert;
	struct chart *c;
	char *metric;

	if (s->nalerts != 1 || !is_made_of(a->host, PLAIN) ||
	    !is_made_of(a->id, PLAIN) || !is_made_of(a->entity, WORD ".") ||
	    (metric = metric_of(a)) == NULL)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->done = done;
	c->arg = arg;
	c->path = xasprintf("%s/tmp/chart.%ld.%.*s.png", s->means->dir,
	    (long)getpid(), SPAN_ARG(s->id));
	c = begin(s, store, metric, c);
	free(metric);
	return c;
}

void
chart_cancel(struct chart *c)
{
	chart_free(c);
}
