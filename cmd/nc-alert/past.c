/* SPDX-License-Identifier: MIT */
/*
 * past: windows and histories of one series together.  Never decides what is
 * wanted.
 */
#include "past.h"

#include <stdlib.h>

#include "base/mem.h"

#define HISTORIES_MAX 64 /* of one series, in a state file */

int
past_kind(const struct expr_input *in)
{
	switch (in->function) {
	case EXPR_LEVEL:
	case EXPR_SLOPE:
	case EXPR_CERTAINTY:
		return HISTORY_LINE;
	case EXPR_OFFSET:
		return HISTORY_THEN;
	case EXPR_BASELINE_HOUR:
	case EXPR_BASELINE_WEEKHOUR:
		return HISTORY_HABIT;
	default:
		return -1;
	}
}

void
past_want_add(struct past_want *w, const struct expr_input *in)
{
	int kind = past_kind(in);

	if (in->range <= 0 || expr_is_analysis(in) || in->function >= EXPR_AGE)
		return;
	if (kind == -1) {
		if (w->window < in->range)
			w->window = in->range;
		return;
	}
	for (size_t i = 0; i < w->nhistories; i++)
		if ((int)w->histories[i].kind == kind &&
		    w->histories[i].range == in->range)
			return;
	w->histories = xreallocarray(w->histories, w->nhistories + 1,
	    sizeof(*w->histories));
	w->histories[w->nhistories].kind = (enum history_kind)kind;
	w->histories[w->nhistories++].range = in->range;
}

bool
past_is_wanted(const struct past_want *w)
{
	return w->window > 0 || w->nhistories > 0;
}

void
past_want_free(struct past_want *w)
{
	free(w->histories);
	*w = (struct past_want){0};
}

struct past *
past_new(const struct past_want *w)
{
	struct past *p = xcalloc(1,
	    sizeof(*p) + w->nhistories * sizeof(p->histories[0]));

	p->nhistories = w->nhistories;
	for (size_t i = 0; i < w->nhistories; i++) {
		p->histories[i].kind = w->histories[i].kind;
		p->histories[i].range = w->histories[i].range;
	}
	return p;
}

void
past_free(struct past *p)
{
	if (p == NULL)
		return;
	window_free(&p->window);
	for (size_t i = 0; i < p->nhistories; i++)
		history_free(&p->histories[i]);
	free(p);
}

void
past_add(struct past *p, const struct past_want *w, struct window_point at)
{
	if (w->window > 0)
		window_add(&p->window, at, w->window);
	for (size_t i = 0; i < p->nhistories; i++)
		history_add(&p->histories[i], at.ts, at.value);
}

struct history *
past_history(struct past *p, const struct expr_input *in)
{
	int kind = past_kind(in);

	for (size_t i = 0; i < p->nhistories; i++)
		if ((int)p->histories[i].kind == kind &&
		    p->histories[i].range == in->range)
			return &p->histories[i];
	return NULL;
}

void
past_save(const struct past *p, struct buf *b)
{
	window_save(&p->window, b);
	pack_u64(b, p->nhistories);
	for (size_t i = 0; i < p->nhistories; i++) {
		pack_u64(b, p->histories[i].kind);
		pack_f64(b, p->histories[i].range);
		history_save(&p->histories[i], b);
	}
}

void
past_load(struct past *p, struct pack_in *u)
{
	uint64_t n;

	window_load(&p->window, u);
	n = pack_get_count(u, HISTORIES_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		struct history other = {0}, *to = &other;

		other.kind = (enum history_kind)pack_get_count(u,
		    HISTORY_HABIT);
		other.range = pack_get_f64(u);
		for (size_t k = 0; k < p->nhistories; k++)
			if (p->histories[k].kind == other.kind &&
			    p->histories[k].range == other.range)
				to = &p->histories[k];
		history_load(to, u);
		history_free(&other);
	}
}
