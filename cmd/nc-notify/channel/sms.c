/* SPDX-License-Identifier: MIT */
/*
 * sms: short messages by Twilio, Vonage, Amazon SNS, any service that takes a
 * form, or a modem of this machine through gammu-smsd-inject(1).  A message
 * is the title, cut to so many segments: each costs money.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"
#include "kinds.h"
#include "program.h"
#include "segments.h"
#include "service.h"
#include "sigv4.h"
#include "stream/json.h"
#include "text.h"

#define SEGMENTS 3u /* unless said */
#define SEGMENTS_MAX 10u /* Twilio takes 1,600 characters */
#define INJECT "gammu-smsd-inject"

struct provider {
	const char *name;
	const char *needed[6];
	int (*build)(const struct sending *s, struct request *q,
	    struct span text, struct nc_err *e);
	void (*judge)(const struct http_reply *r, struct outcome *o, char *why,
	    size_t size);
};

static const struct provider *provider_of(const struct channel *c);

static const char *
to_of(const struct sending *s)
{
	return s->recipient != NULL ? s->recipient : service_text(s, "to", "");
}

static void
make_text(const struct sending *s, struct buf *b)
{
	int64_t n = SEGMENTS;

	parse_integer(span_of(service_text(s, "segments", "3")), 1,
	    SEGMENTS_MAX, &n, NULL);
	utf8_escape(b, s->title);
	segments_cut(b, (unsigned)n);
}

static void
field(struct request *q, const char *name, const char *value)
{
	text_field(&q->body, name, span_of(value));
}

static int
secret_field(const struct sending *s, struct request *q, const char *name,
    struct nc_err *e)
{
	struct buf b = {0};
	int rc = service_secret(s, "secret", &b, e);

	if (rc == 0)
		text_field(&q->body, name, buf_span(&b));
	secret_wipe(&b);
	return rc;
}

/* --- Twilio --------------------------------------------------------------- */

static int
twilio_build(const struct sending *s, struct request *q, struct span text,
    struct nc_err *e)
{
	const char *account = service_text(s, "account", "");

	service_endpoint(s, "https://api.twilio.com", &q->url);
	buf_adds(&q->url, "/2010-04-01/Accounts/");
	text_url(&q->url, span_of(account));
	buf_adds(&q->url, "/Messages.json");
	field(q, "To", to_of(s));
	if (service_said(s, "service"))
		field(q, "MessagingServiceSid", service_text(s, "service", ""));
	else
		field(q, "From", service_text(s, "from", ""));
	text_field(&q->body, "Body", text);
	service_form(q);
	return service_basic(s, q, service_text(s, "key", account), "secret",
	    e);
}

/* Its code is told; what to do is the status's to say. */
static void
twilio_judge(const struct http_reply *r, struct outcome *o, char *why,
    size_t size)
{
	struct json *j;
	double code;
	struct buf b = {0};

	if (o->verdict != VERDICT_DEAD)
		return;
	j = json_parse(r->body, NULL);
	code = json_number(json_member(j, "code"), 0);
	if (code > 0) {
		buf_addf(&b, "refused: Twilio's error %.0f", code);
		str_copy(why, size, buf_span(&b));
		o->message = why;
	}
	buf_free(&b);
	json_free(j);
}

/* --- Vonage --------------------------------------------------------------- */

static int
vonage_build(const struct sending *s, struct request *q, struct span text,
    struct nc_err *e)
{
	const char *to = to_of(s);
	bool wide;

	service_endpoint(s, "https://rest.nexmo.com", &q->url);
	buf_adds(&q->url, "/sms/json");
	field(q, "api_key", service_text(s, "account", ""));
	if (secret_field(s, q, "api_secret", e) == -1)
		return -1;
	field(q, "from", service_text(s, "from", ""));
	field(q, "to", *to == '+' ? to + 1 : to);
	text_field(&q->body, "text", text);
	segments_count(text, &wide);
	if (wide)
		field(q, "type", "unicode");
	field(q, "client-ref", "nc-notify");
	service_form(q);
	return 0;
}

/* 200 is not enough: each part has a status, "0" alone is good. */
static void
vonage_judge(const struct http_reply *r, struct outcome *o, char *why,
    size_t size)
{
	struct json *j;
	const struct json *list, *one;
	struct buf b = {0};
	size_t sent = 0;

	if (o->verdict != VERDICT_SENT)
		return;
	j = json_parse(r->body, NULL);
	list = json_member(j, "messages");
	if (json_count(list) == 0) {
		o->verdict = VERDICT_RETRY;
		o->maybe = true;
		o->message = "an answer without messages";
	}
	for (size_t i = 0; (one = json_at(list, i, NULL)) != NULL; i++) {
		struct span status = json_text(json_member(one, "status"),
		    (struct span){NULL, 0});
		bool passes = span_is(status, "1") || span_is(status, "5") ||
			      span_is(status, "10");

		if (span_is(status, "0")) {
			sent++;
			continue;
		}
		o->verdict = passes ? VERDICT_RETRY : VERDICT_DEAD;
		o->off = span_is(status, "4") || span_is(status, "8") ||
			 span_is(status, "14");
		if (status.len <= 3)
			buf_addf(&b, "Vonage's status %.*s", SPAN_ARG(status));
		str_copy(why, size, buf_span(&b));
		o->message = why;
		o->maybe = sent > 0;
		break;
	}
	buf_free(&b);
	json_free(j);
}

