/* SPDX-License-Identifier: MIT */
/* flow_priv: what the files of flow share; nobody else includes it. */
#ifndef NC_ANALYZE_FLOW_PRIV_H
#define NC_ANALYZE_FLOW_PRIV_H

#include "base/map.h"
#include "flow.h"

struct active {
	const struct analysis *kind;
	void *self;
	size_t at; /* of its state in the block of a series */
	bool quiet; /* only there because another needs it */
};

struct flow {
	struct flow_options o;
	struct series_table *table;
	struct topology *topology; /* NULL: not needed */
	struct active active[FLOW_ANALYSES_MAX];
	size_t nactive, block_bytes;
	struct map *hosts; /* name -> struct node */
	struct node *nodes, *last;
	double common; /* flow_common_time() */
	struct node *slowest; /* that holds it; NULL: find out */
	uint64_t looked; /* samples since the table was looked through */
	struct flow_counts counts;
	char unwanted[1]; /* what series->user points to when not wanted */
};

/* What an entity belongs to: series_entity.user. */
struct owner {
	struct node *node;
	struct feed *feed;
};

/* flow.c */
char *flow_block(struct flow *f, const struct series_entity *n,
    struct series *s);
struct owner *flow_owner(struct flow *f, struct series_entity *n);
/* flow_time.c */
struct feed *node_feed(struct node *n, struct span source);
void node_free(struct node *n);
/* A sample was read: is there a hole before it? */
void node_hear(struct node *n, const struct series_stamp *st);
void flow_advance(struct flow *f, struct node *n, double to);
void flow_sweep(struct flow *f, const struct record *r);
void flow_tick(struct flow *f, const struct record *r);

#endif
