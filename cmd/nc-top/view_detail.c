/* SPDX-License-Identifier: MIT */
/*
 * view_detail: all that is known of one thing at the cursor: what is the
 * matter and who may have caused it, what happened, where it lies, and every
 * metric with its unit.  Reads nothing but the model.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "stream/json.h"
#include "view.h"

#define EVENTS_MAX 12
#define CHANGES_MAX 4 /* there may be one of each metric */
#define CAUSE_SECONDS 3600.0 /* older ones are history */
#define CAUSES_MAX 5
#define NAME_WIDTH 34

/* Lines are counted, and drawn where they fall on the screen. */
struct page {
	struct grid *g; /* NULL: only counted */
	int y, end;
	size_t skip, count;
	size_t marked; /* line of the cursor, SIZE_MAX: none */
	size_t wanted; /* the line whose metric is asked for */
	char *metric; /* its name, NULL: nobody asks */
	size_t metric_size;
};

/* The line to draw on, -1: not on the screen. */
static int
next_line(struct page *p)
{
	size_t at = p->count++;

	if (p->g == NULL || at < p->skip)
		return -1;
	at -= p->skip;
	return p->y + (int)at < p->end ? p->y + (int)at : -1;
}

static void
mark(struct page *p, int y)
{
	if (y != -1 && p->count - 1 == p->marked)
		grid_select(p->g, y);
}

static void
heading(struct page *p, const char *text)
{
	int y = next_line(p);

	if (y != -1)
		grid_puts(p->g, 0, y, text, ROLE_TITLE);
	mark(p, y);
}

static void
line(struct page *p, const char *left, unsigned role, const char *right)
{
	int y = next_line(p), x;

	if (y != -1) {
		x = 2 + grid_text(p->g, 2, y, p->g->width - 2, span_of(left),
			    role, GRID_LEFT);
		grid_text(p->g, x + 1, y, p->g->width - x - 1, span_of(right),
		    ROLE_TEXT, GRID_LEFT);
	}
	mark(p, y);
}

/* --- what is the matter --------------------------------------------------- */

static void
matter_line(struct page *p, const struct matter *x, double now)
{
	const struct note *n = x->now;
	char left[160], text[300], value[FORMAT_MAX], since[FORMAT_MAX];
	unsigned role = n->severity == SEVERITY_CRIT   ? ROLE_CRIT
			: n->severity == SEVERITY_WARN ? ROLE_WARN
						       : ROLE_NOTICE;

	format_duration(since,
	    fmax(0, now - (isnan(n->onset) ? n->ts : n->onset)));
	note_value(n, n->value, value);
	note_text(n, now, text, sizeof(text));
	snprintf(left, sizeof(left), "%s %s%s %s", severity_letter(n->severity),
	    n->kind == RECORD_ANOMALY ? "odd "
	    : n->kind == RECORD_FULL  ? "fills "
				      : "",
	    n->kind == RECORD_ALERT ? n->what : n->metric,
	    (n->flags & (NOTE_ACKED | NOTE_MUTED)) != 0 ? "(quiet)" : "");
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
	    "  %s, for %s", value, since);
	line(p, left, role, text);
}

static void
matters_of(struct page *p, const struct model *m, const struct place *place)
{
	struct matter *const *list;
	size_t n = annals_matters(model_annals(m), &list);
	const struct place *at;

	for (size_t i = 0; i < n; i++) {
		if (!matter_is_open(list[i]) ||
		    list[i]->kind == RECORD_FORECAST)
			continue;
		for (at = list[i]->place; at != NULL && at != place;)
			at = at->up;
		if (at != NULL)
			matter_line(p, list[i], moment(m));
	}
}

/* --- causes --------------------------------------------------------------- */

/* The name people know, where the model knows the suspect. */
static const char *
known_name(const struct model *m, struct span host, struct span entity,
    struct span id, char *to, size_t size)
{
	char h[256], e[64], i[256];
	const struct thing *t;

	if (str_copy(h, sizeof(h), host) && str_copy(e, sizeof(e), entity) &&
	    str_copy(i, sizeof(i), id) && (t = model_thing(m, h, e, i)) != NULL)
		return thing_name(t);
	str_copy(to, size, id);
	return to;
}

static void
suspect_line(struct page *p, const struct model *m, const struct json *s)
{
	const struct span none = {"-", 1};
	struct span entity = json_text(json_member(s, "entity"), none);
	struct span id = json_text(json_member(s, "id"), none);
	struct span host = json_text(json_member(s, "host"), none);
	struct span metric = json_text(json_member(s, "metric"), none);
	char left[24], text[600], before[FORMAT_MAX], after[FORMAT_MAX];
	char name[256];

	snprintf(left, sizeof(left), "%3.0f%%",
	    100 * json_number(json_member(s, "score"), (double)NAN));
	format_metric(before,
	    json_number(json_member(s, "before"), (double)NAN), metric);
	format_metric(after, json_number(json_member(s, "after"), (double)NAN),
	    metric);
	snprintf(text, sizeof(text), "%s (%.*s on %.*s) %.*s %s -> %s",
	    known_name(m, host, entity, id, name, sizeof(name)),
	    SPAN_ARG(entity), SPAN_ARG(host), SPAN_ARG(metric), before, after);
	line(p, left, ROLE_NOTICE, text);
}

