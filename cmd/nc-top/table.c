/* SPDX-License-Identifier: MIT */
/*
 * table: draws the rows of any view that has some.  Columns have priorities
 * and leave from the least on as the screen narrows; those of rank 0 never
 * do, since a number without its name, state and age cannot be trusted.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view.h"

#define COLUMNS_MAX 64u
#define NAME_LEAST 6
#define TREE_MARKS 7 /* "- disk " before a name */
#define NAME_MOST 32

/* Which columns stand where. */
struct layout {
	int x[COLUMNS_MAX]; /* -1: left out */
	int width[COLUMNS_MAX];
	unsigned name; /* the column that takes what is over */
};

unsigned
column_find(const struct table *t, struct span name)
{
	for (unsigned n = 0; n < t->count; n++)
		if (span_is(name, t->columns[n].name))
			return n;
	return UINT_MAX;
}

bool
column_wanted(const struct ui *u, unsigned column)
{
	const struct column *c = &u->view->table->columns[column];
	const struct ui_table *choice = ui_table_of(u);
	uint64_t bit = UINT64_C(1) << column;

	if (c->rank == 0)
		return true;
	if ((choice->hidden & bit) != 0)
		return false;
	return (choice->wanted & bit) != 0 || (c->flags & COLUMN_HIDDEN) == 0;
}

static int
longest_name(const struct grid *g, const struct ui *u)
{
	const struct table *t = u->view->table;
	int most = NAME_LEAST, w;

	for (unsigned n = 0; n < t->count; n++)
		if (t->columns[n].width == 0)
			most = (int)strlen(t->columns[n].title);
	for (size_t i = 0; i < u->rows.count; i++) {
		w = grid_width(g, span_of(u->rows.at[i].name)) +
		    u->rows.at[i].depth +
		    (u->view->table->ordered ? TREE_MARKS : 0);
		if (w > most)
			most = w;
	}
	if (most < NAME_LEAST)
		most = NAME_LEAST;
	return most < NAME_MOST ? most : NAME_MOST;
}

/* Columns in order of rank as long as they fit; the name takes what is
 * over, up to what it needs. */
static void
layout_make(struct layout *l, const struct grid *g, const struct ui *u)
{
	const struct table *t = u->view->table;
	int used = 0, name = longest_name(g, u), x = 0, most = 0;
	const struct column *c;
	bool full = false;
	unsigned n, rest = UINT_MAX;

	l->name = 0;
	for (n = 0; n < t->count; n++) {
		c = &t->columns[n];
		most = c->rank > most ? c->rank : most;
		l->x[n] = -1;
		if (c->width == 0)
			l->name = n;
		if ((c->flags & COLUMN_REST) != 0)
			rest = n;
	}
	for (int rank = 0; rank <= most && !full; rank++)
		for (n = 0; n < t->count && !full; n++) {
			c = &t->columns[n];
			if (c->rank != rank || !column_wanted(u, n))
				continue;
			l->width[n] = c->width != 0 ? c->width : NAME_LEAST;
			full = rank != 0 && used + l->width[n] +
						    (name < 12 ? name : 12) -
						    NAME_LEAST >
						g->width;
			if (full)
				break;
			l->x[n] = 0;
			used += l->width[n] + 1;
		}
	used--;
	l->width[l->name] += g->width - used;
	if (l->width[l->name] > name) {
		if (rest != UINT_MAX && l->x[rest] != -1)
			l->width[rest] += l->width[l->name] - name;
		l->width[l->name] = name;
	}
	for (n = 0; n < t->count; n++)
		if (l->x[n] != -1) {
			l->x[n] = x;
			x += l->width[n] + 1;
		}
}

static void
draw_titles(struct grid *g, int y, const struct layout *l, const struct ui *u)
{
	const struct table *t = u->view->table;
	unsigned role;

	grid_fill(g, 0, y, g->width, ' ', ROLE_TITLE);
	for (unsigned n = 0; n < t->count; n++) {
		if (l->x[n] == -1)
			continue;
		role = n == ui_table_of(u)->sort ? ROLE_SORTED : ROLE_TITLE;
		grid_text(g, l->x[n], y, l->width[n],
		    span_of(t->columns[n].title), role,
		    (t->columns[n].flags & COLUMN_LEFT) != 0 ? GRID_LEFT
							     : GRID_RIGHT);
	}
}

