/* SPDX-License-Identifier: MIT */
/*
 * norm: see the header.  Least changes are by unit: what nobody would get up
 * for, however unusual.  A metric without a unit has none.
 */
#include "norm.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "math/peaks.h"
#include "metric/catalogue.h"

#define NORMS_MAX (1u << 20)
/* Samples in which a change must have come to something. */
#define PATIENCE 60
/* Samples without one that end a peak. */
#define CALM 5
/* A peak so many decades more usual than what is told is learnt as it is, a
 * rarer one as that. */
#define USUAL 2
/* Of a limit: as good as there. */
#define FULL 0.95

/* What cannot be had beyond another metric, or beyond one a second. */
static const struct {
	const char *entity, *metric, *limit;
} limits[] = {
    {"vm", "cpu_seconds_per_second", "vcpus"},
    {"vm.vcpu", "cpu_seconds_per_second", ""},
    {"host.disk", "busy_seconds_per_second", ""},
};

struct norm {
	char *key; /* owned: "entity metric" */
	struct peaks peaks, full; /* of changes; of samples at the limit */
	const char *limit; /* norms_limit() */
	double least, part; /* of a change: absolute, and of what is expected */
	int good; /* direction that is; 0: neither */
	bool is_level; /* of a store: the hour of the day does not matter */
};

struct norms {
	struct norm *norm;
	uint32_t n, room;
	struct map *index; /* key -> number + 1 */
};

struct norms *
norms_new(void)
{
	struct norms *n = xcalloc(1, sizeof(*n));

	n->index = map_new(NULL);
	return n;
}

void
norms_free(struct norms *n)
{
	if (n == NULL)
		return;
	for (uint32_t i = 0; i < n->n; i++)
		free(n->norm[i].key);
	free(n->norm);
	map_free(n->index, NULL);
	free(n);
}

/* What has to change at least. */
static void
set_least(struct norm *x, struct span metric, unsigned traits)
{
	bool rate = metric_is_rate(metric);
	bool trouble = (traits & METRIC_LOW_IS_GOOD) != 0;

	x->part = 0.05;
	switch (metric_unit_of(metric)) {
	case UNIT_BYTES:
		x->least = rate ? 32768 : 1 << 20;
		x->is_level = !rate;
		if (!rate)
			x->part = (traits & METRIC_FILLS) != 0 ? 0.01 : 0.1;
		break;
	case UNIT_SECONDS:
		x->least = rate ? 0.05 : 0.002;
		break;
	case UNIT_RATIO:
		x->least = 0.01;
		x->part = 0;
		break;
	case UNIT_CELSIUS:
		x->least = 2;
		break;
	default:
		x->least = !rate ? 0 : trouble ? 0.5 : 5;
		x->part = rate ? 0.05 : 0;
		break;
	}
}

const char *
norms_limit(const struct norms *n, uint32_t number)
{
	return n->norm[number].limit;
}

uint32_t
norms_find(struct norms *n, struct span entity, struct span metric)
{
	char *key = xasprintf("%.*s %.*s", SPAN_ARG(entity), SPAN_ARG(metric));
	void *found = map_get(n->index, span_of(key));
	const struct metric *m;
	struct norm *x;

	if (found != NULL || n->n == NORMS_MAX) {
		free(key);
		return found != NULL ? (uint32_t)((uintptr_t)found - 1) : 0;
	}
	if (n->n == n->room) {
		n->room = n->room == 0 ? 64 : 2 * n->room;
		n->norm = xreallocarray(n->norm, n->room, sizeof(*n->norm));
	}
	x = &n->norm[n->n++];
	*x = (struct norm){.key = key};
	m = catalogue_find(entity, metric);
	set_least(x, metric, m != NULL ? m->traits : 0);
	if (m != NULL)
		x->good = (m->traits & METRIC_LOW_IS_GOOD) != 0    ? -1
			  : (m->traits & METRIC_HIGH_IS_GOOD) != 0 ? 1
								   : 0;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (span_is(entity, limits[i].entity) &&
		    span_is(metric, limits[i].metric))
			x->limit = limits[i].limit;
	map_set(n->index, span_of(key), (void *)(uintptr_t)n->n);
	return n->n - 1;
}

static bool
is_large(const struct norm *x, const struct norm_watch *w, double value)
{
	double change = value - w->from;

	if (w->direction != 0)
		change *= w->direction;
	return change >= x->least && change >= x->part * fabs(w->from);
}

