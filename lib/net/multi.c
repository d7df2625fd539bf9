/* SPDX-License-Identifier: MIT */
/*
 * multi: libcurl's multi interface with base/loop as its event loop.  A name
 * that is being looked up when its transfer ends is left to its thread: to
 * wait for it (libcurl's default) would stop every other transfer.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/transfer_priv.h"

#define CONNECT_MS 5000L
#define CONNECTIONS_KEPT 64L

struct multi {
	struct loop *loop;
	struct loop_timer *timer, *broom;
	CURLM *curl;
	struct transfer *transfers; /* those under way */
	struct multi *discarded, *next; /* next: of those its owner discarded */
};

static void
take_ends(struct multi *m)
{
	struct transfer *t;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m->curl, &left)) != NULL) {
		char *private = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		t = (struct transfer *)(void *)private;
		t->over(t, msg->data.result);
	}
}

static void
on_ready(struct loop *l, int fd, unsigned events, void *arg)
{
	struct multi *m = arg;
	int mask = 0, running;

	(void)l;
	if ((events & (LOOP_READ | LOOP_HANGUP)) != 0)
		mask |= CURL_CSELECT_IN;
	if ((events & LOOP_WRITE) != 0)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(m->curl, fd, mask, &running);
	take_ends(m);
}

static void
on_time(struct loop *l, void *arg)
{
	struct multi *m = arg;
	int running;

	(void)l;
	curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	take_ends(m);
}

/* Which sockets curl waits for. */
static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct multi *m = arg;
	struct loop_fd *f = socket;
	unsigned events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_fd_remove(f);
		curl_multi_assign(m->curl, fd, NULL);
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
	f = loop_fd_add(m->loop, fd, events, on_ready, m);
	curl_multi_assign(m->curl, fd, f);
	return 0;
}

static int
want_time(CURLM *curl, long ms, void *arg)
{
	struct multi *m = arg;

	(void)curl;
	loop_timer_set(m->timer,
	    ms < 0 ? LOOP_NEVER
		   : clock_mono_ns() + (int64_t)ms * (CLOCK_NS_PER_S / 1000));
	return 0;
}

static void
on_broom(struct loop *l, void *arg)
{
	struct multi *m = arg, *gone;

	(void)l;
	while ((gone = m->discarded) != NULL) {
		m->discarded = gone->next;
		multi_free(gone);
	}
}

struct multi *
multi_new(struct loop *l, struct nc_err *e)
{
	struct multi *m;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		err_set(e, 0, "libcurl cannot be used");
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->loop = l;
	if ((m->curl = curl_multi_init()) == NULL) {
		err_set(e, 0, "libcurl cannot be used");
		free(m);
		return NULL;
	}
	m->timer = loop_timer_add(l, LOOP_NEVER, on_time, m);
	m->broom = loop_timer_add(l, LOOP_NEVER, on_broom, m);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, want_time);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return m;
}

void
multi_free(struct multi *m)
{
	if (m == NULL)
		return;
	while (m->transfers != NULL)
		m->transfers->over(m->transfers, CURLE_ABORTED_BY_CALLBACK);
	on_broom(m->loop, m);
	curl_multi_cleanup(m->curl);
	loop_timer_remove(m->timer);
	loop_timer_remove(m->broom);
	free(m);
	curl_global_cleanup();
}

struct loop *
multi_loop(const struct multi *m)
{
	return m->loop;
}

void
multi_discard(struct multi *m, struct multi *gone)
{
	gone->next = m->discarded;
	m->discarded = gone;
	loop_timer_set(m->broom, clock_mono_ns());
}

/* --- one transfer --------------------------------------------------------- */

int
transfer_init(struct transfer *t, struct multi *m,
    const struct transfer_rules *r, struct nc_err *e)
{
	CURL *z = t->easy = curl_easy_init();

	t->multi = m;
	t->next = m->transfers;
	if (t->next != NULL)
		t->next->previous = t;
	m->transfers = t;
	if (z != NULL &&
	    curl_easy_setopt(z, CURLOPT_PROTOCOLS_STR, r->protocols) == 0 &&
	    curl_easy_setopt(z, CURLOPT_FOLLOWLOCATION, 0L) == 0 &&
	    curl_easy_setopt(z, CURLOPT_SSL_VERIFYPEER, 1L) == 0 &&
	    curl_easy_setopt(z, CURLOPT_SSL_VERIFYHOST, 2L) == 0 &&
	    curl_easy_setopt(z, CURLOPT_SSLVERSION,
		(long)CURL_SSLVERSION_TLSv1_2) == 0 &&
	    curl_easy_setopt(z, CURLOPT_NOSIGNAL, 1L) == 0 &&
	    curl_easy_setopt(z, CURLOPT_QUICK_EXIT, 1L) == 0 &&
	    curl_easy_setopt(z, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == 0 &&
	    curl_easy_setopt(z, CURLOPT_TIMEOUT_MS, (long)(r->timeout * 1e3)) ==
		0 &&
	    curl_easy_setopt(z, CURLOPT_ERRORBUFFER, t->error) == 0 &&
	    curl_easy_setopt(z, CURLOPT_PRIVATE, t) == 0 &&
	    (r->cafile == NULL ||
		curl_easy_setopt(z, CURLOPT_CAINFO, r->cafile) == 0) &&
	    (r->pin == NULL ||
		curl_easy_setopt(z, CURLOPT_PINNEDPUBLICKEY, r->pin) == 0))
		return 0;
	return err_set(e, 0, "libcurl refuses the request");
}

int
transfer_begin(struct transfer *t, struct nc_err *e)
{
	if (curl_multi_add_handle(t->multi->curl, t->easy) != CURLM_OK)
		return err_set(e, 0, "libcurl refuses the request");
	return 0;
}

void
transfer_end(struct transfer *t)
{
	if (t->easy != NULL)
		curl_multi_remove_handle(t->multi->curl, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->list);
	if (t->previous != NULL)
		t->previous->next = t->next;
	else
		t->multi->transfers = t->next;
	if (t->next != NULL)
		t->next->previous = t->previous;
}

const char *
transfer_error(const struct transfer *t, CURLcode code)
{
	return *t->error != '\0' ? t->error : curl_easy_strerror(code);
}

bool
transfer_is_plain(const char *s, bool blanks)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f ||
		    (*s == ' ' && !blanks))
			return false;
	return true;
}
