/* SPDX-License-Identifier: MIT */
/* match: whether a selector means an entity of the series table. */
#ifndef NC_ANALYZE_MATCH_H
#define NC_ANALYZE_MATCH_H

#include "lang/selector.h"
#include "metric/series.h"

bool match_entity(const struct selector *s, const struct series_entity *n);

#endif
