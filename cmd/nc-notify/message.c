/* SPDX-License-Identifier: MIT */
/*
 * message: order, title, text.  A message of many tells each in a line of its
 * own, as far as people read: of a storm it tells how many of what, and where.
 */
#include "message.h"

#include <math.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "metric/format.h"

#define LINES_MAX 40u /* alerts told one by one */
#define STORM_LINES 10u /* of more than that */
#define COUNTS_MAX 20u /* rules or hosts that are counted by name */
#define ID_BYTES 16u

static int
rank(struct span severity)
{
	if (span_is(severity, "crit"))
		return 3;
	return span_is(severity, "warn") ? 2 : 1;
}

/* What fires before what is over, critical first, roots before branches, then
 * as it came about. */
static int
by_weight(const void *one, const void *other)
{
	const struct alert *a = one, *b = other;
	int ra, rb;

	if (a->ended != b->ended)
		return a->ended ? 1 : -1;
	ra = rank(a->severity);
	rb = rank(b->severity);
	if (ra != rb)
		return ra > rb ? -1 : 1;
	if (a->branch != b->branch)
		return a->branch ? 1 : -1;
	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	if (a->event_id.len != b->event_id.len)
		return a->event_id.len < b->event_id.len ? -1 : 1;
	return memcmp(a->event_id.p, b->event_id.p, a->event_id.len);
}

/* Valid, and on one line where asked. */
static void
clean(struct buf *b, bool line)
{
	struct buf to = {0};

	utf8_repair(&to, buf_span(b));
	for (size_t i = 0; i < to.len; i++) {
		unsigned char c = (unsigned char)to.data[i];

		if (c == 0x7f || (c < ' ' && (line || c != '\n')))
			to.data[i] = ' ';
	}
	buf_free(b);
	*b = to;
}

static void
clean_line(struct buf *b, const struct alert *a, double late)
{
	struct buf line = {0};

	alert_line(a, late, &line);
	clean(&line, true);
	buf_add(b, line.data, line.len);
	buf_free(&line);
}

/* --- one alert ------------------------------------------------------------ */

static void
add_detail(struct buf *b, const char *name, struct span v)
{
	if (v.len != 0)
		buf_addf(b, "%s: %.*s\n", name, SPAN_ARG(v));
}

static void
tell_details(const struct alert *a, struct buf *b)
{
	add_detail(b, "text", a->text);
	if (isfinite(a->value)) {
		buf_addf(b, "value: %.6g%s%.*s", a->value,
		    a->unit.len != 0 ? " " : "", SPAN_ARG(a->unit));
		if (isfinite(a->limit))
			buf_addf(b, ", limit %.6g", a->limit);
		buf_addc(b, '\n');
	}
	if (isfinite(a->start)) {
		buf_adds(b, "since: ");
		zone_format(NULL, a->start, 0, b);
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < a->nlabels; i++)
		buf_addf(b, "%.*s: %.*s\n", SPAN_ARG(a->labels[i].key),
		    SPAN_ARG(a->labels[i].value));
	add_detail(b, "runbook", a->runbook);
	add_detail(b, "incident", a->incident);
}

/* --- many ----------------------------------------------------------------- */

static void
count(struct map *m, struct span key)
{
	void **v = map_value(m, map_add(m, key));

	*v = (void *)((uintptr_t)*v + 1);
}

static void
add_counts(struct buf *b, const char *what, const struct map *m)
{
	uint32_t cursor = 0, n = 0, left;
	struct span key;
	void *v;

	buf_addf(b, "by %s:", what);
	while (n < COUNTS_MAX && map_next(m, &cursor, &key, &v)) {
		buf_addf(b, "%s %.*s %zu", n == 0 ? "" : ",", SPAN_ARG(key),
		    (size_t)(uintptr_t)v);
		n++;
	}
	left = map_count(m) - n;
	if (left != 0)
		buf_addf(b, ", and %u more", (unsigned)left);
	buf_addc(b, '\n');
}

static void
tell_counts(const struct alert *a, size_t n, struct buf *b)
{
	struct map *rules = map_new(NULL), *hosts = map_new(NULL);

	for (size_t i = 0; i < n; i++) {
		count(rules, a[i].name);
		count(hosts, a[i].host);
	}
	add_counts(b, "alert", rules);
	add_counts(b, "host", hosts);
	map_free(rules, NULL);
	map_free(hosts, NULL);
}

static void
tell_many(const struct alert *a, size_t n, double now, struct buf *b)
{
	size_t told = n > LINES_MAX ? STORM_LINES : n;

	if (n > LINES_MAX)
		tell_counts(a, n, b);
	for (size_t i = 0; i < told; i++) {
		clean_line(b, &a[i], fmax(0, now - a[i].ts));
		buf_addc(b, '\n');
	}
	if (told < n)
		buf_addf(b, "and %zu more: nc-notify why EPISODE\n", n - told);
}

