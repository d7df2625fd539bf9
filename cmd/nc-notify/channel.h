/* SPDX-License-Identifier: MIT */
/*
 * channel: a way out: what every kind of channel can be told, and the one
 * function that sends.  A kind is one file and one row in kinds.h.  A kind
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
#include "template.h"

struct channel_option {
	const char *name;
	bool secret; /* its value is "secret ..."; also of one named secret */
	bool named; /* with secret: a text stands before it, 'auth "me" ...' */
	bool many; /* may be said more than once, or have several values */
	bool recipient; /* each of its values is told by an item of its own */
	bool flag; /* a word alone, no value; its text is "" */
	bool template; /* text with fields, compiled with the configuration */
};

struct channel_value {
	const struct channel_option *option;
	char *text; /* owned; NULL for a secret without a name */
	struct secret secret;
	struct template *template; /* of such an option; else NULL */
};

/* So many messages a time; the rest waits and is told as one. */
struct limit {
	double n, seconds; /* n 0: no limit */
	double burst; /* at once, at least 1 */
	bool daily; /* n a day of the budget instead; seconds is 86400 */
};

enum thread { THREAD_INCIDENT, THREAD_EPISODE, THREAD_NONE };

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
	struct limit rate, budget;
	enum thread thread; /* what belongs together for people */
	char *fallback; /* the channel that is told when this one cannot be */
	struct template *title, *text; /* of a message; NULL: the usual ones */
	double every; /* seconds between beats of a kind that beats */
	/* It is no way out but says whose way it is; NULL: it is one. */
	struct escalation *escalation;
	struct rota *rota;
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
	bool maybe; /* with VERDICT_RETRY: it may have arrived all the same (a
		       request went out, and no answer came) */
	bool off; /* with VERDICT_DEAD: so would everything else be (401, 403,
		     410): the operator is told */
};

enum message_kind {
	MESSAGE_ALERTS,
	MESSAGE_REPEAT, /* the same alert again, as it still fires */
	MESSAGE_TEST, /* nc-notify probe: says so in title and text */
	MESSAGE_BEAT /* of a heartbeat; its only alert says nothing */
};

/* What the kinds share; lent for the time of sending. */
struct means {
	struct loop *loop;
	struct children *children;
	struct multi *multi; /* made by the first who needs it */
	const char *dir; /* of the spool: where a kind may keep what helps */
	void (*tend)(void *arg); /* a child was started */
	void *arg;
};

/*
 * One try of one message, which tells of one alert or, as a group or digest,
 * of several: critical ones first, the root of an incident before its
 * branches.  id, title and text are composed; no channel need look at alerts
 * unless it has more to say than text.
 */
struct sending {
	const struct channel *channel;
	const char *recipient; /* of an option with recipients; else NULL */
	enum message_kind kind;
	const struct alert *alert; /* the first of: */
	const struct alert *alerts; /* at least one */
	size_t nalerts;
	struct span id; /* of the message, the same in every try: [0-9a-f-] */
	struct span thread; /* an incident or episode: [0-9a-f]; or empty */
	struct span severity; /* the worst that still fires, or that did */
	bool ended; /* all of it is over: the thread is done */
	struct span title; /* one line, valid UTF-8, nothing escaped */
	struct span text; /* lines, without the title; valid UTF-8; maybe "" */
	bool redact; /* for render: secrets read as *** */
	unsigned attempt; /* from 1 */
	bool again; /* an earlier try may have arrived */
	double now, late; /* wall time; seconds since the event */
	struct means *means;
	void *state; /* of the kind, between send and done */
	/* To be called once, from send or later; the sending is gone then. */
	void (*done)(struct sending *s, const struct outcome *o);
};

struct service; /* channel/service.h */

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
	/*
	 * Appends the bytes that send would send, headers and all, to b:
	 * nothing is sent, s->redact is set, s->means has nothing.
	 */
	int (*render)(const struct sending *s, struct buf *b, struct nc_err *e);
	const struct service *service; /* of kinds that speak HTTP */
	struct limit rate; /* unless the configuration says otherwise */
	bool each; /* for machines: no digest because of a storm */
	bool beats; /* a dead man's switch: beaten, told of no alert */
};

const struct channel_kind *channel_kind(const char *name); /* or NULL */
void channel_kinds(struct buf *b); /* "exec, local or webhook" */
/* The nth value of an option, or NULL. */
const struct channel_value *channel_value(const struct channel *c,
    const char *option, size_t n);
/* Appends a secret of the channel, or *** to be shown. */
int channel_secret(const struct sending *s, const struct secret *secret,
    struct buf *b, struct nc_err *e);

#endif
