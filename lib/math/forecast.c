/* SPDX-License-Identifier: MIT */
/*
 * forecast: the backtest that chooses a family, the intervals from its
 * errors, and the crossing of a limit by courses of the past.
 */
#include "math/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/forecast_private.h"

enum {
	ORIGINS = 56, /* forecasts of the past, at most */
	A_HORIZON_IN = 8, /* they are an eighth of a horizon apart */
	REACH = 16 /* errors of steps this part of a horizon away count */
};

/* Of absolute errors; more than 95 %, since settings were chosen by them. */
#define COVERAGE 0.985

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
forecast_median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
	return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Linear between the order statistics, as numpy.quantile does; sorts v. */
static double
quantile(double *v, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t i = (size_t)at;

	qsort(v, n, sizeof *v, by_value);
	if (i + 1 >= n)
		return v[n - 1];
	return v[i] + (at - (double)i) * (v[i + 1] - v[i]);
}

/* Origins of the past, oldest first, then n itself. */
static size_t
place_origins(size_t n, const struct forecast_request *rq, size_t *origin)
{
	size_t stride = rq->horizon / A_HORIZON_IN, least = FORECAST_MIN / 2;
	size_t count = 0, k;

	if (stride == 0)
		stride = 1;
	if (n > 2 * rq->season + rq->horizon)
		least = n / 2;
	while (count < ORIGINS && rq->horizon + count * stride + least <= n)
		count++;
	for (k = 0; k < count; k++)
		origin[k] = n - rq->horizon - (count - 1 - k) * stride;
	origin[count] = n;
	return count;
}

/* Mean absolute error over the past origins; the root mean when is_root. */
static double
past_error(const struct forecast_task *t, const double *out, int is_root)
{
	size_t k, h, cells = (t->origins - 1) * t->horizon;
	double sum = 0, off;

	for (k = 0; k + 1 < t->origins; k++)
		for (h = 0; h < t->horizon; h++) {
			off = fabs(
			    t->y[t->origin[k] + h] - out[k * t->horizon + h]);
			sum += is_root ? sqrt(off) : off;
		}
	return cells > 0 ? sum / (double)cells : 0;
}

/*
 * The mean of both families, in trend, weighted by the eighth power of the
 * errors of the past: far apart it is a choice, close together an average.
 */
static void
mix(const struct forecast_task *t, const double *seasonal, double *trend,
    enum forecast_family *family)
{
	double a = past_error(t, seasonal, 1), b = past_error(t, trend, 1);
	double ratio = b > 0 ? pow(a / b, 8) : a > 0 ? HUGE_VAL : 1;
	double weight = 1 / (1 + ratio);
	size_t i;

	for (i = 0; i < t->origins * t->horizon; i++)
		trend[i] += weight * (seasonal[i] - trend[i]);
	*family = weight > 0.5 ? FORECAST_SEASONAL : FORECAST_TREND;
}

/* Half the width of the interval of step h: errors of steps around it. */
static double
half_width(const struct forecast *f, size_t h, double *scratch)
{
	size_t reach = f->horizon / REACH, k, i, count = 0;
	size_t first = h > reach ? h - reach : 0;
	size_t last = h + reach < f->horizon ? h + reach : f->horizon - 1;

	for (k = 0; k < f->origins; k++)
		for (i = first; i <= last; i++)
			scratch[count++] = fabs(
			    f->residual[k * f->horizon + i]);
	return count > 0 ? quantile(scratch, count, COVERAGE) : 0;
}

static void
fill_in(struct forecast *f, const struct forecast_task *t, const double *out,
    int is_nonnegative)
{
	size_t h, k;
	double *scratch, half, v;

	f->p50 = xcalloc(f->horizon, sizeof *f->p50);
	f->low = xcalloc(f->horizon, sizeof *f->low);
	f->high = xcalloc(f->horizon, sizeof *f->high);
	f->residual = xcalloc((f->origins + 1) * f->horizon, sizeof(double));
	for (k = 0; k < f->origins; k++)
		for (h = 0; h < f->horizon; h++)
			f->residual[k * f->horizon + h] =
			    t->y[t->origin[k] + h] - out[k * f->horizon + h];
	scratch = xcalloc((f->origins + 1) * f->horizon, sizeof *scratch);
	for (h = 0; h < f->horizon; h++) {
		half = half_width(f, h, scratch);
		v = out[f->origins * f->horizon + h];
		f->p50[h] = v;
		f->low[h] = v - half;
		f->high[h] = v + half;
		if (is_nonnegative) {
			f->p50[h] = fmax(f->p50[h], 0);
			f->low[h] = fmax(f->low[h], 0);
			f->high[h] = fmax(f->high[h], 0);
		}
	}
	free(scratch);
}