static void
causes_of(struct page *p, const struct model *m, const struct thing *t)
{
	const struct note *n;
	const struct json *list;
	struct json *j;
	struct nc_err e;

	for (size_t i = 0; (n = annals_log(model_annals(m), i)) != NULL; i++) {
		if (n->kind != RECORD_CAUSE || n->ts > moment(m) ||
		    n->ts < moment(m) - CAUSE_SECONDS ||
		    strcmp(n->host, t->host->name) != 0 || *n->line == '\0')
			continue;
		if (*n->id != '\0' && strcmp(n->id, t->subject->id) != 0 &&
		    t->kind != KIND_HOST)
			continue;
		if ((j = json_parse(span_of(n->line), &e)) == NULL)
			return;
		list = json_member(j, "suspects");
		if (n->state == NOTE_CLOSED)
			heading(p, "LIKELY CAUSES OF WHAT IS OVER");
		else
			heading(p, "LIKELY CAUSES");
		for (size_t k = 0; k < CAUSES_MAX && k < json_count(list); k++)
			suspect_line(p, m, json_at(list, k, NULL));
		json_free(j);
		return;
	}
}

/* --- what happened -------------------------------------------------------- */

static bool
concerns(const struct note *n, const struct thing *t)
{
	size_t len = strlen(t->subject->id);

	if (strcmp(n->host, t->host->name) != 0)
		return false;
	if (t->kind == KIND_HOST)
		return strncmp(n->entity, "vm", 2) != 0 &&
		       strncmp(n->entity, "container", 9) != 0;
	/* Of it, or of its parts. */
	return strncmp(n->id, t->subject->id, len) == 0 &&
	       (n->id[len] == '\0' || n->id[len] == '/');
}

static void
event_line(struct page *p, const struct note *n)
{
	char at[40], text[300], value[FORMAT_MAX];

	clock_text(at, sizeof(at), n->ts, false);
	note_value(n, n->value, value);
	if (n->kind == RECORD_CHANGE)
		snprintf(text, sizeof(text), "%s of %s, now %s", n->what,
		    n->metric, value);
	else
		snprintf(text, sizeof(text), "%s %s%s%s",
		    record_kind_name(n->kind), n->what,
		    *n->text != '\0' ? ": " : "", n->text);
	line(p, at, ROLE_DIM, text);
}

static void
events_of(struct page *p, const struct model *m, const struct thing *t)
{
	const struct note *n;
	int shown = 0, changes = 0;

	for (size_t i = 0;
	     (n = annals_log(model_annals(m), i)) != NULL && shown < EVENTS_MAX;
	     i++) {
		if (n->ts > moment(m) || n->kind == RECORD_CAUSE ||
		    !concerns(n, t) ||
		    (n->kind == RECORD_CHANGE && changes++ >= CHANGES_MAX))
			continue;
		if (shown++ == 0)
			heading(p, "WHAT HAPPENED, newest first");
		event_line(p, n);
	}
}

/* --- where it is ---------------------------------------------------------- */

static void
part_line(struct page *p, const struct model *m, const struct thing *t)
{
	struct thing *base = model_base(m, t);
	const char *lies = topology_label(t->subject,
	    t->kind == KIND_VDISK ? "backing" : "bridge");
	char text[300], name[80];

	snprintf(name, sizeof(name), "%s %s", t->subject->entity + 3,
	    thing_name(t));
	snprintf(text, sizeof(text), "%s%s%s%s",
	    base != NULL || lies != NULL ? "on " : "",
	    base != NULL   ? thing_name(base)
	    : lies != NULL ? lies
			   : "",
	    base != NULL && lies != NULL ? " = " : "",
	    base != NULL && lies != NULL ? lies : "");
	line(p, name, ROLE_NAME, text);
}

static void
place_of(struct page *p, const struct model *m, const struct thing *t)
{
	const struct series_entity *n;
	const char *key, *value;
	char text[300];

	heading(p, "WHERE IT IS");
	line(p, "host", ROLE_NAME, t->host->name);
	line(p, t->subject->entity, ROLE_NAME, t->subject->id);
	for (size_t s = 0; s < t->subject->nsources; s++) {
		n = t->subject->sources[s];
		snprintf(text, sizeof(text), "told by %s, every %gs",
		    n->origin->source, (double)series_last(n)->interval);
		line(p, "source", ROLE_NAME, text);
		for (size_t i = 0; s == 0 && i < n->nlabels; i++) {
			series_label_at(n, i, &key, &value);
			line(p, key, ROLE_NAME, value);
		}
	}
	for (const struct subject *c = t->subject->child; c != NULL;
	     c = c->sibling)
		if (thing_of(c) != NULL && (thing_of(c)->kind == KIND_VDISK ||
					       thing_of(c)->kind == KIND_VNIC))
			part_line(p, m, thing_of(c));
}

