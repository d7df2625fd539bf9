/* SPDX-License-Identifier: MIT */
/*
 * view_chart: one to four series over time.  A gap in the data is a gap in
 * the line; a limit, a forecast, anomalies, alerts and events stand where
 * they belong.  Reads nothing but the model.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "chart.h"
#include "view.h"

#define POINTS_MAX 4096u
#define LABEL_WIDTH 9
#define WIDE 110 /* columns: a legend has room for all */
#define FUTURE 0.2 /* part of the width, where there is a forecast */

struct curve {
	const struct chart_series *of;
	struct point *points; /* owned */
	size_t count;
	double gap, least, most, sum, last;
	double lo, hi; /* of its scale */
	unsigned known;
	const struct note *forecast;
	double limit; /* NAN: none */
};

struct plot {
	struct grid *g;
	int x, y, width, height; /* of the area of the curves */
	double from, to; /* of the whole width */
	double now; /* right edge of what was measured */
	struct curve curves[CHART_SERIES];
	unsigned count;
	enum chart_dots dots;
};

/* --- what is drawn -------------------------------------------------------- */

static void
measure(struct curve *c)
{
	double v;

	c->least = INFINITY;
	c->most = -INFINITY;
	c->last = NAN;
	for (size_t i = 0; i < c->count; i++) {
		if (isnan(v = c->points[i].value))
			continue;
		c->least = fmin(c->least, v);
		c->most = fmax(c->most, v);
		c->sum += v;
		c->known++;
	}
	if (c->count != 0)
		c->last = c->points[c->count - 1].value;
	if (c->known == 0)
		c->least = c->most = NAN;
}

/* The place of a series among what was said, NULL: nothing. */
static const struct place *
place_of(const struct model *m, const struct chart_series *s)
{
	return annals_place(model_annals(m), s->host, s->entity, s->id);
}

/* "X", "X_total" or "X_per_second" of a metric X, and of a function of it. */
static bool
is_form_of(struct span input, const char *metric)
{
	static const char *const forms[] = {"_per_second", "_total", ""};
	struct span m = span_of(metric);
	const char *open = memchr(input.p, '(', input.len);

	if (open != NULL) {
		input.len -= (size_t)(open + 1 - input.p);
		input.p = open + 1;
		for (size_t i = 0; i < input.len; i++)
			if (strchr(",) ", input.p[i]) != NULL)
				input.len = i;
	}
	if (span_equal(input, m))
		return true;
	for (size_t i = 0; i < 2; i++) {
		if (str_ends(input, forms[i]))
			input.len -= strlen(forms[i]);
		if (str_ends(m, forms[i]))
			m.len -= strlen(forms[i]);
	}
	return span_equal(input, m);
}

/*
 * Whether what was said is about the metric.  An alert is where the metric
 * itself is what it compared, not a part of a calculation: its limit is of
 * another quantity else.
 */
static bool
is_about(const struct note *n, const char *metric)
{
	static const char inputs[] = "\"inputs\":{";
	const char *at, *end;
	char *rest;
	double v;

	if (n->kind != RECORD_ALERT)
		return strcmp(n->metric, metric) == 0;
	at = strstr(n->line, inputs);
	for (at = at != NULL ? at + strlen(inputs) : NULL;
	     at != NULL && *at == '"'; at = *rest == ',' ? rest + 1 : NULL) {
		at++;
		end = at + strcspn(at, "\"");
		if (strncmp(end, "\":", 2) != 0)
			return false;
		v = strtod(end + 2, &rest);
		if (v == n->value &&
		    is_form_of((struct span){at, (size_t)(end - at)}, metric))
			return true;
	}
	return false;
}

static void
find_notes(struct curve *c, const struct model *m)
{
	const struct place *p = place_of(m, c->of);

	c->limit = NAN;
	for (const struct matter *x = p != NULL ? p->matters : NULL; x != NULL;
	     x = x->next) {
		if (x->now == NULL || !matter_is_open(x) ||
		    !is_about(x->now, c->of->metric))
			continue;
		if (x->kind == RECORD_FORECAST && x->now->nband != 0)
			c->forecast = x->now;
		if (x->kind == RECORD_ALERT || x->kind == RECORD_FULL)
			c->limit = x->now->limit;
	}
}

