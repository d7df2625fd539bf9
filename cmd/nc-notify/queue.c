/* SPDX-License-Identifier: MIT */
/* queue: chains of items in two binary heaps by due time. */
#include "queue.h"

#include <math.h>
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
	free(q->heaps[0].list);
	free(q->heaps[1].list);
	*q = (struct queue){.items = 0};
}

/* --- the heaps ------------------------------------------------------------ */

double
queue_when(const struct queue *q, const struct queue_chain *c)
{
	return q->rush ? c->due : fmax(c->due, c->hold);
}

/* Due first; of those due at the same time, whose alert is older. */
static bool
before(const struct queue *q, const struct queue_chain *a,
    const struct queue_chain *b)
{
	double wa = queue_when(q, a), wb = queue_when(q, b);

	if (wa != wb)
		return wa < wb;
	return a->first->ts < b->first->ts;
}

static struct queue_heap *
heap_of(struct queue *q, const struct queue_chain *c)
{
	return &q->heaps[c->crit ? 0 : 1];
}

static void
set(struct queue_heap *h, size_t i, struct queue_chain *c)
{
	h->list[i] = c;
	c->place = i;
}

static void
sift(struct queue *q, struct queue_heap *h, size_t i)
{
	struct queue_chain *c = h->list[i];
	size_t child;

	while (i > 0 && before(q, c, h->list[(i - 1) / 2])) {
		set(h, i, h->list[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n &&
		    before(q, h->list[child + 1], h->list[child]))
			child++;
		if (!before(q, h->list[child], c))
			break;
		set(h, i, h->list[child]);
		i = child;
	}
	set(h, i, c);
}

static void
push(struct queue *q, struct queue_chain *c)
{
	struct queue_heap *h = heap_of(q, c);

	if (h->n == h->cap) {
		h->cap = h->cap * 2 + 16;
		h->list = xreallocarray(h->list, h->cap,
		    sizeof(struct queue_chain *));
	}
	set(h, h->n, c);
	sift(q, h, h->n++);
}

void
queue_take(struct queue *q, struct queue_chain *c)
{
	struct queue_heap *h = heap_of(q, c);
	size_t i = c->place;

	h->n--;
	if (i != h->n) {
		set(h, i, h->list[h->n]);
		sift(q, h, i);
	}
	c->place = QUEUE_OUT;
}

static bool
any_crit(const struct queue_chain *c)
{
	for (const struct queue_item *it = c->first; it != NULL; it = it->next)
		if (it->crit)
			return true;
	return false;
}

void
queue_put(struct queue *q, struct queue_chain *c)
{
	if (c->first != NULL) {
		c->crit = any_crit(c);
		push(q, c);
		return;
	}
	map_delete(q->chains, c->key);
	chain_free(c);
}

static struct queue_chain *
top(const struct queue *q, int heap)
{
	return q->heaps[heap].n != 0 ? q->heaps[heap].list[0] : NULL;
}

struct queue_chain *
queue_ready(const struct queue *q, double now)
{
	for (int i = 0; i < 2; i++)
		if (top(q, i) != NULL && queue_when(q, top(q, i)) <= now)
			return top(q, i);
	return NULL;
}

struct queue_chain *
queue_first(const struct queue *q)
{
	struct queue_chain *a = top(q, 0), *b = top(q, 1);

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return queue_when(q, b) < queue_when(q, a) ? b : a;
}

void
queue_rush(struct queue *q)
{
	q->rush = true;
	for (int h = 0; h < 2; h++)
		for (size_t i = q->heaps[h].n; i-- > 0;)
			sift(q, &q->heaps[h], i);
}

/* --- the chains ----------------------------------------------------------- */

static bool
item_before(const struct queue_item *a, const struct queue_item *b)
{
	if (a->ts != b->ts)
		return a->ts < b->ts;
	return a->seq < b->seq;
}

/* True when it became the first. */
static bool
insert(struct queue_chain *c, struct queue_item *item, bool told)
{
	struct queue_item **to = &c->first;

	item->chain = c;
	item->next = NULL;
	if (c->last != NULL && !item_before(item, c->last)) {
		c->last->next = item;
		c->last = item;
		return false;
	}
	while (*to != NULL && !item_before(item, *to))
		to = &(*to)->next;
	/* While the first is being told, none comes before it. */
	if (to == &c->first && told && c->first != NULL)
		to = &c->first->next;
	item->next = *to;
	*to = item;
	if (item->next == NULL)
		c->last = item;
	return to == &c->first;
}

struct queue_chain *
queue_add(struct queue *q, struct span key, struct queue_item *item, double due,
    double hold, bool group)
{
	uint32_t at = map_add(q->chains, key);
	struct queue_chain *c = *map_value(q->chains, at);
	bool out, first;

	q->items++;
	if (c == NULL) {
		c = xcalloc(1, sizeof(*c));
		c->key = map_key(q->chains, at);
		c->hold = hold;
		c->due = due;
		c->group = group;
		c->crit = item->crit;
		*map_value(q->chains, at) = c;
		insert(c, item, false);
		push(q, c);
		return c;
	}
	if (!(out = c->place == QUEUE_OUT))
		queue_take(q, c);
	first = insert(c, item, out);
	if (first && !group)
		c->due = due;
	else if (group)
		c->due = fmax(c->due, due);
	c->crit = c->crit || item->crit;
	if (!out)
		push(q, c);
	return c;
}

void
queue_drop(struct queue *q, struct queue_item *it)
{
	struct queue_chain *c = it->chain;
	struct queue_item **to = &c->first, *before_it = NULL;

	while (*to != it) {
		before_it = *to;
		to = &(*to)->next;
	}
	*to = it->next;
	if (c->last == it)
		c->last = before_it;
	free(it->name);
	free(it);
	q->items--;
}
