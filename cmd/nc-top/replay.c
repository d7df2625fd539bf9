/* SPDX-License-Identifier: MIT */
/* replay: a line through (mono, ts) with the slope speed. */
#include "replay.h"

#include <math.h>

void
replay_begin(struct replay *p, double ts, double mono)
{
	p->ts = ts;
	p->mono = mono;
	p->begun = true;
}

double
replay_now(const struct replay *p, double mono)
{
	if (!p->begun)
		return NAN;
	return p->stands ? p->ts : p->ts + (mono - p->mono) * p->speed;
}

/* The line goes on from here. */
static void
anchor(struct replay *p, double mono)
{
	if (p->begun)
		replay_begin(p, replay_now(p, mono), mono);
}

void
replay_stand(struct replay *p, bool stands, double mono)
{
	if (p->stands == stands)
		return;
	anchor(p, mono);
	p->stands = stands;
}

void
replay_speed(struct replay *p, double speed, double mono)
{
	anchor(p, mono);
	p->speed = speed;
}

void
replay_seek(struct replay *p, double ts, double mono)
{
	if (p->begun && ts > replay_now(p, mono))
		replay_begin(p, ts, mono);
}

double
replay_due(const struct replay *p, double ts)
{
	if (!p->begun)
		return -INFINITY;
	if (p->stands)
		return ts <= p->ts ? -INFINITY : INFINITY;
	return p->mono + (ts - p->ts) / p->speed;
}