/* 1, 2 or 5 times a power of the base: what people can read off. */
static double
round_up(double v, bool binary)
{
	static const double steps[] = {1, 2, 5, 10};
	double power;

	if (!(v > 0))
		return 1;
	if (binary)
		return exp2(ceil(log2(v)));
	power = pow(10, floor(log10(v)));
	for (size_t i = 0; i < 4; i++)
		if (v <= steps[i] * power * (1 + 1e-9))
			return steps[i] * power;
	return 10 * power;
}

static void
scale(struct curve *c)
{
	enum metric_unit unit = metric_unit_of(span_of(c->of->metric));
	bool binary = unit == UNIT_BYTES &&
		      !metric_is_rate(span_of(c->of->metric));
	double lo = c->least, hi = c->most;

	if (!isnan(c->limit)) {
		lo = fmin(lo, c->limit);
		hi = fmax(hi, c->limit);
	}
	for (unsigned i = 0; c->forecast != NULL && i < c->forecast->nband;
	     i++) {
		lo = fmin(lo, (double)c->forecast->band[i]);
		hi = fmax(hi, (double)c->forecast->band[i]);
	}
	if (isnan(lo) || isnan(hi)) {
		c->lo = 0;
		c->hi = 1;
		return;
	}
	c->lo = lo >= 0 ? 0 : -round_up(-lo, binary);
	c->hi = hi <= 0 ? 0 : round_up(hi, binary);
	if (c->hi <= c->lo)
		c->hi = c->lo + 1;
}

static void
common_scale(struct plot *p)
{
	enum metric_unit unit = metric_unit_of(
	    span_of(p->curves[0].of->metric));
	bool rate = metric_is_rate(span_of(p->curves[0].of->metric));
	double lo = p->curves[0].lo, hi = p->curves[0].hi;

	for (unsigned i = 1; i < p->count; i++) {
		struct span name = span_of(p->curves[i].of->metric);

		if (metric_unit_of(name) != unit ||
		    metric_is_rate(name) != rate)
			return; /* each has its own */
		lo = fmin(lo, p->curves[i].lo);
		hi = fmax(hi, p->curves[i].hi);
	}
	for (unsigned i = 0; i < p->count; i++) {
		p->curves[i].lo = lo;
		p->curves[i].hi = hi;
	}
}

/* --- from moments and values to cells ------------------------------------- */

/*
 * The value of a curve within the stretch (a, b]: the mean of the points in
 * it, else on the line between its neighbours; NAN in a gap.
 */
static double
value_at(const struct curve *c, double a, double b)
{
	size_t low = 0, high = c->count, middle, n = 0;
	double sum = 0, part;
	const struct point *p = c->points;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (p[middle].ts <= a)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < c->count && p[high].ts <= b; high++)
		if (!isnan(p[high].value)) {
			sum += p[high].value;
			n++;
		}
	if (n != 0)
		return sum / (double)n;
	if (high != low || low == 0 || low == c->count)
		return NAN;
	if (!(p[low].ts - p[low - 1].ts <= c->gap))
		return NAN;
	part = ((a + b) / 2 - p[low - 1].ts) / (p[low].ts - p[low - 1].ts);
	return p[low - 1].value + part * (p[low].value - p[low - 1].value);
}

/* Height above the bottom in steps of 1/per of a line, -1: not known. */
static int
height_of(const struct plot *p, const struct curve *c, double v, int per)
{
	double h;

	if (isnan(v))
		return -1;
	h = (v - c->lo) / (c->hi - c->lo) * (p->height * per - 1) + 0.5;
	return h < 0                     ? 0
	       : h > p->height * per - 1 ? p->height * per - 1
					 : (int)h;
}

static double
moment_of(const struct plot *p, double column, int columns)
{
	return p->from + (p->to - p->from) * column / columns;
}

static void
draw_blocks(const struct plot *p, const struct curve *c)
{
	int h;

	for (int x = 0; x < p->width; x++) {
		h = height_of(p, c,
		    value_at(c, moment_of(p, x, p->width),
			moment_of(p, x + 1, p->width)),
		    8);
		for (int y = 0; h >= 0 && y <= h / 8; y++)
			grid_put(p->g, p->x + x, p->y + p->height - 1 - y,
			    !p->g->utf8 ? '#'
			    : y < h / 8 ? 0x2588u
					: 0x2581u + (uint32_t)(h % 8),
			    ROLE_GRAPH);
	}
}

