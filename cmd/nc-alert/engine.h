/* SPDX-License-Identifier: MIT */
/*
 * engine: records in, decisions at the end of each round out.  A round of a
 * host is over when the sweep of its source arrives; where a source sends no
 * sweeps, when an entity of it comes again or an interval has passed.  Ticks
 * move time where nothing comes.  The only clock is that of the records.
 */
#ifndef NC_ALERT_ENGINE_H
#define NC_ALERT_ENGINE_H

#include <stdint.h>

#include "base/intern.h"
#include "base/pack.h"
#include "rules.h"
#include "stream/frame.h"

struct engine;

struct engine_counts {
	uint64_t opened, ended; /* episodes */
	uint64_t firing; /* episodes open now */
	uint64_t samples, ticks;
	uint64_t analyses; /* sweeps of one */
};

/* Borrows all, as long as it lives.  Records go to the frame.  Owned:
 * engine_free(). */
struct engine *engine_new(struct rules *rules, struct intern *names,
    struct frame *out);
void engine_free(struct engine *g); /* NULL is fine */
/* 0, or -1 when the frame's sink failed. */
int engine_take(struct engine *g, const struct record *r);
/* A record that was told, for whoever asks later why. */
void engine_told(struct engine *g, const char *line, size_t len);

/* All it knows as bytes, and back into a new one, whose rules may be others
 * by now: what belongs to a rule is found by its name. */
void engine_save(const struct engine *g, struct buf *b);
int engine_load(struct engine *g, struct pack_in *u, struct nc_err *e);
const struct engine_counts *engine_counts(const struct engine *g);

#endif
