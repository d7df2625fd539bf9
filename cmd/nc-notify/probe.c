/* SPDX-License-Identifier: MIT */
/* probe: messages outside the spool: shown, or sent once and judged. */
#include "probe.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "message.h"
#include "net/multi.h"
#include "stream/input.h"

#define ALERTS_MAX 1000u
#define GRACE_SECONDS 1.0 /* beyond the channel's own timeout */

struct reading {
	struct alert *alerts;
	char **blocks;
	size_t n;
};

static void
reading_free(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->blocks[i]);
	free(r->blocks);
	free(r->alerts);
}

static void
take(struct reading *r, const struct record *rec, struct diag *d)
{
	struct alert a;
	struct nc_err e;

	if (rec->kind != RECORD_ALERT || r->n == ALERTS_MAX)
		return;
	if (alert_read(rec, &a, &e) == -1) {
		diag_limited(d, DIAG_ERROR, "alert", NULL, "%s (skipped)",
		    e.msg);
		return;
	}
	r->alerts = xreallocarray(r->alerts, r->n + 1, sizeof(*r->alerts));
	r->blocks = xreallocarray(r->blocks, r->n + 1, sizeof(*r->blocks));
	r->blocks[r->n] = alert_copy(&a, &r->alerts[r->n]);
	r->n++;
}

/* 0, or -1 when the input could not be read. */
static int
read_alerts(struct reading *r, char **files, int nfiles, struct intern *names,
    struct diag *d)
{
	struct input_options o = {.files = files,
	    .nfiles = nfiles,
	    .names = names,
	    .diag = d};
	struct input *in = input_open(&o);
	struct record rec;
	struct nc_err e;
	enum input_status got;

	while ((got = input_next(in, true, &rec, &e)) == INPUT_RECORD)
		take(r, &rec, d);
	if (got == INPUT_FAILED)
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
	input_close(in);
	return got == INPUT_FAILED ? -1 : 0;
}

static const struct channel *
find(const struct settings *s, const char *name, struct diag *d)
{
	const struct channel *c = settings_channel(s, span_of(name));

	if (c != NULL && (c->rota != NULL || c->escalation != NULL))
		diag_say(d, DIAG_ERROR, name, "it sends nothing itself");
	else if (c == NULL)
		diag_say(d, DIAG_ERROR, name, "no channel of that name");
	else
		return c;
	return NULL;
}

/* --- render --------------------------------------------------------------- */

static int
render(const struct lane_name *l, struct reading *r, struct diag *d)
{
	struct message m = {{0}, {0}, {0}};
	struct sending s = {.channel = l->channel,
	    .recipient = l->recipient,
	    .redact = true,
	    .attempt = 1,
	    .now = r->alerts[0].ts};
	struct buf b = {0};
	struct nc_err e;
	int status = NC_EXIT_OK;

	message_compose(&m, MESSAGE_ALERTS, "", r->alerts, r->n, &s);
	if (l->channel->kind->render == NULL ||
	    l->channel->kind->render(&s, &b, &e) == -1) {
		diag_say(d, DIAG_ERROR, l->channel->name, "%s",
		    l->channel->kind->render == NULL ? "it cannot be shown"
						     : e.msg);
		status = NC_EXIT_FAILED;
	}
	fwrite(b.data, 1, b.len, stdout);
	if (b.len != 0 && b.data[b.len - 1] != '\n')
		putchar('\n');
	buf_free(&b);
	message_free(&m);
	return status;
}

int
probe_render(const struct settings *s, const char *channel, char **files,
    int nfiles, struct intern *names, struct diag *d)
{
	const struct channel *c = find(s, channel, d);
	struct reading r = {.n = 0};
	int status = NC_EXIT_OK, one;

	if (c == NULL)
		return NC_EXIT_USAGE;
	if (read_alerts(&r, files, nfiles, names, d) == -1) {
		status = NC_EXIT_FAILED;
	} else if (r.n == 0) {
		diag_say(d, DIAG_ERROR, NULL, "no alert among the records");
		status = NC_EXIT_PARTIAL;
	}
	for (size_t i = 0; r.n != 0 && i < s->nlanes; i++)
		if (s->lanes[i].channel == c &&
		    (one = render(&s->lanes[i], &r, d)) != NC_EXIT_OK)
			status = one;
	reading_free(&r);
	return status;
}

/* --- probe ---------------------------------------------------------------- */

struct probe {
	struct sending sending; /* first: the one becomes the other */
	const struct lane_name *lane;
	struct message message;
	struct alert alert;
	char id[24];
	int64_t begun;
	bool done, sent;
};

struct probing {
	struct loop *loop;
	struct means means;
	struct loop_timer *reaper;
};

