/* SPDX-License-Identifier: MIT */
/* cause: see the header. */
#include "math/cause.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FEW = 64 };

/* No noise any more, on the way to a cause and to explain another: half of
 * the furthest that the past went; at four it is beyond all of it. */
#define OUT 2.0
/* One unit of z is at least this part of the level, */
#define LEAST_OF_LEVEL 0.001
/* and of the furthest that the past went the same way: been there before. */
#define LEAST_OF_PAST 0.25
/* How much those that depend on a suspect, and are out, count against it. */
#define SUPPORT 0.5
/* The quartiles of a normal distribution are this many deviations apart. */
#define QUARTILES 1.349

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
quantile(const double *sorted, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t i = (size_t)at;

	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* As qsort(3) would; of a few values several times as fast. */
static void
sort_few(double *v, size_t n)
{
	size_t i, k;
	double x;

	for (i = 1; i < n; i++) {
		x = v[i];
		for (k = i; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* A sorted copy in room where it fits, else owned. */
static double *
sorted_copy(const double *v, size_t n, double room[FEW])
{
	double *copy = n <= FEW ? room : xmalloc(n * sizeof *copy);

	memcpy(copy, v, n * sizeof *copy);
	if (n <= FEW)
		sort_few(copy, n);
	else
		qsort(copy, n, sizeof *copy, by_value);
	return copy;
}

int
cause_weigh(const double *before, size_t n, const double *during, size_t m,
    int direction, struct cause_evidence *e)
{
	double room[2][FEW], *past, *now, up, down;
	size_t second = m >= 3 ? 1 : 0;

	if (n < CAUSE_MIN || m == 0)
		return -1;
	past = sorted_copy(before, n, room[0]);
	now = sorted_copy(during, m, room[1]);
	e->before = quantile(past, n, 0.5);
	e->after = quantile(now, m, 0.5);
	e->scale = (quantile(past, n, 0.75) - quantile(past, n, 0.25)) /
		   QUARTILES;
	e->scale = fmax(e->scale, LEAST_OF_LEVEL * fabs(e->before));
	up = now[m - 1 - second] - e->before;
	down = e->before - now[second];
	e->direction = direction != 0 ? direction : up >= down ? 1 : -1;
	e->scale = fmax(e->scale,
	    LEAST_OF_PAST * (e->direction > 0 ? past[n - 1] - e->before
					      : e->before - past[0]));
	if (past != room[0])
		free(past);
	if (now != room[1])
		free(now);
	e->z = fmax(e->direction > 0 ? up : down, 0);
	if (e->z > 0) /* the past was nothing but zeros: anything is much */
		e->z = fmin(e->z / fmax(e->scale, 1e-300), 1e6);
	return 0;
}

/*
 * From the symptom along dependencies that are out; next hop back in towards.
 * Edges are gone through until nothing is new: n rounds at most.
 */
static void
reach(const struct cause_suspect *s, size_t n, const struct cause_edge *edge,
    size_t edges, struct cause_verdict *v)
{
	size_t round, i;
	int more = 1;

	for (round = 0; round < n && more; round++) {
		more = 0;
		for (i = 0; i < edges; i++) {
			struct cause_verdict *to = &v[edge[i].on];

			if (!v[edge[i].from].is_reached || to->is_reached ||
			    s[edge[i].on].z < OUT)
				continue;
			to->is_reached = 1;
			to->towards = edge[i].from;
			more = 1;
		}
	}
}

static double
badness(double z)
{
	return log1p(z);
}

/* What each is charged with, less what its worst dependency explains. */
static void
charge(const struct cause_suspect *s, size_t n, const struct cause_edge *edge,
    size_t edges, size_t symptom, struct cause_verdict *v)
{
	double *excuse = xcalloc(n, sizeof *excuse);
	double *support = xcalloc(n, sizeof *support);
	size_t i;

	for (i = 0; i < edges; i++)
		if (s[edge[i].on].z >= OUT && edge[i].on != edge[i].from)
			excuse[edge[i].from] = fmax(excuse[edge[i].from],
			    badness(s[edge[i].on].z));
	for (i = 0; i < edges; i++)
		support[edge[i].on] += SUPPORT * badness(s[edge[i].from].z);
	if (edges == 0 && symptom != CAUSE_NONE)
		for (i = 0; i < n; i++)
			if (i != symptom && s[i].z >= OUT)
				excuse[symptom] = fmax(excuse[symptom],
				    badness(s[i].z));
	for (i = 0; i < n; i++)
		v[i].score = badness(s[i].z) + support[i] - excuse[i];
	free(excuse);
	free(support);
}

struct ranked {
	struct cause_verdict verdict;
	double onset;
};

static int
worst_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->verdict.is_reached != y->verdict.is_reached)
		return y->verdict.is_reached - x->verdict.is_reached;
	if (x->verdict.score != y->verdict.score)
		return x->verdict.score > y->verdict.score ? -1 : 1;
	if (x->onset != y->onset)
		return x->onset < y->onset ? -1 : 1;
	return x->verdict.suspect < y->verdict.suspect ? -1 : 1;
}

void
cause_rank(const struct cause_suspect *s, size_t n,
    const struct cause_edge *edge, size_t edges, size_t symptom,
    struct cause_verdict *out)
{
	struct ranked *rank;
	size_t i;

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		out[i] = (struct cause_verdict){.suspect = i,
		    .towards = CAUSE_NONE};
	if (symptom != CAUSE_NONE)
		out[symptom].is_reached = 1;
	reach(s, n, edge, edges, out);
	charge(s, n, edge, edges, symptom, out);
	/* Without a graph nobody is reached, and nobody comes first for it. */
	if (edges == 0 && symptom != CAUSE_NONE)
		out[symptom].is_reached = 0;
	rank = xcalloc(n, sizeof *rank);
	for (i = 0; i < n; i++)
		rank[i] = (struct ranked){.verdict = out[i],
		    .onset = isnan(s[i].onset) ? HUGE_VAL : s[i].onset};
	qsort(rank, n, sizeof *rank, worst_first);
	for (i = 0; i < n; i++)
		out[i] = rank[i].verdict;
	free(rank);
}
