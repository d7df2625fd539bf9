/* SPDX-License-Identifier: MIT */
/*
 * chart: a picture of series in RRD files, drawn by librrd.  Never prints.
 */
#ifndef NC_RRD_CHART_H
#define NC_RRD_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct chart_series {
	const char *path; /* of the RRD */
	const char *source; /* name of the data source */
	const char *legend;
};

struct chart {
	const char *output; /* ends in .png or .svg */
	const char *title, *axis; /* axis: the unit */
	double from, to;
	unsigned width, height; /* of the canvas; 0: 800 x 250 */
	double base; /* 1000, or 1024 for bytes */
	const struct chart_series *series;
	size_t count;
};

int chart_draw(const struct chart *c, struct nc_err *e);

#endif
