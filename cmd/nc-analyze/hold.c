/* SPDX-License-Identifier: MIT */
/*
 * hold: a heap of lines a host.  A record lets go of all of its host that are
 * older than it by more than the lateness; what is later than that goes
 * straight on, to be refused where it matters.
 */
#include "hold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

/* Lines of a host; beyond, the oldest go early. */
#define LINES_MOST 1000000u
#define BYTES_MOST ((uint64_t)1 << 28)
#define HOSTS_MOST 10000000u

struct held {
	double ts;
	int rank; /* of its kind, at one instant */
	char *line; /* owned; RECORD_PADDING behind it */
	size_t len;
};

struct queue {
	struct queue *next; /* in order of appearance */
	struct held *heap; /* owned */
	size_t n, room;
	uint64_t bytes;
	double newest;
	char host[];
};

struct hold {
	double lateness;
	struct decoder *decoder;
	hold_take *take;
	void *arg;
	struct map *hosts;
	struct queue *first, *last;
};

struct hold *
hold_new(double lateness, struct intern *names, hold_take *take, void *arg)
{
	struct hold *h = xcalloc(1, sizeof(*h));

	h->lateness = lateness;
	h->decoder = decoder_new(names);
	h->take = take;
	h->arg = arg;
	h->hosts = map_new(NULL);
	return h;
}

void
hold_free(struct hold *h)
{
	struct queue *q, *next;

	if (h == NULL)
		return;
	for (q = h->first; q != NULL; q = next) {
		next = q->next;
		for (size_t i = 0; i < q->n; i++)
			free(q->heap[i].line);
		free(q->heap);
		free(q);
	}
	map_free(h->hosts, NULL);
	decoder_free(h->decoder);
	free(h);
}

static struct queue *
queue_of(struct hold *h, struct span host)
{
	struct queue *q = map_get(h->hosts, host);

	if (q != NULL)
		return q;
	q = xcalloc(1, sizeof(*q) + host.len + 1);
	if (host.len != 0)
		memcpy(q->host, host.p, host.len);
	q->newest = -INFINITY;
	map_set(h->hosts, host, q);
	if (h->last != NULL)
		h->last->next = q;
	else
		h->first = q;
	h->last = q;
	return q;
}

/* --- the heap ------------------------------------------------------------------ */

static bool
is_before(const struct held *a, const struct held *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order;

	if (a->ts != b->ts)
		return a->ts < b->ts;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	order = memcmp(a->line, b->line, n);
	return order != 0 ? order < 0 : a->len < b->len;
}

static void
swap(struct held *a, struct held *b)
{
	struct held x = *a;

	*a = *b;
	*b = x;
}

