/* SPDX-License-Identifier: MIT */
/*
 * analytics: the root causes of lib/math behind plain columns of numbers, for
 * tests/analytics/petshop.py.  Nothing is decided here.
 *		"SYMPTOM SUSPECTS EDGES" (SYMPTOM -1: unknown), per suspect
 *		"DIRECTION N V1 .. M W1 .." (before, during; either may be 0),
 *		per edge "FROM ON"; a line "SUSPECT:Z ..", worst first, out
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/cause.h"

/* A count and so many numbers, owned; -1 at the end of input. */
static long
numbers(double **v)
{
	long n, i;

	if (scanf("%ld", &n) != 1 || n < 0 || n > 1000000)
		return -1;
	*v = xcalloc((size_t)n + 1, sizeof **v);
	for (i = 0; i < n; i++)
		if (scanf("%lf", &(*v)[i]) != 1)
			return -1;
	return n;
}

/* One case; 1: there was one. */
static int
cause_case(long symptom, size_t n, size_t edges)
{
	struct cause_suspect *s = xcalloc(n + 1, sizeof *s);
	struct cause_verdict *v = xcalloc(n + 1, sizeof *v);
	struct cause_edge *edge = xcalloc(edges + 1, sizeof *edge);
	struct cause_evidence e;
	double *before, *during;
	size_t i;
	long b, d;
	int direction;

	for (i = 0; i < n; i++) {
		if (scanf("%d", &direction) != 1 ||
		    (b = numbers(&before)) == -1 ||
		    (d = numbers(&during)) == -1)
			return 0;
		if (cause_weigh(before, (size_t)b, during, (size_t)d, direction,
			&e) == 0)
			s[i].z = e.z;
		free(before);
		free(during);
	}
	for (i = 0; i < edges; i++)
		if (scanf("%zu %zu", &edge[i].from, &edge[i].on) != 2)
			return 0;
	cause_rank(s, n, edge, edges,
	    symptom < 0 ? CAUSE_NONE : (size_t)symptom, v);
	for (i = 0; i < n; i++)
		printf("%zu:%.4g ", v[i].suspect, s[v[i].suspect].z);
	printf("\n");
	free(s);
	free(v);
	free(edge);
	return 1;
}

int
main(void)
{
	size_t n, edges;
	long symptom;

	while (scanf("%ld %zu %zu", &symptom, &n, &edges) == 3)
		if (n > 100000 || edges > 1000000 ||
		    !cause_case(symptom, n, edges))
			return 1;
	return 0;
}
