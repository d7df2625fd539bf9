/* SPDX-License-Identifier: MIT */
/*
 * predict: identities in a hash table, and for each the steps in which it was
 * seen (one a layout), each with the step that came next.  Steps are only
 * ever guesses: every byte of a line is compared before it is believed.
 */
#include "stream/predict.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#define ENTRIES_MAX 131072u
#define BYTES_MAX ((size_t)32 * 1024 * 1024) /* of all entries' memory */
#define HEAD_MAX 4096u /* bytes: what we write ourselves */
#define STEPS_MAX 8u /* of one entry */
#define BUCKETS_FIRST 1024u
#define STEPS_FIRST 256u
/* An entry is old when as many samples passed as would fill the table this
 * often: a fleet larger than the table still finds most of it there. */
#define OLD_ROUNDS 4u

struct step {
	uint32_t entry, layout;
	uint32_t next; /* step that followed it last; 0: none */
	uint32_t sibling; /* of the same entry; the free list's next */
};

struct entry {
	struct predict_entry open; /* first: the caller's view */
	uint32_t number; /* its own */
	uint64_t hash;
	uint64_t seen; /* sample count when seen last */
	uint32_t chain; /* next in its bucket */
	uint32_t steps; /* list */
	uint32_t nsteps;
	uint32_t bytes; /* of memory */
	char *memory; /* owned: labels, then text */
};

struct predict {
	struct hash_seed seed;
	struct entry **entries; /* [0] unused */
	struct step *steps; /* [0] unused */
	uint32_t *buckets; /* entry numbers */
	uint32_t nbuckets;
	uint32_t nentries, entries_cap;
	uint32_t nsteps, steps_cap, free_steps;
	uint32_t now; /* step */
	uint32_t hand; /* entry looked at last for its age */
	uint64_t samples;
	size_t bytes;
	struct buf key; /* of the shape in hand */
	uint64_t key_hash;
};

struct predict *
predict_new(void)
{
	struct predict *p = xcalloc(1, sizeof(*p));

	p->seed = hash_seed_random();
	p->nbuckets = BUCKETS_FIRST;
	p->buckets = xcalloc(p->nbuckets, sizeof(*p->buckets));
	p->steps_cap = STEPS_FIRST;
	p->steps = xcalloc(p->steps_cap, sizeof(*p->steps));
	p->nentries = p->nsteps = 1;
	return p;
}

void
predict_free(struct predict *p)
{
	if (p == NULL)
		return;
	for (uint32_t i = 1; i < p->nentries; i++) {
		free(p->entries[i]->memory);
		free(p->entries[i]);
	}
	free(p->entries);
	free(p->steps);
	free(p->buckets);
	buf_free(&p->key);
	free(p);
}

struct predict_entry *
predict_next(const struct predict *p, uint32_t *layout)
{
	const struct step *next = &p->steps[p->steps[p->now].next];

	if (next->entry == 0)
		return NULL;
	*layout = next->layout;
	return &p->entries[next->entry]->open;
}

void
predict_hit(struct predict *p)
{
	p->now = p->steps[p->now].next;
	p->entries[p->steps[p->now].entry]->seen = ++p->samples;
}

static struct span
entry_text(const struct entry *n)
{
	const struct fast_head *h = &n->open.head;

	return (struct span){h->text, h->end[h->slots]};
}

struct predict_entry *
predict_find(struct predict *p, const struct predict_shape *shape)
{
	const char *from = shape->start;
	uint32_t at;

	buf_clear(&p->key);
	for (unsigned i = 0; i < shape->n; i++) {
		struct span number = shape->numbers[i].text;

		buf_add(&p->key, from, (size_t)(number.p - from));
		from = number.p + number.len;
	}
	buf_add(&p->key, from, (size_t)(shape->end - from));
	p->key_hash = hash_bytes(&p->seed, p->key.data, p->key.len);
	for (at = p->buckets[p->key_hash % p->nbuckets]; at != 0;
	     at = p->entries[at]->chain) {
		struct entry *n = p->entries[at];

		if (n->hash == p->key_hash &&
		    span_equal(entry_text(n), buf_span(&p->key)))
			return &n->open;
	}
	return NULL;
}

static void
grow_buckets(struct predict *p)
{
	uint32_t *to;

	if (p->nentries < p->nbuckets)
		return;
	p->nbuckets *= 2;
	free(p->buckets);
	p->buckets = xcalloc(p->nbuckets, sizeof(*p->buckets));
	for (uint32_t i = 1; i < p->nentries; i++) {
		if (p->entries[i]->memory == NULL)
			continue; /* free, or not filled yet */
		to = &p->buckets[p->entries[i]->hash % p->nbuckets];
		p->entries[i]->chain = *to;
		*to = i;
	}
}

/* Takes an entry out: its bucket, its steps, its memory. */
static void
forget(struct predict *p, uint32_t number)
{
	struct entry *n = p->entries[number];
	uint32_t *at = &p->buckets[n->hash % p->nbuckets], step;

	while (*at != number)
		at = &p->entries[*at]->chain;
	*at = n->chain;
	while ((step = n->steps) != 0) {
		n->steps = p->steps[step].sibling;
		p->steps[step] = (struct step){.sibling = p->free_steps};
		p->free_steps = step;
	}
	if (p->steps[p->now].entry == 0)
		p->now = 0;
	p->bytes -= n->bytes;
	free(n->memory);
	*n = (struct entry){0};
}

