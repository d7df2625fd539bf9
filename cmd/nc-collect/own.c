/* SPDX-License-Identifier: MIT */
/*
 * own: see own.h.  Numbers are rounded to what they are known to: a clock
 * read twice is no more exact for having more digits.  Never writes.
 */
#include "own.h"

#include <math.h>
#include <stdio.h>

#include "base/self.h"

static double
milli(double seconds)
{
	return round(seconds * 1e3) / 1e3;
}

static double
micro(double seconds)
{
	return round(seconds * 1e6) / 1e6;
}

void
own_tick(struct frame *f, double interval)
{
	frame_begin(f, RECORD_TICK, "", (struct span){0});
	frame_interval(f, interval);
	frame_end(f);
}

void
own_clock_step(struct frame *f, const char *host, double seconds)
{
	char text[64];

	snprintf(text, sizeof(text), "the clock was set %s by %.3f s",
	    seconds < 0 ? "back" : "forward", fabs(seconds));
	frame_begin(f, RECORD_EVENT, "host", span_of(host));
	frame_text(f, "event", span_of("clock_step"));
	frame_text(f, "detail", span_of(text));
	frame_number(f, "seconds", milli(seconds));
	frame_end(f);
}

void
own_sample(struct frame *f, const struct own_sample *s)
{
	const struct job_totals *t = &s->totals;
	struct self_usage u;

	self_usage(&u);
	frame_begin(f, RECORD_SAMPLE, "collector", span_of(OWN_NAME));
	frame_interval(f, s->interval);
	frame_since(f, s->started);
	frame_value_u64(f, "records_total", s->records);
	frame_value_u64(f, "bad_lines_total", t->bad_lines);
	frame_value_u64(f, "errors_total", t->failures);
	frame_value_u64(f, "timeouts_total", t->timeouts);
	frame_value_u64(f, "skipped_rounds_total", t->skipped + t->missed);
	frame_value_u64(f, "restarts_total", t->restarts);
	frame_value(f, "late_seconds", micro(s->late));
	if (t->last_success > 0)
		frame_value(f, "last_success_timestamp_seconds",
		    milli(t->last_success));
	frame_value(f, "start_timestamp_seconds", milli(s->started));
	frame_value(f, "cpu_seconds_total", u.cpu_seconds);
	if (u.rss_bytes != 0)
		frame_value_u64(f, "mem_rss_bytes", u.rss_bytes);
	frame_end(f);
}

void
own_report(struct diag *d, uint64_t records, const struct job_totals *t)
{
	diag_say(d, DIAG_ASKED, NULL,
	    "records %llu, rounds %llu, failures %llu, timeouts %llu, "
	    "skipped %llu, missed %llu, restarts %llu, bad lines %llu",
	    (unsigned long long)records, (unsigned long long)t->rounds,
	    (unsigned long long)t->failures, (unsigned long long)t->timeouts,
	    (unsigned long long)t->skipped, (unsigned long long)t->missed,
	    (unsigned long long)t->restarts, (unsigned long long)t->bad_lines);
}
