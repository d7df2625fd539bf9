/* SPDX-License-Identifier: MIT */
/* views: the table of them.  Those with a key come first, in its order. */
#include "view.h"

#include <assert.h>

static const struct view views[] = {
    {"hosts", "hosts", WHERE_HOSTS, CMD_VIEW_HOSTS, &hosts_table, NULL, NULL},
    {"vms", "virtual machines", WHERE_VMS, CMD_VIEW_VMS, &vms_table, NULL,
	NULL},
    {"containers", "containers", WHERE_BOXES, CMD_VIEW_BOXES, &boxes_table,
	NULL, NULL},
    {"alerts", "alerts", WHERE_ALERTS, CMD_VIEW_ALERTS, &alerts_table, NULL,
	NULL},
    {"chart", "chart", WHERE_CHART, CMD_VIEW_CHART, NULL, chart_draw,
	chart_lines},
    {"wall", "wall", WHERE_WALL, CMD_VIEW_WALL, &wall_table, wall_draw,
	wall_lines},
    {"pipeline", "pipeline", WHERE_PIPELINE, CMD_VIEW_PIPELINE, &pipeline_table,
	pipeline_draw, NULL},
    {"services", "services", WHERE_SERVICES, CMD_VIEW_SERVICES, &services_table,
	NULL, NULL},
    {"guests", "virtual machines and containers", WHERE_GUESTS, CMD_VIEW_GUESTS,
	&guests_table, NULL, NULL},
    {"tree", "tree", WHERE_TREE, CMD_VIEW_TREE, &tree_table, NULL, NULL},
    {"detail", "detail", WHERE_DETAIL, CMD_NONE, NULL, detail_draw,
	detail_lines},
    {"blame", "blame", WHERE_BLAME, CMD_NONE, NULL, blame_draw, blame_lines},
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
		if (c != CMD_NONE && views[n].command == c)
			return &views[n];
	return NULL;
}

unsigned
view_number(const struct view *v)
{
	return (unsigned)(v - views);
}
