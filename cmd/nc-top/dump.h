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
/* One thing as of the cursor: the present with all its metrics, the past with
 * those that have a history.  0, or what the sink answered. */
int dump_thing(const struct model *m, const struct thing *t, frame_sink *sink,
    void *arg);
/* The round of a source at the cursor, as its sweep. */
int dump_round(const struct model *m, const struct feed *d, frame_sink *sink,
    void *arg);
/*
 * What the model holds after from (NAN: all), in order of time, as records
 * that can be replayed: samples with rates, sweeps, alerts and what else was
 * said.  0, or what the sink answered.
 */
int dump_snapshot(const struct model *m, double from, frame_sink *sink,
    void *arg);

#endif
