/* SPDX-License-Identifier: MIT */
/*
 * engine_priv: what the files of the engine share.  engine: records and
 * rounds · judge: rules on entities · round: changes become episodes and
 * records · mute: who is not told · action: what operators did · notice:
 * storms and heartbeats · engine_state: all of it as bytes.
 */
#ifndef NC_ALERT_ENGINE_PRIV_H
#define NC_ALERT_ENGINE_PRIV_H

#include "base/map.h"
#include "engine.h"
#include "episode.h"
#include "flap.h"
#include "fleet.h"
#include "machine.h"

/* Records of late that are remembered, for whoever asks why. */
#define TOLD_MAX 300
/* Entities that are gone and remembered. */
#define TOMBS_MAX 4096

/* One source of one host. */
struct feed {
	struct feed *next;
	char *source;
	bool sweeps; /* it sends them */
	bool open; /* samples have come since it was decided last */
	double begin, end; /* ts of the first and the last of them */
	double interval; /* NAN: not said */
};

struct host {
	char *name;
	double now; /* 0: nothing heard */
	double since; /* when its time began to pass */
	double ticked; /* its latest tick; 0: none */
	double listening; /* the first one behind a gap; 0: there was none */
	struct feed *feeds;
	struct target **targets; /* in order of appearance; NULL: gone */
	size_t ntargets, room;
	struct episode *first, *last; /* open, in order of opening */
	bool dirty; /* who is muted is to be looked at anew */
	uint64_t windows; /* which maintenances are now, see mute */
	double again; /* when a silence may end */
	double buried; /* newest sample of what is gone */
};

/* One rule on one entity. */
struct watch {
	struct machine machine;
	struct episode *episode; /* NULL: none is open */
	struct flap *flap; /* NULL: it has never changed */
};

/* The rules that may look at an entity of one name. */
struct scope {
	size_t count;
	uint32_t rules[]; /* their numbers, rising */
};

/* One subject: what stands behind its user word. */
struct target {
	struct host *host;
	struct subject *subject;
	size_t place; /* in host->targets */
	double decided; /* newest sample that was looked at */
	double looked; /* when */
	unsigned missed; /* complete sweeps in a row */
	bool seen; /* since the last sweep */
	bool expected; /* to be there, heard of or not */
	const struct scope *scope;
	struct watch *watches[]; /* as in scope, NULL: not looked at yet */
};

/* What a round has brought, until it is told. */
struct change {
	struct target *target;
	struct watch *watch;
	const struct rule *rule;
	struct episode *episode;
	enum machine_change change;
	bool flaps; /* and tell that it has begun to */
};

struct silence {
	char *id, *text, *author, *reason;
	struct selector *selector;
	double ts, expires;
	bool maintenance; /* how it is called */
};

/* Of what is gone: its last sample. */
struct tomb {
	double ts;
};

struct storm_member {
	double ts;
	const struct rule *rule;
	char *host; /* owned */
	char fingerprint[EPISODE_ID_SIZE];
};

struct storm {
	struct storm_member *ring; /* the latest openings, oldest first */
	unsigned count;
	bool on;
	double start;
	char *host; /* whose clock it is told by; owned */
	uint32_t seq;
	uint64_t members;
	uint32_t *by_rule;
	struct map *by_host; /* counts */
	char first[10][EPISODE_ID_SIZE];
	unsigned nfirst;
};

struct engine {
	struct rules *rules;
	struct intern *names;
	struct frame *out;
	struct fleet *fleet;
	struct map *hosts;
	struct map *scopes; /* by the name of the entity */
	struct map *tombs; /* by host, source, entity, id */
	struct engine_counts counts;
	int failed; /* the sink's */
	bool started;
	bool wide; /* an inhibition goes from host to host */
	struct map **explain; /* see mute */
	struct record_label *labels; /* scratch */
	size_t labels_room;
	struct change *changes;
	size_t nchanges, changes_room;
	struct silence *silences;
	size_t nsilences;
	struct storm storm;
	double beat; /* when the latest heartbeat was; 0: never */
	uint32_t beats;
	char **told; /* the latest records, a ring */
	uint64_t ntold;
	struct rule **ghosts; /* rules that are no more, with episodes */
	size_t nghosts;
};

/* judge */
struct target *judge_target(struct engine *g, struct host *h,
    struct subject *s);
void judge_decide(struct engine *g, struct target *t);
/* Ends all there is of it; changes are queued. */
void judge_remove(struct engine *g, struct target *t);
/* Its place among the rules that may look at t, -1: none. */
long judge_place(const struct target *t, uint32_t rule);
struct watch *judge_watch(struct target *t, size_t k);
void judge_subject_gone(struct subject *s, void *arg);
const struct scope *judge_scope(struct engine *g, const char *entity);

/* round: everything queued on the host becomes records, in order. */
void round_end(struct engine *g, struct host *h);
void round_queue(struct engine *g, struct target *t, struct watch *w,
    const struct rule *rule, enum machine_change change);
void round_tell(struct engine *g, struct episode *ep,
    enum machine_change change);
void round_ghosts(struct engine *g);
void round_link(struct host *h, struct episode *ep);
void round_unlink(struct host *h, struct episode *ep);

/* mute: looks anew, and tells those that are muted now, or not any more. */
void mute_refresh(struct engine *g, struct host *h);
void mute_tell(struct engine *g, struct host *h);
/* Whether maintenances have begun or ended on the host. */
uint64_t mute_windows(const struct engine *g, const struct host *h);
/* An open episode by a selector that may ask for alert and severity. */
bool mute_matches(struct engine *g, const struct selector *s,
    const struct episode *ep);

/* action */
void action_take(struct engine *g, const struct record *r);
/* A silence or maintenance; -1 when it is none, or known already. */
int engine_silence(struct engine *g, const struct record *r);
void silence_free(struct silence *s);

/* incident: where a new episode belongs; what it is folded under, NULL when
 * that is over. */
struct episode *incident_root(struct engine *g, const struct episode *ep);
void incident_join(struct engine *g, struct episode *ep);

/* notice */
void storm_opened(struct engine *g, struct episode *ep);
void storm_pass(struct engine *g, struct host *h);
void storm_free(struct engine *g);
void heartbeat_pass(struct engine *g, struct host *h);

/* engine */
/* Before the first record, or at the end of loading. */
void engine_start(struct engine *g);
void engine_tidy(struct host *h); /* closes holes among its targets */
struct host *engine_host(struct engine *g, struct span name);
void engine_tomb_key(struct buf *key, struct span host, struct span source,
    struct span entity, struct span id);
struct feed *engine_feed(struct host *h, struct span source);

#endif
