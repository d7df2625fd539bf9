/* SPDX-License-Identifier: MIT */
/*
 * http: requests over HTTP and HTTPS inside an event loop, any number at a
 * time, none of which waits for another.  Redirects are never followed,
 * certificates always verified, TLS is 1.2 or newer, an answer is read to
 * 64 KiB, and every request has a deadline.  Never prints.
 */
#ifndef NC_NET_HTTP_H
#define NC_NET_HTTP_H

#include "base/err.h"
#include "base/loop.h"
#include "base/span.h"

#define HTTP_BODY_MAX ((size_t)64 * 1024)

struct http; /* connections, kept open between requests */
struct http_call; /* one request under way */

struct http_reply {
	long status; /* of the answer; 0 with error */
	struct span body; /* at most HTTP_BODY_MAX of it */
	double retry_after; /* seconds, as Retry-After asks; 0: it does not */
	const char *error; /* no whole answer came: why; else NULL */
};

/* Once a request, from the loop; the reply is gone when it returns. */
typedef void http_done_fn(void *arg, const struct http_reply *reply);

/* All borrowed for the call only. */
struct http_request {
	const char *url; /* http: or https: */
	const char *const *headers; /* "Name: value", NULL ends; or NULL */
	struct span body; /* sent by POST */
	const char *cafile; /* certificates to trust instead; or NULL */
	double timeout; /* seconds for all of it */
	http_done_fn *done;
	void *arg;
};

/* Borrows the loop.  Owned: http_free(), which ends what is under way without
 * a word. */
struct http *http_new(struct loop *l, struct nc_err *e);
void http_free(struct http *h); /* NULL is fine */
/* NULL with *e when it cannot even begin.  Owned until done is called. */
struct http_call *http_post(struct http *h, const struct http_request *q,
    struct nc_err *e);
void http_cancel(struct http_call *c); /* done is not called */

#endif