static unsigned
value_role(const struct column *c, double v, enum freshness fresh)
{
	if (fresh != FRESH)
		return ROLE_STALE;
	if (isnan(v))
		return ROLE_DIM;
	if (c->warn > 0 && v >= c->warn)
		return ROLE_WARN;
	if (c->notice > 0 && v >= c->notice)
		return ROLE_NOTICE;
	return ROLE_TEXT;
}

static void
draw_cell(struct grid *g, int y, const struct layout *l, unsigned n,
    const struct column *c, const struct shown *s, int indent)
{
	unsigned role = s->role != ROLE_COUNT
			    ? s->role
			    : value_role(c, s->value, s->fresh);
	char text[FIGURE_SIZE];

	if ((c->flags & COLUMN_GRAPH) != 0) {
		graph_draw(g, l->x[n], y, l->width[n], s, role);
		return;
	}
	if (s->text == NULL)
		figure(text, c->form, s->value);
	grid_text(g, l->x[n] + indent, y, l->width[n] - indent,
	    span_of(s->text != NULL ? s->text : text), role,
	    (c->flags & COLUMN_LEFT) != 0 ? GRID_LEFT : GRID_RIGHT);
}

static void
draw_row(struct grid *g, int y, const struct layout *l, const struct model *m,
    const struct ui *u, const struct row *r)
{
	const struct table *t = u->view->table;
	struct shown s;

	for (unsigned n = 0; n < t->count; n++) {
		if (l->x[n] == -1)
			continue;
		s.value = NAN;
		s.fresh = FRESH;
		s.role = ROLE_COUNT;
		s.text = NULL;
		s.graphs = 0;
		t->cell(m, r, n, &s);
		/* Gaps as well: every change of style costs bytes. */
		if (n == 0)
			grid_fill(g, 0, y, g->width, ' ',
			    s.fresh == FRESH ? ROLE_TEXT : ROLE_STALE);
		draw_cell(g, y, l, n, &t->columns[n], &s,
		    n == l->name ? r->depth : 0);
	}
}

void
table_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	struct layout l;

	layout_make(&l, g, u);
	draw_titles(g, y++, &l, u);
	for (size_t i = u->top; i < u->rows.count && y < end; i++, y++) {
		draw_row(g, y, &l, m, u, &u->rows.at[i]);
		if (ids_has(&u->tagged, u->rows.at[i].id))
			grid_put(g, l.x[l.name] - 1, y, '*', ROLE_SORTED);
		if (u->interactive && u->rows.at[i].id == u->selected)
			grid_select(g, y);
	}
	if (u->rows.count == 0 && y < end)
		grid_puts(g, 0, y,
		    u->view->table->empty != NULL && !isnan(model_newest(m))
			? u->view->table->empty
		    : u->ended ? "the input ended without a host"
			       : "waiting for records",
		    ROLE_DIM);
}

/* --- for cells ------------------------------------------------------------ */

unsigned
trouble_text(char *to, size_t size, const struct trouble *t)
{
	const struct {
		unsigned n;
		const char *mark;
	} parts[] = {{t->crit, "C"}, {t->warn, "W"}, {t->info, "i"},
	    {t->odd, "~"}, {t->filling, "F"}, {t->pending, "p"},
	    {t->quiet, "q"}};
	size_t used = 0;
	int n;

	*to = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].n == 0)
			continue;
		n = snprintf(to + used, size - used, "%u%s", parts[i].n,
		    parts[i].mark);
		if (n < 0 || (size_t)n >= size - used) {
			to[used] = '\0';
			break;
		}
		used += (size_t)n;
	}
	return t->crit != 0   ? ROLE_CRIT
	       : t->warn != 0 ? ROLE_WARN
	       : used != 0    ? ROLE_NOTICE
			      : ROLE_DIM;
}

double
trouble_key(const struct trouble *t)
{
	return 1e9 * t->crit + 1e6 * t->warn + 1e3 * (t->info + t->filling) +
	       t->odd + t->pending + 0.01 * t->quiet;
}

