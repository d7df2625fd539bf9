/* SPDX-License-Identifier: MIT */
/*
 * worker: see worker.h.  A source that fails to open stays here and answers
 * its rounds with the reason: the child is started again only when it dies,
 * so an absent daemon costs one attempt a round and no fork.  Prints
 * nothing but records and marks.
 */
#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "stream/writer.h"

struct source_port {
	struct writer *out;
	struct frame *frame;
	const struct source_run *run;
	uint64_t seq; /* of the round in hand */
	bool over; /* the supervisor is gone */
};

static int
to_supervisor(void *arg, const char *line, size_t len)
{
	struct source_port *port = arg;
	struct nc_err e;

	if (writer_line(port->out, line, len, &e) == 0)
		return 0;
	port->over = true;
	return -1;
}

int
source_port_fd(const struct source_port *port)
{
	(void)port;
	return STDIN_FILENO;
}

int
source_port_take(struct source_port *port, struct source_round *round)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	ssize_t n;

	if (port->over)
		return -1;
	if (poll(&p, 1, 0) == 0)
		return 0;
	/* Smaller than PIPE_BUF: a request is never torn. */
	while ((n = read(STDIN_FILENO, round, sizeof(*round))) == -1 &&
	       errno == EINTR)
		continue;
	if (n == -1 && errno == EAGAIN)
		return 0;
	if (n != (ssize_t)sizeof(*round)) {
		port->over = true;
		return -1;
	}
	port->seq = round->seq;
	if (isnan(port->run->now)) {
		round->ts = clock_real();
		if (port->run->root[0] == '\0')
			round->up = clock_boot();
	}
	frame_clock(port->frame, round->ts, round->up);
	*frame_counts(port->frame) = (struct frame_counts){0};
	return 1;
}

void
source_port_host(struct source_port *port, const char *host)
{
	char line[FRAME_LINE_MAX];
	int n = snprintf(line, sizeof(line), "@%s\n", host);

	if (n > 1 && (size_t)n < sizeof(line))
		to_supervisor(port, line, (size_t)n);
}

void
source_port_gather(struct source_port *port)
{
	if (writer_turn(port->out, WRITER_BATCH, NULL) == -1)
		port->over = true;
}

void
source_port_flush(struct source_port *port)
{
	if (writer_turn(port->out, WRITER_LINES, NULL) == -1)
		port->over = true;
}

int
source_port_done(struct source_port *port, const struct nc_err *e)
{
	const struct frame_counts *c = frame_counts(port->frame);
	char line[512], *p;
	int n;

	source_port_flush(port);
	n = snprintf(line, sizeof(line) - 1,
	    "=%" PRIu64 " %" PRIu64 " %" PRIu64 " %d %s", port->seq, c->samples,
	    c->values, e != NULL, e != NULL ? e->msg : "");
	if (n < 0)
		return -1;
	if ((size_t)n >= sizeof(line) - 1)
		n = (int)sizeof(line) - 2;
	for (p = line; p < line + n; p++)
		if (*p == '\n')
			*p = ' ';
	line[n++] = '\n';
	return to_supervisor(port, line, (size_t)n);
}

bool
worker_host(const char *line, size_t len, struct span *host)
{
	*host = (struct span){line + 1, len > 2 ? len - 2 : 0};
	return len > 2 && *line == '@';
}

int
worker_mark(const char *line, size_t len, struct worker_mark *m)
{
	char text[512];
	int failed, at = 0;

	if (len < 2 || *line != '=' || len > sizeof(text))
		return 0;
	memcpy(text, line, len);
	text[len - 1] = '\0';
	if (sscanf(text, "=%" SCNu64 " %" SCNu64 " %" SCNu64 " %d %n", &m->seq,
		&m->entities, &m->samples, &failed, &at) < 4 ||
	    at == 0)
		return 0;
	m->failed = failed != 0;
	snprintf(m->message, sizeof(m->message), "%.*s",
	    (int)sizeof(m->message) - 1, text + at);
	return 1;
}

/* Waits for the next round: 1, or -1 when there will be none. */
static int
next_round(struct source_port *port, struct source_round *round)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	int rc;

	while ((rc = source_port_take(port, round)) == 0)
		if (poll(&p, 1, -1) == -1 && errno != EINTR)
			return -1;
	return rc;
}

/* Open until it works, one attempt a round.  0, or -1: the end. */
static int
open_source(struct source_port *port, const struct source *s, void **state,
    struct source_round *round, bool *asked)
{
	struct nc_err e = {0};

	*asked = false;
	while (s->open != NULL && s->open(port->run, state, &e) == -1) {
		if (!*asked && next_round(port, round) == -1)
			return -1;
		if (source_port_done(port, &e) == -1 ||
		    next_round(port, round) == -1)
			return -1;
		*asked = true;
	}
	return 0;
}

static void
collect_rounds(struct source_port *port, const struct source *s, void *state,
    struct source_round *round, bool asked)
{
	struct nc_err e;
	int rc;

	for (;; asked = false) {
		if (!asked && next_round(port, round) == -1)
			return;
		e = (struct nc_err){0};
		rc = s->collect(state, port->run, round, port->frame, &e);
		if (port->over ||
		    source_port_done(port, rc == -1 ? &e : NULL) == -1)
			return;
	}
}

int
worker_main(void *arg)
{
	const struct worker_job *job = arg;
	const struct source *s = job->wanted->source;
	struct source_port port = {.run = job->run};
	struct source_round round;
	struct nc_err e = {0};
	void *state = NULL;
	bool asked;
	size_t i;
	int rc = 0;

	/* We are to end with the supervisor even when we hang.  */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	port.out = writer_open(STDOUT_FILENO, "supervisor", WRITER_LINES);
	port.frame = frame_new(to_supervisor, &port);
	frame_origin(port.frame, job->run->host, job->run->name);
	for (i = 0; i < job->wanted->nlabels; i++)
		frame_common_label(port.frame, job->wanted->labels[i].key,
		    span_of(job->wanted->labels[i].value));
	if (s->serve != NULL) {
		if (s->open == NULL || s->open(job->run, &state, &e) == 0)
			rc = s->serve(state, job->run, &port, port.frame, &e);
		else if (next_round(&port, &round) == 1)
			rc = source_port_done(&port, &e);
	} else if (open_source(&port, s, &state, &round, &asked) == 0)
		collect_rounds(&port, s, state, &round, asked);
	if (s->close != NULL && state != NULL)
		s->close(state);
	frame_free(port.frame);
	writer_close(port.out, NULL);
	return rc == 0 ? 0 : 1;
}
