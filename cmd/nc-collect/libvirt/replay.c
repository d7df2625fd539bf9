/* SPDX-License-Identifier: MIT */
/*
 * replay: see replay.h.  A file is read again each round, so it may be
 * replaced between rounds; standard input is one round.  A recording says no
 * UUIDs: there the name is the id, and with times=N each domain stands for N
 * of them, NAME.1 to NAME.N.  It is of another machine, as far as we know, so
 * our boot clock is on none of its records.  Never talks to libvirt.
 */
#include "replay.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "libvirt/domstats.h"
#include "libvirt/emit.h"

#define TIMES_MAX 1e6

struct replay {
	const struct source_run *run;
	const char *path;
	unsigned times;
	struct fields *fields;
	struct guest guest;
	struct emit emit;
	bool drained; /* standard input has been read */
	bool nameless; /* a domain had no name: said once */
};

static int
get_times(const struct source_run *run, unsigned *times, struct nc_err *e)
{
	double v;

	if (source_get_number(run, "times", 1, TIMES_MAX, &v, e) == -1)
		return -1;
	if (v != floor(v))
		return err_set(e, 0, "times=%g: expected a whole number", v);
	*times = (unsigned)v;
	return 0;
}

int
replay_check(const struct source_run *run, struct nc_err *e)
{
	unsigned times;

	if (run->target != NULL)
		return err_set(e, 0, "a URI and domstats= exclude each other");
	return get_times(run, &times, e);
}

/* A record without an id would be everybody's. */
static int
tell_nameless(struct replay *r)
{
	if (r->nameless)
		return 0;
	r->nameless = true;
	return source_error(r->emit.frame, "", (struct span){0}, "name",
	    "the recording has a domain without a name: left out");
}

static int
emit_one(struct replay *r, unsigned number)
{
	struct identity *i;
	char *name;
	int rc;

	if (r->guest.name.len == 0)
		return tell_nameless(r);
	name = r->times == 1
		   ? xasprintf("%.*s", SPAN_ARG(r->guest.name))
		   : xasprintf("%.*s.%u", SPAN_ARG(r->guest.name), number);
	i = identity_new(span_of(name), span_of(name));
	rc = emit_guest(&r->emit, &r->guest, i, NULL);
	identity_free(i);
	free(name);
	return rc;
}

static int
read_round(struct replay *r, struct source_port *port, struct nc_err *e)
{
	struct domstats *d;
	unsigned k;
	int rc = 0;

	if (r->drained)
		return err_set(e, 0, "<stdin>: the recording is at its end");
	if ((d = domstats_open(r->path, e)) == NULL)
		return -1;
	r->drained = strcmp(r->path, "-") == 0;
	source_port_gather(port);
	/* A virsh that failed has printed nothing: not the same as none. */
	if (domstats_is_empty(d))
		rc = err_set(e, 0, "is empty");
	for (k = 1; rc == 0 && k <= r->times; k++) {
		domstats_rewind(d);
		while ((rc = domstats_next(d, r->fields, &r->guest, e)) == 1)
			if (emit_one(r, k) == -1)
				break;
		if (rc == 1)
			break;
	}
	domstats_close(d);
	if (rc == -1)
		return err_where(e, "%s", r->drained ? "<stdin>" : r->path);
	return 0;
}

static int
wait_round(struct source_port *port, struct source_round *round)
{
	struct pollfd p = {.fd = source_port_fd(port), .events = POLLIN};
	int rc;

	while ((rc = source_port_take(port, round)) == 0)
		if (poll(&p, 1, -1) == -1 && errno != EINTR)
			return -1;
	return rc;
}

int
replay_serve(const struct source_run *run, struct source_port *port,
    struct frame *f, struct nc_err *e)
{
	struct replay r = {.run = run, .path = source_get(run, "domstats")};
	struct source_round round;
	int rc;

	if (get_times(run, &r.times, e) == -1)
		return -1;
	r.fields = fields_new(run->level);
	r.emit = (struct emit){.run = run, .fields = r.fields, .frame = f};
	r.emit.up = (double)NAN;
	source_port_host(port, run->host);
	while (wait_round(port, &round) == 1) {
		r.emit.ts = round.ts;
		frame_clock(f, round.ts, r.emit.up);
		rc = read_round(&r, port, e);
		if (source_port_done(port, rc == -1 ? e : NULL) == -1)
			break;
	}
	fields_free(r.fields);
	guest_free(&r.guest);
	emit_free(&r.emit);
	return 0;
}
