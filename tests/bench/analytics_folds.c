/* SPDX-License-Identifier: MIT */
/*
 * analytics_folds: chooses every number of the detector anew on four fifths
 * of the files and says what it then makes of the rest, for
 * tests/analytics/folds.py.  The start is drawn by chance: what ships was
 * chosen with all files in view.
 *	usage: analytics_folds SEED TRIALS
 *	in: per file "ROWS WINDOWS", per row "TS VALUE WINDOW WORTH" as the
 *	scorer sees it (WINDOW -1: none, -2: not scored); files 0, 5, 10, ..
 *	are the first fold.  Out: per file, per row, the alarm over the
 *	threshold that was best elsewhere, for each of three profiles.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "math/detector_tuning.h"

enum { FOLDS = 5, PROFILES = 3, NUMBERS = 10, KEPT = 8 };

struct row {
	double ts, value, worth, alarm;
	int window;
};

struct file {
	struct row *row;
	size_t rows, windows;
};

struct point {
	double alarm, worth;
	size_t file;
	int window;
};

struct corpus {
	struct file *file;
	size_t files, rows;
	struct point *point; /* room for all */
	double *best; /* credit of each window: [file * most + window] */
	size_t most;
};

/* Weights of true and false positives and misses, as NAB defines them. */
static const struct {
	double tp, fp, fn;
} profile[PROFILES] = {{1, .11, 1}, {1, .22, 1}, {1, .11, 2}};

/* From where to where each number is drawn, on a logarithmic scale. */
static const double range[NUMBERS][2] = {
    {.03, .5}, /* level */
    {.001, .03}, /* middle */
    {.002, .05}, /* hour */
    {.2, 1}, /* memory */
    {20, 500}, /* samples in which it halves */
    {.3, 3}, {.3, 3}, {.3, 3}, {.3, 3}, {.3, 3}, /* weights */
};

static struct detector_tuning
tuning_of(const double *x)
{
	struct detector_tuning t = {.level_rate = x[0],
	    .middle_rate = x[1],
	    .hour_rate = x[2],
	    .memory = (float)x[3],
	    .memory_keep = (float)exp(-M_LN2 / x[4])};
	int i;

	for (i = 0; i < DETECTOR_VIEWS; i++)
		t.weight[i] = (float)x[5 + i];
	return t;
}

static void
detect(struct corpus *c, const double *x)
{
	const struct detector_tuning t = tuning_of(x);
	struct detector_result r;
	struct detector d;
	size_t f, i;

	for (f = 0; f < c->files; f++) {
		detector_init(&d);
		for (i = 0; i < c->file[f].rows; i++) {
			struct row *w = &c->file[f].row[i];

			detector_feed_tuned(&t, &d, w->ts, w->value, &r);
			w->alarm = r.alarm;
		}
	}
}

static int
loudest_first(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return (x->alarm < y->alarm) - (x->alarm > y->alarm);
}

/*
 * The best score of a profile over the files that are not of fold `without`,
 * 0..1, and the threshold that gives it.
 */
static double
sweep(struct corpus *c, size_t points, size_t windows, int p, double *threshold)
{
	double raw = -profile[p].fn * (double)windows, top = raw, *old;
	size_t i = 0;

	*threshold = HUGE_VAL;
	memset(c->best, 0, c->files * c->most * sizeof *c->best);
	while (i < points) {
		double at = c->point[i].alarm;

		for (; i < points && c->point[i].alarm == at; i++) {
			const struct point *q = &c->point[i];

			if (q->window < 0) {
				raw += profile[p].fp * q->worth;
				continue;
			}
			old = &c->best[q->file * c->most + (size_t)q->window];
			if (*old == 0)
				raw += profile[p].fn;
			if (q->worth > *old) {
				raw += profile[p].tp * (q->worth - *old);
				*old = q->worth;
			}
		}
		if (raw > top) {
			top = raw;
			*threshold = at;
		}
	}
	return (raw = top / (double)windows + profile[p].fn) /
	       (profile[p].tp + profile[p].fn);
}

/* Mean of the profiles outside of the fold; thresholds by profile. */
static double
judge(struct corpus *c, size_t without, double threshold[PROFILES])
{
	size_t f, i, points = 0, windows = 0;
	double sum = 0;
	int p;

	for (f = 0; f < c->files; f++) {
		const struct file *file = &c->file[f];

		if (f % FOLDS == without)
			continue;
		windows += file->windows;
		for (i = 0; i < file->rows; i++)
			if (file->row[i].window != -2 && file->row[i].alarm > 0)
				c->point[points++] = (struct point){file->row[i]
									.alarm,
				    file->row[i].worth, f, file->row[i].window};
	}
	qsort(c->point, points, sizeof *c->point, loudest_first);
	for (p = 0; p < PROFILES && windows > 0; p++)
		sum += sweep(c, points, windows, p, &threshold[p]);
	return sum / PROFILES;
}