static void
on_done(struct sending *s, const struct outcome *o)
{
	static const char *const words[] = {"sent", "not now", "refused"};
	struct probe *p = (struct probe *)(void *)s;
	struct buf b = {0}, safe = {0};

	p->done = true;
	p->sent = o->verdict == VERDICT_SENT;
	buf_addf(&b, "%s: %s in %.3f s", p->lane->channel->name,
	    words[o->verdict], (double)(clock_mono_ns() - p->begun) * 1e-9);
	if (o->code != 0)
		buf_addf(&b, ", %ld", o->code);
	if (p->lane->recipient != NULL)
		buf_addf(&b, ", to %s", p->lane->recipient);
	if (o->message != NULL)
		buf_addf(&b, ": %s", o->message);
	utf8_escape(&safe, buf_span(&b));
	puts(safe.data);
	buf_free(&b);
	buf_free(&safe);
}

static void
tend(void *arg)
{
	struct probing *g = arg;

	loop_timer_set(g->reaper,
	    children_tend(g->means.children, clock_mono_ns()));
}

static void
on_reaper(struct loop *l, void *arg)
{
	(void)l;
	tend(arg);
}

static void
on_child(struct loop *l, int signo, void *arg)
{
	(void)l;
	(void)signo;
	tend(arg);
}

static void
start(struct probing *g, struct probe *p, const char *host)
{
	double now = clock_real();

	p->alert = (struct alert){.ts = floor(now),
	    .start = (double)NAN,
	    .value = (double)NAN,
	    .limit = (double)NAN,
	    .host = span_of(host),
	    .entity = span_of("host"),
	    .id = span_of(host),
	    .name = span_of("test"),
	    .state = span_of("firing"),
	    .change = span_of("opened"),
	    .severity = span_of("info"),
	    .text = span_of("a test of this channel, nothing is wrong"),
	    .fingerprint = span_of("00"),
	    .episode = span_of("00"),
	    .line = span_of("{\"v\":1,\"kind\":\"alert\",\"alert\":\"test\","
			    "\"state\":\"firing\",\"change\":\"opened\","
			    "\"severity\":\"info\",\"text\":\"a test of this "
			    "channel, nothing is wrong\"}")};
	/* Another id each time: what was sent twice would be hidden. */
	snprintf(p->id, sizeof(p->id), "%llx", (unsigned long long)(now * 1e3));
	p->alert.event_id = span_of(p->id);
	p->sending = (struct sending){.channel = p->lane->channel,
	    .recipient = p->lane->recipient,
	    .attempt = 1,
	    .now = now,
	    .means = &g->means,
	    .done = on_done};
	message_compose(&p->message, MESSAGE_TEST, "", &p->alert, 1,
	    &p->sending);
	p->begun = clock_mono_ns();
	p->lane->channel->kind->send(&p->sending);
}

static bool
all_done(const struct probe *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!p[i].done)
			return false;
	return true;
}

static int
finish(struct probing *g, struct probe *p, size_t n, double timeout)
{
	int64_t end = clock_mono_ns() + clock_ns(timeout + GRACE_SECONDS);
	int status = NC_EXIT_OK;

	while (!all_done(p, n) && clock_mono_ns() < end &&
	       loop_once(g->loop, end, NULL) == 0)
		continue;
	for (size_t i = 0; i < n; i++) {
		if (!p[i].done) {
			printf("%s: no answer in time\n",
			    p[i].lane->channel->name);
			p[i].lane->channel->kind->cancel(&p[i].sending);
		}
		if (!p[i].sent)
			status = NC_EXIT_PARTIAL;
		message_free(&p[i].message);
	}
	return status;
}

int
probe_send(const struct settings *s, const char *channel, const char *dir,
    const char *host, struct diag *d)
{
	const struct channel *c = find(s, channel, d);
	struct probing g = {.loop = NULL};
	struct probe *p;
	struct nc_err e;
	size_t n = 0;
	int status;

	if (c == NULL)
		return NC_EXIT_USAGE;
	if ((g.loop = loop_new(&e)) == NULL) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		return NC_EXIT_FAILED;
	}
	g.reaper = loop_timer_add(g.loop, LOOP_NEVER, on_reaper, &g);
	loop_signal(g.loop, SIGCHLD, on_child, &g);
	g.means = (struct means){.loop = g.loop,
	    .children = children_new(),
	    .dir = dir,
	    .tend = tend,
	    .arg = &g};
	p = xcalloc(s->nlanes, sizeof(*p));
	for (size_t i = 0; i < s->nlanes; i++)
		if (s->lanes[i].channel == c) {
			p[n].lane = &s->lanes[i];
			start(&g, &p[n++], host);
		}
	status = finish(&g, p, n, c->timeout);
	free(p);
	multi_free(g.means.multi);
	children_free(g.means.children);
	loop_timer_remove(g.reaper);
	loop_signal(g.loop, SIGCHLD, NULL, NULL);
	loop_free(g.loop);
	return status;
}
