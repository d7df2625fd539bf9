/* SPDX-License-Identifier: MIT */
/*
 * view_pipeline: how what is shown came here: the rounds of every source,
 * what they missed, and the programs of the suite with their queues.  Reads
 * nothing but the model.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view.h"

enum column_of {
	COL_STATE,
	COL_NAME,
	COL_HOST,
	COL_AGE,
	COL_EVERY,
	COL_TOOK,
	COL_LATE,
	COL_ENTITIES,
	COL_SAMPLES,
	COL_TIMEOUTS,
	COL_SKIPPED,
	COL_GAPS,
	COL_MISSED,
	COL_ERRORS,
	COL_LAG,
	COL_QUEUE,
	COL_OLDEST,
	COL_LINES,
	COL_DROPS,
	COL_CPU,
	COL_RSS,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_STATE] = {"state", "S", "the worst first; S silent, L late", 1, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT | COLUMN_WORST},
    [COL_NAME] = {"name", "SOURCE", "the source, or the program", 0, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_HOST] = {"host", "HOST", "where", 8, 1, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_AGE] = {"age", "AGE", "since its last round", 9, 0, FIGURE_SPAN, 0, 0,
	0},
    [COL_EVERY] = {"every", "EVERY", "from round to round", 5, 2, FIGURE_SPAN,
	0, 0, 0},
    [COL_TOOK] = {"took", "TOOKms", "a round took, milliseconds", 6, 3,
	FIGURE_MILLI, 1, 5, 0},
    [COL_LATE] = {"late", "LATEms", "a round began late, milliseconds", 6, 8,
	FIGURE_MILLI, 1, 5, 0},
    [COL_ENTITIES] = {"entities", "ENT", "entities in the round", 5, 6,
	FIGURE_COUNT, 0, 0, 0},
    [COL_SAMPLES] = {"samples", "SMPL", "samples in the round", 5, 11,
	FIGURE_COUNT, 0, 0, 0},
    [COL_TIMEOUTS] = {"timeouts", "TMOUT",
	"asked and not answered in the round", 5, 9, FIGURE_COUNT, 1, 1, 0},
    [COL_SKIPPED] = {"skipped", "SKIP", "left out in the round", 4, 12,
	FIGURE_COUNT, 1, 1, 0},
    [COL_GAPS] = {"gaps", "GAPS", "times it said that something is missing", 4,
	4, FIGURE_COUNT, 1, 1, 0},
    [COL_MISSED] = {"missed", "MISS", "rounds that were missed", 4, 13,
	FIGURE_COUNT, 1, 1, 0},
    [COL_ERRORS] = {"errors", "ERRS", "things that could not be done", 4, 5,
	FIGURE_COUNT, 1, 1, 0},
    [COL_LAG] = {"lag", "LAG", "programs: behind what they read", 5, 10,
	FIGURE_SPAN, 10, 60, 0},
    [COL_QUEUE] = {"queue", "QUEUE", "programs: waiting in a queue", 5, 7,
	FIGURE_COUNT, 100, 1000, 0},
    [COL_OLDEST] = {"oldest", "OLDST", "programs: the oldest in the queue", 5,
	14, FIGURE_SPAN, 60, 600, 0},
    [COL_LINES] = {"lines", "LN/s", "programs: lines a second", 5, 15,
	FIGURE_COUNT, 0, 0, 0},
    [COL_DROPS] = {"drops", "DROP", "programs: dropped a second", 5, 16,
	FIGURE_COUNT, 0.01, 1, 0},
    [COL_CPU] = {"cpu", "CPU%", "programs: of one processor", 5, 17,
	FIGURE_PERCENT, 0.2, 0.5, 0},
    [COL_RSS] = {"rss", "RSS", "programs: memory", 5, 18, FIGURE_BYTES, 0, 0,
	0},
};

static double
feed_value(const struct model *m, const struct feed *f, unsigned col)
{
	static const enum round rounds[COL_COUNT] = {
	    [COL_TOOK] = ROUND_TOOK,
	    [COL_LATE] = ROUND_LATE,
	    [COL_ENTITIES] = ROUND_ENTITIES,
	    [COL_SAMPLES] = ROUND_SAMPLES,
	    [COL_TIMEOUTS] = ROUND_TIMEOUTS,
	    [COL_SKIPPED] = ROUND_SKIPPED,
	};
	double age;

	switch (col) {
	case COL_AGE:
		model_feed_state(m, f, &age);
		return age;
	case COL_EVERY:
		return model_feed_interval(m, f);
	case COL_GAPS:
		return model_lapses(m, f, LAPSE_GAPS);
	case COL_MISSED:
		return model_lapses(m, f, LAPSE_MISSED);
	case COL_ERRORS:
		return model_lapses(m, f, LAPSE_ERRORS);
	case COL_TOOK:
	case COL_LATE:
	case COL_ENTITIES:
	case COL_SAMPLES:
	case COL_TIMEOUTS:
	case COL_SKIPPED:
		return model_round(m, f, rounds[col], NULL);
	default:
		return NAN;
	}
}

static double
tool_value(const struct model *m, const struct thing *t, unsigned col)
{
	static const struct {
		unsigned col;
		enum track track;
	} rows[] = {{COL_LAG, TOOL_LAG}, {COL_QUEUE, TOOL_QUEUE},
	    {COL_OLDEST, TOOL_OLDEST}, {COL_LINES, TOOL_LINES},
	    {COL_DROPS, TOOL_DROPS}, {COL_CPU, TOOL_CPU}, {COL_RSS, TOOL_RSS}};
	double age;

	if (col == COL_AGE) {
		model_thing_state(m, t, &age);
		return age;
	}
	if (col == COL_EVERY)
		return subject_interval(t->subject);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].col == col)
			return model_read(m, t->subject, rows[i].track).value;
	return NAN;
}

static double
value(const struct model *m, const struct row *r, unsigned col)
{
	return r->item == ITEM_FEED ? feed_value(m, r->of.feed, col)
				    : tool_value(m, r->of.thing, col);
}

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	if (column == COL_NAME || column == COL_HOST)
		return 0;
	if (column == COL_STATE)
		return value(m, r, COL_ERRORS) + value(m, r, COL_GAPS);
	return value(m, r, column);
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	const struct host *h = r->item == ITEM_FEED ? r->of.feed->host
						    : r->of.thing->host;
	char text[FIGURE_SIZE];
	double age;

	out->fresh = r->item == ITEM_FEED
			 ? model_feed_state(m, r->of.feed, &age)
			 : model_thing_state(m, r->of.thing, &age);
	switch (column) {
	case COL_STATE:
		out->text = state_letter(out->fresh);
		out->role = state_role(out->fresh);
		break;
	case COL_NAME:
		out->text = r->name;
		out->role = ROLE_NAME;
		break;
	case COL_HOST:
		out->text = h->name;
		break;
	case COL_AGE:
		snprintf(out->room, sizeof(out->room), "%s%s",
		    out->fresh >= STALE && !isnan(age) ? "stale " : "",
		    figure(text, FIGURE_SPAN, age < 0 ? 0 : age));
		out->text = out->room;
		out->role = out->fresh == FRESH ? (unsigned)ROLE_DIM
						: state_role(out->fresh);
		break;
	default:
		out->value = value(m, r, column);
		/* Not for want of a number, but since it has none. */
		if (isnan(out->value))
			out->text = "";
	}
}

