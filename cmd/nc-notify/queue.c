/* SPDX-License-Identifier: MIT */
/* queue: chains of items in a binary heap by due time. */
#include "queue.h"

#include <stdlib.h>

#include "base/mem.h"

void
queue_init(struct queue *q)
{
	*q = (struct queue){.chains = map_new(NULL)};
}

static void
chain_free(void *p)
{
	struct queue_chain *c = p;
	struct queue_item *it;

	while ((it = c->first) != NULL) {
		c->first = it->next;
		free(it->name);
		free(it);
	}
	free(c);
}

void
queue_free(struct queue *q)
{
	map_free(q->chains, chain_free);
	free(q->heap);
	*q = (struct queue){.n = 0};
}

/* --- the heap ------------------------------------------------------------- */

/* Due first; of those due at the same time, whose alert is older. */
static bool
before(const struct queue_chain *a, const struct queue_chain *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	return a->first->ts < b->first->ts;
}

static void
set(struct queue *q, size_t i, struct queue_chain *c)
{
	q->heap[i] = c;
	c->place = i;
}

static void
sift(struct queue *q, size_t i)
{
	struct queue_chain *c = q->heap[i];
	size_t child;

	while (i > 0 && before(c, q->heap[(i - 1) / 2])) {
		set(q, i, q->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	while ((child = 2 * i + 1) < q->n) {
		if (child + 1 < q->n &&
		    before(q->heap[child + 1], q->heap[child]))
			child++;
		if (!before(q->heap[child], c))
			break;
		set(q, i, q->heap[child]);
		i = child;
	}
	set(q, i, c);
}

static void
push(struct queue *q, struct queue_chain *c)
{
	if (q->n == q->cap) {
		q->cap = q->cap * 2 + 16;
		q->heap = xreallocarray(q->heap, q->cap, sizeof(*q->heap));
	}
	set(q, q->n, c);
	sift(q, q->n++);
}

void
queue_take(struct queue *q, struct queue_chain *c)
{
	size_t i = c->place;

	q->n--;
	if (i != q->n) {
		set(q, i, q->heap[q->n]);
		sift(q, i);
	}
	c->place = QUEUE_OUT;
}

void
queue_put(struct queue *q, struct queue_chain *c)
{
	if (c->first != NULL) {
		push(q, c);
		return;
	}
	map_delete(q->chains, c->key);
	chain_free(c);
}

struct queue_chain *
queue_first(const struct queue *q)
{
	return q->n != 0 ? q->heap[0] : NULL;
}

/* --- the chains ----------------------------------------------------------- */

static bool
item_before(const struct queue_item *a, const struct queue_item *b)
{
	if (a->ts != b->ts)
		return a->ts < b->ts;
	return a->seq < b->seq;
}

void
queue_add(struct queue *q, struct span fingerprint, struct queue_item *item,
    double due)
{
	uint32_t at = map_add(q->chains, fingerprint);
	struct queue_chain *c = *map_value(q->chains, at);
	struct queue_item **to;

	q->items++;
	if (c == NULL) {
		c = xcalloc(1, sizeof(*c));
		c->key = map_key(q->chains, at);
		c->first = item;
		c->due = due;
		*map_value(q->chains, at) = c;
		push(q, c);
		return;
	}
	for (to = &c->first; *to != NULL && !item_before(item, *to);)
		to = &(*to)->next;
	/* While the first is being told, none comes before it. */
	if (to == &c->first && c->place == QUEUE_OUT)
		to = &c->first->next;
	item->next = *to;
	*to = item;
	if (to == &c->first) {
		c->due = due;
		sift(q, c->place);
	}
}

void
queue_drop(struct queue *q, struct queue_chain *c, struct queue_item *it)
{
	struct queue_item **to = &c->first;

	while (*to != it)
		to = &(*to)->next;
	*to = it->next;
	free(it->name);
	free(it);
	q->items--;
}
