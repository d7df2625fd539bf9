/* SPDX-License-Identifier: MIT */
/* dump: the model as records, for --once --json. */
#ifndef NC_TOP_DUMP_H
#define NC_TOP_DUMP_H

#include "model.h"
#include "stream/frame.h"

/*
 * One sample an entity, latest values, counters as rates; what is older than
 * it should be says so ("quality":"stale","age":N), what is gone is left
 * out.  0, or what the sink answered.
 */
int dump_model(const struct model *m, frame_sink *sink, void *arg);

#endif