static void
collect(struct ui *u, const struct model *m)
{
	struct host *const *hosts;
	size_t n = model_everyone(m, &hosts);
	const struct thing_list *tools;
	double age;

	for (size_t i = 0; i < n; i++) {
		for (struct feed *f = hosts[i]->feeds; f != NULL; f = f->next)
			if (model_feed_state(m, f, &age) != NEVER ||
			    model_lapses(m, f, LAPSE_ERRORS) > 0 ||
			    model_lapses(m, f, LAPSE_GAPS) > 0)
				rows_add(u, ITEM_FEED, f, f->serial, f->source);
		tools = &hosts[i]->things[KIND_TOOL];
		for (size_t k = 0; k < tools->count; k++)
			if (model_thing_state(m, tools->at[k], &age) < GONE)
				rows_add(u, ITEM_THING, tools->at[k],
				    tools->at[k]->serial,
				    tools->at[k]->subject->id);
	}
}

/* What became of notifications, up to the cursor. */
static void
count_deliveries(const struct model *m, unsigned counts[3])
{
	static const char *const results[] = {"\"result\":\"sent\"",
	    "\"result\":\"deferred\"", "\"result\":\"dead\""};
	const struct note *n;

	for (size_t i = 0; (n = annals_log(model_annals(m), i)) != NULL; i++)
		for (unsigned k = 0;
		     n->kind == RECORD_DELIVERY && n->ts <= moment(m) && k < 3;
		     k++)
			counts[k] += strstr(n->line, results[k]) != NULL;
}

void
pipeline_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	unsigned sent[3] = {0, 0, 0};
	char text[200];

	count_deliveries(m, sent);
	snprintf(text, sizeof(text),
	    "notify: %u sent, %u deferred, %u dead   here: %zu bad lines, "
	    "%u skipped, %zu forgotten",
	    sent[0], sent[1], sent[2], u->bad, u->skipped,
	    annals_forgotten(model_annals(m)));
	grid_puts(g, 0, y++, text,
	    sent[2] != 0 ? (unsigned)ROLE_WARN : (unsigned)ROLE_DIM);
	table_draw(g, y, end, m, u);
}

const struct table pipeline_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = "no source has made a round yet",
};