/* Somewhere in the ranges, or a step from the best so far. */
static void
propose(struct rng *g, const double *best, double step, double *x)
{
	int i;

	for (i = 0; i < NUMBERS; i++) {
		double low = log(range[i][0]), high = log(range[i][1]), at;

		at = low + (high - low) * rng_uniform(g);
		if (best != NULL)
			at = log(best[i]) +
			     (rng_uniform(g) < .4
				     ? step * (high - low) * rng_normal(g)
				     : 0);
		x[i] = exp(fmin(fmax(at, low), high));
	}
}

/* The best trials of a fold, worst last. */
struct choice {
	double got[KEPT], x[KEPT][NUMBERS];
	size_t n;
};

static void
keep(struct choice *c, const double *x, double got)
{
	size_t i = c->n < KEPT ? c->n++ : KEPT;

	for (; i > 0 && c->got[i - 1] < got; i--) {
		if (i == KEPT)
			continue;
		c->got[i] = c->got[i - 1];
		memcpy(c->x[i], c->x[i - 1], sizeof c->x[i]);
	}
	if (i == KEPT)
		return;
	c->got[i] = got;
	memcpy(c->x[i], x, sizeof c->x[i]);
}

/* The middle of the best: one of them alone is lucky as well as good. */
static void
settle(const struct choice *c, double *x)
{
	size_t i, k;

	for (i = 0; i < NUMBERS; i++) {
		x[i] = 0;
		for (k = 0; k < c->n; k++)
			x[i] += log(c->x[k][i]) / (double)c->n;
		x[i] = exp(x[i]);
	}
}

/* Trials by chance serve all folds; then each goes its own way. */
static void
search(struct corpus *c, struct rng *g, int trials, double best[][NUMBERS])
{
	struct choice fold[FOLDS] = {0};
	double x[NUMBERS], threshold[PROFILES];
	int i, k;

	for (i = 0; i < trials; i++) {
		propose(g, NULL, 0, x);
		detect(c, x);
		for (k = 0; k < FOLDS; k++)
			keep(&fold[k], x, judge(c, (size_t)k, threshold));
	}
	for (k = 0; k < FOLDS; k++) {
		for (i = 0; i < trials / 4; i++) {
			propose(g, fold[k].x[rng_below(g, KEPT)], .1, x);
			detect(c, x);
			keep(&fold[k], x, judge(c, (size_t)k, threshold));
		}
		settle(&fold[k], best[k]);
	}
}

static int
read_all(struct corpus *c)
{
	size_t rows, windows, i, room = 0;

	while (scanf("%zu %zu", &rows, &windows) == 2) {
		struct file *f;

		if (rows > 1000000 || windows > 1000)
			return -1;
		if (c->files == room)
			c->file = xreallocarray(c->file, room = 2 * room + 8,
			    sizeof *c->file);
		f = &c->file[c->files++];
		*f = (struct file){xcalloc(rows + 1, sizeof *f->row), rows,
		    windows};
		for (i = 0; i < rows; i++)
			if (scanf("%lf %lf %d %lf", &f->row[i].ts,
				&f->row[i].value, &f->row[i].window,
				&f->row[i].worth) != 4)
				return -1;
		c->rows += rows;
		c->most = windows > c->most ? windows : c->most;
	}
	c->point = xcalloc(c->rows + 1, sizeof *c->point);
	c->best = xcalloc(c->files * c->most + 1, sizeof *c->best);
	return 0;
}

int
main(int argc, char **argv)
{
	struct corpus c = {0};
	double best[FOLDS][NUMBERS], threshold[FOLDS][PROFILES];
	struct rng g;
	size_t f, i, k;

	if (argc != 3 || read_all(&c) == -1)
		return 2;
	rng_seed(&g, strtoull(argv[1], NULL, 10));
	search(&c, &g, atoi(argv[2]), best);
	for (f = 0; f < c.files; f++) {
		k = f % FOLDS;
		detect(&c, best[k]);
		judge(&c, k, threshold[k]);
		for (i = 0; i < c.file[f].rows; i++)
			printf("%.9g %.9g %.9g\n",
			    c.file[f].row[i].alarm / threshold[k][0],
			    c.file[f].row[i].alarm / threshold[k][1],
			    c.file[f].row[i].alarm / threshold[k][2]);
	}
	return 0;
}
