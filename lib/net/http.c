/* SPDX-License-Identifier: MIT */
/*
 * http: one request as a transfer of net/multi.  What is read of an answer,
 * its headers as much as its body, is bounded whatever the other side sends.
 */
#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/transfer_priv.h"

#define HEADERS_MAX ((size_t)64 * 1024)

struct http_call {
	struct transfer transfer; /* first: the one becomes the other */
	struct buf body;
	size_t header_bytes;
	bool capped; /* more came than is kept */
	http_done_fn *done;
	void *arg;
};

static void
call_free(struct http_call *c)
{
	transfer_end(&c->transfer);
	buf_free(&c->body);
	free(c);
}

static void
on_over(struct transfer *t, CURLcode code)
{
	struct http_call *c = (struct http_call *)(void *)t;
	struct http_reply r = {.body = buf_span(&c->body)};
	curl_off_t after = 0;
	long bytes = 0;

	/* What was cut short by us is an answer all the same. */
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && c->capped)) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r.status);
		curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
		r.retry_after = (double)after;
	} else {
		curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes);
		r.asked = bytes > 0;
		r.error = transfer_error(t, code);
	}
	if (code != CURLE_ABORTED_BY_CALLBACK)
		c->done(c->arg, &r);
	call_free(c);
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	size_t room = HTTP_BODY_MAX - c->body.len;

	(void)size; /* always 1 */
	buf_add(&c->body, p, n < room ? n : room);
	c->capped = n > room;
	return c->capped ? 0 : n;
}

static size_t
take_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;

	(void)p;
	(void)size; /* always 1 */
	c->header_bytes += n;
	return c->header_bytes <= HEADERS_MAX ? n : 0;
}

static int
set_headers(struct transfer *t, const char *const *s, struct nc_err *e)
{
	struct curl_slist *list;

	for (; s != NULL && *s != NULL; s++) {
		if (!transfer_is_plain(*s, true))
			return err_set(e, 0,
			    "a header has a control byte in it");
		if ((list = curl_slist_append(t->list, *s)) == NULL)
			return err_set(e, 0, "no memory");
		t->list = list;
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->list);
	return 0;
}

static int
set_request(struct http_call *c, const struct http_request *q, struct nc_err *e)
{
	CURL *z = c->transfer.easy;

	if (!transfer_is_plain(q->url, false))
		return err_set(e, 0,
		    "an address has no blanks or control bytes");
	if (set_headers(&c->transfer, q->headers, e) == -1)
		return -1;
	curl_easy_setopt(z, CURLOPT_USERAGENT, "novacron/" NC_VERSION);
	curl_easy_setopt(z, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(z, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(z, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(z, CURLOPT_HEADERDATA, c);
	if (curl_easy_setopt(z, CURLOPT_URL, q->url) != 0)
		return err_set(e, 0, "libcurl refuses the request");
	if (q->method != NULL && strcmp(q->method, "GET") == 0)
		return 0;
	if (q->method != NULL)
		curl_easy_setopt(z, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(z, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)q->body.len);
	if (curl_easy_setopt(z, CURLOPT_COPYPOSTFIELDS,
		q->body.len != 0 ? q->body.p : "") != 0)
		return err_set(e, 0, "libcurl refuses the request");
	return 0;
}

struct http_call *
http_send(struct multi *m, const struct http_request *q, struct nc_err *e)
{
	struct http_call *c = xcalloc(1, sizeof(*c));
	struct transfer_rules rules = {.protocols = "http,https",
	    .cafile = q->cafile,
	    .pin = q->pin,
	    .timeout = q->timeout};

	c->transfer.over = on_over;
	c->done = q->done;
	c->arg = q->arg;
	if (transfer_init(&c->transfer, m, &rules, e) == 0 &&
	    set_request(c, q, e) == 0 && transfer_begin(&c->transfer, e) == 0)
		return c;
	call_free(c);
	return NULL;
}

void
http_cancel(struct http_call *c)
{
	call_free(c);
}
