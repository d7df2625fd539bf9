/* SPDX-License-Identifier: MIT */
/*
 * push: services that put a line on a telephone: ntfy, Gotify, Pushover.
 * Plain text in all of them.
 */
#include <string.h>

#include "kinds.h"
#include "service.h"
#include "stream/json.h"
#include "text.h"

#define TITLE_CHARS 250u
/* ntfy makes an attachment of what is longer than 4,096 bytes. */
#define NTFY_BYTES 4000u
#define GOTIFY_BYTES 16000u
#define PUSHOVER_CHARS 1024u

static void
put_title(const struct sending *s, struct json *o)
{
	struct buf b = {0};

	text_title(s, TITLE_CHARS, TEXT_CHARS, &b);
	service_put(o, "title", buf_span(&b));
	buf_free(&b);
}

/* The text, or the title where there is none: a message is not empty. */
static void
add_message(const struct sending *s, size_t max, enum text_unit unit,
    struct buf *b)
{
	text_body(s, max, unit, b);
	if (b->len == 0)
		text_title(s, max, unit, b);
}

static int
priority(const struct sending *s, int crit, int warn, int other)
{
	if (s->ended)
		return other;
	if (span_is(s->severity, "crit"))
		return crit;
	return span_is(s->severity, "warn") ? warn : other;
}

static void
strip_slash(struct buf *b)
{
	while (b->len != 0 && b->data[b->len - 1] == '/')
		b->data[--b->len] = '\0';
}

static int
ntfy_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct json *o, *tags;
	struct buf b = {0};

	if (step > 0)
		return 1;
	if (service_target(s, &q->url, e) == -1)
		return -1;
	o = json_new(JSON_KIND_OBJECT);
	tags = json_new(JSON_KIND_ARRAY);
	service_puts(o, "topic", service_text(s, "topic", ""));
	put_title(s, o);
	add_message(s, NTFY_BYTES, TEXT_BYTES, &b);
	service_put(o, "message", buf_span(&b));
	buf_free(&b);
	json_set(o, "priority", json_new_number(priority(s, 5, 4, 3)));
	json_append(tags, json_new_text(s->severity));
	json_set(o, "tags", tags);
	service_json(q, o);
	if (!service_said(s, "token"))
		return 0;
	return service_auth(s, q, "Authorization", "Bearer ", "token", e);
}

static int
gotify_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct json *o;
	struct buf b = {0};

	if (step > 0)
		return 1;
	if (service_target(s, &q->url, e) == -1)
		return -1;
	strip_slash(&q->url);
	buf_adds(&q->url, "/message");
	o = json_new(JSON_KIND_OBJECT);
	put_title(s, o);
	add_message(s, GOTIFY_BYTES, TEXT_BYTES, &b);
	service_put(o, "message", buf_span(&b));
	buf_free(&b);
	json_set(o, "priority", json_new_number(priority(s, 8, 5, 2)));
	service_json(q, o);
	return service_auth(s, q, "X-Gotify-Key", "", "token", e);
}

static int
pushover_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct buf b = {0};
	int rc;

	if (step > 0)
		return 1;
	service_endpoint(s, "https://api.pushover.net", &q->url);
	buf_adds(&q->url, "/1/messages.json");
	if ((rc = service_secret(s, "token", &b, e)) == 0) {
		text_field(&q->body, "token", buf_span(&b));
		text_field(&q->body, "user",
		    span_of(s->recipient != NULL ? s->recipient
						 : service_text(s, "to", "")));
		secret_wipe(&b);
		text_title(s, TITLE_CHARS, TEXT_CHARS, &b);
		text_field(&q->body, "title", buf_span(&b));
		buf_clear(&b);
		add_message(s, PUSHOVER_CHARS, TEXT_CHARS, &b);
		text_field(&q->body, "message", buf_span(&b));
		buf_clear(&b);
		buf_addf(&b, "%d", priority(s, 1, 0, -1));
		text_field(&q->body, "priority", buf_span(&b));
		service_form(q);
	}
	secret_wipe(&b);
	return rc;
}

/* "status" 1, beside 200. */
static void
pushover_judge(const struct sending *s, unsigned step,
    const struct http_reply *r, struct outcome *o, char *why, size_t size)
{
	struct json *j;

	(void)s;
	(void)step;
	(void)why;
	(void)size;
	if (o->verdict != VERDICT_SENT)
		return;
	j = json_parse(r->body, NULL);
	if (json_number(json_member(j, "status"), 0) != 1) {
		o->verdict = j == NULL ? VERDICT_RETRY : VERDICT_DEAD;
		o->maybe = j == NULL;
		o->message = "an answer without status 1";
	}
	json_free(j);
}

/* --- the kinds ------------------------------------------------------------ */

static const struct channel_option ntfy_options[] = {
    SERVICE_OPTIONS,
    {.name = "topic"},
    {.name = "token", .secret = true},
    {.name = NULL},
};
static const struct channel_option gotify_options[] = {
    SERVICE_OPTIONS,
    {.name = "token", .secret = true},
    {.name = NULL},
};
static const struct channel_option pushover_options[] = {
    SERVICE_OPTIONS,
    {.name = "token", .secret = true},
    {.name = "to", .many = true, .recipient = true},
    {.name = NULL},
};

static const char *const ntfy_needs[] = {"topic", NULL},
			 *const gotify_needs[] = {"token", NULL},
			 *const pushover_needs[] = {"token", "to", NULL};

static const struct service ntfy = {.target = SERVICE_URL,
    .needed = ntfy_needs,
    .build = ntfy_build};
static const struct service gotify = {.target = SERVICE_URL,
    .needed = gotify_needs,
    .build = gotify_build};
static const struct service pushover = {.target = SERVICE_NONE,
    .needed = pushover_needs,
    .build = pushover_build,
    .judge = pushover_judge};

const struct channel_kind kind_ntfy = {
    .name = "ntfy",
    .targets = "the address of a server",
    .secret_target = true,
    .options = ntfy_options,
    .at_once = 2,
    .check = service_check_kind,
    .service = &ntfy,
    SERVICE_FUNCTIONS,
};

const struct channel_kind kind_gotify = {
    .name = "gotify",
    .targets = "the address of a server",
    .secret_target = true,
    .options = gotify_options,
    .at_once = 2,
    .check = service_check_kind,
    .service = &gotify,
    SERVICE_FUNCTIONS,
};

const struct channel_kind kind_pushover = {
    .name = "pushover",
    .targets = "nothing",
    .options = pushover_options,
    .at_once = 2,
    .check = service_check_kind,
    .service = &pushover,
    SERVICE_FUNCTIONS,
};
