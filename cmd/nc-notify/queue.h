/* SPDX-License-Identifier: MIT */
/*
 * queue: what waits for one channel.  Alerts of one fingerprint are a chain,
 * told in order; chains do not wait for one another.  The chain that is due
 * first is found in logarithmic time.  In memory only; times are monotonic.
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
	uint32_t seq;
	unsigned attempts;
	bool ended, again;
	struct queue_item *next;
};

struct queue_chain {
	struct queue_item *first; /* in order */
	double due; /* of the first; 0: at once */
	size_t place; /* in the heap; QUEUE_OUT when it is being told */
	struct span key; /* borrowed from the queue */
};

#define QUEUE_OUT SIZE_MAX

struct queue {
	struct map *chains; /* by fingerprint */
	struct queue_chain **heap;
	size_t n, cap;
	size_t items;
};

void queue_init(struct queue *q);
void queue_free(struct queue *q);
/* Takes the item; due counts when it becomes the first of its chain. */
void queue_add(struct queue *q, struct span fingerprint,
    struct queue_item *item, double due);
/* The chain that is due first, or NULL; it stays where it is. */
struct queue_chain *queue_first(const struct queue *q);
/* It is being told: out of the heap, until queue_put(). */
void queue_take(struct queue *q, struct queue_chain *c);
/* Back, with its due time; an empty chain is freed. */
void queue_put(struct queue *q, struct queue_chain *c);
/* Takes an item out of its chain and frees it. */
void queue_drop(struct queue *q, struct queue_chain *c, struct queue_item *it);

#endif
