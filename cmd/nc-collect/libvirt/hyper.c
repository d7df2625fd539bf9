/* SPDX-License-Identifier: MIT */
/*
 * hyper: the rounds of one hypervisor.  All statistics come in one call that
 * does not wait for busy domains; but a QEMU that stops answering in the
 * middle of it holds it up.  Then it is not waited for any longer and asked
 * again: by now libvirt knows that this domain is busy and leaves it out.
 * The last attempt asks only what needs no QEMU at all.
 */
#include "libvirt/agent.h"
#include "libvirt/pages.h"

#include <libvirt/virterror.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/*
 * libvirtd serves 5 calls of a client at once (max_client_requests); one is
 * kept for those that need no QEMU.
 */
#define OVERDUE_MAX 3
#define ATTEMPTS 3
#define PATIENCE_S 1.0 /* at least; four times what it usually takes */
#define SHORT_S 0.5 /* for what is not the main thing */
#define AGENTS_S 30.0 /* for guest agents, in the only round */
#define OPEN_S 60.0 /* a connection that never comes: another process */
#define MARGIN_S 0.2 /* before the supervisor's deadline */
#define PAGE 4096 /* domains a call, where all at once are too many */
#define PAGE_MIN 64

/* What libvirt's QEMU driver tells without asking QEMU (qemu_driver.c, the
 * workers that require no monitor). */
#define EASY_STATS \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | \
	    VIR_DOMAIN_STATS_INTERFACE)

static unsigned
wanted_stats(const struct source_run *run)
{
	unsigned s = EASY_STATS | VIR_DOMAIN_STATS_BALLOON |
		     VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_BLOCK;

	if (source_wants(run, LEVEL_STANDARD))
		s |= VIR_DOMAIN_STATS_DIRTYRATE;
	if (source_wants(run, LEVEL_DIAGNOSTIC))
		s |= VIR_DOMAIN_STATS_PERF | VIR_DOMAIN_STATS_IOTHREAD |
		     VIR_DOMAIN_STATS_MEMORY |
		     1u << 10; /* VIR_DOMAIN_STATS_VM of 8.9 */
	return s;
}

struct hyper *
hyper_new(struct live *l, const char *uri, bool optional)
{
	struct hyper *h = xcalloc(1, sizeof(*h));
	struct span other = local_other(uri);

	h->live = l;
	h->uri = xstrdup(uri);
	h->local = other.len == 0;
	if (!h->local) /* until it says its own name */
		h->host = xmemdup0(other.p, other.len);
	h->optional = optional;
	h->domains = map_new(NULL);
	h->typical = 0;
	return h;
}

void
domain_free(struct hyper *h, struct domain *d)
{
	job_forget(h, d);
	identity_free(d->identity);
	free(d);
}

void
hyper_free(struct hyper *h)
{
	uint32_t cursor = 0;
	void *value;

	call_free(h->answer);
	/* Closing talks to a peer that may be gone: the end of the process
	 * closes as well. */
	while (map_next(h->domains, &cursor, NULL, &value))
		domain_free(h, value);
	map_free(h->domains, NULL);
	free(h->guests);
	free(h->host);
	free(h->uri);
	free(h);
}

/* Each call with a domain formats its UUID for a log nobody reads: one such
 * call a domain and round is half of what we cost. */
static bool
uuid_of(virDomainPtr dom, unsigned char *raw, struct span *key)
{
	*key = (struct span){(const char *)raw, VIR_UUID_BUFLEN};
	return virDomainGetUUID(dom, raw) == 0;
}

struct domain *
hyper_find(const struct hyper *h, virDomainPtr dom)
{
	unsigned char raw[VIR_UUID_BUFLEN];
	struct span key;

	return uuid_of(dom, raw, &key) ? map_get(h->domains, key) : NULL;
}

struct domain *
hyper_domain(struct hyper *h, virDomainPtr dom)
{
	unsigned char raw[VIR_UUID_BUFLEN];
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct domain *d;
	struct span key;

	if (!uuid_of(dom, raw, &key))
		return NULL;
	if ((d = map_get(h->domains, key)) != NULL)
		return d;
	if (virDomainGetUUIDString(dom, uuid) == -1)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->identity = identity_new(span_of(uuid),
	    span_of(virDomainGetName(dom)));
	memcpy(d->uuid, raw, sizeof(d->uuid));
	d->number = d->state = d->reason = -1;
	d->restless = true;
	d->answered = d->stuck = d->control_seconds = (double)NAN;
	map_set(h->domains, key, d);
	return d;
}

size_t
hyper_listed(const struct hyper *h)
{
	const struct call *a = h->answer;

	return a->kind == CALL_INFO ? a->ndomains : a->nrecords;
}

/* Monotonic seconds until which a call may take, of what is left. */
static double
patience(const struct hyper *h, double least, double share)
{
	double now = clock_mono(), end = h->live->round.deadline - MARGIN_S;

	if (!isfinite(end))
		end = now + 10;
	return fmax(now + 0.01, fmin(now + least, now + (end - now) * share));
}