static const struct {
	const char *letter;
	unsigned role;
} states[] = {
    [FRESH] = {".", ROLE_GOOD},
    [LATE] = {"L", ROLE_WARN},
    [STALE] = {"S", ROLE_CRIT},
    [GONE] = {"G", ROLE_CRIT},
    [NEVER] = {"?", ROLE_WARN},
};

const char *
state_letter(enum freshness f)
{
	return states[f].letter;
}

unsigned
state_role(enum freshness f)
{
	return states[f].role;
}

void
graph_draw(struct grid *g, int x, int y, int width, const struct shown *s,
    unsigned role)
{
	static const char ascii[] = "_.-:=+*#";
	unsigned skip = s->graphs > (unsigned)width
			    ? s->graphs - (unsigned)width
			    : 0;
	float top = (float)s->value; /* of the scale */
	int step;

	x += width - (int)(s->graphs - skip);
	for (unsigned i = skip; i < s->graphs; i++, x++) {
		if (isnan(s->graph[i]))
			continue; /* not known is not zero */
		step = top > 0 ? (int)(s->graph[i] / top * 8.0f) : 0;
		step = step < 0 ? 0 : step > 7 ? 7 : step;
		grid_put(g, x, y,
		    g->utf8 ? 0x2581u + (uint32_t)step
			    : (uint32_t)(unsigned char)ascii[step],
		    role);
	}
}

/*
 * A number as young as it can be expected to be needs no exact age: "<11s"
 * with an interval of ten seconds.  It stands still, where an exact age would
 * be new on each line in each frame and drown what matters.
 */
void
age_text(struct shown *out, const struct host *h, const struct subject *s,
    double age)
{
	char text[FIGURE_SIZE];
	const char *before = "";
	double expected = floor(subject_interval(s)) + 1;

	if (out->fresh >= STALE && !isnan(age))
		before = "stale ";
	else if (h->ahead > 0)
		before = "fast ";
	if (age < 0)
		age = 0;
	if (out->fresh == FRESH && age < expected) {
		age = expected;
		before = h->ahead > 0 ? "fast <" : "<";
	}
	snprintf(out->room, sizeof(out->room), "%s%s", before,
	    figure(text, FIGURE_SPAN, age));
	out->text = out->room;
	out->role = out->fresh == FRESH ? ROLE_DIM : state_role(out->fresh);
}

struct trouble
thing_trouble(const struct model *m, struct thing *t)
{
	const struct place *p = model_place(m, t);

	return p != NULL ? p->all : (struct trouble){0};
}

void
thing_cell(const struct model *m, const struct row *r, enum cell_of c,
    struct shown *out)
{
	struct thing *t = r->of.thing;
	struct trouble trouble;
	double age;

	out->fresh = model_thing_state(m, t, &age);
	switch (c) {
	case CELL_STATE:
		out->text = state_letter(out->fresh);
		out->role = state_role(out->fresh);
		break;
	case CELL_NAME:
		out->text = r->name;
		out->role = out->fresh == FRESH ? ROLE_NAME : ROLE_STALE;
		break;
	case CELL_HOST:
		out->text = t->host->name;
		break;
	case CELL_TROUBLE:
		trouble = thing_trouble(m, t);
		out->role = trouble_text(out->room, sizeof(out->room),
		    &trouble);
		out->text = out->room;
		break;
	case CELL_AGE:
		age_text(out, t->host, t->subject, age);
		break;
	case CELL_FRESH:
		break;
	}
}

void
past_graph(const struct model *m, const struct subject *s, enum track t,
    double whole, struct shown *out)
{
	struct point p[GRAPH_MAX];
	size_t n = model_points(m, s, t, (double)NAN, model_cursor(m), p,
	    GRAPH_MAX, NULL);

	/* As the text around it: a style of its own costs bytes. */
	out->role = out->fresh == FRESH ? ROLE_TEXT : ROLE_STALE;
	out->value = 1;
	for (size_t i = 0; i < n; i++)
		out->graph[out->graphs++] = (float)(p[i].value / whole);
}
