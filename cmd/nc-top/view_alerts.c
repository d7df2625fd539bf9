/* SPDX-License-Identifier: MIT */
/*
 * view_alerts: what is the matter at the cursor: alerts, what will be full,
 * anomalies, and what was resolved within the last hour.  Reads nothing but
 * the model.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metric/format.h"
#include "view.h"

#define RESOLVED_SECONDS 3600.0

enum column_of {
	COL_SEVERITY,
	COL_WHAT,
	COL_IS,
	COL_SINCE,
	COL_ON,
	COL_HOST,
	COL_VALUE,
	COL_LIMIT,
	COL_TEXT,
	COL_COUNT
};

static const struct column columns[COL_COUNT] = {
    [COL_SEVERITY] = {"severity", "S",
	"C crit, W warn, i info; the worst first", 1, 0, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT | COLUMN_WORST},
    [COL_WHAT] = {"alert", "WHAT", "the rule; or the metric it is about", 0, 0,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_IS] = {"is", "IS", "firing, acked, muted, full, odd, resolved", 6, 2,
	FIGURE_COUNT, 0, 0, COLUMN_LEFT},
    [COL_SINCE] = {"for", "FOR", "since it began", 4, 1, FIGURE_SPAN, 0, 0, 0},
    [COL_ON] = {"on", "ON", "what it is about", 12, 1, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_HOST] = {"host", "HOST", "on which host", 8, 5, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT},
    [COL_VALUE] = {"value", "VALUE", "when it was judged last", 9, 3,
	FIGURE_COUNT, 0, 0, 0},
    [COL_LIMIT] = {"limit", "LIMIT", "what it must not cross; what is usual", 9,
	6, FIGURE_COUNT, 0, 0, 0},
    [COL_TEXT] = {"text", "TEXT", "for people", 24, 4, FIGURE_COUNT, 0, 0,
	COLUMN_LEFT | COLUMN_REST},
};

/* Of one that began before what is remembered the first turn we have. */
static double
since(const struct matter *x)
{
	const struct note *n = x->now;

	return isnan(n->onset) ? x->turns[0]->ts : n->onset;
}

/* Worst first: what fires, what will be, what is odd, what is quiet. */
static int
rank(const struct note *n)
{
	if (n->state == NOTE_CLOSED)
		return 9;
	if (n->kind == RECORD_FULL)
		return 3;
	if (n->kind == RECORD_ANOMALY)
		return n->severity == SEVERITY_CRIT ? 4 : 5;
	if (n->state == NOTE_PENDING)
		return 6;
	if ((n->flags & (NOTE_ACKED | NOTE_MUTED)) != 0)
		return 7;
	return SEVERITY_CRIT - (int)n->severity;
}

static double
key(const struct model *m, const struct row *r, unsigned column)
{
	const struct note *n = r->of.matter->now;

	(void)m;
	switch (column) {
	case COL_SEVERITY: /* the newest first within a rank */
		return (10 - rank(n)) * 1e12 + since(r->of.matter);
	case COL_SINCE:
		return -since(r->of.matter);
	case COL_VALUE:
		return n->value;
	case COL_LIMIT:
		return n->limit;
	case COL_IS:
		return -rank(n);
	default:
		return 0;
	}
}

static const char *
is_text(const struct note *n)
{
	if (n->state == NOTE_CLOSED)
		return n->kind == RECORD_ALERT ? "ok" : "over";
	if (n->kind == RECORD_FULL)
		return "fills";
	if (n->kind == RECORD_ANOMALY)
		return "odd";
	if (n->state == NOTE_PENDING)
		return "pends";
	if ((n->flags & NOTE_ACKED) != 0)
		return "acked";
	if ((n->flags & NOTE_MUTED) != 0)
		return "muted";
	return (n->flags & NOTE_NODATA) != 0 ? "nodata" : "fires";
}

static unsigned
role_of(const struct note *n)
{
	static const unsigned roles[] = {ROLE_TEXT, ROLE_NOTICE, ROLE_WARN,
	    ROLE_CRIT};
	int at = rank(n);

	if (at >= 6)
		return ROLE_DIM;
	return at >= 3 ? ROLE_NOTICE : roles[n->severity];
}

