/* SPDX-License-Identifier: MIT */
/*
 * replay: records of the past through rules: their alerts, what they would
 * have cost in pages, or what other rules would have changed about that.
 * The same engine as live, no state, no clock.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exitcode.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine.h"
#include "metric/format.h"
#include "stream/input.h"
#include "tools.h"

#define DAY 86400.0
/* An episode that begins so soon after the last one of the same is a flap. */
#define FLAP 900.0
/* Hours and days when people are at work, in UTC. */
#define WORK_BEGINS 8
#define WORK_ENDS 18

/* One episode. */
struct spell {
	char *rule, *print, *host, *entity, *id; /* owned */
	double begin, end; /* NAN: still open */
	int severity; /* the worst */
	unsigned pages;
	bool flap;
	bool met; /* the other rules have one at that time */
};

/* One set of rules. */
struct side {
	struct rules rules;
	struct frame *out;
	struct engine *engine;
	struct decoder *decoder;
	struct map *open; /* by fingerprint: number of the spell, from 1 */
	struct map *ended; /* the same */
	struct spell *spells;
	size_t count;
	struct writer *print; /* alerts go here; NULL: they do not */
	struct nc_err e;
	double first, last; /* record time */
};

/* --- alerts -------------------------------------------------------------- */

static struct span
text_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->text : (struct span){NULL, 0};
}

static int
severity_of(struct span s)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (span_is(s, severity_name((enum severity)i)))
			return i;
	return 0;
}

static bool
is_muted(const struct record *r)
{
	const struct record_field *f = record_field(r, "muted");

	return f != NULL && f->raw.len > 2;
}

static void
begin_spell(struct side *s, const struct record *r, struct span print)
{
	size_t last = (size_t)map_get(s->ended, print);
	struct span rule = text_of(r, "alert");
	struct spell *x;

	if ((s->count & (s->count + 1)) == 0 || s->spells == NULL)
		s->spells = xreallocarray(s->spells, 2 * (s->count + 1),
		    sizeof(*s->spells));
	x = &s->spells[s->count++];
	*x = (struct spell){.rule = xmemdup0(rule.p, rule.len),
	    .print = xmemdup0(print.p, print.len),
	    .host = xmemdup0(r->host.p, r->host.len),
	    .entity = xmemdup0(r->entity.p, r->entity.len),
	    .id = xmemdup0(r->id.p, r->id.len),
	    .begin = r->ts,
	    .end = NAN};
	x->flap = last != 0 && r->ts - s->spells[last - 1].end < FLAP;
	map_set(s->open, print, (void *)(uintptr_t)s->count);
}

/* An alert of the engine. */
static void
note(struct side *s, const struct record *r)
{
	static const char *const pages[] = {"opened", "severity", "nodata",
	    "unmuted", "storm", NULL};
	struct span print = text_of(r, "fingerprint");
	struct span change = text_of(r, "change");
	int severity = severity_of(text_of(r, "severity"));
	size_t at;

	if (print.len == 0 || span_is(text_of(r, "state"), "pending"))
		return;
	if ((at = (size_t)map_get(s->open, print)) == 0) {
		if (!span_is(text_of(r, "state"), "firing"))
			return;
		begin_spell(s, r, print);
		at = s->count;
	}
	for (size_t i = 0; pages[i] != NULL; i++)
		if (span_is(change, pages[i]) && !is_muted(r) &&
		    (!span_is(change, "severity") ||
			severity > s->spells[at - 1].severity))
			s->spells[at - 1].pages++;
	if (severity > s->spells[at - 1].severity)
		s->spells[at - 1].severity = severity;
	if (span_is(text_of(r, "state"), "firing"))
		return;
	s->spells[at - 1].end = r->ts;
	map_delete(s->open, print);
	map_set(s->ended, print, (void *)(uintptr_t)at);
}

static int
take_alert(void *arg, const char *line, size_t len)
{
	char padded[FRAME_LINE_MAX + RECORD_PADDING] = {0};
	struct side *s = arg;
	struct record r;

	if (s->print != NULL)
		return writer_line(s->print, line, len, &s->e);
	memcpy(padded, line, len - 1);
	if (decoder_line(s->decoder, padded, len - 1, &r, &s->e) == -1)
		return -1;
	note(s, &r);
	return 0;
}

/* --- playing ------------------------------------------------------------- */

