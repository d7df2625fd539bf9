/* SPDX-License-Identifier: MIT */
/*
 * peaks: how rare a large value is, from those above a threshold among many
 * samples: a generalised Pareto distribution by its first two moments
 * (Hosking and Wallis 1987), so that what has never been seen can be told
 * from what is only seldom (Siffer et al. 2017).  Starts with an opinion worth
 * a few peaks.  Pure numbers; never stores samples.
 */
#ifndef NC_MATH_PEAKS_H
#define NC_MATH_PEAKS_H

struct peaks {
	double samples; /* all of them */
	double count, sum, square; /* of what was above PEAKS_OVER, above it */
};

#define PEAKS_OVER 1.0
#define PEAKS_RAREST 30.0 /* nobody can know more */

/* All zero is without history.  A sample; most: what counts for no more. */
void peaks_learn(struct peaks *p, double value, double most);
/* -log10 of the probability that one sample is that large; 0 below
 * PEAKS_OVER. */
double peaks_rarity(const struct peaks *p, double value);
/* The value of that rarity; PEAKS_OVER at least. */
double peaks_value(const struct peaks *p, double rarity);

#endif
