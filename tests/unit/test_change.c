/* SPDX-License-Identifier: MIT */
/* change: what changed, when, by how much; and what is no change. */
#include <stdlib.h>

#include "base/rng.h"
#include "math/change.h"
#include "tap.h"

/* Changes in n samples from f; the first in *first. */
struct course {
	double level, slope, spread, after_level, after_slope, after_spread;
	double rho; /* autocorrelation of the noise */
	int at, n;
};

static int
changes(const struct course *s, uint64_t seed, struct change_result *first,
    int *found_at)
{
	struct change c;
	struct change_result r;
	struct rng g;
	double noise = 0, x;
	int i, count = 0;

	rng_seed(&g, seed);
	change_init(&c);
	for (i = 0; i < s->n; i++) {
		noise = s->rho * noise + rng_normal(&g);
		x = i < s->at ? s->level + s->spread * noise
			      : s->after_level + s->after_spread * noise +
				    s->after_slope * (i - s->at) * 10;
		if (!change_feed(&c, i * 10.0, x, &r))
			continue;
		if (count++ == 0) {
			*first = r;
			*found_at = i;
		}
	}
	return count;
}

static void
test_kinds(void)
{
	static const struct course level = {.level = 50,
	    .spread = 1,
	    .after_level = 53,
	    .after_spread = 1,
	    .at = 300,
	    .n = 400};
	static const struct course drop = {.level = 50,
	    .spread = 1,
	    .after_level = 45,
	    .after_spread = 1,
	    .at = 300,
	    .n = 400};
	static const struct course slope = {.level = 50,
	    .spread = 1,
	    .after_level = 50,
	    .after_slope = 0.02,
	    .after_spread = 1,
	    .at = 300,
	    .n = 420};
	static const struct course wide = {.level = 50,
	    .spread = 1,
	    .after_level = 50,
	    .after_spread = 4,
	    .at = 300,
	    .n = 400};
	static const struct course narrow = {.level = 50,
	    .spread = 4,
	    .after_level = 50,
	    .after_spread = 0.5,
	    .at = 300,
	    .n = 400};
	struct change_result r = {0};
	int at = 0;

	OK(changes(&level, 1, &r, &at) == 1, "one shift, one change");
	OK(r.kind == CHANGE_LEVEL, "of the level");
	NEAR(r.onset, 3000, 50, "from when it began");
	NEAR(r.before, 50, 0.5, "what it was");
	NEAR(r.after, 53, 1, "what it became");
	OK(r.confidence > 0.99 && r.confidence <= 1, "for sure");
	OK(at < 315, "told within fifteen samples");
	OK(changes(&drop, 2, &r, &at) == 1 && r.kind == CHANGE_LEVEL, "a drop");
	NEAR(r.after, 45, 0.8, "to where it fell");
	OK(changes(&slope, 3, &r, &at) >= 1 && r.kind == CHANGE_SLOPE,
	    "a ramp is a slope, not a shift");
	NEAR(r.after, 0.02, 0.01, "with its slope a second");
	NEAR(r.onset, 3000, 100, "from about when it began");
	OK(changes(&wide, 4, &r, &at) >= 1 && r.kind == CHANGE_SPREAD, "wider");
	NEAR(r.onset, 3000, 60, "from then");
	OK(r.before > 0.7 && r.before < 1.4 && r.after > 2.5, "by how much");
	OK(changes(&narrow, 5, &r, &at) >= 1 && r.kind == CHANGE_SPREAD &&
		r.after < 1.5,
	    "quieter");
}

static void
test_none(void)
{
	static const struct course noise = {.level = 5,
	    .spread = 1,
	    .at = 5000,
	    .n = 5000};
	static const struct course sluggish = {.level = 5,
	    .spread = 1,
	    .at = 5000,
	    .n = 5000,
	    .rho = 0.6};
	struct change_result r;
	struct change c, copy;
	struct rng g;
	int at, seed, count = 0, slow = 0, i, same = 1;

	for (seed = 0; seed < 10; seed++) {
		count += changes(&noise, (uint64_t)seed, &r, &at);
		slow += changes(&sluggish, (uint64_t)seed, &r, &at);
	}
	OK(count <= 5, "noise: at most one change in 10,000 samples");
	OK(slow <= 10, "autocorrelated: one in 5,000");
	if (count > 5 || slow > 10)
		printf("# %d and %d\n", count, slow);

	rng_seed(&g, 6);
	change_init(&c);
	for (i = count = 0; i < 1000; i++)
		count += change_feed(&c, i, i == 500 ? 1e6 : rng_normal(&g),
		    &r);
	OK(count == 0, "one wild value is no change");

	change_init(&c);
	for (i = count = 0; i < 1000; i++)
		count += change_feed(&c, i, 0.1, &r);
	OK(count == 0, "nor is a constant");
	for (i = 0; i < 100 && count == 0; i++)
		count += change_feed(&c, 1000 + i, 0.2, &r);
	OK(count == 1 && r.kind == CHANGE_LEVEL && r.onset == 1000,
	    "another constant is");
	NEAR(r.before, 0.1, 1e-9, "from the one");
	NEAR(r.after, 0.2, 1e-9, "to the other");

	change_init(&c);
	rng_seed(&g, 7);
	for (i = 0; i < 200; i++)
		change_feed(&c, i, rng_normal(&g), &r);
	copy = c;
	for (; i < 400; i++) {
		double x = rng_normal(&g) + (i > 300 ? 4 : 0);

		same &= change_feed(&c, i, x, &r) ==
			change_feed(&copy, i, x, &r);
	}
	OK(same && memcmp(&c, &copy, sizeof c) == 0,
	    "a copy of the state goes on as the original");
	OK(change_feed(&c, 500, NAN, &r) == 0 &&
		change_feed(&c, INFINITY, 1, &r) == 0,
	    "what is no number is not learnt");
	for (i = 0; i < 1000; i++)
		if (change_feed(&c, 1000 + i, i % 2 ? 1e308 : -1e308, &r) &&
		    !(isfinite(r.before) && isfinite(r.after)))
			same = 0;
	OK(same, "huge values: finite answers");
}

int
main(void)
{
	test_kinds();
	test_none();
	return tap_done();
}