/* --- Amazon SNS ----------------------------------------------------------- */

static int
sns_build(const struct sending *s, struct request *q, struct span text,
    struct nc_err *e)
{
	static const char attribute[] = "MessageAttributes.entry.1.";
	const char *region = service_text(s, "region", "");
	struct buf secret = {0}, token = {0}, name = {0};
	struct sigv4 v = {.region = region,
	    .service = "sns",
	    .key = span_of(service_text(s, "key", "")),
	    .now = s->now};
	char *usual = xasprintf("https://sns.%s.amazonaws.com", region);
	int rc = -1;

	service_endpoint(s, usual, &q->url);
	free(usual);
	buf_addc(&q->url, '/');
	field(q, "Action", "Publish");
	text_field(&q->body, "Message", text);
	buf_addf(&name, "%sName", attribute);
	field(q, name.data, "AWS.SNS.SMS.SMSType");
	buf_clear(&name);
	buf_addf(&name, "%sValue.DataType", attribute);
	field(q, name.data, "String");
	buf_clear(&name);
	buf_addf(&name, "%sValue.StringValue", attribute);
	field(q, name.data, "Transactional");
	field(q, "PhoneNumber", to_of(s));
	field(q, "Version", "2010-03-31");
	if (service_secret(s, "secret", &secret, e) == 0 &&
	    (!service_said(s, "session") ||
		service_secret(s, "session", &token, e) == 0)) {
		v.secret = buf_span(&secret);
		v.token = buf_span(&token);
		rc = sigv4_sign(&v, q, e);
	}
	buf_free(&name);
	secret_wipe(&secret);
	secret_wipe(&token);
	return rc;
}

static bool
says(struct span body, const char *word)
{
	return body.len != 0 &&
	       memmem(body.p, body.len, word, strlen(word)) != NULL;
}

/* Too much at once is a 400 there. */
static void
sns_judge(const struct http_reply *r, struct outcome *o, char *why, size_t size)
{
	(void)why;
	(void)size;
	if (o->verdict == VERDICT_SENT && !says(r->body, "<MessageId>")) {
		o->verdict = VERDICT_RETRY;
		o->maybe = true;
		o->message = "an answer without a MessageId";
	} else if (o->verdict == VERDICT_DEAD &&
		   (says(r->body, "<Code>Throttl") ||
		       says(r->body, "<Code>RequestLimitExceeded"))) {
		o->verdict = VERDICT_RETRY;
		o->off = false;
		o->message = "too many requests";
	}
}

/* --- a form --------------------------------------------------------------- */

/* field "NAME=VALUE", where VALUE may be one of these as a whole. */
static int
form_build(const struct sending *s, struct request *q, struct span text,
    struct nc_err *e)
{
	const struct channel_value *v;
	struct span name, value;
	struct buf key = {0};
	int rc = 0;

	buf_adds(&q->url, s->channel->targets[1]);
	for (size_t i = 0;
	     rc == 0 && (v = channel_value(s->channel, "field", i)) != NULL;
	     i++) {
		str_cut(span_of(v->text), '=', &name, &value);
		buf_clear(&key);
		buf_add(&key, name.p, name.len);
		if (span_is(value, "{to}"))
			field(q, key.data, to_of(s));
		else if (span_is(value, "{from}"))
			field(q, key.data, service_text(s, "from", ""));
		else if (span_is(value, "{text}"))
			text_field(&q->body, key.data, text);
		else if (span_is(value, "{id}"))
			text_field(&q->body, key.data, s->id);
		else if (span_is(value, "{secret}"))
			rc = secret_field(s, q, key.data, e);
		else
			text_field(&q->body, key.data, value);
	}
	buf_free(&key);
	service_form(q);
	return rc;
}

/* --- a modem -------------------------------------------------------------- */

/* The text on standard input; gammu chooses the alphabet by it. */
static void
modem_program(const struct sending *s, const char *argv[6], struct program *p)
{
	const struct channel *c = s->channel;
	size_t n = 0;

	argv[n++] = c->ntargets > 1 ? c->targets[1] : INJECT;
	argv[n++] = "TEXT";
	argv[n++] = to_of(s);
	argv[n++] = "-autolen";
	argv[n++] = "1600";
	argv[n] = NULL;
	*p = (struct program){.argv = argv};
	make_text(s, &p->input);
}

static bool
is_modem(const struct channel *c)
{
	return strcmp(c->targets[0], "modem") == 0;
}

/* --- the kind ------------------------------------------------------------- */

