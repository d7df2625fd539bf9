/* SPDX-License-Identifier: MIT */
/* analyses: the table of them, in the order they run. */
#include "analysis.h"

static const struct analysis *const all[] = {
    &analysis_aggregate,
    &analysis_anomaly,
    &analysis_change,
    &analysis_trend,
    &analysis_forecast,
    &analysis_full,
    &analysis_correlate,
    &analysis_cause,
};

const struct analysis *
analysis_at(size_t i)
{
	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}
