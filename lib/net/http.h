/* SPDX-License-Identifier: MIT */
/*
 * http: requests over HTTP and HTTPS, any number at a time (net/multi).
 * Redirects are never followed, certificates always verified, TLS is 1.2 or
 * newer, an answer is read to 64 KiB, and every request has a deadline.  A
 * header that would end its line early is refused.  Never prints.
 */
#ifndef NC_NET_HTTP_H
#define NC_NET_HTTP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "net/multi.h"

#define HTTP_BODY_MAX ((size_t)64 * 1024)

struct http_call; /* one request under way */

struct http_reply {
	long status; /* of the answer; 0 with error */
	struct span body; /* at most HTTP_BODY_MAX of it */
	double retry_after; /* seconds, as Retry-After asks; 0: it does not */
	const char *error; /* no whole answer came: why; else NULL */
	bool asked; /* with error: the request had gone out */
};

/* Once a request, from the loop; the reply is gone when it returns. */
typedef void http_done_fn(void *arg, const struct http_reply *reply);

/* All borrowed for the call only. */
struct http_request {
	const char *method; /* NULL: POST */
	const char *url; /* http: or https: */
	const char *const *headers; /* "Name: value", NULL ends; or NULL */
	struct span body; /* with GET: none */
	const char *cafile; /* certificates to trust instead; or NULL */
	const char *pin; /* "sha256//BASE64" of its public key; or NULL */
	double timeout; /* seconds for all of it */
	http_done_fn *done;
	void *arg;
};

/* NULL with *e when it cannot even begin.  Owned until done is called. */
struct http_call *http_send(struct multi *m, const struct http_request *q,
    struct nc_err *e);
void http_cancel(struct http_call *c); /* done is not called */

#endif