static int
side_begin(struct side *s, const char *path, const struct tool_options *o,
    struct intern *names)
{
	s->first = NAN;
	if (rules_read(path, o->defines, o->diag, &s->rules) == -1)
		return -1;
	s->out = frame_new(take_alert, s);
	s->decoder = decoder_new(names);
	s->engine = engine_new(&s->rules, names, s->out);
	s->open = map_new(NULL);
	s->ended = map_new(NULL);
	return 0;
}

static void
side_end(struct side *s)
{
	engine_free(s->engine);
	frame_free(s->out);
	decoder_free(s->decoder);
	map_free(s->open, NULL);
	map_free(s->ended, NULL);
	for (size_t i = 0; i < s->count; i++) {
		free(s->spells[i].rule);
		free(s->spells[i].print);
		free(s->spells[i].host);
		free(s->spells[i].entity);
		free(s->spells[i].id);
	}
	free(s->spells);
	rules_free(&s->rules);
}

static int
side_take(struct side *s, const struct record *r)
{
	if (r->kind != RECORD_SAMPLE && r->kind != RECORD_SWEEP &&
	    r->kind != RECORD_TICK)
		return engine_take(s->engine, r);
	if (!(s->first <= r->ts))
		s->first = r->ts;
	if (r->ts > s->last)
		s->last = r->ts;
	return engine_take(s->engine, r);
}

/* All records through all sides.  A status. */
static int
play(struct side *sides, size_t n, char **files, int nfiles,
    const struct tool_options *o, struct intern *names)
{
	struct input_options io = {.files = files,
	    .nfiles = nfiles,
	    .names = names,
	    .diag = o->diag};
	struct input *in = input_open(&io);
	enum input_status got;
	struct record r;
	struct nc_err e = {0};
	int status = NC_EXIT_OK;

	while ((got = input_next(in, true, &r, &e)) != INPUT_END &&
	       got != INPUT_FAILED)
		for (size_t i = 0; got == INPUT_RECORD && i < n; i++)
			if (side_take(&sides[i], &r) == -1) {
				diag_say(o->diag, DIAG_ERROR, NULL, "%s",
				    sides[i].e.msg);
				status = NC_EXIT_FAILED;
				goto out;
			}
	if (got == INPUT_FAILED) {
		diag_say(o->diag, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_FAILED;
	} else if (input_counts(in)->bad > 0)
		status = NC_EXIT_PARTIAL;
out:
	input_close(in);
	return status;
}

/* --- what it would have cost --------------------------------------------- */

/* Days that were replayed; a minute at least. */
static double
days_of(const struct side *s)
{
	return isnan(s->first) ? 60 / DAY : fmax(s->last - s->first, 60) / DAY;
}

static bool
is_off_work(double ts)
{
	long day = (long)floor(ts / DAY);
	int hour = (int)((ts - (double)day * DAY) / 3600);
	int weekday = (int)((day + 4) % 7); /* 1970 began on a Thursday */

	return weekday == 0 || weekday == 6 || hour < WORK_BEGINS ||
	       hour >= WORK_ENDS;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A line of --stats: of one rule, of all with NULL. */
static void
print_stats(const struct side *s, const char *rule)
{
	double *spans = xcalloc(s->count + 1, sizeof(*spans));
	unsigned pages = 0, flaps = 0, off = 0, open = 0, episodes = 0;
	char median[FORMAT_MAX] = "-";
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct spell *x = &s->spells[i];

		if (rule != NULL && strcmp(x->rule, rule) != 0)
			continue;
		episodes++;
		pages += x->pages;
		flaps += x->flap;
		off += is_off_work(x->begin) ? 1 : 0;
		open += isnan(x->end) ? 1 : 0;
		if (!isnan(x->end))
			spans[n++] = x->end - x->begin;
	}
	if (n > 0) {
		qsort(spans, n, sizeof(*spans), by_value);
		format_duration(median, spans[n / 2]);
	}
	printf("%-28s %8u %6u %10.2f %6u %9s %5u %9.0f\n",
	    rule != NULL ? rule : "all", episodes, pages, pages / days_of(s),
	    flaps, median, open, episodes > 0 ? 100.0 * off / episodes : 0);
	free(spans);
}

static void
print_all_stats(const struct side *s)
{
	char days[FORMAT_MAX];

	format_duration(days, days_of(s) * DAY);
	printf("%s of record time\n", days);
	printf("%-28s %8s %6s %10s %6s %9s %5s %9s\n", "RULE", "EPISODES",
	    "PAGES", "PAGES/DAY", "FLAPS", "MEDIAN", "OPEN", "OFF-WORK%");
	for (size_t i = 0; i < s->rules.count; i++)
		print_stats(s, s->rules.list[i].name);
	print_stats(s, NULL);
}

/* --- what would be otherwise --------------------------------------------- */

static double
end_of(const struct spell *x)
{
	return isnan(x->end) ? (double)INFINITY : x->end;
}

static struct spell *
find_met(struct side *s, const struct spell *x)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->spells[i].print, x->print) == 0 &&
		    s->spells[i].begin <= end_of(x) &&
		    x->begin <= end_of(&s->spells[i]))
			return &s->spells[i];
	return NULL;
}

