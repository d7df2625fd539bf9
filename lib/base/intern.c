/* SPDX-License-Identifier: MIT */
/*
 * intern: the map's positions are the numbers: nothing is ever deleted, so
 * they are dense and stable.
 */
#include "base/intern.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define INTERN_MAX 1000000

struct intern {
	struct map *map; /* owned; values unused */
	uint32_t max;
};

struct intern *
intern_new(uint32_t max)
{
	struct intern *it = xcalloc(1, sizeof(*it));

	it->map = map_new(NULL);
	it->max = max != 0 ? max : INTERN_MAX;
	return it;
}

void
intern_free(struct intern *it)
{
	if (it == NULL)
		return;
	map_free(it->map, NULL);
	free(it);
}

uint32_t
intern_find(const struct intern *it, struct span s)
{
	return map_find(it->map, s);
}

uint32_t
intern_id(struct intern *it, struct span s)
{
	if (map_count(it->map) < it->max)
		return map_add(it->map, s);
	return map_find(it->map, s);
}

const char *
intern_str(const struct intern *it, uint32_t id)
{
	return map_key(it->map, id).p;
}

struct span
intern_span(const struct intern *it, uint32_t id)
{
	return map_key(it->map, id);
}

uint32_t
intern_count(const struct intern *it)
{
	return map_count(it->map);
}
