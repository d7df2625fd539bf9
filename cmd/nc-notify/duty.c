/* SPDX-License-Identifier: MIT */
/* duty: steps by the time that has passed, turns by the civil calendar, so
 * that a turn begins at the same hour all the year. */
#include "duty.h"

#include <math.h>
#include <stdlib.h>

static double
when(const struct escalation *x, unsigned n)
{
	if (n < x->nsteps)
		return x->steps[n].after;
	return x->steps[x->nsteps - 1].after +
	       x->repeat * (double)(n - x->nsteps + 1);
}

static unsigned
all_of(const struct escalation *x)
{
	return (unsigned)x->nsteps + (x->repeat > 0 ? x->repeats_max : 0);
}

unsigned
escalation_due(const struct escalation *x, double seconds, bool acked,
    double *next)
{
	unsigned n = 0, all = all_of(x);

	*next = (double)INFINITY;
	while (n < all && when(x, n) <= seconds)
		n++;
	for (unsigned i = n; i < all; i++)
		/* Seen: what does not ask for that still comes, once. */
		if (!acked || (i < x->nsteps && !x->steps[i].unless_acked)) {
			*next = when(x, i);
			break;
		}
	return n;
}

const struct duty_step *
escalation_step(const struct escalation *x, unsigned n)
{
	return &x->steps[n < x->nsteps ? n : x->nsteps - 1];
}

void
escalation_free(struct escalation *x)
{
	if (x == NULL)
		return;
	free(x->steps);
	free(x);
}

double
rota_civil(const struct zone *z, double epoch)
{
	return epoch + zone_offset(z, (int64_t)floor(epoch));
}

size_t
rota_on_duty(const struct rota *r, double epoch)
{
	double round = 0, at;

	for (size_t i = 0; i < r->nturns; i++)
		round += r->turns[i].length;
	if (round <= 0)
		return r->turns[0].channel;
	at = fmod(rota_civil(r->zone, epoch) - r->start, round);
	if (at < 0)
		at += round;
	for (size_t i = 0; i + 1 < r->nturns; i++) {
		if (at < r->turns[i].length)
			return r->turns[i].channel;
		at -= r->turns[i].length;
	}
	return r->turns[r->nturns - 1].channel;
}

void
rota_free(struct rota *r)
{
	if (r == NULL)
		return;
	zone_free(r->zone);
	free(r->turns);
	free(r);
}
