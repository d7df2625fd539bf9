/* SPDX-License-Identifier: MIT */
/*
 * catalogue: the rows of all families, found through an index that the build
 * makes from them (gen/catalogue_gen.c): an open hash table of row numbers,
 * constant data, so that a look-up needs neither start-up nor a lock.
 */
#include "metric/catalogue.h"

#include "metric/catalogue_rows.h"

/* catalogue_slots[], CATALOGUE_SLOTS (a power of two): row + 1, 0 empty. */
#include "catalogue_index.h"

#define NAME_MAX_LEN 128

const struct metric *
catalogue_metric(size_t i)
{
	const struct catalogue_family *f;

	for (size_t n = 0; (f = catalogue_families[n]) != NULL; n++) {
		if (i < f->nmetrics)
			return &f->metrics[i];
		i -= f->nmetrics;
	}
	return NULL;
}

const struct metric_entity *
catalogue_entity_at(size_t i)
{
	const struct catalogue_family *f;

	for (size_t n = 0; (f = catalogue_families[n]) != NULL; n++) {
		if (i < f->nentities)
			return &f->entities[i];
		i -= f->nentities;
	}
	return NULL;
}

const struct metric_entity *
catalogue_entity(struct span entity)
{
	const struct metric_entity *e;

	for (size_t i = 0; (e = catalogue_entity_at(i)) != NULL; i++)
		if (span_is(entity, e->name))
			return e;
	return NULL;
}

static const struct metric *
find_exact(struct span entity, struct span name)
{
	const struct metric *m;
	uint32_t slot = catalogue_hash(entity, name) & (CATALOGUE_SLOTS - 1);

	while (catalogue_slots[slot] != 0) {
		m = catalogue_metric(catalogue_slots[slot] - 1u);
		if (m != NULL && span_is(name, m->name) &&
		    span_is(entity, m->entity))
			return m;
		slot = (slot + 1) & (CATALOGUE_SLOTS - 1);
	}
	return NULL;
}

const struct metric *
catalogue_find(struct span entity, struct span name)
{
	static const char total[] = "_total", rate[] = "_per_second";
	char counter[NAME_MAX_LEN + sizeof(total)];
	const struct metric *m;
	size_t stem;

	if ((m = find_exact(entity, name)) != NULL || !metric_is_rate(name) ||
	    name.len > NAME_MAX_LEN)
		return m;
	stem = name.len - (sizeof(rate) - 1);
	memcpy(counter, name.p, stem);
	memcpy(counter + stem, total, sizeof(total));
	return find_exact(entity, span_of(counter));
}
