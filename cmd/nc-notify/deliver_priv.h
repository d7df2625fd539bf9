/* SPDX-License-Identifier: MIT */
/* deliver_priv: what the files of the deliverer share: lanes, tries. */
#ifndef NC_NOTIFY_DELIVER_PRIV_H
#define NC_NOTIFY_DELIVER_PRIV_H

#include "base/lock.h"
#include "base/rng.h"
#include "deliver.h"
#include "message.h"
#include "queue.h"
#include "ration.h"

#define ASKED_MAX 86400.0 /* seconds, of what another side may ask for */
#define OPEN_AFTER 3u /* failures in a row: one try at a time, spaced */

/* One recipient of a channel, or an escalation. */
struct lane {
	struct deliver *owner;
	const struct lane_name *name;
	const struct channel *channel;
	struct queue queue;
	struct ration ration;
	unsigned flying, failures; /* failures: in a row */
	double not_before; /* monotonic */
	double held_until; /* monotonic, by the operator */
	double storm_from, storm_until; /* monotonic */
	double storm_count;
	bool starved; /* something was due, and the limit did not let it */
	bool spent_said;
	struct map *told; /* keys of groups: seconds, when they were told */
	struct try *unclear; /* to be told again exactly as they were */
};

/* One message: the items it tells of, and where it stands. */
struct
try {
	struct sending sending; /* first: the one becomes the other */
	struct lane *lane;
	struct queue_item *
	    *items; /* the first leads: its log is the message's */
	size_t n, cap;
	struct queue_chain **chains; /* theirs, kept from being told */
	size_t nchains, chains_cap;
	struct alert *alerts; /* what is told, one an episode */
	char **blocks; /* their bytes */
	size_t nalerts, alerts_cap;
	struct message message;
	enum message_kind kind;
	double due; /* of an unclear one, monotonic */
	struct try *previous, *next; /* of those flying, idle or unclear */
};

struct beat;

struct deliver {
	struct loop *loop;
	struct spool *spool;
	const struct settings *settings;
	struct receipts *receipts;
	struct diag *diag;
	struct lock *lock;
	struct loop_fd *trigger;
	struct loop_timer *timer, *reaper;
	struct means means;
	struct intern *names;
	struct lane *lanes; /* as the settings' */
	struct map *items; /* queued: names to items */
	struct beat *beats;
	size_t nbeats;
	struct try *flying, *spare;
	struct decoder *decoder;
	struct buf file;
	struct rng rng;
	struct deliver_counts counts;
	size_t nflying;
	size_t beyond; /* in new/, and not queued: memory is bounded */
	char **again; /* names whose last try has no end, while looking */
	size_t nagain;
	struct map *by_name; /* lanes */
	bool stopped, pumping, rush, rationed;
	bool alive, always; /* of beats: something came; that is not asked */
};

/* window.c: the oldest items of new/ become the queue, as many as it may
 * hold; the rest is looked at when there is room again. */
void window_fill(struct deliver *d);
/* Whether one more may be queued: none of those that wait is older. */
bool window_open(const struct deliver *d);
bool window_low(const struct deliver *d);

/* deliver.c */
void deliver_pump(struct deliver *d);
void deliver_trouble(struct deliver *d, const struct nc_err *e);
/* Reads an item's file and the alert in it, both valid until the next one. */
int deliver_load(struct deliver *d, const char *name, struct spool_item *it,
    struct alert *a, struct nc_err *e);
/* The item is no longer queued; its file is somebody else's business.  Its
 * chain is out of the heap. */
void deliver_drop(struct lane *l, struct queue_item *it);
/* It leaves new/ for a box, with a line in its log (or NULL). */
void deliver_retire(struct lane *l, struct queue_item *it, const char *line,
    enum spool_box box);
/* Adds an alert for all lanes of a channel. */
void deliver_add_channel(struct deliver *d, const struct channel *c,
    const struct alert *a, char letter, unsigned nth, const char *note);
/* What was added that way becomes durable, and is queued. */
int deliver_commit(struct deliver *d);
/* How an alert is gathered in a lane: of the last rule that names it, or
 * NULL. */
const struct route_group *deliver_group(const struct lane *l,
    const struct alert *a);

/* gather.c */
struct try *try_new(struct lane *l);
void try_free(struct try *t);
/* All goes back to where it waits; t to the idle ones. */
void try_end(struct try *t);
/* Takes the chain, and in a storm or behind a limit all that is due, and
 * sends; false when nothing of it was to be sent. */
bool gather(struct lane *l, struct queue_chain *c, double now);
/* An item whose last try has no end, with those that were told with it. */
void gather_unclear(struct lane *l, struct queue_item *lead,
    struct queue_item **with, size_t n, double due);
/* Sends what gather_unclear() has put together. */
void gather_again(struct try *t);

/* result.c */
void result_done(struct sending *s, const struct outcome *o);
/* Dead, with a reason; for its fallback, if there is one. */
void result_dead(struct lane *l, struct queue_item *it, const struct alert *a,
    const char *why);
/* What waits for a channel that cannot be reached goes to its fallback. */
void result_pass_on(struct lane *l, const char *why);
void result_tell(struct lane *l, const struct alert *a, unsigned attempt,
    const char *result, const struct outcome *o);

/* escalate.c */
void escalate(struct lane *l, struct queue_chain *c);

/* beat.c */
void beats_start(struct deliver *d);
bool beats_flying(const struct deliver *d);
void beats_free(struct deliver *d);

/* deliver_state.c: what one deliverer leaves to the next, beside the items */
void state_load(struct deliver *d);
void state_save(struct deliver *d);
/* Which lanes the operator holds. */
void state_holds(struct deliver *d);

#endif
