/* SPDX-License-Identifier: MIT */
/*
 * service: requests of a kind, one after the other, and what became of them.
 * RFC 9110 and RFC 6585 say which trouble passes by itself.  A redirect is a
 * refusal: what we send is not for whoever is named there.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "stream/json.h"

#define WHY_BYTES 160

struct asking {
	struct sending *s;
	struct http_call *call;
	unsigned step;
	long status; /* of the last answer */
};

static void ask(struct asking *a);

static void
request_wipe(struct request *q)
{
	secret_wipe(&q->url);
	for (size_t i = 0; i < q->nheaders; i++)
		secret_wipe(&q->headers[i]);
	secret_wipe(&q->body);
}

/* --- the answer ----------------------------------------------------------- */

static enum verdict
verdict_of(long status)
{
	if (status >= 200 && status < 300)
		return VERDICT_SENT;
	if (status == 408 || status == 425 || status == 429 || status >= 500)
		return VERDICT_RETRY;
	return VERDICT_DEAD;
}

static const char *
explain(long status)
{
	if (status >= 300 && status < 400)
		return "a redirect, which is not followed";
	if (status == 401 || status == 403)
		return "we are not allowed to";
	if (status == 404 || status == 410)
		return "it is not there any more";
	return status == 429 ? "too many requests" : "refused";
}

static void
finish(struct asking *a, const struct outcome *o)
{
	struct sending *s = a->s;

	free(a);
	s->done(s, o);
}

static void
on_reply(void *arg, const struct http_reply *reply)
{
	struct asking *a = arg;
	const struct service *v = a->s->channel->kind->service;
	char why[WHY_BYTES] = "";
	struct outcome o = {.verdict = VERDICT_RETRY,
	    .code = reply->status,
	    .message = reply->error,
	    .retry_after = reply->retry_after,
	    .maybe = reply->asked};

	a->call = NULL;
	a->status = reply->status;
	if (reply->error == NULL) {
		o.verdict = verdict_of(reply->status);
		o.off = o.verdict == VERDICT_DEAD &&
			(reply->status == 401 || reply->status == 403 ||
			    reply->status == 410);
		if (o.verdict != VERDICT_SENT)
			o.message = explain(reply->status);
		if (v->judge != NULL)
			v->judge(a->s, a->step, reply, &o, why, sizeof(why));
	}
	if (o.verdict != VERDICT_SENT) {
		finish(a, &o);
		return;
	}
	a->step++;
	ask(a);
}

/* --- the request ---------------------------------------------------------- */

static void
send_request(struct asking *a, const struct request *q, struct nc_err *e)
{
	const struct channel *c = a->s->channel;
	const struct channel_value *ca = channel_value(c, "cafile", 0),
				   *pin = channel_value(c, "pin", 0);
	const char *headers[SERVICE_HEADERS_MAX + 1] = {NULL};
	struct http_request h = {.method = q->method,
	    .url = q->url.data,
	    .headers = headers,
	    .body = buf_span(&q->body),
	    .cafile = ca != NULL ? ca->text : NULL,
	    .pin = pin != NULL ? pin->text : NULL,
	    .timeout = c->timeout,
	    .done = on_reply,
	    .arg = a};

	for (size_t i = 0; i < q->nheaders; i++)
		headers[i] = q->headers[i].data;
	a->call = http_send(a->s->means->multi, &h, e);
}

static void
ask(struct asking *a)
{
	struct sending *s = a->s;
	struct request q = {.method = NULL};
	struct nc_err e = {0};
	struct outcome o = {.verdict = VERDICT_RETRY, .message = e.msg};
	int rc;

	rc = s->channel->kind->service->build(s, a->step, &q, &e);
	if (rc == 0)
		send_request(a, &q, &e);
	request_wipe(&q);
	if (rc == 0 && a->call != NULL)
		return;
	if (rc == 1)
		o = (struct outcome){.verdict = VERDICT_SENT,
		    .code = a->status};
	finish(a, &o);
}

void
service_send(struct sending *s)
{
	struct asking *a = xcalloc(1, sizeof(*a));
	struct nc_err e = {0};

	a->s = s;
	s->state = a;
	if (s->means->multi == NULL)
		s->means->multi = multi_new(s->means->loop, &e);
	if (s->means->multi != NULL)
		ask(a);
	else
		finish(a, &(struct outcome){.verdict = VERDICT_RETRY,
			      .message = e.msg});
}

void
service_cancel(struct sending *s)
{
	struct asking *a = s->state;

	http_cancel(a->call);
	free(a);
}

int
service_render(const struct sending *s, struct buf *b, struct nc_err *e)
{
	const struct service *v = s->channel->kind->service;
	struct request q = {.method = NULL};
	unsigned step = 0;
	int rc;

	while ((rc = v->build(s, step, &q, e)) == 0) {
		buf_addf(b, "%s%s %s\n", step == 0 ? "" : "\n",
		    q.method != NULL ? q.method : "POST", q.url.data);
		for (size_t i = 0; i < q.nheaders; i++)
			buf_addf(b, "%s\n", q.headers[i].data);
		buf_addc(b, '\n');
		buf_add(b, q.body.data, q.body.len);
		if (q.body.len != 0)
			buf_addc(b, '\n');
		request_wipe(&q);
		q = (struct request){.method = NULL};
		step++;
	}
	request_wipe(&q);
	return rc == 1 ? 0 : -1;
}

