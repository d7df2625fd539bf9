/* SPDX-License-Identifier: MIT */
/*
 * norm: what is usual for a metric, wherever it is: how large a change has to
 * be to matter, which way is good, and how rare evidence as large as this is
 * among all series of that metric.  What is new to one series may be what the
 * others do every day.
 */
#ifndef NC_ANALYZE_NORM_H
#define NC_ANALYZE_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/span.h"
#include "math/detector.h"

struct norms;

struct norms *norms_new(void); /* owned: norms_free() */
void norms_free(struct norms *n);
/* The number of the metric's; made when there is none. */
uint32_t norms_find(struct norms *n, struct span entity, struct span metric);
/* Whether there is such a number: one out of a state may be nonsense. */
bool norms_has(const struct norms *n, uint32_t number);
/* Of one series; all zero at first.  Plain data. */
struct norm_watch {
	double from; /* what was expected when something began */
	float alarm; /* the most since; 0: nothing has */
	uint32_t number; /* norms_find() */
	float peak; /* not learnt yet */
	uint16_t age; /* samples since */
	uint8_t calm; /* since the peak */
	uint16_t run, longest; /* samples at the limit in a row */
	int8_t direction;
	uint8_t has_room; /* it has been below its limit */
	uint8_t is_flat; /* no change is what it is about */
};

/*
 * How rare what the detector says of value is, as -log10 of a probability a
 * sample; 0 when it is no news: too small to matter, or for the better.
 * Learns it; q is the rarity beyond which it is no longer learnt as usual.
 * limit: what value cannot pass, NAN where there is none: to stay there for
 * longer than ever counts as well.
 * What begins small is kept in mind: a slope is news once it has come far.
 */
double norms_judge(struct norms *n, struct norm_watch *w, double value,
    double limit, const struct detector_result *d, double q);
/* The metric that limits it; "" where it is 1, NULL: it has none. */
const char *norms_limit(const struct norms *n, uint32_t number);

void norms_save(const struct norms *n, struct buf *b);
int norms_load(struct norms *n, struct pack_in *u); /* into an empty one */

#endif
