/* SPDX-License-Identifier: MIT */
/* fleet_priv: what fleet.c and fleet_state.c share. */
#ifndef NC_ALERT_FLEET_PRIV_H
#define NC_ALERT_FLEET_PRIV_H

#include "findings.h"
#include "fleet.h"
#include "past.h"

/* A metric as rules name it, and its other name: X_total, X_per_second; and
 * what was read of it last, which the next rule is likely to ask for too. */
struct ref {
	uint32_t id, other; /* INTERN_NONE: it has none */
	bool any;
	uint64_t epoch; /* of the reading */
	const struct subject *at;
	struct reading reading;
};

struct fleet {
	struct fleet_options o;
	struct series_table *table;
	struct topology *topology;
	struct expr_env env;
	double now, listening;
	uint64_t epoch; /* another one with each change of anything */
	struct ref *refs; /* by the user word of inputs */
	size_t nrefs;
	struct past_want *wants; /* by name */
	uint32_t nwants;
	struct findings *findings;
	struct selector_subject subject; /* what env.subject answered last */
	const struct subject *subject_of;
	struct record_label *labels;
	size_t labels_room;
	struct subject **places; /* of a state that was loaded */
	size_t nplaces;
};

#endif