static enum metric_unit
unit_named(const char *name)
{
	for (int u = UNIT_NONE; u <= UNIT_BOOLEAN; u++)
		if (strcmp(metric_unit_name((enum metric_unit)u), name) == 0)
			return (enum metric_unit)u;
	return UNIT_NONE;
}

void
note_value(const struct note *n, double v, char to[FORMAT_MAX])
{
	if (*n->metric != '\0')
		format_metric(to, v, span_of(n->metric));
	else
		format_value(to, v, unit_named(n->unit), false);
}

/* What an anomaly, or what will be full, says to people. */
void
note_text(const struct note *n, double now, char *to, size_t size)
{
	char low[FORMAT_MAX], high[FORMAT_MAX], when[FORMAT_MAX];

	if (*n->text != '\0') {
		snprintf(to, size, "%s", n->text);
		return;
	}
	if (n->kind == RECORD_ANOMALY) {
		note_value(n, n->low, low);
		note_value(n, n->high, high);
		snprintf(to, size, "usual %s to %s (%s)", low, high, n->what);
	} else if (n->kind == RECORD_FULL && !isnan(n->likely)) {
		format_duration(when, n->likely > now ? n->likely - now : 0.0);
		snprintf(to, size, "at its limit in %s, %.0f%% sure", when,
		    n->probability * 100);
	} else
		snprintf(to, size, "%s", "");
}

/* "vda of web1" for a part, "web1" for a machine, a mount point. */
static void
on_text(const struct note *n, char *to, size_t size)
{
	const char *slash = strchr(n->id, '/');

	if (strncmp(n->entity, "vm.", 3) == 0 && slash != NULL)
		snprintf(to, size, "%s/%s", n->name, slash + 1);
	else
		snprintf(to, size, "%s", n->name);
}

static void
cell(const struct model *m, const struct row *r, unsigned column,
    struct shown *out)
{
	const struct note *n = r->of.matter->now;
	double now = moment(m);

	out->text = out->room;
	out->role = rank(n) >= 6 ? (unsigned)ROLE_DIM : (unsigned)ROLE_TEXT;
	switch (column) {
	case COL_SEVERITY:
		out->text = severity_letter(n->severity);
		out->role = role_of(n);
		break;
	case COL_WHAT:
		out->text = r->name;
		out->role = rank(n) >= 6 ? (unsigned)ROLE_DIM
					 : (unsigned)ROLE_NAME;
		break;
	case COL_IS:
		out->text = is_text(n);
		break;
	case COL_SINCE:
		out->text = NULL;
		out->value = fmax(0, now - since(r->of.matter));
		break;
	case COL_ON:
		on_text(n, out->room, sizeof(out->room));
		break;
	case COL_HOST:
		out->text = n->host;
		break;
	case COL_VALUE:
		note_value(n, n->value, out->room);
		break;
	case COL_LIMIT:
		note_value(n,
		    n->kind == RECORD_ANOMALY ? n->expected : n->limit,
		    out->room);
		break;
	default:
		note_text(n, now, out->room, sizeof(out->room));
		break;
	}
}

static bool
in_scope(const struct ui *u, const struct place *p)
{
	if (u->scope.host == NULL)
		return true;
	for (; p != NULL; p = p->up)
		if (strcmp(p->host, u->scope.host) == 0 &&
		    strcmp(p->entity, u->scope.entity) == 0 &&
		    strcmp(p->id, u->scope.id) == 0)
			return true;
	return false;
}

static void
collect(struct ui *u, const struct model *m)
{
	struct matter *const *list;
	size_t n = annals_matters(model_annals(m), &list);
	const struct note *now;

	for (size_t i = 0; i < n; i++) {
		now = list[i]->now;
		if (now == NULL || now->kind == RECORD_FORECAST ||
		    !in_scope(u, list[i]->place))
			continue;
		if (now->state == NOTE_CLOSED &&
		    (now->kind != RECORD_ALERT ||
			moment(m) - now->ts > RESOLVED_SECONDS))
			continue;
		rows_add(u, ITEM_MATTER, list[i], list[i]->serial,
		    now->kind == RECORD_ALERT ? now->what : now->metric);
	}
}

const struct table alerts_table = {
    .columns = columns,
    .count = COL_COUNT,
    .collect = collect,
    .cell = cell,
    .key = key,
    .empty = "nothing is the matter",
};
