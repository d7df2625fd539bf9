/* SPDX-License-Identifier: MIT */
/*
 * call: one question to libvirt, asked in a thread of its own, because a call
 * cannot be cancelled and may hang as long as a QEMU does not answer its
 * monitor.  Whoever asks may stop waiting; the answer still comes through
 * the pipe, and is freed then.
 */
#ifndef NC_COLLECT_LIBVIRT_CALL_H
#define NC_COLLECT_LIBVIRT_CALL_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "libvirt/identity.h"
#include "libvirt/talk.h"

enum call_kind {
	CALL_OPEN, /* uri to conn, prepared by `prepare` */
	CALL_STATS, /* stats, flags to records */
	CALL_INFO, /* the same where there are no bulk statistics */
	CALL_DESCRIBE, /* domains to identities */
	CALL_CONTROL, /* domains to controls */
	CALL_JOBS, /* domains to jobs */
	CALL_TALK /* talk, with a guest agent */
};

/* What virDomainGetJobStats says of one domain. */
struct call_job {
	int type; /* VIR_DOMAIN_JOB_NONE: no job */
	virTypedParameterPtr params;
	int nparams;
};

struct call {
	enum call_kind kind;
	void *owner; /* whose it is, for who takes it off the pipe */
	bool abandoned; /* nobody waits for it any more */
	double began; /* monotonic seconds */
	int pipe; /* write end, borrowed */
	/* The question. */
	char *uri; /* owned */
	bool writable;
	virConnectPtr conn; /* a reference of its own */
	unsigned stats, flags;
	size_t page; /* domains a call; 0: all in one */
	struct talk *talk; /* owned; the answer is in it as well */
	virDomainPtr *domains; /* owned, a reference each */
	size_t ndomains;
	const struct identity_wish *wishes; /* borrowed: for ever */
	size_t nwishes;
	bool local; /* what lies behind a disk can be looked at here */
	bool (*prepare)(virConnectPtr conn, void *owner);
	/* The answer. */
	int rc;
	struct nc_err err;
	int code; /* virErrorNumber */
	bool told; /* of prepare */
	char *host; /* owned: of a connection, NULL when local */
	double took, ts, up; /* seconds; clocks when it was there */
	virDomainStatsRecordPtr *records; /* owned; NULL ends */
	size_t nrecords;
	virDomainInfo *infos; /* owned: beside domains */
	struct identity **identities; /* owned: beside domains, or NULL */
	virDomainControlInfo *controls; /* owned: beside domains */
	struct call_job *jobs; /* owned: beside domains */
};

/* New, for owner; conn may be NULL, else gets a reference.  Owned: call_start
 * takes it, or call_free(). */
struct call *call_new(enum call_kind kind, void *owner, virConnectPtr conn,
    int pipe);
/* Adds a domain, with a reference. */
void call_add(struct call *c, virDomainPtr dom);
/* Takes c; it comes back as a pointer through its pipe.  -1: freed. */
int call_start(struct call *c, struct nc_err *e);
void call_free(struct call *c); /* NULL is fine */
/* Keeps the library from printing. */
void call_silence(void);

#endif
