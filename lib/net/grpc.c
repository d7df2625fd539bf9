/* SPDX-License-Identifier: MIT */
/*
 * grpc: gRPC over HTTP/2 (github.com/grpc, doc/PROTOCOL-HTTP2.md) by libcurl,
 * and the wire format of protocol buffers (protobuf.dev/programming-guides/
 * encoding).  Every call has a connection of its own: with libcurl 7.88 a
 * second request on one that was begun with prior knowledge fails.
 */
#include "net/grpc.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PREFIX 5 /* not compressed, and the length of the message */

struct body {
	struct buf *buf;
	size_t max;
	grpc_take *take; /* of a stream; NULL: one answer, judged at its end */
	void *arg;
	bool enough;
};

static size_t
length_of(const struct buf *b)
{
	const unsigned char *p = (const unsigned char *)b->data;

	return (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 |
	       p[4];
}

/* The messages that are whole.  false: compressed, too long, or enough. */
static bool
deliver(struct body *b)
{
	struct span message;
	size_t len;

	while (b->buf->len >= PREFIX) {
		len = length_of(b->buf);
		if (b->buf->data[0] != 0 || len > b->max)
			return false;
		if (b->buf->len < PREFIX + len)
			return true;
		message = (struct span){b->buf->data + PREFIX, len};
		b->enough = b->take(b->arg, message) != 0;
		if (b->enough)
			return false;
		buf_drop(b->buf, PREFIX + len);
	}
	return true;
}

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct body *b = arg;

	/* Of a stream at most one message and what came behind it. */
	if (b->take == NULL && b->buf->len + size * n > b->max + PREFIX)
		return 0;
	buf_add(b->buf, p, size * n);
	if (b->take != NULL && !deliver(b))
		return 0;
	return size * n;
}

/* It comes as a trailer, or as a header where there is nothing else. */
static const char *
header(CURL *h, const char *name)
{
	struct curl_header *found;

	if (curl_easy_header(h, name, 0, CURLH_TRAILER, -1, &found) ==
		CURLHE_OK ||
	    curl_easy_header(h, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
		return found->value;
	return NULL;
}

static int
judge(CURL *h, CURLcode code, const struct grpc_call *c, struct nc_err *e)
{
	const char *status = header(h, "grpc-status"), *why;

	if (status != NULL && strcmp(status, "0") != 0) {
		why = header(h, "grpc-message");
		return err_set(e, 0, "%s: status %s%s%s", c->method, status,
		    why != NULL ? ": " : "", why != NULL ? why : "");
	}
	if (code != CURLE_OK)
		return err_set(e, 0, "%s: %s", c->socket,
		    curl_easy_strerror(code));
	if (status == NULL)
		return err_set(e, 0, "%s: no answer of gRPC", c->socket);
	return 0;
}

static int
judge_one(const struct grpc_call *c, struct buf *answer, struct nc_err *e)
{
	if (answer->len < PREFIX)
		return err_set(e, 0, "%s: no answer of gRPC", c->socket);
	if (answer->data[0] != 0 || length_of(answer) != answer->len - PREFIX)
		return err_set(e, 0, "%s: not one whole message", c->socket);
	buf_drop(answer, PREFIX);
	return 0;
}

static void
set_up(CURL *h, const struct grpc_call *c, struct curl_slist *headers,
    const struct buf *request, struct body *body)
{
	char *url = xasprintf("http://localhost/%s", c->method);

	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http");
	if (c->seconds > 0)
		curl_easy_setopt(h, CURLOPT_TIMEOUT_MS,
		    (long)(c->seconds * 1e3) + 1);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)request->len);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, request->data);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, body);
	free(url);
}

static int
perform(const struct grpc_call *c, struct body *body, struct nc_err *e)
{
	struct curl_slist *headers = NULL;
	struct buf request = {NULL, 0, 0};
	size_t n = c->request.len;
	CURL *h = curl_easy_init();
	CURLcode code;
	int rc;

	if (h == NULL)
		return err_set(e, 0, "%s: libcurl does not start", c->socket);
	buf_addc(&request, 0);
	buf_addc(&request, (char)(n >> 24));
	buf_addc(&request, (char)(n >> 16));
	buf_addc(&request, (char)(n >> 8));
	buf_addc(&request, (char)n);
	buf_add(&request, c->request.p, n);
	headers = curl_slist_append(headers, "content-type: application/grpc");
	headers = curl_slist_append(headers, "te: trailers");
	if (c->header != NULL)
		headers = curl_slist_append(headers, c->header);
	set_up(h, c, headers, &request, body);
	code = curl_easy_perform(h);
	rc = body->enough ? 0 : judge(h, code, c, e);
	curl_slist_free_all(headers);
	curl_easy_cleanup(h);
	buf_free(&request);
	return rc;
}

int
grpc_ask(const struct grpc_call *c, struct buf *answer, struct nc_err *e)
{
	struct body body = {answer, c->max, NULL, NULL, false};

	buf_clear(answer);
	return perform(c, &body, e) == 0 ? judge_one(c, answer, e) : -1;
}

int
grpc_listen(const struct grpc_call *c, grpc_take *take_message, void *arg,
    struct nc_err *e)
{
	struct buf room = {NULL, 0, 0};
	struct body body = {&room, c->max, take_message, arg, false};
	int rc = perform(c, &body, e);

	buf_free(&room);
	return rc;
}

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(v | 0x80));
	buf_addc(b, (char)v);
}

void
grpc_put_text(struct buf *message, unsigned field, struct span text)
{
	put_varint(message, (uint64_t)field << 3 | 2);
	put_varint(message, text.len);
	buf_add(message, text.p, text.len);
}

static int
take_varint(struct span *s, uint64_t *v)
{
	unsigned char c;
	unsigned shift;

	*v = 0;
	for (shift = 0; shift < 64 && s->len > 0; shift += 7) {
		c = (unsigned char)*s->p++;
		s->len--;
		*v |= (uint64_t)(c & 0x7f) << shift;
		if ((c & 0x80) == 0)
			return 0;
	}
	return -1;
}

int
grpc_next(struct span *rest, struct grpc_field *f)
{
	uint64_t tag, len;

	*f = (struct grpc_field){.number = 0};
	if (rest->len == 0)
		return 0;
	if (take_varint(rest, &tag) == -1 || tag >> 3 == 0 ||
	    tag >> 3 > 536870911)
		return -1;
	f->number = (unsigned)(tag >> 3);
	switch (tag & 7) {
	case 0:
		return take_varint(rest, &f->value) == -1 ? -1 : 1;
	case 1:
		len = 8;
		break;
	case 2:
		if (take_varint(rest, &len) == -1)
			return -1;
		break;
	case 5:
		len = 4;
		break;
	default: /* groups are no more */
		return -1;
	}
	if (len > rest->len)
		return -1;
	f->bytes = (struct span){rest->p, (size_t)len};
	rest->p += len;
	rest->len -= (size_t)len;
	return 1;
}