static const struct provider providers[] = {
    {"twilio", {"account", "secret", "to", NULL}, twilio_build, twilio_judge},
    {"vonage", {"account", "secret", "from", "to", NULL}, vonage_build,
	vonage_judge},
    {"sns", {"region", "key", "secret", "to", NULL}, sns_build, sns_judge},
    {"form", {"field", "to", NULL}, form_build, NULL},
    {"modem", {"to", NULL}, NULL, NULL},
};

static const struct provider *
provider_of(const struct channel *c)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++)
		if (c->ntargets > 0 &&
		    strcmp(c->targets[0], providers[i].name) == 0)
			return &providers[i];
	return NULL;
}

static int
build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	const struct provider *p = provider_of(s->channel);
	struct buf text = {0};
	int rc;

	if (step > 0 || p == NULL || p->build == NULL)
		return 1;
	make_text(s, &text);
	rc = p->build(s, q, buf_span(&text), e);
	buf_free(&text);
	return rc;
}

static void
judge(const struct sending *s, unsigned step, const struct http_reply *r,
    struct outcome *o, char *why, size_t size)
{
	const struct provider *p = provider_of(s->channel);

	(void)step;
	if (p != NULL && p->judge != NULL)
		p->judge(r, o, why, size);
}

static void
sms_send(struct sending *s)
{
	const char *argv[6];
	struct program p;

	if (!is_modem(s->channel)) {
		service_send(s);
		return;
	}
	modem_program(s, argv, &p);
	program_send(s, &p);
}

static void
sms_cancel(struct sending *s)
{
	if (is_modem(s->channel))
		program_cancel(s);
	else
		service_cancel(s);
}

static int
sms_render(const struct sending *s, struct buf *b, struct nc_err *e)
{
	const char *argv[6];
	struct program p;

	if (!is_modem(s->channel))
		return service_render(s, b, e);
	modem_program(s, argv, &p);
	program_render(&p, b);
	buf_free(&p.input);
	return 0;
}

/* As E.164 has it: at most 15 digits. */
static bool
is_number(const char *s)
{
	size_t n;

	s += *s == '+';
	n = strspn(s, "0123456789");
	return n >= 5 && n <= 15 && s[n] == '\0';
}

static int
check_fields(const struct channel *c, struct nc_err *e)
{
	const struct channel_value *v;
	bool secret = false, text = false;

	if (service_open_url(c->targets[1], e) == -1)
		return -1;
	for (size_t i = 0; (v = channel_value(c, "field", i)) != NULL; i++) {
		const char *is = strchr(v->text, '=');

		if (is == NULL || is == v->text)
			return err_set(e, 0, "expected field \"NAME=VALUE\"");
		secret |= strcmp(is, "={secret}") == 0;
		text |= strcmp(is, "={text}") == 0;
	}
	if (!text)
		return err_set(e, 0, "expected a field \"NAME={text}\"");
	if (secret && channel_value(c, "secret", 0) == NULL)
		return err_set(e, 0, "expected secret in its block");
	return 0;
}

static int
check(const struct channel *c, struct nc_err *e)
{
	const struct provider *p = provider_of(c);
	const struct channel_value *v;
	int64_t n;
	bool form;

	if (p == NULL)
		return err_set(e, 0,
		    "expected twilio, vonage, sns, form or modem");
	form = strcmp(p->name, "form") == 0;
	if (form && c->ntargets != 2)
		return err_set(e, 0, "expected form \"https://...\"");
	if (c->ntargets > (form || is_modem(c) ? 2u : 1u))
		return err_set(e, 0, "expected only a block behind %s",
		    p->name);
	if (service_check(c, p->needed, e) == -1)
		return -1;
	for (size_t i = 0; (v = channel_value(c, "to", i)) != NULL; i++)
		if (!is_number(v->text))
			return err_set(e, 0,
			    "\"%s\": expected a number, +4915112345678",
			    v->text);
	if (strcmp(p->name, "twilio") == 0 &&
	    (channel_value(c, "from", 0) == NULL) ==
		(channel_value(c, "service", 0) == NULL))
		return err_set(e, 0, "expected from, or service");
	v = channel_value(c, "segments", 0);
	if (v != NULL &&
	    parse_integer(span_of(v->text), 1, SEGMENTS_MAX, &n, e) == -1)
		return -1;
	return form ? check_fields(c, e) : 0;
}

static const struct channel_option options[] = {
    SERVICE_OPTIONS,
    {.name = "account"},
    {.name = "key"},
    {.name = "region"},
    {.name = "service"},
    {.name = "from"},
    {.name = "segments"},
    {.name = "field", .many = true},
    {.name = "secret", .secret = true},
    {.name = "session", .secret = true},
    {.name = "to", .many = true, .recipient = true},
    {.name = NULL},
};

static const struct service service = {.build = build, .judge = judge};

const struct channel_kind kind_sms = {
    .name = "sms",
    .targets = "twilio, vonage, sns, form and an address, or modem",
    .options = options,
    .at_once = 2,
    .check = check,
    .service = &service,
    .send = sms_send,
    .cancel = sms_cancel,
    .render = sms_render,
    .rate = {.n = 1, .seconds = 1, .burst = 5},
};
