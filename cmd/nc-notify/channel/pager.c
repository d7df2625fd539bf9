/* SPDX-License-Identifier: MIT */
/*
 * pager: services that keep incidents of their own, PagerDuty (Events API v2)
 * and Opsgenie or Jira Service Management (Alert API v2).  Each alert is one
 * incident there, known by its episode, so that saying it again changes
 * nothing and its end ends it; a message of many is as many requests.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "prom.h"
#include "service.h"
#include "text.h"

#define SUMMARY_CHARS 1024u
#define OPSGENIE_CHARS 130u
#define DETAIL_CHARS 4000u

enum action { TRIGGER, ACKNOWLEDGE, RESOLVE };

static enum action
action_of(const struct alert *a)
{
	if (a->ended)
		return RESOLVE;
	return span_is(a->change, "acked") ? ACKNOWLEDGE : TRIGGER;
}

/* The title is of the message; of many, each has its own. */
static void
add_line(const struct sending *s, const struct alert *a, size_t max,
    struct buf *b)
{
	struct buf line = {0};

	if (s->nalerts == 1) {
		text_title(s, max, TEXT_CHARS, b);
		return;
	}
	alert_line(a, fmax(0, s->now - a->ts), &line);
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] == '\n')
			line.data[i] = ' ';
	text_show(b, buf_span(&line));
	text_cut(b, max, TEXT_CHARS);
	buf_free(&line);
}

static void
put_shown(struct json *o, const char *key, struct span v)
{
	struct buf b = {0};

	text_show(&b, v);
	text_cut(&b, DETAIL_CHARS, TEXT_CHARS);
	service_put(o, key, buf_span(&b));
	buf_free(&b);
}

static bool
is_link(struct span s)
{
	struct buf b = {0};
	bool is;

	buf_add(&b, s.p, s.len);
	is = s.len != 0 && service_url(b.data, NULL) == 0;
	buf_free(&b);
	return is;
}

static struct json *
details(const struct alert *a)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf b = {0};

	put_shown(o, "text", a->text);
	if (isfinite(a->value)) {
		buf_addf(&b, "%.6g %.*s", a->value, SPAN_ARG(a->unit));
		put_shown(o, "value", buf_span(&b));
	}
	put_shown(o, "runbook", a->runbook);
	put_shown(o, "incident", a->incident);
	put_shown(o, "fingerprint", a->fingerprint);
	for (size_t i = 0; i < a->nlabels; i++) {
		buf_clear(&b);
		buf_addf(&b, "label_%.*s", SPAN_ARG(a->labels[i].key));
		put_shown(o, b.data, a->labels[i].value);
	}
	buf_free(&b);
	return o;
}

/* --- PagerDuty ------------------------------------------------------------ */

static struct json *
pagerduty_payload(const struct sending *s, const struct alert *a)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf b = {0};

	add_line(s, a, SUMMARY_CHARS, &b);
	service_put(o, "summary", buf_span(&b));
	put_shown(o, "source", a->host.len != 0 ? a->host : span_of("unknown"));
	service_puts(o, "severity",
	    span_is(a->severity, "crit")   ? "critical"
	    : span_is(a->severity, "warn") ? "warning"
					   : "info");
	json_set(o, "timestamp", prom_time(a->ts));
	put_shown(o, "component", a->id);
	put_shown(o, "group", a->entity);
	put_shown(o, "class", a->name);
	json_set(o, "custom_details", details(a));
	buf_free(&b);
	return o;
}

static void
put_link(struct json *o, const struct alert *a)
{
	struct json *list, *link;

	if (!is_link(a->runbook))
		return;
	list = json_new(JSON_KIND_ARRAY);
	link = json_new(JSON_KIND_OBJECT);
	service_put(link, "href", a->runbook);
	service_puts(link, "text", "runbook");
	json_append(list, link);
	json_set(o, "links", list);
}

