/* SPDX-License-Identifier: MIT */
/*
 * sketch: quantiles of any number of values in little memory, with a stated
 * relative error: DDSketch (Masson, Rim, Lee 2019).  Sketches of one error
 * can be merged without loss: the sketch of all is the merge of the sketches
 * of parts, to the bit.  Never stores values.
 */
#ifndef NC_MATH_SKETCH_H
#define NC_MATH_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"

struct sketch;

/* error: relative, of every quantile; 0 < error < 0.5.  Owned. */
struct sketch *sketch_new(double error);
void sketch_free(struct sketch *s); /* NULL is fine */
void sketch_clear(struct sketch *s); /* keeps the memory */
void sketch_add(struct sketch *s, double v); /* finite */
/* Both of one error. */
void sketch_merge(struct sketch *to, const struct sketch *from);
/* The value with a share of q (0 to 1) at or below it; NAN when empty. */
double sketch_quantile(const struct sketch *s, double q);
uint64_t sketch_count(const struct sketch *s);

/*
 * As text, in pieces of about max bytes: "z3 p-12:4,,7 n5:1" are 3 zeros, 4
 * values in bucket -12 above 0, 7 in -10, 1 in bucket 5 below 0.  *cursor is 0
 * at first; false: there is no more.
 */
bool sketch_put(const struct sketch *s, uint32_t *cursor, size_t max,
    struct buf *b);
/* Adds such a text of values from low to high; false: nonsense, and *s may
 * have part of it. */
bool sketch_take(struct sketch *s, struct span text, double low, double high);

void sketch_save(const struct sketch *s, struct buf *b);
/* Into a new one of the same error.  False: nonsense. */
bool sketch_load(struct sketch *s, struct pack_in *u);

#endif
