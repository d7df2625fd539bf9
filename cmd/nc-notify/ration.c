/* SPDX-License-Identifier: MIT */
/*
 * ration: a clock that was set back gives nothing twice and takes nothing
 * away; one that was set forward gives at most a burst.
 */
#include "ration.h"

#include <math.h>

void
ration_start(struct ration *r, const struct channel *c, double now)
{
	*r = (struct ration){.tokens = c->rate.burst, .at = now, .since = now};
}

static void
refill(struct ration *r, const struct channel *c, double now)
{
	double passed = now - r->at;

	r->at = now;
	if (passed > 0 && c->rate.n > 0)
		r->tokens = fmin(c->rate.burst,
		    r->tokens + passed * c->rate.n / c->rate.seconds);
	if (now - r->since >= c->budget.seconds || now < r->since) {
		/* Set back: a new day, with what is left of the old one. */
		if (now >= r->since)
			r->used = 0;
		r->since = now;
	}
}

bool
ration_spent(const struct ration *r, const struct channel *c)
{
	return c->budget.n > 0 && r->used >= c->budget.n;
}

bool
ration_last(const struct ration *r, const struct channel *c)
{
	return c->budget.n > 0 && r->used + 1 >= c->budget.n;
}

double
ration_wait(struct ration *r, const struct channel *c, double now)
{
	double wait = 0;

	refill(r, c, now);
	if (c->rate.n > 0 && r->tokens < 1)
		wait = (1 - r->tokens) * c->rate.seconds / c->rate.n;
	if (ration_spent(r, c))
		wait = fmax(wait, r->since + c->budget.seconds - now);
	return wait;
}

void
ration_use(struct ration *r, const struct channel *c, double now)
{
	refill(r, c, now);
	r->tokens = fmax(0, r->tokens - 1);
	r->used++;
}