static const unsigned curve_roles[CHART_SERIES] = {ROLE_GRAPH, ROLE_NOTICE,
    ROLE_GOOD, ROLE_WARN};

/* A mark a column, and between two heights all on the way. */
static void
draw_marks(const struct plot *p, unsigned i)
{
	static const char marks[] = "*+ox";
	const struct curve *c = &p->curves[i];
	int h, was = -1, a, b;

	for (int x = 0; x < p->width; x++, was = h) {
		h = height_of(p, c,
		    value_at(c, moment_of(p, x, p->width),
			moment_of(p, x + 1, p->width)),
		    1);
		if (h < 0)
			continue;
		a = was < 0 || was == h ? h : was < h ? was + 1 : h;
		b = was < 0 || was == h ? h : was < h ? h : was - 1;
		for (int y = a; y <= b; y++)
			grid_put(p->g, p->x + x, p->y + p->height - 1 - y,
			    (unsigned char)marks[i], curve_roles[i]);
	}
}

/* Two by four dots a cell. */
static void
draw_braille(const struct plot *p, unsigned i)
{
	static const uint8_t bits[2][4] = {{0x40, 0x04, 0x02, 0x01},
	    {0x80, 0x20, 0x10, 0x08}};
	const struct curve *c = &p->curves[i];
	int h, was = -1, a, b, at;
	uint32_t ch;

	for (int x = 0; x < 2 * p->width; x++, was = h) {
		h = height_of(p, c,
		    value_at(c, moment_of(p, x, 2 * p->width),
			moment_of(p, x + 1, 2 * p->width)),
		    4);
		if (h < 0)
			continue;
		a = was < 0 || was == h ? h : was < h ? was + 1 : h;
		b = was < 0 || was == h ? h : was < h ? h : was - 1;
		for (int y = a; y <= b; y++) {
			at = p->y + p->height - 1 - y / 4;
			ch = p->g->cells[at * p->g->width + p->x + x / 2].ch;
			if (ch < 0x2800 || ch > 0x28ff)
				ch = 0x2800;
			grid_put(p->g, p->x + x / 2, at,
			    ch | bits[x % 2][y % 4], curve_roles[i]);
		}
	}
}

/* Between low and high dots, along the middle a line. */
static void
draw_forecast(const struct plot *p, const struct curve *c)
{
	const struct note *f = c->forecast;
	double at;
	int low, high, mid;
	unsigned k;

	for (int x = 0; f != NULL && x < p->width; x++) {
		at = moment_of(p, x + 0.5, p->width);
		if (at <= p->now || at <= f->ts || !(f->step > 0) ||
		    (at - f->ts) / f->step >= f->nband)
			continue;
		k = (unsigned)((at - f->ts) / f->step);
		mid = height_of(p, c, (double)f->band[k], 1);
		low = height_of(p, c, (double)f->band[f->nband + k], 1);
		high = height_of(p, c, (double)f->band[2 * f->nband + k], 1);
		for (int y = low; y <= high; y++)
			grid_put(p->g, p->x + x, p->y + p->height - 1 - y,
			    p->g->utf8 ? 0x2591 : ':', ROLE_DIM);
		grid_put(p->g, p->x + x, p->y + p->height - 1 - mid,
		    p->g->utf8 ? 0x2500 : '=', ROLE_NOTICE);
	}
}

static void
draw_limit(const struct plot *p, const struct curve *c)
{
	int h = height_of(p, c, c->limit, 1), y = p->y + p->height - 1 - h;

	if (c->limit <= c->lo) /* the axis itself */
		return;
	for (int x = 0; h >= 0 && x < p->width; x += 2)
		grid_put(p->g, p->x + x, y, p->g->utf8 ? 0x2504 : '-',
		    ROLE_WARN);
	if (h >= 0)
		grid_puts(p->g, p->x + p->width - 6, y, " limit", ROLE_WARN);
}

/* --- the frame ------------------------------------------------------------ */

