/* SPDX-License-Identifier: MIT */
/*
 * update: what one reading does to an image, as rrdtool 1.7 does it, to the
 * byte (tests/unit/test_image.c holds the files against librrd).  Why it is
 * not left to librrd: an update there maps the file, and a store into the
 * mapping dirties whole folios, cannot fail with an error on a full disk, and
 * costs nine system calls; here a call costs none, a commit five.
 *
 * Terms as in rrdtool's own manual: a primary point (PDP) is the mean over
 * one step; an archive's row consolidates so many of them (CDP).
 */
#include <math.h>
#include <string.h>

#include "rrd/image_impl.h"
#include "stream/number.h"

/* Where an update stands between the steps. */
struct span_of_time {
	double interval; /* since the last update */
	double before,
	    after; /* its parts up to the last step's end, and past */
	unsigned long steps; /* ends of a step in between */
	unsigned long done; /* steps ended before the last update */
};

static double
seconds_between(const live_head_t *a, const live_head_t *b)
{
	return (double)(b->last_up - a->last_up) +
	       (double)(b->last_up_usec - a->last_up_usec) / 1e6;
}

static int
time_make(const struct image *im, double ts, live_head_t *now, struct nc_err *e)
{
	const live_head_t *was = im->live;

	if (!(ts >= 1 && ts < 1e11))
		return err_set(e, 0, "%s: impossible time %.17g", im->path, ts);
	now->last_up = (time_t)floor(ts);
	now->last_up_usec = (long)((ts - (double)now->last_up) * 1e6);
	if (now->last_up < was->last_up ||
	    (now->last_up == was->last_up &&
		now->last_up_usec <= was->last_up_usec))
		return err_set(e, 0, "%s: %.6f is not after %.6f", im->path, ts,
		    image_last(im));
	return 0;
}

static struct span_of_time
span_make(const struct image *im, const live_head_t *now)
{
	time_t step = (time_t)im->stat->pdp_step, age = now->last_up % step;
	const live_head_t *was = im->live;
	struct span_of_time s = {0};

	s.interval = seconds_between(was, now);
	s.done = (unsigned long)(was->last_up / step);
	s.steps = (unsigned long)(now->last_up / step) - s.done;
	s.before = s.interval;
	if (s.steps != 0) {
		s.before = (double)(now->last_up - age - was->last_up);
		s.before -= (double)was->last_up_usec / 1e6;
		s.after = (double)age + (double)now->last_up_usec / 1e6;
	}
	return s;
}

/* im->fresh: value x seconds of this part of an update, NAN where it is
 * unknown.  Heartbeats are held against the whole of it. */
static void
take_values(struct image *im, const struct span_of_time *s,
    const double *values, size_t n, double whole)
{
	const ds_def_t *d;
	double v;

	for (size_t i = 0; i < im->nds; i++) {
		d = &im->ds[i];
		v = i < n ? values[i] : (double)NAN;
		im->shown[i] = v;
		if ((double)d->par[DS_mrhb_cnt].u_cnt < whole ||
		    v < d->par[DS_min_val].u_val ||
		    v > d->par[DS_max_val].u_val)
			v = NAN;
		im->fresh[i] = v * s->interval;
	}
}

/* No step has ended: the primary points only grow. */
static void
grow_points(struct image *im, double interval)
{
	unival *u;

	for (size_t i = 0; i < im->nds; i++) {
		u = im->pdp[i].scratch;
		if (isnan(im->fresh[i]))
			u[PDP_unkn_sec_cnt].u_cnt += (unsigned long)floor(
			    interval);
		else if (isnan(u[PDP_val].u_val))
			u[PDP_val].u_val = im->fresh[i];
		else
			u[PDP_val].u_val += im->fresh[i];
	}
}

/* im->rate: the primary point of each source; the next one is begun. */
static void
close_points(struct image *im, const struct span_of_time *s)
{
	double step = (double)im->stat->pdp_step, unknown, fresh, seconds;
	double all = (double)(s->steps * im->stat->pdp_step);
	const ds_def_t *d;
	unival *u;

	for (size_t i = 0; i < im->nds; i++) {
		u = im->pdp[i].scratch;
		d = &im->ds[i];
		fresh = im->fresh[i];
		unknown = 0;
		if (isnan(fresh)) {
			unknown = s->before;
		} else {
			if (isnan(u[PDP_val].u_val))
				u[PDP_val].u_val = 0;
			u[PDP_val].u_val += fresh / s->interval * s->before;
		}
		seconds = (double)u[PDP_unkn_sec_cnt].u_cnt;
		if (s->interval > (double)d->par[DS_mrhb_cnt].u_cnt ||
		    step / 2 < seconds)
			im->rate[i] = im->unknown;
		else
			im->rate[i] = u[PDP_val].u_val /
				      (all - seconds - unknown);
		if (isnan(fresh)) {
			u[PDP_unkn_sec_cnt].u_cnt = (unsigned long)floor(
			    s->after);
			u[PDP_val].u_val = im->unknown;
		} else {
			u[PDP_unkn_sec_cnt].u_cnt = 0;
			u[PDP_val].u_val = fresh / s->interval * s->after;
		}
	}
}

static double
start_value(enum image_cf cf)
{
	return cf == IMAGE_MIN ? INFINITY : cf == IMAGE_MAX ? -INFINITY : 0;
}

/* An archive in this update. */
struct due {
	const rra_def_t *def;
	enum image_cf cf;
	unsigned long steps; /* that ended */
	unsigned long first; /* of them until the row in hand is full */
	double unknown;
};

