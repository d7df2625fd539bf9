/* SPDX-License-Identifier: MIT */
/* model_priv: what model.c and ask.c share.  For nobody else. */
#ifndef NC_TOP_MODEL_PRIV_H
#define NC_TOP_MODEL_PRIV_H

#include "base/map.h"
#include "model.h"

struct model {
	struct intern *names; /* borrowed */
	struct series_table *series;
	struct topology *topology;
	struct map *by_name; /* host name -> struct host */
	struct host **hosts; /* by name */
	size_t nhosts, hosts_cap;
	double now, cursor, newest;
};

#endif