static void
draw_axis(const struct plot *p)
{
	const struct curve *c = &p->curves[0];
	char text[FORMAT_MAX], at[40];
	double v;
	int y, x;

	for (y = 0; y < p->height; y++)
		grid_put(p->g, p->x - 1, p->y + y, p->g->utf8 ? 0x2502 : '|',
		    ROLE_DIM);
	for (int part = 0; part <= 4; part += p->height >= 9 ? 1 : 4) {
		v = c->lo + (c->hi - c->lo) * part / 4;
		y = p->height - 1 - (p->height - 1) * part / 4;
		format_metric(text, v, span_of(c->of->metric));
		grid_text(p->g, 0, p->y + y, LABEL_WIDTH - 1, span_of(text),
		    ROLE_DIM, GRID_RIGHT);
	}
	for (x = 0; x < p->width; x++)
		grid_put(p->g, p->x + x, p->y + p->height,
		    p->g->utf8 ? 0x2500 : '-', ROLE_DIM);
	for (int part = 0; part < 4; part++) {
		x = p->width * part / 4;
		clock_text(at, sizeof(at), moment_of(p, x, p->width),
		    p->to - p->from > 86400);
		if ((part % 2 != 0 && p->width < 60) ||
		    x + (int)strlen(at) + 1 > p->width - 8)
			continue;
		grid_puts(p->g, p->x + x, p->y + p->height + 2, at, ROLE_DIM);
	}
	clock_text(at, sizeof(at), p->to, false);
	grid_text(p->g, p->x + p->width - 8, p->y + p->height + 2, 8,
	    span_of(at), ROLE_DIM, GRID_RIGHT);
}

static void
put_mark(const struct plot *p, double ts, char ch, unsigned role)
{
	int x;

	if (!(ts > p->from && ts <= p->to))
		return;
	x = (int)((ts - p->from) / (p->to - p->from) * p->width);
	if (x < p->width)
		grid_put(p->g, p->x + x, p->y + p->height + 1,
		    (unsigned char)ch, role);
}

/* The columns of that stretch, at least one. */
static void
mark_stretch(const struct plot *p, double from, double to, char ch,
    unsigned role)
{
	double left, right;

	for (int x = 0; x < p->width; x++) {
		left = moment_of(p, x, p->width);
		right = moment_of(p, x + 1, p->width);
		if (right >= from && (left < to || left <= from))
			grid_put(p->g, p->x + x, p->y + p->height + 1,
			    (unsigned char)ch, role);
	}
}

/* From the turn that opened it to the one that closed it, or to now. */
static void
mark_matter(const struct plot *p, const struct matter *x, char ch,
    unsigned role)
{
	double from = NAN;
	const struct note *n;

	for (unsigned i = 0; i < x->count; i++) {
		n = x->turns[i];
		if (n->ts > p->now)
			break;
		if (n->state == NOTE_OPEN && isnan(from))
			from = isnan(n->onset) ? n->ts : n->onset;
		if (n->state != NOTE_CLOSED && i + 1 < x->count &&
		    x->turns[i + 1]->ts <= p->now)
			continue;
		mark_stretch(p, from, n->state == NOTE_CLOSED ? n->ts : p->now,
		    ch, role);
		from = NAN;
	}
}

static void
draw_notes(const struct plot *p, const struct model *m)
{
	const struct note *n;
	const struct chart_series *s = p->curves[0].of;
	const struct place *place;

	for (size_t i = 0; (n = annals_log(model_annals(m), i)) != NULL; i++)
		if (n->kind == RECORD_EVENT && n->ts <= p->now &&
		    strcmp(n->host, s->host) == 0 &&
		    (*n->id == '\0' || strcmp(n->id, s->id) == 0))
			put_mark(p, n->ts, 'e', ROLE_NAME);
	for (unsigned i = 0; i < p->count; i++) {
		place = place_of(m, p->curves[i].of);
		for (const struct matter *x = place != NULL ? place->matters
							    : NULL;
		     x != NULL; x = x->next)
			if (x->kind == RECORD_ANOMALY &&
			    is_about(x->turns[0], p->curves[i].of->metric))
				mark_matter(p, x, '~', ROLE_NOTICE);
		for (const struct matter *x = place != NULL ? place->matters
							    : NULL;
		     x != NULL; x = x->next)
			if (x->kind == RECORD_ALERT)
				mark_matter(p, x, 'A', ROLE_WARN);
	}
}

/* Lines of it: on a narrow screen a single series has two. */
static int
legend_lines(const struct plot *p)
{
	return p->count == 1 && p->g->width < WIDE ? 2 : (int)p->count;
}

