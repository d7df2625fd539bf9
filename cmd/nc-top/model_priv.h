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
	struct annals *annals;
	struct map *by_name; /* host name -> struct host */
	struct host **hosts; /* owned, by name: all */
	struct host **listed; /* those that are machines */
	size_t nhosts, nlisted, hosts_cap;
	uint32_t serial;
	uint32_t rounds[ROUND_COUNT]; /* names of what sweeps say */
	double now, cursor, newest;
};

#endif
