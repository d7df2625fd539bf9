/* SPDX-License-Identifier: MIT */
/*
 * dump: the model as samples, in the order hosts and entities were first
 * seen.  What has no rate yet is absent: not measured.
 */
#include "dump.h"

#include <math.h>

/* An entity the model keeps no subject of has the age of its numbers only. */
static enum freshness
entity_state(const struct model *m, const struct series_entity *n)
{
	return n->user != NULL ? model_observed(m, n) : FRESH;
}

static int
dump_entity(const struct model *m, struct frame *f,
    const struct series_entity *n)
{
	enum freshness state = entity_state(m, n);
	const struct series_stamp *last = series_last(n);
	const struct series_table *t = model_series(m);
	const struct series *s;
	const char *key, *value;
	double age = model_now(m) - last->ts;

	if (state >= GONE)
		return 0;
	frame_origin(f, n->origin->host, n->origin->source);
	frame_clock(f, last->ts, last->up);
	frame_begin(f, RECORD_SAMPLE, n->origin->entity, span_of(n->id));
	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &value);
		frame_label(f, key, span_of(value));
	}
	frame_interval(f, (double)last->interval);
	if (state != FRESH)
		frame_quality(f, RECORD_STALE, age > 0 ? age : 0);
	else if (last->quality != RECORD_GOOD)
		frame_quality(f, (enum record_quality)last->quality, NAN);
	for (size_t i = 0; i < n->nseries; i++) {
		s = &n->series[i];
		if (s->state == SERIES_VALUE && series_current(n, s))
			frame_value(f,
			    intern_str(model_names(m), series_shown(t, s)),
			    s->value);
	}
	return frame_end(f);
}

int
dump_model(const struct model *m, frame_sink *sink, void *arg)
{
	struct frame *f = frame_new(sink, arg);
	const struct series_entity *n = NULL;
	int rc = 0;

	while (rc == 0 && (n = series_next(model_series(m), n)) != NULL)
		rc = dump_entity(m, f, n);
	frame_free(f);
	return rc;
}