/* What has been in hand for so long and came to nothing was nothing. */
static void
grow_old(struct norm_watch *w)
{
	if (w->alarm > 0 && ++w->age > PATIENCE)
		w->alarm = 0;
}

/* What the detector has seen, if it is for the worse. */
static void
keep_in_mind(const struct norm *x, struct norm_watch *w,
    const struct detector_result *d)
{
	float alarm = (float)(d->learning ? d->early : d->alarm);

	w->is_flat = d->reason == DETECTOR_FLAT && !x->is_level;
	if ((double)alarm < PEAKS_OVER ||
	    (d->reason == DETECTOR_FLAT && x->is_level) ||
	    (d->direction != 0 && d->direction == x->good))
		return;
	/* What began before has come to nothing. */
	if (w->is_flat || (alarm >= w->alarm && d->direction != w->direction))
		w->alarm = 0;
	if (w->alarm == 0) {
		w->from = x->is_level ? d->level : d->expected;
		w->direction = (int8_t)d->direction;
		w->age = 0;
	}
	w->alarm = fmaxf(w->alarm, alarm);
}

/* How rare it is to stay at the limit for more than twice as long as ever;
 * learnt once it is over. */
static double
judge_full(struct norm *x, struct norm_watch *w, double value, double limit,
    bool learning, double q)
{
	double over = (double)w->run - 2 * w->longest;

	if (value >= FULL * limit) {
		if (w->run < UINT16_MAX)
			w->run++;
		if (learning && w->run > w->longest)
			w->longest = w->run;
		return w->has_room && !learning
			   ? peaks_rarity(&x->full, over + 1)
			   : 0;
	}
	w->has_room = 1;
	peaks_learn(&x->full, over, peaks_value(&x->full, q - USUAL));
	if (w->run > w->longest)
		w->longest = w->run;
	w->run = 0;
	return 0;
}

/* What comes close together is one peak, and is learnt once it is over: what
 * befalls many at once must not look usual for that. */
static void
learn_peak(struct norm *x, struct norm_watch *w, double q)
{
	if (w->peak > 0 && ++w->calm > CALM) {
		peaks_learn(&x->peaks, (double)w->peak,
		    peaks_value(&x->peaks, q - USUAL));
		w->peak = 0;
		return;
	}
	x->peaks.samples++;
}

double
norms_judge(struct norms *n, struct norm_watch *w, double value, double limit,
    const struct detector_result *d, double q)
{
	struct norm *x = &n->norm[w->number];
	double rarity, alarm, full = 0;

	if (limit > 0)
		full = judge_full(x, w, value, limit, d->learning != 0, q);
	grow_old(w);
	keep_in_mind(x, w, d);
	if (w->alarm == 0 || (!w->is_flat && !is_large(x, w, value))) {
		learn_peak(x, w, q);
		return full;
	}
	alarm = (double)w->alarm;
	w->alarm = 0;
	rarity = d->learning ? 0 : peaks_rarity(&x->peaks, alarm);
	w->peak = fmaxf(w->peak, (float)alarm);
	w->calm = 0;
	return fmax(rarity, full);
}

static void
save_peaks(const struct peaks *p, struct buf *b)
{
	pack_f64(b, p->samples);
	pack_f64(b, p->count);
	pack_f64(b, p->sum);
	pack_f64(b, p->square);
}

static void
load_peaks(struct peaks *p, struct pack_in *u)
{
	p->samples = pack_get_f64(u);
	p->count = pack_get_f64(u);
	p->sum = pack_get_f64(u);
	p->square = pack_get_f64(u);
}

bool
norms_has(const struct norms *n, uint32_t number)
{
	return number < n->n;
}

void
norms_save(const struct norms *n, struct buf *b)
{
	pack_u64(b, n->n);
	for (uint32_t i = 0; i < n->n; i++) {
		const struct norm *x = &n->norm[i];

		pack_text(b, span_of(x->key));
		save_peaks(&x->peaks, b);
		save_peaks(&x->full, b);
	}
}

int
norms_load(struct norms *n, struct pack_in *u)
{
	size_t count = pack_get_count(u, NORMS_MAX);

	for (size_t i = 0; i < count && !u->failed; i++) {
		struct span key = pack_get_text(u), entity, metric;
		uint32_t number;

		if (u->failed || !str_cut(key, ' ', &entity, &metric))
			return -1;
		number = norms_find(n, entity, metric);
		if (number != i)
			return -1;
		load_peaks(&n->norm[number].peaks, u);
		load_peaks(&n->norm[number].full, u);
	}
	return u->failed ? -1 : 0;
}
