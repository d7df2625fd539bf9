/* SPDX-License-Identifier: MIT */
/* flap: a short memory of changes.  Made at the first change, so that what
 * never changes costs nothing. */
#include "flap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TIMES_MAX 60
#define LOOK_MASK ((UINT64_C(1) << 2 * FLAP_LOOKS) - 1)

static struct flap *
flap_new(uint32_t room)
{
	struct flap *f = xcalloc(1, sizeof(*f) + room * sizeof(double));

	f->room = room;
	return f;
}

bool
flap_change(struct flap **f, const struct policy_flap *p, double now)
{
	struct flap *old = *f;

	if (p->off)
		return false;
	if (old == NULL || old->room != p->changes) {
		*f = flap_new(p->changes);
		if (old != NULL)
			(*f)->looks = old->looks;
		free(old);
	}
	if ((*f)->count == (*f)->room)
		memmove((*f)->times, (*f)->times + 1,
		    --(*f)->count * sizeof(double));
	(*f)->times[(*f)->count++] = now;
	return (*f)->count == (*f)->room && now - (*f)->times[0] <= p->within;
}

void
flap_look(struct flap *f, unsigned state)
{
	if (f != NULL)
		f->looks = (f->looks << 2 | state) & LOOK_MASK;
}

double
flap_last(const struct flap *f)
{
	return f != NULL && f->count > 0 ? f->times[f->count - 1] : 0;
}

void
flap_calm(struct flap *f)
{
	if (f != NULL)
		f->count = 0;
}

double
flap_share(const struct flap *f)
{
	double share = 0;
	const int edges = FLAP_LOOKS - 1;

	if (f == NULL)
		return 0;
	/* Edge 0 is the newest. */
	for (int i = 0; i < edges; i++)
		if ((f->looks >> 2 * i & 3) != (f->looks >> 2 * (i + 1) & 3))
			share += 1.2 - 0.4 * i / (edges - 1);
	return share / edges;
}

void
flap_save(const struct flap *f, struct buf *b)
{
	pack_var(b, f != NULL ? f->room : 0);
	if (f == NULL)
		return;
	pack_u64(b, f->looks);
	pack_var(b, f->count);
	for (uint32_t i = 0; i < f->count; i++)
		pack_f64(b, f->times[i]);
}

struct flap *
flap_load(struct pack_in *u)
{
	uint32_t room = (uint32_t)pack_get_var(u, TIMES_MAX);
	struct flap *f;

	if (room == 0)
		return NULL;
	f = flap_new(room);
	f->looks = pack_get_u64(u) & LOOK_MASK;
	f->count = (uint32_t)pack_get_var(u, room);
	for (uint32_t i = 0; i < f->count; i++)
		f->times[i] = pack_get_f64(u);
	return f;
}
