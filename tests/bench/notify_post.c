/* SPDX-License-Identifier: MIT */
/*
 * notify_post: N requests to an address, four at a time: by our own net/http,
 * or by a bare loop around libcurl's multi interface with the same options.
 * bench-libs: libcurl
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "net/http.h"

#define AT_ONCE 4
#define BODY 400

static const char *const headers[] = {"Content-Type: application/json",
    "webhook-id: 0123456789abcdef0123456789abcdef",
    "webhook-timestamp: 1763800000", "NC-Attempt: 1", "NC-Late-Seconds: 0",
    NULL};

struct own {
	struct multi *multi;
	struct http_request q;
	long left, done, good;
};

static void
on_reply(void *arg, const struct http_reply *r)
{
	struct own *o = arg;

	o->done++;
	o->good += r->status == 204;
	if (o->left > 0 && http_send(o->multi, &o->q, NULL) != NULL)
		o->left--;
}

static long
own(const char *url, long n, struct span body)
{
	struct loop *l = loop_new(NULL);
	struct own o = {.multi = multi_new(l, NULL), .left = n};

	o.q = (struct http_request){.url = url,
	    .headers = headers,
	    .body = body,
	    .timeout = 15,
	    .done = on_reply,
	    .arg = &o};
	for (int i = 0; i < AT_ONCE && o.left > 0; i++, o.left--)
		http_send(o.multi, &o.q, NULL);
	while (o.done < n && loop_once(l, LOOP_NEVER, NULL) == 0)
		continue;
	multi_free(o.multi);
	loop_free(l);
	return o.good;
}

static size_t
swallow(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static CURL *
begin(const char *url, struct span body, struct curl_slist *list)
{
	CURL *c = curl_easy_init();

	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.len);
	curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, body.p);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 15000L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	return c;
}

static long
bare(const char *url, long n, struct span body)
{
	CURLM *m = curl_multi_init();
	struct curl_slist *list = NULL;
	CURLMsg *msg;
	long left = n, good = 0, status;
	int running, queued;

	for (size_t i = 0; headers[i] != NULL; i++)
		list = curl_slist_append(list, headers[i]);
	for (int i = 0; i < AT_ONCE && left > 0; i++, left--)
		curl_multi_add_handle(m, begin(url, body, list));
	do {
		curl_multi_perform(m, &running);
		while ((msg = curl_multi_info_read(m, &queued)) != NULL) {
			curl_easy_getinfo(msg->easy_handle,
			    CURLINFO_RESPONSE_CODE, &status);
			good += status == 204;
			curl_multi_remove_handle(m, msg->easy_handle);
			curl_easy_cleanup(msg->easy_handle);
			if (left > 0) {
				curl_multi_add_handle(m,
				    begin(url, body, list));
				left--;
				running++;
			}
		}
		if (running > 0)
			curl_multi_poll(m, NULL, 0, 1000, NULL);
	} while (running > 0);
	curl_slist_free_all(list);
	curl_multi_cleanup(m);
	return good;
}

int
main(int argc, char **argv)
{
	char body[BODY];
	long n;

	if (argc != 4 || (n = strtol(argv[3], NULL, 10)) < 1) {
		fprintf(stderr, "usage: notify_post own|bare URL N\n");
		return 2;
	}
	memset(body, 'x', sizeof(body));
	curl_global_init(CURL_GLOBAL_ALL);
	return (strcmp(argv[1], "own") == 0 ? own : bare)(argv[2], n,
		   (struct span){body, sizeof(body)}) == n
		   ? 0
		   : 1;
}