static void
fail(struct hyper *h, const struct nc_err *e)
{
	live_fail(h->live, e);
	hyper_end(h);
}

void
hyper_end(struct hyper *h)
{
	h->phase = HYPER_IDLE;
	call_free(h->answer);
	h->answer = NULL;
	live_hyper_done(h->live);
}

/* --- connection ----------------------------------------------------------- */

static void
open_connection(struct hyper *h)
{
	struct nc_err e;
	struct call *c;

	h->phase = HYPER_OPENING;
	if (h->opening != NULL) {
		double waited = clock_mono() - h->opening->began;

		if (waited > OPEN_S)
			h->live->restart = true;
		/* The same each time: what is not new is said once. */
		err_set(&e, 0, "%s: still no answer", h->uri);
		fail(h, &e);
		return;
	}
	c = call_new(CALL_OPEN, h, NULL, h->live->pipe[1]);
	c->uri = xstrdup(h->uri);
	c->local = h->local;
	c->prepare = event_register;
	h->until = patience(h, h->live->nhypers == 1 ? OPEN_S / 2 : 5, 0.9);
	if (live_start(h, c) == -1)
		hyper_end(h);
	else
		live_arm(h->live);
}

static void
drop_connection(struct hyper *h)
{
	if (h->conn != NULL)
		virConnectClose(h->conn);
	h->conn = NULL;
	agent_close(h);
	h->lost = false;
	h->overdue = 0;
}

static void
ask(struct hyper *h)
{
	struct call *c;
	bool easy = h->attempt + 1 >= ATTEMPTS || h->overdue >= OVERDUE_MAX;

	h->phase = HYPER_ASKING;
	c = call_new(h->no_bulk ? CALL_INFO : CALL_STATS, h, h->conn,
	    h->live->pipe[1]);
	c->page = h->page;
	c->stats = easy ? EASY_STATS : wanted_stats(h->live->run);
	c->flags = VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
	h->until = patience(h, fmax(PATIENCE_S, 4 * h->typical),
	    easy ? 0.9 : 0.4);
	if (live_start(h, c) == -1)
		hyper_end(h);
	else
		live_arm(h->live);
}

static void
opened(struct hyper *h, struct call *c)
{
	bool late = h->opening == c;

	h->opening = NULL;
	h->lost = false;
	if (c->rc == 0) {
		h->conn = c->conn;
		c->conn = NULL;
		h->no_events = !c->told;
		if (c->host != NULL) {
			free(h->host);
			h->host = c->host;
			c->host = NULL;
			source_port_host(h->live->port, h->host);
		}
	}
	if (late)
		return;
	if (c->rc == 0)
		ask(h);
	else if (h->optional && (c->code == VIR_ERR_NO_CONNECT ||
				    c->code == VIR_ERR_NO_SUPPORT ||
				    c->code == VIR_ERR_CONFIG_UNSUPPORTED ||
				    c->code == VIR_ERR_INVALID_ARG)) {
		h->refused = true;
		hyper_end(h);
	} else
		fail(h, &c->err);
}

void
hyper_begin(struct hyper *h)
{
	h->attempt = 0;
	h->phase = HYPER_OPENING;
	if (h->refused) {
		hyper_end(h);
		return;
	}
	if (h->conn != NULL && (h->lost || virConnectIsAlive(h->conn) == 0))
		drop_connection(h);
	if (h->conn == NULL)
		open_connection(h);
	else
		ask(h);
}

/* --- a round -------------------------------------------------------------- */

static void
ask_agents(struct hyper *h)
{
	if (h->live->over || !agent_round(h)) {
		hyper_end(h);
		return;
	}
	h->phase = HYPER_AGENTS;
	h->until = patience(h, AGENTS_S, 0.9);
	live_arm(h->live);
}

static void
tell(struct hyper *h)
{
	live_clock(h->live, h, h->answer->ts, h->answer->up);
	tell_due(h);
	if (!h->live->over && job_ask(h)) {
		h->phase = HYPER_JOBS;
		h->until = patience(h, SHORT_S, 0.8);
		live_arm(h->live);
	} else
		ask_agents(h);
}

/* Why a domain that told more before tells less now. */
static void
ask_control(struct hyper *h)
{
	struct call *c = NULL;
	const struct domain *d;

	for (size_t i = 0; i < h->answer->nrecords; i++) {
		d = h->guests[i];
		if (d == NULL || !d->suspect)
			continue;
		if (c == NULL)
			c = call_new(CALL_CONTROL, h, h->conn,
			    h->live->pipe[1]);
		call_add(c, h->answer->records[i]->dom);
	}
	if (c == NULL) {
		tell(h);
		return;
	}
	h->phase = HYPER_CONTROLLING;
	h->until = patience(h, SHORT_S, 0.8);
	if (live_start(h, c) == -1)
		tell(h);
	else
		live_arm(h->live);
}

static virDomainPtr
domain_at(const struct call *c, size_t i)
{
	return c->kind == CALL_INFO ? c->domains[i] : c->records[i]->dom;
}