/* --- what is said of it --------------------------------------------------- */

int
service_url(const char *s, struct nc_err *e)
{
	if ((!str_starts(span_of(s), "https://") &&
		!str_starts(span_of(s), "http://")) ||
	    strchr(s, '/')[2] == '\0')
		return err_set(e, 0, "expected one address, https://...");
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return err_set(e, 0,
			    "an address has no blanks or control bytes");
	return 0;
}

int
service_open_url(const char *s, struct nc_err *e)
{
	const char *host;

	if (service_url(s, e) == -1)
		return -1;
	host = strchr(s, '/') + 2;
	if (memchr(host, '@', strcspn(host, "/?#")) != NULL)
		return err_set(e, 0,
		    "an address with a password is a secret: secret file "
		    "PATH");
	return 0;
}

int
service_check_target(const struct channel *c, struct nc_err *e)
{
	if (c->target.kind == SECRET_NONE && c->ntargets == 1)
		return service_open_url(c->targets[0], e);
	if (c->target.kind != SECRET_NONE && c->ntargets == 0)
		return 0;
	return err_set(e, 0, "expected one address, https://...");
}

int
service_check(const struct channel *c, const char *const *needed,
    struct nc_err *e)
{
	const struct channel_value *v;

	for (; needed != NULL && *needed != NULL; needed++)
		if (channel_value(c, *needed, 0) == NULL)
			return err_set(e, 0, "expected %s in its block",
			    *needed);
	v = channel_value(c, "endpoint", 0);
	if (v != NULL && service_open_url(v->text, e) == -1)
		return -1;
	v = channel_value(c, "pin", 0);
	if (v != NULL && !str_starts(span_of(v->text), "sha256//"))
		return err_set(e, 0, "expected a pin, sha256//BASE64");
	return 0;
}

int
service_check_kind(const struct channel *c, struct nc_err *e)
{
	const struct service *v = c->kind->service;

	switch (v->target) {
	case SERVICE_URL:
		if (service_check_target(c, e) == -1)
			return -1;
		break;
	case SERVICE_KEY:
		if (c->target.kind == SECRET_NONE || c->ntargets != 0)
			return err_set(e, 0, "expected secret ...");
		break;
	default:
		if (c->target.kind != SECRET_NONE || c->ntargets != 0)
			return err_set(e, 0, "expected only a block behind it");
	}
	return service_check(c, v->needed, e);
}

void
service_endpoint(const struct sending *s, const char *usual, struct buf *b)
{
	buf_adds(b, service_text(s, "endpoint", usual));
	while (b->len != 0 && b->data[b->len - 1] == '/')
		b->data[--b->len] = '\0';
}

int
service_target(const struct sending *s, struct buf *b, struct nc_err *e)
{
	const struct channel *c = s->channel;

	if (c->target.kind == SECRET_NONE) {
		buf_adds(b, c->targets[c->ntargets - 1]);
		return 0;
	}
	if (channel_secret(s, &c->target, b, e) == -1)
		return -1;
	if (!s->redact && service_url(b->data, NULL) == -1)
		return err_set(e, 0, "%s: no https:// address in it",
		    c->target.name);
	return 0;
}

void
service_header(struct request *q, const char *name, struct span value)
{
	struct buf *b = &q->headers[q->nheaders++];

	buf_addf(b, "%s: %.*s", name, SPAN_ARG(value));
}

int
service_auth(const struct sending *s, struct request *q, const char *name,
    const char *prefix, const char *option, struct nc_err *e)
{
	struct buf *b = &q->headers[q->nheaders++];

	buf_addf(b, "%s: %s", name, prefix);
	return channel_secret(s, &channel_value(s->channel, option, 0)->secret,
	    b, e);
}

int
service_basic(const struct sending *s, struct request *q, const char *user,
    const char *option, struct nc_err *e)
{
	struct buf *b = &q->headers[q->nheaders++], both = {0};
	int rc;

	buf_adds(b, "Authorization: Basic ");
	buf_addf(&both, "%s:", user);
	rc = channel_secret(s, &channel_value(s->channel, option, 0)->secret,
	    &both, e);
	if (rc == 0 && s->redact)
		buf_adds(b, "***");
	else if (rc == 0)
		digest_base64(buf_span(&both), b);
	secret_wipe(&both);
	return rc;
}

const char *
service_text(const struct sending *s, const char *option, const char *otherwise)
{
	const struct channel_value *v = channel_value(s->channel, option, 0);

	return v != NULL ? v->text : otherwise;
}

int
service_secret(const struct sending *s, const char *option, struct buf *b,
    struct nc_err *e)
{
	return channel_secret(s, &channel_value(s->channel, option, 0)->secret,
	    b, e);
}

bool
service_said(const struct sending *s, const char *option)
{
	return channel_value(s->channel, option, 0) != NULL;
}

void
service_put(struct json *o, const char *key, struct span v)
{
	if (v.len != 0)
		json_set(o, key, json_new_text(v));
}

void
service_puts(struct json *o, const char *key, const char *v)
{
	json_set(o, key, json_new_text(span_of(v)));
}

void
service_json(struct request *q, struct json *j)
{
	service_header(q, "Content-Type", span_of("application/json"));
	json_dump(j, &q->body);
	json_free(j);
}

void
service_form(struct request *q)
{
	service_header(q, "Content-Type",
	    span_of("application/x-www-form-urlencoded"));
}
