/* SPDX-License-Identifier: MIT */
/* views: the table of them.  Those with a key come first, in its order. */
#include "view.h"

#include <assert.h>

static const struct view views[] = {
    {"hosts", "hosts", WHERE_HOSTS, CMD_VIEW_HOSTS, &hosts_table, NULL, NULL},
    {"vms", "virtual machines", WHERE_VMS, CMD_VIEW_VMS, &vms_table, NULL,
	NULL},
};

#define COUNT (sizeof(views) / sizeof(views[0]))

_Static_assert(COUNT <= VIEWS_MAX, "more views than choices of theirs");

const struct view *
view_at(unsigned n)
{
	return n < COUNT ? &views[n] : NULL;
}

const struct view *
view_named(struct span name)
{
	for (unsigned n = 0; n < COUNT; n++)
		if (span_is(name, views[n].name))
			return &views[n];
	return NULL;
}

const struct view *
view_of(enum command c)
{
	for (unsigned n = 0; n < COUNT; n++)
		if (views[n].command == c)
			return &views[n];
	return NULL;
}

unsigned
view_number(const struct view *v)
{
	return (unsigned)(v - views);
}
