/* SPDX-License-Identifier: MIT */
/*
 * forecast_seasonal: exponential smoothing of a level and one or two seasons
 * with an AR(1) error (Taylor, J. Oper. Res. Soc. 54, 2003), additive, of the
 * values or of their logarithms.  Settings of a grid are ranked by how well
 * they would have forecast; the answer is the median of the best.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/forecast_private.h"

enum {
	BEST = 7, /* settings whose median is the answer */
	SELECTIONS = 8 /* origins that rank settings, a horizon apart */
};

/* As a rate: there is no second season. */
#define NONE (-1.0)

struct setting {
	double level, season, season2, error; /* smoothing; AR(1) */
	int is_log;
};

static const double level_grid[] = {0.01, 0.05, 0.15, 0.4};
static const double season_grid[] = {0.02, 0.08, 0.25};
static const double alone_grid[] = {0.2, 0.5, 1}; /* without a second */
static const double season2_grid[] = {NONE, 0.05, 0.2, 0.5};
static const double error_grid[] = {0, 0.5, 0.8, 0.95};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define SETTINGS \
	(COUNT(level_grid) * COUNT(season_grid) * COUNT(season2_grid) * \
	    COUNT(error_grid) * 2)

struct model {
	const struct forecast_task *task;
	struct setting set;
	double level, error;
	double *season, *season2;
};

static int
has_second(const struct model *m)
{
	return m->set.season2 >= 0;
}

/* Means of all whole (long) seasons: where each model starts. */
static void
model_start(struct model *m, const double *y)
{
	const struct forecast_task *t = m->task;
	size_t longest = has_second(m) ? t->season2 : t->season;
	size_t i, periods = t->n / longest;
	double *mean = has_second(m) ? m->season2 : m->season;

	memset(m->season, 0, t->season * sizeof *m->season);
	memset(mean, 0, longest * sizeof *mean);
	m->level = m->error = 0;
	for (i = 0; i < periods * longest; i++)
		m->level += y[i] / (double)(periods * longest);
	for (i = 0; i < periods * longest; i++)
		mean[i % longest] += (y[i] - m->level) / (double)periods;
	if (!has_second(m))
		return;
	for (i = 0; i < t->season2; i++)
		m->season[i % t->season] += mean[i] /
					    (double)(t->season2 / t->season);
	for (i = 0; i < t->season2; i++)
		mean[i] -= m->season[i % t->season];
}

static void
model_learn(struct model *m, size_t i, double y)
{
	double *s = &m->season[i % m->task->season];
	double *s2 = has_second(m) ? &m->season2[i % m->task->season2] : NULL;
	double plain = m->level + *s + (s2 != NULL ? *s2 : 0);
	double off = y - plain - m->set.error * m->error;

	m->level += m->set.level * off;
	*s += m->set.season * off;
	if (s2 != NULL)
		*s2 += m->set.season2 * off;
	m->error = y - plain;
}

static void
model_forecast(const struct model *m, size_t i, double *out)
{
	const struct forecast_task *t = m->task;
	double error = m->error, v;
	size_t h;

	for (h = 0; h < t->horizon; h++) {
		error *= m->set.error;
		v = m->level + error + m->season[(i + h) % t->season];
		if (has_second(m))
			v += m->season2[(i + h) % t->season2];
		out[h] = m->set.is_log ? exp(fmin(v, 700)) : v;
	}
}

/*
 * One pass: forecasts from the origins of the task to out (NULL: none), and
 * the ranking error over the selection origins to *score (NULL: none).
 */
