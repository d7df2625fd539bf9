/* SPDX-License-Identifier: MIT */
/*
 * live: see live.h.  The event loop is libvirt's own, since its connections
 * are made for it; the supervisor's pipe and the answers of calls are two
 * more descriptors in it.  Never asks libvirt anything that could wait.
 */
#include "libvirt/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define HYPERS_MAX 8
#define JOB_MS 1000

void
live_clock(struct live *l, const struct hyper *h, double ts, double up)
{
	if (isnan(l->run->now)) {
		l->emit.ts = ts;
		l->emit.up = h->host == NULL ? up : (double)NAN;
	} else {
		l->emit.ts = l->round.ts;
		l->emit.up = l->round.up;
	}
	frame_origin(l->frame, h->host != NULL ? h->host : l->run->host,
	    l->run->name);
	frame_clock(l->frame, l->emit.ts, l->emit.up);
}

void
live_fail(struct live *l, const struct nc_err *e)
{
	if (!l->failed)
		l->err = *e;
	l->failed = true;
}

static bool
is_waiting(const struct hyper *h)
{
	return h->pending != NULL || h->phase == HYPER_AGENTS;
}

void
live_arm(struct live *l)
{
	double first = (double)INFINITY, left;
	bool jobs = false;
	size_t i;

	for (i = 0; i < l->nhypers; i++) {
		if (is_waiting(l->hypers[i]) && l->hypers[i]->until < first)
			first = l->hypers[i]->until;
		jobs = jobs || l->hypers[i]->jobs != 0;
	}
	left = ceil((first - clock_mono()) * 1e3);
	virEventUpdateTimeout(l->timer,
	    isinf(first) ? -1 : (int)fmin(fmax(left, 1), 1e6));
	/* Only then: to set it again would put it off. */
	if (jobs != l->sampling)
		virEventUpdateTimeout(l->job_timer, jobs ? JOB_MS : -1);
	l->sampling = jobs;
}

int
live_start(struct hyper *h, struct call *c)
{
	struct nc_err e;

	h->pending = c;
	if (call_start(c, &e) == 0)
		return 0;
	h->pending = NULL;
	live_fail(h->live, &e);
	return -1;
}

static void
end_round(struct live *l)
{
	l->busy = false;
	frame_origin(l->frame, l->run->host, l->run->name);
	if (source_port_done(l->port, l->failed ? &l->err : NULL) == -1)
		l->over = true;
}

void
live_hyper_done(struct live *l)
{
	size_t i;

	live_arm(l);
	for (i = 0; i < l->nhypers; i++)
		if (l->hypers[i]->phase != HYPER_IDLE)
			return;
	if (l->busy)
		end_round(l);
}

/* Without a URI: whatever is here, looked for until something is. */
static void
find_hypers(struct live *l)
{
	struct local_hyper found[HYPERS_MAX];
	size_t i, n = 0;

	if (l->nhypers != 0)
		return;
	l->hypers = xcalloc(HYPERS_MAX, sizeof(struct hyper *));
	if (l->run->target != NULL && *l->run->target != '\0') {
		found[0] = (struct local_hyper){l->run->target, false};
		n = 1;
	} else if (l->run->root[0] == '\0')
		n = local_find(found, HYPERS_MAX);
	for (i = 0; i < n; i++)
		l->hypers[l->nhypers++] = hyper_new(l, found[i].uri,
		    found[i].optional);
	if (n == 1 && l->hypers[0]->host != NULL)
		source_port_host(l->port, l->hypers[0]->host);
	if (l->nhypers == 0) {
		free(l->hypers);
		l->hypers = NULL;
	}
}

static void
begin_round(struct live *l)
{
	struct nc_err e;
	size_t i;

	l->busy = true;
	l->failed = false;
	find_hypers(l);
	if (l->nhypers == 0) {
		err_set(&e, ENOENT,
		    "no hypervisor has a socket in "
		    "/run/libvirt");
		live_fail(l, &e);
		end_round(l);
		return;
	}
	/* All are busy before the first can be done. */
	for (i = 0; i < l->nhypers; i++)
		l->hypers[i]->phase = HYPER_OPENING;
	for (i = 0; i < l->nhypers; i++)
		hyper_begin(l->hypers[i]);
}

