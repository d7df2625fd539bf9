/* SPDX-License-Identifier: MIT */
/* cause: evidence by hand, and who comes first. */
#include <stdlib.h>

#include "math/cause.h"
#include "tap.h"

enum { N = 101 };

static void
test_evidence(void)
{
	double before[N], after[] = {150, 150, 150, 150};
	double once[] = {50, 50, 900, 50}, dip[] = {0, 1, 60};
	struct cause_evidence e;
	int i;

	for (i = 0; i < N; i++)
		before[i] = i; /* 0..100: median 50, quartiles 25 and 75 */
	OK(cause_weigh(before, N, after, 4, 0, &e) == 0, "four values");
	NEAR(e.before, 50, 0, "the median before");
	NEAR(e.after, 150, 0, "and after");
	NEAR(e.scale, 50 / 1.349, 1e-9, "a unit from the quartiles");
	NEAR(e.z, 100 / (50 / 1.349), 1e-9, "so many units");
	OK(e.direction == 1, "up");
	OK(cause_weigh(before, N, once, 4, 0, &e) == 0 && e.z == 0,
	    "one wild value is no evidence");
	OK(cause_weigh(before, N, once + 2, 1, 0, &e) == 0 && e.z > 20,
	    "unless there is no other");
	OK(cause_weigh(before, N, dip, 3, 0, &e) == 0 && e.direction == -1,
	    "down");
	NEAR(e.z, 49 / (50 / 1.349), 1e-9, "by the second lowest");
	OK(cause_weigh(before, N, dip, 3, 1, &e) == 0 && e.z == 0,
	    "not asked for down");

	for (i = 0; i < N; i++)
		before[i] = 100;
	OK(cause_weigh(before, N, dip, 3, 0, &e) == 0, "a constant past");
	NEAR(e.scale, 0.1, 1e-12, "has a unit all the same");
	before[7] = 0;
	OK(cause_weigh(before, N, dip, 3, 0, &e) == 0 && e.z < 4,
	    "been as low before: no great evidence");
	for (i = 0; i < N; i++)
		before[i] = 0;
	OK(cause_weigh(before, N, after, 4, 0, &e) == 0 && isfinite(e.z) &&
		e.z > 1000,
	    "nothing at all before: much, but finite");
	OK(cause_weigh(before, 3, after, 4, 0, &e) == -1, "too little past");
	OK(cause_weigh(before, N, after, 0, 0, &e) == -1, "no incident");
}

static void
test_rank(void)
{
	/* 0 site, 1 service, 2 database, 3 cache, 4 unrelated. */
	struct cause_suspect s[] = {{10, 30}, {40, 20}, {1, 5}, {0.5, 5},
	    {80, 25}};
	struct cause_edge edge[] = {{0, 1}, {1, 2}, {1, 3}};
	struct cause_verdict v[5];

	cause_rank(s, 5, edge, 3, 0, v);
	OK(v[0].suspect == 1, "the deepest that is out, not the loudest");
	OK(v[0].is_reached && v[0].towards == 0, "on the way to the symptom");
	OK(v[1].suspect == 0 && v[1].score < 0, "the symptom is explained");
	OK(v[2].suspect == 4 && !v[2].is_reached && v[2].towards == CAUSE_NONE,
	    "what the symptom does not depend on comes after");
	s[2].z = 60;
	cause_rank(s, 5, edge, 3, 0, v);
	OK(v[0].suspect == 2 && v[0].towards == 1, "then the database is it");
	cause_rank(s, 5, NULL, 0, CAUSE_NONE, v);
	OK(v[0].suspect == 4 && v[1].suspect == 2 && v[2].suspect == 1,
	    "without a graph by evidence alone");
	cause_rank(s, 5, NULL, 0, 4, v);
	OK(v[0].suspect == 2 && v[4].suspect != 2,
	    "the symptom is explained by whatever else is out");
	s[1].z = s[2].z = 40;
	cause_rank(s, 3, NULL, 0, CAUSE_NONE, v);
	OK(v[0].suspect == 2 && v[1].suspect == 1, "of equals the earlier");
	s[2].onset = NAN;
	cause_rank(s, 3, NULL, 0, CAUSE_NONE, v);
	OK(v[0].suspect == 1, "an unknown onset is no early one");
	cause_rank(s, 0, NULL, 0, CAUSE_NONE, v);
	OK(v[0].suspect == 1, "nobody to rank");
}

/* Two that depend on each other, and on themselves. */
static void
test_circle(void)
{
	struct cause_suspect s[] = {{10, 1}, {20, 2}, {30, 3}};
	struct cause_edge edge[] = {{0, 1}, {1, 0}, {1, 2}, {2, 2}};
	struct cause_verdict v[3];

	cause_rank(s, 3, edge, 4, 0, v);
	OK(v[0].suspect == 2 && v[0].towards == 1, "a circle has an end");
}

int
main(void)
{
	test_evidence();
	test_rank();
	test_circle();
	return tap_done();
}
