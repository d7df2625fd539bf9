/* SPDX-License-Identifier: MIT */
/*
 * fleet_state: series, what is kept of their past, what analyses found, as
 * bytes and back.  What is read back is checked as any input is.
 */
#include "base/mem.h"
#include "fleet_priv.h"
#include "metric/series_state.h"

void
fleet_save(const struct fleet *f, struct buf *b)
{
	struct series_entity *n = NULL;
	uintptr_t place = 0;

	series_save(f->table, b);
	while ((n = series_next(f->table, n)) != NULL) {
		n->user = (void *)place++; /* for fleet_place() */
		for (uint32_t i = 0; i < n->nseries; i++) {
			pack_var(b, n->series[i].user != NULL);
			if (n->series[i].user != NULL)
				past_save(n->series[i].user, b);
		}
	}
	findings_save(f->findings, b);
}

size_t
fleet_place(const struct subject *s)
{
	return s->nsources > 0 ? (uintptr_t)s->sources[0]->user : FLEET_NOWHERE;
}

struct subject *
fleet_at(const struct fleet *f, size_t place)
{
	return place < f->nplaces ? f->places[place] : NULL;
}

/* What no rule wants any more is passed over. */
static void
load_past(struct fleet *f, struct series *s, struct pack_in *u)
{
	static const struct past_want nothing;
	bool wanted = s->name < f->nwants && past_is_wanted(&f->wants[s->name]);
	struct past *p;

	if (pack_get_var(u, 1) == 0)
		return;
	p = past_new(wanted ? &f->wants[s->name] : &nothing);
	past_load(p, u);
	if (wanted)
		s->user = p;
	else
		past_free(p);
}

int
fleet_load(struct fleet *f, struct pack_in *u, struct nc_err *e)
{
	struct series_entity *n = NULL;

	if (series_load(f->table, u, e) == -1)
		return -1;
	while ((n = series_next(f->table, n)) != NULL) {
		if ((f->nplaces & (f->nplaces + 1)) == 0)
			f->places = xreallocarray(f->places,
			    2 * (f->nplaces + 1), sizeof(*f->places));
		f->places[f->nplaces++] = topology_see(f->topology, n);
		for (uint32_t i = 0; i < n->nseries && !u->failed; i++)
			load_past(f, &n->series[i], u);
	}
	if (u->failed)
		return err_set(e, 0, "windows: nonsense");
	return findings_load(f->findings, u, e);
}