static void
add(struct queue *q, const struct held *x)
{
	size_t i = q->n++;

	if (q->n > q->room) {
		q->room = q->room != 0 ? 2 * q->room : 64;
		q->heap = xreallocarray(q->heap, q->room, sizeof(*q->heap));
	}
	q->heap[i] = *x;
	q->bytes += x->len;
	for (; i > 0 && is_before(&q->heap[i], &q->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(&q->heap[i], &q->heap[(i - 1) / 2]);
}

static struct held
take_first(struct queue *q)
{
	struct held x = q->heap[0];
	size_t i = 0, least;

	q->bytes -= x.len;
	q->heap[0] = q->heap[--q->n];
	for (;; i = least) {
		least = i;
		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < q->n; k++)
			if (is_before(&q->heap[k], &q->heap[least]))
				least = k;
		if (least == i)
			return x;
		swap(&q->heap[i], &q->heap[least]);
	}
}

static void
let_go(struct hold *h, struct queue *q, double until)
{
	struct record r;
	struct held x;

	while (q->n != 0 && (q->heap[0].ts <= until || q->n > LINES_MOST ||
				q->bytes > BYTES_MOST)) {
		x = take_first(q);
		/* It was a good line when it came. */
		if (decoder_line(h->decoder, x.line, x.len, &r, NULL) == 0)
			h->take(h->arg, &r);
		free(x.line);
	}
}

/* --- records -------------------------------------------------------------------- */

/* At one instant: samples, what happened, the end of the round; -1: others. */
static int
rank_of(const struct record *r)
{
	if ((r->has & RECORD_HAS_TS) == 0 || r->host.len == 0)
		return -1;
	switch (r->kind) {
	case RECORD_SAMPLE:
		return 0;
	case RECORD_EVENT:
		return 1;
	case RECORD_SWEEP:
		return 2;
	default:
		return -1;
	}
}

/* Time passes for what is held as for what is not. */
static void
tick(struct hold *h, const struct record *r)
{
	struct record late = *r;

	late.ts -= h->lateness;
	for (struct queue *q = h->first; q != NULL; q = q->next) {
		if (r->host.len != 0 && !span_is(r->host, q->host))
			continue;
		q->newest = fmax(q->newest, r->ts);
		let_go(h, q, late.ts);
	}
	h->take(h->arg, &late);
}

void
hold_record(struct hold *h, const struct record *r)
{
	struct held x = {.ts = r->ts, .rank = rank_of(r), .len = r->line.len};
	struct queue *q;

	if (r->kind == RECORD_TICK && (r->has & RECORD_HAS_TS) != 0) {
		tick(h, r);
		return;
	}
	if (x.rank == -1) {
		h->take(h->arg, r);
		return;
	}
	q = queue_of(h, r->host);
	if (r->ts < q->newest - h->lateness) {
		h->take(h->arg, r);
		return;
	}
	x.line = xmalloc(x.len + RECORD_PADDING);
	memcpy(x.line, r->line.p, x.len);
	memset(x.line + x.len, 0, RECORD_PADDING);
	add(q, &x);
	q->newest = fmax(q->newest, r->ts);
	/* One of that instant may still be on its way. */
	let_go(h, q, nextafter(q->newest - h->lateness, -INFINITY));
}

void
hold_release(struct hold *h)
{
	for (struct queue *q = h->first; q != NULL; q = q->next)
		let_go(h, q, INFINITY);
}

/* --- state ----------------------------------------------------------------------- */

void
hold_save(const struct hold *h, struct buf *b)
{
	uint64_t n = 0;

	for (const struct queue *q = h->first; q != NULL; q = q->next)
		n++;
	pack_u64(b, n);
	for (const struct queue *q = h->first; q != NULL; q = q->next) {
		pack_text(b, span_of(q->host));
		pack_f64(b, q->newest);
		pack_u64(b, q->n);
		for (size_t i = 0; i < q->n; i++) {
			pack_f64(b, q->heap[i].ts);
			pack_u64(b, (uint64_t)q->heap[i].rank);
			pack_text(b,
			    (struct span){q->heap[i].line, q->heap[i].len});
		}
	}
}

static void
load_line(struct queue *q, struct pack_in *u)
{
	struct held x = {.ts = pack_get_f64(u)};
	struct span line;

	x.rank = (int)pack_get_count(u, 2);
	line = pack_get_text(u);
	if (u->failed)
		return;
	x.len = line.len;
	x.line = xmalloc(x.len + RECORD_PADDING);
	if (x.len != 0)
		memcpy(x.line, line.p, x.len);
	memset(x.line + x.len, 0, RECORD_PADDING);
	add(q, &x);
}

bool
hold_load(struct hold *h, struct pack_in *u)
{
	uint64_t n = pack_get_count(u, HOSTS_MOST), lines;
	struct queue *q;

	for (uint64_t i = 0; i < n && !u->failed; i++) {
		q = queue_of(h, pack_get_text(u));
		q->newest = pack_get_f64(u);
		lines = pack_get_count(u, LINES_MOST + 1);
		for (uint64_t k = 0; k < lines && !u->failed; k++)
			load_line(q, u);
	}
	return !u->failed;
}
