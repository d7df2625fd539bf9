/* SPDX-License-Identifier: MIT */
/* keep: the archives of a file. */
#include "rrd/keep.h"

#include <math.h>

#include "base/parse.h"
#include "base/str.h"
#include "rrd/image_impl.h"

#define YEAR (365.0 * 86400)
#define ROWS_MAX 10000000.0
#define STEP_MAX 86400.0
#define STEP_UNKNOWN 60 /* of samples that do not say their interval */
#define HEARTBEAT_UNKNOWN 900

/* A duration, or whole years. */
static int
parse_span(struct span s, double *seconds, struct nc_err *e)
{
	struct span years = s;
	double n;

	if (str_ends(s, "y")) {
		years.len--;
		if (parse_number(years, &n, e) == -1)
			return -1;
		*seconds = n * YEAR;
	} else if (parse_duration(s, seconds, e) == -1) {
		return -1;
	}
	if (!(*seconds > 0 && *seconds <= 100 * YEAR))
		return err_set(e, 0, "'%.*s': expected more than 0",
		    SPAN_ARG(s));
	return 0;
}

int
keep_parse(struct span text, struct keep *k, struct nc_err *e)
{
	struct span rest = text, item, resolution, span;
	struct keep got = {0};
	double r, s;

	while (str_item(&rest, ',', &item)) {
		if (got.count == KEEP_MAX)
			return err_set(e, 0, "more than %d levels", KEEP_MAX);
		if (!str_cut(item, ':', &resolution, &span))
			return err_set(e, 0,
			    "'%.*s': expected RESOLUTION:SPAN, as in 10m:14d",
			    SPAN_ARG(item));
		r = 0;
		if (span_is(resolution, "raw")) {
			if (got.count != 0)
				return err_set(e, 0, "raw must be first");
		} else if (parse_span(resolution, &r, e) == -1) {
			return -1;
		} else if (r < 1 || r != floor(r)) {
			return err_set(e, 0, "'%.*s': expected whole seconds",
			    SPAN_ARG(item));
		}
		if (parse_span(span, &s, e) == -1)
			return -1;
		if (s < r || s > ROWS_MAX * (r > 1 ? r : 1))
			return err_set(e, 0,
			    "'%.*s': expected between 1 and %.0f rows",
			    SPAN_ARG(item), ROWS_MAX);
		if (got.count != 0 && r <= got.level[got.count - 1].resolution)
			return err_set(e, 0,
			    "'%.*s': expected the finest level first",
			    SPAN_ARG(item));
		got.level[got.count].resolution = r;
		got.level[got.count].span = s;
		got.count++;
	}
	if (got.count == 0)
		return err_set(e, 0, "expected RESOLUTION:SPAN,...");
	*k = got;
	return 0;
}

unsigned long
keep_step(double interval)
{
	double step;

	if (isnan(interval))
		return STEP_UNKNOWN;
	step = round(interval);
	if (step < 1)
		step = 1;
	return (unsigned long)(step > STEP_MAX ? STEP_MAX : step);
}

unsigned long
keep_heartbeat(double interval, unsigned long step)
{
	double longest = (double)step;

	if (isnan(interval))
		return HEARTBEAT_UNKNOWN;
	if (interval > longest)
		longest = interval;
	return (unsigned long)ceil(2.5 * longest);
}

size_t
keep_archives(const struct keep *k, unsigned long step,
    struct keep_archive out[KEEP_ARCHIVES])
{
	static const char *const cf[] = {"AVERAGE", "MIN", "MAX"};
	double raw = 0, span, s = (double)step;
	unsigned long pdps, rows, before = 1;
	size_t n = 1;

	for (size_t i = 0; i < k->count; i++) {
		span = k->level[i].span;
		pdps = (unsigned long)round(k->level[i].resolution / s);
		if (pdps <= before) {
			/* No coarser than what there is: one level. */
			if (n == 1)
				raw = span > raw ? span : raw;
			continue;
		}
		rows = (unsigned long)ceil(span / (s * (double)pdps));
		for (int j = 0; j < 3; j++)
			out[n++] = (struct keep_archive){cf[j], pdps, rows};
		before = pdps;
	}
	/* Without a raw level the first row of the next one must be made
	 * somewhere: two rows. */
	rows = (unsigned long)ceil(raw / s);
	out[0] = (struct keep_archive){cf[0], 1, rows < 2 ? 2 : rows};
	return n;
}

uint64_t
keep_bytes(const struct keep *k, unsigned long step, size_t sources)
{
	struct keep_archive a[KEEP_ARCHIVES];
	size_t n = keep_archives(k, step, a);
	uint64_t bytes;

	bytes = sizeof(stat_head_t) + sources * sizeof(ds_def_t) +
		n * sizeof(rra_def_t) + sizeof(live_head_t) +
		sources * sizeof(pdp_prep_t) +
		sources * n * sizeof(cdp_prep_t) + n * sizeof(rra_ptr_t);
	for (size_t i = 0; i < n; i++)
		bytes += (uint64_t)a[i].rows * sources * sizeof(double);
	return bytes;
}