int
forecast_make(const double *y, size_t n, const struct forecast_request *rq,
    struct forecast *result, struct nc_err *e)
{
	size_t origin[ORIGINS + 1], cells, i;
	struct forecast_task t = {.y = y, .n = n, .origin = origin};
	struct forecast f = {.family = FORECAST_TREND};
	double *seasonal, *trend;

	if (rq->horizon < 1 || rq->horizon > FORECAST_HORIZON)
		return err_set(e, 0, "horizon %zu: 1 to %d steps are forecast",
		    rq->horizon, FORECAST_HORIZON);
	if (n < FORECAST_MIN)
		return err_set(e, 0, "%zu values: too few to forecast", n);
	if (rq->season2 != 0 &&
	    (rq->season == 0 || rq->season2 % rq->season != 0))
		return err_set(e, 0,
		    "season %zu: no multiple of the short one, %zu",
		    rq->season2, rq->season);
	for (i = 0; i < n; i++)
		if (!isfinite(y[i]))
			return err_set(e, 0, "value %zu is no number", i);
	t.horizon = f.horizon = rq->horizon;
	t.season = rq->season;
	t.season2 = rq->season2;
	f.origins = place_origins(n, rq, origin);
	t.origins = f.origins + 1;
	cells = t.origins * t.horizon;
	seasonal = xcalloc(cells, sizeof *seasonal);
	trend = xcalloc(cells, sizeof *trend);
	(void)forecast_trend(&t, trend); /* n is enough */
	if (forecast_seasonal(&t, seasonal) == 0)
		mix(&t, seasonal, trend, &f.family);
	f.error = past_error(&t, trend, 0);
	fill_in(&f, &t, trend, rq->is_nonnegative);
	free(seasonal);
	free(trend);
	*result = f;
	return 0;
}

void
forecast_free(struct forecast *f)
{
	free(f->p50);
	free(f->low);
	free(f->high);
	free(f->residual);
	memset(f, 0, sizeof *f);
}

/* The first step at which this course is there; horizon + 1: never. */
static size_t
first_crossing(const struct forecast *f, const double *residual, double limit,
    int upwards)
{
	size_t h;
	double v;

	for (h = 0; h < f->horizon; h++) {
		v = f->p50[h] + (residual != NULL ? residual[h] : 0);
		if (upwards ? v >= limit : v <= limit)
			return h + 1;
	}
	return f->horizon + 1;
}

static int
by_step(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

void
forecast_cross(const struct forecast *f, double limit, int upwards,
    struct forecast_crossing *c)
{
	size_t step[ORIGINS + 1], n = f->origins, k, crossed = 0;
	size_t *const to[] = {&c->p10, &c->p50, &c->p90};
	static const double share[] = {0.1, 0.5, 0.9};

	memset(c, 0, sizeof *c);
	for (k = 0; k < n; k++)
		step[k] = first_crossing(f, f->residual + k * f->horizon, limit,
		    upwards);
	if (n == 0)
		step[n++] = first_crossing(f, NULL, limit, upwards);
	qsort(step, n, sizeof *step, by_step);
	for (k = 0; k < n; k++)
		crossed += step[k] <= f->horizon;
	c->probability = (double)crossed / (double)n;
	if (crossed > 0)
		c->typical = step[(crossed - 1) / 2];
	for (k = 0; k < 3; k++) {
		size_t at = (size_t)ceil(share[k] * (double)n) - 1;

		if (step[at] <= f->horizon)
			*to[k] = step[at];
	}
}
