/* SPDX-License-Identifier: MIT */
/*
 * cause: who among many suspects an incident came from.  Evidence is how far
 * each left what it was before, in units that noise and a constant past
 * cannot make large; a dependency that is as far out explains whoever depends
 * on it.  With a graph only what the symptom depends on, through others that
 * are out as well, comes first.  Ranks suspects, never proves.
 */
#ifndef NC_MATH_CAUSE_H
#define NC_MATH_CAUSE_H

#include <stddef.h>

enum {
	CAUSE_MIN = 4 /* least values of the past */
};

#define CAUSE_NONE ((size_t)-1)

struct cause_evidence {
	double before; /* the median of the past */
	double after; /* the median of the incident */
	double scale; /* one unit of z */
	double z; /* never negative */
	int direction; /* of z: -1 down, +1 up */
};

/*
 * Borrows before[0..n) and during[0..m), finite, any order.  direction 0:
 * either; else only movement that way counts.  z is that of the second
 * largest distance where there are three or more, so that one wild value is
 * none.  -1 when there are less than CAUSE_MIN, or no values at all.
 */
int cause_weigh(const double *before, size_t n, const double *during, size_t m,
    int direction, struct cause_evidence *);

struct cause_suspect {
	double z; /* 0: nothing known against it */
	double onset; /* ts; decides between equals */
};

struct cause_edge {
	size_t from, on; /* from depends on it: it can break from */
};

struct cause_verdict {
	size_t suspect;
	double score; /* more is worse; below 0 others explain it */
	int is_reached; /* the symptom depends on it, all the way */
	size_t towards; /* next on the path to the symptom, or CAUSE_NONE */
};

/*
 * Fills out[0..n), worst first; equal ones by onset, then by index.  symptom:
 * the suspect by which the incident was noticed, or CAUSE_NONE.  Without
 * edges whatever else is out may explain the symptom.
 */
void cause_rank(const struct cause_suspect *s, size_t n,
    const struct cause_edge *edge, size_t edges, size_t symptom,
    struct cause_verdict *out);

#endif
