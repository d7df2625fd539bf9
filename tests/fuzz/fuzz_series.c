/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: lines through the decoder into series and topology.  A line
 * "drop" drops the entity seen longest ago.  Whatever comes: a value is
 * finite or absent, the time of an entity does not run back, stamps add up.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metric/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct intern *names;
	struct decoder *d;
	struct series_table *t;
	struct topology *tp;
};

static void
forget(struct series_entity *n, void *arg)
{
	topology_forget(((struct world *)arg)->tp, n);
}

static void
check(const struct series_entity *n)
{
	const struct series *s;
	uint32_t refs = 0;

	for (uint16_t k = 0; k < n->nstamps; k++)
		refs += n->stamps[k].refs;
	if (refs != n->nseries)
		abort();
	for (uint32_t i = 0; i < n->nseries; i++) {
		s = &n->series[i];
		if (s->stamp >= n->nstamps || !isfinite(s->raw))
			abort();
		if (s->state == SERIES_VALUE ? !isfinite(s->value)
					     : !isnan(s->value))
			abort();
		if (s->state == SERIES_VALUE && s->counter && s->value < 0)
			abort();
	}
}

static void
check_reading(const struct world *w, const struct subject *s, uint32_t name)
{
	struct reading r;

	if (!topology_read(w->t, s, name, series_last(s->sources[0])->ts, &r))
		abort();
	if (r.fresh && r.series->state == SERIES_POOR)
		abort();
	for (; s != NULL; s = s->parent)
		topology_base(w->tp, s);
}

static void
one_line(struct world *w, char *line, size_t len)
{
	struct record r;
	struct series_entity *n;
	const uint32_t *touched;
	size_t ntouched;
	struct nc_err e;
	enum series_verdict verdict;
	double before = -INFINITY;

	if (len == 4 && memcmp(line, "drop", 4) == 0 &&
	    (n = series_oldest(w->t)) != NULL) {
		series_drop(w->t, n);
		return;
	}
	if (decoder_line(w->d, line, len, &r, &e) == -1)
		return;
	n = series_find(w->t, r.host, r.source, r.entity, r.id);
	if (n != NULL)
		before = series_last(n)->ts;
	verdict = series_feed(w->t, &r, &n, &touched, &ntouched);
	if (verdict != SERIES_NEW && verdict != SERIES_MORE)
		return;
	if (!(series_last(n)->ts >= before) ||
	    (verdict == SERIES_NEW && series_last(n)->ts == before))
		abort();
	topology_see(w->tp, n);
	check(n);
	for (size_t i = 0; i < ntouched; i++)
		check_reading(w, n->subject, n->series[touched[i]].name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {0};
	char *copy = xcalloc(1, size + RECORD_PADDING), *p = copy, *lf;
	char *end = copy + size;

	if (size != 0)
		memcpy(copy, data, size);
	w.names = intern_new(0);
	w.d = decoder_new(w.names);
	w.tp = topology_new(NULL, NULL);
	w.t = series_new(&(struct series_options){.names = w.names,
	    .max_series = 200,
	    .entity_gone = forget,
	    .arg = &w});
	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		one_line(&w, p, (size_t)(lf - p));
	}
	series_free(w.t);
	topology_free(w.tp);
	decoder_free(w.d);
	intern_free(w.names);
	free(copy);
	return 0;
}
