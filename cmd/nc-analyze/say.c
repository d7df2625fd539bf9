/* SPDX-License-Identifier: MIT */
/* say: by labels where there are any, since an id is for programs. */
#include "say.h"

#include <string.h>

#include "metric/catalogue.h"

void
say_name(const struct series_entity *n, struct buf *b)
{
	const char *entity = n->origin->entity;
	const char *owner = series_label(n, "vm"), *part = strchr(n->id, '/');
	const char *name = series_label(n, "name");

	if (owner == NULL)
		owner = series_label(n, "container");
	buf_addf(b, "%s ", entity);
	if (owner != NULL && part != NULL && strncmp(entity, "host", 4) != 0)
		buf_addf(b, "%s of %s", part + 1, owner);
	else
		buf_adds(b, name != NULL ? name : n->id);
}

bool
say_grows_by_itself(struct span metric)
{
	return metric_unit_of(metric) == UNIT_TIMESTAMP ||
	       span_is(metric, "uptime_seconds");
}
