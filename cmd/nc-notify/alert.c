/* SPDX-License-Identifier: MIT */
/*
 * alert: the fields of an alert record by their names.  What nc-notify needs
 * to keep its promises must be there; everything else may be absent.
 */
#include "alert.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/zone.h"

#define LATE_TOLD 60.0 /* seconds */
#define LATE_HOURS 7200.0

static struct span
text_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->text : (struct span){NULL, 0};
}

static double
number_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->number : (double)NAN;
}

/* An array with something in it. */
static bool
is_filled(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);
	struct span s;

	if (f == NULL || f->raw.len < 2 || f->raw.p[0] != '[')
		return false;
	s = str_trim((struct span){f->raw.p + 1, f->raw.len - 2});
	return s.len != 0;
}

/* Ids become names of files: nothing but hex digits may. */
static int
take_id(const struct record *r, const char *key, struct span *to,
    struct nc_err *e)
{
	struct span s = text_of(r, key);

	if (s.len == 0 || s.len > ALERT_ID_MAX)
		return err_set(e, 0, "an alert without %s", key);
	for (size_t i = 0; i < s.len; i++)
		if (strchr("0123456789abcdef", s.p[i]) == NULL)
			return err_set(e, 0, "%s is not hexadecimal", key);
	*to = s;
	return 0;
}

int
alert_read(const struct record *r, struct alert *a, struct nc_err *e)
{
	const struct record_field *flags = record_field(r, "flags");
	struct span role = text_of(r, "role");
	double seq = number_of(r, "seq");

	*a = (struct alert){
	    .ts = r->ts,
	    .start = number_of(r, "start"),
	    .value = number_of(r, "value"),
	    .limit = number_of(r, "limit"),
	    .host = r->host,
	    .entity = r->entity,
	    .id = r->id,
	    .name = text_of(r, "alert"),
	    .state = text_of(r, "state"),
	    .change = text_of(r, "change"),
	    .severity = text_of(r, "severity"),
	    .text = text_of(r, "text"),
	    .runbook = text_of(r, "runbook"),
	    .unit = text_of(r, "unit"),
	    .incident = text_of(r, "incident"),
	    .labels = r->labels,
	    .nlabels = r->nlabels,
	    .line = r->line,
	};
	if (flags != NULL)
		a->flags = flags->raw;
	if ((r->has & RECORD_HAS_TS) == 0)
		return err_set(e, 0, "an alert without ts");
	if (a->name.len == 0 || a->severity.len == 0)
		return err_set(e, 0, "an alert without its name or severity");
	if (!(seq >= 0 && seq <= UINT32_MAX))
		return err_set(e, 0, "an alert without seq");
	a->seq = (uint32_t)seq;
	if (take_id(r, "fingerprint", &a->fingerprint, e) == -1 ||
	    take_id(r, "episode", &a->episode, e) == -1 ||
	    take_id(r, "event_id", &a->event_id, e) == -1)
		return -1;
	a->ended = span_is(a->state, "resolved");
	if (!a->ended && !span_is(a->state, "firing") &&
	    !span_is(a->state, "pending"))
		return err_set(e, 0, "an alert that neither fires nor ends");
	a->follow = a->ended || span_is(a->change, "acked") ||
		    span_is(a->change, "unacked");
	a->branch = a->incident.len != 0 && role.len != 0 &&
		    !span_is(role, "root");
	a->silent = span_is(a->state, "pending") || is_filled(r, "muted");
	return 0;
}