/* --- numbers -------------------------------------------------------------- */

static void
metric_line(struct page *p, const struct model *m, const struct thing *t,
    const char *name, double v, enum freshness f)
{
	const struct metric *about = catalogue_find(span_of(t->subject->entity),
	    span_of(name));
	char value[FORMAT_MAX];
	int y = next_line(p), width = NAME_WIDTH;

	(void)m;
	if (p->metric != NULL && p->count - 1 == p->wanted)
		snprintf(p->metric, p->metric_size, "%s", name);
	if (y == -1)
		return;
	format_metric(value, v, span_of(name));
	if (p->g->width < width + 16) /* the number matters more */
		width = p->g->width - 16;
	grid_text(p->g, 2, y, width, span_of(name), ROLE_TEXT, GRID_LEFT);
	grid_text(p->g, 3 + width, y, 12, span_of(value),
	    f == FRESH ? ROLE_NAME : ROLE_STALE, GRID_RIGHT);
	if (about != NULL)
		grid_text(p->g, 17 + width, y, p->g->width - 17 - width,
		    span_of(about->help), ROLE_DIM, GRID_LEFT);
	mark(p, y);
}

/* Now: all that was ever told.  Then: what has a history. */
static void
numbers_of(struct page *p, const struct model *m, const struct thing *t)
{
	const struct series_table *table = model_series(m);
	const struct series_entity *n;
	const struct series *s;
	enum freshness f;
	const char *name;
	double v;
	int place;
	bool past = !isnan(model_cursor(m));

	heading(p,
	    past ? "NUMBERS then, of those with a history here; Enter: chart"
		 : "NUMBERS; Enter: chart");
	for (size_t i = 0; i < t->subject->nsources; i++) {
		n = t->subject->sources[i];
		f = model_observed(m, n);
		for (size_t k = 0; k < n->nseries; k++) {
			s = &n->series[k];
			name = intern_str(model_names(m),
			    series_shown(table, s));
			place = track_index(track_group(t->kind),
			    intern_str(model_names(m), s->name));
			v = s->state == SERIES_VALUE && series_current(n, s)
				? s->value
				: (double)NAN;
			if (past && place == -1)
				continue;
			if (past)
				v = model_read(m, t->subject,
				    (enum track)((unsigned)place +
						 track_group(t->kind)->first))
					.value;
			metric_line(p, m, t, name, v, f);
		}
	}
}

static void
build(struct page *p, const struct model *m, struct thing *t)
{
	const struct place *place = model_place(m, t);
	char text[200], since[FORMAT_MAX];
	enum freshness f;
	double age;

	f = model_thing_state(m, t, &age);
	format_duration(since, age < 0 || isnan(age) ? 0 : age);
	snprintf(text, sizeof(text), "%s on %s, %s, %s old", t->subject->entity,
	    t->host->name,
	    f == FRESH   ? "as it is"
	    : f == LATE  ? "LATE"
	    : f == STALE ? "STALE"
	    : f == GONE  ? "GONE"
			 : "NOT THERE YET",
	    since);
	line(p, thing_name(t), ROLE_NAME, text);
	if (place != NULL && (trouble_key(&place->all) > 0)) {
		heading(p, "WHAT IS THE MATTER");
		matters_of(p, m, place);
	}
	causes_of(p, m, t);
	events_of(p, m, t);
	place_of(p, m, t);
	numbers_of(p, m, t);
}

void
detail_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	struct thing *t = who_thing(m, &u->scope);
	struct page p = {g, y, end, u->top, 0,
	    u->interactive ? u->line : SIZE_MAX, 0, NULL, 0};

	if (t == NULL)
		grid_puts(g, 0, y,
		    u->scope.host == NULL
			? "nothing chosen: Enter on a row shows all of it"
			: "it is gone",
		    ROLE_DIM);
	else
		build(&p, m, t);
}

size_t
detail_lines(const struct model *m, const struct ui *u)
{
	struct thing *t = who_thing(m, &u->scope);
	struct page p = {NULL, 0, 0, 0, 0, SIZE_MAX, 0, NULL, 0};

	if (t != NULL)
		build(&p, m, t);
	return p.count != 0 ? p.count : 1;
}

bool
detail_metric(const struct model *m, const struct ui *u, char *to, size_t size)
{
	struct thing *t = who_thing(m, &u->scope);
	struct page p = {NULL, 0, 0, 0, 0, SIZE_MAX, u->line, to, size};

	*to = '\0';
	if (t != NULL)
		build(&p, m, t);
	return *to != '\0';
}
