/* SPDX-License-Identifier: MIT */
/* clockstep: the last step of each host. */
#include "clockstep.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

/* Entities that are read every quarter of an hour meet it that late. */
#define SAME_SECONDS 900.0
/* Each measures it by its own readings. */
#define SAME_STEP 2.0

struct step {
	double ts, seconds;
};

struct clockstep {
	struct map *hosts; /* host to struct step */
};

struct clockstep *
clockstep_new(void)
{
	struct clockstep *c = xcalloc(1, sizeof(*c));

	c->hosts = map_new(NULL);
	return c;
}

void
clockstep_free(struct clockstep *c)
{
	if (c == NULL)
		return;
	map_free(c->hosts, free);
	free(c);
}

bool
clockstep_note(struct clockstep *c, struct span host, double ts, double seconds)
{
	struct step *s = map_get(c->hosts, host);

	/* Not said, of either: the same. */
	if (s != NULL && fabs(ts - s->ts) <= SAME_SECONDS &&
	    !(fabs(seconds - s->seconds) > SAME_STEP))
		return false;
	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		map_set(c->hosts, host, s);
	}
	*s = (struct step){ts, seconds};
	return true;
}
