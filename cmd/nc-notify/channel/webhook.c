/* SPDX-License-Identifier: MIT */
/*
 * webhook: the alert record as it is, posted to an address, signed as
 * Standard Webhooks asks (standardwebhooks.com: id, time and body under
 * HMAC-SHA256; several keys while one takes over from another).  The id is
 * the event's and the same in every try.  A redirect is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "kinds.h"
#include "net/http.h"

#define KEY_PREFIX "whsec_"
#define HEADERS_MAX 8

struct post {
	struct sending *s;
	struct http_call *call;
};

/* --- the answer ----------------------------------------------------------- */

/* RFC 9110 and RFC 6585: what passes by itself, and what does not. */
static enum verdict
judge(long status)
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
on_reply(void *arg, const struct http_reply *reply)
{
	struct post *p = arg;
	struct sending *s = p->s;
	struct outcome o = {.verdict = VERDICT_RETRY,
	    .code = reply->status,
	    .message = reply->error,
	    .retry_after = reply->retry_after};

	if (reply->error == NULL) {
		o.verdict = judge(reply->status);
		if (o.verdict != VERDICT_SENT)
			o.message = explain(reply->status);
	}
	free(p);
	s->done(s, &o);
}

/* --- the request ---------------------------------------------------------- */

/* Appends " v1,BASE64" for one key. */
static int
sign(const struct secret *key, struct span signed_bytes, struct buf *b,
    struct nc_err *e)
{
	unsigned char mac[DIGEST_SHA256];
	struct buf text = {0}, raw = {0};
	struct span s;
	int rc = -1;

	if (secret_read(key, &text, e) == -1)
		goto out;
	s = buf_span(&text);
	if (str_starts(s, KEY_PREFIX)) {
		s.p += strlen(KEY_PREFIX);
		s.len -= strlen(KEY_PREFIX);
	}
	if (!digest_unbase64(s, &raw)) {
		err_set(e, 0, "%s: the key is not base64", key->name);
		goto out;
	}
	digest_hmac_sha256(buf_span(&raw), signed_bytes, mac);
	buf_adds(b, b->len != 0 && b->data[b->len - 1] != ' ' ? " v1," : "v1,");
	digest_base64((struct span){(const char *)mac, sizeof(mac)}, b);
	rc = 0;
out:
	secret_wipe(&text);
	secret_wipe(&raw);
	return rc;
}

static int
signature(const struct sending *s, long long when, struct buf *b,
    struct nc_err *e)
{
	const struct channel_value *v;
	struct buf bytes = {0};
	int rc = 0;

	buf_addf(&bytes, "%.*s.%lld.", SPAN_ARG(s->alert->event_id), when);
	buf_add(&bytes, s->alert->line.p, s->alert->line.len);
	buf_adds(b, "webhook-signature: ");
	for (size_t i = 0;
	     rc == 0 && (v = channel_value(s->channel, "sign", i)) != NULL; i++)
		rc = sign(&v->secret, buf_span(&bytes), b, e);
	buf_free(&bytes);
	return rc;
}

static int
address(const struct channel *c, struct buf *b, struct nc_err *e)
{
	if (c->target.kind == SECRET_NONE) {
		buf_adds(b, c->targets[0]);
		return 0;
	}
	if (secret_read(&c->target, b, e) == -1)
		return -1;
	if (!str_starts(buf_span(b), "https://") &&
	    !str_starts(buf_span(b), "http://"))
		return err_set(e, 0, "%s: no https:// address in it",
		    c->target.name);
	return 0;
}

static struct http_call *
begin(struct post *p, const char *url, const char *signed_with, long long when,
    struct nc_err *e)
{
	struct sending *s = p->s;
	const struct channel_value *ca = channel_value(s->channel, "cafile", 0);
	char *own[4] = {
	    xasprintf("webhook-id: %.*s", SPAN_ARG(s->alert->event_id)),
	    xasprintf("webhook-timestamp: %lld", when),
	    xasprintf("NC-Attempt: %u", s->attempt),
	    xasprintf("NC-Late-Seconds: %.0f", s->late),
	};
	const char *headers[HEADERS_MAX] = {"Content-Type: application/json",
	    own[0], own[1], own[2], own[3], signed_with, NULL};
	struct http_request q = {.url = url,
	    .headers = headers,
	    .body = s->alert->line,
	    .cafile = ca != NULL ? ca->text : NULL,
	    .timeout = s->channel->timeout,
	    .done = on_reply,
	    .arg = p};
	struct http_call *call;

	call = http_send(s->means->multi, &q, e);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		free(own[i]);
	return call;
}

static void
webhook_send(struct sending *s)
{
	struct post *p = xcalloc(1, sizeof(*p));
	struct buf url = {0}, mac = {0};
	struct nc_err e = {0};
	long long when = (long long)s->now;
	bool keys = channel_value(s->channel, "sign", 0) != NULL;

	p->s = s;
	s->state = p;
	if (s->means->multi == NULL)
		s->means->multi = multi_new(s->means->loop, &e);
	if (s->means->multi != NULL && address(s->channel, &url, &e) == 0 &&
	    (!keys || signature(s, when, &mac, &e) == 0))
		p->call = begin(p, url.data, keys ? mac.data : NULL, when, &e);
	secret_wipe(&url);
	buf_free(&mac);
	if (p->call != NULL)
		return;
	free(p);
	s->done(s,
	    &(struct outcome){.verdict = VERDICT_RETRY, .message = e.msg});
}

static void
webhook_cancel(struct sending *s)
{
	struct post *p = s->state;

	http_cancel(p->call);
	free(p);
}

static int
webhook_check(const struct channel *c, struct nc_err *e)
{
	if (c->target.kind != SECRET_NONE)
		return c->ntargets == 0 ? 0
					: err_set(e, 0, "expected one address");
	if (c->ntargets != 1 ||
	    (!str_starts(span_of(c->targets[0]), "https://") &&
		!str_starts(span_of(c->targets[0]), "http://")))
		return err_set(e, 0, "expected one address, https://...");
	for (const char *s = c->targets[0]; *s != '\0'; s++)
		if (*s <= ' ' || *s == 0x7f)
			return err_set(e, 0,
			    "an address has no blanks or control bytes");
	return 0;
}

static const struct channel_option options[] = {
    {.name = "sign", .secret = true, .many = true},
    {.name = "cafile"},
    {.name = NULL},
};

const struct channel_kind kind_webhook = {
    .name = "webhook",
    .targets = "an address",
    .secret_target = true,
    .options = options,
    .at_once = 4,
    .check = webhook_check,
    .send = webhook_send,
    .cancel = webhook_cancel,
};