static void
title_of_many(const struct alert *a, size_t n, struct buf *b)
{
	size_t over = 0;

	for (size_t i = 0; i < n; i++)
		over += a[i].ended;
	if (over < n)
		buf_addf(b, "%zu firing", n - over);
	if (over != 0)
		buf_addf(b, "%s%zu resolved", over < n ? ", " : "", over);
	buf_addf(b, ": %.*s %.*s on %.*s", SPAN_ARG(a->severity),
	    SPAN_ARG(a->name), SPAN_ARG(a->host));
	if (n > 1)
		buf_addf(b, " and %zu more", n - 1);
}

/* --- the whole ------------------------------------------------------------ */

/* One alert's own id; of several, what is made of all of theirs. */
static void
make_id(struct buf *b, enum message_kind kind, const char *suffix,
    const struct alert *a, size_t n)
{
	unsigned char sum[DIGEST_SHA256];
	struct buf all = {0};

	buf_clear(b);
	if (n == 1) {
		buf_add(b, a->event_id.p, a->event_id.len);
	} else {
		for (size_t i = 0; i < n; i++)
			buf_addf(&all, "%.*s\n", SPAN_ARG(a[i].event_id));
		digest_sha256(buf_span(&all), sum);
		digest_hex((struct span){(const char *)sum, ID_BYTES}, b);
		buf_free(&all);
	}
	if (kind == MESSAGE_REPEAT)
		buf_addf(b, "-%s", suffix);
}

/* What all of them belong to, or nothing. */
static struct span
thread_of(const struct channel *c, const struct alert *a, size_t n)
{
	struct span first = {NULL, 0}, one;

	for (size_t i = 0; c->thread != THREAD_NONE && i < n; i++) {
		one = c->thread == THREAD_INCIDENT && a[i].incident.len != 0
			  ? a[i].incident
			  : a[i].episode;
		for (size_t k = 0; k < one.len; k++)
			if (strchr("0123456789abcdef", one.p[k]) == NULL)
				one = a[i].episode;
		if (i == 0)
			first = one;
		else if (!span_equal(first, one))
			return (struct span){NULL, 0};
	}
	return first;
}

static void
apply_template(const struct template *t, const struct sending *s, bool line,
    struct buf *to)
{
	struct buf b = {0};

	if (t == NULL)
		return;
	template_expand(t, s, NULL, &b);
	clean(&b, line);
	buf_free(to);
	*to = b;
}

static void
add_note(const struct sending *s, struct buf *title)
{
	if (s->kind == MESSAGE_TEST)
		buf_adds(title, "TEST: ");
	if (s->kind == MESSAGE_REPEAT)
		buf_adds(title, "still ");
}

void
message_compose(struct message *m, enum message_kind kind, const char *suffix,
    struct alert *alerts, size_t n, struct sending *s)
{
	buf_clear(&m->title);
	buf_clear(&m->text);
	qsort(alerts, n, sizeof(*alerts), by_weight);
	s->kind = kind;
	s->alert = s->alerts = alerts;
	s->nalerts = n;
	s->severity = alerts->severity;
	s->ended = alerts->ended; /* what fires stands first */
	s->thread = thread_of(s->channel, alerts, n);
	make_id(&m->id, kind, suffix, alerts, n);
	s->id = buf_span(&m->id);
	add_note(s, &m->title);
	if (n == 1) {
		clean_line(&m->title, alerts, s->late);
		tell_details(alerts, &m->text);
	} else {
		title_of_many(alerts, n, &m->title);
		tell_many(alerts, n, s->now, &m->text);
	}
	if (s->again)
		buf_adds(&m->text, "This message may have been sent before.\n");
	clean(&m->title, true);
	clean(&m->text, false);
	s->title = buf_span(&m->title);
	s->text = buf_span(&m->text);
	/* Both templates see the usual ones as {title} and {lines}. */
	if (s->channel->title != NULL || s->channel->text != NULL) {
		struct buf title = {0}, text = {0};

		apply_template(s->channel->title, s, true, &title);
		apply_template(s->channel->text, s, false, &text);
		if (s->channel->title != NULL) {
			buf_free(&m->title);
			m->title = title;
		}
		if (s->channel->text != NULL) {
			buf_free(&m->text);
			m->text = text;
		}
		s->title = buf_span(&m->title);
		s->text = buf_span(&m->text);
	}
}

void
message_free(struct message *m)
{
	buf_free(&m->id);
	buf_free(&m->title);
	buf_free(&m->text);
}
