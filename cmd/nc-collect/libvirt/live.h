/* SPDX-License-Identifier: MIT */
/*
 * live: connections to hypervisors and what they tell, in the child's one
 * main thread: only calls (call.h) run elsewhere.  Private to the source.
 */
#ifndef NC_COLLECT_LIBVIRT_LIVE_H
#define NC_COLLECT_LIBVIRT_LIVE_H

#include "base/map.h"
#include "libvirt/call.h"
#include "libvirt/emit.h"
#include "source.h"

#define LIVE_WISHES 8

enum hyper_phase {
	HYPER_IDLE,
	HYPER_OPENING,
	HYPER_ASKING, /* for statistics */
	HYPER_DESCRIBING,
	HYPER_CONTROLLING,
	HYPER_JOBS,
	HYPER_AGENTS /* the only round waits for them */
};

/* A domain as known from round to round. */
struct domain {
	unsigned char uuid[VIR_UUID_BUFLEN];
	struct identity *identity; /* owned */
	int state, reason; /* virDomainState as of the last round */
	bool restless; /* it began or ended something: number is old */
	bool due; /* its records of this round wait for more */
	int number; /* libvirt's id of this run, -1: off */
	bool described; /* identity is of the XML, and of this run */
	bool suspect; /* something it told before is missing */
	bool seen; /* in the round in hand */
	unsigned told; /* enum field_seen of this run so far */
	double answered; /* monotonic: last time nothing was missing */
	double stuck, control_seconds; /* as far as asked, else NAN */
	bool talking; /* with its guest agent */
	bool agent_told; /* that it does not answer */
	double agent_from; /* monotonic: until then it is left alone */
	virDomainPtr job; /* owned: a job is running, sampled each second */
};

/* Guest agents of a hypervisor: agent.h. */
struct agents {
	virConnectPtr conn; /* owned; NULL: not connected */
	struct call *opening; /* borrowed */
	unsigned talks; /* under way */
	bool asking; /* there are more to ask in this round, from cursor */
	uint32_t cursor;
	bool refused; /* the connection; told */
};

/* One hypervisor. */
struct hyper {
	struct live *live;
	char *uri; /* owned */
	bool local, optional; /* optional: the daemon may not have it */
	bool refused; /* and has not */
	virConnectPtr conn; /* owned; NULL: not connected */
	char *host; /* owned: NULL: this one */
	bool lost; /* closed from the other side */
	struct map *domains; /* UUID to struct domain, owned */
	enum hyper_phase phase;
	struct call *pending; /* borrowed while its thread has it */
	struct call *opening; /* overdue, but still hoped for */
	struct call *answer; /* owned: statistics of this round */
	struct call *sampling; /* borrowed: jobs between rounds */
	double until; /* monotonic: then pending is overdue */
	double typical; /* seconds a call for statistics takes */
	unsigned attempt, overdue; /* of this round; calls not back yet */
	/* Beside what the answer lists; NULL: it has no UUID. */
	struct domain **guests; /* owned, each borrowed from domains */
	size_t guests_cap;
	bool running, measured; /* some of this round is */
	struct agents agents;
	size_t page; /* domains a call for statistics; 0: all in one */
	bool no_bulk, no_jobs, no_events, degraded;
	size_t jobs; /* domains that have one */
	size_t turn; /* where the search for jobs goes on */
};

struct live {
	const struct source_run *run;
	struct source_port *port;
	struct frame *frame;
	struct fields *fields;
	struct guest guest;
	struct emit emit;
	struct identity_wish wishes[LIVE_WISHES];
	size_t nwishes;
	int pipe[2]; /* answers of calls */
	struct hyper **hypers; /* owned */
	size_t nhypers;
	bool busy; /* a round is under way */
	struct source_round round;
	struct nc_err err; /* the first of this round */
	bool failed;
	bool agent;
	int agent_timeout; /* whole seconds */
	int timer, job_timer; /* of libvirt's loop */
	bool sampling; /* jobs, each second */
	bool over; /* the supervisor is gone */
	bool restart; /* or this process is beyond help */
};

/* live.c */
int live_serve(const struct source_run *run, struct source_port *port,
    struct frame *f, struct nc_err *e);
/* When records are to be made: the origin and the clock of what follows. */
void live_clock(struct live *l, const struct hyper *h, double ts, double up);
void live_arm(struct live *l); /* the timer, after `until` has changed */
void live_fail(struct live *l, const struct nc_err *e);
void live_hyper_done(struct live *l); /* a hyper's round is over */
int live_start(struct hyper *h, struct call *c); /* as pending */

/* hyper.c */
struct hyper *hyper_new(struct live *l, const char *uri, bool optional);
void hyper_free(struct hyper *h);
void hyper_begin(struct hyper *h); /* a round */
void hyper_answer(struct hyper *h, struct call *c); /* takes c */
void hyper_overdue(struct hyper *h);
/* NULL: not known; or made known. */
struct domain *hyper_find(const struct hyper *h, virDomainPtr dom);
struct domain *hyper_domain(struct hyper *h, virDomainPtr dom);
size_t hyper_listed(const struct hyper *h); /* domains of the answer */
void hyper_end(struct hyper *h); /* of its round */

/* tell.c: the statistics of a round as records: first of those of whom all
 * is known, then of those about whom more had to be asked. */
void tell_look(struct hyper *h); /* marks seen, suspects, due; ends */
void tell_due(struct hyper *h);

/* job.c */
bool job_ask(struct hyper *h); /* false: nothing to ask */
void job_answer(struct hyper *h, const struct call *c);
void job_sample(struct hyper *h); /* once a second */
void job_expect(struct hyper *h, virDomainPtr dom); /* there is one now */
void job_forget(struct hyper *h, struct domain *d);
void domain_free(struct hyper *h, struct domain *d);

/* event.c: of a call's thread; owner is a struct hyper.  true: of lives that
 * begin and end we are told. */
bool event_register(virConnectPtr conn, void *owner);

/* typed.c */
void typed_take(struct fields *f, struct guest *g, size_t position,
    const virTypedParameter *p);
bool typed_number(const virTypedParameter *p, double *v);

/* local.c: URIs of the hypervisors whose sockets are on this machine. */
struct local_hyper {
	const char *uri;
	bool optional; /* the one daemon may have no driver for it */
};
size_t local_find(struct local_hyper *to, size_t max);
/* The other machine it means; empty: this one. */
struct span local_other(const char *uri);
bool local_uri(const char *uri); /* it is this machine that it means */

/* doctor.c */
void libvirt_doctor(const struct source_run *run, source_tell *tell, void *arg);

#endif
