/* SPDX-License-Identifier: MIT */
/*
 * agent: see agent.h.  A guest decides when its agent answers: so few are
 * asked at a time, each has a deadline, and one that was silent is left alone
 * for a while.  Never part of a round, but of the only one there is.
 */
#include "libvirt/agent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

/* libvirtd serves 5 calls of a client at once (max_client_requests). */
#define TALKS_MAX 4
#define AGAIN_S 20.0 /* after it was silent */

int
agent_open(struct live *l, struct nc_err *e)
{
	const char *glob;
	double seconds;

	l->agent = source_get_switch(l->run, "agent");
	if (source_get_seconds(l->run, "agent-timeout", &seconds, e) == -1)
		return -1;
	if (seconds < 1 || seconds > 60)
		return err_set(e, 0, "agent-timeout: expected 1s to 60s");
	l->agent_timeout = (int)ceil(seconds);
	for (size_t i = 0; (glob = source_get_nth(l->run, "exec", i)) != NULL;
	     i++)
		if (glob_check(span_of(glob), e) == -1)
			return err_where(e, "exec=%s", glob);
	return 0;
}

/* A program is run in those guests only that the operator has named. */
static bool
may_exec(const struct live *l, const struct domain *d)
{
	const char *glob;

	if (!source_wants(l->run, LEVEL_DETAILED))
		return false;
	for (size_t i = 0; (glob = source_get_nth(l->run, "exec", i)) != NULL;
	     i++)
		if (glob_match(span_of(glob), span_of(d->identity->name)))
			return true;
	return false;
}

static void
ask(struct hyper *h, struct domain *d)
{
	struct call *c = call_new(CALL_TALK, h, h->agents.conn,
	    h->live->pipe[1]);

	c->talk = xcalloc(1, sizeof(*c->talk));
	memcpy(c->talk->uuid, d->uuid, sizeof(d->uuid));
	c->talk->timeout = h->live->agent_timeout;
	c->talk->processes = may_exec(h->live, d);
	if (call_start(c, NULL) == -1)
		return;
	d->talking = true;
	h->agents.talks++;
}

/* The next ones of this round, a few at a time. */
static void
ask_more(struct hyper *h)
{
	double now = clock_mono();
	struct domain *d;
	void *value;

	while (h->agents.asking && h->agents.talks < TALKS_MAX) {
		if (!map_next(h->domains, &h->agents.cursor, NULL, &value)) {
			h->agents.asking = false;
			break;
		}
		d = value;
		if (d->number == -1 || d->talking)
			continue;
		if (d->identity->agent == IDENTITY_AGENT_SILENT)
			agent_tell_silent(h, d);
		else if (d->identity->agent == IDENTITY_AGENT_THERE &&
			 d->agent_from <= now)
			ask(h, d);
	}
}

static void
open_connection(struct hyper *h)
{
	struct call *c = call_new(CALL_OPEN, h, NULL, h->live->pipe[1]);

	c->uri = xstrdup(h->uri);
	c->local = h->local;
	c->writable = true;
	if (call_start(c, NULL) == 0)
		h->agents.opening = c;
}

static void
opened(struct hyper *h, struct call *c)
{
	h->agents.opening = NULL;
	if (c->rc == 0) {
		h->agents.conn = c->conn;
		c->conn = NULL;
		h->agents.refused = false;
		ask_more(h);
		return;
	}
	if (!h->agents.refused) {
		live_clock(h->live, h, c->ts, c->up);
		if (source_error(h->live->frame, "", (struct span){0}, "agent",
			"guest agents need a connection that may write: %s",
			c->err.msg) == -1)
			h->live->over = true;
	}
	h->agents.refused = true;
	h->agents.asking = false;
}

bool
agent_round(struct hyper *h)
{
	if (!h->live->agent)
		return false;
	if (h->agents.conn != NULL && virConnectIsAlive(h->agents.conn) == 0)
		agent_close(h);
	h->agents.asking = true;
	h->agents.cursor = 0;
	live_clock(h->live, h, h->answer->ts, h->answer->up);
	if (h->agents.conn != NULL)
		ask_more(h);
	else if (h->agents.opening == NULL)
		open_connection(h);
	return h->live->run->once &&
	       (h->agents.talks != 0 || h->agents.opening != NULL);
}

static void
answered(struct hyper *h, struct call *c)
{
	struct span key = {(const char *)c->talk->uuid, VIR_UUID_BUFLEN};
	struct domain *d = map_get(h->domains, key);

	h->agents.talks--;
	if (d == NULL)
		return;
	d->talking = false;
	live_clock(h->live, h, c->ts, c->up);
	if (c->rc == 0) {
		d->agent_told = false;
		agent_tell(h, d, c);
		return;
	}
	d->agent_from = clock_mono() + AGAIN_S;
	agent_tell_silent(h, d);
	if (!d->agent_told &&
	    source_error(h->live->frame, "vm", span_of(d->identity->id),
		"agent", "%s", c->err.msg) == -1)
		h->live->over = true;
	d->agent_told = true;
}

bool
agent_answer(struct hyper *h, struct call *c)
{
	if (c != h->agents.opening && c->kind != CALL_TALK)
		return false;
	if (c == h->agents.opening)
		opened(h, c);
	else
		answered(h, c);
	call_free(c);
	ask_more(h);
	if (h->phase == HYPER_AGENTS && h->agents.talks == 0)
		hyper_end(h);
	return true;
}

void
agent_close(struct hyper *h)
{
	if (h->agents.conn != NULL)
		virConnectClose(h->agents.conn);
	h->agents.conn = NULL;
}