static void
model_run(struct model *m, const double *in, double *out, double *score,
    double *scratch)
{
	const struct forecast_task *t = m->task;
	size_t i, h, k = 0;
	double sum = 0;

	model_start(m, in);
	for (i = 0; i <= t->n; i++) {
		size_t left = t->n - i;

		for (; out != NULL && k < t->origins && t->origin[k] == i; k++)
			model_forecast(m, i, out + k * t->horizon);
		if (score != NULL && left > 0 && left % t->horizon == 0 &&
		    left / t->horizon <= SELECTIONS) {
			model_forecast(m, i, scratch);
			/* The root: one bad hour must not choose. */
			for (h = 0; h < t->horizon; h++)
				sum += sqrt(fabs(t->y[i + h] - scratch[h]));
		}
		if (left > 0)
			model_learn(m, i, in[i]);
	}
	if (score != NULL)
		*score = isfinite(sum) ? sum : HUGE_VAL;
}

static struct setting
setting_of(size_t i)
{
	struct setting s;

	s.is_log = (int)(i % 2);
	i /= 2;
	s.error = error_grid[i % COUNT(error_grid)];
	i /= COUNT(error_grid);
	s.season2 = season2_grid[i % COUNT(season2_grid)];
	i /= COUNT(season2_grid);
	s.season = (s.season2 >= 0 ? season_grid
				   : alone_grid)[i % COUNT(season_grid)];
	i /= COUNT(season_grid);
	s.level = level_grid[i];
	return s;
}

/* The settings with the least scores, best first. */
static size_t
choose(struct model *m, const double *y, const double *logs, size_t *best,
    double *scratch)
{
	double score[BEST], s;
	size_t i, j, chosen = 0;

	for (i = 0; i < SETTINGS; i++) {
		m->set = setting_of(i);
		/* Two memories of the level fight each other. */
		if ((m->set.is_log && logs == NULL) ||
		    (m->set.level > 0.3 && m->set.error > 0.6))
			continue;
		if (has_second(m) && m->season2 == NULL)
			continue;
		model_run(m, m->set.is_log ? logs : y, NULL, &s, scratch);
		if (s == HUGE_VAL || (chosen == BEST && s >= score[BEST - 1]))
			continue;
		j = chosen < BEST ? chosen++ : BEST - 1;
		for (; j > 0 && score[j - 1] > s; j--) {
			score[j] = score[j - 1];
			best[j] = best[j - 1];
		}
		score[j] = s;
		best[j] = i;
	}
	return chosen;
}

/* Logarithms, owned; NULL when there is a value without one. */
static double *
logs_of(const double *y, size_t n)
{
	double *logs = xmalloc(n * sizeof *logs);
	size_t i;

	for (i = 0; i < n; i++) {
		if (y[i] <= 0) {
			free(logs);
			return NULL;
		}
		logs[i] = log(y[i]);
	}
	return logs;
}

int
forecast_seasonal(const struct forecast_task *t, double *out)
{
	size_t cells = t->origins * t->horizon, chosen, i, j, best[BEST];
	double *logs, *each, *scratch, v[BEST];
	struct model m = {.task = t};

	if (t->season < 2 || t->n < 3 * t->season + t->horizon)
		return -1;
	logs = logs_of(t->y, t->n);
	m.season = xcalloc(t->season, sizeof *m.season);
	if (t->season2 > t->season && t->n >= 3 * t->season2)
		m.season2 = xcalloc(t->season2, sizeof *m.season2);
	scratch = xcalloc(t->horizon, sizeof *scratch);
	each = xcalloc(BEST * cells, sizeof *each);
	chosen = choose(&m, t->y, logs, best, scratch);
	for (i = 0; i < chosen; i++) {
		m.set = setting_of(best[i]);
		model_run(&m, m.set.is_log ? logs : t->y, each + i * cells,
		    NULL, scratch);
	}
	for (j = 0; chosen > 0 && j < cells; j++) {
		for (i = 0; i < chosen; i++)
			v[i] = each[i * cells + j];
		out[j] = forecast_median(v, chosen);
	}
	free(each);
	free(scratch);
	free(m.season2);
	free(m.season);
	free(logs);
	return chosen > 0 ? 0 : -1;
}
