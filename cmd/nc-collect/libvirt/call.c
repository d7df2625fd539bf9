/* SPDX-License-Identifier: MIT */
/* call: see call.h.  Everything in here but call_new, call_add, call_start
 * and call_free runs in the thread of the call and touches nothing else. */
#include "libvirt/call.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "libvirt/backing.h"
#include "libvirt/pages.h"

#define STACK ((size_t)512 << 10)
/* A peer that says nothing for 4 * 5 s is gone, whatever the socket says. */
#define KEEPALIVE_S 5
#define KEEPALIVES 3

static void
say_nothing(void *arg, virErrorPtr e)
{
	(void)arg;
	(void)e;
}

void
call_silence(void)
{
	virSetErrorFunc(NULL, say_nothing);
}

static int
fail(struct call *c, const char *what)
{
	virErrorPtr e = virGetLastError();

	c->code = e != NULL ? e->code : VIR_ERR_INTERNAL_ERROR;
	return err_set(&c->err, 0, "%s: %s", what,
	    e != NULL && e->message != NULL ? e->message : "unknown reason");
}

static int
no_password(virConnectCredentialPtr cred, unsigned n, void *arg)
{
	(void)cred;
	(void)n;
	(void)arg;
	return -1;
}

static int
run_open(struct call *c)
{
	virConnectAuth auth = {NULL, 0, no_password, NULL};

	c->conn = virConnectOpenAuth(c->uri, &auth,
	    c->writable ? 0 : VIR_CONNECT_RO);
	if (c->conn == NULL)
		return fail(c, c->uri);
	virConnectSetKeepAlive(c->conn, KEEPALIVE_S, KEEPALIVES);
	if (!c->local)
		c->host = virConnectGetHostname(c->conn);
	virResetLastError();
	c->told = c->prepare != NULL && c->prepare(c->conn, c->owner);
	return 0;
}

static int
run_stats(struct call *c)
{
	int n;

	if (c->page != 0) {
		if (pages_stats(c->conn, c->page, c->stats, c->flags,
			&c->records, &c->nrecords) == -1)
			return fail(c, "statistics");
		return 0;
	}
	n = virConnectGetAllDomainStats(c->conn, c->stats, &c->records,
	    c->flags);
	if (n < 0)
		return fail(c, "statistics");
	c->nrecords = (size_t)n;
	return 0;
}

static int
run_info(struct call *c)
{
	int n = virConnectListAllDomains(c->conn, &c->domains, 0);

	if (n < 0)
		return fail(c, "list of domains");
	c->ndomains = (size_t)n;
	c->infos = xcalloc(c->ndomains + 1, sizeof(*c->infos));
	for (size_t i = 0; i < c->ndomains; i++)
		if (virDomainGetInfo(c->domains[i], &c->infos[i]) == -1)
			c->infos[i].nrVirtCpu = 0; /* gone meanwhile */
	return 0;
}

static struct identity *
describe(struct call *c, virDomainPtr dom)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct identity *i;
	char *xml;

	if (virDomainGetUUIDString(dom, uuid) == -1 ||
	    (xml = virDomainGetXMLDesc(dom, 0)) == NULL)
		return NULL;
	i = identity_new(span_of(uuid), span_of(virDomainGetName(dom)));
	identity_read(i, xml, c->wishes, c->nwishes);
	free(xml);
	if (c->local) {
		backing_find(i);
		backing_since(i);
	}
	return i;
}

static int
run_describe(struct call *c)
{
	c->identities = xcalloc(c->ndomains + 1, sizeof(*c->identities));
	for (size_t i = 0; i < c->ndomains; i++)
		c->identities[i] = describe(c, c->domains[i]);
	return 0;
}

static int
run_control(struct call *c)
{
	c->controls = xcalloc(c->ndomains + 1, sizeof(*c->controls));
	for (size_t i = 0; i < c->ndomains; i++)
		if (virDomainGetControlInfo(c->domains[i], &c->controls[i],
			0) == -1)
			c->controls[i].state = UINT32_MAX;
	return 0;
}

static int
run_jobs(struct call *c)
{
	struct call_job *j;

	c->jobs = xcalloc(c->ndomains + 1, sizeof(*c->jobs));
	for (size_t i = 0; i < c->ndomains; i++) {
		j = &c->jobs[i];
		if (virDomainGetJobStats(c->domains[i], &j->type, &j->params,
			&j->nparams, 0) == 0)
			continue;
		j->type = VIR_DOMAIN_JOB_NONE;
		if (virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
			return fail(c, "jobs");
	}
	return 0;
}

static void *
thread_main(void *arg)
{
	struct call *c = arg;
	double began = clock_mono();

	switch (c->kind) {
	case CALL_OPEN:
		c->rc = run_open(c);
		break;
	case CALL_STATS:
		c->rc = run_stats(c);
		break;
	case CALL_INFO:
		c->rc = run_info(c);
		break;
	case CALL_DESCRIBE:
		c->rc = run_describe(c);
		break;
	case CALL_CONTROL:
		c->rc = run_control(c);
		break;
	case CALL_JOBS:
		c->rc = run_jobs(c);
		break;
	case CALL_TALK:
		c->rc = talk_ask(c->talk, c->conn, &c->err);
		break;
	}
	c->took = clock_mono() - began;
	c->ts = clock_real();
	c->up = clock_boot();
	/* Smaller than PIPE_BUF: whole or not at all. */
	while (write(c->pipe, &c, sizeof(c)) == -1 && errno == EINTR)
		continue;
	return NULL;
}

struct call *
call_new(enum call_kind kind, void *owner, virConnectPtr conn, int pipe)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	c->owner = owner;
	c->pipe = pipe;
	if (conn != NULL && virConnectRef(conn) == 0)
		c->conn = conn;
	return c;
}

void
call_add(struct call *c, virDomainPtr dom)
{
	if (virDomainRef(dom) == -1)
		return;
	c->domains = xreallocarray(c->domains, c->ndomains + 1,
	    sizeof(virDomainPtr));
	c->domains[c->ndomains++] = dom;
}

int
call_start(struct call *c, struct nc_err *e)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	c->began = clock_mono();
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	error = pthread_create(&thread, &attr, thread_main, c);
	pthread_attr_destroy(&attr);
	if (error == 0)
		return 0;
	call_free(c);
	return err_set(e, error, "no thread: %s", strerror(error));
}

static void
free_answer(struct call *c)
{
	if (c->records != NULL)
		virDomainStatsRecordListFree(c->records);
	for (size_t i = 0; c->identities != NULL && i < c->ndomains; i++)
		identity_free(c->identities[i]);
	for (size_t i = 0; c->jobs != NULL && i < c->ndomains; i++)
		virTypedParamsFree(c->jobs[i].params, c->jobs[i].nparams);
	talk_free(c->talk);
	free(c->identities);
	free(c->controls);
	free(c->infos);
	free(c->jobs);
}

void
call_free(struct call *c)
{
	if (c == NULL)
		return;
	free_answer(c);
	for (size_t i = 0; i < c->ndomains; i++)
		virDomainFree(c->domains[i]);
	free(c->domains);
	free(c->uri);
	free(c->host);
	if (c->conn != NULL)
		virConnectClose(c->conn);
	free(c);
}
