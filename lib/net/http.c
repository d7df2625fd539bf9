/* SPDX-License-Identifier: MIT */
/*
 * http: libcurl's multi interface with base/loop as its event loop: curl says
 * which sockets and which timer it waits for, the loop waits, curl acts.
 */
#include "net/http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define CONNECT_MS 5000L
#define CONNECTIONS_KEPT 64L

struct http {
	struct loop *loop;
	struct loop_timer *timer;
	CURLM *multi;
	struct http_call *calls; /* those under way */
};

struct http_call {
	struct http *http;
	struct http_call *previous, *next;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	bool capped; /* more came than is kept */
	char error[CURL_ERROR_SIZE];
	http_done_fn *done;
	void *arg;
};

static void
call_free(struct http_call *c)
{
	if (c->easy != NULL)
		curl_multi_remove_handle(c->http->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	buf_free(&c->body);
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		c->http->calls = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	free(c);
}

static void
call_end(struct http_call *c, CURLcode code)
{
	struct http_reply r = {.body = buf_span(&c->body)};
	curl_off_t after = 0;

	/* What was cut short by us is an answer all the same. */
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && c->capped)) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &r.status);
		curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &after);
		r.retry_after = (double)after;
	} else {
		r.error = *c->error != '\0' ? c->error
					    : curl_easy_strerror(code);
	}
	c->done(c->arg, &r);
	call_free(c);
}

static void
take_ends(struct http *h)
{
	struct http_call *c;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		char *private = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		c = (struct http_call *)(void *)private;
		call_end(c, m->data.result);
	}
}

static void
on_ready(struct loop *l, int fd, unsigned events, void *arg)
{
	struct http *h = arg;
	int mask = 0, running;

	(void)l;
	if ((events & (LOOP_READ | LOOP_HANGUP)) != 0)
		mask |= CURL_CSELECT_IN;
	if ((events & LOOP_WRITE) != 0)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, fd, mask, &running);
	take_ends(h);
}

static void
on_time(struct loop *l, void *arg)
{
	struct http *h = arg;
	int running;

	(void)l;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_ends(h);
}

/* Which sockets curl waits for. */
static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct http *h = arg;
	struct loop_fd *f = socket;
	unsigned events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_fd_remove(f);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	if ((what & CURL_POLL_IN) != 0)
		events |= LOOP_READ;
	if ((what & CURL_POLL_OUT) != 0)
		events |= LOOP_WRITE;
	if (f != NULL) {
		loop_fd_want(f, events);
		return 0;
	}
	f = loop_fd_add(h->loop, fd, events, on_ready, h);
	curl_multi_assign(h->multi, fd, f);
	return 0;
}

static int
want_time(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	loop_timer_set(h->timer,
	    ms < 0 ? LOOP_NEVER
		   : clock_mono_ns() + (int64_t)ms * (CLOCK_NS_PER_S / 1000));
	return 0;
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

struct http *
http_new(struct loop *l, struct nc_err *e)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		err_set(e, 0, "libcurl cannot be used");
		return NULL;
	}
	h = xcalloc(1, sizeof(*h));
	h->loop = l;
	if ((h->multi = curl_multi_init()) == NULL) {
		err_set(e, 0, "libcurl cannot be used");
		free(h);
		return NULL;
	}
	h->timer = loop_timer_add(l, LOOP_NEVER, on_time, h);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_time);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	while (h->calls != NULL)
		call_free(h->calls);
	curl_multi_cleanup(h->multi);
	loop_timer_remove(h->timer);
	free(h);
	curl_global_cleanup();
}

/* False when libcurl lacks what safety rests on. */
static bool
set_rules(struct http_call *c, const struct http_request *q)
{
	CURL *z = c->easy;

	return curl_easy_setopt(z, CURLOPT_PROTOCOLS_STR, "http,https") == 0 &&
	       curl_easy_setopt(z, CURLOPT_FOLLOWLOCATION, 0L) == 0 &&
	       curl_easy_setopt(z, CURLOPT_SSL_VERIFYPEER, 1L) == 0 &&
	       curl_easy_setopt(z, CURLOPT_SSL_VERIFYHOST, 2L) == 0 &&
	       curl_easy_setopt(z, CURLOPT_SSLVERSION,
		   (long)CURL_SSLVERSION_TLSv1_2) == 0 &&
	       curl_easy_setopt(z, CURLOPT_NOSIGNAL, 1L) == 0 &&
	       curl_easy_setopt(z, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
		   0 &&
	       curl_easy_setopt(z, CURLOPT_TIMEOUT_MS,
		   (long)(q->timeout * 1e3)) == 0 &&
	       (q->cafile == NULL ||
		   curl_easy_setopt(z, CURLOPT_CAINFO, q->cafile) == 0);
}

static bool
set_request(struct http_call *c, const struct http_request *q)
{
	const char *const *s = q->headers;
	CURL *z = c->easy;

	for (; s != NULL && *s != NULL; s++) {
		struct curl_slist *list = curl_slist_append(c->headers, *s);

		if (list == NULL)
			return false;
		c->headers = list;
	}
	curl_easy_setopt(z, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(z, CURLOPT_USERAGENT, "novacron/" NC_VERSION);
	curl_easy_setopt(z, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(z, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(z, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(z, CURLOPT_PRIVATE, c);
	curl_easy_setopt(z, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)q->body.len);
	return curl_easy_setopt(z, CURLOPT_URL, q->url) == 0 &&
	       curl_easy_setopt(z, CURLOPT_COPYPOSTFIELDS, q->body.p) == 0;
}

struct http_call *
http_post(struct http *h, const struct http_request *q, struct nc_err *e)
{
	struct http_call *c = xcalloc(1, sizeof(*c));

	c->http = h;
	c->done = q->done;
	c->arg = q->arg;
	c->next = h->calls;
	if (c->next != NULL)
		c->next->previous = c;
	h->calls = c;
	if ((c->easy = curl_easy_init()) != NULL && set_rules(c, q) &&
	    set_request(c, q) &&
	    curl_multi_add_handle(h->multi, c->easy) == CURLM_OK)
		return c;
	err_set(e, 0, "libcurl refuses the request");
	call_free(c);
	return NULL;
}

void
http_cancel(struct http_call *c)
{
	call_free(c);
}
