/* SPDX-License-Identifier: MIT */
/*
 * talk: see talk.h.  Everything but processes goes through calls that libvirt
 * has for it; those come from guest-exec of the agent's own protocol (QEMU,
 * docs/interop/qemu-ga-ref).  Never trusts a length the guest names.
 */
#include "libvirt/talk.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "stream/json.h"

#define SAID_MAX ((size_t)4 << 20)
#define POLL_NS 50000000

/* The page size says what a number of pages is. */
static const char list[] =
    "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\","
    "\"arg\":[\"-c\",\"cat /proc/loadavg; "
    "grep -m1 KernelPageSize /proc/self/smaps; "
    "cat /proc/[0-9]*/stat\"],\"capture-output\":true}}";

static int
fail(struct nc_err *e)
{
	virErrorPtr why = virGetLastError();

	return err_set(e, 0, "%s",
	    why != NULL && why->message != NULL ? why->message
						: "unknown reason");
}

/* An agent's {"return": ...}; NULL: none.  Owned. */
static struct json *
command(const struct talk *t, virDomainPtr dom, const char *text)
{
	char *answer = virDomainQemuAgentCommand(dom, text, t->timeout, 0);
	struct json *j;

	if (answer == NULL)
		return NULL;
	j = json_parse(span_of(answer), NULL);
	free(answer);
	return j;
}

/* 1: it has ended, and what it said is in t; 0: not yet; -1: never. */
static int
take_output(struct talk *t, virDomainPtr dom, const char *ask)
{
	struct json *j = command(t, dom, ask);
	const struct json *r = json_member(j, "return");
	struct span text = json_text(json_member(r, "out-data"), span_of(""));
	int rc = j == NULL ? -1 : json_truth(json_member(r, "exited"), false);

	if (rc == 1 && text.len < SAID_MAX)
		digest_unbase64(text, &t->said);
	json_free(j);
	return rc;
}

static void
ask_processes(struct talk *t, virDomainPtr dom)
{
	struct json *j = command(t, dom, list);
	double until = clock_mono() + t->timeout;
	double pid = json_number(json_member(json_member(j, "return"), "pid"),
	    (double)NAN);
	char *ask;

	json_free(j);
	if (!isfinite(pid))
		return;
	ask = xasprintf("{\"execute\":\"guest-exec-status\","
			"\"arguments\":{\"pid\":%.0f}}",
	    pid);
	while (take_output(t, dom, ask) == 0 && clock_mono() < until)
		nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
	free(ask);
}

/* Between asking and answer the clock was read: the middle is as near as can
 * be told. */
static void
ask_clock(struct talk *t, virDomainPtr dom)
{
	double before = clock_real();
	long long seconds;
	unsigned ns;

	if (virDomainGetTime(dom, &seconds, &ns, 0) == -1)
		return;
	t->clock = (double)seconds + ns / 1e9 - (before + clock_real()) / 2;
	t->clock = round(t->clock * 1e6) / 1e6;
}

int
talk_ask(struct talk *t, virConnectPtr conn, struct nc_err *e)
{
	virDomainPtr dom = virDomainLookupByUUID(conn, t->uuid);
	int rc = -1;

	t->clock = (double)NAN;
	if (dom == NULL)
		return fail(e);
	if (virDomainAgentSetResponseTimeout(dom, t->timeout, 0) == -1 ||
	    /* All it knows: asking for some fails where one is missing. */
	    virDomainGetGuestInfo(dom, 0, &t->params, &t->nparams, 0) == -1)
		fail(e);
	else
		rc = 0;
	if (rc == 0)
		ask_clock(t, dom);
	if (rc == 0 && t->processes)
		ask_processes(t, dom);
	virDomainFree(dom);
	return rc;
}

void
talk_free(struct talk *t)
{
	if (t == NULL)
		return;
	virTypedParamsFree(t->params, t->nparams);
	buf_free(&t->said);
	free(t);
}
