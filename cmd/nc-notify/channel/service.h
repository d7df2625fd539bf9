/* SPDX-License-Identifier: MIT */
/*
 * service: what the kinds that speak HTTP share.  A kind says what it asks
 * for, and what an answer means beyond its status; all else (the table of
 * statuses, Retry-After, TLS, deadlines, render) is here.
 */
#ifndef NC_NOTIFY_SERVICE_H
#define NC_NOTIFY_SERVICE_H

#include "channel.h"
#include "net/http.h"
#include "stream/json.h"

#define SERVICE_HEADERS_MAX 12

/* A request in the making; all of it is wiped when it was sent. */
struct request {
	const char *method; /* NULL: POST */
	struct buf url;
	struct buf headers[SERVICE_HEADERS_MAX];
	size_t nheaders;
	struct buf body;
};

/* What stands behind the kind. */
enum service_target {
	SERVICE_URL, /* an address, which may be a secret */
	SERVICE_KEY, /* a secret that is none */
	SERVICE_NONE
};

struct service {
	/* For service_check_kind(). */
	enum service_target target;
	const char *const *needed; /* options, NULL ends; or NULL */
	/*
	 * The request of this step (from 0).  0; 1: there is no such step, all
	 * is sent; -1 with a reason: tried again later.  Secrets by
	 * channel_secret() alone.
	 */
	int (*build)(const struct sending *s, unsigned step, struct request *q,
	    struct nc_err *e);
	/*
	 * What an answer means, when its status alone does not say: may change
	 * o, whose message points to why (of that size) or is a literal.  NULL:
	 * nothing to add.
	 */
	void (*judge)(const struct sending *s, unsigned step,
	    const struct http_reply *r, struct outcome *o, char *why,
	    size_t size);
};

/* send, cancel and render of such a kind. */
#define SERVICE_FUNCTIONS \
	.send = service_send, .cancel = service_cancel, .render = service_render
void service_send(struct sending *s);
void service_cancel(struct sending *s);
int service_render(const struct sending *s, struct buf *b, struct nc_err *e);

/* What every such kind can be told beside its own options: certificates and
 * keys to trust, and another address in place of the usual one. */
#define SERVICE_OPTIONS \
	{.name = "cafile"}, {.name = "pin"}, \
	{ \
		.name = "endpoint" \
	}
/* -1 unless the options above are right, and every one of these names (NULL
 * ends) has a value. */
int service_check(const struct channel *c, const char *const *needed,
    struct nc_err *e);
/* -1 unless it is http:// or https:// and something behind it; the same of
 * the only target, unless that is a secret. */
int service_url(const char *s, struct nc_err *e);
/* One that stands in the configuration, which others may read. */
int service_open_url(const char *s, struct nc_err *e);
int service_check_target(const struct channel *c, struct nc_err *e);

/* check of a kind that has no more to say than its struct service. */
int service_check_kind(const struct channel *c, struct nc_err *e);

/* Appends the endpoint of the channel, or this one, without a slash at its
 * end. */
void service_endpoint(const struct sending *s, const char *usual,
    struct buf *b);
/* The address of the channel's target, which may be a secret. */
int service_target(const struct sending *s, struct buf *b, struct nc_err *e);
/* "NAME: TEXT". */
void service_header(struct request *q, const char *name, struct span value);
/* "NAME: PREFIX" and the secret of this option. */
int service_auth(const struct sending *s, struct request *q, const char *name,
    const char *prefix, const char *option, struct nc_err *e);
/* "Authorization: Basic" of a user and the secret of this option. */
int service_basic(const struct sending *s, struct request *q, const char *user,
    const char *option, struct nc_err *e);
/* The text of an option, or this. */
const char *service_text(const struct sending *s, const char *option,
    const char *otherwise);
/* The secret of an option. */
int service_secret(const struct sending *s, const char *option, struct buf *b,
    struct nc_err *e);
bool service_said(const struct sending *s, const char *option);
/* Members of an object: text, unless it is empty; a text ended by NUL. */
void service_put(struct json *o, const char *key, struct span v);
void service_puts(struct json *o, const char *key, const char *v);
/* Sets the body to what j is, and says it is JSON; takes j. */
void service_json(struct request *q, struct json *j);
/* Says that the body is a form. */
void service_form(struct request *q);

#endif
