/* SPDX-License-Identifier: MIT */
/* say: things and metrics in a sentence, and those not worth a word. */
#ifndef NC_ANALYZE_SAY_H
#define NC_ANALYZE_SAY_H

#include "base/buf.h"
#include "metric/series.h"

/* "vm.disk vda of web1" where there are names, else its id. */
void say_name(const struct series_entity *n, struct buf *b);
/* Instants grow by themselves, and so does the time since one. */
bool say_grows_by_itself(struct span metric);

#endif