/* Who they are, of those not known, or known from another run. */
static void
ask_describe(struct hyper *h)
{
	struct call *a = h->answer, *c = NULL;
	size_t n = hyper_listed(h);
	const struct domain *d;

	for (size_t i = 0; i < n; i++) {
		d = h->guests[i];
		if (d == NULL || d->described)
			continue;
		if (c == NULL)
			c = call_new(CALL_DESCRIBE, h, h->conn,
			    h->live->pipe[1]);
		call_add(c, domain_at(a, i));
	}
	if (c == NULL) {
		ask_control(h);
		return;
	}
	c->wishes = h->live->wishes;
	c->nwishes = h->live->nwishes;
	c->local = h->local;
	h->phase = HYPER_DESCRIBING;
	h->until = patience(h, 3, 0.6);
	if (live_start(h, c) == -1)
		ask_control(h);
	else
		live_arm(h->live);
}

static void
described(struct hyper *h, struct call *c)
{
	struct domain *d;

	for (size_t i = 0; i < c->ndomains; i++) {
		if (c->identities[i] == NULL ||
		    (d = hyper_domain(h, c->domains[i])) == NULL)
			continue;
		identity_free(d->identity);
		d->identity = c->identities[i];
		c->identities[i] = NULL;
		d->described = true;
	}
}

static void
controlled(struct hyper *h, const struct call *c)
{
	const virDomainControlInfo *i;
	struct domain *d;

	for (size_t k = 0; k < c->ndomains; k++) {
		d = hyper_domain(h, c->domains[k]);
		i = &c->controls[k];
		if (d == NULL || i->state == UINT32_MAX)
			continue;
		/* stateTime is in ms.  A moment's occupation is nothing. */
		d->control_seconds = (double)i->stateTime / 1e3;
		d->stuck = i->state == VIR_DOMAIN_CONTROL_ERROR ||
			   (i->state == VIR_DOMAIN_CONTROL_OCCUPIED &&
			       i->stateTime >= 1000);
	}
}

/* An answer that the protocol has no room for is asked for in pages, of half
 * the size when they are too large as well. */
static bool
divide(struct hyper *h, const struct call *c)
{
	size_t page = h->page == 0 ? PAGE : h->page / 2;

	if (c->kind != CALL_STATS || !pages_may_help(c->code) || h->lost ||
	    page < PAGE_MIN) {
		h->page = 0; /* that was not it */
		return false;
	}
	h->page = page;
	return true;
}

static void
told(struct hyper *h, struct call *c)
{
	if (c->rc == -1 && divide(h, c)) {
		call_free(c);
		ask(h);
		return;
	}
	if (c->rc == -1) {
		if (c->kind == CALL_STATS && c->code == VIR_ERR_NO_SUPPORT) {
			h->no_bulk = true;
			call_free(c);
			ask(h);
			return;
		}
		fail(h, &c->err);
		call_free(c);
		return;
	}
	h->typical = h->typical == 0 ? c->took : (h->typical + c->took) / 2;
	h->answer = c;
	tell_look(h);
	ask_describe(h);
}

void
hyper_answer(struct hyper *h, struct call *c)
{
	if (agent_answer(h, c))
		return;
	if (c == h->sampling) {
		h->sampling = NULL;
		job_answer(h, c);
	} else if (c == h->opening) {
		opened(h, c);
	} else if (c != h->pending) {
		if (h->overdue > 0)
			h->overdue--;
	} else {
		h->pending = NULL;
		switch (c->kind) {
		case CALL_OPEN:
			opened(h, c);
			break;
		case CALL_STATS:
		case CALL_INFO:
			told(h, c);
			return;
		case CALL_DESCRIBE:
			described(h, c);
			ask_control(h);
			break;
		case CALL_CONTROL:
			controlled(h, c);
			tell(h);
			break;
		case CALL_JOBS:
			job_answer(h, c);
			ask_agents(h);
			break;
		case CALL_TALK:
			break;
		}
	}
	call_free(c);
}

void
hyper_overdue(struct hyper *h)
{
	struct call *c = h->pending;
	struct nc_err e;

	h->pending = NULL;
	if (h->phase == HYPER_AGENTS) {
		hyper_end(h);
		return;
	}
	if (c->kind == CALL_OPEN) {
		h->opening = c;
		err_set(&e, 0, "%s: no answer in %.1f s", h->uri,
		    clock_mono() - c->began);
		fail(h, &e);
		return;
	}
	c->abandoned = true;
	h->overdue++;
	switch (h->phase) {
	case HYPER_ASKING:
		if (++h->attempt < ATTEMPTS && h->overdue <= OVERDUE_MAX) {
			ask(h);
			break;
		}
		err_set(&e, 0, "%s: no statistics: calls are not answered",
		    h->uri);
		fail(h, &e);
		break;
	case HYPER_DESCRIBING:
		ask_control(h);
		break;
	case HYPER_CONTROLLING:
		tell(h);
		break;
	default:
		hyper_end(h);
		break;
	}
}
