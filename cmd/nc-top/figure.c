/* SPDX-License-Identifier: MIT */
/* figure: numbers for people, in at most five characters. */
#include "figure.h"

#include <math.h>
#include <stdio.h>

/* v < 1e15 with as many digits as the width of four leaves room for. */
static void
scaled(char *to, double v, double step, const char *units)
{
	size_t unit = 0;

	/* 999.5 would be printed as 1000: one column too many. */
	while (v >= 999.5 && units[unit + 1] != '\0') {
		v /= step;
		unit++;
	}
	if (v >= 9999.5)
		snprintf(to, FIGURE_SIZE, "huge");
	else if (unit == 0)
		snprintf(to, FIGURE_SIZE, "%.0f", v);
	else
		snprintf(to, FIGURE_SIZE, "%.*f%c", v < 9.95 ? 1 : 0, v,
		    units[unit]);
}

static void
span_of_time(char *to, double v)
{
	if (v < 100)
		snprintf(to, FIGURE_SIZE, "%.0fs", floor(v));
	else if (v < 100 * 60)
		snprintf(to, FIGURE_SIZE, "%.0fm", floor(v / 60));
	else if (v < 48 * 3600)
		snprintf(to, FIGURE_SIZE, "%.0fh", floor(v / 3600));
	else if (v < 9999 * 86400.0)
		snprintf(to, FIGURE_SIZE, "%.0fd", floor(v / 86400));
	else
		snprintf(to, FIGURE_SIZE, "years");
}

static void
precise(char *to, double v, int decimals)
{
	if (v >= 99999.5)
		snprintf(to, FIGURE_SIZE, "huge");
	else
		snprintf(to, FIGURE_SIZE, "%.*f", decimals, v);
}

const char *
figure(char to[FIGURE_SIZE], enum figure_form form, double v)
{
	if (isnan(v)) {
		snprintf(to, FIGURE_SIZE, "-");
		return to;
	}
	if (v < 0) { /* nothing shown here can be: a false reading */
		snprintf(to, FIGURE_SIZE, "<0");
		return to;
	}
	switch (form) {
	case FIGURE_PERCENT:
		precise(to, v * 100, v < 9.9995 ? 1 : 0);
		break;
	case FIGURE_SHARE:
		precise(to, v * 100, v < 0.0995 ? 1 : 0);
		break;
	case FIGURE_BYTES:
		scaled(to, v, 1024, " KMGTPE");
		break;
	case FIGURE_LOAD:
		precise(to, v, v < 99.995 ? 2 : v < 999.95 ? 1 : 0);
		break;
	case FIGURE_COUNT:
		scaled(to, v, 1000, " kMGT");
		break;
	case FIGURE_MILLI:
		v *= 1000;
		precise(to, v, v < 9.995 ? 2 : v < 99.95 ? 1 : 0);
		break;
	case FIGURE_SPAN:
		span_of_time(to, v);
		break;
	}
	return to;
}