struct span
alert_field(const struct alert *a, struct span name)
{
	const struct {
		const char *name;
		struct span value;
	} fields[] = {
	    {"severity", a->severity},
	    {"state", a->state},
	    {"change", a->change},
	    {"alert", a->name},
	    {"host", a->host},
	    {"entity", a->entity},
	    {"id", a->id},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (span_is(name, fields[i].name))
			return fields[i].value;
	for (size_t i = 0; i < a->nlabels; i++)
		if (span_equal(a->labels[i].key, name))
			return a->labels[i].value;
	return (struct span){NULL, 0};
}

static char *
move(struct span *s, char *to)
{
	if (s->len != 0)
		memcpy(to, s->p, s->len);
	s->p = to;
	return to + s->len;
}

char *
alert_copy(const struct alert *a, struct alert *to)
{
	struct span *const spans[] = {&to->host, &to->entity, &to->id,
	    &to->name, &to->fingerprint, &to->episode, &to->event_id,
	    &to->state, &to->change, &to->severity, &to->text, &to->runbook,
	    &to->unit, &to->incident, &to->flags, &to->line};
	size_t size = a->nlabels * sizeof(struct record_label), n = 0;
	struct record_label *labels;
	char *block, *p;

	*to = *a;
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		size += spans[i]->len;
	for (size_t i = 0; i < a->nlabels; i++)
		size += a->labels[i].key.len + a->labels[i].value.len;
	block = xmalloc(size + 1);
	labels = (struct record_label *)(void *)block;
	p = block + a->nlabels * sizeof(*labels);
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		p = move(spans[i], p);
	for (n = 0; n < a->nlabels; n++) {
		labels[n] = a->labels[n];
		p = move(&labels[n].key, p);
		p = move(&labels[n].value, p);
	}
	to->labels = labels;
	return block;
}

bool
alert_flag(const struct alert *a, struct span word)
{
	struct span s = a->flags;
	const char *p;

	/* Flags are words: none has a quotation mark to escape. */
	while (s.len > word.len + 1 &&
	       (p = memmem(s.p, s.len, word.p, word.len)) != NULL) {
		size_t behind = (size_t)(s.p + s.len - p) - word.len;

		if (p > s.p && p[-1] == '"' && behind > 0 && p[word.len] == '"')
			return true;
		s = (struct span){p + 1, (size_t)(s.p + s.len - p) - 1};
	}
	return false;
}

/* The text without the beginning that nc-alert gives one of its own making:
 * a title has said that, and has no room to say it twice. */
static struct span
news(const struct alert *a)
{
	struct buf own = {0};
	struct span text = a->text;

	buf_addf(&own, "%.*s: %.*s", SPAN_ARG(a->name), SPAN_ARG(a->host));
	if (!span_is(a->entity, "host"))
		buf_addf(&own, " %.*s %.*s", SPAN_ARG(a->entity),
		    SPAN_ARG(a->id));
	if (span_equal(text, buf_span(&own))) {
		text.len = 0;
	} else {
		buf_adds(&own, ": ");
		if (str_starts(text, own.data)) {
			text.p += own.len;
			text.len -= own.len;
		}
	}
	buf_free(&own);
	return text;
}

void
alert_line(const struct alert *a, double late, struct buf *b)
{
	struct span text = news(a);

	if (a->ended)
		buf_adds(b, "resolved ");
	else if (span_is(a->change, "acked") || span_is(a->change, "unacked"))
		buf_addf(b, "%.*s ", SPAN_ARG(a->change));
	buf_addf(b, "%.*s %.*s on %.*s", SPAN_ARG(a->severity),
	    SPAN_ARG(a->name), SPAN_ARG(a->host));
	if (a->entity.len != 0 && !span_is(a->entity, "host"))
		buf_addf(b, " %.*s %.*s", SPAN_ARG(a->entity), SPAN_ARG(a->id));
	if (text.len != 0)
		buf_addf(b, ": %.*s", SPAN_ARG(text));
	if (a->ended && isfinite(a->start)) {
		buf_adds(b, " (fired ");
		zone_format(NULL, a->start, 0, b);
		buf_adds(b, ", over ");
		zone_format(NULL, a->ts, 0, b);
		buf_adds(b, ")");
	}
	if (late >= LATE_HOURS)
		buf_addf(b, " (%.0f h late)", late / 3600);
	else if (late >= LATE_TOLD)
		buf_addf(b, " (%.0f min late)", late / 60);
}