/* The row of one source is full after `first` more points. */
static void
close_row(unival *u, const struct due *a, double rate)
{
	unsigned long pdps = a->def->pdp_cnt;
	unsigned long over = (a->steps - a->first) % pdps;
	bool known = !isnan(rate);
	double sum, now;

	if (!known)
		u[CDP_unkn_pdp_cnt].u_cnt += a->first;
	u[CDP_secondary_val].u_val = rate;
	sum = isnan(u[CDP_val].u_val) ? start_value(a->cf) : u[CDP_val].u_val;
	now = known ? rate : start_value(a->cf);
	if ((double)u[CDP_unkn_pdp_cnt].u_cnt >
	    (double)pdps * a->def->par[RRA_cdp_xff_val].u_val)
		u[CDP_primary_val].u_val = a->unknown;
	else if (a->cf == IMAGE_AVERAGE)
		u[CDP_primary_val].u_val = (sum + now * (double)a->first) /
					   (double)(pdps -
						    u[CDP_unkn_pdp_cnt].u_cnt);
	else if (a->cf == IMAGE_MIN)
		u[CDP_primary_val].u_val = now < sum ? now : sum;
	else
		u[CDP_primary_val].u_val = now > sum ? now : sum;
	if (over == 0 || !known)
		u[CDP_val].u_val = start_value(a->cf);
	else
		u[CDP_val].u_val = a->cf == IMAGE_AVERAGE ? rate * (double)over
							  : rate;
	u[CDP_unkn_pdp_cnt].u_cnt = known ? 0 : over;
}

/* The row of one source goes on. */
static void
grow_row(unival *u, const struct due *a, double rate)
{
	double old = u[CDP_val].u_val, all = rate * (double)a->steps;

	if (isnan(rate))
		u[CDP_unkn_pdp_cnt].u_cnt += a->steps;
	else if (a->cf == IMAGE_AVERAGE)
		u[CDP_val].u_val = isnan(old) ? all : old + all;
	else if (a->cf == IMAGE_MIN)
		u[CDP_val].u_val = old < rate ? old : rate;
	else
		u[CDP_val].u_val = old > rate ? old : rate;
}

static void
consolidate(struct image *im, size_t rra, const struct span_of_time *s)
{
	const rra_def_t *d = &im->def[rra];
	cdp_prep_t *cdp = im->cdp + rra * im->nds;
	struct due a = {d, im->rra[rra].cf, s->steps,
	    d->pdp_cnt - s->done % d->pdp_cnt, im->unknown};

	im->rra[rra].due = a.first <= a.steps
			       ? (a.steps - a.first) / d->pdp_cnt + 1
			       : 0;
	if (d->pdp_cnt == 1) {
		for (size_t i = 0; i < im->nds; i++) {
			cdp[i].scratch[CDP_primary_val].u_val = im->rate[i];
			if (s->steps > 1)
				cdp[i].scratch[CDP_secondary_val].u_val =
				    im->rate[i];
		}
	} else if (im->rra[rra].due != 0) {
		for (size_t i = 0; i < im->nds; i++)
			close_row(cdp[i].scratch, &a, im->rate[i]);
	} else {
		for (size_t i = 0; i < im->nds; i++)
			grow_row(cdp[i].scratch, &a, im->rate[i]);
	}
}

/* The rows that became due: one of primary, the rest of secondary values. */
static int
emit_rows(struct image *im, size_t rra, struct nc_err *e)
{
	const cdp_prep_t *cdp = im->cdp + rra * im->nds;
	unsigned long n = im->rra[rra].due, rows = im->def[rra].row_cnt;
	enum cdp_par_en which = CDP_primary_val;
	double *row;

	/* More than a round of the ring would only write the same again. */
	if (n > rows)
		n = rows;
	for (; n != 0; n--) {
		if (image_push_row(im, rra, &row, e) == -1)
			return -1;
		for (size_t i = 0; i < im->nds; i++)
			row[i] = cdp[i].scratch[which].u_val;
		which = CDP_secondary_val;
	}
	return 0;
}

/* One update, or the first part of one, that takes whole seconds. */
static int
advance(struct image *im, const live_head_t *now, const double *values,
    size_t n, double whole, struct nc_err *e)
{
	struct span_of_time s = span_make(im, now);

	take_values(im, &s, values, n, whole);
	if (s.steps == 0) {
		grow_points(im, s.interval);
	} else {
		close_points(im, &s);
		for (size_t i = 0; i < im->nrra; i++) {
			consolidate(im, i, &s);
			if (emit_rows(im, i, e) == -1)
				return -1;
		}
	}
	*im->live = *now;
	im->updated = true;
	return 0;
}

int
image_update(struct image *im, double ts, const double *values, size_t n,
    struct nc_err *e)
{
	time_t step = (time_t)im->stat->pdp_step, age;
	live_head_t now = {0}, end = {0};
	double whole;

	if (time_make(im, ts, &now, e) == -1)
		return -1;
	whole = seconds_between(im->live, &now);
	age = im->live->last_up % step;
	end.last_up = im->live->last_up - age + step;
	/* A step begun is closed by itself, so that what it already holds is
	 * not smeared over the others. */
	if ((age != 0 || im->live->last_up_usec != 0) &&
	    now.last_up >= end.last_up + step &&
	    advance(im, &end, values, n, whole, e) == -1)
		return -1;
	return advance(im, &now, values, n, whole, e);
}

void
image_last_values(struct image *im)
{
	char text[NUMBER_TEXT];
	size_t len;

	for (size_t i = 0; i < im->nds; i++) {
		len = 1;
		if (isfinite(im->shown[i]))
			len = number_format(im->shown[i], text);
		else
			text[0] = 'U';
		if (len > LAST_DS_LEN - 1)
			len = LAST_DS_LEN - 1;
		memset(im->pdp[i].last_ds, 0, LAST_DS_LEN);
		memcpy(im->pdp[i].last_ds, text, len);
	}
}
