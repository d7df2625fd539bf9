/* SPDX-License-Identifier: MIT */
/*
 * incident: what the files of the analysis "cause" share.
 *
 * A clue is a series with what is known of it, and its latest anomaly.  A
 * scene is where clues are looked at together: a host, or all of them where a
 * topology or scope=all may relate hosts.  A clue is loose, or part of an
 * incident, which begins with one that is far beyond doubt.
 */
#ifndef NC_ANALYZE_INCIDENT_H
#define NC_ANALYZE_INCIDENT_H

#include "flow.h"
#include "metric/topology.h"
#include "trace.h"

/* The state that flow keeps for each series. */
struct clue {
	struct trace trace;
	struct series_entity *entity; /* NULL: never was anomalous */
	struct clue *next, *prev; /* of the scene's loose or the incident's */
	struct incident *incident; /* NULL: loose, or in no list */
	uint64_t serial; /* order of arrival in a list; 0: in none */
	double onset, value; /* of the anomaly; as of the last sample */
	float alarm; /* its worst */
	float before, after, z; /* the most evidence of this anomaly so far */
	int direction;
	uint32_t name;
	bool open, fresh;
};

struct clue_list {
	struct clue *first, *last;
};

struct incident {
	struct incident *next; /* in order of their begin */
	uint64_t serial;
	double onset; /* of the first anomaly */
	double seen; /* onset of the one it was noticed by */
	struct clue_list clues;
	size_t series, told_series; /* that have been in it; when told last */
	char *name; /* owned, as all of these: as told last; NULL: not yet */
	char *host, *entity, *id, *metric; /* of the symptom */
	char *suspects, *explain; /* JSON; text */
	char *top; /* who came first, and the symptom */
	double value;
	bool dirty;
};

struct scene {
	struct node *node; /* NULL: all */
	struct clue_list loose;
	struct incident *incidents;
	bool dirty; /* there is something to look at */
};

struct detective {
	struct flow *flow;
	const struct edges *edges;
	double window; /* seconds within which anomalies belong together */
	double alarm; /* that begins an incident */
	bool all; /* scope=all: hosts are related */
	double since; /* when it is known to have begun; NAN: find out */
	struct selector *symptom; /* owned; what shows it; NULL: find out */
	int direction; /* which way it shows: -1, 1; 0: find out */
	bool finished; /* input has ended */
	double now; /* of the host that is looked at */
	struct scene common;
	uint64_t serials;
};

/* What is known of a subject of the topology: subject->user. */
struct place {
	uint32_t *edge; /* of --topology that it is an end of; owned */
	size_t nedges;
	uint32_t version; /* of the labels they were matched with */
	uint32_t index; /* among suspects, + 1; 0: none */
	bool matched;
};

/* suspect.c: ranks, and fills the incident's texts.  False: nobody. */
bool suspect_rank(struct detective *d, struct incident *i);
struct place *suspect_place(struct detective *d, struct series_entity *n);
/* incident_state.c */
void incident_save(void *self, struct buf *b);
int incident_load(void *self, struct pack_in *u);
void incident_save_clue(void *self, const void *state, struct buf *b);
int incident_load_clue(void *self, const struct point *p, void *state,
    struct pack_in *u);
/* incident.c */
struct scene *incident_scene(struct detective *d, struct node *n);
void incident_link(struct clue_list *l, struct clue *c);

#endif
