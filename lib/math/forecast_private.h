/* SPDX-License-Identifier: MIT */
/* forecast_private: the two families, as forecast.c runs them. */
#ifndef NC_MATH_FORECAST_PRIVATE_H
#define NC_MATH_FORECAST_PRIVATE_H

#include "math/forecast.h"

/* Forecasts from several origins: [k * horizon + step] from the k-th. */
struct forecast_task {
	const double *y;
	size_t n;
	size_t horizon, season, season2;
	const size_t *origin; /* values known at each, rising; the last is n */
	size_t origins;
};

/* Fills out; -1 when the series is too short for the family. */
int forecast_seasonal(const struct forecast_task *, double *out);
int forecast_trend(const struct forecast_task *, double *out);

double forecast_median(double *v, size_t n); /* sorts v */

#endif