static void
print_spell(char sign, const struct spell *x)
{
	char when[FORMAT_MAX], how_long[FORMAT_MAX] = "open";

	format_value(when, x->begin, UNIT_TIMESTAMP, false);
	if (!isnan(x->end))
		format_duration(how_long, x->end - x->begin);
	printf("%c %s %s %s %s %s %s %s\n", sign, when,
	    severity_name((enum severity)x->severity), x->rule, x->host,
	    x->entity, x->id, how_long);
}

static unsigned
pages_of(const struct side *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->spells[i].pages;
	return n;
}

static int
by_begin(const void *a, const void *b)
{
	const struct spell *x = a, *y = b;
	int c = (x->begin > y->begin) - (x->begin < y->begin);

	return c != 0 ? c : strcmp(x->print, y->print);
}

/* What only the old rules say, only the new ones, or both in another way. */
static void
print_diff(struct side *old, struct side *new)
{
	unsigned gone = 0, come = 0, other = 0;
	struct spell *x, *y;
	size_t i = 0, k = 0;

	qsort(old->spells, old->count, sizeof(*old->spells), by_begin);
	qsort(new->spells, new->count, sizeof(*new->spells), by_begin);
	while (i < old->count || k < new->count) {
		if (k == new->count ||
		    (i < old->count &&
			old->spells[i].begin <= new->spells[k].begin)) {
			x = &old->spells[i++];
			if ((y = find_met(new, x)) == NULL) {
				print_spell('-', x);
				gone++;
			} else if (x->severity != y->severity) {
				print_spell('<', x);
				print_spell('>', y);
				other++;
			}
		} else if (find_met(old, &new->spells[k++]) == NULL) {
			print_spell('+', &new->spells[k - 1]);
			come++;
		}
	}
	printf("%u episodes vanish, %u appear, %u have another severity;"
	       " pages a day: %.2f before, %.2f after\n",
	    gone, come, other, pages_of(old) / days_of(old),
	    pages_of(new) / days_of(new));
}

/* --- the word ------------------------------------------------------------ */

int
tool_replay(const struct tool_options *o)
{
	struct side sides[2] = {{.last = 0}, {.last = 0}};
	struct intern *names = intern_new(0);
	bool diff = o->diff != NULL;
	size_t n = diff ? 2 : 1;
	int first = diff ? 1 : 0, status = NC_EXIT_USAGE;
	struct nc_err e = {0};

	if (diff && o->noperands == 0) {
		diag_say(o->diag, DIAG_ERROR, NULL,
		    "replay --diff OLD: which are the new rules?");
		goto out;
	}
	if (!diff && !o->stats)
		sides[0].print = writer_open(STDOUT_FILENO, "standard output",
		    WRITER_BATCH);
	if (side_begin(&sides[0], diff ? o->diff : o->config, o, names) == -1 ||
	    (diff && side_begin(&sides[1], o->operands[0], o, names) == -1))
		goto out;
	status = play(sides, n, (char **)(uintptr_t)(o->operands + first),
	    o->noperands - first, o, names);
	if (status == NC_EXIT_FAILED)
		goto out;
	if (diff)
		print_diff(&sides[0], &sides[1]);
	else if (o->stats)
		print_all_stats(&sides[0]);
out:
	if (sides[0].print != NULL && writer_close(sides[0].print, &e) == -1) {
		diag_say(o->diag, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_FAILED;
	}
	side_end(&sides[0]);
	side_end(&sides[1]);
	intern_free(names);
	return status;
}
