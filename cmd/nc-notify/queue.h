/* SPDX-License-Identifier: MIT */
/*
 * queue: what waits for one channel.  Alerts that belong together, of one
 * fingerprint or one group, are a chain, told in order; chains do not wait
 * for one another.  The chain that is due first is found in logarithmic time;
 * of those that are due, critical ones come first.  In memory only; times are
 * monotonic.
 */
#ifndef NC_NOTIFY_QUEUE_H
#define NC_NOTIFY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/span.h"

struct queue_item {
	char *name; /* of the file; owned */
	double ts; /* of the record: the order in its chain */
	double accepted; /* wall time */
	double born; /* the same, monotonic: as of when it was queued */
	uint32_t seq;
	unsigned attempts;
	unsigned count; /* of repeats, or steps of an escalation */
	char letter; /* of its name */
	bool crit, again, handed, passed;
	struct queue_chain *chain;
	struct queue_item *next;
};

struct queue_chain {
	struct queue_item *first, *last; /* in order */
	double due; /* not before, after failures; 0: at once */
	double hold; /* nor before, for more to come together; 0: no */
	size_t place; /* in the heap; QUEUE_OUT when it is being told */
	bool crit, group; /* group: told as one */
	struct span key; /* borrowed from the queue */
};

#define QUEUE_OUT SIZE_MAX

struct queue_heap {
	struct queue_chain **list;
	size_t n, cap;
};

struct queue {
	struct map *chains; /* by key */
	struct queue_heap heaps[2]; /* critical, and others */
	size_t items;
	bool rush; /* holds do not count */
};

void queue_init(struct queue *q);
void queue_free(struct queue *q);
/* Takes the item; due counts when it becomes the first of its chain, of a
 * group in any case; hold when the chain is new. */
struct queue_chain *queue_add(struct queue *q, struct span key,
    struct queue_item *item, double due, double hold, bool group);
/* When a chain may be told. */
double queue_when(const struct queue *q, const struct queue_chain *c);
/* The chain that is due by now, critical ones first, or NULL; it stays where
 * it is. */
struct queue_chain *queue_ready(const struct queue *q, double now);
/* The chain that is due first, or NULL. */
struct queue_chain *queue_first(const struct queue *q);
/* From here on holds do not count. */
void queue_rush(struct queue *q);
/* It is being told: out of the heap, until queue_put(). */
void queue_take(struct queue *q, struct queue_chain *c);
/* Back, with its due time; an empty chain is freed. */
void queue_put(struct queue *q, struct queue_chain *c);
/* Takes an item out of its chain and frees it.  The chain must be out. */
void queue_drop(struct queue *q, struct queue_item *it);

#endif