static void
on_port(int watch, int fd, int events, void *arg)
{
	struct live *l = arg;

	(void)watch;
	(void)fd;
	(void)events;
	switch (source_port_take(l->port, &l->round)) {
	case 1:
		/* The one before is never under way: it would be skipped. */
		begin_round(l);
		break;
	case -1:
		l->over = true;
		break;
	default:
		break;
	}
}

static void
on_answer(int watch, int fd, int events, void *arg)
{
	struct live *l = arg;
	struct call *c;

	(void)watch;
	(void)events;
	while (read(fd, &c, sizeof(c)) == (ssize_t)sizeof(c))
		hyper_answer(c->owner, c);
	live_arm(l);
}

static void
on_timer(int timer, void *arg)
{
	struct live *l = arg;
	double now = clock_mono();
	size_t i;

	(void)timer;
	for (i = 0; i < l->nhypers; i++)
		if (is_waiting(l->hypers[i]) && l->hypers[i]->until <= now)
			hyper_overdue(l->hypers[i]);
	live_arm(l);
}

static void
on_job_timer(int timer, void *arg)
{
	struct live *l = arg;
	size_t i;

	(void)timer;
	for (i = 0; i < l->nhypers; i++)
		job_sample(l->hypers[i]);
	live_arm(l);
}

/* LABEL=NAMESPACE, each. */
static int
read_wishes(struct live *l, struct nc_err *e)
{
	const char *text, *eq;

	while (
	    (text = source_get_nth(l->run, "metadata", l->nwishes)) != NULL) {
		eq = strchr(text, '=');
		if (eq == NULL || eq == text || eq[1] == '\0')
			return err_set(e, 0,
			    "metadata=%s: expected LABEL=NAMESPACE", text);
		if (l->nwishes == LIVE_WISHES)
			return err_set(e, 0, "more than %d of metadata",
			    LIVE_WISHES);
		l->wishes[l->nwishes++] =
		    (struct identity_wish){xmemdup0(text, (size_t)(eq - text)),
			eq + 1};
	}
	return 0;
}

static void
run_loop(struct live *l)
{
	virEventAddHandle(source_port_fd(l->port),
	    VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_HANGUP, on_port, l,
	    NULL);
	virEventAddHandle(l->pipe[0], VIR_EVENT_HANDLE_READABLE, on_answer, l,
	    NULL);
	l->timer = virEventAddTimeout(-1, on_timer, l, NULL);
	l->job_timer = virEventAddTimeout(-1, on_job_timer, l, NULL);
	while (!l->over && !l->restart && virEventRunDefaultImpl() == 0)
		continue;
}

/*
 * What hangs in a thread is not waited for: the process ends right after
 * this and takes the threads with it.
 */
int
live_serve(const struct source_run *run, struct source_port *port,
    struct frame *f, struct nc_err *e)
{
	struct live l = {.run = run, .port = port, .frame = f};
	size_t i;

	if (read_wishes(&l, e) == -1 || agent_open(&l, e) == -1)
		return -1;
	if (pipe2(l.pipe, O_CLOEXEC) == -1 ||
	    fcntl(l.pipe[0], F_SETFL, O_NONBLOCK) == -1)
		return err_sys(e, "pipe");
	call_silence();
	if (virInitialize() == -1 || virEventRegisterDefaultImpl() == -1)
		return err_set(e, 0, "the library cannot be set up");
	l.fields = fields_new(run->level);
	l.emit = (struct emit){.run = run, .fields = l.fields, .frame = f};
	run_loop(&l);
	for (i = 0; i < l.nhypers; i++)
		hyper_free(l.hypers[i]);
	free(l.hypers);
	for (i = 0; i < l.nwishes; i++)
		free((char *)(uintptr_t)l.wishes[i].label);
	fields_free(l.fields);
	guest_free(&l.guest);
	emit_free(&l.emit);
	return l.restart ? err_set(e, 0, "beyond help, to be started again")
			 : 0;
}
