/* SPDX-License-Identifier: MIT */
/* strand: steps are whole multiples of their length since 1970, so those of
 * all series of one interval are the same steps. */
#include "strand.h"

#include <math.h>

#include "base/mem.h"

#define STEP_UNKNOWN 60.0
/* Of what is asked for, at most this share may be missing. */
#define MISSING 0.2

struct strand *
strand_new(uint32_t room)
{
	struct strand *s = xcalloc(1, sizeof(*s) + room * sizeof(s->y[0]));

	s->room = room;
	return s;
}

static uint32_t
slot(const struct strand *s, int64_t step)
{
	int64_t at = step % (int64_t)s->room;

	return (uint32_t)(at < 0 ? at + (int64_t)s->room : at);
}

static void
push(struct strand *s, float v)
{
	s->y[slot(s, s->now)] = v;
	s->now++;
	if (s->n < s->room)
		s->n++;
}

void
strand_add(struct strand *s, double ts, double value, double interval)
{
	int64_t at;

	if (s->step == 0) {
		s->step = isnan(interval) ? STEP_UNKNOWN : interval;
		s->now = (int64_t)floor(ts / s->step);
	}
	at = (int64_t)floor(ts / s->step);
	if (at < s->now)
		return;
	if (at - s->now > (int64_t)s->room) {
		s->n = 0;
		s->now = at;
		s->sum = s->count = 0;
	}
	if (at > s->now) {
		push(s, s->count > 0 ? (float)(s->sum / s->count) : (float)NAN);
		s->sum = s->count = 0;
	}
	while (at > s->now)
		push(s, (float)NAN);
	s->sum += value;
	s->count++;
}

/* The mean of the steps within [from, from + step). */
static double
mean_of(const struct strand *s, double from, double step)
{
	int64_t first = (int64_t)round(from / s->step), last;
	double sum = 0, n = 0, v;

	last = (int64_t)round((from + step) / s->step);
	for (int64_t i = first; i < last; i++) {
		if (i >= s->now || i < s->now - (int64_t)s->n)
			continue;
		v = (double)s->y[slot(s, i)];
		if (isnan(v))
			continue;
		sum += v;
		n++;
	}
	return n > 0 ? sum / n : (double)NAN;
}

bool
strand_take(const struct strand *s, double step, double end, uint32_t n,
    double *out)
{
	uint32_t missing = 0, next;

	for (uint32_t i = 0; i < n; i++) {
		out[i] = mean_of(s, end - (n - i) * step, step);
		missing += isnan(out[i]) ? 1 : 0;
	}
	if (missing > MISSING * n)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!isnan(out[i]))
			continue;
		for (next = i; next < n && isnan(out[next]); next++)
			;
		if (i == 0)
			out[i] = out[next];
		else if (next == n)
			out[i] = out[i - 1];
		else
			out[i] = out[i - 1] +
				 (out[next] - out[i - 1]) / (next - i + 1);
	}
	return true;
}

void
strand_save(const struct strand *s, struct buf *b)
{
	pack_u64(b, s->room);
	pack_f64(b, s->step);
	pack_u64(b, (uint64_t)s->now);
	pack_f64(b, s->sum);
	pack_f64(b, s->count);
	pack_u64(b, s->n);
	pack_bytes(b, s->y, s->room * sizeof(s->y[0]));
}

bool
strand_load(struct strand *s, struct pack_in *u)
{
	if (pack_get_u64(u) != s->room)
		return false;
	s->step = pack_get_f64(u);
	s->now = (int64_t)pack_get_u64(u);
	s->sum = pack_get_f64(u);
	s->count = pack_get_f64(u);
	s->n = (uint32_t)pack_get_count(u, s->room);
	pack_get_bytes(u, s->y, s->room * sizeof(s->y[0]));
	return !u->failed && s->step >= 0;
}