/* A number for a new entry of that many bytes, or 0. */
static uint32_t
make_entry(struct predict *p, size_t bytes)
{
	bool full = p->bytes + bytes > BYTES_MAX;

	if (!full && p->nentries <= ENTRIES_MAX) {
		if (p->nentries >= p->entries_cap) {
			p->entries_cap = p->entries_cap == 0
					     ? 256
					     : p->entries_cap * 2;
			p->entries = xreallocarray(p->entries, p->entries_cap,
			    sizeof(struct entry *));
		}
		p->entries[p->nentries] = xcalloc(1, sizeof(struct entry));
		p->nentries++;
		grow_buckets(p);
		return p->nentries - 1;
	}
	/* One step of the hand for each line that found no room. */
	p->hand = p->hand + 1 < p->nentries ? p->hand + 1 : 1;
	if (p->entries[p->hand]->memory != NULL) {
		if (p->samples - p->entries[p->hand]->seen <
		    (uint64_t)OLD_ROUNDS * p->nentries)
			return 0;
		forget(p, p->hand);
	}
	return p->bytes + bytes > BYTES_MAX ? 0 : p->hand;
}

static size_t
text_size(const struct record *r)
{
	size_t size = r->kind_name.len + r->host.len + r->source.len +
		      r->entity.len + r->id.len;

	for (size_t i = 0; i < r->nlabels; i++)
		size += r->labels[i].key.len + r->labels[i].value.len;
	return size;
}

static struct span
keep(char **to, struct span s)
{
	struct span kept = {*to, s.len};

	if (s.len != 0)
		memcpy(*to, s.p, s.len);
	*to += s.len;
	return kept;
}

static void
fill_head(struct entry *n, const struct predict_shape *shape)
{
	struct fast_head *h = &n->open.head;
	const char *from = shape->start;
	size_t end = 0;

	for (unsigned i = 0; i < shape->n; i++) {
		struct span number = shape->numbers[i].text;

		end += (size_t)(number.p - from);
		h->end[i] = (uint16_t)end;
		n->open.what[i] = (unsigned char)shape->numbers[i].what;
		from = number.p + number.len;
	}
	end += (size_t)(shape->end - from);
	h->end[shape->n] = (uint16_t)end;
	h->slots = (uint16_t)shape->n;
}

static struct entry *
add_entry(struct predict *p, const struct predict_shape *shape,
    const struct record *r)
{
	size_t labels = r->nlabels * sizeof(*r->labels);
	size_t size = labels + p->key.len + text_size(r);
	struct entry *n;
	uint32_t *bucket, number;
	char *to;

	if (p->key.len > HEAD_MAX ||
	    (number = make_entry(p, size + sizeof(*n))) == 0)
		return NULL;
	n = p->entries[number];
	n->number = number;
	n->bytes = (uint32_t)(size + sizeof(*n));
	n->memory = xmalloc(size);
	n->hash = p->key_hash;
	p->bytes += n->bytes;
	bucket = &p->buckets[n->hash % p->nbuckets];
	n->chain = *bucket;
	*bucket = number;

	n->open.labels = (struct record_label *)(void *)n->memory;
	to = n->memory + labels;
	n->open.head.text = to;
	keep(&to, buf_span(&p->key));
	fill_head(n, shape);
	n->open.quality = r->quality;
	n->open.has = r->has;
	n->open.interval = r->interval;
	n->open.kind_name = keep(&to, r->kind_name);
	n->open.host = keep(&to, r->host);
	n->open.source = keep(&to, r->source);
	n->open.entity = keep(&to, r->entity);
	n->open.id = keep(&to, r->id);
	n->open.nlabels = (uint32_t)r->nlabels;
	for (size_t i = 0; i < r->nlabels; i++) {
		n->open.labels[i].key = keep(&to, r->labels[i].key);
		n->open.labels[i].value = keep(&to, r->labels[i].value);
	}
	return n;
}

static uint32_t
make_step(struct predict *p, struct entry *n)
{
	uint32_t at = p->free_steps;

	if (n->nsteps == STEPS_MAX) { /* the oldest is the last of the list */
		uint32_t *link = &n->steps;

		while (p->steps[*link].sibling != 0)
			link = &p->steps[*link].sibling;
		at = *link;
		*link = 0;
		n->nsteps--;
		return at;
	}
	if (at != 0) {
		p->free_steps = p->steps[at].sibling;
		return at;
	}
	if (p->nsteps >= p->steps_cap) {
		p->steps_cap *= 2;
		p->steps = xreallocarray(p->steps, p->steps_cap,
		    sizeof(*p->steps));
	}
	return p->nsteps++;
}

static uint32_t
find_step(struct predict *p, struct entry *n, uint32_t layout)
{
	uint32_t at;

	for (at = n->steps; at != 0; at = p->steps[at].sibling) {
		if (p->steps[at].layout == layout)
			return at;
	}
	at = make_step(p, n);
	p->steps[at] = (struct step){n->number, layout, 0, n->steps};
	n->steps = at;
	n->nsteps++;
	return at;
}

struct predict_entry *
predict_seen(struct predict *p, const struct predict_shape *shape,
    struct predict_entry *entry, const struct record *r, uint32_t layout)
{
	struct entry *n = (struct entry *)(void *)entry;
	uint32_t step;

	p->samples++;
	if (n == NULL && (n = add_entry(p, shape, r)) == NULL)
		return NULL;
	n->seen = p->samples;
	n->open.layout = layout;
	if (layout == 0)
		return &n->open;
	step = find_step(p, n, layout);
	p->steps[p->now].next = step;
	p->now = step;
	return &n->open;
}
