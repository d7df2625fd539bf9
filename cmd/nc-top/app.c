/* SPDX-License-Identifier: MIT */
/* app: what the ways to run nc-top share. */
#include "app.h"

#include <math.h>

#include "base/exitcode.h"

void
app_feed(struct app *a, const struct record *r, double arrived)
{
	if (!isnan(a->now) && (r->has & RECORD_HAS_TS) != 0 && r->ts > a->now)
		return;
	if (a->sources != NULL)
		sources_learn(a->sources, r);
	model_feed(a->model, r, arrived);
}

int
app_failed(struct app *a, const struct nc_err *e)
{
	diag_say(a->diag, DIAG_ERROR, NULL, "%s", e->msg);
	return NC_EXIT_FAILED;
}

int
app_status(const struct app *a)
{
	return input_counts(a->input)->bad != 0 ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}
