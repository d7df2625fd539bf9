/* SPDX-License-Identifier: MIT */
/*
 * predict: what a decoder remembers of the samples it has read: the bytes of
 * a line but for its numbers, and which sample came next.  Bounded: what has
 * not been seen for long gives way to what is new.
 */
#ifndef NC_STREAM_PREDICT_H
#define NC_STREAM_PREDICT_H

#include "stream/fast.h"
#include "stream/record.h"

enum predict_number { NUMBER_TS, NUMBER_UP, NUMBER_SINCE, NUMBER_AGE };

/* A line's head, from its start to the brace of its values, in pieces. */
struct predict_shape {
	const char *start, *end;
	struct {
		enum predict_number what;
		struct span text;
	} numbers[FAST_SLOTS]; /* in line order */
	unsigned n;
};

/* One identity.  All spans point into its own memory. */
struct predict_entry {
	struct fast_head head;
	unsigned char what[FAST_SLOTS]; /* enum predict_number */
	enum record_quality quality;
	unsigned has;
	double interval;
	struct span kind_name, host, source, entity, id;
	struct record_label *labels;
	uint32_t nlabels;
	uint32_t layout; /* latest */
	uint64_t hint;
};

struct predict;

/* Owned: predict_free(). */
struct predict *predict_new(void);
void predict_free(struct predict *p); /* NULL is fine */
/*
 * What is expected now: an identity and a layout.  NULL: nothing.  The entry
 * is valid until predict_seen().
 */
struct predict_entry *predict_next(const struct predict *p, uint32_t *layout);
/* It came. */
void predict_hit(struct predict *p);
/* The identity of a head, or NULL; valid until predict_seen(). */
struct predict_entry *predict_find(struct predict *p,
    const struct predict_shape *shape);
/*
 * Another sample came than was expected: entry (from predict_find() for the
 * same shape, NULL: a new identity, taken from r), with a layout.  Its entry,
 * or NULL when there is no room for it.
 */
struct predict_entry *predict_seen(struct predict *p,
    const struct predict_shape *shape, struct predict_entry *entry,
    const struct record *r, uint32_t layout);

#endif
