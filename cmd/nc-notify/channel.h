/* SPDX-License-Identifier: MIT */
/*
 * channel: a way out: what every kind of channel can be told, and the one
 * function that sends.  A kind is one file and one row in channels.c.  A kind
 * never waits: it begins, and says later what became of it.
 */
#ifndef NC_NOTIFY_CHANNEL_H
#define NC_NOTIFY_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "alert.h"
#include "base/child.h"
#include "base/err.h"
#include "base/loop.h"
#include "secret.h"

struct channel_option {
	const char *name;
	bool secret; /* its value is "secret ..."; also of one named secret */
	bool named; /* with secret: a text stands before it, 'auth "me" ...' */
	bool many; /* may be said more than once */
};

struct channel_value {
	const struct channel_option *option;
	char *text; /* owned; NULL for a secret without a name */
	struct secret secret;
};

/* A channel of the configuration. */
struct channel {
	char *name;
	const struct channel_kind *kind;
	char **targets; /* what stood behind the kind; owned */
	size_t ntargets;
	struct secret target; /* a target that is a secret */
	struct channel_value *values;
	size_t nvalues;
	double timeout, ttl; /* seconds: of one try; of all of them */
};

enum verdict {
	VERDICT_SENT,
	VERDICT_RETRY, /* trouble that may pass */
	VERDICT_DEAD /* it will never be taken */
};

struct outcome {
	enum verdict verdict;
	long code; /* status of the answer, exit status; 0: none */
	const char *message; /* for people, no secret in it; or NULL */
	double retry_after; /* seconds the other side asked for; 0: did not */
};

/* What the kinds share; lent for the time of sending. */
struct means {
	struct loop *loop;
	struct children *children;
	struct http *http; /* made by the first who needs it */
	const char *dir; /* of the spool: where a kind may keep what helps */
	void (*tend)(void *arg); /* a child was started */
	void *arg;
};

/* One try. */
struct sending {
	const struct channel *channel;
	const struct alert *alert;
	unsigned attempt; /* from 1 */
	bool again; /* an earlier try may have arrived */
	double now, late; /* wall time; seconds since the event */
	struct means *means;
	void *state; /* of the kind, between send and done */
	/* To be called once, from send or later; the sending is gone then. */
	void (*done)(struct sending *s, const struct outcome *o);
};

struct channel_kind {
	const char *name;
	const char *targets; /* as in the manual, for messages */
	bool secret_target; /* the target may be "secret ..." */
	const struct channel_option *options; /* name NULL ends; or NULL */
	unsigned at_once; /* so many tries at the same time */
	/* -1 with a reason when the targets or values are not right. */
	int (*check)(const struct channel *c, struct nc_err *e);
	void (*send)(struct sending *s);
	/* Ends it without a word to done. */
	void (*cancel)(struct sending *s);
};

const struct channel_kind *channel_kind(const char *name); /* or NULL */
/* "exec, local, webhook". */
const char *channel_kinds(void);
/* The nth value of an option, or NULL. */
const struct channel_value *channel_value(const struct channel *c,
    const char *option, size_t n);

#endif
