/* SPDX-License-Identifier: MIT */
/*
 * Holds series against the plainest program that does the same: random
 * frames of random metrics in random order, sent to both, each series
 * compared after each frame.  The plain one keeps a whole stamp a series.
 */
#include <stdlib.h>

#include "metric/rate.h"
#include "metric/series.h"
#include "tap.h"

#define ENTITIES 5
#define NAMES 40
#define FRAMES 60000

struct plain {
	bool known;
	struct series_stamp stamp;
	double raw, value;
	enum series_state state;
};

struct world {
	uint64_t seed;
	struct intern *names;
	struct series_table *t;
	uint32_t name[NAMES];
	bool counter[NAMES];
	struct plain plain[ENTITIES][NAMES];
	double ts[ENTITIES], up[ENTITIES];
	uint64_t hint[ENTITIES];
};

/* xorshift64* (Vigna 2016). */
static uint64_t
draw(struct world *w, uint64_t below)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return w->seed * UINT64_C(2685821657736338717) % below;
}

static void
start(struct world *w)
{
	char name[32];

	*w = (struct world){.seed = 88172645463325252u};
	w->names = intern_new(0);
	w->t = series_new(&(struct series_options){.names = w->names});
	for (int i = 0; i < NAMES; i++) {
		w->counter[i] = i % 3 != 0;
		snprintf(name, sizeof(name), "m%d%s", i,
		    w->counter[i] ? "_total" : "_bytes");
		w->name[i] = intern_id(w->names, span_of(name));
	}
}

static void
expect(struct world *w, struct plain *p, int i, const struct series_stamp *st,
    double raw)
{
	struct rate_edge edge;
	bool held;

	p->state = SERIES_VALUE;
	p->value = raw;
	if (w->counter[i]) {
		p->state = SERIES_FIRST;
		p->value = NAN;
		if (p->known) {
			edge = rate_edge(&p->stamp, st);
			p->state = rate_of(&edge, p->raw, raw, false, &p->value,
			    &held);
		}
	}
	p->known = true;
	p->raw = raw;
	p->stamp = *st;
}

/* Which metrics come, in which order. */
static int
choose(struct world *w, int *which)
{
	int n = (int)draw(w, NAMES) + 1, first = (int)draw(w, NAMES), at, swap;
	bool shuffled = draw(w, 4) == 0;

	for (int i = 0; i < NAMES; i++)
		which[i] = (first + i) % NAMES;
	for (int i = 0; shuffled && i < NAMES; i++) {
		at = (int)draw(w, NAMES);
		swap = which[i];
		which[i] = which[at];
		which[at] = swap;
	}
	return n;
}

static bool
same(double a, double b)
{
	return (isnan(a) && isnan(b)) || a == b;
}

static int
compare(struct world *w, const struct series_entity *n, int e)
{
	const struct series *s;
	const struct plain *p;

	for (int i = 0; i < NAMES; i++) {
		s = series_metric(w->t, n, w->name[i]);
		p = &w->plain[e][i];
		if ((s != NULL) != p->known)
			return 0;
		if (s == NULL)
			continue;
		if (s->state != p->state || !same(s->value, p->value) ||
		    s->raw != p->raw || series_read(n, s)->ts != p->stamp.ts ||
		    !same(series_read(n, s)->up, p->stamp.up))
			return 0;
	}
	return 1;
}

/* Every stamp is referred to by as many series as it says. */
static int
stamps_add_up(const struct series_entity *n)
{
	uint32_t sum = 0, refs;

	for (uint16_t k = 0; k < n->nstamps; k++) {
		refs = 0;
		for (uint32_t i = 0; i < n->nseries; i++)
			refs += n->series[i].stamp == k;
		if (refs != n->stamps[k].refs)
			return 0;
		sum += refs;
	}
	return sum == n->nseries;
}

static int
one_frame(struct world *w, int e)
{
	static const double intervals[] = {5, 10, 60};
	int which[NAMES], n = choose(w, which);
	struct record_value values[NAMES];
	struct series_stamp st;
	struct record r = {.kind = RECORD_SAMPLE,
	    .has = RECORD_HAS_TS | RECORD_HAS_UP | RECORD_HAS_INTERVAL,
	    .host = span_of("h"),
	    .source = span_of("s"),
	    .entity = span_of("vm"),
	    .id = {"abcdefgh" + e, 1},
	    .values = values,
	    .nvalues = (size_t)n,
	    .hint = draw(w, 3) == 0 ? NULL : &w->hint[e]};
	struct series_entity *entity = NULL;
	const uint32_t *touched;
	size_t ntouched, fresh = 0;
	bool more = w->ts[e] != 0 && draw(w, 3) == 0, boot = draw(w, 50) == 0;

	if (!more) {
		w->ts[e] += 1 + (double)draw(w, 40);
		w->up[e] = boot ? 1 : w->up[e] + 1 + (double)draw(w, 40);
	}
	r.ts = w->ts[e];
	r.up = w->up[e];
	r.interval = intervals[draw(w, 3)];
	st = (struct series_stamp){.ts = r.ts,
	    .up = r.up,
	    .since = NAN,
	    .interval = (float)r.interval};
	for (int i = 0; i < n; i++) {
		values[i] = (struct record_value){.name = w->name[which[i]],
		    .number = (double)draw(w, 1000)};
		if (more && w->plain[e][which[i]].known &&
		    w->plain[e][which[i]].stamp.ts == r.ts)
			continue;
		expect(w, &w->plain[e][which[i]], which[i], &st,
		    values[i].number);
		fresh++;
	}
	if (series_feed(w->t, &r, &entity, &touched, &ntouched) ==
	    SERIES_DUPLICATE)
		return more && fresh == 0;
	return entity != NULL && ntouched == fresh && compare(w, entity, e) &&
	       stamps_add_up(entity);
}

static void
drop(struct world *w, int e)
{
	struct series_entity *n = series_find(w->t, span_of("h"), span_of("s"),
	    span_of("vm"), (struct span){"abcdefgh" + e, 1});

	if (n == NULL)
		return;
	series_drop(w->t, n);
	memset(w->plain[e], 0, sizeof(w->plain[e]));
	w->ts[e] = 0;
}

int
main(void)
{
	struct world w;
	int good = 0, e;

	start(&w);
	for (int i = 0; i < FRAMES; i++) {
		e = (int)draw(&w, ENTITIES);
		good += one_frame(&w, e);
		if (draw(&w, 500) == 0)
			drop(&w, e);
	}
	OK(good == FRAMES, "60,000 random frames, as the plain program has it");
	printf("# %d of %d\n", good, FRAMES);
	series_free(w.t);
	intern_free(w.names);
	return tap_done();
}
