/* SPDX-License-Identifier: MIT */
/*
 * view_blame: who makes a host busy, who waits, who moves its bytes, at the
 * cursor.  What nobody here is known to have used is said as such.  Reads
 * nothing but the model.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "view.h"

#define SUSPECTS_MAX 64u

struct suspect {
	const struct thing *thing;
	double v;
};

/* One question. */
struct question {
	const char *title, *of;
	enum figure_form form;
	enum track vm, box; /* TRACK_COUNT: containers do not tell */
	bool parts, box_parts; /* of the parts of a machine */
	bool all; /* a whole of the host is known */
};

static const struct question questions[] = {
    {"CPU", "processors", FIGURE_LOAD, VM_CPU, BOX_CPU, false, false, true},
    {"WAIT", "processors waited for", FIGURE_LOAD, VM_STEAL, BOX_THROTTLED,
	false, false, false},
    {"DISK READ", "bytes a second", FIGURE_BYTES, VDISK_READ, BOX_READ, true,
	false, true},
    {"DISK WRITE", "bytes a second", FIGURE_BYTES, VDISK_WRITTEN, BOX_WRITTEN,
	true, false, true},
    {"NETWORK IN", "bytes a second", FIGURE_BYTES, VNIC_RECEIVED,
	BOXNIC_RECEIVED, true, true, true},
    {"NETWORK OUT", "bytes a second", FIGURE_BYTES, VNIC_SENT, BOXNIC_SENT,
	true, true, true},
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static int
most_first(const void *pa, const void *pb)
{
	const struct suspect *a = pa, *b = pb;

	if (a->v != b->v)
		return a->v > b->v ? -1 : 1;
	return a->thing->serial < b->thing->serial ? -1 : 1;
}

static double
ask(const struct model *m, const struct thing *t, const struct question *q)
{
	bool box = t->kind == KIND_BOX;
	enum track what = box ? q->box : q->vm;

	/* A source that knows no steal may know the wait in the queue. */
	if (what == VM_STEAL && !model_knows(t->subject, VM_STEAL))
		what = VM_RUNQUEUE;
	return (box ? q->box_parts : q->parts)
		   ? model_parts(m, t, what).value
		   : model_read(m, t->subject, what).value;
}

/* The largest few, and the sum of all. */
static size_t
gather(struct suspect list[SUSPECTS_MAX], const struct model *m,
    const struct host *h, const struct question *q, double *sum)
{
	static const enum track_kind kinds[] = {KIND_VM, KIND_BOX};
	const struct thing_list *l;
	size_t n = 0;
	double v;

	*sum = 0;
	for (size_t k = 0; k < 2; k++) {
		l = &h->things[kinds[k]];
		for (size_t i = 0; i < l->count; i++) {
			v = ask(m, l->at[i], q);
			if (!(v > 0))
				continue;
			*sum += v;
			if (n == SUSPECTS_MAX) {
				qsort(list, n, sizeof(*list), most_first);
				if (v <= list[n - 1].v)
					continue;
				n--;
			}
			list[n++] = (struct suspect){l->at[i], v};
		}
	}
	if (n > 1)
		qsort(list, n, sizeof(*list), most_first);
	return n;
}

/* What the host as a whole did; NAN: it does not say. */
static double
whole(const struct model *m, const struct host *h, size_t q)
{
	const struct subject *self = model_self(h);

	switch (q) {
	case 0:
		return self == NULL ? (double)NAN
				    : host_busy(m, self) *
					  model_read(m, self, HOST_CPUS).value;
	case 2:
		return model_sum(m, h, DISK_READ).value;
	case 3:
		return model_sum(m, h, DISK_WRITTEN).value;
	case 4:
		return model_sum(m, h, NIC_RECEIVED).value;
	case 5:
		return model_sum(m, h, NIC_SENT).value;
	default:
		return NAN;
	}
}

static void
draw_line(struct grid *g, int y, const char *name, unsigned role, double v,
    enum figure_form form, double all)
{
	char text[FIGURE_SIZE], share[FIGURE_SIZE];
	int width = g->width - 42, bar;

	grid_text(g, 2, y, 24, span_of(name), role, GRID_LEFT);
	grid_text(g, 27, y, 6, span_of(figure(text, form, v)), ROLE_TEXT,
	    GRID_RIGHT);
	if (!(all > 0))
		return;
	grid_text(g, 34, y, 5, span_of(figure(share, FIGURE_PERCENT, v / all)),
	    ROLE_TEXT, GRID_RIGHT);
	grid_puts(g, 39, y, "%", ROLE_DIM);
	bar = (int)(v / all * width + 0.5);
	for (int x = 0; x < bar && x < width; x++)
		grid_put(g, 41 + x, y, g->utf8 ? 0x2588 : '#', ROLE_GRAPH);
}

static int
draw_question(struct grid *g, int y, int end, const struct model *m,
    const struct host *h, size_t q, size_t most)
{
	struct suspect list[SUSPECTS_MAX];
	double sum, all = whole(m, h, q), rest;
	size_t n = gather(list, m, h, &questions[q], &sum);
	char text[96], a[FIGURE_SIZE];
	enum figure_form form = questions[q].form;

	if (y >= end)
		return y;
	if (isnan(all))
		snprintf(text, sizeof(text), "%s  %s %s", questions[q].title,
		    figure(a, form, sum), questions[q].of);
	else
		snprintf(text, sizeof(text), "%s  the host: %s %s",
		    questions[q].title, figure(a, form, all), questions[q].of);
	grid_puts(g, 0, y++, text, ROLE_TITLE);
	if (isnan(all) || all < sum)
		all = sum;
	for (size_t i = 0; i < n && i < most && y < end; i++)
		draw_line(g, y++, thing_name(list[i].thing), ROLE_NAME,
		    list[i].v, form, all);
	rest = all;
	for (size_t i = 0; i < n && i < most; i++)
		rest -= list[i].v;
	if (y < end && questions[q].all && rest > all / 200)
		draw_line(g, y++,
		    n > most ? "others and the host" : "the host itself",
		    ROLE_DIM, rest, form, all);
	return y;
}

/* With that many names a question at most. */
static size_t
lines_of(const struct model *m, const struct host *h, size_t most)
{
	struct suspect list[SUSPECTS_MAX];
	size_t lines = 0, n;
	double sum;

	for (size_t q = 0; q < QUESTIONS; q++) {
		n = gather(list, m, h, &questions[q], &sum);
		lines += 1 + (n < most ? n : most) + questions[q].all;
	}
	return lines;
}

void
blame_draw(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	const struct host *h = u->scope.host == NULL
				   ? NULL
				   : model_host(m, span_of(u->scope.host));
	size_t most = 8;
	int x;

	if (h == NULL) {
		grid_puts(g, 0, y,
		    "no host: choose one, then z asks who is to blame",
		    ROLE_DIM);
		return;
	}
	x = grid_puts(g, 0, y, "who is to blame on ", ROLE_DIM);
	grid_text(g, x, y++, g->width - x, span_of(h->name), ROLE_NAME,
	    GRID_LEFT);
	while (most > 1 && lines_of(m, h, most) > (size_t)(end - y))
		most--;
	for (size_t q = 0; q < QUESTIONS; q++)
		y = draw_question(g, y, end, m, h, q, most);
}

size_t
blame_lines(const struct model *m, const struct ui *u)
{
	(void)m, (void)u;
	return QUESTIONS * 7;
}