static int
pagerduty_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	static const char *const actions[] = {"trigger", "acknowledge",
	    "resolve"};
	const struct alert *a = &s->alerts[step];
	struct buf key = {0};
	struct json *o;

	if (step == s->nalerts)
		return 1;
	if (channel_secret(s, &s->channel->target, &key, e) == -1)
		return -1;
	service_endpoint(s, "https://events.pagerduty.com", &q->url);
	buf_adds(&q->url, "/v2/enqueue");
	o = json_new(JSON_KIND_OBJECT);
	service_put(o, "routing_key", buf_span(&key));
	service_puts(o, "event_action", actions[action_of(a)]);
	service_put(o, "dedup_key", a->episode);
	json_set(o, "payload", pagerduty_payload(s, a));
	put_link(o, a);
	service_json(q, o);
	secret_wipe(&key);
	return 0;
}

/* --- Opsgenie ------------------------------------------------------------- */

static struct json *
opsgenie_create(const struct sending *s, const struct alert *a)
{
	struct json *o = json_new(JSON_KIND_OBJECT),
		    *tags = json_new(JSON_KIND_ARRAY);
	struct buf b = {0};

	add_line(s, a, OPSGENIE_CHARS, &b);
	service_put(o, "message", buf_span(&b));
	service_put(o, "alias", a->episode);
	put_shown(o, "description", a->text);
	service_puts(o, "priority",
	    span_is(a->severity, "crit")   ? "P1"
	    : span_is(a->severity, "warn") ? "P3"
					   : "P5");
	put_shown(o, "source", a->host);
	buf_clear(&b);
	buf_addf(&b, "%.*s %.*s", SPAN_ARG(a->entity), SPAN_ARG(a->id));
	put_shown(o, "entity", buf_span(&b));
	json_append(tags, json_new_text(a->severity));
	json_set(o, "tags", tags);
	json_set(o, "details", details(a));
	buf_free(&b);
	return o;
}

static struct json *
opsgenie_note(const struct sending *s, const struct alert *a)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf b = {0};

	add_line(s, a, SUMMARY_CHARS, &b);
	service_put(o, "note", buf_span(&b));
	service_puts(o, "source", "nc-notify");
	buf_free(&b);
	return o;
}

static int
opsgenie_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	const struct alert *a = &s->alerts[step];
	struct buf *b;
	enum action action;

	if (step == s->nalerts)
		return 1;
	action = action_of(a);
	service_endpoint(s, "https://api.opsgenie.com", &q->url);
	buf_adds(&q->url, "/v2/alerts");
	if (action != TRIGGER)
		buf_addf(&q->url, "/%.*s/%s?identifierType=alias",
		    SPAN_ARG(a->episode),
		    action == RESOLVE ? "close" : "acknowledge");
	service_json(q,
	    action == TRIGGER ? opsgenie_create(s, a) : opsgenie_note(s, a));
	b = &q->headers[q->nheaders++];
	buf_adds(b, "Authorization: GenieKey ");
	return channel_secret(s, &s->channel->target, b, e);
}

/* --- the kinds ------------------------------------------------------------ */

static const struct channel_option options[] = {
    SERVICE_OPTIONS,
    {.name = NULL},
};

static const struct service pagerduty = {.target = SERVICE_KEY,
    .build = pagerduty_build};
static const struct service opsgenie = {.target = SERVICE_KEY,
    .build = opsgenie_build};

const struct channel_kind kind_pagerduty = {
    .name = "pagerduty",
    .targets = "secret ..., the routing key",
    .secret_target = true,
    .options = options,
    .at_once = 2,
    .check = service_check_kind,
    .service = &pagerduty,
    SERVICE_FUNCTIONS,
};

const struct channel_kind kind_opsgenie = {
    .name = "opsgenie",
    .targets = "secret ..., the key",
    .secret_target = true,
    .options = options,
    .at_once = 2,
    .check = service_check_kind,
    .service = &opsgenie,
    SERVICE_FUNCTIONS,
};