static void
draw_legend(const struct plot *p, int y, const struct model *m, unsigned i)
{
	static const char marks[] = "*+ox";
	const struct curve *c = &p->curves[i];
	const struct thing *t = model_thing(m, c->of->host, c->of->entity,
	    c->of->id);
	struct span name = span_of(c->of->metric);
	char v[4][FORMAT_MAX], text[300];
	int x = 0, wide = p->g->width >= WIDE || p->count == 1 ? 28 : 16;

	format_metric(v[0], c->last, name);
	format_metric(v[1], c->least, name);
	format_metric(v[2], c->known != 0 ? c->sum / c->known : (double)NAN,
	    name);
	format_metric(v[3], c->most, name);
	snprintf(text, sizeof(text), "last %s  min %s  avg %s  max %s", v[0],
	    v[1], v[2], v[3]);
	if (c->lo != p->curves[0].lo || c->hi != p->curves[0].hi)
		snprintf(text + strlen(text), 20, "  own scale");
	if (p->count > 1) {
		grid_put(p->g, 0, y, (unsigned char)marks[i], curve_roles[i]);
		x = 2;
	}
	x += grid_text(p->g, x, y, wide - 8,
	    span_of(t != NULL ? thing_name(t) : c->of->id), ROLE_NAME,
	    GRID_LEFT);
	x += 1 + grid_text(p->g, x + 1, y, wide, name, ROLE_TEXT, GRID_LEFT);
	if (p->count == 1 && t != NULL)
		x += 4 + grid_text(p->g, x + 4, y, 20, span_of(t->host->name),
			     ROLE_DIM, GRID_LEFT);
	if (p->count == 1 && p->g->width < WIDE) {
		y++;
		x = -2;
	}
	grid_text(p->g, x + 2, y, p->g->width - x - 2, span_of(text), ROLE_TEXT,
	    GRID_LEFT);
}

static void
draw_curves(const struct plot *p)
{
	for (unsigned i = 0; i < p->count; i++)
		draw_forecast(p, &p->curves[i]);
	for (unsigned i = p->count; i-- > 0;)
		if (p->dots == DOTS_BRAILLE && p->g->utf8)
			draw_braille(p, i);
		else if (p->count == 1 && p->dots == DOTS_BLOCK)
			draw_blocks(p, &p->curves[0]);
		else
			draw_marks(p, i);
	for (unsigned i = 0; i < p->count; i++)
		draw_limit(p, &p->curves[i]);
}

static void
prepare(struct plot *p, const struct chart *c, const struct model *m)
{
	struct curve *k;

	chart_window(c, moment(m), &p->from, &p->to);
	p->now = p->to;
	p->count = c->count;
	p->dots = c->dots;
	for (unsigned i = 0; i < c->count; i++) {
		k = &p->curves[i];
		*k = (struct curve){.of = &c->series[i]};
		k->points = xreallocarray(NULL, POINTS_MAX, sizeof(*k->points));
		/* What is there is drawn, however long before. */
		k->count = chart_points(c, i, m, p->from, p->to, k->points,
		    POINTS_MAX, &k->gap);
		measure(k);
		find_notes(k, m);
		if (k->forecast != NULL && c->pan <= 0)
			p->to = p->now + FUTURE * c->span;
		scale(k);
	}
	common_scale(p);
}

void
chart_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	const struct chart *c = &u->chart;
	struct plot p = {.g = g};

	if (c->count == 0 || isnan(moment(m))) {
		grid_puts(g, 0, y,
		    "no series: Enter on a metric of a detail page, or "
		    ":chart METRIC",
		    ROLE_DIM);
		return;
	}
	prepare(&p, c, m);
	for (unsigned i = 0; i < p.count && y + (int)i < end; i++)
		draw_legend(&p, y + (int)i, m, i);
	y += legend_lines(&p);
	p.x = LABEL_WIDTH;
	p.y = y;
	p.width = g->width - p.x;
	p.height = end - y - 3; /* axis, marks, moments */
	if (p.height >= 1 && p.width >= 8) {
		draw_axis(&p);
		draw_curves(&p);
		draw_notes(&p, m);
	}
	for (unsigned i = 0; i < p.count; i++)
		free(p.curves[i].points);
}

size_t
chart_lines(const struct model *m, const struct ui *u)
{
	(void)m;
	return 20 + u->chart.count;
}
