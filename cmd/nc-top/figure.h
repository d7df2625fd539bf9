/* SPDX-License-Identifier: MIT */
/*
 * figure: a number as at most five characters for a column of a table.  What
 * is not known is "-", never 0.  Pure, and the same in every locale.
 */
#ifndef NC_TOP_FIGURE_H
#define NC_TOP_FIGURE_H

#define FIGURE_SIZE 24

enum figure_form {
	FIGURE_PERCENT, /* of a ratio: 0.372 is 37.2 */
	FIGURE_SHARE, /* the same in three: 0.042 is 4.2, 0.372 is 37 */
	FIGURE_BYTES, /* 1.5G, powers of 1024 */
	FIGURE_LOAD, /* 2.13 */
	FIGURE_COUNT, /* 412 */
	FIGURE_SPAN, /* seconds: 14s 3m 2h 5d */
	FIGURE_MILLI /* of seconds: 0.004 is 4.00 */
};

/* Returns to. */
const char *figure(char to[FIGURE_SIZE], enum figure_form form, double v);

#endif
