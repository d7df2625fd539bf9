/* SPDX-License-Identifier: MIT */
/*
 * topology: what is part of what, what lies on what, and the merged view:
 * where several sources describe one subject each metric comes from the first
 * fresh one.  Fed with the entities of a series table.  Never prints.
 */
#ifndef NC_METRIC_TOPOLOGY_H
#define NC_METRIC_TOPOLOGY_H

#include "metric/series.h"

struct topology;

/* One (host, entity, id), whoever describes it. */
struct subject {
	const char *host, *entity, *id; /* live as long as the subject */
	struct subject *parent; /* NULL: a host, or nothing contains it */
	struct subject *child; /* first of its parts, in order of appearance */
	struct subject *sibling; /* next part of the same parent */
	struct subject *next; /* of all, in order of appearance */
	struct series_entity *const *sources; /* best first */
	size_t nsources; /* 0: known only as a parent */
	void *user; /* the caller's; given to topology_new()'s gone */
};

/* A metric of a subject, from the source that is to be believed. */
struct reading {
	const struct series_entity *entity;
	const struct series *series;
	double age; /* seconds between its reading and now */
	bool fresh; /* read within 3 intervals */
};

/* gone may be NULL.  Owned: topology_free(), before the series table. */
struct topology *topology_new(void (*gone)(struct subject *s, void *arg),
    void *arg);
void topology_free(struct topology *tp); /* NULL is fine */
/* After SERIES_NEW or SERIES_MORE; cheap for an entity already known. */
struct subject *topology_see(struct topology *tp, struct series_entity *n);
/* From series_options.entity_gone: the entity is about to go. */
void topology_forget(struct topology *tp, struct series_entity *n);

/* One that stays, with or without a source; made when there is none. */
struct subject *topology_expect(struct topology *tp, struct span host,
    struct span entity, struct span id);
struct subject *topology_find(const struct topology *tp, struct span host,
    struct span entity, struct span id);
/* First of all subjects, then subject->next. */
struct subject *topology_first(const struct topology *tp);
/*
 * What the subject lies on by its labels: vm.disk on the host.disk named by
 * backing, vm.nic on the host.nic named by bridge; of a container the service
 * that it is part of, by its label service.  NULL when not known.
 */
struct subject *topology_base(const struct topology *tp,
    const struct subject *s);
/*
 * The metric by its name on the wire, as of now (epoch seconds of that host):
 * from the first fresh source that has a usable value, else the youngest one
 * there is, not fresh.  False when no source has it.
 */
bool topology_read(const struct series_table *t, const struct subject *s,
    uint32_t name, double now, struct reading *out);
/* A label, from the first source that has it. */
const char *topology_label(const struct subject *s, const char *key);

/*
 * Seconds after which a reading is no longer to be taken for the present:
 * 3 intervals; 15 minutes when the interval is not known.
 */
double series_patience(const struct series_stamp *st);

#endif
