/* SPDX-License-Identifier: MIT */
/* trace: a value is recent first, then thinned into the past, so that what
 * began a few samples ago has not spoilt what it is compared with. */
#include "trace.h"

#include <math.h>

/* The past is thinned no further than this: at a value every ten seconds it
 * then spans eleven hours. */
#define STRIDE_MOST 128

static uint32_t
seconds(double ts)
{
	return ts <= 0                ? 0
	       : ts >= UINT32_MAX - 1 ? UINT32_MAX - 1
				      : (uint32_t)ts;
}

static void
add_past(struct trace *t, float value)
{
	if (++t->skipped < t->stride)
		return;
	t->skipped = 0;
	t->past[t->at_past++] = value;
	if (t->npast < t->at_past)
		t->npast = t->at_past;
	if (t->at_past < TRACE_PAST)
		return;
	if (t->stride >= STRIDE_MOST) {
		t->at_past = 0;
		return;
	}
	/* Every other one stays; from now on half as many come. */
	for (unsigned i = 0; i < TRACE_PAST / 2; i++)
		t->past[i] = t->past[2 * i + 1];
	t->npast = t->at_past = TRACE_PAST / 2;
	t->stride = (uint16_t)(t->stride * 2);
}

void
trace_add(struct trace *t, double ts, double value)
{
	unsigned at = t->at_recent;

	if (t->stride == 0)
		t->stride = 1;
	if (t->nrecent == TRACE_RECENT) {
		if (t->when[at] < t->begin || t->when[at] >= t->end)
			add_past(t, t->recent[at]);
	} else {
		t->nrecent++;
	}
	t->recent[at] = (float)value;
	t->when[at] = seconds(ts);
	t->at_recent = (uint8_t)((at + 1) % TRACE_RECENT);
}

void
trace_open(struct trace *t, double ts)
{
	t->begin = seconds(ts);
	t->end = UINT32_MAX;
}

void
trace_close(struct trace *t, double ts)
{
	t->end = seconds(ts);
}

bool
trace_weigh(const struct trace *t, double ts, int direction,
    struct cause_evidence *e)
{
	double before[TRACE_PAST + TRACE_RECENT], during[TRACE_RECENT];
	uint32_t from = seconds(ts);
	size_t n = t->npast, m = 0;

	for (size_t i = 0; i < n; i++)
		before[i] = (double)t->past[i];
	for (size_t i = 0; i < t->nrecent; i++) {
		if (t->when[i] >= from)
			during[m++] = (double)t->recent[i];
		else if (t->when[i] < t->begin || t->when[i] >= t->end)
			before[n++] = (double)t->recent[i];
	}
	return cause_weigh(before, n, during, m, direction, e) == 0;
}

void
trace_save(const struct trace *t, struct buf *b)
{
	pack_bytes(b, t, sizeof(*t));
}

bool
trace_load(struct trace *t, struct pack_in *u)
{
	pack_get_bytes(u, t, sizeof(*t));
	return !u->failed && t->npast <= TRACE_PAST &&
	       t->at_past < TRACE_PAST && t->nrecent <= TRACE_RECENT &&
	       t->at_recent < TRACE_RECENT && t->stride <= STRIDE_MOST;
}
