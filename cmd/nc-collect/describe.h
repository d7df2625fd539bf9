/* SPDX-License-Identifier: MIT */
/* describe: the catalogue and the sources' options on standard output. */
#ifndef NC_COLLECT_DESCRIBE_H
#define NC_COLLECT_DESCRIBE_H

#include <stdbool.h>

#include "source.h"

/* Every metric up to that level. */
void describe_metrics(enum metric_level level, bool human);
/* A source and its options. */
void describe_source(const struct source *s, bool human);

#endif
